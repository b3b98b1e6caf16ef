"""Sizes and counts of layers, in plain arithmetic."""


def layer_weight_counts(
    in_channels: int, height: int, width: int, out_channels: int, kernel_size: int
) -> dict[str, int]:
    """Count what three layers must learn to make the same output from the same input.

    The input has ``in_channels`` × ``height`` × ``width`` values. Each layer makes the output of a
    convolution with stride 1 and no padding.

    Returns
    -------
    dict
        Numbers of parameters with biases: ``"dense"`` (each output reads the whole input),
        ``"locally connected"`` (each output reads its own window, with its own weights) and ``"convolution"``
        (all windows of an output channel use the same weights).

    Raises
    ------
    ValueError
        If a number is below 1, or the kernel is larger than the input.
    """
    sizes = {"in_channels": in_channels, "height": height, "width": width, "out_channels": out_channels}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, not {size}")
    if not 1 <= kernel_size <= min(height, width):
        raise ValueError(f"kernel_size must be from 1 to {min(height, width)}, not {kernel_size}")
    places = len(range(height - kernel_size + 1)) * len(range(width - kernel_size + 1))
    outputs = out_channels * places
    window = in_channels * kernel_size**2
    return {
        "dense": outputs * (in_channels * height * width) + outputs,
        "locally connected": outputs * window + outputs,
        "convolution": out_channels * window + out_channels,
    }

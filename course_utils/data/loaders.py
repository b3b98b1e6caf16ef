"""Pictures in batches, as a training loop wants them."""

from typing import TYPE_CHECKING

from course_utils.data.pictures import Pictures

if TYPE_CHECKING:
    from torch.utils.data import DataLoader


def make_loader(pictures: Pictures, *, batch_size: int = 32, shuffle: bool = False) -> "DataLoader":
    """Return batches of ``(images (N, C, H, W), labels (N,))``, pixels moved from 0 to 1 to the range -1 to 1.

    Parameters
    ----------
    pictures
        What a function of `course_utils.data` returned.
    batch_size
        Pictures in a batch; the last one may be shorter.
    shuffle
        Mix the pictures anew in each epoch, with PyTorch's global generator.

    Raises
    ------
    ValueError
        If ``batch_size`` is below 1.
    """
    from torch.utils.data import DataLoader, TensorDataset

    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    pixels, labels = pictures.tensors()
    return DataLoader(TensorDataset((pixels - 0.5) / 0.5, labels), batch_size=batch_size, shuffle=shuffle)

"""Wrong ways with windows, kernels, channels and pooling (lab 05).

Kinds: SZ output size, PC parameter count, TC transposed convolution, CV values of a convolution, PL pooling,
MX convolution as a matrix, KD kernel design, DS axes of an array, GR gradients, SH shifts, DB dropout and batch
normalisation, TY type of an answer.
"""

import math

from course_utils.misconceptions import Misconception, register

SIZE_RULE = "The size rule"
PADDING = "Padding and stride"
CHANNELS = "Channels and counting"
BY_HAND = "Two dimensions, by hand"
FLIP = "Convolution or correlation?"
BUILD = "Build conv2d"
MATRIX = "A dense layer in disguise"
POOLING = "Pooling"
SHIFT = "Shift in, shift out"
UP = "Going up: transposed convolution"
MODES = "Two more layers: dropout and batch normalisation"


def _fraction(size, kernel_size, stride, padding):
    """The quotient as it stands, where it is not whole; None where it is (then nothing is wrong with it)."""
    value = (size - kernel_size + 2 * padding) / stride + 1
    return None if value == int(value) else value


# --- sizes: procedure(size, kernel_size, stride, padding), in cells
register(
    Misconception(
        "SZ1",
        "counted the steps between windows, not the windows",
        "This is the number of steps from the first window to the last. How many windows are there if the "
        "window can take 0 steps?",
        SIZE_RULE,
        lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding) // stride,
    ),
    Misconception(
        "SZ2",
        "padding added on one side only",
        "This comes out when padding is added at one end. How many ends has a row?",
        PADDING,
        lambda size, kernel_size, stride, padding: (size - kernel_size + padding) // stride + 1,
    ),
    Misconception(
        "SZ3",
        "stride ignored",
        "This would be right for stride 1. Which cells can the window's left edge stand on here?",
        SIZE_RULE,
        lambda size, kernel_size, stride, padding: size - kernel_size + 2 * padding + 1,
    ),
    Misconception(
        "SZ4",
        "rounded up",
        "The last of these windows hangs over the edge. Does PyTorch count a window that does not fit?",
        SIZE_RULE,
        lambda size, kernel_size, stride, padding: math.ceil((size - kernel_size + 2 * padding) / stride) + 1,
    ),
    Misconception(
        "SZ5",
        "added one before dividing",
        "This comes out when the 1 is added before the division. Is the 1 a cell or a window?",
        SIZE_RULE,
        lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding + 1) // stride,
    ),
    Misconception(
        "SZ6",
        "padding ignored",
        "This leaves the padding out. How long is the row that the window really slides along?",
        PADDING,
        lambda size, kernel_size, stride, padding: (size - kernel_size) // stride + 1,
    ),
    Misconception(
        "SZ7",
        "kernel size ignored",
        "This lets every cell start a window. How many cells does the window itself need to its right?",
        SIZE_RULE,
        lambda size, kernel_size, stride, padding: (size + 2 * padding) // stride,
    ),
    Misconception(
        "SZ8",
        "took output size = input size for granted",
        "This is the input's own size. What would the padding and the stride have to be for that?",
        PADDING,
        lambda size, kernel_size, stride, padding: size,
    ),
    Misconception(
        "SZ9",
        "left a fraction of a window",
        "A number of windows is a whole number. What happens to the part that does not fit?",
        SIZE_RULE,
        _fraction,
    ),
    Misconception(
        "SZ10",
        "right numbers on the wrong axes: pictures and kernels exchanged",
        "These are the right numbers on the wrong axes. Which axis counts the pictures, which the kernels?",
        BUILD,
    ),
    Misconception(
        "SZ11",
        "units: one row only",
        "This is one row of the feature map. How many rows are there?",
        BY_HAND,
    ),
    Misconception(
        "SZ12",
        "units: sides added, not multiplied",
        "This adds the two sides of the feature map. How many units has a map of 2 rows by 3 columns?",
        BY_HAND,
    ),
    Misconception(
        "SZ13",
        "leftover: not the cells beyond the last window",
        "The leftover is a number of cells. Mark the last window in the row: how many cells lie beyond it?",
        SIZE_RULE,
    ),
    Misconception(
        "TY1",
        "a float where a whole number is due",
        "The number is right, its type is not: range() and shapes take int only. Which division gives int?",
        SIZE_RULE,
    ),
)

# --- parameter counts: procedure(in_channels, out_channels, kernel_size, positions)
register(
    Misconception(
        "PC1",
        "biases left out",
        "These are the weights alone. What else does each kernel add to its sum?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: kernel_size**2 * in_channels * out_channels,
    ),
    Misconception(
        "PC2",
        "one bias for the whole layer",
        "This has one bias for the whole layer. Do all kernels have to share it?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: kernel_size**2 * in_channels * out_channels + 1,
    ),
    Misconception(
        "PC3",
        "input channels forgotten",
        "These kernels look at one input channel. How deep is a kernel if the input has several channels?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: (kernel_size**2 + 1) * out_channels,
    ),
    Misconception(
        "PC4",
        "a bias for each input channel (or input and output channels exchanged)",
        "This has a bias for each input channel, or the two channel numbers exchanged. To what is a bias added?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: (
            kernel_size**2 * in_channels * out_channels + in_channels
        ),
    ),
    Misconception(
        "PC6",
        "kernel side not squared",
        "This counts one row of the kernel. How many cells has the whole window?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: (kernel_size * in_channels + 1) * out_channels,
    ),
    Misconception(
        "PC7",
        "one kernel only",
        "This is one kernel with its bias. How many kernels does the layer have?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: kernel_size**2 * in_channels + 1,
    ),
    Misconception(
        "PC8",
        "counted anew at every output position",
        "This counts the weights anew for each place of the window. What is shared in a convolution?",
        CHANNELS,
        lambda in_channels, out_channels, kernel_size, positions: (
            (kernel_size**2 * in_channels + 1) * out_channels * positions
        ),
    ),
    Misconception(
        "PC9",
        "gave parameters to a layer that has none",
        "Taking the largest of four numbers needs no weights. What would this layer have to learn?",
        POOLING,
    ),
    Misconception(
        "PC10",
        "counted running statistics as parameters",
        "Parameters are what the optimiser changes. Which of these numbers does it never touch?",
        MODES,
    ),
    Misconception(
        "PC11",
        "dense layer counted without biases",
        "These are the weights of the dense layer alone. How many output units does it have, and what has each?",
        CHANNELS,
    ),
    Misconception(
        "PC12",
        "dense layer counted as if it were a convolution",
        "This is the convolution's own count. In a dense layer, which inputs does each output unit see?",
        CHANNELS,
    ),
)

# --- transposed convolution: procedure(size, kernel_size, stride, padding)
register(
    Misconception(
        "TC1",
        "formula of the forward convolution used",
        "This is what a convolution going down would give. Which way does the transposed one go?",
        UP,
        lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding) // stride + 1,
    ),
    Misconception(
        "TC2",
        "padding added instead of cropped",
        "This adds the padding. In a transposed convolution, what happens to the border of width P?",
        UP,
        lambda size, kernel_size, stride, padding: (size - 1) * stride + kernel_size + 2 * padding,
    ),
    Misconception(
        "TC3",
        "input size times stride",
        "This is size times stride. How far does the last stamp reach beyond its own corner?",
        UP,
        lambda size, kernel_size, stride, padding: size * stride,
    ),
    Misconception(
        "TC4",
        "one stamp too many",
        "This takes as many steps as there are stamps. How many steps lie between 3 stamps?",
        UP,
        lambda size, kernel_size, stride, padding: size * stride + kernel_size - 2 * padding,
    ),
    Misconception(
        "TC5",
        "padding ignored",
        "This is the size before the border is cropped. What does P do here?",
        UP,
        lambda size, kernel_size, stride, padding: (size - 1) * stride + kernel_size,
    ),
    Misconception(
        "TC6",
        "named one preimage only",
        "You have one of them. Does a window that is left over at the edge change the output size?",
        UP,
    ),
    Misconception(
        "TC7",
        "took the two lecture figures for a pair",
        "Both go between 5 and 3. Do they use the same stride and the same padding?",
        UP,
    ),
)

# --- arrays: these wrong ways are computed where the arrays are, in checks.conv_and_pooling
register(
    Misconception(
        "CV1",
        "kernel flipped (mathematical convolution)",
        "This is exactly the result with the kernel turned by 180 degrees. Does PyTorch turn it?",
        FLIP,
    ),
    Misconception(
        "CV2",
        "channels not summed",
        "This uses one input channel, or keeps the channels apart. What happens to the products of all channels?",
        BUILD,
    ),
    Misconception(
        "CV3",
        "bias missing, or added once per channel",
        "The difference is a constant for each kernel: its bias. How often is it added to one output number?",
        BUILD,
    ),
    Misconception(
        "CV4",
        "output has the strided size, but the window moves by one cell",
        "The shape is right, but your window moves one cell at a time. Where does the window for output "
        "number 1 start?",
        PADDING,
    ),
    Misconception(
        "CV5",
        "padded with copies of the edge instead of zeros",
        "The inside is right, the border is not: it was padded with copies of the edge. What does zero padding add?",
        PADDING,
    ),
    Misconception(
        "CV6",
        "a zero takes part in the maximum",
        "Where all inputs are negative you answer 0. Where does this 0 come from?",
        POOLING,
    ),
    Misconception(
        "CV7",
        "rows and columns of the kernel exchanged",
        "This is the result with the kernel's rows and columns exchanged. Which index of the kernel runs down?",
        BUILD,
    ),
    Misconception(
        "CV8",
        "padded at the top and left only",
        "This pads one side of each axis. How many borders has a picture?",
        PADDING,
    ),
    Misconception(
        "CV9",
        "window jumps by its own size",
        "These are windows side by side: the stride of 3 was yours. How far does a window move with stride 1?",
        BY_HAND,
    ),
    Misconception(
        "CV10",
        "same-size answer (padding where there is none)",
        "This has the input's size, so windows hang over its edge. Which windows fit inside the picture?",
        BY_HAND,
    ),
    Misconception(
        "CV11",
        "products listed, not summed",
        "These are nine products of one window. What becomes of them?",
        BY_HAND,
    ),
    Misconception(
        "CV12",
        "products of another window",
        "These products belong to another window of the picture. Where does the window of this output start?",
        BY_HAND,
    ),
    Misconception(
        "PL1",
        "maximum and average exchanged",
        "This is the other mode of pooling. Which of the two does mode name?",
        POOLING,
    ),
    Misconception(
        "PL2",
        "stride 1 where none is given",
        "Your windows overlap, as with stride 1. What is the stride of a pooling layer if none is given?",
        POOLING,
    ),
    Misconception(
        "PL3",
        "pooled over the channels too",
        "Your answer mixes the channels. How many feature maps should come out if C go in?",
        POOLING,
    ),
    Misconception(
        "PL4",
        "summed instead of averaged",
        "Your numbers are the sums of the windows. By what is a sum divided to make an average?",
        POOLING,
    ),
    Misconception(
        "PL5",
        "incomplete windows at the edge counted",
        "You also pool windows that hang over the edge. Does PyTorch count them?",
        POOLING,
    ),
    Misconception(
        "MX1",
        "matrix transposed",
        "This is the matrix turned over: it maps an output back to an input's shape. Which layer is that?",
        UP,
    ),
    Misconception(
        "MX2",
        "flattened by columns",
        "Your rows or columns are numbered down the columns of the picture. How does x.reshape(-1) number them?",
        MATRIX,
    ),
    Misconception(
        "MX3",
        "kernel laid out without the gap between image rows",
        "Your kernel's rows follow each other without a gap. How many cells further is the cell just below?",
        MATRIX,
    ),
    Misconception(
        "KD1",
        "edge directions exchanged",
        "This kernel answers to the other direction. Along which axis does a vertical edge change?",
        BUILD,
    ),
    Misconception(
        "KD2",
        "blur changes the brightness",
        "An evenly grey picture comes out brighter or darker. What must the weights add up to?",
        BUILD,
    ),
    Misconception(
        "KD3",
        "the other diagonal",
        "This kernel answers most to the line from lower left to upper right. Which way does the main diagonal run?",
        BUILD,
    ),
    Misconception(
        "KD4",
        "copies the picture instead of blurring it",
        "This kernel returns the picture as it is. Which neighbours should have a say in an average?",
        BUILD,
    ),
    Misconception(
        "KD5",
        "answers to an even grey picture",
        "This kernel answers where nothing changes. What must the weights of an edge kernel add up to?",
        BUILD,
    ),
    Misconception(
        "DS5",
        "channels last instead of channels first",
        "These are the right numbers with the channels at the end. In which order does PyTorch keep N, C, H, W?",
        BUILD,
    ),
    Misconception(
        "DS6",
        "rows and columns of the output exchanged",
        "These are the right numbers with rows and columns exchanged. Which size comes from the height?",
        BUILD,
    ),
    Misconception(
        "DS2",
        "batch axis lost",
        "The numbers are right, the batch axis is gone. What shape should a batch of one picture have?",
        BUILD,
    ),
)

# --- gradients: transformations of the right one
register(
    Misconception(
        "GR1",
        "sign of the gradient",
        "This is the right gradient times -1. Where did the minus come in?",
        BUILD,
    ),
    Misconception(
        "GR2",
        "factor of 2",
        "This is the right gradient times 2, or half of it. Is there a square here?",
        BUILD,
    ),
    Misconception(
        "GR3",
        "mean over the batch instead of the sum",
        "This is the right gradient divided by the number of pictures. Does the loss here average over them?",
        BUILD,
    ),
    Misconception(
        "GR4",
        "gradient transposed",
        "This is the right gradient with two axes exchanged. What is the shape of what you differentiate by?",
        BUILD,
    ),
    Misconception(
        "GR5",
        "bias gradient not summed over positions and pictures",
        "A bias takes part in every output number of its kernel. Over which axes must its gradient be summed?",
        BUILD,
    ),
)

# --- shifts, dropout, batch normalisation
register(
    Misconception(
        "SH1",
        "equivariance and invariance exchanged",
        "Equivariant: the output moves along. Invariant: the output stays as it is. Which is which here?",
        SHIFT,
    ),
    Misconception(
        "SH2",
        "took pooling for equivariant to a shift by one pixel",
        "Look at your shift test for conv + max-pool again: with stride 2, where could an output of half a "
        "cell's shift go?",
        SHIFT,
    ),
    Misconception(
        "SH3",
        "receptive fields added instead of grown",
        "The windows overlap. By how many pixels does each further 3×3 layer widen the view?",
        SHIFT,
    ),
    Misconception(
        "DB1",
        "forgot that dropout scales up what it keeps",
        "Half the units are silent, and yet the layer keeps its mean. What happens to those that stay?",
        MODES,
    ),
    Misconception(
        "DB2",
        "took dropout to be active in eval mode",
        "In eval mode nothing is dropped. What does the layer do then?",
        MODES,
    ),
)

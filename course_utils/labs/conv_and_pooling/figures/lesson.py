"""Figures of lab 05 as its lesson shows them: each holds its text for those who cannot see it."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_utils.drawing import described, plot_grids, plot_images, plot_parameter_bars, plot_value_histograms
from course_utils.labs.conv_and_pooling.figures.convolution import plot_convolution_step, plot_filmstrip
from course_utils.labs.conv_and_pooling.figures.equivariance import plot_equivariance
from course_utils.labs.conv_and_pooling.figures.matrices import plot_convolution_matrix
from course_utils.labs.conv_and_pooling.figures.stamps import plot_stamps
from course_utils.labs.conv_and_pooling.figures.windows import plot_windows

CORNERS = ((0, 0, 2, 2), (0, 0, 1, 1), (0, 0, 1, 1))  # of pooling: the first block and what becomes of it


@described(
    "Three bars on a logarithmic axis: the dense layer has millions of parameters, the locally connected one "
    "hundreds of thousands, the convolution a few hundred."
)
def plot_three_layers(counts: Mapping[str, int]) -> Axes:
    """Compare the parameters of three layers that do the same."""
    return plot_parameter_bars(counts)


@described(
    "The unit's weights and two pictures of a bar. The bar in its place gives 5, the bar one pixel to the right 0."
)
def plot_moved_bar(bar: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Show a unit that knows one bar by heart, that bar, and one that has moved."""
    return plot_grids([bar, bar, moved], ["weights of the unit", "bar: answers 5", "bar moved by 1: answers 0"])


@described("A row of eight cells and below it the six places where a window of three cells fits.")
def plot_six_windows() -> Axes:
    """Show where a window of three fits on eight cells."""
    return plot_windows(8, 3)


@described("Nine cells, window of three, stride two: the window fits in four places, starting on cells 0, 2, 4 and 6.")
def plot_every_second_window() -> Axes:
    """Show where a window of three fits on nine cells with stride 2."""
    return plot_windows(9, 3, stride=2)


@described(
    "Eight cells, window of three, stride three: two places, starting on cells 0 and 3. The last two cells are "
    "hatched: no window reads them."
)
def plot_unread_cells() -> Axes:
    """Show the cells that no window reads."""
    return plot_windows(8, 3, stride=3)


@described("Nine cells with one dashed padding cell at each end: the window of three now fits in nine places.")
def plot_padded_row() -> Axes:
    """Show what a padding of 1 does for a row of nine cells."""
    return plot_windows(9, 3, padding=1)


@described("The window lies over the upper left corner. Four of its nine products are 1, so the first output is 4.")
def plot_first_window(image: np.ndarray, kernel: np.ndarray) -> tuple[Axes, Axes, Axes]:
    """Show the first step of the lesson's convolution."""
    return plot_convolution_step(image, kernel, 0)


@described("Four steps of the convolution: window one gives 4, window two 3, window three 2, window nine 5.")
def plot_four_steps(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Show four steps of the lesson's convolution."""
    return plot_filmstrip(image, kernel)


@described(
    "A 5×5 picture with a border of zeros, stride 2: the fourth window starts in the third row of the padded "
    "picture, and the output is 3×3."
)
def plot_padded_step(image: np.ndarray, kernel: np.ndarray) -> tuple[Axes, Axes, Axes]:
    """Show a step with stride 2 and padding 1."""
    return plot_convolution_step(image, kernel, 3, stride=2, padding=1)


@described("A 5×5 picture, a 3×3 kernel and their 3×3 output: 12 12 17, 10 17 19, 9 6 14.")
def plot_another_picture(picture: np.ndarray, kernel: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Show a picture, a kernel and what comes out."""
    return plot_grids([picture, kernel, output], ["picture", "kernel", "output"])


@described("Your 5×5 picture and your 3×3 kernel, both of zeros and ones. print(mine) shows the same numbers.")
def plot_your_picture(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Show the picture and the kernel of exercise 5.1."""
    return plot_grids([np.array(picture), np.array(kernel)], ["your picture", "your kernel"])


@described(
    "Two different outputs of the same picture: as PyTorch computes it, and with the kernel turned by 180 degrees."
)
def plot_turned_kernel(output: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """Compare cross-correlation and convolution."""
    return plot_grids([output, turned], ["PyTorch's conv2d", "kernel turned first"])


@described("A man with a camera on a tripod, and the same photograph slightly blurred.")
def plot_blurred_photo(photo: np.ndarray, blurred: np.ndarray) -> np.ndarray:
    """Show the photograph and its average of five pixels."""
    return plot_images([photo, blurred], ["photograph", "average of five pixels"])


@described(
    "The feature map of right minus left: upright outlines such as the tripod's legs stand out, the sky is blank."
)
def plot_upright_edges(feature_map: np.ndarray) -> np.ndarray:
    """Show where the brightness changes along a row."""
    return plot_images([feature_map], ["right minus left"], signed=True)


@described(
    "A matrix of 9 rows and 25 columns. Each row holds the nine weights in three groups of three; the next row has "
    "the same groups one column further right. All other entries are zero."
)
def plot_nine_weights(matrix: np.ndarray) -> Axes:
    """Show the matrix of a 3×3 kernel on a 5×5 picture."""
    return plot_convolution_matrix(matrix, (3, 3))


@described(
    "A 4×4 map in four blocks of 2×2. Their largest numbers are 6, 8, 3 and 4; their averages 3.25, 5.25, 2 and 2."
)
def plot_pooled_blocks(numbers: np.ndarray, largest: np.ndarray, average: np.ndarray) -> np.ndarray:
    """Show a map and what both kinds of pooling make of it."""
    return plot_grids([numbers, largest, average], ["map", "max-pooling", "average pooling"], windows=CORNERS)


@described(
    "Shifting the picture and then convolving gives the same map as convolving and then shifting: the difference is "
    "zero everywhere."
)
def plot_both_orders(
    picture: np.ndarray, shifted: np.ndarray, shift_first: np.ndarray, shift_last: np.ndarray
) -> np.ndarray:
    """Compare the two orders of shifting and convolving."""
    return plot_equivariance(picture, shifted, shift_first=shift_first, shift_last=shift_last)


@described(
    "A 3×3 input stamps nine 4×4 kernels three cells apart onto a 10×10 sheet; a border of one cell is cropped, "
    "8×8 stay."
)
def plot_nine_stamps() -> tuple[Axes, Axes, Axes]:
    """Show a transposed convolution with kernel 4, stride 3 and padding 1."""
    return plot_stamps(np.array([[1, 2, 1], [0, 1, 0], [2, 0, 1]]), np.ones((4, 4)), stride=3, padding=1)


@described(
    "Activations after dropout with p = 0.3 on ones: in train mode some are 0 and the others larger than 1, with mean "
    "about 1; in eval mode all are 1."
)
def plot_dropped(samples: Mapping[str, np.ndarray]) -> np.ndarray:
    """Show what dropout makes of ones in both modes."""
    return plot_value_histograms(samples, xlabel="activation")


@described(
    "A photograph of a man with a camera, and an even grey out of which its upright edges stand, dark or light, most "
    "of all those of the coat."
)
def plot_before_and_after(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Show a picture, and what a hidden kernel makes of it."""
    return plot_images([before, after], ["before", "after"])

"""Wrong ways that several labs know: shapes, gradients, probabilities, counting parameters, keeping data apart.

A lab says in its own place which of its headings answers one: ``shared.DS1.in_lab("Many neurons: a layer")``.
"""

from course_utils.judging.misconceptions import Misconception

DS1 = Misconception(
    "DS1",
    "weight transposed",
    "This is the result with the weight turned over. How many rows has it, one for each input or each output?",
)
DS2 = Misconception(
    "DS2",
    "batch axis lost",
    "The numbers are right, the batch axis is gone. What shape should a batch of one picture have?",
)
DS3 = Misconception(
    "DS3",
    "bias along the batch axis",
    "This adds the bias along the batch. To what does each number of a bias belong, an example or a unit?",
)
DS4 = Misconception(
    "DS4",
    "flattened the batch, too",
    "This stretches the whole batch into one row. Which axis must stay when each example is flattened?",
)
DS5 = Misconception(
    "DS5",
    "channels last instead of channels first",
    "These are the right numbers with the channels at the end. In which order does PyTorch keep N, C, H, W?",
)
GR1 = Misconception("GR1", "sign of the gradient", "This is the right gradient times -1. Where did the minus come in?")
GR2 = Misconception("GR2", "factor of 2", "This is the right gradient times 2, or half of it. Is there a square here?")
GR3 = Misconception(
    "GR3",
    "mean over the batch instead of the sum",
    "This is the right gradient divided by the number of pictures. Does the loss here average over them?",
)
GR4 = Misconception(
    "GR4",
    "gradient transposed",
    "This is the right gradient with two axes exchanged. What is the shape of what you differentiate by?",
)
GR5 = Misconception(
    "GR5",
    "bias gradient not summed over positions and pictures",
    "A bias takes part in every output number of its kernel. Over which axes must its gradient be summed?",
)
GR11 = Misconception(
    "GR11",
    "derivative formula fed with the wrong variable",
    "This is the derivative's formula with another variable in it. Does it want the input or the output?",
)
KE6 = Misconception("KE6", "accuracy in percent", "This is a percentage. Which number between 0 and 1 is asked for?")
KF4 = Misconception(
    "KF4",
    "reported accuracy is not the network's",
    "Your network does not reach what you report on these pictures. On which pictures did you measure?",
)
KF5 = Misconception(
    "KF5",
    "nothing seeded",
    "The same seed gave different weights. Which two things in this function are left to chance?",
)
KF7 = Misconception(
    "KF7",
    "seed ignored: every seed gives the same run",
    "Another seed gave the same weights. Where does your function use its argument?",
)
PC1 = Misconception(
    "PC1",
    "biases left out",
    "These are the weights alone. What else does each kernel add to its sum?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: kernel_size**2 * in_channels * out_channels,
)
PC2 = Misconception(
    "PC2",
    "one bias for the whole layer",
    "This has one bias for the whole layer. Do all kernels have to share it?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: kernel_size**2 * in_channels * out_channels + 1,
)
PC3 = Misconception(
    "PC3",
    "input channels forgotten",
    "These kernels look at one input channel. How deep is a kernel if the input has several channels?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: (kernel_size**2 + 1) * out_channels,
)
PC4 = Misconception(
    "PC4",
    "a bias for each input channel (or input and output channels exchanged)",
    "This has a bias for each input channel, or the two channel numbers exchanged. To what is a bias added?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: (
        kernel_size**2 * in_channels * out_channels + in_channels
    ),
)
PC6 = Misconception(
    "PC6",
    "kernel side not squared",
    "This counts one row of the kernel. How many cells has the whole window?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: (kernel_size * in_channels + 1) * out_channels,
)
PC7 = Misconception(
    "PC7",
    "one kernel only",
    "This is one kernel with its bias. How many kernels does the layer have?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: kernel_size**2 * in_channels + 1,
)
PC8 = Misconception(
    "PC8",
    "counted anew at every output position",
    "This counts the weights anew for each place of the window. What is shared in a convolution?",
    procedure=lambda in_channels, out_channels, kernel_size, positions: (
        (kernel_size**2 * in_channels + 1) * out_channels * positions
    ),
)
PC9 = Misconception(
    "PC9",
    "gave parameters to a layer that has none",
    "Taking the largest of four numbers needs no weights. What would this layer have to learn?",
)
PC10 = Misconception(
    "PC10",
    "counted running statistics as parameters",
    "Parameters are what the optimiser changes. Which of these numbers does it never touch?",
)
PC11 = Misconception(
    "PC11",
    "dense layer counted without biases",
    "These are the weights of the dense layer alone. How many output units does it have, and what has each?",
)
PL2 = Misconception(
    "PL2",
    "stride 1 where none is given",
    "Your windows overlap, as with stride 1. What is the stride of a pooling layer if none is given?",
)
PR1 = Misconception(
    "PR1",
    "summed over the wrong axis",
    "Here the columns add up to 1. Which numbers are the probabilities of one example?",
)
PR2 = Misconception(
    "PR2",
    "exponential of a large number",
    "There is nan or inf in this answer. Which exponent is large, and what may be subtracted from all of them?",
)
PR5 = Misconception(
    "PR5",
    "softmax before a loss that contains it",
    "This puts probabilities where scores belong. What does this loss do first with what it gets?",
)
SZ1 = Misconception(
    "SZ1",
    "counted the steps between windows, not the windows",
    "This is the number of steps from the first window to the last. How many windows are there if the "
    "window can take 0 steps?",
    procedure=lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding) // stride,
)
SZ8 = Misconception(
    "SZ8",
    "took output size = input size for granted",
    "This is the input's own size. What would the padding and the stride have to be for that?",
    procedure=lambda size, kernel_size, stride, padding: size,
)
SZ10 = Misconception(
    "SZ10",
    "right numbers on the wrong axes: pictures and kernels exchanged",
    "These are the right numbers on the wrong axes. Which axis counts the pictures, which the kernels?",
)
TR6 = Misconception(
    "TR6", "statistics or choices from test data", "The test pictures had a say here. What would the test then measure?"
)
TL10 = Misconception(
    "TL10",
    "labels as zeros and ones",
    "Each row is a single 1 among zeros. So are labels in another form, and so is softmax of scores that are far too "
    "large, as after steps that are too long. Which of the two is it here?",
)
TL5 = Misconception(
    "TL5",
    "hardly anything learned",
    "The head does hardly better than guessing on easy features. Does the loss go down, and for long enough?",
)
TL7 = Misconception(
    "TL7",
    "test part not standardised",
    "The head is right on features that were standardised beforehand, and wrong on the test part. Do both parts "
    "go through the same subtraction and division?",
)
TL11 = Misconception(
    "TL11",
    "scaled to a range in place of standardised",
    "Your head is fitted to features whose largest number is 1 each. What has one far picture to say, and by what "
    "are features divided to be standardised?",
)
TL64 = Misconception(
    "TL64",
    "two softmaxes",
    "However sure your head is, none of its probabilities goes beyond one and the same bound. One way to get this: a "
    "softmax of a softmax. What goes into the loss, and what into the softmax at the end?",
)
TL1 = Misconception(
    "TL1",
    "divided by a standard deviation of zero",
    "There is nan or inf in the answer. What is the standard deviation of a feature that is the same for all?",
)
TL2 = Misconception(
    "TL2",
    "scores instead of probabilities",
    "The rows do not add up to 1, so these are no probabilities. Which function turns scores into them?",
)
TL3 = Misconception(
    "TL3",
    "labels, or one class only",
    "This is one number a picture. How many probabilities has each picture?",
)
TL6 = Misconception(
    "TL6",
    "probabilities of the training pictures",
    "There is one row for each training picture. For which pictures are the probabilities asked?",
)

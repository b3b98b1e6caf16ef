"""Hints for lab 05, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "convolve-by-hand": [
        "Lay the kernel over the top left corner of the picture. Which nine cells does it cover?",
        "Multiply cell by cell. Which of the nine products are not zero?",
        "Add them up, move the window one cell to the right, and again. After how many windows does a row end?",
    ],
    "output-sizes": [
        "Draw the row as cells. On which cells can the left edge of the window stand?",
        "If the window starts on cells 0, 2, 4, how many windows are that, and how many steps between them?",
        "Padding makes the row longer before the window starts to slide. By how many cells in all?",
    ],
    "output-size-rule": [
        "How many cells can the window's left edge move before its right edge reaches the end?",
        "With stride S, how many whole steps fit into that distance? Which operator divides and rounds down?",
        "What does % tell you about the cells that are left over?",
    ],
    "parameter-counts": [
        "How many numbers are in one kernel that looks at all input channels?",
        "What does each kernel add to its sum, once?",
        "For the dense layer: how many inputs does one output unit see, and how many output units are there?",
    ],
    "build-conv2d": [
        "What is the shape of the result? Start from an array of zeros of that shape.",
        "Output (n, k, i, j) looks at one window of picture n. On which row and which column does that window start?",
        "The window is x[n, :, top:top+FH, left:left+FW], with shape (C, FH, FW). What has weight[k] to do with it?",
    ],
    "design-kernels": [
        "A kernel that answers to a change subtracts one side from the other. Which sides, for a vertical edge?",
        "What must the weights add up to if an even grey must give 0? And if it must stay the same grey?",
    ],
    "convolution-matrix": [
        "Row number o of the matrix belongs to one window. Where does this window start in the picture?",
        "Cell (i, j) of the picture is number i * W + j in the flat picture. Which nine numbers does a window touch?",
    ],
    "build-pool2d": [
        "Take your conv2d. What replaces the sum of products, and do the channels still mix?",
        "If you keep the largest number so far: with which number do you start, when all inputs may be negative?",
    ],
    "shift-behaviour": [
        "Look at the table that your shift test printed. Which numbers are zero?",
        "One 3×3 window sees 3 rows. A second one on top sees 3 of these windows: how many rows do they cover?",
    ],
    "transposed-sizes": [
        "Each input cell puts down a stamp as wide as the kernel. On which cell does the last stamp start?",
        "Padding crops here. How many cells go at each end?",
        "Send 4, 5, 6 and 7 through the size rule of your own function. Which of them come out as 3?",
    ],
    "dropout-batch-norm": [
        "Print layer(x) once in train mode. Which two values do you see?",
        "Go through layer.named_parameters() and layer.named_buffers(). How many numbers does each hold?",
    ],
    "conv2d-backward": [
        "Output (n, k, i, j) is a sum of products. By which inputs does the weight (k, c, a, b) get multiplied?",
        "Walk through the same windows as conv2d, and add to grad_x and grad_weight where conv2d multiplied.",
    ],
}

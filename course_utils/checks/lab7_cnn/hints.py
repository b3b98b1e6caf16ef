"""Hints for lab 06, shown one at a time: each is a question, none is an answer."""

HINTS = {
    "shape-trace": [
        "Which number of a shape does a convolution set by itself, whatever comes in?",
        "By how many pixels does your kernel shorten a row without padding?",
        "The pooling window is two wide and moves by two. How many fit on an odd row?",
    ],
    "parameter-counts": [
        "How many numbers does one kernel of conv2 hold, through all its input channels?",
        "How many numbers reach one unit of fc1? Look at your flatten shape.",
        "In nn.Linear(3, 5).weight: which axis counts the outputs?",
    ],
    "build-cnn": [
        "Which lines of the listing make something with weights? Where must they stand to be made once?",
        "What does x.flatten(1) leave alone?",
        "Print the shape after each line of forward. Which line surprises you?",
    ],
    "larger-pictures": [
        "Follow one row of pixels through both convolutions and both poolings. How long is it at the end?",
        "How many numbers does a whole batch have behind pool2? Can they be cut into rows of 400?",
        "Which factor of 400 does your number of features not have?",
    ],
    "mend-the-network": [
        "Which layer has the size of the picture written into it?",
        "nn.AdaptiveAvgPool2d(5) makes maps of 5×5 from maps of any size. Where could it stand?",
    ],
    "train-one-epoch": [
        "Which five calls does each batch take, and in which order?",
        "A batch of 2 and a batch of 4: by what do you multiply their mean losses before you add them?",
        "Which method makes a plain number of a tensor with one element?",
    ],
    "evaluate": [
        "Which two switches belong around an evaluation: one for the model, one for the graph?",
        "confusion[t, p] += 1: which of the two is the true label?",
        "What does 0 / 0 give for a tensor? Is that what the task wants for a class without pictures?",
    ],
    "first-run": [
        "What loss has a network that gives all ten classes the same score?",
        "Measure the first loss before the first step. Which batch can you take?",
        "Not enough? What do more epochs, another optimiser or another learning rate change?",
    ],
    "reproducible-run": [
        "Which things in your function are drawn by chance?",
        "When is a network's first weight drawn: before or after your call of torch.manual_seed?",
    ],
    "keras-network": [
        "Keras names the kernels first. Which number is that in a shape of PyTorch's?",
        "Which layer do all features meet in? How many numbers reach each of its units?",
        "For grey pictures: which single layer changes?",
    ],
    "count-params": [
        "Which two numbers must your loop carry along from layer to layer?",
        "At the flatten entry, what becomes of them?",
        "By how much does a 3×3 convolution change the side, for padding 1 and for padding 0?",
    ],
    "not-vgg": [
        "Call your own count_params with other arguments: which ones describe the listing?",
        "How can you find the parameters of the first dense layer with two calls of count_params?",
    ],
    "residual-block": [
        "Print a batch norm of 64 channels in lab 05's way: how many numbers does it learn?",
        "What does the 1×1 convolution of the shortcut have to turn into what?",
        "Can maps of 32×32 and of 16×16 be added?",
    ],
    "depth": [
        "Read the sentence below the figure of the residual block once more. What is added to what?",
        "Look at the two bars of section 2 again: which layer changes its place most?",
    ],
}

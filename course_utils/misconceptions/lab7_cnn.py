"""Wrong ways with whole networks (lab 06).

Kinds: KA shapes and tensors of a network, KB building it, KC other picture sizes, KT its training loop, KE evaluation,
KF first run and repeating it, KG counting giants, KH depth, KN features and KM
multiplications (practice), TR training (shared by several labs).
"""

from course_utils.misconceptions import Misconception, read_again, register

DATA = "The data and chance level"
SHAPES = "Predict all shapes"
BUILD = "Build it"
LOOP = "The training loop"
EVALUATE = "Evaluate honestly"
REPEAT = "Repeatability"
LARGER = "What if the pictures were 64×64?"
LEARNED = "What did it learn?"
KERAS = "A Keras listing in PyTorch"
GIANTS = "Counting giants"
LISTING = "The listing that is not VGG"
RESIDUAL = "Residual blocks"


def _side(side: int, kernel_size: int) -> int:
    return (side - kernel_size + 1) // 2


# --- shapes
register(
    Misconception(
        "KA1",
        "pooling rounds an odd side up",
        "Your pooling makes a row of 13 into 7. In how many places does a window of two fit, side by side?",
        SHAPES,
    ),
    Misconception(
        "KA2",
        "output channels taken from the input",
        "These maps have the channels of the input. What decides how many maps a convolution makes?",
        SHAPES,
    ),
    Misconception(
        "KA3",
        "flattened one map only",
        "This is one map, stretched. How many maps has a picture at this point?",
        SHAPES,
    ),
    Misconception(
        "KA4",
        "pooling halves the channels, too",
        "Your pooling loses channels. Over which axes does a 2×2 window slide?",
        SHAPES,
    ),
    Misconception(
        "KA5",
        "kernel tensor in Keras's order of axes",
        "These are Keras's axes (F, F, in, out). Which axis comes first in PyTorch?",
        SHAPES,
    ),
    Misconception(
        "KA6",
        "one bias for each input",
        "These biases are as many as the inputs. To what is a bias added?",
        SHAPES,
    ),
    Misconception(
        "KA7",
        "total is not the sum of the layers",
        "Your layers do not add up to your total. Which layer is missing from the sum, or counted twice?",
        SHAPES,
    ),
)

# --- the class
register(
    Misconception(
        "KB1",
        "layers made in forward",
        "Called twice on the same pictures, your network answers differently. When are its weights made?",
        BUILD,
    ),
    Misconception(
        "KB2",
        "ReLU left out",
        "This is the network without one of its ReLUs. Behind which layers does the listing have one?",
        BUILD,
    ),
    Misconception(
        "KB3",
        "ReLU behind the last layer",
        "Your scores are never negative. May a score for a class be below zero?",
        BUILD,
    ),
    Misconception(
        "KB4",
        "batch size written into the network",
        "It works for one size of batch only. Which size stands in your flatten step, and who decides it?",
        BUILD,
    ),
    Misconception(
        "KB5",
        "average pooling in place of max-pooling",
        "This is the network with averages in its pooling. Which number of the four should stay?",
        BUILD,
    ),
    Misconception(
        "KB6",
        "another activation than ReLU",
        "This is the network with another activation. Which one does the listing use?",
        BUILD,
    ),
)

# --- larger pictures
register(
    Misconception(
        "KC1",
        "features scaled with the picture's area",
        "This grows with the picture's area. Does a 5×5 kernel take away four pixels, or a share of them?",
        LARGER,
    ),
    Misconception(
        "KC2",
        "features of one map only",
        "This is one map. How many maps reach the flatten step?",
        LARGER,
    ),
    Misconception(
        "KC3",
        "kept the number of the small pictures",
        "This is what a picture of 32×32 sends on. How large are the maps now?",
        LARGER,
    ),
    Misconception(
        "KC4",
        "side of the last map not squared",
        "This is one row of each map. How many rows has a map?",
        LARGER,
    ),
    Misconception(
        "KC5",
        "took view(-1, 400) to notice every wrong size",
        "view(-1, 400) knows nothing of pictures. When can a number of values be cut into rows of 400?",
        LARGER,
    ),
    Misconception(
        "KC6",
        "reads a part of the picture only",
        "Some corner of the picture has no say in your scores. Where is it cut off?",
        LARGER,
    ),
    Misconception(
        "KC7",
        "rows that mix several pictures",
        "The scores of a picture change with its neighbours in the batch. Which axis must stay?",
        LARGER,
    ),
)

# --- the training loop
register(
    Misconception(
        "TR1",
        "gradients not set to zero",
        "Here each step uses the gradients of all batches so far. What does backward do with a gradient that is there?",
        LOOP,
    ),
    Misconception(
        "TR2",
        "step before backward",
        "You step before you know the new gradients. Which gradients does the first step use?",
        LOOP,
    ),
    Misconception(
        "TR3",
        "wrong mode: train or eval",
        "The model was in the wrong mode. In which mode do dropout and batch norm belong here, and afterwards?",
        LOOP,
    ),
    Misconception(
        "TR4",
        "loss kept as a tensor",
        "You return a tensor, with the graph of every batch behind it. Which method gives a plain number?",
        LOOP,
    ),
    Misconception(
        "TR5",
        "mean of batch means with a short last batch",
        "This is the mean over batches. Should a batch of 2 count as much as a batch of 4?",
        LOOP,
    ),
    Misconception(
        "TR6",
        "statistics or choices from test data",
        "The test pictures had a say here. What would the test then measure?",
        EVALUATE,
    ),
    Misconception(
        "KT1",
        "backward or step missing",
        "The weights did not change. Which call computes gradients, and which one uses them?",
        LOOP,
    ),
    Misconception(
        "KT2",
        "gradients cleared between backward and step",
        "The gradients are gone when step wants them. Where must zero_grad stand?",
        LOOP,
    ),
    Misconception(
        "KT3",
        "only one batch of the epoch",
        "You trained on one batch only. Does your return stand inside the loop?",
        LOOP,
    ),
    Misconception(
        "KT4",
        "loss of the last batch returned",
        "This is the loss of the last batch. What do the others have to say?",
        LOOP,
    ),
    Misconception(
        "KT5",
        "losses summed, not averaged",
        "This is a sum. By what must it be divided to be the mean over all pictures?",
        LOOP,
    ),
)

# --- evaluation
register(
    Misconception(
        "KE1",
        "rows and columns of the confusion matrix exchanged",
        "This is the matrix turned over. Which label chooses the row: the true one or the predicted one?",
        EVALUATE,
    ),
    Misconception(
        "KE2",
        "share of the predictions instead of share of the class",
        "You divide by how often a class was predicted. By what is the accuracy of a class divided?",
        EVALUATE,
    ),
    Misconception(
        "KE3",
        "fixed batch size: pictures left out",
        "Some pictures were not counted. What does your loop take for granted about the size of a batch?",
        EVALUATE,
    ),
    Misconception(
        "KE4",
        "a class without pictures gets a number",
        "One class has no pictures here, and yet it has an accuracy. What is 0 divided by 0?",
        EVALUATE,
    ),
    Misconception(
        "KE5",
        "accuracy averaged over classes",
        "This is the mean of the classes' accuracies. Do all classes have as many pictures here?",
        EVALUATE,
    ),
    Misconception(
        "KE6",
        "accuracy in percent",
        "This is a percentage. Which number between 0 and 1 is asked for?",
        EVALUATE,
    ),
    Misconception(
        "KE7",
        "shares in place of counts",
        "Your matrix holds shares. How many pictures does an entry stand for?",
        EVALUATE,
    ),
    Misconception(
        "KE8",
        "graph recorded during evaluation",
        "PyTorch recorded a graph of all this for a backward that never comes. What switches it off?",
        EVALUATE,
    ),
    Misconception(
        "KE9",
        "index with repeated pairs adds once",
        "Pictures of a batch with the same two labels were counted as one. What does confusion[labels, predicted] += 1 "
        "do with a pair that comes twice?",
        EVALUATE,
    ),
)

# --- the first run, and running it again
register(
    Misconception(
        "KF1",
        "another logarithm",
        "This uses another base. Which logarithm does PyTorch's cross-entropy take?",
        DATA,
    ),
    Misconception(
        "KF2",
        "loss taken after training",
        "This is too good for a network that knows nothing. Which network gave this loss?",
        LOOP,
    ),
    Misconception(
        "KF3",
        "chance level of two classes",
        "This is the chance of a coin. How many classes are there to guess from?",
        DATA,
    ),
    Misconception(
        "KF4",
        "reported accuracy is not the network's",
        "Your network does not reach what you report on these pictures. On which pictures did you measure?",
        EVALUATE,
    ),
    Misconception(
        "KF5",
        "nothing seeded",
        "The same seed gave different weights. Which two things in this function are left to chance?",
        REPEAT,
    ),
    Misconception(
        "KF6",
        "shuffling not seeded",
        "The runs begin alike and drift apart. What else is drawn by chance, besides the first weights?",
        REPEAT,
    ),
    Misconception(
        "KF7",
        "seed ignored: every seed gives the same run",
        "Another seed gave the same weights. Where does your function use its argument?",
        REPEAT,
    ),
)

# --- counting giants
register(
    Misconception(
        "KG1",
        "fraction where percent is due",
        "This is a fraction of one. How many of a hundred is that?",
        KERAS,
    ),
    Misconception(
        "KG2",
        "first dense layer counted as if maps were single cells",
        "Your first dense layer has one input for each map. How many cells has a map when it is flattened?",
        GIANTS,
    ),
    Misconception(
        "KG3",
        "pooling not followed",
        "Your maps keep their size through the pooling. How large are they when they are flattened?",
        GIANTS,
    ),
    Misconception(
        "KG4",
        "padding left out of the sizes",
        "This treats every size of padding alike. How does a map shrink when padding is 0?",
        GIANTS,
    ),
    Misconception(
        "KG5",
        "biases given to convolutions without",
        "Here the convolutions have biases. What takes their place in front of a batch norm?",
        RESIDUAL,
    ),
    Misconception(
        "KG6",
        "batch norm left out",
        "These are the convolutions alone. What else in the block is learned?",
        RESIDUAL,
    ),
    Misconception(
        "KG7",
        "shortcut left out of the count",
        "This counts the way through the convolutions. What must happen on the other way when the shapes differ?",
        RESIDUAL,
    ),
    Misconception(
        "KG8",
        "shortcut needed only where channels change",
        "With stride 2 the maps get smaller. Can two maps of different size be added?",
        RESIDUAL,
    ),
    Misconception(
        "KG9",
        "number of VGG-16 where the listing's is asked",
        "This is VGG-16, which pads its convolutions. What does the listing leave out?",
        LISTING,
    ),
    Misconception(
        "KG10",
        "1×1 shortcut given to every block",
        "Where the shapes agree, the input can be added as it is. What would a convolution be for?",
        RESIDUAL,
    ),
)

# --- depth
register(
    Misconception(
        "KH1",
        "deeper is better without condition",
        "Plain networks of 56 layers had a larger *training* loss than those of 20. Was that overfitting?",
        RESIDUAL,
    ),
    Misconception(
        "KH2",
        "residual block learns its output",
        "What must the convolutions of a block give if its best output is its input?",
        RESIDUAL,
    ),
    Misconception(
        "KH3",
        "parameters and multiplications taken for the same",
        "Look at the two bars again: which layer has few weights and uses each of them at hundreds of places?",
        SHAPES,
    ),
    Misconception(
        "KH4",
        "first layer takes in whole objects",
        "How many pixels does a kernel of the first layer see?",
        LEARNED,
    ),
)

# --- practice: procedure(side, kernel_size, kernels), features behind one convolution and one pooling
register(
    Misconception(
        "KN1",
        "features of one map",
        "This is one map. How many maps are there?",
        SHAPES,
        lambda side, kernel_size, kernels: _side(side, kernel_size) ** 2,
    ),
    Misconception(
        "KN2",
        "convolution keeps the size",
        "Here the convolution keeps the size. How many pixels does it take away at the border?",
        SHAPES,
        lambda side, kernel_size, kernels: kernels * (side // 2) ** 2,
    ),
    Misconception(
        "KN3",
        "pooling forgotten",
        "These are the maps before they are pooled. What does the pooling leave of them?",
        SHAPES,
        lambda side, kernel_size, kernels: kernels * (side - kernel_size + 1) ** 2,
    ),
    Misconception(
        "KN4",
        "pooling rounds up",
        "Here the pooling counts a window that is half empty. Does PyTorch?",
        SHAPES,
        lambda side, kernel_size, kernels: (
            kernels * (_side(side, kernel_size) + 1) ** 2 if (side - kernel_size + 1) % 2 else None
        ),
    ),
    Misconception(
        "KN5",
        "side not squared",
        "This is one row of each map. How many rows are there?",
        SHAPES,
        lambda side, kernel_size, kernels: kernels * _side(side, kernel_size),
    ),
)

# --- practice: procedure(side, in_channels, kernels, kernel_size), multiplications of a convolution
register(
    Misconception(
        "KM1",
        "each weight used once",
        "This uses every weight once. At how many places does a kernel stand?",
        SHAPES,
        lambda side, in_channels, kernels, kernel_size: kernels * in_channels * kernel_size**2,
    ),
    Misconception(
        "KM2",
        "as many places as input pixels",
        "This gives every input pixel a place of its own. At how many places does the window fit?",
        SHAPES,
        lambda side, in_channels, kernels, kernel_size: kernels * in_channels * kernel_size**2 * side**2,
    ),
    Misconception(
        "KM3",
        "one input channel",
        "This looks at one input channel. How deep is a kernel?",
        SHAPES,
        lambda side, in_channels, kernels, kernel_size: (
            (kernels * kernel_size**2 * (side - kernel_size + 1) ** 2) if in_channels > 1 else 0
        ),
    ),
    Misconception(
        "KM4",
        "one row of places",
        "This is one row of places. How many rows are there?",
        SHAPES,
        lambda side, in_channels, kernels, kernel_size: (
            kernels * in_channels * kernel_size**2 * (side - kernel_size + 1)
        ),
    ),
)

read_again(
    "lab7_cnn",
    **dict.fromkeys(("SZ1", "SZ8", "PL2", "DS5"), SHAPES),
    **dict.fromkeys(("PC1", "PC2", "PC3", "PC4", "PC6", "PC7", "PC8", "PC9", "PC11"), SHAPES),
    SZ10=(SHAPES, "These are the right numbers on the wrong axes. Which axis of this tensor counts the kernels?"),
    DS1=(SHAPES, "This is the weight turned over. How many rows has it: one for each input, or for each output?"),
    DS2=(SHAPES, "The batch axis is gone. What stands first in every shape of a batch?"),
    DS4=(SHAPES, "This stretches the whole batch into one row. Which axis must stay when each picture is flattened?"),
    PC10=(RESIDUAL, "These numbers are kept, not learned. Which of them does the optimiser never touch?"),
    PR5=(BUILD, "Your network returns probabilities. What does the cross-entropy loss do first with what it gets?"),
)

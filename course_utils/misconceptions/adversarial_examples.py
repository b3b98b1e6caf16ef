"""Wrong ways with gradients of pixels, attacks, budgets and what they show (lab 08).

Kinds: AD attacks in general, EG the gradient by the input, EA steps of an attack, EB budgets and their units,
ET the experiment with its control, EU universal perturbations, EF fooling images, EQ what it all means.
"""

from course_utils.misconceptions import Misconception, read_again, register

PIXELS = "Gradients of pixels"
ONE_STEP = "One step, and its control"
UNITS = "Budgets in honest units"
MANY = "Many steps"
UNIVERSAL = "One noise for all"
FOOLING = "Confident about nothing"
DEFENCE = "A defence and its price"
SEEING = "What do you see?"

# --- attacks in general
register(
    Misconception(
        "AD1",
        "minus instead of plus: the step helps the network",
        "This step makes the loss smaller: it helps the network. Which way along the gradient does a loss grow?",
        ONE_STEP,
    ),
    Misconception(
        "AD2",
        "sign forgotten",
        "This step is as long as the gradient itself. How far may each pixel move, whatever its gradient's size?",
        ONE_STEP,
    ),
    Misconception(
        "AD3",
        "no clamp to the range of pixels",
        "There are pixels below 0 or above 1 here. Could a camera, or a file, deliver such a picture?",
        ONE_STEP,
    ),
    Misconception(
        "AD4",
        "budget mixed up with normalised units",
        "This mixes pixel units with the units behind the network's normalisation. Which of them is larger, and is a "
        "difference multiplied or divided by the standard deviation?",
        UNITS,
    ),
    Misconception(
        "AD5",
        "no projection into the budget",
        "This leaves the budget: some pixels are further from x than eps. What must happen after each step?",
        MANY,
    ),
    Misconception(
        "AD6",
        "gradients left in the parameters",
        "Afterwards the parameters' grad is another one than before. Who will be misled by it, and which function of "
        "torch.autograd returns a gradient without storing any?",
        PIXELS,
    ),
    Misconception(
        "AD7",
        "dropout or batch normalisation in train mode",
        "This comes out in train mode, or leaves the model in another mode, or moves its running statistics. In which "
        "mode does each picture get an answer of its own, and how do you put the old mode back?",
        PIXELS,
    ),
)

# --- the gradient by the input
register(
    Misconception(
        "EG1",
        "gradient of the score or the probability, not of the loss",
        "This is the gradient of the network's score or probability for the class. Of which number was it asked?",
        PIXELS,
    ),
    Misconception(
        "EG2",
        "took the sign of the gradient already",
        "Only the signs are left here. Is the size of a gradient not wanted, too?",
        PIXELS,
    ),
    Misconception(
        "EG3",
        "left traces in the caller's picture",
        "Afterwards x is not as it was: its numbers, its requires_grad or its grad. Can you work on a copy of x that "
        "is cut off from its past?",
        PIXELS,
    ),
)

# --- steps of an attack
register(
    Misconception(
        "EA1",
        "returned the change, not the picture",
        "This is the change alone. What is asked for, the noise or the picture with the noise in it?",
        ONE_STEP,
    ),
    Misconception(
        "EA2",
        "targeted step in the wrong direction",
        "With targeted=True this walks away from the class y. Should the loss of a class that you want grow or shrink?",
        ONE_STEP,
    ),
    Misconception(
        "EA3",
        "the same gradient at every step",
        "Every step here uses the gradient at the first picture. Where do you stand after a step, and where is the "
        "gradient taken?",
        MANY,
    ),
    Misconception(
        "EA4",
        "projected around the moving point",
        "Each step stays near the step before it, yet the walk leaves the budget. Around which picture is the budget "
        "drawn?",
        MANY,
    ),
    Misconception(
        "EA5",
        "clamped to -1 and 1",
        "This lets pixels become negative. From which number to which do pixels run in this lab?",
        ONE_STEP,
    ),
    Misconception(
        "EA6",
        "one step only",
        "This is the picture after one step. How often should the loop run, and where does return stand?",
        MANY,
    ),
    Misconception(
        "EA7",
        "limits kept after the last step only",
        "The limits are kept at the end only; on the way pixels leave their budget or the range from 0 to 1. After "
        "which steps should both limits hold?",
        MANY,
    ),
    Misconception(
        "EA8",
        "gradients of earlier steps added up",
        "These steps follow the sum of all gradients so far. What does backward() do with the numbers that are in "
        ".grad already?",
        MANY,
    ),
)

# --- budgets
register(
    Misconception(
        "EB1",
        "shifted a difference by the mean",
        "This subtracts the mean from a difference. What becomes of the mean when two normalised pictures are "
        "subtracted?",
        UNITS,
    ),
    Misconception(
        "EB2",
        "L2 size without squares and root",
        "This adds the changes, or their squares, as they are. What does the L2 size do before and after the sum?",
        UNITS,
    ),
    Misconception(
        "EB3",
        "channels forgotten",
        "This counts each place once. How many numbers has a colour picture at each place?",
        UNITS,
    ),
    Misconception(
        "EB4",
        "size of one pixel taken for the picture's",
        "This is the size of one pixel's change. How many numbers of the picture change along with it?",
        UNITS,
    ),
    Misconception(
        "EB5",
        "counted both directions",
        "This is the distance from the darkest to the brightest that is allowed. How far is each of them from the "
        "original?",
        UNITS,
    ),
    Misconception(
        "EB6",
        "grey levels on the scale from 0 to 1",
        "This is on the scale from 0 to 1. How many steps of a file with 8 bits lie between 0 and 1?",
        UNITS,
    ),
)

# --- the experiment and its control
register(
    Misconception(
        "ET1",
        "attack and control exchanged",
        "The two rows are exchanged. Which of the two noises looks at the network before it strikes?",
        UNITS,
    ),
    Misconception(
        "ET2",
        "share of errors given for the accuracy",
        "These are shares of errors. What does an accuracy count?",
        UNITS,
    ),
    Misconception(
        "ET3",
        "percent given for shares",
        "These look like percent. Which number stands for all pictures right, when a share is asked for?",
        UNITS,
    ),
    Misconception(
        "ET4",
        "blamed the size of the noise",
        "Size alone does not explain it. Which row has changes of the same size, and what happens there?",
        UNITS,
    ),
    Misconception(
        "ET5",
        "took the control's small fall for proof that all noise harms",
        "Look at the control's row again. Is its fall larger than what another draw of noise would change?",
        UNITS,
    ),
)

# --- universal perturbations
register(
    Misconception(
        "EU1",
        "one perturbation for each picture",
        "This has one noise for each picture. How many noises may be added to pictures that nobody has seen yet?",
        UNIVERSAL,
    ),
    Misconception(
        "EU2",
        "fools the pictures it was made from only",
        "This fools the pictures it was made from, and few others. What if each step looks at some pictures only, and "
        "all get their turn?",
        UNIVERSAL,
    ),
    Misconception(
        "EU3",
        "no better than random noise",
        "This fools hardly more pictures than random signs of the same size. Does each step grow the loss that "
        "a whole batch has, for the labels that the network gives to its clean pictures?",
        UNIVERSAL,
    ),
)

# --- fooling images
register(
    Misconception(
        "EF1",
        "confidence is not the returned picture's",
        "The network gives the returned picture another probability for the target. Was it computed before the last "
        "step, or for another class?",
        FOOLING,
    ),
    Misconception(
        "EF2",
        "score given for the confidence",
        "A confidence lies between 0 and 1. What turns scores into such numbers?",
        FOOLING,
    ),
    Misconception(
        "EF3",
        "rng not used",
        "The picture does not follow rng: another seed should give another one, the same seed the same. Where does "
        "the noise at the start come from?",
        FOOLING,
    ),
    Misconception(
        "EF4",
        "walked away from the target",
        "The network's probability of the target has gone to nothing. Should the loss of the class that you want to "
        "see grow or shrink?",
        FOOLING,
    ),
)

# --- what it means
register(
    Misconception(
        "EQ1",
        "control misread",
        "The random noise is as large as the attack's. What differs between the two, if not the size?",
        UNITS,
    ),
    Misconception(
        "EQ2",
        "took a high softmax value for evidence",
        "Softmax shares out 1 among ten classes, whatever the picture. Which class could a picture of nothing go to?",
        FOOLING,
    ),
    Misconception(
        "EQ3",
        "read more into the human experiment than it shows",
        "Those people saw each picture for less than a tenth of a second. What does one see with more time?",
        SEEING,
    ),
    Misconception(
        "EQ4",
        "took adversarial training for free, or for complete",
        "Look at the curves far to the right, at PGD beside FGSM, and at what each batch costs. Where is the price?",
        DEFENCE,
    ),
    Misconception(
        "EQ5",
        "tested a noise on the pictures it was made from",
        "A noise may learn its own pictures by heart. Which pictures tell what it does to others?",
        UNIVERSAL,
    ),
)

# --- wrong ways that other labs share
read_again(
    "adversarial_examples",
    GR1=(
        PIXELS,
        "This is the right gradient times -1. Is the loss here the log-probability, or what cross_entropy makes of it?",
    ),
    GR3=(
        PIXELS,
        "This is the gradient of the batch's mean loss: right in its signs, too small by the number of pictures. Does "
        "a picture's gradient depend on how many others stand beside it?",
    ),
    PR5=(PIXELS, "Here softmax is applied before cross_entropy. What does cross_entropy do first with what it gets?"),
    DS2=(PIXELS, "The batch axis is lost. How many axes has the shape asked for, and what does the first one count?"),
)

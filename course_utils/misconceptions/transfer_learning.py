"""Wrong ways with features, frozen layers, heads and comparisons (lab 07).

Kinds: TF features taken from a layer, TZ freezing, TH numbers of a head, TL a head fitted on features, TE a comparison
over numbers of pictures, TB labels in the wrong order, TM when transfer helps, TA augmentation.
"""

from course_utils import misconceptions
from course_utils.misconceptions import Misconception, read_again, register

NETWORK = "The network and its first task"
FEATURES = "Features from the middle"
FREEZING = "Freezing, really"
HEAD = "A head on top"
FINE_TUNING = "Fine-tuning"
CONTROLS = "Honest controls"
CURVE = "The learning curve"
FAILS = "When it fails"

read_again(
    "transfer_learning",
    PC1=(HEAD, "These are the weights alone. What else does each score of a head add to its sum?"),
    PC2=(HEAD, "This has one bias for the whole head. Do all scores have to share it?"),
    PC4=(HEAD, "This has a bias for each input. To what is a bias added, an input or a score?"),
    DS4=HEAD,
    PR1=HEAD,
)

TRAINING = (
    Misconception(
        "TR6",
        "leakage: statistics from test data",
        "The probabilities of a picture change when other test pictures change. Which part may the mean and the "
        "standard deviation come from?",
        HEAD,
    ),
    Misconception(
        "TR7",
        "frozen weights stand still, running statistics move",
        "The weights stood still, but the batch-norm averages moved. In which mode does a layer leave its running "
        "mean alone?",
        FREEZING,
    ),
)
for _entry in TRAINING:  # shared codes: the lab on training may have registered them before
    if _entry.code in misconceptions.all_codes():
        read_again("transfer_learning", **{_entry.code: (_entry.section, _entry.feedback)})
    else:
        register(_entry)

# --- features
register(
    Misconception(
        "TF1",
        "features taken in train mode",
        "The network ran in train mode: dropout drops, and batch norm looks at the batch. Which mode gives every "
        "picture the same features each time?",
        FEATURES,
    ),
    Misconception(
        "TF2",
        "mode not restored",
        "The network comes back in another mode than it had. What did model.training say before you changed it?",
        FEATURES,
    ),
    Misconception(
        "TF3",
        "graph kept",
        "The features still hang on the graph of the network. Who will ever call backward() through them?",
        FEATURES,
    ),
    Misconception(
        "TF4",
        "hook left behind",
        "Your hook is still on the layer. What happens each time the network runs from now on?",
        FEATURES,
    ),
    Misconception(
        "TF5",
        "maps not flattened",
        "The layer's maps are still maps. Which shape does a table of features have, one row a picture?",
        FEATURES,
    ),
    Misconception(
        "TF6",
        "the network's output instead of the layer's",
        "These are the scores that the whole network gives. Which layer was asked for?",
        FEATURES,
    ),
    Misconception(
        "TF7",
        "last, short batch left out",
        "Rows are missing at the end. How many pictures are in the last batch if 7 go through in threes?",
        FEATURES,
    ),
    Misconception(
        "TF8",
        "one batch kept, the others lost",
        "These are the features of one batch. What becomes of those of the batches before it?",
        FEATURES,
    ),
    Misconception(
        "TF9",
        "order of the pictures lost",
        "These are the right rows in another order. To which picture does label number 0 belong?",
        FEATURES,
    ),
    Misconception(
        "TF10",
        "the layer's input instead of its output",
        "This is what goes into the layer. Which argument of a forward hook is what comes out?",
        FEATURES,
    ),
    Misconception(
        "TF11",
        "all pictures in one batch",
        "More pictures than batch went through at once. What would 100,000 pictures do to the memory?",
        FEATURES,
    ),
)

# --- freezing
register(
    Misconception(
        "TZ1",
        "requires_grad set on the module, not on its parameters",
        "The module got an attribute requires_grad, which nobody reads. Whose attribute does autograd look at?",
        FREEZING,
    ),
    Misconception(
        "TZ2",
        "some parameters forgotten",
        "Some parameters inside the module are still trained. Which call lists those of the layers inside it, too?",
        FREEZING,
    ),
    Misconception(
        "TZ3",
        "frozen parameters handed to the optimiser",
        "Your list holds parameters that are frozen. What does requires_grad say of each?",
        FREEZING,
    ),
    Misconception(
        "TZ4",
        "names, numbers or copies instead of the parameters",
        "An optimiser changes the very tensors that it is given. Are those in your list the network's own?",
        FREEZING,
    ),
    Misconception(
        "TZ5",
        "nothing frozen",
        "After five steps the weights inside the module have moved. Who told autograd to leave them alone?",
        FREEZING,
    ),
    Misconception(
        "TZ6",
        "more frozen than was asked",
        "The head outside the module does not learn either. Which parameters belong to the module alone?",
        FREEZING,
    ),
)

# --- numbers of a head
register(
    Misconception(
        "TH1",
        "places of the map forgotten",
        "This counts one number a channel. How many numbers has a map of several rows and columns?",
        HEAD,
    ),
    Misconception(
        "TH2",
        "channels of the map forgotten",
        "This counts the places of one map. How many maps are there?",
        HEAD,
    ),
    Misconception(
        "TH3",
        "one output for two classes",
        "This head has one output. How many scores does the cross-entropy of this course take for K classes?",
        HEAD,
    ),
    Misconception(
        "TH4",
        "a frozen layer counted as trained",
        "This counts the frozen body, too. Which numbers does the optimiser change when the body is frozen?",
        FREEZING,
    ),
    Misconception(
        "TH5",
        "the old head counted",
        "This still has the head for the ten old classes. What stands in its place now?",
        HEAD,
    ),
    Misconception(
        "TH6",
        "share taken of the body instead of the whole",
        "This divides by the frozen numbers alone. The share is a part of which whole?",
        FREEZING,
    ),
    Misconception(
        "TH7",
        "a fraction where per cent are asked",
        "This is the share as a fraction. How many per cent is that?",
        FREEZING,
    ),
    Misconception(
        "TH8",
        "the share that is frozen",
        "This is the share that stays as it is. How large is the other one?",
        FREEZING,
    ),
)

register(
    Misconception(
        "TH9",
        "the head alone where nothing is frozen",
        "This is the head alone. Which other layers learn when nothing is frozen?",
        HEAD,
    ),
)

# --- a head fitted on features
register(
    Misconception(
        "TL1",
        "divided by a standard deviation of zero",
        "There is nan or inf in the answer. What is the standard deviation of a feature that is the same for all?",
        HEAD,
    ),
    Misconception(
        "TL2",
        "scores instead of probabilities",
        "The rows do not add up to 1, so these are no probabilities. Which function turns scores into them?",
        HEAD,
    ),
    Misconception(
        "TL3",
        "labels, or one class only",
        "This is one number a picture. How many probabilities has each picture?",
        HEAD,
    ),
    Misconception(
        "TL4",
        "features not standardised",
        "The answer changes when a feature is measured in another unit. What makes all features equally wide?",
        HEAD,
    ),
    Misconception(
        "TL5",
        "hardly anything learned",
        "The head does hardly better than guessing on easy features. Does the loss go down, and for long enough?",
        HEAD,
    ),
    Misconception(
        "TL6",
        "probabilities of the training pictures",
        "There is one row for each training picture. For which pictures are the probabilities asked?",
        HEAD,
    ),
    Misconception(
        "TL7",
        "test part not standardised",
        "The head is right on features that were standardised beforehand, and wrong on the test part. Do both parts go "
        "through the same subtraction and division?",
        HEAD,
    ),
)

# --- a comparison over numbers of pictures
register(
    Misconception(
        "TE1",
        "per cent where fractions are asked",
        "An accuracy in your table is above 1. Are these fractions or per cent?",
        CURVE,
    ),
    Misconception(
        "TE2",
        "rows exchanged",
        "Two rows of your table stand under each other's name. Which way of learning sees pretrained features?",
        CURVE,
    ),
    Misconception(
        "TE3",
        "the first n at which scratch is better than before, not than frozen with few",
        "At this n your table has scratch below what frozen reaches with 5 pictures a class. Which two numbers are to "
        "be compared?",
        CURVE,
    ),
    Misconception(
        "TE4",
        "a later n than necessary",
        "A smaller n does it, too, in your own table. Where does scratch first reach frozen's number at 5?",
        CURVE,
    ),
    Misconception(
        "TE5",
        "difference taken the wrong way round",
        "This is the difference with the other sign. From what is what to be subtracted?",
        CURVE,
    ),
    Misconception(
        "TE6",
        "a fraction where points are asked",
        "This is the gain as a fraction. How many points (hundredths) is it?",
        CURVE,
    ),
)

# --- labels in the wrong order
register(
    Misconception(
        "TB1",
        "all labels turned over",
        "This exchanges 0 and 1 everywhere, so that right ones become wrong. Which labels disagree with their folder?",
        FAILS,
    ),
    Misconception(
        "TB2",
        "the smaller class counted instead of the difference",
        "This counts a whole class. Up to which picture do both label vectors still agree?",
        FAILS,
    ),
    Misconception(
        "TB3",
        "all pictures counted",
        "These are all pictures. Are the labels at the beginning wrong, too?",
        FAILS,
    ),
    Misconception(
        "TB4",
        "counted from 1, or one past the end",
        "You are off by one place. Which number has the first picture in Python?",
        FAILS,
    ),
    Misconception(
        "TB5",
        "labels as they came",
        "Nothing is repaired: these are the labels that came in. What do the names of the files say?",
        FAILS,
    ),
    Misconception(
        "TB6",
        "labels sorted, not repaired",
        "These labels are in order, but not in the order of the files. To which file does each label belong?",
        FAILS,
    ),
)

# --- when transfer helps
register(
    Misconception(
        "TM1",
        "took more source data for a nearer task",
        "A large source helps where its features fit. What do the two tasks have in common?",
        NETWORK,
    ),
    Misconception(
        "TM2",
        "took nearness of names for nearness of features",
        "The names are near. Are the details that tell the two classes apart in the features, too?",
        FAILS,
    ),
    Misconception(
        "TM3",
        "took preprocessing for a matter of taste",
        "The weights were trained on inputs of one kind. What does the first layer see if the scale is another?",
        FAILS,
    ),
    Misconception(
        "TM4",
        "took fine-tuning for always better",
        "Fine-tuning changes all weights with few pictures. What does your table say at 5 pictures a class?",
        FINE_TUNING,
    ),
    Misconception(
        "TM5",
        "took one run for a result",
        "One run is one draw of pictures. How far apart do three draws lie?",
        CONTROLS,
    ),
)

# --- augmentation
register(
    Misconception(
        "TA1",
        "upside down",
        "Some pictures stand on their heads. Which axis runs down in (N, C, H, W)?",
        FAILS,
    ),
    Misconception(
        "TA2",
        "one draw for the whole batch",
        "All pictures got the same flip, or the same shift. How often should the dice be thrown?",
        FAILS,
    ),
    Misconception(
        "TA3",
        "input changed in place",
        "The pictures that were handed in have changed. What will the next epoch start from?",
        FAILS,
    ),
    Misconception(
        "TA4",
        "order of the pictures changed",
        "These are the right pictures in another order. Do the labels know?",
        FAILS,
    ),
    Misconception(
        "TA5",
        "chance from elsewhere than rng",
        "Equal generators should give equal pictures, and other generators other ones. Where does your chance come "
        "from?",
        FAILS,
    ),
    Misconception(
        "TA6",
        "no flips, or no shifts down or across",
        "A flip, a move down, a move across: at least one never happens. Which of them do you see in 64 pictures?",
        FAILS,
    ),
    Misconception(
        "TA7",
        "shifted too far",
        "Some pictures have moved further than 2 pixels. How many numbers are there from -2 to 2?",
        FAILS,
    ),
    Misconception(
        "TA8",
        "rolled around the edge",
        "What leaves the picture on one side comes in on the other. What stands behind the edge of a photograph?",
        FAILS,
    ),
)

"""Headings of the lesson, for "Read again"."""

CARRY = "Your own functions"
POOLING = "The way back through a maximum"
LAYERS = "Layers"
WHOLE = "A network, and its proof"
TRAINING = "Training"
FURTHER = "Bonus. Steps with a memory"
TWO_MORE = "Bonus. Dropout and batch normalisation"

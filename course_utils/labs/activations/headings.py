"""Headings of the lesson, for "Read again"."""

CURVES = "Three functions and their slopes"
BREAK = "Numbers that break naive formulas"
SLOPES = "Slopes multiply"
SPACE = "A hidden layer redraws the space"
PLANES = "Half-planes, convex regions, unions"
TRAIN = "Does training find the fold?"
OUTPUT = "Output functions"

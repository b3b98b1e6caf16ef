"""Headings of the lesson, for "Read again"."""

SPLIT = "Split by scene"
BASELINE = "A frozen baseline"
CHOOSE = "Choose without the test"
IMPROVE = "One improvement"
TABLE = "Catalogue and wild"
HEAD, LAB = "A head on top", "Lab 07"  # of another notebook

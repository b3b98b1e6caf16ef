"""Headings of the lesson, for "Read again"."""

VALLEY = "A step with a memory"
STOPPING = "When to stop"
CLINIC = "The clinic"
MENDING = "Mend one"
DEEP = "Thirty-two layers"

"""Each lab's questions, drawn for a student."""

"""What all exercises share: how a question is drawn, how an answer is read and judged, and what is said of it."""

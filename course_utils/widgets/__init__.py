"""What all widgets share. The widgets themselves lie with their labs."""

"""Training, for lessons that do not ask for it; what lessons ask for is not here."""

from course_utils.training.networks import History, accuracy, fit, predict, probabilities, run_epochs

__all__ = ["History", "accuracy", "fit", "predict", "probabilities", "run_epochs"]

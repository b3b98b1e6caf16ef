"""Training, for lessons that do not ask for it; what lessons ask for is not here."""

from course_utils.training.lines import Descent, descend
from course_utils.training.networks import History, accuracy, fit, predict, probabilities, run_epochs

__all__ = ["Descent", "History", "accuracy", "descend", "fit", "predict", "probabilities", "run_epochs"]

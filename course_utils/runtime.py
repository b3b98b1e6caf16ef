"""Where and how a notebook is running: threads, seeds, grading or not, somebody at the screen or not."""

import os
import random
import sys

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def use_one_thread() -> None:
    """Let PyTorch and the BLAS libraries use one thread, unless the user has set OMP_NUM_THREADS."""
    if "OMP_NUM_THREADS" in os.environ:
        return
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    if "torch" in sys.modules:  # the variables come too late for a library that is loaded already
        sys.modules["torch"].set_num_threads(1)


def seed_everything(seed: int) -> None:
    """Make what follows repeatable: seed Python's, NumPy's and PyTorch's global generators."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def is_grading() -> bool:
    """Tell whether nbgrader is running this notebook (autograde or Validate)."""
    return "NBGRADER_EXECUTION" in os.environ


def has_front_end() -> bool:
    """Tell whether somebody may be there to move a slider.

    False while nbgrader grades and in continuous integration (the variable CI is set there): figures are
    drawn in place of widgets then, since no page would ever show them.
    """
    return not is_grading() and os.environ.get("CI", "").lower() in ("", "0", "false")

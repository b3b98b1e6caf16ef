"""A check leaves the notebook as it found it: random states, gradients, the default type of numbers, threads."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Run a check under settings that are always the same, and put back those of the notebook.

    Inside, gradients are on and numbers have 32 bits by default, whatever a cell has set. What later cells draw does
    not depend on whether a check was run.
    """
    python, numpy, pytorch = random.getstate(), np.random.get_state(), torch.get_rng_state()
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    errors = np.geterr()
    try:
        torch.set_default_dtype(torch.float32)
        with torch.enable_grad():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(pytorch)
        torch.set_default_dtype(dtype)
        if torch.are_deterministic_algorithms_enabled() != deterministic:
            torch.use_deterministic_algorithms(deterministic)  # which loads a compiler: seconds
        np.seterr(**errors)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)

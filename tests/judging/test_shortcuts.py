"""Attacks on the refusal of ready-made functions: other threads, TorchScript, aliases; and what is no shortcut."""

import contextlib
import functools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.judging.protocol import calling, shortcuts
from course_utils.judging.protocol.shortcuts import ready_made
from course_utils.judging.protocol.verdicts import CheckFailed

X, W = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2)
aliased = F.conv2d
np_alias = np.convolve
by_name = {"mine": np.convolve}
scipy_alias: Callable
scripted: Callable
traced: Callable
optimised: Callable


@pytest.fixture(scope="module", autouse=True)
def _made_before_anything_is_refused():
    """Import and compile what the attacks keep: here, since it takes seconds, of which collecting needs none."""
    global scipy_alias, scripted, traced, optimised
    from scipy import signal

    scipy_alias = signal.convolve2d
    scripted = torch.jit.script(torch.nn.Conv2d(1, 1, 2))
    traced = torch.jit.trace(lambda x: F.conv2d(x, W), (X,), check_trace=False)
    optimised = torch.jit.optimize_for_inference(torch.jit.script(torch.nn.Conv2d(1, 1, 2).eval()))


def waiting_thread():
    """Start a thread before anything is refused; it convolves whenever it is asked."""
    asked, answered = queue.Queue(), queue.Queue()

    def work():
        while (x := asked.get()) is not None:
            try:
                answered.put(F.conv2d(x, W))
            except Exception as error:
                answered.put(error)

    threading.Thread(target=work, daemon=True).start()
    return asked, answered


asked, answered = waiting_thread()


def by_waiting_thread():
    asked.put(X)
    return answered.get()


def by_new_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(F.conv2d, X, W).result()


def without_torch_function():
    with torch._C.DisableTorchFunction():
        return F.conv2d(X, W)


def with_the_error_caught():
    with contextlib.suppress(Exception):
        return F.conv2d(X, W)
    return np.ones((1, 1, 3, 3))


def in_inference_mode():
    with torch.inference_mode():
        return F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2))


TORCH = {
    "F.conv2d": lambda: F.conv2d(X, W),
    "an alias": lambda: aliased(X, W),
    "getattr": lambda: getattr(F, "conv" + "2d")(X, W),
    "nn.Conv2d": lambda: torch.nn.Conv2d(1, 1, 2)(X),
    "torch.ops": lambda: torch.ops.aten.convolution.default(X, W, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
    "a part of it": lambda: torch._C._nn.thnn_conv2d(X, W, [2, 2]),
    "mkldnn": lambda: F.conv2d(X.to_mkldnn(), W.to_mkldnn()),
    "a gradient of one": lambda: torch.nn.grad.conv2d_input((1, 1, 4, 4), W, torch.ones(1, 1, 3, 3)),
    "vmap": lambda: torch.vmap(lambda x: F.conv2d(x, W))(X[None]),
    "with a gradient": lambda: F.conv2d(X.clone().requires_grad_(), W),
    "TorchScript": lambda: scripted(X),
    "a trace": lambda: traced(X),
    "TorchScript made fast": lambda: optimised(X),
    "no torch function": without_torch_function,
    "inference mode": in_inference_mode,
    "a new thread": by_new_thread,
    "a thread that waits": by_waiting_thread,
    "the error caught": with_the_error_caught,
    "F.max_pool2d": lambda: F.max_pool2d(X, 2),
    "F.lp_pool2d": lambda: F.lp_pool2d(X, 1, 2),
    "F.unfold": lambda: F.unfold(X, 2),
}


@pytest.mark.parametrize("attack", TORCH.values(), ids=TORCH)
def test_pytorchs_windows_are_refused_however_they_are_reached(attack):
    with calling.no_shortcuts(), pytest.raises(CheckFailed, match=r"f calls PyTorch's \w+\. Build it yourself"):
        calling.call(attack, "f")


@pytest.mark.parametrize("attack", TORCH.values(), ids=TORCH)
def test_pytorch_works_again_afterwards(attack):
    with calling.no_shortcuts(), contextlib.suppress(CheckFailed):
        calling.call(attack, "f")
    assert isinstance(attack(), torch.Tensor)


@pytest.fixture
def one_check():
    """A process that is there for one check."""
    shortcuts.stay_refused()
    yield
    shortcuts._refusal.stays = False
    shortcuts._refusal.lift()


def test_in_a_process_for_one_check_kernels_are_put_once_and_lifted_for_what_refuses_nothing(one_check):
    with calling.no_shortcuts():
        calling.call(lambda: np.ones(1), "f")
        standing = dict(shortcuts._refusal._libraries)
        for _ in range(2):
            with pytest.raises(CheckFailed, match="f calls PyTorch's conv2d"):
                calling.call(TORCH["F.conv2d"], "f")
        assert shortcuts._refusal._libraries == standing
    assert isinstance(calling.call(TORCH["F.conv2d"], "f"), torch.Tensor)
    with calling.no_shortcuts("tanh"), pytest.raises(CheckFailed, match="f calls PyTorch's tanh"):
        calling.call(lambda: torch.tanh(X), "f")


# --- other libraries


def imported_inside():
    import scipy.signal as tools

    return tools.fftconvolve(np.ones(3), np.ones(2))


def imported_by_name():
    from scipy.ndimage import maximum_filter as largest

    return largest(np.ones((3, 3)), 2)


def by_a_path():
    import scipy.signal

    return scipy.signal.correlate(np.ones(3), np.ones(2))


def helper(x):
    return np_alias(x, np.ones(2))


class Mine:
    def __init__(self, function=None):
        self.function = function

    def direct(self):
        return self.inner()

    def inner(self):
        return np.correlate(np.ones(3), np.ones(2))

    def convolve(self):
        return np.ones(3)

    def clean(self):
        return self.convolve()

    def __call__(self):
        return self.function(np.ones(3), np.ones(2))


def enclosing(function):
    def inside():
        return [function(np.ones(3), np.ones(2)) for _ in range(2)]

    return inside


OTHERS = {
    "np.convolve": lambda: np.convolve(np.ones(3), np.ones(2)),
    "an alias": lambda: np_alias(np.ones(3), np.ones(2)),
    "SciPy under another name": lambda: scipy_alias(np.ones((3, 3)), np.ones((2, 2))),
    "itself": np.convolve,
    "a helper": lambda: helper(np.ones(3)),
    "a helper's lambda": lambda: (lambda x: helper(x))(np.ones(3)),
    "an import inside": imported_inside,
    "a name imported inside": imported_by_name,
    "a path": by_a_path,
    "getattr": lambda: getattr(np, "convolve")(np.ones(3), np.ones(2)),  # noqa: B009
    "exec": lambda: exec("np.convolve(np.ones(3), np.ones(2))"),
    "vars": lambda: vars(np)["convolve"](np.ones(3), np.ones(2)),
    "its dict": lambda: np.__dict__["convolve"](np.ones(3), np.ones(2)),
    "a dict": lambda: by_name["mine"](np.ones(3), np.ones(2)),
    "a closure": enclosing(np.convolve),
    "a partial": functools.partial(np.convolve, np.ones(3), np.ones(2)),
    "a method": Mine().direct,
    "a callable object": Mine(np.convolve),
    "a function with a memory": functools.cache(lambda: np.convolve(np.ones(3), np.ones(2))),
    "np.vectorize": np.vectorize(lambda: np.convolve(np.ones(3), np.ones(2))),
    "a default": lambda f=np.convolve: f(np.ones(3), np.ones(2)),
    "a local alias": lambda: [f := np.convolve, f(np.ones(3), np.ones(2))],
}


@pytest.mark.parametrize("attack", OTHERS.values(), ids=OTHERS)
def test_numpys_and_scipys_are_refused_by_what_a_name_stands_for(attack):
    with calling.no_shortcuts(), pytest.raises(CheckFailed, match=r"f calls (NumPy|SciPy)'s \w+\. Build it yourself"):
        calling.call(attack, "f")


def test_the_function_is_named_as_its_library_has_it():
    assert ready_made(OTHERS["an alias"], calling.WINDOWS) == "NumPy's convolve"
    assert ready_made(OTHERS["SciPy under another name"], calling.WINDOWS) == "SciPy's convolve2d"


# --- what is no shortcut


def convolve(x):
    return x


class Act:
    @staticmethod
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))


def with_own_names():
    pool = [convolve(np.ones(2))]
    return np.lib.stride_tricks.sliding_window_view(np.stack(pool), (1, 2))


FAIR = {
    "own names": with_own_names,
    "a method of that name": Mine().clean,
    "an own class": Act.sigmoid,
    "a window of a tensor": lambda: X.unfold(2, 2, 1),
    "a matrix product": lambda: X @ torch.ones(4, 2),
    "einsum": lambda: np.einsum("ij,j->i", np.ones((2, 2)), np.ones(2)),
    "numbers of another type": lambda: X.to(torch.int32),
}


@pytest.mark.parametrize("fair", FAIR.values(), ids=FAIR)
def test_what_a_learner_builds_is_no_shortcut(fair):
    arguments = [np.ones(2)] if fair is Act.sigmoid else []
    with calling.no_shortcuts():
        calling.call(fair, "f", *arguments)
    with calling.no_shortcuts("sigmoid", "convolve"):
        calling.call(fair, "f", *arguments)


def test_a_ufunc_of_scipy_is_scipys():
    from scipy.special import expit

    assert ready_made(lambda z: expit(z), ("expit",)) == "SciPy's expit"
    assert ready_made(lambda z: np.tanh(z), ("tanh",)) == "NumPy's tanh"


class Moody:
    def __getattribute__(self, name):
        raise RuntimeError("not now")


class Lazy:
    @property
    def convolve(self):
        raise RuntimeError("it ran")


@pytest.mark.parametrize("kind", [Moody, Lazy])
def test_nothing_of_a_learners_runs_while_names_are_read(kind):
    one = kind()
    assert ready_made(lambda: one.convolve(), calling.WINDOWS) == ""


def test_a_notebooks_own_machinery_is_not_followed():
    from IPython.core.interactiveshell import InteractiveShell

    shell = object.__new__(InteractiveShell)  # what a cell reaches by get_ipython(), and by sys.stderr in a kernel
    assert shortcuts._behind(shell.run_cell) == []
    assert shortcuts._behind(shell) == []


def test_a_walk_without_end_is_ended():
    chain = [np.convolve]
    for _ in range(shortcuts.MOST_SEEN + 10):
        chain = [chain]
    assert ready_made(lambda: chain, calling.WINDOWS) == ""

"""Finding what is ready-made in a student's code, where they are asked to build it themselves.

PyTorch's operators are refused at its dispatcher: every call ends there, in whichever thread it is made, by whichever
name, from TorchScript, too. Functions of NumPy, SciPy and the like are found by what the names in the code stand for:
an alias leads to the function all the same, and a student's own ``convolve`` is their own.
"""

import contextlib
import dis
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

import numpy as np
import torch

LIBRARIES = {"math": "Python", "cmath": "Python", "numpy": "NumPy", "scipy": "SciPy", "skimage": "scikit-image"}
LIBRARIES |= {"sklearn": "scikit-learn", "jax": "JAX", "tensorflow": "TensorFlow", "mpmath": "mpmath", "sympy": "SymPy"}
NOT_OWN = {*sys.stdlib_module_names, *LIBRARIES, "torch", "torchvision", "course_utils"} - {"builtins", "__main__"}
MOST_SEEN = 2000  # objects that are looked at: more than a learner's functions lead to
HEAP_TYPE = 1 << 9  # the flag of classes that are written in Python
BY_TEXT = {"getattr", "eval", "exec", "vars", "__dict__", "import_module", "__import__"}  # reach a function by its name
IMPORTERS = {"import_module", "__import__"}  # what they give is no name that can be followed: its attributes are texts
TRANSPARENT = {"PUSH_NULL", "SWAP", "COPY", "POP_TOP", "EXTENDED_ARG"}  # steps that leave what was loaded last
OF_CARDS = "cudnn|miopen|mps_|depthwise3d|_conv_depthwise2d"  # operators for graphics cards
ROUNDED = "quantized|^onednn::q|^sparse::q|fbgemm|int[48]|fp16"  # those of small numbers, whose results are inexact
OTHER = "attention|lstm|gru_|rnn|embedding|upsample|grid_|ctc_|_quantize_|weight_norm|nested"  # layers of no lab
KNOWN_AS = {"im2col": "unfold", "col2im": "fold"}  # operators that are called otherwise in Python
LENDING = "what the course lends may"  # beside words that are refused: who borrows a function may call it

Answer = TypeVar("Answer")


class Shortcut(Exception):
    """Raised inside a student's function when it calls what it was asked to build."""


# --- PyTorch's, while they run


class _Refusal:
    """Kernels that raise, in the place of PyTorch's own: putting them there takes 10 milliseconds.

    A process that is there for one check only (:func:`stay_refused`) leaves them between one call and the next.
    """

    def __init__(self) -> None:
        self.words: tuple[str, ...] = ()
        self.called: list[str] = []
        self.stays = False
        self._libraries: dict[str, Any] = {}

    def put(self, words: tuple[str, ...]) -> None:
        """Refuse the operators with these words, and no others."""
        if words == self.words:
            return
        self.lift()
        self.words = words
        library: Any = torch.library.Library  # PyTorch gives it no types
        for operator in _operators(words, _libraries_loaded()):
            space, name = operator.split("::")
            if space not in self._libraries:
                self._libraries[space] = library(space, "IMPL")
            for key in _keys(operator):
                self._libraries[space].impl(name, functools.partial(self._refuse, _bare(operator)), key)

    def lift(self) -> None:
        """Put PyTorch's own kernels in force again."""
        for library in self._libraries.values():
            library._destroy()
        self._libraries.clear()
        self.words = ()

    @contextlib.contextmanager
    def set_aside(self) -> Iterator[None]:
        """Let all be called for a while, where it is no fault to borrow."""
        words = self.words
        if LENDING in words:
            self.lift()
        try:
            yield
        finally:
            self.put(words)

    def _refuse(self, name: str, *_args: Any, **_kwargs: Any) -> None:
        self.called.append(KNOWN_AS.get(name, name))
        raise Shortcut(name)


_refusal = _Refusal()


@contextlib.contextmanager
def refusing(words: tuple[str, ...]) -> Iterator[list[str]]:
    """Let operators of PyTorch raise in all threads, and yield a list that gathers the names of those that were called.

    Who catches the error does not get past the list.

    Parameters
    ----------
    words
        Regular expressions to find in the names of operators, which read ``"torch.conv2d"``.
    """
    called: list[str] = []
    _refusal.called = called
    try:
        _refusal.put(words)
        yield called
    finally:
        if not _refusal.stays:
            _refusal.lift()


def may_call_all(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return a function that the course lends, so that it can call what is refused to those who may borrow it."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Answer:
        with _refusal.set_aside():
            return function(*args, **kwargs)

    return run


def stay_refused() -> None:
    """From now on leave refused what a call has refused, until another call refuses something else."""
    _refusal.stays = True


def get_ready(words: tuple[str, ...]) -> None:
    """Find now what is to be refused: copies of this process need not, as long as they load no more libraries."""
    for operator in _operators(words, _libraries_loaded()):
        _keys(operator)


def _libraries_loaded() -> int:
    """Return what changes when a library adds operators: the number of those that were loaded by a path."""
    return len(torch.ops.loaded_libraries)


@functools.lru_cache
def _operators(words: tuple[str, ...], loaded: int) -> list[str]:
    """Return the operators with these words, with namespace and overload; anew when a library has brought more."""
    found = [each for name, each in _every_operator(loaded).items() if _matches(f"torch.{name}", words)]
    every = [operator for each in found for operator in each]
    return [operator for operator in every if _computes(operator, every)]


@functools.lru_cache
def _every_operator(_loaded: int) -> dict[str, list[str]]:
    """Return PyTorch's operators by bare name."""
    found: dict[str, list[str]] = {}
    for operator in torch._C._dispatch_get_all_op_names():
        found.setdefault(_bare(operator), []).append(operator)
    return found


def _computes(operator: str, others: list[str]) -> bool:
    """Tell whether a call of an operator could end on the CPU in no other operator that is refused.

    Those of graphics cards cannot, those of small numbers and of layers that no lab knows give no answer that counts,
    and an ``out`` that PyTorch has generated calls the operator of the same name.
    """
    if any(re.search(words, operator) for words in (OF_CARDS, ROUNDED, OTHER)):
        return False
    name, _, overload = operator.partition(".")
    generated = "out" in overload and not _has_kernel(operator, "CPU")
    return not (generated and any(other.partition(".")[0] == name and other != operator for other in others))


@functools.cache
def _keys(operator: str) -> tuple[str, ...]:
    """Return the keys of the dispatcher at which an operator is to be refused, for all tensors of the CPU.

    One that is composed of others is taken apart before its call gets to a kernel of the CPU.
    """

    if _has_kernel(operator, "CompositeImplicitAutograd"):
        return ("CPU", "MkldnnCPU", "AutogradCPU", "AutogradOther")
    if _has_kernel(operator, "MkldnnCPU") or _has_kernel(operator, "CompositeExplicitAutograd"):
        return ("CPU", "MkldnnCPU")
    return ("CPU",)


def _has_kernel(operator: str, key: str) -> bool:
    return bool(torch._C._dispatch_has_kernel_for_dispatch_key(operator, key))


def _bare(operator: str) -> str:
    """Return an operator's name without namespace and overload: ``add`` for ``aten::add.Tensor``."""
    return operator.partition("::")[2].partition(".")[0]


def _matches(name: str, words: tuple[str, ...]) -> bool:
    return bool(_pattern(words).search(name))


@functools.lru_cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of the words; nothing where there are none."""
    return re.compile("|".join(f"(?:{word})" for word in words) or "(?!)")


# --- those of other libraries, by what names stand for


def ready_made(target: Any, words: tuple[str, ...]) -> str:
    """Return the first library function that a student's object leads to, as "NumPy's convolve"; "" if there is none.

    Parameters
    ----------
    target
        A function, a method, a class or an object that can be called.
    words
        Regular expressions to find in the names of functions, which read ``"numpy.convolve"``.
    """
    for library, name in _library_functions(target) if words else ():
        if _matches(f"{library}.{name}", words):
            return f"{LIBRARIES.get(library, 'PyTorch')}'s {name}"
    return ""


def _library_functions(target: Any) -> Iterator[tuple[str, str]]:
    """Yield library and name of all functions that an object leads to, through helpers of the student's own."""
    waiting, seen = [target], dict[int, Any]()
    while waiting and len(seen) < MOST_SEEN:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one  # kept, so that nothing else gets its id
        with contextlib.suppress(Exception):  # of an object with a mind of its own
            if isinstance(one, torch.jit.ScriptFunction | torch.jit.ScriptModule):
                yield from (("torch", name) for name in _compiled(one.inlined_graph))
            elif library := _library_of(one):
                yield library, str(getattr(one, "__name__", type(one).__name__))
            else:
                waiting += _behind(one)


def _compiled(block: Any) -> Iterator[str]:
    """Yield the names of the operators in a graph of TorchScript's, or in a block of one."""
    for node in block.nodes():
        yield node.kind().partition("::")[2]
        for inner in node.blocks():
            yield from _compiled(inner)


def _library_of(one: Any) -> str:
    """Return the library that a function belongs to; "" for all else."""
    if type(one) is np.ufunc:
        return "numpy" if getattr(np, one.__name__, None) is one else "scipy"
    if not callable(one) or isinstance(one, type | np.vectorize):
        return ""
    root = _root(one)
    return root if root in LIBRARIES else ""


def _root(one: Any) -> str:
    return str(getattr(one, "__module__", None) or "").partition(".")[0]


@functools.cache
def _is_installed(root: str) -> bool:
    """Tell whether a module is a package that was installed, as IPython is, whose objects a notebook is full of."""
    place = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" in place or "dist-packages" in place


def _is_own(one: Any) -> bool:
    """Tell whether a function or a class is a student's."""
    root = _root(one)
    return (
        root not in NOT_OWN
        and not _is_installed(root)
        and (isinstance(one, FunctionType) or bool(one.__flags__ & HEAP_TYPE))
    )


def _behind(one: Any) -> list[Any]:
    """Return what stands behind an object of a student's: what it wraps or holds, or what its code names."""
    if isinstance(one, functools.partial):
        return [one.func, *one.args, *one.keywords.values()]
    if isinstance(one, np.vectorize):
        return [one.pyfunc]
    if isinstance(one, dict):
        return list(dict.values(one))
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, property):
        return [one.fget]
    if isinstance(one, MethodType):
        function = one.__func__
        return _named_in(function, one.__self__) if isinstance(function, FunctionType) and _is_own(function) else []
    if isinstance(one, FunctionType):
        return _named_in(one) if _is_own(one) else []
    if isinstance(one, type):
        return list(vars(one).values()) if _is_own(one) else []
    held = inspect.getattr_static(one, "__wrapped__", None) or inspect.getattr_static(one, "__func__", None)
    if held is not None:  # a static method, a function with a memory
        return [held]
    return [_attribute(one, "__call__"), *getattr(one, "__dict__", {}).values()] if _is_own(type(one)) else []


# --- what the names in a function stand for


def _named_in(function: FunctionType, owner: Any = None) -> list[Any]:
    """Return all that the names in a function's code stand for; ``owner`` is what it is a method of."""
    code, cells = function.__code__, function.__closure__ or ()
    known = dict(function.__globals__)
    for name, cell in zip(code.co_freevars, cells, strict=True):
        with contextlib.suppress(ValueError):  # a cell may be empty still
            known[name] = cell.cell_contents
    if owner is not None and code.co_argcount:
        known[code.co_varnames[0]] = owner
    return [*_named_in_code(code, known), *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def _named_in_code(code: CodeType, known: dict[str, Any]) -> list[Any]:
    """Follow names, attributes and imports from line to line, without running any."""
    found: list[Any] = []
    module = value = None
    for does, name in _steps(code):
        if does in ("LOAD_ATTR", "LOAD_METHOD"):
            value = _attribute(value, name)
        elif does == "IMPORT_NAME":
            module, value = _imported(name), _imported(name.partition(".")[0])
        elif does == "IMPORT_FROM":
            value = _attribute(module, name) or _attribute(value, name)
        elif does.startswith("LOAD_") and does != "LOAD_CONST":
            value = known.get(name)
        elif does.startswith("STORE_") and does != "STORE_ATTR" and value is not None:
            known[name] = value
        else:
            value = None
        found.append(value)
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found += [one for each in inner for one in _named_in_code(each, dict(known))]
    if BY_TEXT & set(code.co_names):
        texts = [one for one in code.co_consts if isinstance(one, str)]
        found += _functions_called([*texts, *(code.co_names if IMPORTERS & set(code.co_names) else ())])
    return [one for one in found if one is not None and not isinstance(one, ModuleType)]


@functools.lru_cache(MOST_SEEN)
def _steps(code: CodeType) -> tuple[tuple[str, str], ...]:
    """Return what each step of some code does, and the name that it is about; "" for a constant."""
    found = []
    for step in dis.get_instructions(code):
        about = step.argval[-1] if isinstance(step.argval, tuple) else step.argval
        found.append((step.opname, "" if step.opname == "LOAD_CONST" else str(about)))
    return tuple(one for one in found if one[0] not in TRANSPARENT)


def _functions_called(texts: Iterable[str]) -> list[Any]:
    """Return the functions of libraries whose names stand in some texts, of all modules that are loaded."""
    names = {name for text in texts for name in re.findall(r"\w+", text)}
    modules = [module for path, module in list(sys.modules.items()) if path.partition(".")[0] in LIBRARIES]
    return [vars(module)[name] for module in modules for name in names & set(vars(module))]


def _imported(name: str) -> Any:
    """Return the module that is imported inside a function, if it is one of a library's."""
    if name.partition(".")[0] not in LIBRARIES:
        return None
    with contextlib.suppress(ImportError):
        return importlib.import_module(name)


def _attribute(one: Any, name: str) -> Any:
    """Return what a dotted name stands for, without running anything of a student's."""
    if isinstance(one, ModuleType):
        library = one.__name__.partition(".")[0] in LIBRARIES  # these may load a part when it is asked for
        return getattr(one, name, None) if library else vars(one).get(name)
    found = None if one is None else inspect.getattr_static(one, name, None)
    if found is not None and _root(type(one)) in LIBRARIES and not isinstance(one, type):
        return one  # a method of a library's object is known by its object, as scipy.stats.logistic.cdf
    return MethodType(found, one) if isinstance(found, FunctionType) and not isinstance(one, type) else found

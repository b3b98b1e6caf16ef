"""The labs: each folder holds all that one lab needs, and knows no other lab."""

import importlib
import pkgutil


def load_all() -> None:
    """Import the exercises of every lab, so that reports know the names of all misconceptions. Takes seconds."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")

"""Arrays that ship with the package: pictures and small trained networks. SOURCES.md says where they are from."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FOLDER = Path(__file__).parent
CHECKSUMS = "checksums.json"


class PackageDamaged(RuntimeError):
    """A file that ships with the package is missing or not as it was. A notebook shows the message alone."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def checksum(arrays: "Mapping[str, np.ndarray]") -> str:
    """Compute a SHA-256 over names, types, shapes and values: the same however the arrays are packed."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def read(name: str) -> "dict[str, np.ndarray]":
    """Read ``packaged/NAME.npz`` and compare it with its checksum.

    Raises
    ------
    PackageDamaged
        If the file is missing, cannot be read, or holds something else.
    """
    import numpy as np

    path = FOLDER / f"{name}.npz"
    mend = "install the package again (pip install --force-reinstall --no-deps, or git checkout in a clone)"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        wanted = json.loads((FOLDER / CHECKSUMS).read_text(encoding="utf-8"))[name]
    except FileNotFoundError as error:
        raise PackageDamaged(f"{error.filename}, which ships with the course's package, is missing: {mend}.") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise PackageDamaged(f"{path} cannot be read ({error}): {mend}.") from error
    if checksum(arrays) != wanted:
        raise PackageDamaged(f"{path} is not the file that ships with the course's package: {mend}.")
    return arrays

"""Where the pictures of releases are kept, once they were drawn: the next run need not draw them again.

A file for each notebook of a lab, in ``.spool/pictures``: a digest of all that a picture depends on (the release's
cells, this package's code, the libraries' versions), then the pictures, packed as the figure cache packs them. Nothing
of a student's is in it.
"""

import contextlib
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from course_utils import files
from course_utils.grading import own_code
from course_utils.grading.job import Bundle, versions

FOLDER = "pictures"


@dataclass
class Drawn:
    """The pictures of releases.

    Parameters
    ----------
    folder
        Where they are kept from run to run; None if they are not.
    """

    folder: Path | None = None
    known: dict[bytes, bytes] = field(default_factory=dict)

    def find(self, bundle: Bundle) -> bytes | None:
        """Return the pictures of a release, packed; None if they were not drawn yet."""
        name = _digest(bundle)
        if name not in self.known and self.folder is not None:
            with contextlib.suppress(OSError):
                content = _place(self.folder, bundle).read_bytes()
                if content.startswith(name):
                    self.known[name] = content.removeprefix(name)
        return self.known.get(name)

    def keep(self, bundle: Bundle, packed: bytes) -> None:
        """Keep the pictures of a release. Where no file can be written they are drawn again next time."""
        name = _digest(bundle)
        self.known[name] = packed
        if self.folder is not None:
            with contextlib.suppress(OSError):
                files.write(_place(self.folder, bundle), name + packed)


def _place(folder: Path, bundle: Bundle) -> Path:
    return folder / bundle.lab / f"{bundle.notebook}.msgpack"


def _digest(bundle: Bundle) -> bytes:
    cells = [[cell["cell_type"], cell["source"], cell["grade_id"], cell["solution"]] for cell in bundle.cells]
    return hashlib.sha256(repr([cells, own_code.digest(), versions()]).encode()).digest()

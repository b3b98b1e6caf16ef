"""Buttons that open a lab somewhere: at Binder, at Colab, or its file, where a repository holds the bundle.

Nothing is known of an adopter's repository but what they say: ``course site --repository URL``.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from nbformat import NotebookNode

from course_utils.course import CourseError

ADDRESS = re.compile(r"https://(github|gitlab)\.com/([\w.-]+/[\w.-]+?)(?:\.git)?(?:(?:/-)?/tree/([\w./-]+?))?/?")
BRANCH = "main"
HOSTS = {"github": "gh", "gitlab": "gl"}  # what Binder calls them


@dataclass(frozen=True)
class Repository:
    """A public repository that holds what ``course bundle`` made: ``labs/`` and ``.binder/`` at its top.

    Parameters
    ----------
    host
        ``"github"`` or ``"gitlab"``.
    name
        Owner and name, such as ``"owner/labs"``.
    branch
        The branch that is opened.
    """

    host: str
    name: str
    branch: str = BRANCH

    def ways_to(self, lab: str) -> dict[str, str]:
        """Return the addresses at which a lab opens, by what their buttons say."""
        path = f"labs/{lab}/{lab}.ipynb"
        # Binder wants a branch, and the name of a GitLab repository, as one word
        name = quote(self.name, safe="" if self.host == "gitlab" else "/")
        where = f"{HOSTS[self.host]}/{name}/{quote(self.branch, safe='')}"
        ways = {"Open at Binder": f"https://mybinder.org/v2/{where}?urlpath={quote(f'lab/tree/{path}', safe='')}"}
        if self.host == "github":
            ways["Open at Colab"] = f"https://colab.research.google.com/github/{self.name}/blob/{self.branch}/{path}"
        between = "" if self.host == "github" else "/-"
        ways["Notebook"] = f"https://{self.host}.com/{self.name}{between}/blob/{self.branch}/{path}"
        return ways

    def first_cell(self, version: str) -> str:
        """Return what Colab, which knows nothing of the labs, must run first; "" where a lab does not open there."""
        if self.host != "github":
            return ""
        wheel = f"install/course_utils-{version}-py3-none-any.whl"
        return f"%pip install https://github.com/{self.name}/raw/{self.branch}/{wheel}"


def read_address(address: str) -> Repository:
    """Read the address of a repository, with or without the branch behind it (``…/tree/BRANCH``).

    Raises
    ------
    CourseError
        If it is no address of a repository at GitHub or GitLab.
    """
    found = ADDRESS.fullmatch(address.strip())
    if not found:
        wanted = "https://github.com/OWNER/NAME, https://gitlab.com/OWNER/NAME, or one of them with /tree/BRANCH"
        raise CourseError(f"--repository wants {wanted}; not {address!r}.")
    return Repository(found[1], found[2], found[3] or BRANCH)


def put_below_the_title(page: NotebookNode, ways: dict[str, str], first_cell: str) -> None:
    """Put buttons below the title of a lesson's page, and what Colab needs in a first cell."""
    links = " ".join(f"[{words}]({address})" for words, address in ways.items())
    before = f"\n\nAt Colab, run this in a new cell at the top:\n\n```\n{first_cell}\n```" if first_cell else ""
    title, _, rest = page.cells[0].source.partition("\n")
    page.cells[0].source = f"{title}\n\n{{.launch}}\n{links}{before}\n{rest}"

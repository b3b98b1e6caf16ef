"""nbgrader's settings. Run nbgrader and JupyterLab from this folder: they look for this file in it.

What each hook is for stands at the hook, in course_utils/masters.py, grading/hooks.py and grading/autograde.py.
"""

from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from course_utils import cells, masters
from course_utils.course import MASTERS, RELEASED
from course_utils.grading import adopted, hooks

c = get_config()  # noqa: F821  nbgrader defines it

c.CourseDirectory.course_id = "neural-network-labs"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.source_directory = MASTERS
c.CourseDirectory.release_directory = RELEASED
c.CourseDirectory.ignore = hooks.NEVER_HANDED_OUT

# Release
steps = list(GenerateAssignment.preprocessors.default_args[0])
steps.insert(steps.index(ClearSolutions) + 1, hooks.drop_bare_stubs)
c.GenerateAssignment.preprocessors = [masters.tidy, hooks.tag_checks, *steps]
c.ClearSolutions.code_stub = {"python": cells.STUB}

# Validate, in JupyterLab: in the student's own kernel
c.Execute.timeout = hooks.cell_seconds()
c.Execute.shutdown_kernel = "immediate"  # a notebook has nothing to save: do not wait for its kernel

# Collecting (nbgrader zip_collect): files named STUDENT__NOTEBOOK.ipynb
c.FileNameCollectorPlugin.named_regexp = r".*[/\\](?P<student_id>[^/\\]+)__(?P<file_id>[^/\\]+)\.ipynb$"
c.ZipCollectApp.force = True  # collecting a second time takes the place of the first
c.ExtractorPlugin.force = True

# Grading by the engine, as course grade does; pages of students' notebooks within limits; feedback without hidden tests
adopted.configure(c)

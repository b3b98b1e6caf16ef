"""Helpers of the neural-networks lab course.

Lessons import from here: `labs`, `data`, `models`, `training`, `runtime`, `shapes`; a learner anywhere `progress` and
`practice`. Nothing heavy is loaded by ``import course_utils`` itself.

PyTorch is set to one thread unless OMP_NUM_THREADS says otherwise: on a busy two-core laptop its default of
two threads makes small networks many times slower, and one thread costs a quiet laptop next to nothing.
"""

from course_utils import runtime

runtime.use_one_thread()

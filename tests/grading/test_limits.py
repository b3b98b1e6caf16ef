"""A limit counts what a learner's code computes; the clock on the wall stops only what sleeps."""

import signal
import time

import pytest

from course_utils.grading.channel import PATIENCE
from course_utils.grading.shell import interrupted_after


def compute_without_end():
    while True:
        pass


def test_what_computes_without_end_is_stopped():
    with pytest.raises(KeyboardInterrupt, match=r"stopped after 0\.2 s"), interrupted_after(0.2):
        compute_without_end()


def test_what_waits_for_its_turn_is_not_stopped():
    with interrupted_after(1.0) as late:
        time.sleep(1.5)  # a busy machine gives this process no time
    assert not late


def test_what_sleeps_without_end_is_stopped():
    before = time.process_time()
    with pytest.raises(KeyboardInterrupt), interrupted_after(0.2):
        time.sleep(1000)
    assert time.process_time() - before < 0.2 * PATIENCE


def test_afterwards_nothing_is_stopped_and_the_handlers_are_back():
    handlers = [signal.getsignal(number) for number in (signal.SIGPROF, signal.SIGALRM)]
    with interrupted_after(0.1):
        pass
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert [signal.getsignal(number) for number in (signal.SIGPROF, signal.SIGALRM)] == handlers

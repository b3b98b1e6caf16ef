"""A class is graded while processes are killed: a small run of ``benchmarks/soak.py``."""

import importlib.util
import random
from pathlib import Path

import pytest
from conftest import ROOT
from thorough import THOROUGH

STUDENTS, KILLS = (200, 12) if THOROUGH else (12, 1)  # every tenth is hostile


@pytest.fixture(scope="module")
def soak():
    about = importlib.util.spec_from_file_location("soak", ROOT / "benchmarks" / "soak.py")
    module = importlib.util.module_from_spec(about)
    about.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_nobody_loses_anything_while_processes_are_killed(soak, tmp_path: Path):
    wanted = soak.make_class(tmp_path / "course", STUDENTS, random.Random(3))
    found = soak.soak(tmp_path / "course", wanted, KILLS, random.Random(3))
    assert found.kills == KILLS
    assert (found.wrong, found.rows, found.left) == ({}, [], [])


@pytest.mark.slow
@pytest.mark.thorough
def test_a_lost_row_and_wrong_points_are_found(soak, tmp_path: Path):
    course = tmp_path / "course"
    wanted = soak.make_class(course, 4, random.Random(1))
    found = soak.soak(course, wanted | {"s00000": (7, 7)}, 0, random.Random(1))
    assert list(found.wrong) == ["s00000"]
    (course / "submitted" / "late" / "ps1").mkdir(parents=True)
    soak.compare(course, wanted, again := soak.Soaked())
    assert (again.wrong, again.rows) == ({}, ["late: missing"])

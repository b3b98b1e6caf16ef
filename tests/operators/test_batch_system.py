"""Grading on Slurm, with a worker that is cancelled; and on two hosts, one of which is cut off for a while."""

import importlib.util
import random
import re
import shutil
import time
from pathlib import Path

import guide
import machine
import pytest
from conftest import ROOT

about = importlib.util.spec_from_file_location("soak", ROOT / "benchmarks" / "soak.py")
soak = importlib.util.module_from_spec(about)
about.loader.exec_module(soak)

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

STUDENTS = 24
SLOWLY = "    import time; time.sleep(1)\n"
SLURM = """
ClusterName=course
SlurmctldHost=control(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=/srv/slurm/munge.socket
StateSaveLocation=/srv/slurm/state
SlurmdSpoolDir=/srv/slurm/spool
SlurmctldPidFile=/srv/slurm/slurmctld.pid
SlurmdPidFile=/srv/slurm/slurmd.pid
SlurmctldLogFile=/srv/slurm/slurmctld.log
SlurmdLogFile=/srv/slurm/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=n1 NodeAddr=127.0.0.1 CPUs=4 RealMemory=12000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES State=UP
"""


@pytest.fixture
def a_class(tmp_path, monkeypatch) -> tuple[Path, dict[str, tuple[int, int]]]:
    """A course with a class whose programs take a second each, and the points that are right."""
    answers = {(SLOWLY + square, word): points for (square, word), points in soak.HONEST.items()}
    monkeypatch.setattr(soak, "HONEST", answers)
    wanted = soak.make_class(tmp_path / "course", STUDENTS, random.Random(1), all_honest=True)
    return tmp_path / "course", wanted


def settle(host: machine.Machine, course: Path) -> None:
    """Give a machine a teacher, who has a course."""
    host.add_user("prof")
    host.shell(f"cp -r '{course}' /home/prof/course && chown -R prof: /home/prof")


def see_that_all_is_right(host: machine.Machine, course: Path, wanted: dict[str, tuple[int, int]]) -> None:
    """Compare the gradebook with the points that are right."""
    shutil.rmtree(course)
    host.shell(f"cp -r /home/prof/course '{course}'")
    found = soak.Soaked()
    soak.compare(course, wanted, found)
    assert (found.wrong, found.rows) == ({}, [])


GRADED = "test $(find /home/prof/course/.spool -name '*.msgpack' | wc -l) -ge {}"


def start_slurm(host: machine.Machine) -> None:
    """Start Slurm with one node, all of it on one machine."""
    host.shell("mkdir -p /srv/slurm/state /srv/slurm/spool /etc/slurm")
    host.run("sh", "-ec", 'printf "%s" "$0" > /etc/slurm/slurm.conf', SLURM)
    host.shell("head -c 1024 /dev/urandom > /srv/slurm/key && chmod 400 /srv/slurm/key")
    files = {"key-file": "key", "socket": "munge.socket", "pid-file": "munge.pid", "log-file": "munge.log"}
    options = " ".join(f"--{name}=/srv/slurm/{file}" for name, file in {**files, "seed-file": "seed"}.items())
    host.shell(f"munged --force {options} && slurmctld && slurmd -N n1")
    host.eventually("sinfo --noheader | grep -q idle")


@pytest.mark.timeout(3000)
def test_a_class_is_graded_by_jobs_of_slurm_and_one_is_cancelled_in_the_middle(a_class, wheel, tmp_path):
    machine.need("slurmctld", "slurmd", "munged", modules=["dask_jobqueue"])
    course, wanted = a_class
    with machine.running("control") as host:
        settle(host, course)
        host.install(wheel)
        start_slurm(host)
        host.run("sh", "-ec", 'printf "%s" "$0" > /home/prof/workers.py', guide.file("workers.py"))
        (_, begin), (_, grade) = guide.commands("A batch system")[-2:]
        log = tmp_path / "workers.log"
        host.start(["sh", "-ec", begin], "prof", "/home/prof", log)
        host.eventually("squeue --noheader --states=RUNNING | grep -q dask")
        address = re.search(r"tcp://\S+", log.read_text())
        assert address, log.read_text()
        command = grade.replace("tcp://login:8786", address[0]).replace(" 5 ", " ps1 ")
        grading = host.start(["sh", "-ec", command], "prof", "/home/prof/course", tmp_path / "grade.log")
        host.eventually(GRADED.format(5))
        (first, *_) = host.run("squeue", "--noheader", "--states=RUNNING", "--format=%i").split()
        host.run("scancel", first, user="prof")
        assert grading.wait(1800) == 0, (tmp_path / "grade.log").read_text() + log.read_text()
        assert f"{STUDENTS} graded" in (tmp_path / "grade.log").read_text()
        assert first not in host.run("squeue", "--noheader", "--format=%i").split()
        see_that_all_is_right(host, course, wanted)


@pytest.mark.timeout(3000)
def test_a_host_that_is_cut_off_in_the_middle_and_comes_back_costs_nobody_a_point(a_class, wheel, tmp_path):
    machine.need(modules=["distributed"])
    course, wanted = a_class
    address = "tcp://10.9.8.1:8786"
    with machine.running("east") as east, machine.running("west") as west:
        machine.join(east, west, ("10.9.8.1", "10.9.8.2"))
        settle(east, course)
        west.add_user("prof")
        for host in (east, west):
            host.install(wheel)
        dask = ["python", "-m", "distributed.cli.dask_scheduler", "--host", "10.9.8.1", "--no-dashboard"]
        east.start(dask, "prof", "/home/prof", tmp_path / "scheduler.log")
        for host, own in ((east, "10.9.8.1"), (west, "10.9.8.2")):
            worker = f"while true; do python -m distributed.cli.dask_worker {address} --host {own} --nthreads 1; done"
            host.start(["sh", "-c", worker], "prof", "/home/prof", tmp_path / f"{host.name}.log")
        command = ["course", "grade", "ps1", "--scheduler", address]
        there = f"from distributed import Client; assert len(Client('{address}').nthreads()) == 2"
        east.eventually(f'python -c "{there}"', user="prof")
        grading = east.start(command, "prof", "/home/prof/course", tmp_path / "grade.log")
        east.eventually(GRADED.format(3))
        west.shell("ip link set cable down")
        time.sleep(45)  # longer than a connection waits for an answer
        west.shell("ip link set cable up")
        assert grading.wait(1800) == 0, (tmp_path / "grade.log").read_text()
        assert f"{STUDENTS} graded" in (tmp_path / "grade.log").read_text()
        see_that_all_is_right(east, course, wanted)

"""Every promise of the sandboxes that work here is attacked from inside; and the attacks work without the walls."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from thorough import one_in

from course_utils import doctor
from course_utils.course import CourseError
from course_utils.grading import sandbox
from course_utils.grading.job import Limits
from course_utils.grading.sandbox import choosing, linked, macos, paths, selftest, tiers, trial, windows

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LINUX = sys.platform == "linux"
if LINUX:
    from course_utils.grading.sandbox import cgroups, processes, seccomp, syscalls
ATTACKS = Path(__file__).with_name("sandbox_attacks.py")
SMALL = {"memory_mb": 256, "disk_mb": 16, "processes": 20}
linux_only = pytest.mark.skipif(not LINUX, reason="boxes are forked on Linux only")
superuser = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs the superuser")


class Runner:
    """The process that starts boxes: it has one thread, which pytest's has not always."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(ATTACKS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, **request) -> dict:
        """Have one request answered."""
        self.process.stdin.write(json.dumps(request) + "\n")
        answer = json.loads(self.process.stdout.readline())
        assert not (isinstance(answer, dict) and "error" in answer), answer["error"]
        return answer

    def close(self) -> None:
        """Let the process end."""
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def runner():
    found = Runner()
    yield found
    found.close()


def works(name: str) -> str:
    """Return why a kind of sandbox does not work here; "" if it does."""
    try:
        sandbox.best_tier(name)
    except CourseError as error:
        return str(error)
    return ""


def usual(shown: Path | None = None) -> list[str]:
    """Return what a box may read, and a folder besides."""
    return [str(path) for path in [*sandbox.readable_paths([]), *([shown] if shown else [])]]


@pytest.fixture(params=["namespaces", "landlock"])
def tier(request):
    if not LINUX:
        pytest.skip("these kinds are Linux's")
    if reason := works(request.param):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def strict():
    if not LINUX or works("namespaces"):
        pytest.skip("namespaces do not work here")
    return "namespaces"


@pytest.fixture
def place():
    """A folder that is private and one that may be read, with a file in each, open to every user of the machine."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        root.chmod(0o755)
        for name in ("private", "shown"):
            (root / name).mkdir()
            (root / name).chmod(0o777)
            (root / name / "file.txt").write_text("canary")
            (root / name / "file.txt").chmod(0o666)
        yield root


@pytest.fixture
def attack(runner, place):
    """A function that runs one attack in a box and asserts that nothing is left of it."""

    def run(tier, name, argument=None, **more):
        readable = more.pop("readable", usual(place / "shown"))
        reply = runner.ask(tier=tier, attack=name, argument=argument, readable=readable, **more)
        assert reply["ended"]
        assert not reply["processes are left"]
        assert not reply["groups are left"]
        assert not reply["folder is left"]
        return reply

    return run


# --- attacks on files, processes, network and privileges ------------------------------------------

# name, argument, and for each tier the walls without which the attack works; None where it is not promised
WALLS = [
    ("read", "{private}/file.txt", ["no_walls"], ["no_landlock"]),
    ("read_through_link", "{private}/file.txt", ["no_walls"], ["no_landlock"]),
    ("leave_root", None, ["keeps_privileges", "no_filter"], ["no_walls"]),
    ("write", "{private}/new", ["no_walls"], ["no_landlock"]),
    ("hard_link", "{private}/file.txt", ["no_walls"], ["no_walls"]),
    ("append", "{shown}/file.txt", ["writable_mounts"], ["no_landlock"]),
    ("write", "{shown}/new", ["writable_mounts"], ["no_landlock"]),
    ("change_mode_and_times", "{shown}/file.txt", ["no_walls"], ["no_walls"]),
    ("make_writable_again", "{shown}", ["keeps_privileges", "no_filter"], None),
    ("list_processes", None, ["shared_processes"], ["no_landlock"]),
    ("end_process", "{pid}", ["no_walls"], ["no_landlock"]),
    ("look_into_process", "{pid}", ["no_walls"], ["no_walls"]),
    ("connect_tcp", "{tcp}", ["shared_network"], ["no_landlock", "no_filter"]),
    ("send_udp", "{udp}", ["shared_network"], ["no_filter"]),
    ("connect_abstract", "{abstract}", ["shared_network"], ["no_landlock", "no_filter"]),
    ("connect_path", "{private}/socket", ["no_walls"], ["no_filter"]),
    ("talk_to_host_of_machine", None, ["no_filter"], ["no_filter"]),
    ("shared_ipc", None, ["no_filter"], ["no_filter"]),
    ("use_privileges", None, ["keeps_privileges", "no_filter"], ["no_walls"]),
    ("new_users", None, ["no_filter", "users_may_be_made"], ["no_filter"]),
    ("tame_init", None, ["init_can_be_traced", "no_filter"], None),
    ("write_kernel_settings", None, ["keeps_privileges", "proc_is_writable"], ["no_landlock"]),
]
CASES = [
    pytest.param(kind, name, argument, walls[place], id=f"{kind}-{name}-{number}")
    for number, (name, argument, *walls) in enumerate(WALLS)
    for place, kind in enumerate(("namespaces", "landlock"))
    if walls[place] is not None
]


@pytest.fixture
def outside(place):
    """What boxes must not reach: a process, sockets, folders. Returns the words for arguments."""
    abstract = f"course-test-{os.getpid()}"
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    tcp, udp, hidden, path = (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    )
    for sock, address in ((tcp, ("127.0.0.1", 0)), (udp, ("127.0.0.1", 0)), (hidden, f"\0{abstract}")):
        sock.bind(address)
    path.bind(str(place / "private" / "socket"))
    (place / "private" / "socket").chmod(0o777)
    for sock in (tcp, hidden, path):
        sock.listen()
    udp.setblocking(False)
    words = {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "abstract": abstract, "pid": sleeper.pid}
    yield words | {"private": str(place / "private"), "shown": str(place / "shown"), "heard": udp, "sleeper": sleeper}
    sleeper.kill()
    sleeper.wait()
    for sock in (tcp, udp, hidden, path):
        sock.close()


def spelled(argument, words):
    """Return an attack's argument with the words in braces replaced; a number stays a number."""
    text = argument.format(**words) if argument else None
    return int(text) if text and text.isdigit() else text


def received(sock) -> bytes:
    try:
        return sock.recv(10)
    except BlockingIOError:
        return b""


def got(name, answer, words) -> bool:
    """Tell whether an attack had success: what it says itself is not believed where it can be seen from outside."""
    if name == "send_udp":
        return bool(received(words["heard"]))
    if name == "end_process":
        time.sleep(0.05)
        return words["sleeper"].poll() is not None
    return bool(answer)


def skip_unless(kind):
    if not LINUX or (reason := works(kind)):
        pytest.skip(reason if LINUX else "Linux only")


@pytest.mark.parametrize(("kind", "name", "argument", "walls"), CASES)
def test_attack_fails(kind, name, argument, walls, attack, outside):
    skip_unless(kind)
    answer = attack(kind, name, spelled(argument, outside))["answer"]
    assert not isinstance(answer, dict), answer
    assert not got(name, answer, outside)


@superuser
@pytest.mark.parametrize(("kind", "name", "argument", "walls"), CASES)
def test_attack_works_where_the_wall_is_missing(kind, name, argument, walls, attack, outside):
    skip_unless(kind)
    answer = attack(kind, name, spelled(argument, outside), weaken=walls)["answer"]
    assert not isinstance(answer, dict), answer
    assert got(name, answer, outside)


@linux_only
def test_files_outside_are_unchanged(tier, attack, place):
    before = [(path, path.stat().st_mtime_ns, path.stat().st_mode, path.read_text()) for path in place.glob("*/*.txt")]
    for name in ("append", "change_mode_and_times"):
        for folder in ("shown", "private"):
            attack(tier, name, str(place / folder / "file.txt"))
    assert [(p, p.stat().st_mtime_ns, p.stat().st_mode, p.read_text()) for p in place.glob("*/*.txt")] == before


@linux_only
@pytest.mark.parametrize("name", ["list_open_folder", "climb_out_of_open_folder"])
def test_open_folders_are_closed(tier, name, attack, place):
    more = {"open folder": str(place / "private")}
    assert not attack(tier, name, **more)["answer"]
    assert attack(tier, name, weaken=["files_stay_open", "no_landlock"], **more)["answer"]


@linux_only
def test_a_box_has_what_it_needs(tier, attack):
    found = attack(tier, "look_around", files={"sub/a.txt": "hello", "b.txt": "x"})["answer"]
    assert found["here"] == found["home"]
    assert found["entries"] == ["b.txt", "sub"]
    assert found["text"] == "hello"
    wanted = ("here is writable", "TMPDIR is writable", "null", "single", "leader")
    assert [name for name in wanted if not found[name]] == []
    if tier == "namespaces":
        assert (found["user"], found["names"], found["here"]) == (1000, "box", "/box")
        assert found["groups"] in ([], [65534])
        assert not {"old", "home", "var", "mnt", "opt"} & set(found["root"])


@linux_only
@pytest.mark.parametrize("variant", ["old_kernel", "no_proc_allowed", "no_second_user"])
def test_other_kernels_and_containers(variant, strict, attack, place, outside):
    for name in ("read", "append", "write"):
        argument = str(place / ("private" if name == "read" else "shown") / ("new" if name == "write" else "file.txt"))
        assert not attack(strict, name, argument, weaken=[variant])["answer"]
    for name in ("use_privileges", "tame_init", "list_processes", "write_kernel_settings"):
        assert not attack(strict, name, weaken=[variant])["answer"]


# --- limits ---------------------------------------------------------------------------------------


@linux_only
@pytest.mark.parametrize("groups", [True, False], ids=["groups", "rlimits"])
def test_fork_bomb_is_bounded(tier, groups, attack):
    without = [] if groups else ["no_groups"]
    if groups and not attack(tier, "nothing")["groups"]:
        pytest.skip("no groups can be made here")
    if tier == "landlock" and not groups:
        pytest.skip("as the superuser in its own name: said in not_isolated")
    count = attack(tier, "fork_bomb", 60, weaken=without, limits=SMALL)["answer"]
    assert 10 <= count < 20 + (cgroups.OUR_OWN if groups else 0)
    assert attack(tier, "fork_bomb", 60, weaken=["no_limits", "no_groups"], limits=SMALL)["answer"] == 60


@linux_only
def test_memory_is_bounded(tier, attack):
    assert 100 < attack(tier, "hoard_memory", 400, weaken=["no_groups"], limits=SMALL)["answer"] <= 256
    assert attack(tier, "hoard_memory", 400, weaken=["no_groups", "no_limits"], limits=SMALL)["answer"] == 400


@linux_only
def test_addresses_are_bounded(tier, attack):
    assert 0 < attack(tier, "reserve_addresses", 8192, limits=SMALL)["answer"] <= 4096 + 256
    assert attack(tier, "reserve_addresses", 8192, weaken=["no_limits"], limits=SMALL)["answer"] == 8192


@linux_only
@pytest.mark.parametrize(("name", "argument"), [("hoard_shared_memory", 600), ("hoard_in_family", [6, 120])])
def test_memory_of_all_together_is_bounded(name, argument, tier, attack):
    if not attack(tier, "nothing")["groups"]:
        pytest.skip("no groups can be made here")
    found = attack(tier, name, argument, limits=SMALL)["answer"]
    assert isinstance(found, dict) or found < 3, "neither ended nor refused"
    assert attack(tier, name, argument, weaken=["no_groups"], limits=SMALL)["answer"] >= min(
        argument if type(argument) is int else 6, 600
    )


@linux_only
def test_disk_is_bounded(strict, attack):
    assert 10 <= attack(strict, "hoard_disk", 64, limits=SMALL)["answer"] <= 16
    assert attack(strict, "hoard_disk", 64, weaken=["size_of_disk_is_free"], limits=SMALL)["answer"] == 64
    assert attack(strict, "hoard_files", 5000, limits=SMALL)["answer"] < 1100
    assert attack(strict, "one_large_file", 64, limits=SMALL)["answer"] <= 16


@linux_only
def test_disk_is_watched(attack):
    skip_unless("landlock")
    answer = attack("landlock", "hoard_disk", 400, limits=SMALL)["answer"]
    assert isinstance(answer, dict), "the watcher did not end the box"
    assert attack("landlock", "hoard_disk", 64, weaken=["size_of_disk_is_free"], limits=SMALL)["answer"] == 64
    assert isinstance(attack("landlock", "hoard_files", 40_000, limits=SMALL)["answer"], dict)
    assert attack("landlock", "one_large_file", 64, limits=SMALL)["answer"] <= 16


@linux_only
def test_processor_time_is_bounded(tier, attack):
    start = time.monotonic()
    reply = attack(tier, "burn", limits={"cpu_seconds": 1}, seconds=8)
    assert isinstance(reply["answer"], dict)
    assert time.monotonic() - start < 7
    reply = attack(tier, "burn", limits={"cpu_seconds": 1}, weaken=["no_limits"], seconds=3, then="still_there")
    assert reply["then"]


# --- ends -----------------------------------------------------------------------------------------


@linux_only
@pytest.mark.parametrize("without", [[], ["no_groups"]], ids=["groups", "alone"])
@pytest.mark.parametrize("name", ["start_daemon", "fork_bomb", "burn", "mess"])
@pytest.mark.parametrize("kind", ["namespaces", "landlock", "none"])
def test_kill_leaves_nothing(kind, name, without, attack):
    skip_unless(kind)
    attack(kind, name, 10, weaken=without, wait=name != "burn")


@linux_only
def test_daemons_live_where_nobody_adopts_them(runner):
    skip_unless("landlock")
    weaken = ["no_groups", "nobody_is_adopted"]
    reply = runner.ask(tier="landlock", attack="start_daemon", readable=usual(), weaken=weaken)
    assert reply["processes are left"]


@linux_only
@pytest.mark.parametrize("kind", ["namespaces", "landlock", "none"])
@pytest.mark.parametrize("name", ["start_daemon", "fork_bomb", "nothing"])
def test_end_of_the_outermost_process_ends_the_box(kind, name, attack):
    skip_unless(kind)
    if kind != "namespaces" and name != "nothing":
        pytest.skip("a daemon of these is found by the cage, not by the kernel")
    attack(kind, name, 5, weaken=["no_groups"], then="kill_outermost", kill=kind != "namespaces")


@linux_only
def test_box_outlives_its_outermost_process_where_the_kernel_is_not_told(strict, runner):
    weaken = ["no_groups", "nobody_dies_with_parent", "only_first_process_is_killed"]
    reply = runner.ask(
        tier=strict, attack="fork_bomb", argument=5, readable=usual(), weaken=weaken, then="kill_outermost"
    )
    assert reply["processes are left"]


@linux_only
def test_end_of_init_ends_the_box(strict, attack):
    attack(strict, "start_daemon", then="kill_init", kill=False, weaken=["no_groups"])


@linux_only
def test_a_fork_lives_on_when_the_first_process_ends(tier, attack):
    assert attack(tier, "leave_a_fork")["answer"] == "alive"


@linux_only
def test_main_process_can_be_found(tier, attack):
    reply = attack(tier, "burn", wait=True, seconds=0.5, then="kill_main", kill=False)
    assert isinstance(reply["answer"], dict)


@linux_only
@pytest.mark.parametrize("kind", ["namespaces", "landlock"])
def test_death_of_the_supervisor_at_any_moment_leaves_nothing(kind, runner):
    skip_unless(kind)
    delays = [0.001, 0.004, 0.008, 0.012, 0.016, 0.02, 0.03, 0.04, 0.06, 0.1]
    reply = runner.ask(do="die_in_the_middle", tier=kind, readable=usual(), delays=delays)
    assert reply["processes"] == reply["remains"] == []


@linux_only
@pytest.mark.parametrize("kind", one_in(3, ["namespaces", "landlock", "none"]))
def test_fifty_boxes_leave_nothing(kind, runner):
    skip_unless(kind)
    reply = runner.ask(do="many", tier=kind, readable=usual(), count=50, attacks=True)
    assert reply["after"] == reply["before"]
    plain = runner.ask(do="many", tier=kind, readable=usual(), count=20)
    print(f"\n{kind}: {1000 * plain['seconds']:.0f} ms a box, {1000 * plain['cpu']:.0f} ms of them processor time")


# --- strictness -----------------------------------------------------------------------------------

NAMESPACES_STEPS = (
    "linux.fork_into linux.mount linux.pivot_root linux.restrict_mount linux.unmount linux.set_host_name linux.prctl "
    "linux.drop_bounding_set linux.drop_capabilities seccomp.install rlimits.apply namespaces._write "
    "namespaces._make_writable namespaces._make_devices namespaces._drop_privileges paths.write_files cgroups.join"
)
LANDLOCK_STEPS = (
    "linux.system_call linux.prctl linux.drop_capabilities landlock.make_rules seccomp.install rlimits.apply "
    "scratch.make paths.write_files cgroups.join"
)
STEPS = [("namespaces", step) for step in NAMESPACES_STEPS.split()]
STEPS += [("landlock", step) for step in LANDLOCK_STEPS.split()]


@linux_only
@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_a_step_that_fails_raises(kind, step, attack):
    skip_unless(kind)
    if step == "cgroups.join" and not attack(kind, "nothing")["groups"]:
        pytest.skip("no groups can be made here")
    answer = attack(kind, "nothing", weaken=[f"failing {step}"], files={"a": "b"})["answer"]
    assert "refused by the test" in answer["error"]


BAD_NAMES = [
    "../x",
    "/etc/x",
    "a/../../x",
    "a/./b",
    "",
    ".",
    "..",
    "a//b",
    "a/",
    "C:/x",
    "c:x",
    "..\\x",
    "a\0b",
    "//x/y",
]


@linux_only
@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_out_are_refused(name, tier, attack):
    answer = attack(tier, "nothing", files={name: "x"})["answer"]
    assert answer["error"].startswith("CourseError: A file cannot be put into a box under the name")


@linux_only
def test_names_are_what_keeps_files_in(attack, place):
    skip_unless("none")
    assert attack("none", "nothing", files={f"../../../{place}/x": "x"}, weaken=["no_names_checked"])["answer"]
    assert (place / "x").exists()


@pytest.mark.parametrize("name", ["a.txt", "data/a b.csv", ".hidden", "ä/ö.txt", "a..b", "x:y/…"])
def test_ordinary_names_are_taken(name):
    if ":" in name:
        with pytest.raises(CourseError):
            paths.check_names([name])
    else:
        paths.check_names([name])


# --- as somebody without rights -------------------------------------------------------------------

UNPRIVILEGED = 65534


def system_paths() -> list[str]:
    """Return what everybody may read: Python itself may lie in somebody's home."""
    return [str(path) for path in sandbox.readable_paths([]) if path.parts[1] in ("bin", "lib", "lib64", "usr", "etc")]


@superuser
@linux_only
@pytest.mark.parametrize(("kind", "name", "argument", "walls"), CASES)
def test_attack_by_an_ordinary_user_fails(kind, name, argument, walls, attack, outside):
    skip_unless(kind)
    readable = [*system_paths(), outside["shown"]]
    answer = attack(kind, name, spelled(argument, outside), user=UNPRIVILEGED, readable=readable)["answer"]
    assert not isinstance(answer, dict), answer
    assert not got(name, answer, outside)


@superuser
@linux_only
def test_limits_hold_for_an_ordinary_user(tier, attack):
    more = {"user": UNPRIVILEGED, "readable": system_paths(), "limits": SMALL}
    reply = attack(tier, "fork_bomb", 60, **more)
    assert reply["groups"] == 0
    assert 10 <= reply["answer"] <= 20
    assert attack(tier, "hoard_memory", 400, **more)["answer"] <= 256
    if tier == "namespaces":
        assert attack(tier, "hoard_disk", 64, **more)["answer"] <= 16


@superuser
@linux_only
@pytest.mark.parametrize("kind", ["namespaces", "landlock", "none"])
def test_kill_by_an_ordinary_user_leaves_nothing(kind, attack):
    skip_unless(kind)
    for name in ("start_daemon", "fork_bomb", "mess"):
        attack(kind, name, 10, user=UNPRIVILEGED, readable=system_paths())


@superuser
@linux_only
def test_landlock_becomes_nobody_where_everybody_may_read(attack):
    skip_unless("landlock")
    assert attack("landlock", "look_around", readable=system_paths())["answer"]["user"] == UNPRIVILEGED
    count = attack("landlock", "fork_bomb", 60, readable=system_paths(), weaken=["no_groups"], limits=SMALL)["answer"]
    assert 10 <= count <= 20


# --- what may be read -----------------------------------------------------------------------------


def test_readable_paths_are_explicit(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = sandbox.readable_paths([tmp_path])
    assert Path(sys.prefix) in found or Path(sys.prefix) in paths.SHARED_PREFIXES
    assert ROOT / "course_utils" in found
    assert ROOT not in found
    assert not any(path in (Path("/"), Path("/usr"), Path.home(), Path("/etc"), Path("/tmp")) for path in found)


def test_packages_that_are_installed_from_elsewhere_may_be_read_and_nothing_beside_them(monkeypatch, tmp_path):
    for place in ("site-packages", "other/site-packages/lib", "flat/package", "flat/notes", "flat/source", "src/other"):
        (tmp_path / place).mkdir(parents=True)
    for file in (
        "flat/package/__init__.py",
        "flat/tool.py",
        "flat/setup.py",
        "flat/grades.csv",
        "src/other/__init__.py",
    ):
        (tmp_path / file).touch()
    (tmp_path / "site-packages/links.pth").write_text(
        f"import os\n# no\n{tmp_path}/flat\n../other/site-packages\n/gone\n"
    )
    finder = f"MAPPING: dict[str, str] = {{'other': '{tmp_path}/src/other', 'gone': '/gone'}}\nNAMESPACES = {{}}\n"
    (tmp_path / "site-packages/__editable___other_1_0_finder.py").write_text(finder)
    monkeypatch.setattr(linked, "_site_folders", lambda: [tmp_path / "site-packages"])

    def shown(*private: str) -> set[str]:
        found = sandbox.readable_paths([tmp_path / one for one in private])
        return {os.path.relpath(path.resolve(), tmp_path) for path in found if path.resolve().is_relative_to(tmp_path)}

    assert shown() == {"flat/package", "flat/tool.py", "other/site-packages", "src/other"}
    assert shown("flat/source") == {"flat/package", "other/site-packages", "src/other"}
    assert shown("flat/package/key", "src") == {"other/site-packages"}


def test_private_folders_beside_python_are_allowed(monkeypatch, tmp_path):
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert tmp_path / ".venv" in sandbox.readable_paths(sandbox.private_paths(tmp_path))


@pytest.mark.parametrize("private", [".", "lib", "lib/sub", ".."])
def test_overlap_with_private_is_refused(private, monkeypatch, tmp_path):
    (tmp_path / "env" / "lib").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    with pytest.raises(CourseError, match="Nothing is graded"):
        sandbox.readable_paths([tmp_path / "env" / private])


def test_overlap_by_way_of_a_link_is_refused(monkeypatch, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "env").mkdir()
    (tmp_path / "submitted").symlink_to(tmp_path / "env")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    with pytest.raises(CourseError, match="Nothing is graded"):
        sandbox.readable_paths([tmp_path / "submitted"])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "link"))
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(CourseError, match="Nothing is graded"):
        sandbox.readable_paths([tmp_path / "real"])


def test_private_paths_name_a_course_s_secrets():
    names = {path.name for path in sandbox.private_paths(Path("/course"))}
    assert {"solutions", "submitted", "autograded", "feedback", "gradebook.db", ".spool"} <= names


@linux_only
def test_links_on_the_way_are_made_again(tmp_path, tier, attack):
    tmp_path.chmod(0o755)
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "real" / "deep" / "file.txt").write_text("here")
    (tmp_path / "one").symlink_to("real")
    (tmp_path / "two").symlink_to(tmp_path / "one" / "deep")
    readable = [*usual(), str(tmp_path / "two")]
    assert paths.real_and_links([tmp_path / "two"]) == (
        [str(tmp_path / "real" / "deep")],
        {str(tmp_path / "two"): str(tmp_path / "one" / "deep"), str(tmp_path / "one"): "real"},
    )
    for name in ("two", "one/deep", "real/deep"):
        assert attack(tier, "read", f"{tmp_path}/{name}/file.txt", readable=readable)["answer"] == "here"


# --- choosing a tier ------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """Forget which tier was decided on, before and after."""
    monkeypatch.delenv(choosing.VARIABLE, raising=False)
    choosing._decide.cache_clear()
    yield monkeypatch
    choosing._decide.cache_clear()


@linux_only
def test_best_tier_is_the_first_that_works(fresh):
    answers = {"namespaces": {"error": "refused"}, "landlock": {"lacks": ["leaks", "creaks"]}, "none": {"lacks": []}}
    asked = []
    fresh.setattr(trial, "ask_fresh_process", lambda word, name: asked.append(name) or answers[name])
    assert sandbox.best_tier() == ("landlock", True, "The box leaks; it creaks.")
    assert sandbox.best_tier() == sandbox.best_tier("")
    assert asked == ["namespaces", "landlock"]
    assert sandbox.best_tier("none") == ("none", True, "")
    with pytest.raises(CourseError, match=r"^The sandbox 'namespaces' does not work here: refused$"):
        sandbox.best_tier("namespaces")


@linux_only
def test_a_weaker_tier_can_be_asked_for(fresh):
    fresh.setenv(choosing.VARIABLE, "none")
    found = sandbox.best_tier()
    assert found.name == "none"
    assert "students' code can read and change what you can" in found.not_isolated
    fresh.setenv(choosing.VARIABLE, "bubble")
    with pytest.raises(CourseError, match=r"^There is no sandbox 'bubble' on this system; there are: .*none\.$"):
        sandbox.best_tier()


@linux_only
def test_deciding_works_beside_threads(fresh):
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert sandbox.best_tier("none").name == "none"
    finally:
        done.set()
        thread.join()


def test_every_tier_names_what_it_lacks():
    for name in ("seatbelt", "job", "none"):
        assert trial._lacks(name, bounded=False, limited=set())
    assert trial._lacks("namespaces", bounded=False, limited=set()) == [trial.ONE_BY_ONE, trial.UNBOUNDED]
    assert trial._lacks("namespaces", bounded=True, limited={"memory"}) == []
    assert trial._lacks("namespaces", bounded=False, limited={"memory", "pids"}) == []


# --- the self-test --------------------------------------------------------------------------------


@linux_only
@pytest.mark.parametrize("kind", ["namespaces", "landlock", "none"])
def test_self_test_finds_nothing_to_complain_of(kind, place):
    skip_unless(kind)
    assert sandbox.self_test(sandbox.best_tier(kind), [place / "private", place / "missing"]) == []
    assert [path.name for path in (place / "private").iterdir()] == ["file.txt"]


@linux_only
def test_self_test_sees_every_hole(runner, place):
    question = {
        "tier": ["none", True, ""],
        "secret": [str(place / "private" / "file.txt")],
        "readable": [],
        "promised": sorted(selftest.PROMISED["namespaces"]),
    }
    found = " ".join(runner.ask(do="self_attack", question=question, weaken=["no_walls", "no_groups"]))
    for words in ("could read", "could write", "other processes", "TCP", "UDP", "signal"):
        assert words in found
    assert [path.name for path in (place / "private").iterdir()] == ["file.txt"]


@linux_only
def test_self_test_sees_a_private_folder_on_the_list(strict, runner, place):
    question = {"tier": ["namespaces", True, ""], "secret": [str(place / "private" / "file.txt")]}
    question |= {"readable": usual(place / "private"), "promised": sorted(selftest.PROMISED["namespaces"])}
    assert runner.ask(do="self_attack", question=question) == [f"Code in the box could read {place}/private/file.txt."]


@linux_only
def test_self_test_says_when_no_box_starts(fresh, place):
    fresh.setattr(selftest, "ask_fresh_process", lambda word, question: {"error": "refused"})
    tier = tiers.Tier("namespaces", True, "")
    assert sandbox.self_test(tier, [place / "private"]) == ["No box could be started: refused"]
    assert sandbox.self_test(tier, [Path(sys.prefix)])[0].startswith("Nothing is graded")


# --- the doctor -----------------------------------------------------------------------------------


@pytest.mark.parametrize("holes", [[], ["Code in the box could read /secret."]])
def test_doctor_says_which_sandbox_there_is(holes, monkeypatch, sample_course):
    asked = []
    monkeypatch.chdir(sample_course)
    monkeypatch.setattr(sandbox, "best_tier", lambda: sandbox.Tier("landlock", True, "The box leaks."))
    monkeypatch.setattr(sandbox, "self_test", lambda tier, private: asked.extend(private) or holes)
    diagnosis = doctor._sandbox()
    assert diagnosis.what.startswith("students' code is graded in the sandbox landlock. The box leaks.")
    assert diagnosis.well == (not holes)
    assert sample_course.resolve() / "submitted" in asked
    assert all(hole in diagnosis.mend for hole in holes)


def test_doctor_says_when_the_sandbox_that_is_asked_for_does_not_work(monkeypatch):
    monkeypatch.setattr(sandbox, "best_tier", lambda: (_ for _ in ()).throw(CourseError("no such box")))
    assert doctor._sandbox().what == "no such box"
    assert "COURSE_SANDBOX" in doctor._sandbox().mend


# --- control groups of version 2, as files --------------------------------------------------------


@linux_only
def test_groups_of_version_two_are_made_where_limits_are_handed_down(monkeypatch, tmp_path):
    """The tree is one of ordinary files; a folder made in it gets the files that the kernel would put there."""
    user, scope = tmp_path / "user", tmp_path / "user" / "scope"
    scope.mkdir(parents=True)
    for folder in (tmp_path, user, scope):
        (folder / "cgroup.procs").write_text("")
    monkeypatch.setattr(cgroups, "mounted", lambda: {"": tmp_path})
    monkeypatch.setattr(cgroups, "own", lambda: {"": "user/scope"})
    original = Path.mkdir

    def mkdir(self, *arguments, **options):
        original(self, *arguments, **options)
        for name in ("cgroup.procs", *(["memory.max", "pids.max"] if self.parent == user else [])):
            (self / name).write_text("")

    removed = []
    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(cgroups, "remove", removed.append)
    assert cgroups.make("box", Limits(memory_mb=100, disk_mb=10, processes=7)) == [user / "box"]
    assert (user / "box" / "memory.max").read_text() == str(110 << 20)
    assert (user / "box" / "pids.max").read_text() == "11"
    assert removed == [scope / "box"]
    assert cgroups.limited([user / "box"]) == {"memory", "pids"}


@linux_only
def test_groups_are_read_from_the_kernel_s_lists(monkeypatch):
    found = cgroups.places()
    assert all(place.is_absolute() for places in found.values() for place in places)
    assert set(found) <= {"", "memory", "pids", "cpu", "cpuacct"}


# --- the filter of system calls, by a small interpreter -------------------------------------------


def run_filter(program: bytes, architecture: int, number: int, first: int = 0) -> int:
    """Run a filter as the kernel would; return its verdict."""
    import struct

    lines = [struct.unpack("=HBBI", program[place : place + 8]) for place in range(0, len(program), 8)]
    data, place, value = struct.pack("=IIQQ", number, architecture, 0, first), 0, 0
    while True:
        code, then, otherwise, constant = lines[place]
        place += 1
        if code == seccomp.LOAD:
            value = struct.unpack_from("=I", data, constant)[0]
        elif code == seccomp.RETURN:
            return constant
        else:
            tests = {
                seccomp.EQUAL: value == constant,
                seccomp.AT_LEAST: value >= constant,
                seccomp.ANY_BIT: bool(value & constant),
            }
            place += then if tests[code] else otherwise


@linux_only
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("beside_landlock", [False, True])
def test_filter_on_both_processors(machine, beside_landlock, monkeypatch):
    monkeypatch.setattr(syscalls.platform, "machine", lambda: machine)
    program, own = seccomp.program(beside_landlock), seccomp.ARCHITECTURES[machine]
    other = next(value for value in seccomp.ARCHITECTURES.values() if value != own)
    refused, pretended = seccomp.ERROR | 1, seccomp.ERROR

    def verdict(name, first=0):
        return run_filter(program, own, syscalls.number(name), first)

    assert run_filter(program, other, 1) == seccomp.KILL_PROCESS
    assert all(verdict(name) == refused for name in seccomp.REFUSED.split())
    assert verdict("clone3") == seccomp.ERROR | 38
    assert (verdict("clone", 17), verdict("clone", 0x1000_0011)) == (seccomp.ALLOW, refused)
    assert verdict("socket", 40) == refused
    assert verdict("socket", 1) == (refused if beside_landlock else seccomp.ALLOW)
    there = [name for name in seccomp.PRETENDED_BESIDE_LANDLOCK.split() if syscalls.number(name)]
    assert {verdict(name) for name in there} == {pretended if beside_landlock else seccomp.ALLOW}
    assert verdict("prlimit64", 5) == refused
    assert verdict("prlimit64", 0) == seccomp.ALLOW
    assert all(run_filter(program, own, number) == seccomp.ALLOW for number in (0, 1, 3, 59, 63))
    assert run_filter(program, own, 0x4000_0000 + 41) == seccomp.ERROR | 38


@linux_only
def test_other_processors_are_refused(monkeypatch):
    monkeypatch.setattr(syscalls.platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="riscv64"):
        syscalls.number("socket")


# --- macOS and Windows, as far as they can be tried elsewhere -------------------------------------


def test_profile_of_macos_names_what_is_allowed(tmp_path):
    text = macos.profile(tmp_path, [Path("/usr/lib"), Path('/odd "name"\\')])
    assert text.startswith("(version 1)\n(deny default)\n")
    assert '(subpath "/usr/lib")' in text
    assert '(subpath "/odd \\"name\\"\\\\")' in text
    assert f'(allow file-read* file-write* (subpath "{tmp_path}/box") (subpath "{tmp_path}/tmp"))' in text
    assert text.count("(") - text.count("\\(") == text.count(")")
    assert "network" not in text
    assert "mach-lookup" not in text
    with pytest.raises(OSError, match="control characters"):
        macos.profile(tmp_path, [Path("/a\nb")])


@pytest.mark.skipif(sys.platform != "darwin", reason="macOS only")
def test_seatbelt_works_on_macos(place):
    assert sandbox.self_test(sandbox.best_tier("seatbelt"), [place / "private"]) == []


@pytest.mark.skipif(sys.platform != "win32", reason="Windows only")
def test_job_works_on_windows(place):
    assert sandbox.self_test(sandbox.best_tier("job"), [place / "private"]) == []


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="sizes of 64-bit Windows")
def test_structures_of_windows_have_their_sizes():
    assert ctypes.sizeof(windows.BasicLimits) == 64
    assert ctypes.sizeof(windows.ExtendedLimits) == 144
    assert windows.BasicLimits.flags.offset == 16
    assert windows.BasicLimits.active_processes.offset == 40
    assert windows.ExtendedLimits.job_memory.offset == 120
    assert windows.ProcessList.ids.offset == 8


class Kernel:
    """Stands for kernel32: writes down the calls."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append((name, arguments))
            return 7

        return call


def test_job_of_windows_is_made_joined_and_ended(monkeypatch):
    fake = Kernel()
    monkeypatch.setattr(windows, "kernel", lambda: fake)
    monkeypatch.setattr(windows, "last_error", lambda: 0)
    job = windows.JobObject.make("box", Limits(memory_mb=100, processes=7, cpu_seconds=3))
    windows.JobObject.join("box")
    assert job.pids() == []
    job.end()
    job.close()
    job.close()
    assert [name for name, _ in fake.calls] == [
        "CreateJobObjectW",
        "SetInformationJobObject",
        "SetInformationJobObject",
        "OpenJobObjectW",
        "GetCurrentProcess",
        "AssignProcessToJobObject",
        "CloseHandle",
        "QueryInformationJobObject",
        "TerminateJobObject",
        "CloseHandle",
    ]
    assert [arguments[1] for name, arguments in fake.calls if name.startswith("SetInf")] == [9, 4]
    assert fake.calls[3][1] == (1, 0, "box")
    monkeypatch.setattr(windows, "last_error", lambda: windows.ALREADY_EXISTS)
    with pytest.raises(OSError, match="already"):
        windows.JobObject.make("box", Limits())


def test_limits_of_a_windows_job():
    found = windows.extended_limits(Limits(memory_mb=100, processes=7, cpu_seconds=3))
    assert found.basic.flags == 0x4 | 0x8 | 0x200 | 0x400 | 0x2000
    assert (found.basic.active_processes, found.job_memory) == (7, 100 << 20)
    assert found.basic.job_time == 30_000_000


@linux_only
def test_names_of_cages_tell_whether_their_makers_are_gone():
    from course_utils.grading.sandbox.cage import is_stale

    mine = sandbox.Cage(Limits())
    try:
        here = processes.numbering()
        assert not is_stale(mine.name)
        assert is_stale(f"course-box-{os.getpid()}-1.{here}-abcdef")
        assert is_stale(f"course-box-999999-5.{here}-abcdef")
        assert not is_stale("course-box-of-somebody")
        assert not is_stale("course-box-999999-5.1-abcdef"), "its maker may be alive in another container"
    finally:
        mine.close()


@linux_only
def test_what_is_left_of_somebody_elses_boxes_is_let_be(tmp_path, monkeypatch):
    from course_utils.grading.sandbox import cgroups

    (tmp_path / f"{cgroups.PREFIX}1-2-3").mkdir()
    monkeypatch.setattr(cgroups, "places", lambda: {"pids": [tmp_path]})
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    cgroups.sweep(lambda name: True)
    assert list(tmp_path.iterdir())
    monkeypatch.undo()
    monkeypatch.setattr(cgroups, "places", lambda: {"pids": [tmp_path]})
    cgroups.sweep(lambda name: True)
    assert not list(tmp_path.iterdir())


@linux_only
def test_processes_are_told_by_number_and_start():
    assert processes.running(os.getpid())
    assert processes.started(os.getpid()).isdigit()
    assert processes.started(4_000_000) == ""
    assert os.getpid() in processes.children(os.getppid())

"""A learner's workplace: laid out, never written over; START.ipynb; what is handed in."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest

from course_utils import bundle, handing_in, reference, start_page, workplace
from course_utils.cells import Region
from course_utils.course import CourseError
from course_utils.masters import region_lines
from course_utils.release import read_masters

ROOT = Path(__file__).resolve().parent.parent
LAB = "05_conv_and_pooling"


def cells(notebook):
    """Return a notebook's cells, which are the same wherever it is opened."""
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def two_labs(tmp_path):
    """Reference notebooks of two labs, which may be changed."""
    place = tmp_path / "reference"
    for lab in ("01_neurons", LAB):
        shutil.copytree(ROOT / "notebooks" / lab, place / lab)
    with reference.taken_from(place):
        yield place


@pytest.fixture
def home(two_labs, tmp_path, monkeypatch):
    """A workplace with two labs, in a folder whose name has a space and umlauts."""
    folder = tmp_path / "Übung von Jörg"
    workplace.lay_out(folder, start_page.text())
    monkeypatch.chdir(folder)
    return folder


def mine(home: Path) -> Path:
    return home / "labs" / LAB / f"{LAB}.ipynb"


def answer(path: Path, text: str = "by_hand = 3") -> None:
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == "convolve-by-hand").source = text
    nbformat.write(notebook, path)


def test_an_empty_folder_becomes_a_workplace(home, two_labs):
    assert cells(mine(home)) == cells(reference.path_of(LAB))
    nbformat.validate(nbformat.read(home / "START.ipynb", as_version=4))
    assert workplace.find_workplace(mine(home).parent) == home
    assert workplace.choose_folder(mine(home).parent) == home


def test_nothing_is_written_over_and_a_newer_release_lies_beside(home, two_labs):
    answer(mine(home))
    worked = mine(home).read_bytes()
    assert workplace.lay_out(home, start_page.text()).sentences == []
    answer(reference.path_of(LAB), "by_hand = None  # newer")
    (sentence,) = workplace.lay_out(home, start_page.text()).sentences
    beside = mine(home).with_name(f"{LAB} (newer release).ipynb")
    assert sentence.endswith(f"which was not touched: {beside}")
    assert mine(home).read_bytes() == worked
    assert cells(beside) == cells(reference.path_of(LAB))
    assert workplace.lay_out(home, start_page.text()).sentences == [], "it is said once"


def test_an_archive_that_was_unpacked_over_a_learners_work_costs_nothing_that_was_saved(home, two_labs):
    answer(mine(home))
    worked = mine(home).read_bytes()
    checkpoint = mine(home).parent / ".ipynb_checkpoints" / f"{LAB}-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(worked)
    untouched = home / "labs" / "01_neurons" / "01_neurons.ipynb"
    for lab in ("01_neurons", LAB):
        shutil.copy(reference.path_of(lab), home / "labs" / lab)
    (sentence,) = workplace.lay_out(home, start_page.text()).sentences
    assert f"unpacked over your notebook of {LAB}" in sentence
    assert mine(home).read_bytes() == worked
    assert cells(untouched) == cells(reference.path_of("01_neurons"))
    assert workplace.lay_out(home, start_page.text()).sentences == [], "it is said once"


def test_a_checkpoint_that_is_no_notebook_brings_nothing_back(home, two_labs):
    checkpoint = mine(home).parent / ".ipynb_checkpoints" / f"{LAB}-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_text("{")
    shutil.copy(reference.path_of(LAB), mine(home))
    assert workplace.lay_out(home, start_page.text()).sentences == []
    assert cells(mine(home)) == cells(reference.path_of(LAB))


def test_a_lab_that_was_moved_away_is_laid_out_anew(home):
    mine(home).rename(home / "old.ipynb")
    assert workplace.lay_out(home, start_page.text()).new == [LAB]


def test_a_start_page_is_brought_up_to_date_unless_somebody_changed_it(home):
    page = home / "START.ipynb"
    older = start_page.text()
    workplace.lay_out(home, older.replace("Run a cell", "How a cell is run"))
    assert "How a cell is run" in page.read_text()
    notebook = nbformat.read(page, as_version=4)
    notebook.cells[0].source = "mine"
    nbformat.write(notebook, page)
    workplace.lay_out(home, start_page.text())
    assert nbformat.read(page, as_version=4).cells[0].source == "mine"


def test_a_damaged_memory_is_set_aside(home):
    path = home / ".course" / "workplace.json"
    path.write_text("{")
    assert workplace.remembered(home) == {}
    assert path.with_suffix(".damaged.json").read_text() == "{"


def test_a_folder_with_other_things_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CourseError, match=r"is not empty.*course lab --folder") as refusal:
        workplace.choose_folder(tmp_path)
    assert "\n" not in str(refusal.value)


def test_in_the_authors_tree_the_workplace_is_apart_from_the_answers():
    assert workplace.choose_folder(ROOT / "course_utils") == ROOT / "workplace"
    assert "/workplace/" in (ROOT / ".gitignore").read_text()


@pytest.mark.parametrize("wanted", ["5", "05", LAB, f"labs/{LAB}/{LAB}.ipynb", f"labs/{LAB}", f"labs/{LAB}/"])
def test_a_lab_is_found_by_what_it_is_called(home, wanted):
    assert workplace.find_notebook(wanted).resolve() == mine(home)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [("9", "There is no lab '9'"), ("x.ipynb", "There is no file"), ("labs", "is a folder; name a notebook in it")],
)
def test_what_is_no_lab_is_said(home, wanted, sentence):
    with pytest.raises(CourseError, match=sentence):
        workplace.find_notebook(wanted)


# --- the start page


def test_the_start_page_says_what_labs_take(home):
    notebook = nbformat.read(home / "START.ipynb", as_version=4)
    table = next(cell.source for cell in notebook.cells if "| minutes |" in cell.source)
    for lab in reference.labs():
        assert f"labs/{lab}/{lab}.ipynb" in table
        further = reference.further_minutes_of(lab)
        more = f", *Further*\u00a0{further}" if further else ""
        minutes = f"{reference.minutes_of(lab)}{more}"
        assert re.search(rf"labs/{lab}/.*\| {re.escape(minutes)} \|", table)


def test_every_link_of_the_start_page_leads_to_a_file(home):
    cells = nbformat.read(home / "START.ipynb", as_version=4).cells
    links = re.findall(r"\]\(([^)#]+)", "".join(cell.source for cell in cells))
    assert {"help/learners.md", "help/glossary.md", "help/reading.md"} <= set(links)
    assert [link for link in links if not (home / link).is_file()] == []


def test_a_guide_that_is_out_of_date_is_brought_up_to_date(home):
    path = home / "help" / "glossary.md"
    guide = path.read_bytes()
    path.write_text("older")
    workplace.lay_out(home, start_page.text())
    assert path.read_bytes() == guide


@pytest.mark.parametrize("lab", reference.labs())
def test_a_lab_says_the_minutes_that_it_takes(lab):
    text = "".join(cell["source"] for cell in reference.cells(lab))
    stated = re.search(r"Time: about (\d+) minutes(?:, and (\d+) more for what is marked \*Further\*)?", text)
    assert int(stated[1]) == reference.minutes_of(lab)
    assert int(stated[2] or 0) == reference.further_minutes_of(lab)


@pytest.mark.parametrize("lab", [lab for lab in reference.labs() if not lab.endswith("_homework")])
def test_the_core_of_a_lab_takes_two_and_a_half_hours_at_most(lab):
    core, _ = reference.exact_minutes(reference.cells(lab))
    assert core <= 150


PARTS = (
    "# A lab\n\n" + "word " * 297,
    "## 1 A section\n\n" + "word " * 295,
    "## Exercise 1.1. One\n\n(2 points, 10 minutes, ●○○ easy)",
    "## 2 More\n\n**Further:** not at first.",
    "More on it.",
    "## Exercise 1.2. Two\n\nWhat is not marked is core. (2 points, 20 minutes, ●●● hard)",
    "## Bonus. Three\n\n(0 points, 40 minutes, ●●○ hard)",
)


def test_what_is_marked_goes_further_up_to_the_next_heading():
    cells = [{"cell_type": "markdown", "source": source} for source in PARTS]
    for place, name in ((3, "one"), (7, "two"), (9, "three")):
        settings = {"grade_id": name, "grade": False, "solution": True, "locked": False}
        cells.insert(place, {"cell_type": "code", "source": "x = None", "metadata": {"nbgrader": settings}})
    found = reference.entries_in(cells)
    assert {name: (one.minutes, one.difficulty, one.further) for name, one in found.items()} == {
        "one": (10, "●○○", False),
        "two": (20, "●●●", False),
        "three": (40, "", True),  # dots and word that do not agree are no difficulty
    }
    core, further = reference.exact_minutes(cells)
    assert 30 + 1 + 4 <= core <= 30 + 1 + 4 + 0.5
    assert 40 + 0.5 <= further <= 40 + 0.5 + 0.2


@pytest.mark.parametrize("lab", reference.labs())
def test_every_exercise_says_how_hard_it_is(lab):
    entries = reference.entries(lab).values()
    assert [one.id for one in entries if one.minutes and not one.difficulty] == []


# --- handing in


def test_the_file_is_what_the_collector_reads(home):
    before = mine(home).read_bytes()
    done = handing_in.submit(mine(home), "ada")
    assert done.path == home / "hand-in" / f"ada__{LAB}.ipynb"
    assert done.path.read_bytes() == before == mine(home).read_bytes()
    assert any(one.startswith("Not answered: exercise 5.1") for one in done.sentences)
    assert handing_in.submit(mine(home)).path == done.path, "the id is asked for once"


def test_without_any_id_it_is_asked_for(home):
    with pytest.raises(CourseError, match="--student"):
        handing_in.submit(mine(home))
    with pytest.raises(CourseError, match="not 'a/b'"):
        handing_in.submit(mine(home), "a/b")
    assert not (home / "hand-in").exists()


def test_the_id_of_the_notebook_counts_and_another_is_noticed(home):
    notebook = nbformat.read(mine(home), as_version=4)
    start = next(cell for cell in notebook.cells if cell.source.startswith("student_id ="))
    start.source = 'student_id = "eva"'
    nbformat.write(notebook, mine(home))
    assert handing_in.submit(mine(home)).path.name == f"eva__{LAB}.ipynb"
    assert any("'eva'" in one for one in handing_in.submit(mine(home), "ada").sentences)


def test_lost_cells_are_said_and_how_they_come_back(home):
    notebook = nbformat.read(mine(home), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("output-size-rule")]
    nbformat.write(notebook, mine(home))
    (said,) = [one for one in handing_in.submit(mine(home), "ada").sentences if one.startswith("Lost: ")]
    assert said.startswith("Lost: exercise 5.3, Write the size rule; the check of exercise 5.3. “Put lost cells back”")


def test_a_notebook_of_another_lab_is_known_by_its_cells(home):
    other = home / "labs" / "01_neurons" / "01_neurons.ipynb"
    shutil.copy(mine(home), other)
    assert handing_in.submit(other, "ada").path.name == f"ada__{LAB}.ipynb"


def test_where_to_upload_is_the_instructors_word(home):
    (home / "course.json").write_text(json.dumps({"upload": "in Moodle, section Labs"}))
    assert handing_in.submit(mine(home), "ada").sentences[-1].startswith("Upload this file in Moodle, section Labs: ")


def test_answers_come_from_the_released_archive_only(home, tmp_path):
    with pytest.raises(CourseError, match="releases after the deadline"):
        handing_in.show_answers(LAB, home)
    archive = bundle.make_answers(ROOT, ["5"], tmp_path / "out")
    shutil.copy(archive, home)
    path = handing_in.show_answers(LAB, home)
    text = path.read_text()
    hidden = region_lines(read_masters(ROOT, [LAB])[LAB], Region.HIDDEN_TESTS)
    assert path.name == f"{LAB} (answers).ipynb"
    assert "# YOUR CODE HERE" not in text
    assert "BEGIN SOLUTION" not in text
    assert hidden
    assert not [line for line in hidden if "seed=" in line and line in text]
    with pytest.raises(CourseError, match="does not hold the answers of 01_neurons"):
        handing_in.show_answers("01_neurons", home)
    (home / "answers-x.zip").write_text("x")
    with pytest.raises(CourseError, match="not an archive"):
        handing_in.show_answers("01_neurons", home, home / "answers-x.zip")


# --- the bundle


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The folder with a bundle of two labs."""
    to = tmp_path_factory.mktemp("dist")
    bundle.make_bundle(ROOT, ["1", "5"], to, handed_out={"upload": "somewhere"})
    return to


def files_in(archive: Path) -> dict[str, bytes]:
    """Return the files of an archive, and those of archives in it."""
    found = {}
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            found[name] = opened.read(name)
            if name.endswith(".whl"):
                inner = archive.parent / "inner.whl"
                inner.write_bytes(found[name])
                found |= {f"{name}/{key}": value for key, value in files_in(inner).items()}
    return found


def test_a_bundle_holds_no_answer_no_hidden_test_and_no_sample_class(made):
    inside = files_in(made / "neural-network-labs.zip")
    assert not [name for name in inside if "solutions" in name or "sample_class" in name or name.startswith("tests")]
    text = "\n".join(content.decode("utf-8", "replace") for name, content in inside.items() if name.endswith(".ipynb"))
    assert "BEGIN SOLUTION" not in text
    assert "HIDDEN TESTS" not in text
    for lab, master in read_masters(ROOT, ["01_neurons", LAB]).items():
        public = reference.path_of(lab).read_text()
        secret = {*region_lines(master, Region.SOLUTION), *region_lines(master, Region.HIDDEN_TESTS)}
        telling = [line for line in secret if len(line) > 12 and json.dumps(line)[1:-1] not in public]
        assert telling
        assert not [line for line in telling if json.dumps(line)[1:-1] in text]


def test_a_bundle_holds_the_labs_that_were_asked_for_and_what_starts_them(made):
    folder = made / "neural-network-labs"
    assert sorted(path.name for path in (folder / "labs").iterdir()) == ["01_neurons", LAB]
    wheel = next((folder / "install").glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.startswith("course_utils/reference/")] == [
        f"course_utils/reference/{lab}/{lab}.ipynb" for lab in ("01_neurons", LAB)
    ]
    assert "course_utils/widgets/common.js" in names
    assert {"torch", "jupyterlab"} <= {
        line.split("==")[0] for line in (folder / "install" / "versions.txt").read_text().split()
    }
    assert not {line for line in (folder / "install" / "versions.txt").read_text().split() if line.startswith("nvidia")}
    with zipfile.ZipFile(made / "neural-network-labs.zip") as archive:
        assert archive.getinfo("neural-network-labs/start.sh").external_attr >> 16 == 0o755


def test_what_a_bundle_brings_says_which_python_runs_it_once_it_is_started(made, tmp_path, two_labs):
    folder = Path(shutil.copytree(made / "neural-network-labs", tmp_path / "labs of mine"))
    (folder / "START.ipynb").write_text(start_page.text())
    before = {path: cells(path) for path in folder.rglob("*.ipynb")}
    assert workplace.lay_out(folder, start_page.text()).sentences == []
    assert len(before) == 3
    for path, content in before.items():
        assert "language_info" in json.loads(path.read_text())["metadata"], "else it counts as changed when opened"
        assert cells(path) == content


def test_the_same_tree_makes_the_same_bundle(made, tmp_path):
    bundle.make_bundle(ROOT, ["1", "5"], tmp_path, handed_out={"upload": "somewhere"})
    assert (tmp_path / "neural-network-labs.zip").read_bytes() == (made / "neural-network-labs.zip").read_bytes()


def test_a_bundle_in_which_somebody_has_worked_is_not_replaced(made, tmp_path):
    folder = Path(shutil.copytree(made / "neural-network-labs", tmp_path / "neural-network-labs"))
    answer(mine(folder))
    before = mine(folder).read_bytes()
    with pytest.raises(CourseError, match="Somebody has worked in"):
        bundle.make_bundle(ROOT, ["1"], tmp_path)
    assert mine(folder).read_bytes() == before


def test_the_files_for_conda_and_containers_name_what_is_there(made):
    folder = made / "neural-network-labs"
    conda = (folder / "environment.yml").read_text()
    wheel = next((folder / "install").glob("*.whl")).name
    assert f"./install/{wheel}" in conda
    assert "distributed" not in conda
    json.loads((folder / ".devcontainer" / "devcontainer.json").read_text())
    (brought,) = re.findall(r"^COPY (\w+) \1$", (folder / "Dockerfile").read_text(), re.M)
    assert (folder / brought / "start.py").is_file(), "what was installed outside is not taken into the container"
    settings = re.search(r"/lab_settings_learner/labconfig", (folder / ".binder" / "postBuild").read_text())
    assert f"course_utils{settings[0]}/page_config.json" in zipfile.ZipFile(folder / "install" / wheel).namelist()
    for name in ("Dockerfile", ".devcontainer/devcontainer.json"):
        assert "install/start.py --only-install" in (folder / name).read_text()
    (weights,) = re.findall(r"^WEIGHTS := (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert weights in (folder / "install" / "start.py").read_text()
    assert weights in (folder / ".binder" / "postBuild").read_text()
    assert "versions.txt" in (folder / ".binder" / "postBuild").read_text()


WAYS = ("macOS", "Windows", "conda", "Codespaces", "Binder", "Colab")  # that nobody here has taken


def test_both_readmes_say_what_was_never_run(made):
    ours = (ROOT / "README.md").read_text(encoding="utf-8").partition("**Never run by the makers:**")[2]
    theirs = (made / bundle.NAME / "README.md").read_text(encoding="utf-8").partition("Not tried:")[2]
    assert [one for one in WAYS if one.lower() not in ours.partition("\n\n")[0].lower()] == []
    assert [one for one in WAYS if one not in theirs] == []
    assert {".devcontainer", ".binder", "Dockerfile"} <= {path.name for path in (made / bundle.NAME).iterdir()}


def test_a_bundle_can_be_made_by_a_package_that_came_in_a_bundle(made, tmp_path, monkeypatch):
    (wheel,) = (made / bundle.NAME / "install").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    monkeypatch.setattr(bundle, "__file__", str(tmp_path / "installed" / "course_utils" / "bundle.py"))
    for name in bundle.STAGED:
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / "tree" / name)
    shutil.copytree(ROOT / "notebooks" / "01_neurons", tmp_path / "tree" / "notebooks" / "01_neurons")
    assert bundle.build_wheel(tmp_path / "tree", ["01_neurons"], tmp_path / "again").is_file()


def test_the_sdist_holds_no_answers(tmp_path):
    import tarfile

    from hatchling.builders.sdist import SdistBuilder

    (path,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(path) as archive:
        names = [name.split("/", 1)[1] for name in archive.getnames()]
    assert "course_utils/cli.py" in names
    assert f"notebooks/{LAB}/{LAB}.ipynb" in names
    assert not [name for name in names if name.startswith(("solutions", "tests", "benchmarks"))]


def test_what_the_instructor_says_of_the_course_can_come_from_elsewhere(tmp_path):
    said, folder = tmp_path / "said.json", tmp_path / "mine"
    folder.mkdir()
    said.write_text('{"upload": "in Moodle"}')
    workplace.take_over(said, folder)
    assert workplace.handed_out(folder) == {"upload": "in Moodle"}
    for content in ("nonsense", "[]", "\xff"):
        said.write_bytes(content.encode("latin-1"))
        with pytest.raises(CourseError, match="does not say anything of a course"):
            workplace.take_over(said, folder)
    with pytest.raises(CourseError, match="cannot be used"):
        workplace.take_over(tmp_path / "nowhere", folder)
    assert workplace.handed_out(folder) == {"upload": "in Moodle"}

"""The command ``course``. Thin: each word calls one module, which is imported only then."""

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from course_utils.course import (
    FROZEN,
    RELEASED,
    CourseError,
    environment,
    find_root,
    leave_out_a_grammar,
    writable_root,
)
from course_utils.fetching import DataUnavailable
from course_utils.files import why_unwritable

LEFT_TO_A_PERSON = 3  # exit status: points are not decided
LONGEST = 200  # characters of what the help says of a word

LEARN, TEACH, WRITE = "Learn", "Teach", "Write lessons"  # by whom a word is for; the order of the help


class ByReader(typer.core.TyperGroup):
    """The words of the command line, in the help one list for each reader."""

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:
        """Write each reader's words, with the whole first sentence of what they do."""
        for reader in (LEARN, TEACH, WRITE):
            mine = {name: word for name, word in self.commands.items() if word.rich_help_panel == reader}
            with formatter.section(reader):
                formatter.write_dl([(name, word.get_short_help_str(LONGEST)) for name, word in mine.items()])


app = typer.Typer(
    name="course",
    cls=ByReader,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


data_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(data_app, name="data", rich_help_panel=LEARN)


def say_version(wanted: bool) -> None:
    """Print the version that is installed, and end."""
    if wanted:
        typer.echo(f"course-utils {metadata.version('course-utils')}")
        raise typer.Exit


@app.callback()
def course(
    version: Annotated[
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="say which version this is")
    ] = False,
) -> None:
    """Neural-network labs: open them, release them, look after them."""


Labs = Annotated[list[str] | None, typer.Argument(help="labs, such as 5, 05 or 05_conv_and_pooling; all if left out")]


@app.command(rich_help_panel=WRITE)
def release(
    labs: Labs = None,
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail if notebooks/ is out of date")] = False,
    gradebook: Annotated[
        bool | None,
        typer.Option(
            "--gradebook/--no-gradebook",
            help="register the labs in gradebook.db (made if need be), or leave it alone; "
            "by default they are registered where there is one",
        ),
    ] = None,
    proof: Annotated[
        bool | None,
        typer.Option(
            "--proof/--no-proof",
            help="grade each lab's model answers, which must earn every point, and its stubs, which must earn none; "
            "by default done before a release, where it was not yet done, and not by --check",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="refuse checks that can only run in the student's own process")
    ] = False,
    keep_worth: Annotated[
        bool,
        typer.Option(
            "--keep-worth",
            help="add, drop or split graded exercises although students have handed in: these keep their share of the "
            "points",
        ),
    ] = False,
) -> None:
    """Make the student notebooks in notebooks/ from the masters in solutions/."""
    from course_utils import release as releasing

    root = find_root() if check else writable_root()
    if not check:
        outcome = releasing.release(
            root,
            labs or [],
            gradebook=gradebook,
            prove=proof is not False or strict,
            strict=strict,
            keep_worth=keep_worth,
        )
        for name in outcome.proved:
            typer.echo(f"proved     {name}")
        for path in outcome.written:
            typer.echo(f"written    {RELEASED}/{path}")
        for path in outcome.unchanged:
            typer.echo(f"unchanged  {RELEASED}/{path}")
        if outcome.counts:
            typer.echo("written    README.md: exercises and points in its table")
        if outcome.registered:
            typer.echo("registered in gradebook.db")
        for sentence in outcome.sentences:
            typer.echo(f"note       {sentence}")
        for path in outcome.strangers:
            typer.echo(f"stranger   {RELEASED}/{path}: not made from a master; remove it", err=True)
        return
    outcome = releasing.check(root, labs or [], prove=bool(proof))
    for word in ("missing", "differing", "strangers"):
        for path in getattr(outcome, word):
            typer.echo(f"{word.removesuffix('s'):<10} {RELEASED}/{path}", err=True)
    if outcome.counts:
        typer.echo("differing  README.md: exercises and points in its table", err=True)
    if not outcome.fresh:
        typer.echo("notebooks/ is not what solutions/ makes. Run: course release", err=True)
        raise typer.Exit(1)
    typer.echo(f"{RELEASED}/ is exactly what solutions/ makes; labs: {len(outcome.unchanged)}.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, rich_help_panel=LEARN)
def lab(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Option(help="where your notebooks are, or are to be laid out; this folder if left out")
    ] = None,
    teach: Annotated[
        bool, typer.Option("--teach", help="the whole course, with answers and nbgrader's screens")
    ] = False,
    course: Annotated[
        Path | None, typer.Option(help="what your instructor says of the course: the bundle's course.json, on a hub")
    ] = None,
) -> None:
    """Start JupyterLab on your labs; lay them out first where they are not there yet.

    A notebook of yours is never written over. Further options, such as --no-browser, go to JupyterLab.
    """
    from course_utils import deadlines, launch, start_page, workplace

    if teach:
        raise typer.Exit(launch.start_on_course(find_root(folder), context.args))
    place = folder or workplace.choose_folder(Path.cwd())
    page = start_page.text(deadlines.dates_in(workplace.handed_out(place)))
    for sentence in workplace.lay_out(place.resolve(), page).sentences:
        typer.echo(sentence)
    if course:
        workplace.take_over(course, place)
    raise typer.Exit(launch.start_on_workplace(place.resolve(), context.args))


@app.command(rich_help_panel=LEARN)
def doctor(
    notebook: Annotated[str | None, typer.Argument(help="a notebook, or a lab such as 5")] = None,
    run: Annotated[bool, typer.Option("--run", help="run it, too, as grading does: some minutes")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="put back cells that were lost or edited by mistake")] = False,
) -> None:
    """Say what is wrong with a notebook (or, without one, with the environment), and how to mend it."""
    from course_utils.care import in_sum

    if notebook is None:
        from course_utils.doctor import examine_environment

        if run or mend:
            raise CourseError("Which notebook? For instance: course doctor 5 --mend")
        findings = examine_environment()
    else:
        from course_utils import care
        from course_utils.workplace import find_notebook

        findings = care.look(find_notebook(notebook), run=run, mend=mend)
    for finding in findings:
        typer.echo(str(finding))
    typer.echo(in_sum(findings))
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@app.command(rich_help_panel=LEARN)
def submit(
    lab: Annotated[str, typer.Argument(help="a lab such as 5, or a notebook")],
    student: Annotated[
        str, typer.Option(help="your student id, if it is not in the notebook; kept for next time")
    ] = "",
    exchange: Annotated[bool, typer.Option("--exchange", help="hand it in through nbgrader's exchange")] = False,
) -> None:
    """Make the file that you hand in, and say what is unanswered and where to upload it."""
    from course_utils import care, handing_in
    from course_utils.workplace import find_notebook, find_workplace

    notebook, home = find_notebook(lab), find_workplace() or Path.cwd()
    if not student and sys.stdin.isatty():
        written = handing_in.id_in(handing_in.read_pair(notebook)) or handing_in.known_id(home)
        student = written or typer.prompt("Your student id")
    for one in care.submit(notebook, student, exchange=exchange):
        typer.echo(one.what)


@app.command("show-answers", rich_help_panel=LEARN)
def show_answers(
    lab: Annotated[str, typer.Argument(help="a lab such as 5")],
    archive: Annotated[
        Path | None, typer.Option(help="the archive; answers*.zip beside START.ipynb if left out")
    ] = None,
) -> None:
    """Lay the model answers of a lab beside your notebook, once your instructor has released them."""
    from course_utils import handing_in, workplace

    home = workplace.find_workplace()
    if home is None:
        raise CourseError(f"{Path.cwd()} is not in the folder with your labs.")
    path = handing_in.show_answers(workplace.find_notebook(lab, home).stem, home, archive)
    typer.echo(f"The answers lie beside your notebook: {path}")


@app.command(rich_help_panel=WRITE)
def bundle(
    labs: Labs = None,
    to: Annotated[Path, typer.Option(help="the folder for it")] = Path("dist"),
    upload: Annotated[str, typer.Option(help="where learners hand in, as the end of 'Upload this file …'")] = "",
    exchange: Annotated[
        Path | None, typer.Option(help="the root of nbgrader's exchange, where learners have one")
    ] = None,
    course_id: Annotated[str, typer.Option(help="the course's name in that exchange")] = "neural-network-labs",
    answers: Annotated[bool, typer.Option("--answers", help="make the archive of model answers instead")] = False,
) -> None:
    """Make what learners get: a folder and a zip with notebooks, package, start page and start files, no answers."""
    from course_utils import bundle as bundling

    root, said = find_root(), dict[str, object]()
    if answers:
        typer.echo(f"made       {bundling.make_answers(root, labs or [], to)}")
        return
    if upload:
        said["upload"] = upload
    if exchange:
        said["exchange"] = {"root": str(exchange), "course": course_id}
    for path in bundling.make_bundle(root, labs or [], to, handed_out=said):
        size = sum(one.stat().st_size for one in ([path] if path.is_file() else path.rglob("*")) if one.is_file())
        typer.echo(f"made       {path}  ({size / 1e6:.1f} MB)")


@app.command(rich_help_panel=TEACH)
def adopt(
    folder: Annotated[Path | None, typer.Argument(help="the course; this folder if left out")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="take the lines out again")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would change, and change nothing")] = False,
) -> None:
    """Let this engine grade a course of nbgrader's: adds four lines to its nbgrader_config.py, and nothing else.

    After it, course grade ASSIGNMENT grades a class, and nbgrader autograde and formgrader use the same engine.
    """
    from course_utils import adopting

    planned = adopting.plan((folder or Path.cwd()).resolve(), undo=undo)
    for sentence in planned.sentences:
        typer.echo(sentence)
    if not planned.changes:
        typer.echo(f"nothing to change in {planned.path}")
        return
    if not dry_run:
        adopting.apply(planned)
    word = "would write" if dry_run else "removed    " if planned.after is None else "written    "
    typer.echo(f"{word} {planned.path}")
    if not undo:
        typer.echo("\n".join(f"  + {line}" for line in adopting.LINES.splitlines() if line))


Wanted = Annotated[list[str], typer.Argument(help="labs, such as 5, 05 or 05_conv_and_pooling")]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        show_default="one for each processor, at most 8",
        help="how many submissions are taken at a time on this machine",
    ),
]
Students = Annotated[list[str] | None, typer.Option("--student", help="only this student; may be given several times")]


@app.command(rich_help_panel=TEACH)
def grade(
    labs: Wanted,
    workers: Workers = None,
    scheduler: Annotated[str, typer.Option(help="grade at the workers of this Dask scheduler: tcp://host:8786")] = "",
    student: Students = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="grade also what has been graded before")] = False,
    verify: Annotated[int, typer.Option(min=0, help="grade so many submissions a second time, and compare")] = 0,
) -> None:
    """Grade what lies in submitted/ and was not graded yet; write gradebook and autograded/.

    Ends with status 1 if somebody could not be graded or a second result differs, with 3 if everybody was graded but a
    check failed itself and a person has to give its points.
    """
    from rich.console import Console

    from course_utils.course import find_labs
    from course_utils.grading.workers import hire
    from course_utils.lab_options import imports_of

    root, console, well, decided = writable_root(), Console(), True, True
    names = find_labs(root, labs)
    with hire(root, workers=workers, scheduler=scheduler, imports=imports_of(root, names)) as hired:
        _apply_dates(root, names)  # slow to import, as what follows; the workers get ready meanwhile
        from course_utils.grading import driver, results, screen, unreleased
        from course_utils.judging.misconceptions import names_come_from
        from course_utils.labs import names_of_wrong_ways

        names_come_from(names_of_wrong_ways)  # for the table
        for name in names:
            outcome = driver.grade_lab(
                root, name, hired, students=student or [], fresh=fresh, verify=verify, watcher=screen.Bar(console)
            )
            found = results.read_results(root, name, sorted(outcome.students))
            console.print(screen.table_of(name, list(found.values())))
            faults = screen.lines_of_faults(root, name, list(found.values()))
            for line in [
                *screen.lines_of_notes(list(found.values())),
                *outcome.sentences,
                *screen.lines_of(outcome),
                *faults,
                *unreleased.lines_about(root, name),
            ]:
                console.print(line, markup=False, highlight=False, soft_wrap=True)
            well, decided = well and outcome.well, decided and not faults
    raise typer.Exit(1 if not well else 0 if decided else LEFT_TO_A_PERSON)


@app.command(rich_help_panel=TEACH)
def regrade(
    labs: Wanted,
    workers: Workers = None,
    scheduler: Annotated[str, typer.Option(help="grade at the workers of this Dask scheduler: tcp://host:8786")] = "",
    student: Students = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, and write nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="write without asking")] = False,
    log: Annotated[bool, typer.Option("--log", help="show what was regraded so far, and do nothing")] = False,
) -> None:
    """After a check, points or a limit changed: say whose points change and why, ask, then write.

    Only those are graded whom the change concerns. Grades that a person gave stay. Each change is noted in
    regrades.jsonl. Ends with status 1 if somebody could not be graded, with 3 if a person has to give points.
    """
    from course_utils.course import find_labs
    from course_utils.grading.workers import hire
    from course_utils.lab_options import imports_of

    root = find_root() if log else writable_root()
    names = find_labs(root, labs)
    if log:
        from course_utils.term import regrade_log

        typer.echo("\n".join(regrade_log.read_log(root, names)) or "Nothing was regraded yet.")
        return
    from rich.console import Console

    plans = []
    with hire(root, workers=workers, scheduler=scheduler, imports=imports_of(root, names)) as hired:
        from course_utils.grading import screen, unreleased
        from course_utils.judging.misconceptions import names_come_from
        from course_utils.labs import names_of_wrong_ways
        from course_utils.term import regrade_log, regrading

        names_come_from(names_of_wrong_ways)  # for the lines
        for name in names:
            bar = screen.Bar(Console(), "grading again")
            plans.append(regrading.plan(root, name, hired, students=student or [], watcher=bar))
            typer.echo("\n".join([*unreleased.lines_about(root, name), *regrading.lines_of(plans[-1])]))
    left = [f"{who}: {why}" for plan in plans for who, why in plan.failures.items()]
    if any(plan.results for plan in plans) and not dry_run:
        if not may_write(yes):
            raise CourseError("Nothing was written. Say --yes to write without being asked.")
        for plan in plans:
            left += (odd := regrading.write(root, plan))
            for line in odd:
                typer.echo(line, err=True)
            noted = f"; noted in {regrade_log.LOG}" if plan.changing else ""
            typer.echo(f"written    {plan.lab}: {len(plan.regrades)} submissions{noted}")
    raise typer.Exit(1 if left else LEFT_TO_A_PERSON if any(plan.undecided for plan in plans) else 0)


@app.command(rich_help_panel=TEACH)
def due(
    labs: Labs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, and write nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="write without asking")] = False,
) -> None:
    """Show dates, extensions, who is late and what it costs, as due.toml says; and whose points that changes.

    What changes is written into the gradebook after you were asked. course grade, feedback, report and export do the
    same by themselves, and say so.
    """
    from course_utils.course import find_labs
    from course_utils.due_dates import NAME
    from course_utils.term import due as dates

    root = find_root() if dry_run else writable_root()
    names = find_labs(root, labs or [])
    if not (root / NAME).is_file():
        raise CourseError(f"There is no {NAME} in {root}: nothing is due, as far as this course knows.")
    looked = dates.look(root, names)
    changes = dates.lines_of_changes(looked)
    typer.echo("\n".join([*dates.lines_of(looked), *changes]))
    if changes and not dry_run and not may_write(yes):
        raise CourseError("Nothing was written. Say --yes to write without being asked.")
    if not dry_run:
        dates.look(root, names, write=True)


def _apply_dates(root: Path, names: list[str]) -> None:
    """Bring dates into the gradebook, and say whose points change by that."""
    from course_utils.term import due as dates

    if not (root / FROZEN).exists():
        for line in dates.bring_up_to_date(root, names):
            typer.echo(line)


@app.command(rich_help_panel=TEACH)
def collect(
    source: Annotated[Path, typer.Argument(help="the folder or ZIP that you downloaded, or the exchange's inbound")],
    lab: Annotated[str, typer.Option(help="the lab, such as 5, where the notebooks do not say it")] = "",
    roster: Annotated[
        Path | None, typer.Option(help="a table (CSV) with a column student_id, and names, numbers, addresses")
    ] = None,
    layout: Annotated[
        str, typer.Option(help="canvas, moodle, gradescope, exchange or folders; recognised if left out")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be taken, and write nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="write without asking")] = False,
) -> None:
    """Take what a class uploaded to Canvas, Moodle, Gradescope, nbgrader's exchange or a folder into submitted/.

    Shows what it would take for whom, and asks. Of several attempts the newest counts. May be repeated; what was in
    submitted/ before is kept in downloaded/replaced/. Ends with status 1 if something was left out.
    """
    from rich.console import Console

    from course_utils.collecting import command

    console = Console()
    proposal = command.propose(writable_root(), source, lab=lab, roster=roster, layout=layout)
    console.print(command.table_of(proposal))
    for line in command.lines_of(proposal):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    status = 1 if proposal.plan.left_out else 0
    if proposal.changes and not dry_run:
        if not may_write(yes):
            raise CourseError("Nothing was written. Say --yes to write without being asked.")
        typer.echo(command.write(proposal))
    raise typer.Exit(status)


@app.command(rich_help_panel=TEACH)
def feedback(
    labs: Wanted,
    workers: Workers = None,
    student: Students = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="make also the pages that are up to date")] = False,
) -> None:
    """Make feedback pages, in feedback/, of what has been graded."""
    from rich.console import Console

    from course_utils.course import find_labs
    from course_utils.grading.feedback import make_feedback
    from course_utils.grading.screen import Bar

    root, failed = writable_root(), False
    _apply_dates(root, find_labs(root, labs))
    for name in find_labs(root, labs):
        bar = Bar(Console(), "feedback for")
        pages = make_feedback(root, name, students=student or [], fresh=fresh, workers=workers, watcher=bar)
        typer.echo(f"{name}: {len(pages.made)} pages made, {len(pages.known)} were up to date")
        for who, reason in pages.failures.items():
            typer.echo(f"no page: {who}: {reason}", err=True)
        failed = failed or bool(pages.failures)
    raise typer.Exit(1 if failed else 0)


@app.command(rich_help_panel=TEACH)
def report(
    labs: Wanted,
    html: Annotated[Path | None, typer.Option(help="write it as a page, too")] = None,
    csv: Annotated[Path | None, typer.Option(help="write it as CSV, too: a row an exercise")] = None,
    json: Annotated[Path | None, typer.Option(help="write all of it as JSON, too")] = None,
    names: Annotated[bool, typer.Option("--names", help="say by name who needs a look")] = False,
) -> None:
    """Say how each exercise went, which misconceptions are behind the wrong answers, and who needs a look.

    No student is named, and names are taken out of examples, unless you say --names.
    """
    import shutil

    from course_utils import files
    from course_utils.course import find_labs
    from course_utils.grading import unreleased
    from course_utils.judging.misconceptions import names_come_from
    from course_utils.labs import names_of_wrong_ways
    from course_utils.term import class_report, report_page, report_text

    names_come_from(names_of_wrong_ways)
    root, width = find_root(), shutil.get_terminal_size((80, 24)).columns
    _apply_dates(root, find_labs(root, labs))
    reports = [class_report.read_report(root, name, names=names) for name in find_labs(root, labs)]
    for line in report_text.trend_of(reports):
        typer.echo(line)
    for one in reports:
        for line in [*report_text.lines_of(one, width), *unreleased.lines_about(root, one.lab)]:
            typer.echo(line)
    made = (html, lambda: report_page.page_of(reports, names=names)), (csv, lambda: class_report.to_csv(reports))
    for path, text in (*made, (json, lambda: class_report.to_json(reports))):
        if path:
            files.write(path, text())
            typer.echo(f"written    {path}")


@app.command(rich_help_panel=TEACH)
def challenge(
    lab: Annotated[str, typer.Argument(help="06_lab7_cnn_homework, or 8")],
    rivals: Annotated[
        int | None,
        typer.Option(
            min=0,
            show_default="all in a class of 12, else 8",
            help="lab 8: how many defences each attack meets at least, and attacks each defence; 0 for all",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="lab 8: of the drawn pairings")] = 1,
    names: Annotated[bool, typer.Option("--names", help="call learners by their ids, not by pseudonyms")] = False,
    html: Annotated[Path | None, typer.Option(help="write it as a page, too")] = None,
    csv: Annotated[Path | None, typer.Option(help="write the lists as CSV, too")] = None,
    json: Annotated[Path | None, typer.Option(help="write all of it as JSON, too")] = None,
    workers: Workers = None,
    scheduler: Annotated[str, typer.Option(help="run it at the workers of this Dask scheduler: tcp://host:8786")] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="run also what has been run before")] = False,
) -> None:
    """Let the class meet itself: whose network recognises most, whose attack fools whose defence. Never points.

    What learners handed in runs in the grader's boxes, and what it costs is theirs alone. A run that was broken off
    goes on where it was. Ends with status 1 if something could not be run.
    """
    import shutil
    from dataclasses import replace

    from rich.console import Console

    from course_utils import files
    from course_utils.challenge import page, people, running, tables, words
    from course_utils.course import find_labs
    from course_utils.grading.screen import Bar
    from course_utils.grading.workers import hire
    from course_utils.lab_options import imports_of

    root, width = writable_root(), shutil.get_terminal_size((80, 24)).columns
    (name,) = find_labs(root, [lab])
    running.refuse_other(name)
    imports = replace(imports_of(root, [name]), ours=True)
    with hire(root, workers=workers, scheduler=scheduler, imports=imports) as hired:
        bar = Bar(Console(), "running")
        standing = running.Challenge(root, name, hired, rivals, seed, fresh, bar).run()
    known = people.pseudonyms(people.key_of(root), standing.students)
    called = words.called_for({} if names else known)
    typer.echo("\n".join(words.lines_of(standing, called, min(width, 100))))
    made = (html, page.page_of(standing, called)), (csv, tables.to_csv(standing, called, known if names else None))
    for path, text in (*made, (json, tables.to_json(standing, called, known if names else None))):
        if path:
            files.write(path, text)
            typer.echo(f"written    {path}")
    for line in words.lines_of_failures(standing):
        typer.echo(line, err=True)
    raise typer.Exit(1 if standing.failures else 0)


@app.command(rich_help_panel=TEACH)
def export(
    labs: Labs = None,
    to: Annotated[
        str, typer.Option(metavar="SYSTEM", help="canvas, moodle, gradescope or csv: what that imports")
    ] = "",
    into: Annotated[
        Path | None,
        typer.Option(
            help="the file (for gradescope and with --feedback the folder) to write; grades… in the course if left out"
        ),
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="the feedback pages, zipped as Canvas or Moodle take them back in bulk")
    ] = False,
) -> None:
    """Write the grades, or feedback pages: for Canvas, Moodle or Gradescope to import, or all grades as CSV.

    Without --to there are two tables, one with a row a submission, one with a row a student. With --to an empty cell is
    somebody who has not handed in, and what has changed since the last time is said. Ends with status 1 if somebody
    was left out, with 3 if a person has yet to give points.
    """
    root = find_root()
    from course_utils.course import find_labs

    _apply_dates(root, find_labs(root, labs or []))
    if feedback:
        raise typer.Exit(1 if _export_pages(root, find_labs(root, labs or []), to, into) else 0)
    if not to:
        from course_utils.grading.export import export as export_grades

        if labs:
            raise CourseError("Without --to all labs are exported. Say --to csv for some of them.")
        for path in export_grades(root, into or root / "grades.csv"):
            typer.echo(f"written    {path}")
        return
    from course_utils.term import sending

    made = sending.prepare(root, to, find_labs(root, labs or []))
    for path in sending.write(root, made, into):
        typer.echo(f"written    {path}")
    for line in sending.lines_of(made):
        typer.echo(line)
    raise typer.Exit(1 if made.made.left_out else LEFT_TO_A_PERSON if made.waiting else 0)


def _export_pages(root: Path, names: list[str], to: str, into: Path | None) -> bool:
    """Bring feedback pages up to date and write them for a platform; tell whether somebody was left out."""
    from course_utils.grading.feedback import make_feedback
    from course_utils.grading.results import graded_students
    from course_utils.term import pages_back

    pages_back.refuse_other(to)
    graded = [name for name in names if graded_students(root, name)]
    if not graded:
        raise CourseError(f"Nobody has been graded in {', '.join(names)}. Run: course grade {names[0]}")
    left_out = False
    for name in graded:
        for who, reason in make_feedback(root, name).failures.items():
            typer.echo(f"no page: {who}: {reason}", err=True)
        made = pages_back.gather(root, name, to)
        if made.pages:
            typer.echo(f"written    {pages_back.write(root, made, into)}")
        typer.echo("\n".join(pages_back.lines_of(made)))
        left_out = left_out or bool(made.left_out)
    return left_out


@app.command(rich_help_panel=TEACH)
def students(
    labs: Labs = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="a table (CSV) of Canvas, Moodle or Gradescope, or one with a column student_id",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, and write nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="write without asking")] = False,
) -> None:
    """Say who has handed in and who has not; or take the class from a table into students.csv.

    An import shows what it would change, and asks. It may be repeated; who is not in the table stays.
    """
    from course_utils.course import find_labs
    from course_utils.term import roster
    from course_utils.term import students as listing

    root = find_root() if source is None else writable_root()
    if source is None:
        people = listing.the_class(root)
        for name in find_labs(root, labs or []):
            typer.echo("\n".join(listing.lines_of(listing.who_handed_in(root, name, people))))
        return
    if labs:
        raise CourseError("--import takes the whole class, and no labs.")
    planned = roster.plan_import(root, source)
    typer.echo("\n".join([*listing.lines_about_titles(root, planned), *listing.lines_of_import(planned)]))
    if planned.changes and not dry_run:
        if not may_write(yes):
            raise CourseError("Nothing was written. Say --yes to write without being asked.")
        typer.echo(f"written    {roster.write_people(root, planned.people)}")


@app.command("new-term", rich_help_panel=TEACH)
def new_term(
    name: Annotated[
        str, typer.Argument(help="what the new term is called, such as 2027-spring; with --verify none")
    ] = "",
    to: Annotated[
        Path | None, typer.Option(help="the folder of the new course; a new one beside this course if left out")
    ] = None,
    archive: Annotated[bool, typer.Option("--archive/--no-archive", help="make a ZIP of the old course, too")] = True,
    verify: Annotated[
        Path | None,
        typer.Option(help="compare a frozen course, its folder or its ZIP, with its checksums; do nothing else"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")] = False,
) -> None:
    """Freeze this course, and carry it over into a fresh folder in which every student has other numbers.

    The old course can only be read from then on, and has a list of checksums; --verify ends with status 1 where
    something is not as it was. The new one has labs and settings, and no students, submissions or grades.
    """
    from course_utils.term import freezing

    if verify is not None:
        if name:
            raise CourseError("--verify compares, and begins no term: leave out the name.")
        found = freezing.verify(verify)
        typer.echo("\n".join(freezing.lines_of(verify, found)))
        raise typer.Exit(0 if found.well else 1)
    from course_utils.term import new_term as beginning

    planned = beginning.plan(find_root(), name, to)
    planned.archive = planned.archive if archive else None
    typer.echo("\n".join(beginning.lines_of(planned)))
    if dry_run:
        return
    if not may_write(yes):
        raise CourseError("Nothing was done. Say --yes to do it without being asked.")
    said = len(planned.notes)
    beginning.carry_over(planned)
    for note in planned.notes[said:]:
        typer.echo(f"note       {note}")
    typer.echo(f"done       the term is written into {planned.salted} files. Next, in {planned.folder}:")
    typer.echo("           course release --gradebook; then due.toml, and course students --import")


@app.command(rich_help_panel=TEACH)
def variants(
    lab: Annotated[str, typer.Argument(help="a lab such as 5")],
    student: Annotated[str, typer.Option(help="the student's id")],
) -> None:
    """Say what one student was asked in a lab, and what is right; by the id in the notebook, if it was handed in."""
    from course_utils.course import find_labs
    from course_utils.term import variants as asked

    root = find_root()
    typer.echo("\n".join(asked.lines_of(asked.look(root, find_labs(root, [lab])[0], student))))


@app.command(rich_help_panel=TEACH)
def anonymise(
    labs: Labs = None,
    to: Annotated[Path, typer.Option(help="a new or empty folder for the copy")] = Path("anonymised"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be found, and write no copy")] = False,
) -> None:
    """Make a copy of what a class handed in that can be shared: pseudonyms for ids, no names, mails or metadata.

    Says what was found, and what nobody can judge: look at that before you share it. Ends with status 3 if there is
    something to look at.
    """
    from course_utils.course import find_labs
    from course_utils.term import anonymise as hiding

    root = find_root()
    made = hiding.make(root, find_labs(root, labs or []))
    if not dry_run:
        hiding.write(made, to)
    typer.echo("\n".join(hiding.lines_of(made)))
    if not dry_run:
        typer.echo(f"written    {to}: {len(made.contents)} files")
    raise typer.Exit(LEFT_TO_A_PERSON if made.doubtful else 0)


def may_write(yes: bool) -> bool:
    """Tell whether somebody has said that what was shown may be written."""
    return yes or (sys.stdin.isatty() and typer.confirm("Write that?"))


@app.command(rich_help_panel=TEACH)
def demo(
    labs: Annotated[
        list[str] | None, typer.Argument(help="labs, such as 5, 05 or 05_conv_and_pooling; 1 to 5 if left out")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="all labs and homeworks: some ten minutes")] = False,
    folder: Annotated[
        Path | None, typer.Option(help="a new or empty folder for the sample course; a temporary one if left out")
    ] = None,
    workers: Workers = None,
) -> None:
    """Grade a sample class, from release to feedback, in a folder of its own."""
    from course_utils.demo import demo as run_demo
    from course_utils.demo import labs_with_a_class

    root = find_root()
    run_demo(root, labs_with_a_class(root) if everything else labs or [], folder=folder, workers=workers)


@app.command(rich_help_panel=WRITE)
def site(
    labs: Labs = None,
    to: Annotated[
        Path | None, typer.Option(help="a new or empty folder, or an earlier site; site/ if left out")
    ] = None,
    repository: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="where you have put the bundle for everybody, at GitHub or GitLab: each lesson then has buttons "
            "that open it at Binder and Colab",
        ),
    ] = "",
) -> None:
    """Make the site to read: lessons with figures and without answers, guides, glossary, reference. Works offline.

    Each notebook is run once, as it is handed out, and again only when it or the package's code has changed. Ends with
    status 1 if a page holds something that could not be understood. Needs the extra "docs".
    """
    from course_utils.course import find_labs
    from course_utils.site import building, launching

    root, where = find_root(), launching.read_address(repository) if repository else None
    folder = (to or root / building.SITE).resolve()
    warnings = building.build(root, folder, find_labs(root, labs or []), typer.echo, where)
    for warning in warnings:
        typer.echo(warning, err=True)
    typer.echo(f"The site is made: {folder / 'index.html'}")
    raise typer.Exit(1 if warnings else 0)


@data_app.callback()
def data(context: typer.Context) -> None:
    """List the data sets and weights of the labs, and which are here; or fetch one."""
    if context.invoked_subcommand:
        return
    from course_utils.data import sources
    from course_utils.models import sources as weights

    for one in [*sources(), *weights()]:
        state = "here" if one.here else "not here"
        typer.echo(f"{state:<10}{one.name}: {one.what}. Licence: {one.licence}.")
        typer.echo(" " * 10 + (one.where if one.here else f"To get it: {one.get}."))


@data_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="cifar10 (170 MB), fashion (31 MB) or mobilenet_v2 (14 MB)")],
    folder: Annotated[Path | None, typer.Option(help="where to; the labs' usual place if left out")] = None,
) -> None:
    """Fetch a data set or weights, once. An interrupted transfer is continued."""
    from course_utils.data.fetch import FETCHABLE
    from course_utils.data.fetch import fetch as fetch_data
    from course_utils.models import fetch as fetch_weights

    if name not in (*FETCHABLE, "mobilenet_v2"):
        raise CourseError(f"There is no {name!r} to fetch. There are: {', '.join(FETCHABLE)}, mobilenet_v2.")
    place = (fetch_data if name in FETCHABLE else fetch_weights)(name, folder)
    typer.echo(f"{name} is here: {place}")


def main() -> None:
    """Run the command line; what a user can mend is said in plain words, with exit status 2."""
    leave_out_a_grammar()
    os.environ["PATH"] = environment()["PATH"]
    try:
        app(prog_name="course")
    except (CourseError, DataUnavailable) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        if not (sentence := why_unwritable(error)):
            raise
        print(sentence, file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None

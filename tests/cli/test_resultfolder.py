"""What is in the folder of a result, whatever was there and whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gradekit import cleanup
from gradekit import record as records
from gradekit.cli import resultfolder
from gradekit.errors import InfrastructureError, UsageError
from gradekit.record import Observation, Record
from gradekit.report import record as report_record
from gradekit.results import SubmissionRef

REPORTS = Path(__file__).parents[1] / "report"


def report(run: str) -> bytes:
    one = report_record.read((REPORTS / "passed" / "report.json").read_text(encoding="utf-8"))
    return report_record.render(one.model_copy(update={"run": one.run.model_copy(update={"id": run})})).encode()


def record(run: str, *checks: str) -> Record:
    return Record(
        gradekit="1",
        id=run,
        started_at="2026-01-31T12:00:00+00:00",
        seconds=1.0,
        challenge="c",
        challenge_path="/c",
        challenge_digest="d",
        submission=SubmissionRef(candidate=run, repo="r", tree="t", files=1, bytes=1),
        isolation=None,
        images={},
        phases=(),
        observations=tuple(Observation(check=check, kind="http", state="observed", evidence=run) for check in checks),
    )


def ada(out: Path) -> None:
    resultfolder.write(
        out, {"report.json": report("ada"), "report.md": b"ada", "report.xml": b"ada"}, record("ada", "a")
    )


def zoe(out: Path) -> None:
    resultfolder.write(out, {"report.json": report("zoe"), "report.html": b"zoe"}, record("zoe", "a", "z"))


def runs_in(out: Path) -> set[str]:
    """Whose parts are there."""
    found = set()
    for path in out.rglob("*"):
        if path.is_file() and not path.relative_to(out).parts[0].startswith(".gradekit-"):
            text = path.read_text(encoding="utf-8")
            found |= {name for name in ("ada", "zoe") if name in text}
    return found


def names(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_nothing_of_an_earlier_run_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("of somebody")
    ada(tmp_path)
    zoe(tmp_path)
    assert names(tmp_path) == [
        "mine.txt",
        "record/evidence/a.json",
        "record/evidence/z.json",
        "record/record.json",
        "report.html",
        "report.json",
    ]
    assert runs_in(tmp_path) == {"zoe"}
    assert records.read(tmp_path / "record") == record("zoe", "a", "z")


class Killed(BaseException):
    """As when the process is killed there: nothing more happens."""


@pytest.mark.parametrize("call", range(11))
def test_whoever_is_killed_leaves_no_parts_of_two_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    ada(tmp_path)
    left = [call]

    def dying(action: Callable[..., object]) -> Callable[..., object]:
        def act(self: Path, *arguments: object, **options: object) -> object:
            if ".gradekit-" not in str(self) or "report." in self.name or self.name == "record":
                if not left[0]:
                    raise Killed
                left[0] -= 1
            return action(self, *arguments, **options)

        return act

    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))
    monkeypatch.setattr(shutil, "rmtree", lambda *_arguments, **_options: None)
    try:
        zoe(tmp_path)
    except Killed:
        assert len(runs_in(tmp_path)) <= 1
        if (tmp_path / "report.json").exists():
            assert runs_in(tmp_path) == {"ada"}
    else:
        assert call == 10, "each step was tried"


def test_an_interrupt_waits_until_all_is_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ada(tmp_path)
    clear = resultfolder._clear

    def interrupted(out: Path, trash: Path) -> None:
        clear(out, trash)
        cleanup.interrupt(KeyboardInterrupt())

    monkeypatch.setattr(resultfolder, "_clear", interrupted)
    with pytest.raises(KeyboardInterrupt):
        zoe(tmp_path)
    assert runs_in(tmp_path) == {"zoe"}
    assert {"report.json", "report.html", "record"} == {path.name for path in tmp_path.iterdir()}


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ada(tmp_path)
    before = names(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InfrastructureError, match="No space left on device"):
        zoe(tmp_path)
    assert names(tmp_path) == before
    assert runs_in(tmp_path) == {"ada"}


def test_a_folder_that_fails_at_the_end_is_our_fault(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(InfrastructureError, match=r"report\.json: cannot be written"):
        zoe(tmp_path)


def test_reports_of_the_same_run_join_what_is_there(tmp_path: Path) -> None:
    ada(tmp_path)
    resultfolder.check(tmp_path, "ada")
    resultfolder.write(tmp_path, {"report.json": report("ada"), "report.html": b"ada"}, None)
    assert {"report.html", "report.md", "report.xml", "record/record.json"} <= set(names(tmp_path))


def test_reports_of_another_run_do_not(tmp_path: Path) -> None:
    resultfolder.check(tmp_path, "zoe")
    ada(tmp_path)
    with pytest.raises(
        UsageError, match="holds the result of another run, ada; an empty folder, or that of the same run"
    ):
        resultfolder.check(tmp_path, "zoe")
    (tmp_path / "report.json").unlink()
    with pytest.raises(UsageError, match="another run, ada"):
        resultfolder.check(tmp_path, "zoe")
    (tmp_path / "record" / "record.json").write_text("[]")
    resultfolder.check(tmp_path, "zoe")


def test_whose_result_it_is(tmp_path: Path) -> None:
    assert resultfolder.holder(None) == resultfolder.holder(tmp_path) == ""
    ada(tmp_path)
    named = report_record.read((tmp_path / "report.json").read_text(encoding="utf-8")).submission
    assert resultfolder.holder(tmp_path) == (named.candidate or named.repo) != ""


def test_folders_of_others_are_not_written_over(tmp_path: Path) -> None:
    resultfolder.check(tmp_path)
    resultfolder.check(tmp_path / "new")
    resultfolder.check(None)
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(UsageError, match="is not a report of gradekit"):
        resultfolder.check(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        resultfolder.check(tmp_path / "report.json")
    with pytest.raises(UsageError, match=r"report\.json cannot be written"):
        resultfolder.check(tmp_path / "report.json" / "below")

"""The folder of a result: the reports and the record of one run, and never of two."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gradekit import cleanup
from gradekit import record as records
from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.record import Record, write_atomically
from gradekit.report.formats import FORMATS
from gradekit.results import Report

RECORD_FOLDER: Final = "record"
_REPORT: Final = "report.json"
_CHOOSE: Final = "choose another --out"


def check(out: Path | None, run: str | None = None) -> None:
    """Refuse, before any work, to write over what is not ours, or where nothing can be written.

    ``run``: the id of the only run whose result may be there, for who adds reports and leaves the record.

    Raises:
        UsageError: ``out`` is a file, cannot be written, or holds a report.json of something else.
    """
    if out is None:
        return
    place = f"--out {out}"
    if out.exists() and not out.is_dir():
        raise UsageError(Problem(place, "is a file", "reports go to a folder", _CHOOSE))
    existing = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        what = f"{existing} cannot be written"
        raise UsageError(Problem(place, what, "it has to be a folder you may write to", _CHOOSE))
    there = _run_in(out)
    if run is not None and there not in {None, run}:
        what = f"holds the result of another run, {there}"
        raise UsageError(Problem(place, what, "an empty folder, or that of the same run", _CHOOSE))


def holder(out: Path | None) -> str:
    """Whose result a folder holds: the candidate, or the repository; nothing where it holds none."""
    report = None if out is None else _report_in(out)
    return "" if report is None else report.submission.candidate or report.submission.repo


def _report_in(out: Path) -> Report | None:
    from gradekit.report import record as report_record

    report = out / _REPORT
    if not report.exists():
        return None
    try:
        return report_record.read(report.read_text(encoding="utf-8"))
    except (UsageError, ValueError) as error:
        expected = "--out takes an empty folder, or that of an earlier run"
        raise UsageError(Problem(str(report), "is not a report of gradekit", expected, _CHOOSE)) from error


def _run_in(out: Path) -> str | None:
    """The id of the run whose result a folder holds."""
    report = _report_in(out)
    if report is not None:
        return report.run.id
    try:
        return str(json.loads((out / RECORD_FOLDER / records.RECORD).read_bytes())["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(out: Path, reports: Mapping[str, bytes], record: Record | None) -> None:
    """Put a result where that of an earlier run may be: all of it or, where it cannot be written, nothing.

    Whoever looks, and whatever ends us meanwhile, never finds parts of two runs: the earlier reports go first, of all
    formats, then the record is exchanged, and report.json comes last.

    Args:
        out: made if it is not there.
        reports: name of each file -> its content.
        record: of the run; None: these reports are of the run whose result is there, and join it.

    Raises:
        InfrastructureError: it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=out, prefix=".gradekit-"))
        try:
            for name, data in reports.items():
                write_atomically(stage / name, data)
            if record is not None:
                records.write(stage / RECORD_FOLDER, record)
            with cleanup.unbroken():
                if record is not None:
                    _clear(out, stage / "earlier")
                    (stage / RECORD_FOLDER).replace(out / RECORD_FOLDER)
                for name in sorted(reports, key=lambda name: name == _REPORT):
                    (stage / name).replace(out / name)
        finally:
            with cleanup.unbroken():
                shutil.rmtree(stage, ignore_errors=True)
    except OSError as error:
        place = str(error.filename or out)
        what = f"cannot be written ({error.strerror})"
        raise InfrastructureError(Problem(place, what, "a folder you may write to", _CHOOSE)) from error
    except UsageError as error:
        raise InfrastructureError(*error.problems) from error


def _clear(out: Path, trash: Path) -> None:
    (out / _REPORT).unlink(missing_ok=True)
    for each in FORMATS.values():
        (out / f"report{each.suffix}").unlink(missing_ok=True)
    if (out / RECORD_FOLDER).exists():
        (out / RECORD_FOLDER).replace(trash)

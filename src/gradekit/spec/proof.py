"""What is known of a challenge's checks, as a table in its brief: made of its locks, and no word of what is hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from gradekit.errors import Problem, UsageError
from gradekit.record import write_atomically
from gradekit.spec.challenge import Challenge
from gradekit.spec.lock import Lock, read_lock

BEGIN: Final = "<!-- proof: gradekit challenge verify writes the lines from here to the end mark -->"
END: Final = "<!-- end of proof -->"
_NONE: Final = "-"


def table(locks: Mapping[str, Lock]) -> str:
    """What the locks of a challenge's editions, by name, say of its checks: counts alone, for candidates read it.

    No check, solution, mistake or expected value is named.
    """
    versions = ", ".join(sorted({lock.gradekit for lock in locks.values()}))
    rows: Mapping[str, Callable[[Lock], str]] = {
        "right solutions; each gets all points": _right,
        "wrong solutions; each loses exactly the checks that it should": _wrong,
        "solutions that cheat; none gets a point": _cheating,
        "expectations without which some wrong answer would pass": _needed,
        "mistakes put into right queries that are noticed": lambda lock: _noticed(lock.mutants),
        "mistakes put into a right solution that are noticed": lambda lock: _noticed(lock.code_mutants),
    }
    found = {title: [cell(lock) for lock in locks.values()] for title, cell in rows.items()}
    lines = [
        f"Before anyone is graded, gradekit {versions} tries the checks on what is known to be right or wrong:",
        "",
        _row("", *locks),
        _row("---", *("---" for _ in locks)),
        *(_row(title, *cells) for title, cells in found.items() if set(cells) != {_NONE}),
    ]
    if any(_aside(counts) for lock in locks.values() for counts in (lock.mutants, lock.code_mutants)):
        lines += ["", "A mistake is set aside where the result is right, too; the challenge gives the reason for each."]
    return "\n".join(lines) + "\n"


def with_table(brief: str, locks: Mapping[str, Lock]) -> str:
    """A brief with the table between its two marks; as it is where it has none, or there is no lock."""
    before, begin, rest = brief.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n\n{table(locks)}\n{end}{after}" if end and locks else brief


def locks_of(challenge: Challenge) -> Mapping[str, Lock]:
    """The locks of all specs in a challenge's folder by their names, the one of ``challenge.yaml`` first.

    Raises:
        SpecError: one cannot be read.
    """
    root = challenge.root
    name = root.resolve().name
    specs = [root / "challenge.yaml", *sorted(root.glob("challenge.*.yaml"))]
    found = {path.stem.replace("challenge", name, 1): read_lock(path.with_suffix(".lock")) for path in specs}
    return {spec: lock.shown() for spec, lock in found.items() if lock is not None}


def marked_brief(challenge: Challenge) -> Path | None:
    """The challenge's brief if it has the marks of the table, to be told before hours of grading that one is missing.

    Raises:
        UsageError: it has one without the other, or cannot be read.
    """
    path = challenge.root / (challenge.spec.brief or "README.md")
    text = _text(path) if path.is_file() else ""
    if BEGIN not in text and END not in text:
        return None
    if END not in text.partition(BEGIN)[2]:
        what = "has one of the two marks of the table that verify writes, or the last one first"
        raise UsageError(Problem(str(path), what, f"{BEGIN} and, below it, {END}", "have both, or none"))
    return path


def write_table(challenge: Challenge) -> Path | None:
    """Bring the table in the brief up to date with the locks, if it has the marks; the brief, or None.

    Raises:
        SpecError: a lock cannot be read.
        UsageError: the brief has one mark without the other, or cannot be read or written.
    """
    path = marked_brief(challenge)
    if path is not None:
        brief = _text(path)
        written = with_table(brief, locks_of(challenge))
        if written != brief:
            write_atomically(path, written.encode())
    return path


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(Problem(str(path), f"cannot be read: {error}", "text in UTF-8")) from error


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _right(lock: Lock) -> str:
    passed = [got for got in lock.solutions.values() if not got.get("fails") and not got.get("cheats")]
    languages = {str(got.get("language", "")) for got in passed} - {""}
    return f"{len(passed)}: {', '.join(sorted(languages))}" if languages else str(len(passed))


def _wrong(lock: Lock) -> str:
    return str(sum(1 for got in lock.solutions.values() if got.get("fails") and not got.get("cheats")))


def _cheating(lock: Lock) -> str:
    count = sum(1 for got in lock.solutions.values() if got.get("cheats"))
    return str(count) if count else _NONE


def _needed(lock: Lock) -> str:
    expectations = sum(tried.expectations for tried in lock.sharpness.values())
    needless = sum(len(tried.needless) for tried in lock.sharpness.values())
    return f"{expectations - needless} of {expectations}" if expectations else _NONE


def _noticed(counts: Mapping[str, Any]) -> str:
    if not counts.get("of"):
        return _NONE
    aside = _aside(counts)
    sample = counts["of"] + counts.get("stillborn", 0) + counts.get("errored", 0)
    others = [f"{aside} set aside"] if aside else []
    if sample < counts.get("made", 0) - aside:
        others.insert(0, f"a sample of {counts['made']}")
    return f"{counts['killed']} of {counts['of']}" + (f" ({', '.join(others)})" if others else "")


def _aside(counts: Mapping[str, Any]) -> int:
    """How many mistakes ``mutation.ignore`` left out; a lock of before they were counted has none."""
    return int(counts.get("ignored", 0))

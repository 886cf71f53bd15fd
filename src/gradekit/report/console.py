"""The report as a terminal or a log shows it: verdict, criteria, what failed and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gradekit.report import words
from gradekit.report.text import cleaned, without_commands
from gradekit.results import CheckResult, CheckRun, Outcome, Report

WIDTH = 100
"""Columns when nobody says how wide the terminal is."""
_STYLE: dict[words.Tone, str] = {"pass": "green", "fail": "red", "wait": "yellow", "fault": "magenta"}
_ASCII = str.maketrans({"✓": "+", "✗": "x", "○": "-", "·": "-", "█": "#", "░": ".", "…": "~", "│": "|"})
_BAR = 20
_CASES = 5
_LINES = 8
_SHOWN = 24
"""Lines of a piece of evidence."""


def render(report: Report) -> str:
    """The report as plain text."""
    return console(report, width=WIDTH, colour=False, unicode=True)


def console(report: Report, *, width: int, colour: bool, unicode: bool, evidence: bool = False) -> str:
    """The report for a terminal of ``width`` columns, its texts made inert; plain ASCII without ``unicode``.

    ``evidence``: with that of the checks that did not pass, each piece of it cut after some lines.
    """
    report = cleaned(report)
    page = _Page(width, colour=colour)
    _head(page, report)
    _criteria(page, report)
    _findings(page, report, evidence=evidence)
    _notes(page, report)
    _notices(page, report)
    _foot(page, report)
    return _of(page, unicode=unicode)


class _Page:
    """Lines on a rich console that knows nothing of the process's terminal or environment."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self._out = StringIO()
        self.console = Console(
            file=self._out,
            width=max(width, 40),
            force_terminal=colour,
            color_system="standard" if colour else None,
            no_color=not colour,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def line(self, *parts: tuple[str, str] | str, indent: int = 0, bar: str = "") -> None:
        """Print text wrapped to the width, after the indent and ``bar``; later lines have only its last sign."""
        start = " " * indent + bar
        later = " " * (len(start) - 2) + bar[-2:] if bar else start
        for number, row in enumerate(
            Text.assemble(*parts).wrap(self.console, max(self.console.width - len(start), 20))
        ):
            row.rstrip()
            start = later if number else start
            self.console.print(Text.assemble((start, "dim"), row), no_wrap=True, overflow="ignore", crop=False)

    def code(self, line: str, indent: int, bar: str) -> None:
        """Print a line to be copied as it is: however long it is, the terminal wraps it, and no space is lost."""
        text = Text.assemble((" " * indent + bar, "dim"), line)
        self.console.print(text, no_wrap=True, overflow="ignore", crop=False)

    def text(self) -> str:
        """All lines so far, without spaces at their ends."""
        lines = (line.rstrip() for line in self._out.getvalue().splitlines())
        return without_commands("\n".join(lines).strip("\n") + "\n")


def _head(page: _Page, report: Report) -> None:
    verdict = words.verdict(report)
    page.line((report.challenge.title, "bold"), (f" · {report.challenge.id}", "dim"))
    page.line(f"candidate   {words.who(report)}")
    page.line(f"submission  {words.origin(report)}")
    if words.variant(report):
        page.line(f"variant     {words.variant(report)}")
    page.line("")
    page.line(
        (f"{words.TONE_MARK[verdict.tone]} {verdict.word.upper()}", f"bold {_STYLE[verdict.tone]}"),
        (f"  {verdict.number}", "bold"),
    )
    page.line(verdict.sentence, indent=2)
    for reason in report.score.reasons:
        page.line(f"- {reason}", indent=2)
    page.line("")


def _criteria(page: _Page, report: Report) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Criterion", overflow="fold", max_width=max(page.console.width - 50, 16))
    table.add_column("Weight", justify="right")
    table.add_column("Earned", justify="right")
    table.add_column("")
    for criterion in report.criteria:
        filled = words.share(report, criterion)
        bar = "" if filled is None else "█" * int(filled * _BAR) + "░" * (_BAR - int(filled * _BAR))
        title = criterion.title + (" (required)" if criterion.required else "")
        table.add_row(Text(title), str(criterion.weight), words.criterion_earned(report, criterion), Text(bar, "cyan"))
    page.console.print(table)
    page.line("")
    page.line(words.tally_words(report.checks))
    least = words.least_tier(report)
    if least:
        page.line(least)


def tried(
    results: Sequence[CheckResult],
    runs: Mapping[str, CheckRun],
    *,
    width: int,
    colour: bool,
    unicode: bool,
    whole: bool = False,
) -> str:
    """Checks that were run alone, with their evidence; each piece of it is cut after some lines, unless ``whole``."""
    page = _Page(width, colour=colour)
    for check in map(cleaned, results):
        run = cleaned(runs[check.id])
        _finding(page, check, [check.id, check.kind, check.tier.value, words.duration(run.seconds)])
        _exhibits(page, run, whole=whole)
    return _of(page, unicode=unicode)


def _exhibits(page: _Page, run: CheckRun, *, whole: bool) -> None:
    for exhibit in run.exhibits:
        lines = exhibit.text.splitlines()
        missing = 0 if whole else max(len(lines) - _SHOWN, 0)
        more = (f"… {words.count(missing, 'more line')}", "dim")
        page.line((exhibit.title, "bold"), indent=2)
        if missing and exhibit.log:
            page.line(more, indent=2)
        for line in lines[missing:] if exhibit.log else lines[: len(lines) - missing]:
            page.code(line, indent=2, bar="│ ")
        if missing and not exhibit.log:
            page.line(more, indent=2)


def _of(page: _Page, *, unicode: bool) -> str:
    text = page.text()
    return text if unicode else text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _findings(page: _Page, report: Report, *, evidence: bool) -> None:
    for check in words.attention(report):
        about = [check.id, check.criterion, words.check_points(report, check), check.tier.value]
        _finding(page, check, [*about, "required"] if check.required else about)
        if evidence and check.id in report.run.checks:
            _exhibits(page, report.run.checks[check.id], whole=False)


def _finding(page: _Page, check: CheckResult, about: Sequence[str]) -> None:
    standing = words.standing(check)
    page.line("")
    page.line((f"{standing.mark} {standing.word}", f"bold {_STYLE[standing.tone]}"), f"  {check.title}")
    page.line((" · ".join(about), "dim"), indent=2)
    for line in words.remarks(check):
        page.line(line, indent=2)
    _outcome(page, words.own_outcome(check), 2)
    _cases(page, check)


def _cases(page: _Page, check: CheckResult) -> None:
    cases = words.unmet(check)
    for case in cases[:_CASES]:
        status = case.outcome.status
        page.line((words.mark(status), _STYLE[words.STATUS_TONE[status]]), f" {status.value}: {case.title}", indent=2)
        _outcome(page, case.outcome, 4)
    if len(cases) > _CASES:
        page.line(f"… {words.count(len(cases) - _CASES, 'more case')} did not pass", indent=2)


def _outcome(page: _Page, outcome: Outcome, indent: int) -> None:
    for label, text in (("", outcome.message), ("expected ", outcome.expected), ("actual   ", outcome.actual)):
        lines = (text or "").splitlines()
        for number, line in enumerate(lines[:_LINES]):
            page.line(line, indent=indent, bar=f"{' ' * len(label) if number else label}│ ")
        if len(lines) > _LINES:
            page.line(f"… {words.count(len(lines) - _LINES, 'more line')}", indent=indent, bar=" " * len(label) + "│ ")


def _notes(page: _Page, report: Report) -> None:
    checks = [check for check in words.passed(report) if check.notes]
    if checks:
        page.line("")
        page.line(("Notes on passed checks", "bold"))
    for check in checks:
        page.line(check.title, (f" · {check.id} · {check.tier.value}", "dim"), indent=2)
        for line in words.remarks(check):
            page.line(line, indent=4)


def _notices(page: _Page, report: Report) -> None:
    if report.notices:
        page.line("")
        page.line(("Notices", "bold"))
    for notice in report.notices:
        page.line(f"- {notice}", indent=2)


def _foot(page: _Page, report: Report) -> None:
    run = report.run
    when = f"{words.moment(run.started_at)} · {words.duration(run.seconds)}"
    page.line("")
    page.line((f"gradekit {report.gradekit} · run {run.id} · {when}", "dim"))
    inside = words.inside(report)
    if inside:
        page.line((inside, "dim"))

"""Markdown for pull-request comments and CI summaries: no links, no images, a bounded length."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gradekit.report import words
from gradekit.report.text import without_commands
from gradekit.results import CheckResult, CriterionScore, Exhibit, Outcome, Report

LIMIT = 60_000
"""Characters at most; hosts refuse comments above some 65,000."""
_NOTE = "_The rest is left out for its length; the HTML and JSON reports have all of it._"
_TITLE = 80
_ROWS = 40
_CASES = 10
_REASONS = 12
_EVIDENCE = 3_000
_SPECIAL = re.compile(
    r"""
    [^\w\s,;'"%()/.:+-]    # punctuation that always means something, and everything beyond ASCII
    | _
    | (?<!\d):(?=\S)       # links, mail addresses, emoji codes; not 14:02
    | (?<=\d):(?=[^\s\d])
    | (?<=[wW])\.          # www.
    | ^[-+]|^\d+[.)](?=\s|$)  # lists
    """,
    re.ASCII | re.VERBOSE,
)
_BACKTICKS = re.compile("`+")


def render(report: Report) -> str:
    """The report as GitHub-flavoured Markdown of at most ``LIMIT`` characters."""
    return _fit(_blocks(report)) + "\n"


def _fit(blocks: Iterable[str]) -> str:
    kept: list[str] = []
    room, whole = LIMIT - len(_NOTE) - 4, True
    for block in blocks:
        if len(block) + 2 <= room:
            kept.append(block)
            room -= len(block) + 2
        else:
            whole = False
    return "\n\n".join(kept if whole else [*kept, _NOTE])


def _blocks(report: Report) -> Iterable[str]:
    verdict = words.verdict(report)
    title = _prose(words.clipped(report.challenge.title, _TITLE))
    yield f"## {words.TONE_MARK[verdict.tone]} {title}: {verdict.word}, {verdict.number}"
    yield _prose(verdict.sentence)
    yield from _list(report.score.reasons)
    variant = f", variant {_code(words.variant(report))}" if words.variant(report) else ""
    yield f"Candidate {_code(words.who(report))}, submission {_code(words.origin(report))}{variant}"
    yield _table(report)
    tally = words.tally_words(report.checks)
    yield f"{tally[:1].upper()}{tally[1:]}. {words.least_tier(report)}".rstrip()
    for check in words.attention(report):
        yield from _check(report, check)
    if report.notices:
        yield "### Notices"
        yield from _list(report.notices)
    passed = words.passed(report)
    if passed:
        yield _folded(f"{len(passed)} passed", (_line(report, check) for check in passed))
    run = report.run
    inside = words.inside(report)
    if inside:
        yield f"<sub>{_prose(inside)}</sub>"
    yield (
        f"<sub>gradekit {_prose(report.gradekit)}, run {_prose(run.id)}, "
        f"{_prose(words.moment(run.started_at))}, {words.duration(run.seconds)}</sub>"
    )


def _list(items: tuple[str, ...]) -> Iterable[str]:
    if items:
        more = [f"- {len(items) - _REASONS} more"] if len(items) > _REASONS else []
        yield "\n".join([f"- {_prose(item)}" for item in items[:_REASONS]] + more)


def _table(report: Report) -> str:
    rows = ["| Criterion | Weight | Earned |", "|:--|--:|--:|"]
    rows += [_row(report, criterion) for criterion in report.criteria[:_ROWS]]
    if len(report.criteria) > _ROWS:
        rows.append(f"| {len(report.criteria) - _ROWS} more | | |")
    return "\n".join(rows)


def _row(report: Report, criterion: CriterionScore) -> str:
    required = " (required)" if criterion.required else ""
    title = _prose(words.clipped(criterion.title, _TITLE))
    return f"| {title}{required} | {criterion.weight} | {words.criterion_earned(report, criterion)} |"


def _line(report: Report, check: CheckResult) -> str:
    about = f"- {_prose(check.title)} ({_prose(check.id)}): {words.check_points(report, check)}, {check.tier.value}"
    return "\n".join([about, *(f"  - {_prose(line)}" for line in words.remarks(check))])


def _check(report: Report, check: CheckResult) -> Iterable[str]:
    standing = words.standing(check)
    yield f"### {standing.mark} {_prose(check.title)}: {standing.word}"
    about = [_prose(check.id), _prose(check.criterion), words.check_points(report, check), check.tier.value]
    yield " · ".join([*about, "**required**"] if check.required else about)
    yield from _list(words.remarks(check))
    yield from _outcome(words.own_outcome(check))
    cases = words.unmet(check)
    for case in cases[:_CASES]:
        yield f"{words.mark(case.outcome.status)} {case.outcome.status.value}: {_code(case.title)}"
        yield from _outcome(case.outcome)
    if len(cases) > _CASES:
        yield f"{words.count(len(cases) - _CASES, 'more case')} did not pass."
    run = report.run.checks.get(check.id)
    for exhibit in run.exhibits if run else ():
        yield _exhibit(exhibit)


def _outcome(outcome: Outcome) -> Iterable[str]:
    text = words.account(outcome)
    if text:
        yield _fenced(text)


def _exhibit(exhibit: Exhibit) -> str:
    cut = words.last if exhibit.log else words.clipped
    return _folded(f"Evidence: {_prose(exhibit.title)}", [_fenced(cut(exhibit.text, _EVIDENCE))])


def _folded(summary: str, body: Iterable[str]) -> str:
    return "\n".join([f"<details><summary>{summary}</summary>", "", *body, "", "</details>"])


def _prose(text: str) -> str:
    """Text that stays text: no markup, table cell, link, mention or reference can begin in it."""
    return _SPECIAL.sub(lambda match: "".join(map(_entity, match[0])), " ".join(text.split()))


def _entity(char: str) -> str:
    # Hosts look for links, mentions and references after entities are resolved, but never across elements.
    return f"<span>{char}</span>" if char in "@#:." else f"&#{ord(char)};" if char.isascii() else char


def _code(text: str) -> str:
    """Text in a code span whose fence is longer than any run of backticks in it."""
    text = without_commands(" ".join(text.split()))
    return f"{_fence(text, 1)} {text} {_fence(text, 1)}" if text else "(empty)"


def _fenced(text: str) -> str:
    """Text in a code block."""
    return f"{_fence(text, 3)}text\n{without_commands(text)}\n{_fence(text, 3)}"


def _fence(text: str, least: int) -> str:
    return "`" * max(least, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))

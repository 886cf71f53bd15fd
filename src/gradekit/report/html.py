"""The HTML form: one file without scripts, links or remote parts, for screens, phones and paper."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gradekit.report import words
from gradekit.results import CheckResult, Exhibit, Report, Status, Tier
from gradekit.score import number, points
from gradekit.spec.rubric import WHOLE

CASES = 200
"""Cases shown of one check, the worst first; the JSON record has all."""


def render(report: Report) -> str:
    """The report as one HTML document."""
    style = _style()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            words=words,
            verdict=words.verdict(report),
            ring=_ring(report),
            style=Markup(style),  # noqa: S704 - our own file; the policy allows exactly this text
            style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            indexes={check.id: index for index, check in enumerate(report.checks, 1)},
            titles={criterion.id: criterion.title for criterion in report.criteria},
            heaviest=max([criterion.weight for criterion in report.criteria] or [1]) or 1,
            longest=max([phase.seconds for phase in report.run.phases] or [1.0]) or 1.0,
            passed=words.passed(report),
            tiers=[tier for tier in Tier if any(check.tier is tier for check in report.checks)],
            exhibits=lambda check: _exhibits(report, check),
            Status=Status,
            CASES=CASES,
            WHOLE=WHOLE,
        )
    )


def _exhibits(report: Report, check: CheckResult) -> tuple[Exhibit, ...]:
    run = report.run.checks.get(check.id)
    return run.exhibits if run else ()


def _ring(report: Report) -> dict[str, str | float | None]:
    """What the ring shows, in hundredths of it; ``big`` is the number inside, when there is one."""
    score = report.score
    if score.earned is None or score.possible is None or score.state not in {"complete", "provisional"}:
        return {"big": None, "small": "no total", "earned": 0.0, "pending": 0.0, "mark": None}
    return {
        "big": points(score.earned),
        "small": f"of {number(score.possible)}",
        "earned": round(score.earned, 3),
        "pending": round(WHOLE - score.possible, 3),
        "mark": None if score.pass_mark is None else round(score.pass_mark * score.possible / WHOLE, 3),
    }


def _quiet(value: object) -> object:
    """Text escaped for HTML, and so written that a CI log that prints the file takes nothing for a command."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return Markup(str(escape(value)).replace("##", "#&#35;").replace("::", ":&#58;"))  # noqa: S704 - escaped here


@cache
def _style() -> str:
    return files("gradekit.report").joinpath("templates", "page.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gradekit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_quiet,
    )
    environment.filters["duration"] = words.duration
    environment.filters["moment"] = words.moment
    return environment

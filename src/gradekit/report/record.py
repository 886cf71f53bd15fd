"""The JSON form: the record itself, which every other format can be made from again."""

from __future__ import annotations

import json

from pydantic import ValidationError

from gradekit.errors import Problem, UsageError
from gradekit.report.text import cleaned
from gradekit.results import Report

_SHOWN = 5
"""Complaints listed for a file that is no report."""


def render(report: Report) -> str:
    """JSON with the keys in the schema's order, two spaces of indent and a newline at the end.

    ``##`` is written with an escape, so that a CI system sees no command of its own in the output.
    """
    return _dumps(report.model_dump(mode="json")).replace("##", "#\\u0023")


def read(text: str, *, place: str = "report.json") -> Report:
    """The report that ``render`` wrote, its texts made inert again, for the file may have been edited.

    Raises:
        UsageError: when the text is no report of this version.
    """
    try:
        return cleaned(Report.model_validate_json(text))
    except ValidationError as error:
        raise UsageError(*(_problem(place, item["loc"], item["msg"]) for item in error.errors()[:_SHOWN])) from error


def schema() -> str:
    """The JSON Schema of the record, as text."""
    return _dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | Report.model_json_schema())


def _problem(place: str, loc: tuple[str | int, ...], what: str) -> Problem:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
    where = f"{key}: " if key else ""
    return Problem(place, where + what, "a report that gradekit wrote", "grade the submission again to get one")


def _dumps(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"

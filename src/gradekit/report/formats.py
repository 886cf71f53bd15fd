"""The table of formats: name, file suffix, media type and the function from a report to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from gradekit.report.text import cleaned
from gradekit.results import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report; ``render`` makes every text inert before the format sees it."""

    name: str
    suffix: str
    media: str
    render: Callable[[Report], str | bytes]


def _format(name: str, suffix: str, media: str, module: str) -> Format:
    def render(report: Report) -> str | bytes:
        # Loaded when it is used: the libraries behind the formats cost more than most commands.
        view: Callable[[Report], str | bytes] = import_module(f"gradekit.report.{module}").render
        return view(cleaned(report))

    return Format(name, suffix, media, render)


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        _format("text", ".txt", "text/plain", "console"),
        _format("json", ".json", "application/json", "record"),
        _format("html", ".html", "text/html", "html"),
        _format("markdown", ".md", "text/markdown", "markdown"),
        _format("junit", ".xml", "application/xml", "junit"),
    )
}
"""Every format by its name on the command line."""

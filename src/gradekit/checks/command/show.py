"""The runs as text."""

from __future__ import annotations

from typing import Final

from gradekit.checks.command.evidence import CommandEvidence, RunFact
from gradekit.checks.command.model import CommandSpec
from gradekit.results import Exhibit

MAX_SHOWN: Final = 16 << 10
"""Characters of a stream in an exhibit."""


def show(spec: CommandSpec, evidence: CommandEvidence) -> tuple[Exhibit, ...]:
    """Each run with the beginning of what it printed."""
    titles = {plan.name: plan.title for plan in spec.plans()}
    return tuple(Exhibit(title=titles.get(run.name, run.name), text=_described(run)) for run in evidence.runs)


def _described(run: RunFact) -> str:
    code = "" if run.exit_code is None else f" with {run.exit_code}"
    parts = [f"$ {run.line}", f"{run.ending.value}{code} after {run.seconds:.1f} s"]
    for name, stream in (("stdout", run.stdout), ("stderr", run.stderr)):
        if stream.size:
            text = f"base64: {stream.base64 or ''}" if stream.text is None else stream.text
            parts.append(f"--- {name}, {stream.size} bytes\n{text[:MAX_SHOWN]}")
    return "\n".join(parts)

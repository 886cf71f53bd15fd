"""How the expectations of runs are tried: each run with one change in what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from gradekit.checks.command.evidence import CommandEvidence, Stream
from gradekit.checks.command.model import CommandExpect, CommandSpec
from gradekit.checks.oracle import Changes, Oracle, Part, Place, changed_text, replaced


def _parts_of(
    spec: CommandSpec, evidence: CommandEvidence, files: Mapping[str, bytes]
) -> Iterator[Part[CommandSpec, CommandEvidence]]:
    """Each run, for they do not know each other."""
    del files
    if not spec.cases:
        yield Part("", spec, evidence)
    for case, run in zip(spec.cases, evidence.runs, strict=False):
        alone = spec.model_copy(update={"cases": (case,)})
        yield Part(case.name, alone, CommandEvidence(runs=(run,)))


def _changed(spec: CommandSpec, evidence: CommandEvidence) -> Changes[CommandEvidence]:
    """Runs with another exit code, or with one change in what they printed."""
    for index, (plan, run) in enumerate(zip(spec.plans(), evidence.runs, strict=False)):
        lines = plan.run if isinstance(plan.run, str) else " ".join((plan.run or {}).values())
        program = plan.procfile or " ".join(lines.split()[:2])
        changes: list[tuple[Place, str, dict[str, object]]] = []
        if run.exit_code is not None:
            code = 0 if run.exit_code else 1
            changes.append((Place("exit code"), str(code), {"exit_code": code}))
        for name, stream in (("stdout", run.stdout), ("stderr", run.stderr)):
            if stream.text is not None:
                for place, what, text in changed_text(stream.text):
                    at = place.below(name, about=f"{program} {name}", free=not stream.text)
                    changes.append((at, what, {name: Stream.of(text.encode())}))
        for place, what, update in changes:
            yield place, what, CommandEvidence(runs=replaced(evidence.runs, index, run.model_copy(update=update)))


ORACLE: Final = Oracle(_changed, _parts_of, neutral={CommandExpect: {"exit": tuple(range(256)), "answer": None}})

"""Runs each case in a fresh copy of the submission; decides nothing."""

from __future__ import annotations

from gradekit.checks.base import Bench
from gradekit.checks.command.evidence import CommandEvidence, RunFact, Stream
from gradekit.checks.command.model import CommandSpec, Plan
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.plans import FileEntry


def observe(spec: CommandSpec, bench: Bench) -> CommandEvidence:
    """Run each case in a fresh copy of the submission."""
    return CommandEvidence(runs=tuple(_run(plan, bench) for plan in spec.plans()))


def _run(plan: Plan, bench: Bench) -> RunFact:
    line = plan.line(bench)
    result = bench.command(
        ["/bin/sh", "-c", line],
        stdin=plan.stdin.encode() if plan.stdin_file is None else _content(bench, plan.stdin_file),
        timeout=plan.timeout,
        files=[FileEntry(path=path, data=_content(bench, source)) for path, source in plan.files.items()],
        env=plan.env,
    )
    return RunFact(
        name=plan.name,
        line=line,
        ending=result.ending,
        exit_code=result.exit_code,
        stdout=Stream.of(result.stdout),
        stderr=Stream.of(result.stderr),
        seconds=result.seconds,
    )


def _content(bench: Bench, path: str) -> bytes:
    data = bench.context.files.get(path)
    if data is None:
        raise InfrastructureError(Problem(path, "the challenge has no such file", "a file of a check"))
    return data

"""The verdict over the runs: pure, and total for every evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gradekit.checks.answer import Answer
from gradekit.checks.base import PRINTED_TOO_MUCH, Context
from gradekit.checks.command.evidence import MAX_OUTPUT, CommandEvidence, RunFact, Stream
from gradekit.checks.command.model import UNPREPARED, CommandSpec, Plan
from gradekit.checks.differences import Mismatch
from gradekit.checks.jsonpath import PathProblem, TooManyNodes, compile_path
from gradekit.checks.jsontext import JsonProblem, parse
from gradekit.checks.match import Match
from gradekit.checks.tally import errored, examined, failed, tally
from gradekit.checks.template import UnknownNameError
from gradekit.checks.values import show as show_value
from gradekit.results import Judgement
from gradekit.sandbox.plans import Ending
from gradekit.texts import clean, quote

_UNPREPARED: Final = "it was not run, because the challenge's setup for it failed"
_PLACES: Final = "are the submission's files where the task says?"
_ENDINGS: Final = {
    Ending.TIMEOUT: "it was stopped after {seconds:g} s, the check's timeout",
    Ending.OOM: "it {memory}",
    Ending.OUTPUT: f"it {PRINTED_TOO_MUCH}, and was stopped",
}


def judge(spec: CommandSpec, evidence: CommandEvidence, context: Context) -> Judgement:
    """Compare each run with what is expected of it; ``${name}`` are the challenge's variables."""
    runs = {run.name: run for run in evidence.runs}
    cases = []
    for plan in spec.plans():
        fact = runs.get(plan.name)
        if fact is None:
            return errored(f'the evidence has nothing about the run "{plan.name}"; grade the submission again')
        if fact.ending is not Ending.EXITED:
            told = _ENDINGS[fact.ending].format(seconds=plan.timeout, memory=context.out_of_memory())
            cases.append(failed(plan.title, plan.name, told))
            continue
        if plan.setup is not None and fact.exit_code == UNPREPARED:
            said = clean(_last_line(fact.stderr))
            why = f"{_UNPREPARED}: {said}" if said else _UNPREPARED
            cases.append(failed(plan.title, plan.name, f"{why}; {_PLACES}"))
            continue
        try:
            mismatches = _mismatches(plan, fact, context)
        except UnknownNameError as error:
            return errored(f"{plan.name}: {error}; correct the challenge")
        cases.append(examined(plan.title, plan.name, mismatches))
    return tally(cases, noun="runs", all_or_nothing=spec.scoring == "all_or_nothing")


def _mismatches(plan: Plan, fact: RunFact, context: Context) -> list[Mismatch]:
    """What is wrong with a run that ended by itself.

    Raises:
        UnknownNameError: for a variable that the challenge no longer has.
    """
    expect = plan.expect
    found = []
    if fact.exit_code not in expect.exit:
        codes = " or ".join(map(str, expect.exit))
        found.append(Mismatch(codes, str(fact.exit_code), "exit code"))
    for stream, name, wanted in ((fact.stdout, "stdout", expect.stdout), (fact.stderr, "stderr", expect.stderr)):
        if wanted is not None:
            text = _text(stream)
            found += _text_mismatches(name, text, wanted.fill(context.variables))
    if expect.answer is not None:
        found += _answer_mismatches(fact.stdout, expect.answer, context.files)
    if expect.stdout_json:
        found += _json_mismatches(
            fact.stdout, {path: match.fill(context.variables) for path, match in expect.stdout_json.items()}
        )
    return found


def _text(stream: Stream) -> str | Mismatch:
    """The whole text, or why there is none."""
    if stream.text is None:
        return Mismatch("UTF-8 text", "bytes that are not UTF-8")
    if stream.size > MAX_OUTPUT:
        return Mismatch(f"at most {MAX_OUTPUT:,} bytes", f"{stream.size:,} bytes")
    return stream.text


def _text_mismatches(name: str, text: str | Mismatch, wanted: Match) -> list[Mismatch]:
    if isinstance(text, Mismatch):
        return [text.below(name)]
    mismatches = wanted.check(text)
    if mismatches and text.endswith("\n"):
        shorter = wanted.check(text[:-1])
        # The end of the last line does not count, so it is not shown either, unless somebody asked for it.
        if not shorter or not any(mismatch.expected.endswith('\\n"') for mismatch in mismatches):
            mismatches = shorter
    return [mismatch.below(name) for mismatch in mismatches]


def _answer_mismatches(stream: Stream, answer: Answer, files: Mapping[str, bytes]) -> list[Mismatch]:
    if answer.file not in files:
        hint = "put it back, or, if it was renamed since the grading, grade the submission again"
        return [Mismatch("", f"{answer.file}: the challenge has no such file; {hint}", ours=True)]
    try:
        right = files[answer.file].decode()
    except UnicodeDecodeError:
        what = f"{answer.file} of the challenge is not UTF-8 text; write it in UTF-8, and grade the submission again"
        return [Mismatch("", what, ours=True)]
    text = _text(stream)
    mismatch = text if isinstance(text, Mismatch) else answer.check(right, text)
    return [] if mismatch is None else [mismatch.below("stdout" if mismatch is text else "stdout, ")]


def _json_mismatches(stream: Stream, wanted: Mapping[str, Match]) -> list[Mismatch]:
    text = _text(stream)
    if isinstance(text, Mismatch):
        return [text.below("stdout")]
    try:
        value = parse(text)
    except JsonProblem as error:
        shown = f"not read as JSON ({clean(str(error))}): {show_value(text)}" if text else "empty"
        return [Mismatch("JSON", shown, "stdout")]
    found = []
    for path, match in wanted.items():
        try:
            there = compile_path(path).look(value)
        except PathProblem as error:
            what = f"stdout_json: {quote(path)} is not a JSONPath: {error}; correct the challenge"
            return [Mismatch("", what, ours=True)]
        except TooManyNodes as error:
            found.append(Mismatch("a value that can be searched", clean(str(error)), path))
            continue
        found += map(there.below, match.check(there.value))
    return found


def _last_line(stream: Stream) -> str:
    lines = (stream.text or "").strip().splitlines()
    return lines[-1] if lines else ""

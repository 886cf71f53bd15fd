"""The verdict over the answers of a store."""

from __future__ import annotations

from itertools import islice

from gradekit.checks.base import Context
from gradekit.checks.match import MAX_COUNTED
from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.reading import mismatches
from gradekit.checks.tally import examined, numbered, tally
from gradekit.results import Judgement


def judge(spec: NosqlSpec, evidence: NosqlEvidence, context: Context) -> Judgement:
    """Judge every answer; a command before them that failed is the answer to all."""
    refused = None if evidence.refused is None else Found(error=evidence.refused)
    answers = [*evidence.answers, *[Found()] * len(spec.ask)]
    cases = []
    names = numbered([question.title for question in spec.ask])
    for question, answer, (name, title) in zip(spec.ask, answers, names, strict=False):
        wrong = mismatches(question.expect, refused or answer, context.variables)
        cases.append(examined(title, name, list(islice(wrong, MAX_COUNTED))))
    return tally(cases, noun="questions", all_or_nothing=spec.scoring == "all_or_nothing")

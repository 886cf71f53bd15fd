"""The verdict over the answers of a store."""

from __future__ import annotations

from itertools import islice

from gradekit.checks.base import Context
from gradekit.checks.differences import MAX_COUNTED
from gradekit.checks.match import of_the_author
from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.questions import as_typed
from gradekit.checks.stores.reading import mismatches, refused
from gradekit.checks.tally import examined, numbered, tally
from gradekit.results import Judgement
from gradekit.texts import one_line


def judge(spec: NosqlSpec, evidence: NosqlEvidence, context: Context) -> Judgement:
    """Judge every answer; a command before them that failed is the answer to all."""
    broken = None if evidence.refused is None else refused(evidence.refused, fixed=True)
    if broken is not None:
        # Evidence of earlier versions does not say which command it was.
        which = 0 if len(spec.before) == 1 else evidence.failed
        command = () if which is None else spec.before[which : which + 1]
        broken = broken.below(": ".join(["before", *(one_line(as_typed(one)) for one in command)]))
    answers = [*evidence.answers, *[Found()] * len(spec.ask)]
    cases = []
    names = numbered([question.title for question in spec.ask])
    for question, answer, (name, title) in zip(spec.ask, answers, names, strict=False):
        found = mismatches(question, question.expect, answer, context.variables) if broken is None else (broken,)
        # There are no steps that could save anything of the candidate's.
        wrong = [of_the_author(mismatch) if mismatch.names else mismatch for mismatch in islice(found, MAX_COUNTED)]
        cases.append(examined(title, name, wrong))
    return tally(cases, noun="questions", all_or_nothing=spec.scoring == "all_or_nothing")

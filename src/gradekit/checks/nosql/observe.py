"""Runs the commands and asks the questions of a check."""

from __future__ import annotations

from gradekit.checks.base import Bench
from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.stores.asking import ask, results


def observe(spec: NosqlSpec, bench: Bench) -> NosqlEvidence:
    """Ask one store all questions.

    Raises:
        Blocked, InfrastructureError: the store cannot be had, does not answer, or denies what we ask.
    """
    store = bench.app_store() if spec.dataset is None else bench.store(spec.dataset)
    variables = bench.context.variables
    if spec.before:
        ran = results(spec.before, store, variables, role="owner")
        if ran[-1].error is not None:
            return NosqlEvidence(refused=ran[-1].error, failed=len(ran) - 1)
    return NosqlEvidence(answers=tuple(ask(query, store, variables, role="reader") for query in spec.ask))

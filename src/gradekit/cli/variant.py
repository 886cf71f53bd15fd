"""Which variant of a challenge a command is about: by number, by candidate and the operator's key, or by a record."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from gradekit.errors import Problem, UsageError
from gradekit.record import Record
from gradekit.spec.variants import OPTION, assigned, told
from gradekit.texts import clean

if TYPE_CHECKING:
    from gradekit.spec.challenge import Challenge

KEY: Final = "GRADEKIT_VARIANT_KEY"
"""In the environment only, as all secrets are: whoever knows it can work out anybody's variant."""
LEAST: Final = 16
"""Characters of a key."""
Choose: TypeAlias = "Callable[[Challenge], int | None]"
"""Number of the variant that is wanted of a challenge; None for the first one, or where there are none."""

VariantOption = Annotated[
    int | None,
    typer.Option(OPTION, metavar="N", min=1, help="Of a challenge with variants: this one.", show_default=False),
]


def numbered(variant: int | None) -> Choose:
    """The one with this number."""
    return lambda _: variant


def handed_out(candidate: str | None, variant: int | None, env: Mapping[str, str] | None = None) -> Choose:
    """The one that a candidate has: that of the number, else that which the key chooses for the candidate.

    The choice raises UsageError where neither says it.
    """
    known = os.environ if env is None else env

    def choose(challenge: Challenge) -> int | None:
        spec = challenge.spec.variants
        if variant is not None or spec is None:
            return variant
        if candidate is None or not candidate.strip():
            what = f"nobody says which of the {spec.number} variants of {challenge.spec.id} the candidate has"
            hint = f"add --candidate NAME, with {KEY} as when it was handed out, or {OPTION} N"
            raise UsageError(Problem("--candidate", what, hint=hint))
        return assigned(_key(known, challenge), challenge.spec.id, candidate, spec.number)

    return choose


def _key(env: Mapping[str, str], challenge: Challenge) -> bytes:
    """The operator's secret.

    Raises:
        UsageError: there is none, or it can be guessed.
    """
    text = env.get(KEY, "").strip()
    if len(text) < LEAST:
        what = "is too short" if text else f"is not set, and {challenge.spec.id} has a variant for each candidate"
        expected = f"a secret of at least {LEAST} characters, the same whenever something is handed out or graded"
        raise UsageError(Problem(KEY, what, expected, f"set it, or give {OPTION} N"))
    return text.encode()


def recorded(record: Record, run: str) -> Choose:
    """The one that a run was of: with the same values, whatever number it has now.

    The choice raises UsageError where the challenge has no such variant.
    """

    def choose(challenge: Challenge) -> int | None:
        spec, was = challenge.spec.variants, record.variant
        if spec is None and was is None:
            return None
        if was is not None and spec is not None:
            for variant in spec.variants():
                if variant.parameters == was.parameters:
                    return variant.number
        about = "of no variant" if was is None else f"of a variant ({clean(told(was))})"
        what = f"is a run {about}, and {challenge.spec.id} has {'no variants' if spec is None else 'no such one'} now"
        raise UsageError(Problem(run, what, "a run is judged by its own variant", "grade again"))

    return choose

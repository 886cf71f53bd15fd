"""Whether a check fits its challenge: the app, the runner, and the least tier."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.kinds import KINDS
from gradekit.model import Loc
from gradekit.results import Tier
from gradekit.spec.drafts import Draft
from gradekit.spec.translate import Fault

_RANKS = {tier: rank for rank, tier in enumerate(Tier)}


def app_faults(loc: Loc, draft: Draft, *, app: bool, runs_code: bool) -> Iterator[Fault]:
    """What is wrong with a check for the app that its challenge has or has not, and for its runner.

    ``app``: whether there is one; ``runs_code``: whether code of the submission runs at all.
    """
    kind = KINDS[str(draft.kind)]
    uses_app = kind.uses_app(draft.body)
    if uses_app and not app:
        what = "needs the app, but the challenge has no app"
        yield Fault((*loc, kind.name), what, hint="add app: {port: 8080}")
    elif kind.runs_code and not runs_code:
        what = f"a check of the kind {kind.name} runs code of the submission, but the challenge has runner: none"
        yield Fault((*loc, kind.name), what, hint="name the runners of its languages")
    if draft.head is not None and draft.head.fresh and not uses_app:
        yield Fault((*loc, "fresh"), "only a check that uses the app can be fresh", hint="remove it")


def tier_faults(loc: Loc, draft: Draft, least: Tier) -> Iterator[Fault]:
    """That a check can be trusted less than its challenge asks for."""
    kind = KINDS[str(draft.kind)]
    tier = kind.tier(draft.body)
    if _RANKS[tier] <= _RANKS[least]:
        return
    ways = [f"set {way}" for other, way in kind.tiers.items() if _RANKS[other] <= _RANKS[least]]
    outside = [other for other in KINDS.values() if Tier.BLACK_BOX in other.tiers and not other.advisory]
    ways.append(f"check it from outside, by {', '.join(other.name for other in outside)}")
    place = (*loc, kind.name)
    what = f"the tier of this check is {tier.value}, below min_tier: {least.value}"
    yield Fault(place, what, hint=f"to raise it, {', or '.join(ways)}", at=place)

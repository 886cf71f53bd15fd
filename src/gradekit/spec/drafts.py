"""Reads a challenge's data as far as it can be read, so that what is wrong in one part hides nothing of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ValidationError

from gradekit.checks.kinds import KINDS
from gradekit.model import AUTHORED, Loc
from gradekit.spec.challenge import ChallengeHead, Check, CheckHead
from gradekit.spec.problems import within
from gradekit.spec.translate import VERSION, Fault, described, faults, field_names, listed, unknown_key
from gradekit.texts import quote

_STAND_IN = {"gradekit": VERSION, "id": "x", "title": "x", "runner": "any", "rubric": "x"}
_EITHER = (("dataset", "datasets"), ("datasets", "dataset"))
"""Fields of which a check has either one: its own takes the place of the other one of the defaults."""
_SOLUTION_STAND_IN = {"path": ".", "expect": {"passes": "all"}}


def read_head(data: Mapping[str, object]) -> tuple[ChallengeHead, list[Fault]]:
    """Everything but the checks, and what is wrong with it.

    A field that is wrong has a stand-in, so that the others can be judged.
    """
    fields = field_names(ChallengeHead)
    known = [*fields, "defaults", "checks"]
    found = [unknown_key((key,), known) for key in data if key not in known]
    raw = {key: value for key, value in data.items() if key in fields}
    try:
        return ChallengeHead.model_validate(raw, context=AUTHORED), found
    except ValidationError as error:
        wrong = faults(error, raw, ChallengeHead)
    head = ChallengeHead.model_validate(_STAND_IN | _without(raw, wrong), context=AUTHORED)
    return head, [*found, *wrong]


def _without(raw: Mapping[str, object], wrong: Sequence[Fault]) -> dict[str, object]:
    """A challenge's data without the entries that are wrong, so that the others can still be judged."""
    kept = dict(raw)
    for fault in wrong:
        key, *below = fault.at or fault.loc or ("",)
        value = kept.get(str(key))
        if below and isinstance(value, Mapping):
            kept[str(key)] = {name: entry for name, entry in value.items() if name != below[0]}
        elif below and isinstance(value, list) and key == "solutions":
            kept[str(key)] = [_SOLUTION_STAND_IN if index == below[0] else entry for index, entry in enumerate(value)]
        else:
            kept.pop(str(key), None)
    return kept


@dataclass(slots=True)
class Draft:
    """A check as far as it could be read."""

    raw: Mapping[str, object]
    head: CheckHead | None = None
    kind: str | None = None
    body: BaseModel | None = None


@dataclass(slots=True)
class CheckReader:
    """Reads the checks of one challenge, each with the defaults of its kind."""

    found: list[Fault] = field(default_factory=list)
    """What is wrong with them."""
    defaults: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Default fields by kind."""

    def read(self, data: Mapping[str, object]) -> list[Draft]:
        """The checks of a challenge's data, one for each entry of its list."""
        self.defaults = self._defaults(data.get("defaults", {}))
        checks = data.get("checks")
        if "checks" not in data:
            self.found.append(Fault((), 'missing key "checks"', "a list of checks"))
        elif not isinstance(checks, list):
            self.found.append(Fault(("checks",), f"must be a list, not {described(checks)}"))
        elif not checks:
            self.found.append(Fault(("checks",), "is empty", "at least one check is needed"))
        else:
            return [self._check(index, raw) for index, raw in enumerate(checks)]
        return []

    def _defaults(self, raw: object) -> dict[str, dict[str, object]]:
        """Default fields by kind; their values are judged inside each check that takes them."""
        loc: Loc = ("defaults",)
        if not isinstance(raw, Mapping):
            self.found.append(Fault(loc, f"must be a map, not {described(raw)}"))
            return {}
        defaults: dict[str, dict[str, object]] = {}
        for kind, values in raw.items():
            if kind not in KINDS:
                self.found.append(unknown_key((*loc, kind), list(KINDS)))
            elif not isinstance(values, Mapping):
                self.found.append(Fault((*loc, kind), f"must be a map, not {described(values)}"))
            else:
                known = field_names(KINDS[kind].spec)
                self.found += [unknown_key((*loc, kind, key), list(known)) for key in values if key not in known]
                defaults[kind] = {key: value for key, value in values.items() if key in known}
        return defaults

    def _check(self, index: int, raw: object) -> Draft:
        loc: Loc = ("checks", index)
        if not isinstance(raw, Mapping):
            self.found.append(Fault(loc, f"must be a map, not {described(raw)}"))
            return Draft({})
        draft = Draft(raw)
        fields = field_names(CheckHead)
        kinds = [key for key in raw if key in KINDS]
        unknown = [key for key in raw if key not in fields and key not in KINDS]
        for key in unknown:
            fault = unknown_key((*loc, key), [*fields, *KINDS])
            if kinds and key in field_names(KINDS[kinds[0]].spec):
                fault = replace(fault, expected="", hint=f"it belongs below {quote(kinds[0])}; indent it more")
            self.found.append(fault)
        if len(kinds) > 1:
            what = f"has {len(kinds)} kinds: {listed(kinds)}"
            self.found.append(Fault(loc, what, "a check has exactly one", "make two checks of it", at=(*loc, kinds[1])))
        elif kinds:
            draft.kind = kinds[0]
            draft.body = self._body((*loc, kinds[0]), kinds[0], raw[kinds[0]])
        elif not any(isinstance(raw[key], Mapping) for key in unknown):  # that is the kind, misspelt
            self.found.append(Fault(loc, "has no kind", f"exactly one of {listed(KINDS)}"))
        head = {key: value for key, value in raw.items() if key in fields}
        if draft.kind is not None and KINDS[draft.kind].advisory:
            head = {"points": 0, **head}
        try:
            draft.head = CheckHead.model_validate(head, context=AUTHORED)
        except ValidationError as error:
            self.found += [within(loc, fault) for fault in faults(error, head, CheckHead)]
        return draft

    def _body(self, loc: Loc, kind: str, own: object) -> BaseModel | None:
        if not isinstance(own, Mapping):
            self.found.append(Fault(loc, f"must be a map, not {described(own)}"))
            return None
        spec: type[BaseModel] = KINDS[kind].spec
        replaced = {other for one, other in _EITHER if one in own}
        defaults = {key: value for key, value in self.defaults.get(kind, {}).items() if key not in replaced}
        merged = {**defaults, **own}
        try:
            return spec.model_validate(merged, context=AUTHORED)
        except ValidationError as error:
            wrong = faults(error, merged, spec)
        elsewhere = {*field_names(CheckHead), *KINDS}
        for fault in wrong:
            if not fault.loc and fault.at and fault.at[0] in elsewhere:
                fault = replace(fault, expected="", hint="it belongs to the check; indent it less")  # noqa: PLW2901
            self.found.append(within(self.origin(fault.loc, loc, own), fault))
        return None

    def origin(self, loc: Loc, body: Loc, own: object) -> Loc:
        """Where the field at ``loc`` of a check's body was written: in the check, or in the defaults."""
        kind = str(body[-1])
        written = isinstance(own, Mapping) and bool(loc) and loc[0] in own
        default = bool(loc) and loc[0] in self.defaults.get(kind, {})
        return ("defaults", kind) if default and not written else body


def finished(draft: Draft) -> Check:
    """A check in which nothing was wrong."""
    if draft.head is None or draft.kind is None or draft.body is None:
        raise AssertionError(f"a fault of {draft.raw.get('id')} was not reported")
    head = {name: getattr(draft.head, name) for name in CheckHead.model_fields}
    return Check(**head, kind=draft.kind, body=draft.body)

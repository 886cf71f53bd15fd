"""What a challenge's spec says that is allowed, but hardly meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Final, cast

from gradekit.checks import sense
from gradekit.checks.http.hurl.step import HurlStep
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.kinds import KINDS
from gradekit.model import Loc
from gradekit.results import Tier
from gradekit.spec.challenge import Challenge, Check, WarningName
from gradekit.spec.files import Files
from gradekit.spec.globs import matching
from gradekit.spec.handed import put_on
from gradekit.spec.translate import Fault
from gradekit.spec.warned import Slip
from gradekit.texts import near, quote

IN_PROCESS_SHARE: Final = 0.25
"""So much of what checks can earn may rest on results that the candidate's process could forge."""
_STATUSES = frozenset(map(int, HTTPStatus))
_MARK = re.compile(r"\$\{([^{}]*)\}")


def strings(value: object, *, keys: bool = True) -> Iterator[str]:
    """Every text in data, those of keys too unless they are not wanted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if keys:
            yield from value
        for child in value.values():
            yield from strings(child, keys=keys)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child, keys=keys)


def slips(challenge: Challenge, data: Mapping[str, object]) -> list[Slip]:
    """All of them; ``data`` is the file that the challenge was made of."""
    seen = _Seen(challenge, data)
    return [
        *seen.solutions(),
        *seen.names(),
        *seen.criteria(),
        *seen.tiers(),
        *seen.total(),
        *seen.unmatched(),
        *(slip for index, check in enumerate(challenge.spec.checks) for slip in seen.check(index, check)),
    ]


def _slip(name: WarningName, at: str, loc: Loc, what: str, hint: str, *, key: bool = False) -> Slip:
    return Slip(name, at, Fault(loc, what, hint=hint, at=loc if key else None))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A challenge beside its file."""

    challenge: Challenge
    data: Mapping[str, object]

    def _map(self, key: str) -> Mapping[str, object]:
        value = self.data.get(key)
        return value if isinstance(value, Mapping) else {}

    def _raw(self, index: int) -> Mapping[str, Any]:
        """A check as it is written: the challenge was made of it, so it has the form that the models ask for."""
        return cast("list[Mapping[str, Any]]", self.data["checks"])[index]

    def solutions(self) -> Iterator[Slip]:
        """Whether what proves the challenge is there."""
        solutions = self.challenge.spec.solutions
        loc: Loc = ("solutions",)
        if not solutions:
            what = "no solutions are listed, so nothing shows that the challenge is sound"
            yield _slip("no-solutions", "", (), what, "add solutions: a reference and typical wrong ones")
        elif not any(solution.is_reference for solution in solutions):
            yield _slip("no-reference", "", loc, "no solution passes all checks", "add a reference solution")
        elif all(solution.expect.fails is None for solution in solutions):
            yield _slip("no-wrong-solution", "", loc, "no solution fails a check", "add a known-bad solution")

    def names(self) -> Iterator[Slip]:
        """What is defined and not used."""
        spec = self.challenge.spec
        checks = [self.data["checks"], self._map("defaults")]
        said = set(strings(checks))
        marks = {name for text in said for name in _MARK.findall(text)}
        for name in spec.vars:
            if name not in marks:
                yield self._unused("unused-var", ("vars", name), "no check uses it")
        datasets = said.union(() if spec.app is None else spec.app.dataset)
        for name in spec.datasets:
            if name not in datasets:
                yield self._unused("unused-dataset", ("datasets", name), "no check uses it, nor does the app")
        hosts = {dataset.service for dataset in spec.datasets.values()}
        texts = " ".join(strings([*checks, self._map("app")]))
        for name in spec.services:
            if name not in hosts and name not in texts:
                yield self._unused("unused-service", ("services", name), "no data set is in it, and nothing names it")
        kinds = {check.kind for check in spec.checks}
        for name in self._map("defaults"):
            if name not in kinds:
                yield self._unused("unused-default", ("defaults", name), "no check is of this kind")
        if spec.app is not None and not any(KINDS[check.kind].uses_app(check.body) for check in spec.checks):
            yield _slip(
                "unused-app", "", ("app",), "no check uses the app", "remove it, or add a check of the kind http"
            )

    @staticmethod
    def _unused(name: WarningName, loc: Loc, what: str) -> Slip:
        return _slip(name, str(loc[-1]), loc, what, "remove it, or use it", key=True)

    def unmatched(self) -> Iterator[Slip]:
        """Files that a submission has to have, and that no reference solution has."""
        spec, root = self.challenge.spec, self.challenge.root
        references = [solution for solution in spec.solutions if solution.is_reference]
        files = Files(root)
        folders = {folder.rstrip("/") for one in references for folder in one.folders}
        paths = {path.removeprefix(f"{folder}/") for folder in folders for path in files.below(folder)}
        for one in references:
            if one.is_patch:
                paths.update(put_on(files.read(one.path) or b"", one, root / one.folders[0]))
        for loc, pattern in self._submitted() if paths else ():
            if not matching(paths, pattern):
                name = PurePosixPath(pattern).name
                beside = {str(PurePosixPath(path).parent / name) for path in paths}
                hint = near(pattern, [*sorted(one for one in beside if matching(paths, one)), *sorted(paths)], 0.7)
                what = f"no reference solution has a file {quote(pattern)}"
                yield _slip("unmatched-path", pattern, loc, what, hint or "correct it, or add the file")

    def _submitted(self) -> Iterator[tuple[Loc, str]]:
        """Places and globs of files that a submission has to have."""
        spec = self.challenge.spec
        for index, pattern in enumerate(spec.submission.required):
            yield ("submission", "required", index), pattern
        for name, dataset in spec.datasets.items():
            for index, step in enumerate(dataset.load):
                if step.submission is not None:
                    yield ("datasets", name, "load", index, "submission"), step.submission
        for index, check in enumerate(spec.checks):
            for loc, pattern in KINDS[check.kind].submitted(check.body):
                yield self._place(index, check, loc), pattern

    def criteria(self) -> Iterator[Slip]:
        """Criteria whose checks count for nothing."""
        named = {check.criterion for check in self.challenge.spec.checks}
        for name, criterion in self.challenge.rubric.criteria.items():
            if name in named and not criterion.weight:
                what = f"criterion {quote(name)} has the weight 0, so its checks change no score"
                yield _slip("no-weight", name, ("rubric",), what, "give it a weight")

    def tiers(self) -> Iterator[Slip]:
        """How much rests on what the candidate's own process says."""
        checks = self.challenge.spec.checks
        points: dict[str, int] = {}
        for check in checks:
            points[check.criterion] = points.get(check.criterion, 0) + check.points
        whole = trusting = 0.0
        first = None
        for index, check in enumerate(checks):
            weight = self.challenge.rubric.criteria[check.criterion].weight * check.points / points[check.criterion]
            whole += weight
            if KINDS[check.kind].tier(check.body) is Tier.IN_PROCESS:
                trusting += weight
                first = index if first is None else first
        if first is not None and trusting > IN_PROCESS_SHARE * whole:
            share = f"{trusting / whole:.0%} of what checks can earn is of the tier in-process"
            what = f"{share}, where code of the candidate could forge results"
            hint = f"keep it to {IN_PROCESS_SHARE:.0%}: give checks from outside more points, or set isolation: split"
            yield _slip("in-process-weight", "", ("checks", first, checks[first].kind), what, hint, key=True)

    def total(self) -> Iterator[Slip]:
        """Timeouts that the time of the whole run leaves no room for."""
        spec = self.challenge.spec
        total = spec.limits.timeout
        if spec.app is not None and spec.app.ready.timeout > total:
            what = f"{spec.app.ready.timeout:g}s is more than the whole run may take, {total:g}s"
            yield _slip("timeout", "app", ("app", "ready", "timeout"), what, "shorten it, or raise limits.timeout")
        written = [check.timeout for index, check in enumerate(spec.checks) if "timeout" in self._raw(index)]
        if sum(written) > total and max(written) <= total:
            what = f"the timeouts of the checks sum to {sum(written):g}s, and the whole run may take {total:g}s"
            yield _slip("timeout", "limits", ("limits", "timeout"), what, "raise it, or shorten theirs")

    def check(self, index: int, check: Check) -> Iterator[Slip]:
        """A check's points, needs, timeouts and steps."""
        loc: Loc = ("checks", index)
        spec = self.challenge.spec
        needed = {name for other in spec.checks for name in other.need}
        if not check.points and not check.required and not KINDS[check.kind].advisory and check.id not in needed:
            what = "no points, not required, and no check needs it: it changes no score"
            yield _slip("no-points", check.id, (*loc, "points"), what, "give it points, or remove it")
        yield from self._needs(loc, check)
        yield from self._timeouts(loc, index, check)
        for found in sense.idle(check.body):
            yield _slip("vacuous", check.id, self._place(index, check, found.loc), found.what, found.hint)
        yield from self._statuses(index, check)
        yield from self._captures(index, check)
        yield from self._cases(index, check)
        for position, step in enumerate(self._raw(index)[check.kind].get("steps", ())):
            yield from self._step((*loc, check.kind, "steps", position), step, index, check)

    def _needs(self, loc: Loc, check: Check) -> Iterator[Slip]:
        for position, name in enumerate(check.need):
            place = (*loc, "need", position)
            if name in check.need[:position]:
                yield _slip("need-twice", check.id, place, f"{quote(name)} is needed twice", "remove one")
            elif KINDS[self.challenge.spec.check(name).kind].advisory:
                what = f"{quote(name)} only advises, and here it takes the points of another check"
                yield _slip("need-advice", check.id, place, what, "remove it")

    def _timeouts(self, loc: Loc, index: int, check: Check) -> Iterator[Slip]:
        total = self.challenge.spec.limits.timeout
        raw = self._raw(index)
        if "timeout" in raw and check.timeout > total:
            what = f"{check.timeout:g}s is more than the whole run may take, {total:g}s"
            yield _slip("timeout", check.id, (*loc, "timeout"), what, "shorten it, or raise limits.timeout")
        own = getattr(check.body, "timeout", None)
        written = {
            (*loc, check.kind, "timeout"): raw[check.kind],
            ("defaults", check.kind, "timeout"): self._default(check.kind),
        }
        place = next((place for place, fields in written.items() if "timeout" in fields), None)
        if place is not None and isinstance(own, float) and own > check.timeout:
            what = f"{own:g}s is more than the check {quote(check.id)} may take, {check.timeout:g}s"
            yield _slip("timeout", check.id, place, what, "shorten it, or raise the check's own timeout")

    def _place(self, index: int, check: Check, loc: Loc) -> Loc:
        """Where a part of a check is written: in the check, or in the defaults of its kind."""
        own = loc[0] in self._raw(index)[check.kind] or loc[0] not in self._default(check.kind)
        return (*(("checks", index) if own else ("defaults",)), check.kind, *loc)

    def _statuses(self, index: int, check: Check) -> Iterator[Slip]:
        """Statuses that are expected and that HTTP does not have."""
        for loc, model in sense.models(check.body):
            for field in model.model_fields_set & {"status", "statuses"}:
                wanted = getattr(model, field)
                for position, status in enumerate(wanted if isinstance(wanted, tuple | Mapping) else ()):
                    code = str(status)
                    if code.isdigit() and int(code) not in _STATUSES:
                        what = f"{code} is no status code that is registered for HTTP"
                        below = (status,) if field == "statuses" else (position,) if len(wanted) > 1 else ()
                        place = self._place(index, check, (*loc, field, *below))
                        hint = "write one that is, or silence this warning if the brief asks for it"
                        yield _slip("unknown-status", check.id, place, what, hint, key=field == "statuses")

    def _captures(self, index: int, check: Check) -> Iterator[Slip]:
        """Captures of a .hurl file that neither the file nor the check uses."""
        written = getattr(check.body, "steps", ())
        steps = [step for step in (written if isinstance(written, tuple) else ()) if isinstance(step, HurlStep)]
        texts = [*strings(self._raw(index)), *(self.challenge.files[step.file].decode() for step in steps[:1])]
        for step in steps:
            for capture in step.script.response.captures if step.script.response is not None else ():
                used = re.compile(rf"\$\{{{re.escape(capture.name)}\}}|\{{\{{\s*{re.escape(capture.name)}\b")
                if not any(map(used.search, texts)):
                    what = f"nothing uses {{{{{capture.name}}}}}, which {step.file}:{capture.line} captures"
                    place = self._place(index, check, ("hurl",))
                    yield _slip("unused-save", check.id, place, what, "use it, or remove it")

    def _cases(self, index: int, check: Check) -> Iterator[Slip]:
        """Values of cases that no step uses; ``name`` is the case's name in reports."""
        if not isinstance(check.body, HttpSpec):
            return
        written = {**self._default(check.kind), **self._raw(index)[check.kind]}
        marks = set(_MARK.findall(" ".join(strings({**written, "cases": ()}))))
        files = {step.file for step in check.body.steps if isinstance(step, HurlStep)}
        scenarios = " ".join(self.challenge.files[file].decode() for file in files)
        told = {"name"}
        for row, case in enumerate(check.body.cases or ()):
            for name in case:
                used = f"case.{name}" in marks or re.search(rf"\b{re.escape(name)}\b", scenarios)
                if not used and name not in told:
                    what = f"no step uses ${{case.{name}}}"
                    place = self._place(index, check, ("cases", row, name))
                    yield _slip("unused-case", check.id, place, what, "use it, or remove it from the cases", key=True)
                told.add(name)

    def _default(self, kind: str) -> Mapping[str, object]:
        """The default fields of a kind, as they are written."""
        return cast("Mapping[str, Mapping[str, object]]", self._map("defaults")).get(kind, {})

    def _step(self, loc: Loc, step: Mapping[str, Any], index: int, check: Check) -> Iterator[Slip]:
        """A request of a scenario."""
        expect = step.get("expect")
        if isinstance(expect, Mapping) and "time" in expect:
            what = "a machine is as fast as it is, so a time in milliseconds says little of the submission"
            hint = "compare with another step by time_ratio"
            yield _slip("absolute-time", check.id, (*loc, "expect", "time"), what, hint, key=True)
        if step.get("save"):
            texts = strings([self._raw(index), self._default(check.kind)])
            marks = {name for text in texts for name in _MARK.findall(text)}
            for name in step["save"]:
                if name not in marks:
                    what = f"nothing uses ${{{name}}}"
                    yield _slip("unused-save", check.id, (*loc, "save", name), what, "use it, or remove it", key=True)

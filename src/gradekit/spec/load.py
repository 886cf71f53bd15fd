"""A challenge's folder to a ``Challenge``: read, validate, cross-check, and name every problem at once."""

from __future__ import annotations

import hashlib
import json
import os.path
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast

from pydantic import BaseModel, ValidationError

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.kinds import KINDS
from gradekit.checks.sense import contradictions
from gradekit.errors import Problem, SpecError, UsageError
from gradekit.model import AUTHORED, Loc, check_relative
from gradekit.results import Tier, Variant
from gradekit.spec.challenge import Challenge, ChallengeHead, ChallengeSpec, Check, CheckHead
from gradekit.spec.expand import expanded, wrong_marks
from gradekit.spec.files import Files, is_file, is_folder
from gradekit.spec.reader import Document, read_file
from gradekit.spec.references import Names, check_faults, head_faults, rubric_faults, runner_faults, solution_faults
from gradekit.spec.rubric import Rubric
from gradekit.spec.slips import strings
from gradekit.spec.translate import (
    Fault,
    described,
    faults,
    field_names,
    listed,
    unknown_key,
)
from gradekit.spec.variants import OPTION, VariantsSpec, marks, render
from gradekit.texts import near, quote

FILE_NAME = "challenge.yaml"
VERSION = 1
"""Of the format of challenges and rubrics."""
_UNGRADED = frozenset({"lint"})
"""Keys that say nothing of how a submission is graded."""
_RANKS = {tier: rank for rank, tier in enumerate(Tier)}
_STAND_IN = {"gradekit": VERSION, "id": "x", "title": "x", "runner": "any", "rubric": "x"}
_SOLUTION_STAND_IN = {"path": ".", "expect": {"passes": "all"}}


class LoadedRubric(NamedTuple):
    """A rubric with the digest (SHA-256, hex) of its content."""

    rubric: Rubric
    digest: str


def load_challenge(
    path: Path,
    *,
    rubrics: Sequence[Path],
    runners: Mapping[str, str] | None = None,
    tools: Mapping[str, Sequence[str]] = MappingProxyType({}),
    variant: int | None = None,
) -> Challenge:
    """Read a challenge: its folder or its YAML file.

    Args:
        path: The folder, or the file.
        rubrics: Folders to look for the rubric in, first match wins.
        runners: Known runners, name to kind (``language`` or ``service``); None skips that check.
        tools: Scanners that say what they can be asked for, name to that; of others nothing is said.
        variant: Number of its variant; None for the first one, where it has some.

    Raises:
        SpecError: with every problem of the challenge and its rubric, sorted by position.
        UsageError: it has no such variant.
    """
    source = spec_file(path)
    return build(source, read_file(source), rubrics=rubrics, runners=runners, tools=tools, variant=variant)


def load_variants(
    path: Path,
    *,
    rubrics: Sequence[Path],
    runners: Mapping[str, str] | None = None,
    tools: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[Challenge, ...]:
    """Read a challenge in each of its variants; one alone where it has none.

    Raises:
        SpecError: with every problem of the challenge and its rubric in any variant.
    """
    source = spec_file(path)
    return build_variants(source, read_file(source), rubrics=rubrics, runners=runners, tools=tools)


def spec_file(path: Path) -> Path:
    """The YAML file of a challenge that is named by its folder, or by its file."""
    return path / FILE_NAME if path.is_dir() else path


def build(
    source: Path,
    document: Document,
    *,
    rubrics: Sequence[Path],
    runners: Mapping[str, str] | None = None,
    tools: Mapping[str, Sequence[str]] = MappingProxyType({}),
    variant: int | None = None,
) -> Challenge:
    """The challenge of a YAML file that was read; see ``load_challenge``.

    Raises:
        SpecError: with every problem of the challenge and its rubric, sorted by position.
        UsageError: it has no such variant.
    """
    return _Loading(source, document, rubrics, runners, tools, number=variant).challenge()


def build_variants(
    source: Path,
    document: Document,
    *,
    rubrics: Sequence[Path],
    runners: Mapping[str, str] | None = None,
    tools: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[Challenge, ...]:
    """Each variant of a YAML file that was read; see ``load_variants``.

    Raises:
        SpecError: with every problem of the challenge and its rubric in any variant.
    """
    first = build(source, document, rubrics=rubrics, runners=runners, tools=tools)
    found = [first]
    wrong: dict[Problem, int] = {}
    for variant in () if first.spec.variants is None else first.spec.variants.variants()[1:]:
        try:
            found.append(build(source, document, rubrics=rubrics, runners=runners, tools=tools, variant=variant.number))
        except SpecError as error:
            for problem in error.problems:
                wrong.setdefault(problem, variant.number)
    problems = [replace(problem, what=f"{problem.what} (variant {number})") for problem, number in wrong.items()]
    if len({challenge.digest for challenge in found}) > 1:
        what = "variants: which files belong to the challenge differs from variant to variant"
        hint = "name them in this file, where {{ variant.NAME }} may be a part of a path, and not in a template"
        problems.append(Problem(str(source), what, hint=hint))
    if problems:
        raise SpecError(*problems)
    return tuple(found)


def load_rubric(path: Path) -> LoadedRubric:
    """Read a rubric file.

    Raises:
        SpecError: with every problem of the file, sorted by position.
    """
    document = read_file(path)
    found, rubric = _rubric(document)
    problems = _sorted(document, found)
    if problems or rubric is None:
        raise SpecError(*problems)
    return LoadedRubric(rubric, _digest({"rubric": _canonical(document.data)}))


def _rubric(document: Document) -> tuple[list[Fault], Rubric | None]:
    found = _version(document)
    if found:
        return found, None
    try:
        return [], Rubric.model_validate(document.data, context=AUTHORED)
    except ValidationError as error:
        return faults(error, document.data, Rubric), None


def _version(document: Document) -> list[Fault]:
    """Why the file cannot be read at all: it is no map, or it is of another version."""
    data = document.data
    if not isinstance(data, Mapping):
        return [Fault((), f"must be a map, not {described(data)}")]
    version = data.get("gradekit", VERSION)
    if isinstance(version, int) and not isinstance(version, bool) and version != VERSION:
        what = f"this file is written for version {version}"
        return [Fault(("gradekit",), what, f"this gradekit reads version {VERSION}", "install another gradekit")]
    return []


def _sorted(document: Document, found: Iterable[Fault]) -> list[Problem]:
    """The reader's complaints and the faults as problems, by position; a part is complained about once."""
    placed = [
        *document.complaints,
        *(
            document.place(fault.loc, fault.what, fault.expected, fault.hint, at=fault.at)
            for fault in dict.fromkeys(found)
            if not any(fault.loc[:end] in document.tainted for end in range(len(fault.loc) + 1))
        ),
    ]
    placed.sort(key=lambda item: (item.span.line, item.span.column))
    return [item.problem for item in placed]


def _canonical(data: object) -> bytes:
    """The same bytes for the same data: comments and layout do not count, order does."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _digest(parts: Mapping[str, bytes]) -> str:
    """SHA-256 over named parts in the order of their names; each is framed by its length."""
    digest = hashlib.sha256(b"gradekit 1\n")
    for name in sorted(parts):
        for piece in (name.encode(), parts[name]):
            digest.update(b"%d:" % len(piece))
            digest.update(piece)
    return digest.hexdigest()


@dataclass(slots=True)
class _Draft:
    """A check as far as it could be read."""

    raw: Mapping[str, object]
    head: CheckHead | None = None
    kind: str | None = None
    body: BaseModel | None = None


class _Loading:
    """One run over one challenge: every step adds its faults, the last step raises them or builds."""

    def __init__(
        self,
        source: Path,
        document: Document,
        rubrics: Sequence[Path],
        runners: Mapping[str, str] | None,
        tools: Mapping[str, Sequence[str]],
        *,
        number: int | None,
    ) -> None:
        self.source = source
        self.document = document
        self.number = number
        self.variants: VariantsSpec | None = None
        self.variant: Variant | None = None
        self.rubrics = rubrics
        self.runners = runners
        self.tools = tools
        self.files = Files(source.parent, self._rendered)
        self.defaults: Mapping[str, Mapping[str, object]] = {}
        self.min_tier: str = Tier.IN_PROCESS
        self.runs_code = True
        self.found: list[Fault] = []
        self.elsewhere: list[Problem] = []
        """Problems of other files, such as the rubric's."""

    def challenge(self) -> Challenge:
        self.found += _version(self.document)
        if self.found or not isinstance(self.document.data, Mapping):
            raise SpecError(*_sorted(self.document, self.found))
        written: Mapping[str, object] = self.document.data
        data = self._expanded(written)
        names = Names.of(data)
        head = self._head(data)
        self.min_tier = head.min_tier
        self.runs_code = head.runner != "none"
        rubric = self._rubric(data, head.rubric)
        drafts = self._checks(data)
        app = data.get("app") is not None
        self._templates()
        self._head_files(head)
        self.found += head_faults(head, names, self.runners)
        self.found += solution_faults(head, names, self.source.parent)
        self._references(drafts, names, rubric.rubric if rubric else None, app=app)
        self._bodies(
            drafts,
            Scope(
                self.files.content,
                names.variables,
                list(names.datasets),
                list(names.services),
                app,
                () if isinstance(head.runner, str) else head.runner,
                {
                    name: head.services[dataset.service].runner
                    for name, dataset in head.datasets.items()
                    if dataset.service in head.services and head.services[dataset.service].runner in statements.ENGINES
                },
                {
                    head.datasets[name].service: head.services[head.datasets[name].service].runner
                    for name in (head.app.dataset if head.app is not None else ())
                    if name in head.datasets and head.datasets[name].service in head.services
                },
                self.tools,
                [
                    name
                    for name, dataset in head.datasets.items()
                    if any(step.submission is not None for step in dataset.load)
                ],
            ),
        )
        problems = [*_sorted(self.document, self.found), *self.elsewhere]
        if problems or rubric is None:
            raise SpecError(*problems)
        fields = {name: getattr(head, name) for name in ChallengeHead.model_fields}
        spec = ChallengeSpec(**fields, checks=tuple(map(_finished, drafts)))
        return Challenge(
            spec=spec,
            rubric=rubric.rubric,
            source=self.source,
            files=MappingProxyType(self.files.content),
            digest=self._digest(written, rubric),
            rubric_digest=rubric.digest,
            variant=self.variant,
        )

    def _expanded(self, written: Mapping[str, object]) -> Mapping[str, object]:
        """The data of the variant that is asked for; as it is written where the challenge has none.

        Raises:
            SpecError: what it says of variants is wrong, so that nothing can be put in.
            UsageError: it has no such variant.
        """
        raw = written.get("variants")
        if raw is None:
            if self.number is not None:
                what = f"{self.source} has no variants"
                raise UsageError(Problem(OPTION, what, hint="leave it out"))
            return written
        try:
            self.variants = VariantsSpec.model_validate(raw, context=AUTHORED)
        except ValidationError as error:
            wrong = [_below(("variants",), fault) for fault in faults(error, raw, VariantsSpec)]
            raise SpecError(*_sorted(self.document, wrong)) from error
        number = 1 if self.number is None else self.number
        if not 1 <= number <= self.variants.number:
            what = f"{self.source} has no variant {number}"
            raise UsageError(Problem(OPTION, what, f"a number from 1 to {self.variants.number}"))
        self.variant = self.variants.variants()[number - 1]
        self.document = expanded(self.document, self.variants, self.variant)
        return cast("Mapping[str, object]", self.document.data)

    def _rendered(self, path: str, data: bytes) -> bytes:
        if self.variants is None or self.variant is None:
            return data
        return self.variants.rendered(path, data, self.variant)

    def _templates(self) -> None:
        """Templates that are not there, and what is wrong with their placeholders."""
        if self.variants is None:
            return
        for index, path in enumerate(self.variants.templates):
            if not is_file(self.source.parent / path) and not is_folder(self.source.parent / path):
                self.found.append(self.files.missing(path, ("variants", "templates", index)))
                continue
            for file in self.files.below(path):
                wrong = wrong_marks(self.files.read(file) or b"", str(self.source.parent / file), self.variants)
                self.elsewhere += [placed.problem for placed in wrong]

    def _other_files(self, data: Mapping[str, object]) -> Iterator[str]:
        """What a path in the challenge's data leads to in any variant."""
        if self.variants is None:
            return
        for text in {text for text in strings(data, keys=False) if any(marks(text))}:
            for variant in self.variants.variants():
                with suppress(ValueError):
                    yield from self.files.below(check_relative(render(text, variant.parameters)))

    def _digest(self, data: Mapping[str, object], rubric: LoadedRubric) -> str:
        files = {f"file {path}": content for path, content in self.files.written.items()}
        files |= {f"file {path}": self.files.read(path) or b"" for path in self._other_files(data)}
        graded = {key: value for key, value in data.items() if key not in _UNGRADED}
        return _digest({**files, "challenge": _canonical(graded), "rubric": rubric.digest.encode()})

    def _head(self, data: Mapping[str, object]) -> ChallengeHead:
        """Everything but the checks; a field that is wrong has a stand-in, so that the others can be judged."""
        fields = field_names(ChallengeHead)
        known = [*fields, "defaults", "checks"]
        self.found += [unknown_key((key,), known) for key in data if key not in known]
        raw = {key: value for key, value in data.items() if key in fields}
        try:
            return ChallengeHead.model_validate(raw, context=AUTHORED)
        except ValidationError as error:
            wrong = faults(error, raw, ChallengeHead)
        self.found += wrong
        return ChallengeHead.model_validate(_STAND_IN | _without(raw, wrong), context=AUTHORED)

    def _rubric(self, data: Mapping[str, object], name: str) -> LoadedRubric | None:
        if data.get("rubric") != name:
            return None
        path = self._rubric_path(name)
        if path is None and name.endswith(".yaml"):
            self.found.append(Fault(("rubric",), f"no file {quote(name)}", "a path relative to the challenge's folder"))
            return None
        if path is None:
            known = sorted({file.stem for folder in self.rubrics for file in folder.glob("*.yaml")})
            hint = near(name, known)
            expected = "" if hint else f"there is: {listed(known)}"
            self.found.append(Fault(("rubric",), f"no rubric {quote(name)}", expected, hint))
            return None
        try:
            return load_rubric(path)
        except SpecError as error:
            self.elsewhere += error.problems
            return None

    def _rubric_path(self, name: str) -> Path | None:
        paths = [folder / f"{name}.yaml" for folder in self.rubrics]
        if name.endswith(".yaml"):
            paths = [Path(os.path.normpath(self.source.parent / name))]
        return next((path for path in paths if is_file(path)), None)

    def _checks(self, data: Mapping[str, object]) -> list[_Draft]:
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

    def _check(self, index: int, raw: object) -> _Draft:
        loc: Loc = ("checks", index)
        if not isinstance(raw, Mapping):
            self.found.append(Fault(loc, f"must be a map, not {described(raw)}"))
            return _Draft({})
        draft = _Draft(raw)
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
            self.found += [_below(loc, fault) for fault in faults(error, head, CheckHead)]
        return draft

    def _body(self, loc: Loc, kind: str, own: object) -> BaseModel | None:
        if not isinstance(own, Mapping):
            self.found.append(Fault(loc, f"must be a map, not {described(own)}"))
            return None
        spec: type[BaseModel] = KINDS[kind].spec
        merged = {**self.defaults.get(kind, {}), **own}
        try:
            return spec.model_validate(merged, context=AUTHORED)
        except ValidationError as error:
            wrong = faults(error, merged, spec)
        elsewhere = {*field_names(CheckHead), *KINDS}
        for fault in wrong:
            if not fault.loc and fault.at and fault.at[0] in elsewhere:
                fault = replace(fault, expected="", hint="it belongs to the check; indent it less")  # noqa: PLW2901
            self.found.append(_below(self._origin(fault.loc, loc, own), fault))
        return None

    def _origin(self, loc: Loc, body: Loc, own: object) -> Loc:
        """Where the field at ``loc`` of a check's body was written: in the check, or in the defaults."""
        kind = str(body[-1])
        written = isinstance(own, Mapping) and bool(loc) and loc[0] in own
        default = bool(loc) and loc[0] in self.defaults.get(kind, {})
        return ("defaults", kind) if default and not written else body

    def _head_files(self, head: ChallengeHead) -> None:
        if head.brief is not None and not is_file(self.source.parent / head.brief):
            self.found.append(self.files.missing(head.brief, ("brief",)))
        for name, dataset in head.datasets.items():
            for index, step in enumerate(dataset.load):
                if step.challenge is not None:
                    loc: Loc = ("datasets", name, "load", index, "challenge")
                    self.found += self.files.add(step.challenge, loc, folder=False)

    def _references(self, drafts: Sequence[_Draft], names: Names, rubric: Rubric | None, *, app: bool) -> None:
        criteria = {} if rubric is None else {name: item.manual for name, item in rubric.criteria.items()}
        heads: list[CheckHead] = []
        for index, draft in enumerate(drafts):
            if draft.head is not None:
                heads.append(draft.head)
                self.found += check_faults(index, draft.head, names, criteria)
            if draft.kind is not None and draft.body is not None:
                self.found += self._app_faults(("checks", index), draft, app=app)
                self.found += self._tier_faults(("checks", index), draft)
                scanner = KINDS[draft.kind].scanner(draft.body)
                if scanner is not None:
                    self.found += runner_faults(("checks", index, draft.kind), scanner, "scanner", self.runners)
        known = all(criteria.get(head.criterion) is False for head in heads)
        if rubric is not None and heads and len(heads) == len(drafts) and known:
            self.found += rubric_faults(rubric, heads)

    def _app_faults(self, loc: Loc, draft: _Draft, *, app: bool) -> Iterator[Fault]:
        kind = KINDS[str(draft.kind)]
        uses_app = kind.uses_app(draft.body)
        if uses_app and not app:
            what = "needs the app, but the challenge has no app"
            yield Fault((*loc, kind.name), what, hint="add app: {port: 8080}")
        elif kind.runs_code and not self.runs_code:
            what = f"a check of the kind {kind.name} runs code of the submission, but the challenge has runner: none"
            yield Fault((*loc, kind.name), what, hint="name the runners of its languages")
        if draft.head is not None and draft.head.fresh and not uses_app:
            yield Fault((*loc, "fresh"), "only a check that uses the app can be fresh", hint="remove it")

    def _tier_faults(self, loc: Loc, draft: _Draft) -> Iterator[Fault]:
        kind = KINDS[str(draft.kind)]
        tier, least = kind.tier(draft.body), Tier(self.min_tier)
        if _RANKS[tier] <= _RANKS[least]:
            return
        ways = [f"set {way}" for other, way in kind.tiers.items() if _RANKS[other] <= _RANKS[least]]
        outside = [other for other in KINDS.values() if Tier.BLACK_BOX in other.tiers and not other.advisory]
        ways.append(f"check it from outside, by {', '.join(other.name for other in outside)}")
        place = (*loc, kind.name)
        what = f"the tier of this check is {tier.value}, below min_tier: {least.value}"
        yield Fault(place, what, hint=f"to raise it, {', or '.join(ways)}", at=place)

    def _bodies(self, drafts: Sequence[_Draft], scope: Scope) -> None:
        """The files that checks refer to, then what their kinds have to say with these files at hand."""
        whole = [(index, draft, KINDS[draft.kind]) for index, draft in enumerate(drafts) if draft.kind and draft.body]
        for index, draft, kind in whole:
            body: Loc = ("checks", index, kind.name)
            for loc, path in kind.paths(draft.body):
                self.found += self.files.add(path, (*self._origin(loc, body, draft.raw[kind.name]), *loc))
        for index, draft, kind in whole:
            draft.body, complaints = kind.expanded(draft.body, self.files.content)
            self._elsewhere(complaints)
            body = ("checks", index, kind.name)
            for loc, path in kind.paths(draft.body):
                self.found += self.files.add(path, (*self._origin(loc, body, draft.raw[kind.name]), *loc))
        known = {fault.loc for fault in self.found}
        for index, draft, kind in whole:
            body = ("checks", index, kind.name)
            impossible = (
                Complaint(found.loc, found.what, hint=found.hint)
                for found in contradictions(cast("BaseModel", draft.body))
            )
            for complaint in chain(kind.lint(draft.body, scope), impossible):
                if complaint.place:
                    self._elsewhere([complaint])
                    continue
                place = (*self._origin(complaint.loc, body, draft.raw[kind.name]), *complaint.loc)
                if place not in known:
                    at = place if complaint.loc and complaint.what.startswith(quote(str(complaint.loc[-1]))) else None
                    self.found.append(Fault(place, complaint.what, complaint.expected, complaint.hint, at))

    def _elsewhere(self, complaints: Iterable[Complaint]) -> None:
        """Problems of other files of the challenge, whose places are told as those of its own are."""
        folder = self.source.parent
        for one in complaints:
            problem = Problem(str(folder / one.place), one.what, one.expected, one.hint)
            if problem not in self.elsewhere:
                self.elsewhere.append(problem)


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


def _below(loc: Loc, fault: Fault) -> Fault:
    """A fault of a part, as a fault of the whole that has the part at ``loc``."""
    return replace(fault, loc=(*loc, *fault.loc), at=None if fault.at is None else (*loc, *fault.at))


def _finished(draft: _Draft) -> Check:
    """A check in which nothing was wrong."""
    if draft.head is None or draft.kind is None or draft.body is None:
        raise AssertionError(f"a fault of {draft.raw.get('id')} was not reported")
    head = {name: getattr(draft.head, name) for name in CheckHead.model_fields}
    return Check(**head, kind=draft.kind, body=draft.body)

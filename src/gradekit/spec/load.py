"""A challenge's folder to a ``Challenge``: read, validate, cross-check, and name every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel, ValidationError

from gradekit.checks import statements
from gradekit.checks.base import Complaint, Scope
from gradekit.checks.kinds import KINDS
from gradekit.checks.sense import contradictions
from gradekit.errors import Problem, SpecError, UsageError
from gradekit.model import AUTHORED, Loc, check_relative
from gradekit.results import Tier, Variant
from gradekit.spec.challenge import Challenge, ChallengeHead, ChallengeSpec, CheckHead
from gradekit.spec.digests import canonical, digest_of, proving
from gradekit.spec.drafts import CheckReader, Draft, finished, read_head
from gradekit.spec.expand import expanded, wrong_marks
from gradekit.spec.files import Files, is_file, is_folder
from gradekit.spec.fitting import app_faults, tier_faults
from gradekit.spec.problems import problems_of, version_faults, within
from gradekit.spec.reader import Document, excerpt_at, read_file
from gradekit.spec.references import Names, check_faults, head_faults, rubric_faults, runner_faults, solution_faults
from gradekit.spec.rubric import Rubric
from gradekit.spec.rubrics import LoadedRubric, load_rubric, rubric_path
from gradekit.spec.slips import strings
from gradekit.spec.translate import Fault, faults, listed
from gradekit.spec.variants import OPTION, VariantsSpec, marks, render
from gradekit.texts import near, quote

FILE_NAME = "challenge.yaml"
_UNGRADED = frozenset({"lint", "mutation", "solutions"})
"""Keys that say nothing of how a submission is graded; of what proves the checks ``proving`` has digests."""


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
        self.checks = CheckReader()
        self.found: list[Fault] = []
        self.elsewhere: list[Problem] = []
        """Problems of other files, such as the rubric's."""

    def challenge(self) -> Challenge:
        self.found += version_faults(self.document)
        if self.found or not isinstance(self.document.data, Mapping):
            raise SpecError(*problems_of(self.document, self.found))
        written: Mapping[str, object] = self.document.data
        data = self._expanded(written)
        names = Names.of(data)
        head, wrong = read_head(data)
        self.found += wrong
        rubric = self._rubric(data, head.rubric)
        drafts = self.checks.read(data)
        self.found += self.checks.found
        app = data.get("app") is not None
        self._templates()
        self._head_files(head)
        self.found += head_faults(head, names, self.runners)
        self.found += solution_faults(head, names, self.source.parent, rubric.rubric if rubric else None)
        self._references(drafts, head, names, rubric.rubric if rubric else None, app=app)
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
        problems = [*problems_of(self.document, self.found), *self.elsewhere]
        if problems or rubric is None:
            raise SpecError(*problems)
        fields = {name: getattr(head, name) for name in ChallengeHead.model_fields}
        spec = ChallengeSpec(**fields, checks=tuple(map(finished, drafts)))
        return Challenge(
            spec=spec,
            rubric=rubric.rubric,
            source=self.source,
            files=MappingProxyType(self.files.content),
            digest=self._digest(written, rubric),
            rubric_digest=rubric.digest,
            variant=self.variant,
            proving=proving(self.source.parent, spec),
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
            wrong = [within(("variants",), fault) for fault in faults(error, raw, VariantsSpec)]
            raise SpecError(*problems_of(self.document, wrong)) from error
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
        graded = {key: value for key, value in data.items() if key not in _UNGRADED}
        files = {f"file {path}": content for path, content in self.files.written.items()}
        files |= {f"file {path}": self.files.read(path) or b"" for path in self._other_files(graded)}
        return digest_of({**files, "challenge": canonical(graded), "rubric": rubric.digest.encode()})

    def _rubric(self, data: Mapping[str, object], name: str) -> LoadedRubric | None:
        if data.get("rubric") != name:
            return None
        path = rubric_path(name, folders=self.rubrics, root=self.source.parent)
        if path is None and name.endswith(".yaml"):
            beside = [
                found.relative_to(self.source.parent).as_posix()
                for folder in (self.source.parent, self.source.parent / "rubrics")
                for found in sorted(folder.glob("*.yaml"))
                if not found.match("challenge*.yaml")
            ]
            hint = near(name, beside) or "add the file, or name a rubric of rubrics/"
            self.found.append(
                Fault(("rubric",), f"no file {quote(name)}", "a path relative to the challenge's folder", hint)
            )
            return None
        if path is None:
            known = sorted({file.stem for folder in self.rubrics for file in folder.glob("*.yaml")})
            own = f"{name}.yaml"
            hint = f"did you mean {quote(own)}?" if is_file(self.source.parent / own) else near(name, known)
            expected = "" if hint else f"there is: {listed(known)}"
            self.found.append(Fault(("rubric",), f"no rubric {quote(name)}", expected, hint))
            return None
        try:
            return load_rubric(path)
        except SpecError as error:
            self.elsewhere += error.problems
            return None

    def _head_files(self, head: ChallengeHead) -> None:
        if head.brief is not None and not is_file(self.source.parent / head.brief):
            self.found.append(self.files.missing(head.brief, ("brief",)))
        for name, dataset in head.datasets.items():
            for index, step in enumerate(dataset.load):
                if step.challenge is not None:
                    loc: Loc = ("datasets", name, "load", index, "challenge")
                    self.found += self.files.add(step.challenge, loc, folder=False)

    def _references(
        self, drafts: Sequence[Draft], head: ChallengeHead, names: Names, rubric: Rubric | None, *, app: bool
    ) -> None:
        criteria = {} if rubric is None else {name: item.manual for name, item in rubric.criteria.items()}
        heads: list[CheckHead] = []
        for index, draft in enumerate(drafts):
            if draft.head is not None:
                heads.append(draft.head)
                self.found += check_faults(index, draft.head, names, criteria)
            if draft.kind is not None and draft.body is not None:
                self.found += app_faults(("checks", index), draft, app=app, runs_code=head.runner != "none")
                self.found += tier_faults(("checks", index), draft, Tier(head.min_tier))
                scanner = KINDS[draft.kind].scanner(draft.body)
                if scanner is not None:
                    self.found += runner_faults(("checks", index, draft.kind), scanner, "scanner", self.runners)
        known = all(criteria.get(one.criterion) is False for one in heads)
        if rubric is not None and heads and len(heads) == len(drafts) and known:
            self.found += rubric_faults(rubric, heads)

    def _bodies(self, drafts: Sequence[Draft], scope: Scope) -> None:
        """The files that checks refer to, then what their kinds have to say with these files at hand."""
        whole = [(index, draft, KINDS[draft.kind]) for index, draft in enumerate(drafts) if draft.kind and draft.body]
        for index, draft, kind in whole:
            body: Loc = ("checks", index, kind.name)
            for loc, path in kind.paths(draft.body):
                self.found += self.files.add(path, (*self.checks.origin(loc, body, draft.raw[kind.name]), *loc))
        for index, draft, kind in whole:
            draft.body, complaints = kind.expanded(draft.body, self.files.content)
            self._elsewhere(complaints)
            body = ("checks", index, kind.name)
            for loc, path in kind.paths(draft.body):
                self.found += self.files.add(path, (*self.checks.origin(loc, body, draft.raw[kind.name]), *loc))
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
                place = (*self.checks.origin(complaint.loc, body, draft.raw[kind.name]), *complaint.loc)
                if place not in known:
                    at = place if complaint.loc and complaint.what.startswith(quote(str(complaint.loc[-1]))) else None
                    self.found.append(Fault(place, complaint.what, complaint.expected, complaint.hint, at))

    def _elsewhere(self, complaints: Iterable[Complaint]) -> None:
        """Problems of other files of the challenge, whose places are told as those of its own are."""
        folder = self.source.parent
        for one in complaints:
            problem = Problem(
                str(folder / one.place), one.what, one.expected, one.hint, excerpt_at(one.place, self.files.content)
            )
            if problem not in self.elsewhere:
                self.elsewhere.append(problem)

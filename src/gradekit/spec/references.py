"""Names that one part of a challenge uses and another part defines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gradekit.model import Loc, Scalar
from gradekit.spec.challenge import (
    PATCH_SUFFIXES,
    RESERVED_VARIABLES,
    SERVICE_FACTS,
    SERVICE_REFERENCE,
    AppSpec,
    ChallengeHead,
    CheckHead,
    Solution,
)
from gradekit.spec.files import is_file, is_folder
from gradekit.spec.rubric import Rubric
from gradekit.spec.translate import SLUG_PATTERN, Fault, listed
from gradekit.texts import near, quote


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a file defines; taken from its raw data, so that one wrong field hides no name."""

    services: Mapping[str, object]
    datasets: Mapping[str, object]
    variables: Mapping[str, Scalar]
    checks: tuple[str, ...]
    """The ids of all checks, in order; empty text where there is none."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Check -> the checks that it needs."""

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Names:
        """Collect the names of a challenge's data."""
        checks = data.get("checks")
        maps = [_mapping(check) for check in checks] if isinstance(checks, list) else []
        names = tuple(_text(check.get("id")) for check in maps)
        needs = {name: _texts(check.get("need")) for name, check in zip(names, maps, strict=True)}
        variables = {k: v for k, v in _mapping(data.get("vars")).items() if isinstance(v, Scalar)}
        return cls(_mapping(data.get("services")), _mapping(data.get("datasets")), variables, names, needs)

    def way(self, start: str, end: str) -> tuple[str, ...]:
        """The checks from one that needs another, over those between, to that one; empty if it does not need it."""
        ways: list[tuple[str, ...]] = [(start,)]
        seen = {start}
        while ways:
            way = ways.pop()
            if way[-1] == end:
                return way
            for name in self.needs.get(way[-1], ()):
                if name not in seen:
                    seen.add(name)
                    ways.append((*way, name))
        return ()


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in value) if isinstance(value, list) else ()


def _unknown(loc: Loc, noun: str, name: str, known: Sequence[str]) -> Fault:
    known = [other for other in known if other]
    hint = near(name, known)
    return Fault(loc, f"no {noun} {quote(name)}", "" if hint else f"there is: {listed(known)}", hint)


def head_faults(head: ChallengeHead, names: Names, runners: Mapping[str, str] | None) -> Iterator[Fault]:
    """Services, data sets, runners and variables."""
    for index, runner in enumerate(() if isinstance(head.runner, str) else head.runner):
        yield from runner_faults(("runner", index), runner, "language", runners)
    for name, service in head.services.items():
        yield from runner_faults(("services", name, "runner"), service.runner, "service", runners)
    yield from _images(head)
    yield from _versions(head, runners)
    for name, dataset in head.datasets.items():
        if dataset.service not in names.services:
            yield _unknown(("datasets", name, "service"), "service", dataset.service, list(names.services))
    for name in names.variables:
        if name in RESERVED_VARIABLES:
            yield Fault(("vars",), f"{quote(name)} is made by gradekit", hint="choose another name", at=("vars", name))
    if head.app is not None and head.runner == "none":
        yield Fault(
            ("app",), "there is an app, but runner: none", hint="name the runners of its languages, or remove it"
        )
    elif head.app is not None:
        yield from _app(head.app, head, names)


def _images(head: ChallengeHead) -> Iterator[Fault]:
    """Images of the author's own belong to runners that the challenge names."""
    if not head.image:
        return
    if isinstance(head.runner, str):
        what = f"an image of your own needs its runner, and runner is {quote(head.runner)}"
        yield Fault(("image",), what, hint="name the runner")
        return
    for name in head.image:
        if not name and len(head.runner) > 1:
            expected = f"a map with some of {listed(head.runner)}"
            yield Fault(("image",), "it is not said for which runner it is", expected)
        elif name and name not in head.runner:
            yield _unknown(("image", name), "runner of the challenge", name, list(head.runner))


def _versions(head: ChallengeHead, runners: Mapping[str, str] | None) -> Iterator[Fault]:
    """Versions are of languages that a submission may use."""
    for name in head.versions:
        if head.runner == "any":
            yield from runner_faults(("versions", name), name, "language", runners)
        elif head.runner == "none" or name not in head.runner:
            known = [] if head.runner == "none" else list(head.runner)
            yield _unknown(("versions", name), "runner of the challenge", name, known)


_STAND_INS: Final = {"mysql": "mariadb", "valkey": "redis"}
"""Services that have no runner, and whose clients another one serves."""


def runner_faults(loc: Loc, name: str, kind: str, runners: Mapping[str, str] | None) -> Iterator[Fault]:
    """Unless there is a runner of that name and kind; without a list of runners nothing is said."""
    if runners is None:
        return
    known = sorted(other for other, its_kind in runners.items() if its_kind == kind)
    if name in known:
        return
    other = _STAND_INS.get(name)
    if other in known:
        yield Fault(loc, f"no runner {quote(name)}", f"{other} stands for it", f"write {quote(other)}")
    else:
        yield _unknown(loc, f"runner of kind {kind}", name, known)


def _app_datasets(app: AppSpec, head: ChallengeHead, names: Names) -> Iterator[Fault]:
    services: set[str] = set()
    for index, dataset in enumerate(app.dataset):
        place: Loc = ("app", "dataset") if len(app.dataset) == 1 else ("app", "dataset", index)
        if dataset not in names.datasets:
            yield _unknown(place, "data set", dataset, list(names.datasets))
        elif dataset in head.datasets:
            service = head.datasets[dataset].service
            if service in services:
                what = f"the app has a data set of service {quote(service)} already"
                yield Fault(place, what, "one for each service", "remove one of them")
            services.add(service)


def _app(app: AppSpec, head: ChallengeHead, names: Names) -> Iterator[Fault]:
    yield from _app_datasets(app, head, names)
    services = [head.datasets[name].service for name in app.dataset if name in head.datasets]
    sound = len(services) == len(app.dataset)
    for name, value in app.env.items():
        loc: Loc = ("app", "env", name)
        if name == "PORT":
            yield Fault(loc, "PORT is set to app.port", hint="remove it", at=loc)
        for match in SERVICE_REFERENCE.finditer(value):
            service, fact = match["service"], match["fact"]
            if service not in names.services:
                yield _unknown(loc, "service", service, list(names.services))
            elif fact not in SERVICE_FACTS:
                what = f"{quote(match[0])} is no fact of a service"
                hint = near(fact or "", SERVICE_FACTS)
                expected = "" if hint else f"${{{service}.FACT}}, where FACT is one of {listed(SERVICE_FACTS)}"
                yield Fault(loc, what, expected, hint)
            elif sound and service not in services:
                what = (
                    f"{quote(match[0])} needs a database, but app.dataset names no data set of service {quote(service)}"
                )
                yield Fault(loc, what, hint="set app.dataset; a data set without load is an empty database")


def check_faults(index: int, check: CheckHead, names: Names, criteria: Mapping[str, bool]) -> Iterator[Fault]:
    """A check's id, needs and criterion; ``criteria`` says of each whether it is manual."""
    loc: Loc = ("checks", index)
    first = names.checks.index(check.id)
    if first < index:
        yield Fault((*loc, "id"), f"{quote(check.id)} is already the id of checks[{first}]", hint="choose another")
    yield from _need_faults((*loc, "need"), index, check, names)
    if not criteria:
        return
    if check.criterion not in criteria:
        automatic = [name for name, manual in criteria.items() if not manual]
        yield _unknown((*loc, "criterion"), "criterion", check.criterion, automatic)
    elif criteria[check.criterion]:
        what = f"{quote(check.criterion)} is a manual criterion, which people score"
        yield Fault((*loc, "criterion"), what, hint="choose another, or remove manual: true in the rubric")


def _need_faults(loc: Loc, index: int, check: CheckHead, names: Names) -> Iterator[Fault]:
    """Needs of a check that no earlier one meets."""
    earlier, later = names.checks[:index], [other for other in names.checks[index + 1 :] if other]
    for position, name in enumerate(check.need):
        place = (*loc, position)
        if name == check.id:
            yield Fault(place, f"{quote(name)} is this check itself", hint="remove it")
        elif name in names.checks and name not in earlier and (way := names.way(name, check.id)):
            what = f"{quote(name)} needs this check itself: {' needs '.join((check.id, *way))}"
            yield Fault(place, what, "only earlier checks can be needed", "remove one of these needs")
        elif name in names.checks and name not in earlier:
            yield Fault(
                place, f"{quote(name)} comes later", "only earlier checks can be needed", "move it before this one"
            )
        elif not earlier:
            hint = "remove it; only earlier checks can be needed"
            yield Fault(place, f"no check {quote(name)}", "none comes before this one", near(name, later) or hint)
        elif name not in earlier:
            yield from _unknown_check(place, name, earlier)


def _unknown_check(loc: Loc, name: str, ids: Sequence[str]) -> Iterator[Fault]:
    """Nothing where there are no checks, or one has an id like this that is no name: both are told already."""
    sound = [other for other in ids if re.fullmatch(SLUG_PATTERN, other)]
    if any(ids) and not near(name, [other for other in ids if other and other not in sound]):
        yield _unknown(loc, "check", name, sound)


def rubric_faults(rubric: Rubric, heads: Sequence[CheckHead]) -> Iterator[Fault]:
    """Criteria that nothing can earn; only meaningful when every check names a known criterion."""
    for name, criterion in rubric.criteria.items():
        if criterion.manual:
            continue
        checks = [head for head in heads if head.criterion == name]
        if not checks:
            what = f"criterion {quote(name)} of rubric {quote(rubric.id)} has no checks"
            yield Fault(("rubric",), what, hint="add a check, make it manual, or choose another rubric")
        elif not sum(head.points for head in checks):
            yield Fault(
                ("rubric",), f"the checks of criterion {quote(name)} have no points", hint="give one of them points"
            )


def solution_faults(head: ChallengeHead, names: Names, root: Path, rubric: Rubric | None) -> Iterator[Fault]:
    """Folders and patches of solutions, and the checks and criteria that they are said to lose."""
    scored = [name for name, one in ({} if rubric is None else rubric.criteria).items() if not one.manual]
    yield from _listed_twice(head)
    for index, solution in enumerate(head.solutions):
        loc: Loc = ("solutions", index)
        folders = {"base": solution.base, "path": None if solution.is_patch else solution.path}
        missing = {key: path for key, path in folders.items() if path is not None and not is_folder(root / path)}
        for key, path in missing.items():
            hint = _near(root, path)
            if is_file(root / path):
                ends = " or ".join(PATCH_SUFFIXES)
                hint = "it is a file: " + ("base is a folder" if key == "base" else f"a patch's name ends in {ends}")
            yield Fault((*loc, key), f"no folder {quote(path)} in the challenge's folder", hint=hint)
        if solution.is_patch and not missing:
            yield from _patch_faults((*loc, "path"), root, solution)
        for key, said in (("fails", solution.expect.fails or ()), ("may_fail", solution.expect.may_fail)):
            for position, name in enumerate(said):
                if name not in names.checks:
                    yield from _unknown_check((*loc, "expect", key, position), name, names.checks)
        for position, name in enumerate((rubric and solution.expect.criteria) or ()):
            if name not in scored:
                yield _unknown((*loc, "expect", "criteria", position), "criterion with checks", name, scored)


def _listed_twice(head: ChallengeHead) -> Iterator[Fault]:
    """Solutions go by their path, so that what one of two got would be taken for what the other one did."""
    listed: set[str] = set()
    for index, solution in enumerate(head.solutions):
        path = solution.path.rstrip("/")
        if path in listed and path != ".":  # which stands for one with other faults
            what, hint = f"{quote(path)} is listed twice", "remove one of the two, or have another copy"
            yield Fault(("solutions", index, "path"), what, "each once", hint)
        listed.add(path)


def _patch_faults(loc: Loc, root: Path, solution: Solution) -> Iterator[Fault]:
    path = solution.path
    if solution.base is None:
        yield Fault(loc, f"{quote(path)} is a patch of nothing", hint="say with base which folder it changes")
    elif not (root / path).is_file():
        yield Fault(loc, f"no file {quote(path)} in the challenge's folder", hint=_near(root, path))


def _near(root: Path, path: str) -> str:
    """What is beside the missing folder or file, and has a similar name."""
    parent = (root / path).parent
    if not is_folder(parent):
        return ""
    names = [entry.name for entry in parent.iterdir() if entry.is_file() == path.endswith(PATCH_SUFFIXES)]
    found = difflib.get_close_matches(Path(path).name, names, n=1)
    return f"did you mean {quote((Path(path).parent / found[0]).as_posix())}?" if found else ""

"""OpenAPI documents: an operation becomes a check with its example as the request, the document one with made-up ones.

What the document does not say is not guessed: an operation without a request that is known to be right is named, and
left out. There is no solution in a document, so the challenge is a draft until its author has written one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gradekit.checks.jsontext import Json
from gradekit.imports.made import Made, challenge, deeper
from gradekit.imports.openapi.reading import Document, Operation, as_json, items, operations, read, words
from gradekit.imports.openapi.requests import Draft, Drafted, Step, Unmade
from gradekit.imports.source import Source
from gradekit.texts import clean, one_line

DOCUMENT: Final = "data/openapi.json"
_CONTRACT: Final = "contract"
_CONTRACT_WEIGHT: Final = 20
_MOST_TAGS: Final = 20
"""Criteria; with more tags, all operations are below one."""
_TITLE: Final = 120
_ABOUT: Final = 4_000
"""Characters of the document's description that go into the brief."""
_HOST: Final = re.compile(r"^[^/]*//[^/]*")


def make(source: Source, name: str) -> Made:
    """The challenge for a document.

    Raises:
        UsageError: it is none, or refers to what is not in it.
    """
    document = read(source)
    known = operations(document)
    draft = Draft(document, known)
    drafted: dict[str, tuple[Operation, Drafted]] = {}
    notes = list(_served(document))
    excluded: list[str] = []
    unmade: list[str] = []
    for operation, check in zip(known, _ids(known), strict=True):
        try:
            made = draft.operation(operation)
        except Unmade as reason:
            unmade.append(f"{operation.name}: has no check of its own: {reason}")
            excluded += [operation.name] if "carry" in str(reason) else []
            continue
        drafted[check] = operation, made
        notes += [f"{operation.name}: {note}" for note in made.notes]
    notes += draft.problems
    notes += unmade
    notes += [f"{scheme}: requests carry {how}, which is made up" for scheme, how in draft.schemes.items()]
    notes += _never_called(document, known)
    notes.append(
        "answers are held against schemas only, so a service that stores nothing can earn everything: "
        "add expectations of values, such as those that were sent"
    )
    notes.append("there is no solution in it: write one, and some that are wrong, before you grade with it")
    if len(excluded) == len(known):
        raise source.refusal("", f"no operation of it can be asked; {unmade[0]}", hint="change its `security`")
    criteria = _criteria(drafted)
    files: dict[str, bytes] = {DOCUMENT: as_json(document)}
    checks = [_check(check, operation, made, criteria, files) for check, (operation, made) in drafted.items()]
    contract: dict[str, Json] = {"file": DOCUMENT}
    if excluded:
        contract["exclude"] = list(excluded)
    if draft.headers:
        contract["headers"] = dict(draft.headers)
    checks.append(
        {
            "id": _CONTRACT,
            "title": "Answers are as the document says",
            "criterion": _CONTRACT,
            "points": 1,
            "timeout": f"{max(60, 10 * len(known))}s",
            "openapi": contract,
        }
    )
    info = document.object(document.root.get("info"))
    spec: dict[str, object] = {
        "gradekit": 1,
        "id": name,
        "title": clean(words(info.get("title")) or source.name, _TITLE),
        "brief": "README.md",
        "runner": "any",
        "rubric": "rubric.yaml",
        "submission": {"required": ["Procfile"]},
        "app": {"ready": {"tcp": True}},
        **({"vars": dict(draft.variables)} if draft.variables else {}),
        "checks": checks,
    }
    return challenge(
        source,
        kind="OpenAPI document",
        spec=spec,
        readme=list(_readme(document, known, draft)),
        credit=_credit(document),
        files=files,
        notes=notes,
        licence=clean(words(document.object(info.get("license")).get("name"))),
        criteria={name: (title, weight) for name, (title, weight, _) in criteria.items()},
    )


def _ids(known: Sequence[Operation]) -> list[str]:
    """An id for the check of each operation."""
    found: list[str] = []
    for operation in known:
        named = operation.body.get("operationId")
        base = _slug(named if isinstance(named, str) and named.isascii() else operation.name) or "operation"
        name, number = base, 2
        while name in {*found, _CONTRACT}:
            name, number = f"{base[:55]}-{number}", number + 1
        found.append(name)
    return found


def _slug(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")[:60].strip("-")


def _tag(operation: Operation) -> str:
    return next((words(tag) for tag in items(operation.body.get("tags")) if words(tag)), "Operations")


def _criteria(drafted: Mapping[str, tuple[Operation, Drafted]]) -> Mapping[str, tuple[str, int, tuple[str, ...]]]:
    """Criterion -> title, weight and checks: one for each tag, and one for the document as a whole."""
    tagged: dict[str, list[str]] = {}
    for check, (operation, _) in drafted.items():
        tagged.setdefault(_tag(operation), []).append(check)
    if len(tagged) > _MOST_TAGS:
        tagged = {"Operations": list(drafted)}
    rest, left, count = 100 - _CONTRACT_WEIGHT, 100 - _CONTRACT_WEIGHT, len(drafted)
    found: dict[str, tuple[str, int, tuple[str, ...]]] = {}
    for index, (tag, checks) in enumerate(tagged.items(), 1):
        weight = left if index == len(tagged) else max(1, rest * len(checks) // count)
        left -= weight
        base = name = _slug(tag) or "tag"
        while name in found or name == _CONTRACT:
            name = f"{base[:55]}-{index}"
        found[name] = (clean(tag, _TITLE), weight, tuple(checks))
    found[_CONTRACT] = ("Contract", 100 - sum(weight for _, weight, _ in found.values()), (_CONTRACT,))
    return found


def _check(
    check: str,
    operation: Operation,
    drafted: Drafted,
    criteria: Mapping[str, tuple[str, int, tuple[str, ...]]],
    files: dict[str, bytes],
) -> dict[str, object]:
    """The check, whose schemas go into the files."""
    schemas: dict[bytes, str] = {}

    def step(one: Step) -> dict[str, object]:
        expect: dict[str, object] = {"status": one.answer.status}
        if one.answer.kind:
            expect["headers"] = {"Content-Type": {"contains": one.answer.kind}}
        if one.answer.schema is not True and one.answer.schema != {}:
            data = (json.dumps(one.answer.schema, indent=1, ensure_ascii=False) + "\n").encode()
            if data not in schemas:
                number = f"-{len(schemas) + 1}" if schemas else ""
                schemas[data] = f"hidden/schemas/{check}{number}.json"
                files[schemas[data]] = data
            expect["schema"] = schemas[data]
        named = {"name": f"{one.request} ({one_line(one.name)})"} if one.name else {}
        saved = {"save": dict(one.save)} if one.save else {}
        return {**named, "request": one.request, **one.fields, "expect": expect, **saved}

    title = words(operation.body.get("summary")) or operation.name
    return {
        "id": check,
        "title": clean(title, _TITLE),
        "criterion": next(name for name, (_, _, checks) in criteria.items() if check in checks),
        "http": {"steps": [step(one) for one in drafted.steps]},
    }


def _served(document: Document) -> Iterator[str]:
    """What is left out of where it is served."""
    holders = [document.root, *(document.object(item) for item in document.object(document.root["paths"]).values())]
    for holder in holders:
        for server in items(holder.get("servers")):
            url = words(document.object(server).get("url"))
            path = _HOST.sub("", url).rstrip("/")
            if path:
                yield f"servers: the path {clean(path)} is left out: the service answers at the paths of the document"
                return


def _never_called(document: Document, known: Sequence[Operation]) -> Iterator[str]:
    """What a document can hold that no check asks."""
    for operation in known:
        if document.object(operation.body.get("callbacks")):
            yield f"{operation.name}: its callbacks are left out: nothing listens for them"
    for path, item in document.object(document.root.get("paths")).items():
        if "trace" in document.object(item):
            yield f"TRACE {path}: is left out: apps do not answer it"
    if document.object(document.root.get("webhooks")):
        yield "webhooks are left out: nothing listens for them"


def _readme(document: Document, known: Sequence[Operation], draft: Draft) -> Iterator[str]:
    """The candidate's task."""
    info = document.object(document.root.get("info"))
    about = info.get("description")
    if isinstance(about, str) and about.strip():
        yield deeper(about[:_ABOUT])
    yield (
        "## Your task\n\n"
        f"Write the service that [{DOCUMENT}]({DOCUMENT}) describes. It listens on the port in the variable `PORT`, "
        "and begins without any data.\nYour `Procfile` has a line `web:` that says how it is started."
    )
    if draft.schemes:
        lines = "\n".join(f"- {clean(scheme)}: {how}" for scheme, how in draft.schemes.items())
        yield f"Requests carry these credentials, which your service accepts, and no others:\n\n{lines}"
    tagged: dict[str, list[Operation]] = {}
    for operation in known:
        tagged.setdefault(_tag(operation), []).append(operation)
    for tag, listed in tagged.items():
        lines = "\n".join(_endpoint(document, operation) for operation in listed)
        yield f"### {clean(tag)}\n\n{lines}"


def _endpoint(document: Document, operation: Operation) -> str:
    summary = words(operation.body.get("summary")) or words(operation.body.get("description"))
    statuses = ", ".join(f"`{clean(status)}`" for status in document.object(operation.body.get("responses")))
    shown = f"- `{clean(operation.name)}`"
    return f"{shown}{f': {one_line(summary, 200)}' if summary else ''}{f' ({statuses})' if statuses else ''}"


def _credit(document: Document) -> list[str]:
    info = document.object(document.root.get("info"))
    contact = document.object(info.get("contact"))
    about = (
        ("Title", info.get("title")),
        ("Version", info.get("version")),
        ("Contact", contact.get("name") or contact.get("email")),
        ("Terms", info.get("termsOfService")),
    )
    return [f"{name}: {clean(words(value))}" for name, value in about if words(value)]

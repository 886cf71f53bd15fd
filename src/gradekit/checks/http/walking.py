"""Pages one after the other: pure functions that observing and judging share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin

from gradekit.checks.differences import Mismatch
from gradekit.checks.formats import instant
from gradekit.checks.http.model import Paginate
from gradekit.checks.http.reading import Reading
from gradekit.checks.http.requests import Unsendable, target_of
from gradekit.checks.jsonpath import TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, JsonProblem
from gradekit.checks.template import text_of
from gradekit.checks.values import MISSING, canonical, is_list, kind_of, number, show, typed
from gradekit.texts import clean

MAX_ITEMS = 10_000
"""Items of a walk."""
MAX_WALKED = 4 << 20
"""Bytes of all pages of a walk."""
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[^\s=;,]+\s*=\s*(?:"[^"]*"|[^\s";,]*))*)')
_PARAMETER = re.compile(r';\s*([^\s=;,]+)\s*=\s*(?:"([^"]*)"|([^\s";,]*))')


class WalkProblem(Exception):  # noqa: N818 - an answer that judges turn into a mismatch
    """Why a walk cannot go on; a fault of the response."""


def items(walk: Paginate, page: Reading) -> Sequence[Json]:
    """The items of a page.

    Raises:
        WalkProblem: there is no list of them.
    """
    try:
        found = page.path(walk.items)
    except JsonProblem as problem:
        raise WalkProblem(f"the body is not read as JSON ({clean(str(problem))})") from None
    except TooManyNodes as problem:
        raise WalkProblem(f"the items cannot be found: {problem}") from None
    if not is_list(found):
        raise WalkProblem(f"{walk.items} is {show(found)}, not a list of items")
    return found


def following(walk: Paginate, target: str, page: Reading, number: int) -> str | None:
    """The target of the next page, None after the last one; ``target`` and ``number`` (from 1) are those of ``page``.

    Raises:
        WalkProblem: the response does not say it in a form that can be followed.
    """
    if walk.next == "page":
        return with_parameter(target, walk.param or "page", str(walk.first + number)) if items(walk, page) else None
    try:
        if walk.next == "link":
            link = linked(page)
            return None if link is None else target_of(urljoin(target, link))
        found = page.path(walk.next)
        if found is MISSING or found in (None, "", []):
            return None
        if not isinstance(found, str) and (isinstance(found, bool) or not isinstance(found, int)):
            raise WalkProblem(f"{walk.next} is {show(found)}, not a string or an integer")
        if walk.param is not None:
            return with_parameter(target, walk.param, text_of(found))
        return target_of(urljoin(target, text_of(found)))
    except (JsonProblem, TooManyNodes, Unsendable, ValueError) as problem:
        raise WalkProblem(f"the address of the next page cannot be read: {clean(str(problem))}") from None


def linked(page: Reading) -> str | None:
    """The URL of ``rel="next"`` in the ``Link`` headers (RFC 8288)."""
    header = page.header("link")
    for match in _LINK.finditer(header) if isinstance(header, str) else ():
        for name, quoted, plain in _PARAMETER.findall(match[2]):
            if name.lower() == "rel" and "next" in (quoted or plain).lower().split():
                return match[1]
    return None


def with_parameter(target: str, name: str, value: str) -> str:
    """The target with one parameter of its query replaced."""
    path, _, query = target.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != name]
    return f"{path}?{urlencode([*pairs, (name, value)])}"


def onward(walk: Paginate, pages: Sequence[tuple[str, Reading]]) -> str | None:
    """The target after these pages, each with its own target; None after the last one.

    Raises:
        WalkProblem: there is no such page, or the walk must not go on to it.
    """
    target, page = pages[-1]
    found = following(walk, target, page, len(pages))
    if found is None:
        return None
    if found in {earlier for earlier, _ in pages}:
        raise WalkProblem("it leads to a page that was there before")
    if len(pages) >= walk.max_pages:
        raise WalkProblem(f"it leads to one more page, beyond the challenge's limit of {walk.max_pages} (max_pages)")
    if sum(len(items(walk, page)) for _, page in pages) > MAX_ITEMS:
        raise WalkProblem(f"the pages have more than {MAX_ITEMS:,} items")
    if sum(len(page.received.body.data) for _, page in pages) > MAX_WALKED:
        raise WalkProblem(f"the pages have more than {MAX_WALKED:,} bytes")
    return found


def _keys(path: str, values: Sequence[Json]) -> list[Json]:
    compiled = compile_path(path)
    found = (compiled.find(value) for value in values)
    return [(nodes[0] if nodes else None) if compiled.singular else nodes for nodes in found]


def repeated(path: str, values: Sequence[Json]) -> Iterator[Mismatch]:
    """The first items that have what an earlier one has."""
    seen: dict[object, int] = {}
    for index, key in enumerate(_keys(path, values)):
        frozen = canonical(key)
        if frozen in seen:
            both = f"items {seen[frozen] + 1} and {index + 1} both have {show(key)}"
            yield Mismatch("different in every item", both, path)
            return
        seen[frozen] = index


def _rank(value: Json) -> tuple[str, Any]:
    """A key to compare values of one kind by; values of different kinds are in no order."""
    exact = number(value)
    if exact is not None:
        return "number", exact
    moment = instant(value)
    if moment is not None:
        return "date", moment
    return ("text", value) if isinstance(value, str) else (kind_of(value), show(value))


def unsorted(paths: Sequence[str], values: Sequence[Json]) -> Iterator[Mismatch]:
    """The first two neighbours that are in the wrong order."""
    columns = [(path.startswith("-"), _keys(path.removeprefix("-"), values)) for path in paths]
    for index in range(1, len(values)):
        for (down, keys), path in zip(columns, paths, strict=True):
            one, other = keys[index - 1], keys[index]
            first, second = _rank(one), _rank(other)
            if first == second:
                continue
            if first[0] != second[0] or (first[1] > second[1]) != down:
                order = "descending" if down else "ascending"
                words = show if first[0] == second[0] else typed
                where = f"item {index} has {words(one)}, item {index + 1} has {words(other)}"
                yield Mismatch(f"items in {order} order", where, path.removeprefix("-"))
                return
            break

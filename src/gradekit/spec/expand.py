"""A challenge's data and files with the values of one variant put in.

Values go into texts that were parsed already, never into the text of a YAML file, so that no value can become a key, a
list or a comment of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from gradekit.model import Loc
from gradekit.results import Variant
from gradekit.spec.reader import Document, Placed, Source, Span
from gradekit.spec.variants import Mark, VariantsSpec, marks, render, render_scalar
from gradekit.texts import quote

OPEN: Final = ("vars", "datasets", "app", "defaults", "checks")
"""Keys of a challenge below which values are put in."""
FIXED: Final = ("id", "criterion", "points", "required", "need")
"""Keys of a check that are the same in each variant: what it counts, and what locks and solutions call it by."""
_SAME = "this is the same in every variant"


def expanded(document: Document, spec: VariantsSpec, variant: Variant) -> Document:
    """The data of a variant, where problems still point at what the author wrote.

    A placeholder of an unknown name, or in a place that is the same in every variant, is a complaint of the document.
    """
    return _Expansion(document, spec, variant).document()


@dataclass(slots=True)
class _Expansion:
    """Copies data and the places of its parts: a key that holds a placeholder has another name in the copy."""

    source: Document
    spec: VariantsSpec
    variant: Variant
    keys: dict[Loc, Span] = field(default_factory=dict)
    values: dict[Loc, Span] = field(default_factory=dict)
    collections: set[Loc] = field(default_factory=set)
    tainted: set[Loc] = field(default_factory=set)
    complaints: list[Placed] = field(default_factory=list)

    def document(self) -> Document:
        data = self._copied(self.source.data, (), ())
        return replace(
            self.source,
            data=data,
            keys=self.keys,
            values=self.values,
            collections=frozenset(self.collections),
            complaints=(*self.source.complaints, *self.complaints),
            tainted=frozenset(self.tainted),
        )

    def _copied(self, value: object, old: Loc, new: Loc) -> object:
        self.values[new] = self.source.values[old]
        if old in self.source.collections:
            self.collections.add(new)
        if old in self.source.tainted:
            self.tainted.add(new)
        if isinstance(value, Mapping):
            return dict(self._entries(value, old, new))
        if isinstance(value, list):
            return [self._copied(child, (*old, index), (*new, index)) for index, child in enumerate(value)]
        if isinstance(value, str) and self._may(value, old, new):
            return render_scalar(value, self.variant.parameters)
        return value

    def _entries(self, value: Mapping[str, object], old: Loc, new: Loc) -> Iterator[tuple[str, object]]:
        found: set[str] = set()
        for key, child in value.items():
            place = (*old, key)
            name = render(key, self.variant.parameters) if self._may(key, place, (*new, key), at=place) else key
            if name in found:
                what = f"the key {quote(name)} is there already"
                self._complain(place, what, "each key once in every variant", "", at=place)
                continue
            found.add(name)
            self.keys[*new, name] = self.source.keys[place]
            yield name, self._copied(child, place, (*new, name))

    def _may(self, text: str, old: Loc, new: Loc, *, at: Loc | None = None) -> bool:
        """Whether values are put into a text; what is wrong with its placeholders is complained of."""
        for mark in marks(text):
            if not _is_open(old):
                self._complain(old, f"{quote(mark.text)} cannot stand here", _SAME, _where(old), at=at)
            elif mark.name not in self.spec.names:
                self._complain(old, *self.spec.unknown(mark), at=at)
            else:
                continue
            self.tainted.add(new)
            return False
        return True

    def _complain(self, loc: Loc, what: str, expected: str, hint: str, *, at: Loc | None) -> None:
        self.complaints.append(self.source.place(loc, what, expected, hint, at=at))


def _is_open(loc: Loc) -> bool:
    return bool(loc) and loc[0] in OPEN and not (loc[0] == "checks" and len(loc) > 2 and loc[2] in FIXED)  # noqa: PLR2004


def _where(loc: Loc) -> str:
    return "" if loc[0] == "checks" else f"values are put in below {', '.join(OPEN)}"


def wrong_marks(data: bytes, name: str, spec: VariantsSpec) -> Iterator[Placed]:
    """What is wrong with the placeholders of a file that is a template; ``name`` is how messages call it."""
    text = data.decode("latin-1")
    found = [mark for mark in marks(text) if mark.name not in spec.names]
    if not found:
        return
    lines = tuple(line.decode("utf-8", "replace") for line in data.split(b"\n"))
    source = Source(name, "", lines)
    for mark in found:
        yield source.place(_span(data, mark), *spec.unknown(mark))


def _span(data: bytes, mark: Mark) -> Span:
    begin = data.rfind(b"\n", 0, mark.start) + 1
    column = len(data[begin : mark.start].decode("utf-8", "replace"))
    return Span(data.count(b"\n", 0, mark.start) + 1, column + 1, len(mark.text))

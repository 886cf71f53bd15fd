"""How a language names things and what its errors are called, as its runner's folder says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, model_validator

from gradekit.model import Model, tuple_of

Style = Literal["snake", "camel", "pascal", "kebab"]
ErrorKind = Literal["value", "type", "key", "index", "zero", "not_found", "any"]
"""What an error is about, in every language; ``any`` is every one of them."""
ERROR_KINDS: Final[tuple[str, ...]] = get_args(ErrorKind)
ABSENT: Final = "absent"
"""Key of the classes that tell that a function, class or module is not there: no error of the submission's own."""

_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_Classes = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


def styled(name: str, style: Style) -> str:
    """A name of a spec, ``total_price``, as a language writes it; names in other forms (``Cart``, ``MAX``) stay."""
    if style == "snake" or not _SNAKE.fullmatch(name):
        return name
    words = name.split("_")
    if style == "kebab":
        return "-".join(words)
    capital = "".join(word[:1].upper() + word[1:] for word in words)
    return capital if style == "pascal" else words[0] + capital[len(words[0]) :]


def is_class(name: str) -> bool:
    """Whether a name is that of a class: ``Cart``, ``OutOfStock``, and not ``MAX_SIZE``."""
    return name[:1].isupper() and (len(name) == 1 or not name.isupper())


class Naming(Model):
    """How names that a spec writes as ``shop.price_list``, ``total_price`` and ``Cart`` become a language's own."""

    names: Style = "snake"
    """Functions, methods, attributes and named arguments."""
    modules: Style = "snake"
    """The last part of a module."""
    packages: Style = "snake"
    """The parts before it."""
    classes: Literal["inside", "beside"] = "inside"
    """Where the classes of a module are: in it, or, where a module is a class itself, in the same package."""

    def place(self, module: str, path: str) -> tuple[str, str]:
        """Where ``path`` of a module is: the language's name of the module, and of the path in it."""
        *packages, last = module.split(".")
        parts = [styled(part, self.packages) for part in packages]
        first, _, rest = path.partition(".")
        if self.classes == "beside" and is_class(first):
            return ".".join([*parts, first]), self.path(rest)
        return ".".join([*parts, styled(last, self.modules)]), self.path(path)

    def path(self, path: str) -> str:
        """Names with dots between them, each as the language writes it."""
        return ".".join(styled(part, self.names) for part in path.split("."))


class Speech(Model):
    """What a check of calls has to know of a language."""

    naming: Naming = Naming()
    errors: Mapping[str, _Classes] = {}
    """Kind of error -> classes as the call protocol names them; whatever extends one of them counts, too."""

    @model_validator(mode="after")
    def _complete(self) -> Speech:
        known = {*ERROR_KINDS, ABSENT} - {"any"}
        if self.errors and self.errors.keys() != known:
            odd = ", ".join(sorted(known.symmetric_difference(self.errors)))
            raise ValueError(f"errors needs exactly {', '.join(sorted(known))}; missing or unknown: {odd}")
        return self

    def kinds(self, classes: tuple[str, ...]) -> frozenset[str]:
        """What kinds of error an exception is, by its own class and its ancestors; none for what is absent."""
        if set(self.errors.get(ABSENT, ())).intersection(classes):
            return frozenset()
        return frozenset({"any"}).union(kind for kind, names in self.errors.items() if set(names).intersection(classes))


class Framework(Model):
    """How a test framework says on its output what came of a run; patterns have RE2's syntax and one group."""

    name: str
    passed: str
    """How many tests passed; where it says so several times, all of them count together."""
    coverage: str | None = None
    """The percentage of lines or statements that ran; the last one counts."""

"""What goes to the submission: data, and the submission's own things; all else is refused with its reason."""

from __future__ import annotations

import dataclasses
import enum
import io
import pathlib
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gradekit_call.known import EXCEPTIONS, TYPES
from gradekit_call.stubs import (
    RemoteEnumType,
    RemoteFunction,
    RemoteObject,
    RemoteType,
    StubModule,
    class_wire,
)
from gradekit_call.values import Packer, TooMuchError

if TYPE_CHECKING:
    from gradekit_call.client import Client


@dataclasses.dataclass(frozen=True, slots=True)
class Thrown:
    """An exception that passes through a context of the submission's."""

    error: BaseException


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (
        (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.LambdaType),
        "a function of the tests, which the submission cannot call",
    ),
    (pathlib.PurePath, "a path, and the submission does not see the files of the tests"),
    (io.IOBase, "an open file of the tests"),
    (type, "a class of the tests"),
    (types.ModuleType, "a module of the tests"),
    (types.GeneratorType, "a generator of the tests; make a list of it"),
)


class Arguments(Packer):
    """Writes what goes to the submission, or says what cannot go there."""

    def __init__(self, client: Client, label: str) -> None:
        super().__init__()
        self._client = client
        self._label = label
        self._place = ""

    def all(self, args: Sequence[object]) -> list[object]:
        """Positional arguments."""
        return [self._at(f"argument {number}", value) for number, value in enumerate(args, 1)]

    def named(self, kwargs: Mapping[str, object]) -> dict[str, object]:
        """Keyword arguments."""
        return {name: self._at(f"argument {name}", value) for name, value in kwargs.items()}

    def _at(self, place: str, value: object) -> object:
        self._place = place
        try:
            return self.pack(value)
        except TooMuchError as error:
            self._client.refuse(f"{self._label}: {place} is {error}")

    def other(self, value: object, depth: int) -> object:
        """The submission's own things by their name or number; refuse everything else."""
        if isinstance(value, RemoteObject):
            return self._client.wire(value)
        if isinstance(value, enum.Enum) and isinstance(type(value), RemoteEnumType):
            return {"$enum": [type(value).__reference__, value.name]}  # type: ignore[attr-defined]
        if isinstance(value, slice):
            return {"$slice": [self.pack(part, depth + 1) for part in (value.start, value.stop, value.step)]}
        if isinstance(value, Thrown):
            return self._thrown(value.error, depth)
        found = self._named(value)
        if found is not None:
            return found
        what = next((words for kind, words in _KINDS if isinstance(value, kind)), None)
        if what is None:
            what = f"an object of {type(value).__module__}.{type(value).__qualname__}, which is no plain data"
        return self._client.refuse(f"{self._label}: {self._place} is {what}")

    def _named(self, value: object) -> object | None:
        """What the submission finds by its name."""
        if isinstance(value, RemoteType | RemoteEnumType):
            return class_wire(value)
        if isinstance(value, StubModule):
            return {"$module": value.__name__}
        if isinstance(value, type):
            name = f"{value.__module__}:{value.__qualname__}"
            return {"$class": name} if TYPES.get(name) is value or EXCEPTIONS.get(name) is value else None
        wire = getattr(value, "__wire__", None) if isinstance(value, RemoteFunction | types.FunctionType) else None
        return wire() if wire is not None else None

    def other_key(self, value: object) -> bool:
        """Classes and members of enumerations."""
        return isinstance(value, RemoteType | RemoteEnumType) or isinstance(type(value), RemoteEnumType)

    def _thrown(self, error: BaseException, depth: int) -> object:
        """An exception that passes through a context of the submission's."""
        known: object = next(
            (name for cls in type(error).__mro__ if (name := f"{cls.__module__}:{cls.__qualname__}") in EXCEPTIONS),
            "builtins:Exception",
        )
        if isinstance(type(error), RemoteType):
            known = class_wire(type(error))["$class"]
        given = error.args if self._client.is_theirs(error) else ()
        arguments = [self.pack(item, depth + 1) for item in given]
        return {"$exception": {"class": known, "args": arguments}}

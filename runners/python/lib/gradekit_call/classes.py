"""Classes that stand for the submission's, made of what it says about them."""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradekit_call.known import EXCEPTIONS, TYPES
from gradekit_call.stubs import RemoteEnumType, RemoteObject, RemoteType, no_dunder
from gradekit_call.values import MalformedError

if TYPE_CHECKING:
    from gradekit_call.client import Client

_NAME = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]\w*:(?:(?:[^\W\d]\w*|<locals>)\.)*[^\W\d]\w*")
_MAX_NAME = 300
_MAX_BASES = 16
_MAX_HIERARCHY = 64
_ENUMS = {"Enum": enum.Enum, "IntEnum": enum.IntEnum, "StrEnum": enum.StrEnum}
_MIXINS: Mapping[object, type | None] = {None: None, "str": str, "int": int, "float": float}


class Classes:
    """Every class that was met, by its name on the wire."""

    def __init__(self, client: Client) -> None:
        """Ask with a client."""
        self._client = client
        self._made_before: dict[str, type] = {}

    def find(self, reference: object, depth: int = 0) -> type:
        """The class that stands for one of the submission's, made when it is first met.

        Raises:
            MalformedError: what the submission says about it makes no sense.
        """
        if not isinstance(reference, str) or len(reference) > _MAX_NAME or _NAME.fullmatch(reference) is None:
            raise MalformedError("a class has no proper name")
        known = self._made_before.get(reference) or EXCEPTIONS.get(reference) or TYPES.get(reference)
        if known is not None:
            return known
        if depth > _MAX_HIERARCHY:
            raise MalformedError("a class has too many ancestors")
        described = self._client.request(reference, "describe", **{"class": reference})
        made = self._made(reference, described if isinstance(described, dict) else {}, depth)
        return self._made_before.setdefault(reference, made)

    def _made(self, reference: str, described: dict[object, Any], depth: int) -> type:
        module, _, name = reference.partition(":")
        space = {"__module__": module, "__qualname__": name, "__reference__": reference}
        if described.get("kind") == "enum":
            return self._enum(space, described)
        bases = described.get("bases")
        if not isinstance(bases, list) or len(bases) > _MAX_BASES:
            raise MalformedError("a class has no proper bases")
        above = [self.find(base, depth + 1) for base in bases]
        simple = name.rpartition(".")[2]
        if described.get("kind") == "exception":
            errors = tuple(dict.fromkeys(base for base in above if issubclass(base, Exception))) or (Exception,)
            space |= {"__str__": _message, "__getattr__": _of_exception}
            try:
                return RemoteType(simple, errors, space, self._client)
            except TypeError:
                return RemoteType(simple, errors[:1], space, self._client)
        objects = tuple(dict.fromkeys(base for base in above if issubclass(base, RemoteObject))) or (RemoteObject,)
        try:
            return RemoteType(simple, objects, {**space, "__slots__": ()}, self._client)
        except TypeError as error:
            raise MalformedError("a class has no consistent ancestors") from error

    def _enum(self, space: dict[str, Any], described: dict[object, Any]) -> type:
        members, base, mixin = described.get("members"), described.get("base"), described.get("type")
        if not isinstance(members, list) or base not in _ENUMS or mixin not in _MIXINS:
            raise MalformedError("an enumeration has no proper members")
        pairs = [tuple(pair) for pair in members]
        if not all(isinstance(name, str) and name.isidentifier() and name[:1] != "_" for name, _ in pairs):
            raise MalformedError("an enumeration has no proper members")
        client = self._client

        def ask(self: enum.Enum, name: str) -> Any:  # noqa: ANN401 - an attribute of the submission's member
            if name[:1] == "_":
                raise AttributeError(name)
            wire = {"$enum": [space["__reference__"], self._name_]}
            return client.get(f"{type(self).__qualname__}.{self._name_}.{name}", wire, name, None)

        def fill(body: dict[str, Any]) -> None:
            for name, value in (*space.items(), ("__getattr__", ask), *pairs):
                body[name] = value  # noqa: PERF403 - an enumeration sees each name

        data = _MIXINS[mixin] if base == "Enum" else None
        bases = (_ENUMS[base],) if data is None else (data, _ENUMS[base])
        name = space["__qualname__"].rpartition(".")[2]
        made = types.new_class(name, bases, {"metaclass": RemoteEnumType}, fill)
        type.__setattr__(made, "__client__", self._client)
        return made


def _message(self: Any) -> str:  # noqa: ANN401 - an exception of the submission
    return str(self.__dict__.get("__message__", ""))


def _of_exception(self: Any, name: str) -> Any:  # noqa: ANN401 - an exception of the submission
    """An attribute that did not come with it."""
    no_dunder(self, name)
    held = self.__dict__.get("__held__")
    if held is None:
        raise AttributeError(name)
    return getattr(held, name)

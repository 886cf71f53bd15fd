"""What the submission answers: hostile data, of which only exact values of a few types are made."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradekit_call.known import EXCEPTIONS
from gradekit_call.stubs import RemoteEnumType, RemoteType, StubModule
from gradekit_call.values import MalformedError, Unpacker

if TYPE_CHECKING:
    from gradekit_call.client import Client


@dataclasses.dataclass(frozen=True, slots=True)
class Raised:
    """What the submission raised."""

    error: Exception


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """An attribute that is a function."""

    is_async: bool


def text(value: object) -> str:
    """A text of the submission, not too long."""
    return value[:1000] if isinstance(value, str) else "no reason was given"


class Answer(Unpacker):
    """Reads what the submission answered: hostile data."""

    def __init__(self, client: Client, sent: list[object], *, functions: bool) -> None:
        super().__init__()
        self._client = client
        self._sent = sent
        self._functions = functions

    def outcome(self, reply: dict[str, object]) -> Any:  # noqa: ANN401
        """The value of a reply, or the exception in it; changed arguments are changed first.

        Raises:
            MalformedError: it is neither.
        """
        if ("value" in reply) == ("error" in reply):
            raise MalformedError("it has neither a value nor an error")
        value = Raised(self._exception(reply["error"], 0)) if "error" in reply else self.unpack(reply["value"])
        changed = reply.get("changed", [])
        if not isinstance(changed, list):
            raise MalformedError("it does not say which arguments changed")
        for place, content in [self._change(item) for item in changed]:
            _refill(place, content)
        return value

    def _change(self, item: object) -> tuple[object, object]:
        if not isinstance(item, list) or len(item) != 2:  # noqa: PLR2004 - a pair
            raise MalformedError("it does not say which arguments changed")
        container, content = self._argument(item[0]), self.unpack(item[1])
        if type(container) is not type(content):
            raise MalformedError("an argument changed its type")
        return container, content

    def _argument(self, place: object) -> object:
        if type(place) is not int or not 0 <= place < len(self._sent):
            raise MalformedError("there is no such argument")
        return self._sent[place]

    def special(self, tag: str, fields: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - of several types
        """What stands for a thing of the submission."""
        content = fields[tag]
        readers: dict[str, Callable[[], Any]] = {
            "$handle": lambda: self._handle(content, fields.get("class")),
            "$arg": lambda: self._argument(content),
            "$class": lambda: self._class(content),
            "$enum": lambda: self._member(content),
            "$module": lambda: self._module(content),
            "$exception": lambda: self._exception(content, depth),
        }
        if self._functions and depth == 0:
            readers["$callable"] = lambda: Function(isinstance(content, dict) and content.get("async") is True)
        if tag not in readers:
            raise MalformedError("there is no such tag")
        return readers[tag]()

    def _handle(self, number: object, reference: object) -> object:
        if type(number) is not int or not isinstance(reference, str):
            raise MalformedError("an object has no proper number and class")
        return self._client.proxy(number, reference)

    def _class(self, reference: object) -> type:
        return self._client.classes.find(reference)

    def _member(self, content: object) -> enum.Enum:
        if not isinstance(content, list) or len(content) != 2:  # noqa: PLR2004 - class and name
            raise MalformedError("a member of an enumeration is its class and its name")
        cls = self._client.classes.find(content[0])
        members = cls.__members__ if isinstance(cls, RemoteEnumType) else {}
        if content[1] not in members:
            raise MalformedError("an enumeration has no such member")
        return members[content[1]]

    def _module(self, name: object) -> StubModule:
        if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
            raise MalformedError("a module has no proper name")
        return self._client.module(name)

    def _exception(self, content: object, depth: int) -> Exception:
        if not isinstance(content, dict) or not isinstance(content.get("classes"), list):
            raise MalformedError("an exception has no classes")
        cls = self._nearest(content["classes"])
        arguments = tuple(self._list(content.get("args", []), depth))
        message = content.get("message")
        message = message[:10_000] if isinstance(message, str) else ""
        if cls is Exception and content["classes"][0] != "builtins:Exception":
            name = text(content["classes"][0]).rpartition(":")[2]
            arguments = (f"{name}: {message}" if message else name,)
        made = _instance(cls, arguments, message)
        attributes = content.get("attributes", {})
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            if name.isidentifier() and name[:1] != "_" and not hasattr(BaseException, name):
                with contextlib.suppress(AttributeError, TypeError):
                    setattr(made, name, self.unpack(value, depth + 1))
        number = content.get("handle")
        if type(number) is int:
            # Of no use for an exception that both sides have; to be forgotten there all the same.
            held = self._client.proxy(number, "builtins:object")
            if isinstance(cls, RemoteType):
                made.__dict__["__held__"] = held
        return made

    def _list(self, data: object, depth: int) -> list[object]:
        if not isinstance(data, list):
            raise MalformedError("an exception has no proper arguments")
        return [self.unpack(item, depth + 1) for item in data]

    def _nearest(self, names: list[object]) -> type[Exception]:
        """The class of an exception: its own when it is one of theirs, else the nearest that both sides have."""
        own = names[0] if names else None
        if isinstance(own, str) and not own.startswith("builtins:"):
            cls = self._client.classes.find(own)
            if issubclass(cls, Exception):
                return cls
        return next((EXCEPTIONS[name] for name in names if isinstance(name, str) and name in EXCEPTIONS), Exception)


def _instance(cls: type[Exception], arguments: tuple[object, ...], message: str) -> Exception:
    if not isinstance(cls, RemoteType):
        with contextlib.suppress(Exception):
            return cls(*arguments)
    try:
        made = cls.__new__(cls, *arguments)
    except TypeError:
        made = cls.__new__(cls)
    made.args = arguments or ((message,) if message else ())
    made.__dict__["__message__"] = message
    return made


def _refill(container: Any, content: Any) -> None:  # noqa: ANN401 - of the same type, which can be emptied
    if isinstance(container, list | bytearray):
        container[:] = content
        return
    container.clear()
    container.update(content)

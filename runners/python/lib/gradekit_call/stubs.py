"""What a test holds instead of the submission's objects, classes, functions and modules.

Nothing of the submission runs here, and nothing that it answers decides a comparison.
"""

from __future__ import annotations

import dataclasses
import enum
import types
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from gradekit_call.client import Client

_ALLOWED = ("__version__",)
"""Dunder names of modules that are the submission's, not the import system's."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Held:
    """An object of the submission: its process and its number there."""

    client: Client
    process: int
    number: int
    count: list[int]
    """How many times the number was received."""
    label: str


class RemoteType(type):
    """The class of the classes that stand for the submission's."""

    __client__: Client
    __reference__: str

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any], client: Client | None = None) -> Any:  # noqa: ANN401
        """Make a class for one of the submission's; only a client does so."""
        if client is None:
            known = next(base for base in bases if isinstance(base, RemoteType))
            what = f"class {name}: {known.__qualname__} is a class of the submission, which cannot be extended here"
            known.__client__.refuse(what)
        return super().__new__(cls, name, bases, {**space, "__client__": client})

    def __init__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any], client: Client | None = None) -> None:
        """Leave all to ``__new__``."""
        del client
        super().__init__(name, bases, space)

    def __call__(cls, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - what the submission's class makes
        """Call the submission's class."""
        return cls.__client__.call(f"{cls.__qualname__}()", class_wire(cls), "", args, kwargs)

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401 - an attribute of the submission's class
        """An attribute of the submission's class, asked for anew each time."""
        no_dunder(cls, name)
        return cls.__client__.get(f"{cls.__qualname__}.{name}", class_wire(cls), name, None)

    def __setattr__(cls, name: str, value: object) -> None:
        """Refuse: only the submission's own process could see it."""
        del value
        cls.__client__.refuse(f"{cls.__qualname__}.{name} cannot be replaced from the tests")

    def __delattr__(cls, name: str) -> None:
        """Refuse: only the submission's own process could see it."""
        cls.__client__.refuse(f"{cls.__qualname__}.{name} cannot be replaced from the tests")

    def __repr__(cls) -> str:
        """A text of our own."""
        return f"<class '{cls.__module__}.{cls.__qualname__}' of the submission>"


def class_wire(cls: Any) -> dict[str, object]:  # noqa: ANN401 - a class of one of two metaclasses
    """A class on the wire."""
    return {"$class": cls.__reference__}


def no_dunder(value: object, name: str) -> None:
    """Refuse to ask the submission for what frameworks look for in every object."""
    if name[:2] == "__" and name[-2:] == "__":
        what = value.__name__ if isinstance(value, type | types.ModuleType) else type(value).__name__
        raise AttributeError(f"{what} of the submission has no attribute {name} that crosses")


def _operator(name: str, *, swapped: bool = False) -> Callable[..., Any]:
    def operate(self: Any, *args: object) -> Any:  # noqa: ANN401 - an object of the submission
        held = self.__held__
        given = (*args, self) if swapped else (self, *args)
        return held.client.operate(f"{held.label}: {name.strip('_')}", name, given)

    return operate


def _typed(name: str, *expected: type) -> Callable[..., Any]:
    """An operator whose result the language demands to be of a type."""

    def operate(self: Any, *args: object) -> Any:  # noqa: ANN401 - an object of the submission
        held = self.__held__
        result = held.client.operate(f"{held.label}: {name}", name, (self, *args))
        if type(result) not in expected:
            raise TypeError(f"{name}() of a {held.label} gave a {type(result).__name__}")
        return result

    return operate


def _waiting(name: str) -> Callable[..., Any]:
    """An operator that is awaited."""

    async def operate(self: Any) -> Any:  # noqa: ANN401 - an object of the submission
        held = self.__held__
        return held.client.operate(f"{held.label}: {name}", name, (self,))

    return operate


def _compared(self: RemoteObject, other: object) -> NoReturn:
    del other
    held = self.__held__
    held.client.refuse(
        f"an object of the submission ({held.label}) is compared with == or !=, which its own code would decide: "
        "compare data, such as its attributes, not objects"
    )


def _hashed(self: RemoteObject) -> NoReturn:
    held = self.__held__
    held.client.refuse(
        f"an object of the submission ({held.label}) is used in a set or as a key, where its own code would decide "
        "what is equal: use data, such as its attributes"
    )


def _left(held: Held, swallowed: object, error: BaseException | None) -> None:
    """Swallow nothing: the rest of the block, with what it asserts, would be skipped in silence."""
    if swallowed and held.client.is_theirs(error):
        held.client.refuse(
            f"{held.label}: its context swallowed {type(error).__name__}, which would skip the rest of the block"
        )


def _ordering(name: str) -> Callable[..., Any]:
    """An operator between two objects of the submission; it must not decide about data of the tests."""

    def operate(self: Any, other: object) -> Any:  # noqa: ANN401 - an object of the submission
        held = self.__held__
        if not isinstance(other, RemoteObject):
            held.client.refuse(
                f"an object of the submission ({held.label}) is compared with {type(other).__name__} data, which "
                "its own code would decide: compare data, such as its attributes, not objects"
            )
        return held.client.operate(f"{held.label}: {name}", name, (self, other))

    return operate


class RemoteObject:
    """An object that stays with the submission; attributes, calls and operators go there."""

    __slots__ = ("__held__", "__weakref__")
    __held__: Held

    def __del__(self) -> None:
        """Let the submission's process forget the object."""
        held = getattr(self, "__held__", None)
        if held is not None:
            held.client.dropped.append((held.process, held.number, held.count[0]))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an attribute of the submission's object
        """An attribute, asked for anew each time."""
        no_dunder(self, name)
        held = self.__held__
        return held.client.get(f"{held.label}.{name}", held.client.wire(self), name, self)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute of the submission's object."""
        held = self.__held__
        held.client.set(f"{held.label}.{name}", held.client.wire(self), name, value)

    def __delattr__(self, name: str) -> None:
        """Delete an attribute of the submission's object."""
        held = self.__held__
        held.client.delete(f"{held.label}.{name}", held.client.wire(self), name)

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - what the submission's object answers
        """Call the submission's object."""
        held = self.__held__
        return held.client.call(f"{held.label}()", held.client.wire(self), "", args, kwargs)

    def __repr__(self) -> str:
        """A text of our own: what a failed assertion shows is no call."""
        held = self.__held__
        return f"<{held.label} object {held.number} of the submission>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse: there is nothing here to copy."""
        held = self.__held__
        held.client.refuse(f"an object of the submission ({held.label}) cannot be copied or pickled here")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Leave a context of the submission's."""
        held = self.__held__
        _left(held, held.client.operate(f"{held.label}: exit", "exit", (self, held.client.thrown(error))), error)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Leave an asynchronous context of the submission's."""
        held = self.__held__
        _left(held, held.client.operate(f"{held.label}: aexit", "aexit", (self, held.client.thrown(error))), error)

    def __await__(self) -> Generator[Any, None, Any]:
        """Let the submission's process wait for it."""
        held = self.__held__
        return held.client.operate(f"{held.label}: await", "await", (self,))
        yield

    __eq__ = __ne__ = _compared
    __hash__ = _hashed
    __bool__ = _typed("bool", bool)
    __str__ = _typed("str", str)
    __format__ = _typed("format", str)
    __int__ = _typed("int", int)
    __float__ = _typed("float", float)
    __index__ = _typed("index", int)
    __len__ = _typed("len", int)
    __contains__ = _typed("contains", bool)
    __enter__, __aenter__ = _operator("enter"), _waiting("aenter")
    __anext__ = _waiting("anext")


def _add_operators() -> None:
    for name in ("lt", "le", "gt", "ge"):
        setattr(RemoteObject, f"__{name}__", _ordering(name))
    plain = ("invert", "neg", "pos", "abs", "getitem", "setitem", "delitem")
    plain += ("iter", "next", "reversed", "round", "trunc", "floor", "ceil", "aiter")
    both = ("add", "and", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv", "xor")
    for name in plain:
        setattr(RemoteObject, f"__{name}__", _operator(name))
    for name in (*both, "divmod"):
        operator = f"{name}_" if name in {"and", "or"} else name
        setattr(RemoteObject, f"__{name}__", _operator(operator))
        setattr(RemoteObject, f"__r{name}__", _operator(operator, swapped=True))
        if name != "divmod":
            setattr(RemoteObject, f"__i{name}__", _operator(f"i{name}"))


_add_operators()


class RemoteFunction:
    """A function of the submission, found by its path at each call."""

    def __init__(self, client: Client, label: str, on: Mapping[str, object], path: str, owner: object) -> None:
        """``owner`` is the object whose method it is, if it is one."""
        self.__client, self.__label, self.__on, self.__path, self.__owner = client, label, on, path, owner
        self.__name__ = path.rpartition(".")[2]
        self.__qualname__ = path

    def __call__(self, /, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - what the submission answers
        """Call the submission's function."""
        return self.__client.call(f"{self.__label}()", self.__found(), self.__path, args, kwargs)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an attribute of the submission's function
        """An attribute of the function, such as ``cache_clear``."""
        no_dunder(self, name)
        return self.__client.get(f"{self.__label}.{name}", self.__found(), f"{self.__path}.{name}", self.__owner)

    def __repr__(self) -> str:
        """A text of our own."""
        return f"<function {self.__label} of the submission>"

    def __found(self) -> Mapping[str, object]:
        """Where the path begins; an object is of use only as long as its process lives."""
        return self.__client.wire(self.__owner) if isinstance(self.__owner, RemoteObject) else self.__on

    def __wire__(self) -> dict[str, object]:
        """The function as an argument."""
        return {"$ref": self.__found(), "path": self.__path}

    def __promise__(self) -> Callable[..., Any]:
        """The same as a function whose call is awaited."""

        async def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - what the submission answers
            return self.__client.call(f"{self.__label}()", self.__found(), self.__path, args, kwargs, wait=True)

        call.__name__, call.__qualname__ = self.__name__, self.__qualname__
        call.__wire__ = self.__wire__  # type: ignore[attr-defined]
        return call


class StubModule(types.ModuleType):
    """A module of the submission."""

    __client__: Client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an attribute of the submission's module
        """An attribute of the submission's module, asked for anew each time."""
        if name == "__all__":
            self.__client__.refuse(f"from {self.__name__} import *: name what is imported")
        if name not in _ALLOWED:
            no_dunder(self, name)
        return self.__client__.get(f"{self.__name__}.{name}", {"$module": self.__name__}, name, None)

    def __setattr__(self, name: str, value: object) -> None:
        """Let the import system set its own; refuse everything else."""
        if (name[:2] == "__" and name[-2:] == "__") or isinstance(value, StubModule):
            super().__setattr__(name, value)
            return
        self.__client__.refuse(f"{self.__name__}.{name} cannot be replaced from the tests")

    def __delattr__(self, name: str) -> None:
        """Refuse: only the submission's own process could see it."""
        self.__client__.refuse(f"{self.__name__}.{name} cannot be replaced from the tests")

    def __repr__(self) -> str:
        """A text of our own."""
        return f"<module {self.__name__!r} of the submission>"


class RemoteEnumType(enum.EnumMeta):
    """The class of enumerations of the submission: members are here, all else is there."""

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401 - an attribute of the submission's class
        """A member, else an attribute of the submission's class."""
        members = cls.__dict__.get("_member_map_", {})
        if name in members:
            return members[name]
        client = cls.__dict__.get("__client__")
        if client is None or name[:1] == "_":
            raise AttributeError(name)
        return client.get(f"{cls.__qualname__}.{name}", class_wire(cls), name, None)

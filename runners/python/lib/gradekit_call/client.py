"""The tests' end of the calls: requests, and what is remembered between them.

What cannot be done over calls raises CannotCrossError; a call that got no proper answer raises NoAnswerError. Both are
noted in ``Client.faults``, so that a test which swallows them does not pass.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn
from weakref import WeakValueDictionary

from gradekit_call.answers import Answer, Function, Raised, text
from gradekit_call.arguments import Arguments, Thrown
from gradekit_call.classes import Classes
from gradekit_call.connection import Connection, LostError
from gradekit_call.known import CannotCrossError, NoAnswerError
from gradekit_call.stubs import Held, RemoteFunction, RemoteObject, StubModule
from gradekit_call.values import MalformedError, TooMuchError, dump, load

_START = 10.0
"""Seconds until the submission's container must listen."""
_PAUSE = 0.005
_HINT = "use `isolation: in-process` for this suite, or test it through data"


class Client:
    """The one connection of the tests to the submission, and everything that was made of its answers."""

    def __init__(self, path: str, seconds: float) -> None:
        """``seconds`` is how long a call may take."""
        self.faults: list[str] = []
        self.dropped: list[tuple[int, int, int]] = []
        self.process = 0
        self._path = path
        self._seconds = seconds
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._ids = 0
        self._thrown: list[BaseException] = []
        self._forget()

    def _forget(self) -> None:
        self.objects: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self.classes = Classes(self)
        self.modules: dict[str, StubModule] = {}
        self._functions: dict[str, Callable[..., Any]] = {}

    # --- the connection

    def wait(self) -> bool:
        """Connect, as soon as something listens there; False when nothing does in time."""
        end = time.monotonic() + _START
        while True:
            try:
                self._connection = Connection(self._path)
            except OSError:
                if time.monotonic() > end:
                    return False
                time.sleep(_PAUSE)
            else:
                self.process += 1
                return True

    def renew(self) -> None:
        """Let the next call begin in a fresh process, and forget every class and module."""
        self._hang_up()
        self._forget()
        self.faults.clear()

    def take_faults(self) -> list[str]:
        """What went wrong since this was last asked, whether or not a test saw it."""
        found, self.faults[:] = list(self.faults), []
        return found

    def refuse(self, what: str) -> NoReturn:
        """Say what cannot be done over calls.

        Raises:
            CannotCrossError: always.
        """
        message = f"{what}; {_HINT}"
        self.faults.append(message)
        raise CannotCrossError(message)

    def _fail(self, label: str, why: str) -> NoReturn:
        self._hang_up()
        message = f"{label}: {why}"
        self.faults.append(message)
        raise NoAnswerError(message)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.objects.clear()

    def request(self, label: str, op: str, *, args: Sequence[object] = (), **fields: Any) -> Any:  # noqa: ANN401
        """Ask for something, and give back its value or raise its exception.

        Raises:
            CannotCrossError: an argument is no data, or too much of it.
            NoAnswerError: there was no proper answer.
        """
        with self._lock:
            packer = Arguments(self, label)
            packed = packer.all(args)
            keywords = fields.get("kwargs")
            if keywords:
                fields["kwargs"] = packer.named(keywords)
            self._ids += 1
            message = {"id": self._ids, "op": op, **fields, "args": packed, "drop": self._drops()}
            try:
                line = dump(message)
            except TooMuchError as error:
                self.refuse(f"{label}: the arguments are {error}")
            try:
                return self._read(label, self._exchange(label, line), packer.containers, functions=op == "get")
            except (StopIteration, StopAsyncIteration) as error:
                if fields.get("operator") in {"next", "anext"}:
                    raise
                # Within map or zip it would end a loop over the expectations as if there were no more of them.
                raise RuntimeError(f"{label} raised {type(error).__name__}") from error

    def _drops(self) -> list[list[int]]:
        waiting, self.dropped = self.dropped, []
        return [[number, count] for process, number, count in waiting if process == self.process]

    def _exchange(self, label: str, line: bytes) -> bytes:
        if self._connection is None:
            try:
                self._connection = Connection(self._path)
            except OSError:
                self._fail(label, "the submission's process cannot be reached any more")
            self.process += 1
        try:
            return self._connection.exchange(line, self._seconds)
        except LostError as error:
            self._fail(label, str(error))

    def _read(self, label: str, line: bytes, sent: list[object], *, functions: bool) -> Any:  # noqa: ANN401
        answer = Answer(self, sent, functions=functions)
        try:
            reply = load(line)
            if type(reply.get("id")) is not int or reply["id"] != self._ids:
                raise MalformedError("it answers another request")
            if "refused" in reply:
                self.refuse(f"{label}: {text(reply['refused'])}")
            value = answer.outcome(reply)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            why = str(error) if isinstance(error, MalformedError) else "it does not fit"
            self._fail(label, f"the answer is none of the call protocol ({why})")
        if isinstance(value, Raised):
            self._thrown = [value.error]
            raise value.error
        return value

    # --- requests; ``label`` is what messages call it, ``on`` the object on the wire

    def get(self, label: str, on: object, path: str, owner: object) -> Any:  # noqa: ANN401
        """An attribute; functions come as something that calls them."""
        value = self.request(label, "get", on=on, path=path)
        if not isinstance(value, Function):
            return value
        if owner is not None:
            return self._function(label, on, path, owner, value)
        key = json.dumps([on, path])
        if key not in self._functions:
            self._functions[key] = self._function(label, on, path, owner, value)
        return self._functions[key]

    def _function(self, label: str, on: Any, path: str, owner: object, found: Function) -> Callable[..., Any]:  # noqa: ANN401
        function = RemoteFunction(self, label, on, path, owner)
        return function.__promise__() if found.is_async else function

    def set(self, label: str, on: object, name: str, value: object) -> None:
        """Set an attribute."""
        self.request(label, "set", on=on, name=name, args=(value,))

    def delete(self, label: str, on: object, name: str) -> None:
        """Delete an attribute."""
        self.request(label, "delete", on=on, name=name)

    def call(
        self,
        label: str,
        on: object,
        path: str,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        *,
        wait: bool = False,
    ) -> Any:  # noqa: ANN401
        """Call a function; ``wait`` for what it promises."""
        return self.request(
            label, "call", on=on, path=path, args=args, kwargs=dict(kwargs), **{"await": True} if wait else {}
        )

    def operate(self, label: str, operator: str, args: Sequence[object]) -> Any:  # noqa: ANN401
        """Apply an operator."""
        return self.request(label, "operate", operator=operator, args=args)

    def has(self, module: str) -> bool:
        """Whether the submission has a module, which it loads."""
        found = self.request(f"import {module}", "import", module=module)
        if type(found) is not bool:
            self._fail(f"import {module}", "the answer is none of the call protocol (it is neither true nor false)")
        return found

    # --- exceptions that pass through contexts of the submission

    def thrown(self, error: BaseException | None) -> object:
        """An exception as an argument: its class as far as the submission can know it."""
        return None if error is None else Thrown(error)

    def is_theirs(self, error: BaseException | None) -> bool:
        """Whether an exception came out of a call, so that their code may swallow it."""
        return error is not None and any(error is known for known in self._thrown)

    # --- classes and objects

    def wire(self, value: RemoteObject) -> dict[str, object]:
        """An object on the wire."""
        held = value.__held__
        if held.process != self.process or self._connection is None:
            self.refuse(
                f"an object of the submission ({held.label}) is used after the process that it belonged to has ended"
            )
        return {"$handle": held.number}

    def proxy(self, number: int, reference: str) -> Any:  # noqa: ANN401 - of a class that is made here
        """The object of a number, the same one as long as a test holds it."""
        known = self.objects.get(number)
        if known is not None:
            known.__held__.count[0] += 1
            return known
        cls = self.classes.find(reference)
        if not issubclass(cls, RemoteObject):
            cls = RemoteObject
        label = reference.partition(":")[2]
        made = object.__new__(cls)
        object.__setattr__(made, "__held__", Held(self, self.process, number, [1], label))
        self.objects[number] = made
        return made

    def module(self, name: str) -> StubModule:
        """The module that stands for one of the submission's."""
        if name not in self.modules:
            made = StubModule(name)
            made.__dict__["__client__"] = self
            self.modules[name] = made
        return self.modules[name]

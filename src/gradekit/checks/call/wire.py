"""Requests of a check, and what the lines that answer them mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from gradekit.checks import template
from gradekit.checks.call.evidence import Exchange
from gradekit.checks.call.model import Action
from gradekit.checks.call.values import BadValue, Plain, TooLarge, containers, pack
from gradekit.checks.jsontext import Json, JsonProblem, parse, render
from gradekit.checks.values import is_list
from gradekit.language import Naming
from gradekit.texts import clean

MAX_LINE: Final = (1 << 20) - 1
"""Bytes of a request without its end."""
MAX_CLASSES: Final = 100
MAX_MESSAGE: Final = 2_000
"""Characters of an error's message that are looked at."""
_INTRUDED: Final = "code of the submission probably wrote to the connection over which it is called"
_ENDED: Final = "code of the submission probably ended it, or made it crash"


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer says: a value, an error, that it cannot be done, or nothing that makes sense."""

    kind: Literal["value", "error", "refused", "broken"]
    value: Json = None
    handle: int | None = None
    """The number of the object, where the value is one that stayed with the submission."""
    classes: tuple[str, ...] = ()
    """Of an error: its own class, then its ancestors."""
    text: str = ""
    """The error's message, or why there is none."""

    @property
    def kept(self) -> Json:
        """What later requests give for it."""
        return self.value if self.handle is None else {"$handle": self.handle}


def request(action: Action, number: int, module: str | None, naming: Naming, known: Mapping[str, Json]) -> str:
    """The line that asks an action; ``known`` are the challenge's variables and what steps kept.

    Raises:
        UnknownNameError: a name has no value.
    """
    # A missing `module` where one is needed was refused by lint.
    on: Json
    if action.on is not None:
        if action.on not in known:
            raise template.UnknownNameError(action.on)
        on, path = known[action.on], naming.path(action.call or action.get or "")
    else:
        name, path = naming.place(action.module or module or "", action.new or action.call or action.get or "")
        on = {"$module": name}
    if action.get is not None:
        return render({"id": number, "op": "get", "on": on, "path": path})
    args = [pack(template.fill(item, known)) for item in action.args]
    kwargs = {naming.path(name): pack(template.fill(item, known)) for name, item in action.kwargs.items()}
    fields: dict[str, Json] = {"id": number, "op": "call", "on": on, "path": path, "args": args}
    if kwargs:
        fields["kwargs"] = kwargs
    return render(fields)


def load(action: Action, module: str | None, naming: Naming) -> str:
    """The line that asks to load the module of an action."""
    return render({"id": 0, "op": "import", "module": naming.place(action.module or module or "", "")[0]})


def read(exchange: Exchange) -> Reply:
    """What came of a request."""
    if exchange.error is not None:
        why = exchange.detail or exchange.error
        hint = {"protocol": f"; {_INTRUDED}", "closed": f"; {_ENDED}"}.get(exchange.error, "")
        return Reply("broken", text=f"{why}{hint}")
    try:
        return _read(exchange)
    except JsonProblem as error:
        return Reply("broken", text=f"its answer is not read as JSON ({clean(str(error))}); {_INTRUDED}")
    except TooLarge as error:
        return Reply("broken", text=f"its answer is too large: {error}")
    except BadValue as error:
        return Reply("broken", text=f"it answered something that was not asked: {error}; {_INTRUDED}")


def _read(exchange: Exchange) -> Reply:
    answer = parse(exchange.line)
    if not isinstance(answer, Mapping):
        raise BadValue("it is no JSON object")
    if type(answer.get("id")) is not int or answer["id"] != exchange.id:
        raise BadValue("it belongs to another request")
    if sum(name in answer for name in ("value", "error", "refused")) != 1:
        raise BadValue("it has neither a value nor an error")
    if "refused" in answer:
        return Reply("refused", text=_text(answer["refused"]))
    if "error" in answer:
        return _error(answer["error"])
    value: Any = answer["value"]
    handle = value.get("$handle") if isinstance(value, Mapping) else None
    if handle is not None and type(handle) is not int:
        raise BadValue("an object has no number")
    return Reply("value", Plain(_changed(answer.get("changed", ()), _sent(exchange.request))).value(value), handle)


def _error(error: Json) -> Reply:
    classes = error.get("classes") if isinstance(error, Mapping) else None
    if not isinstance(error, Mapping) or not is_list(classes) or not classes or len(classes) > MAX_CLASSES:
        raise BadValue("an error has no classes")
    return Reply("error", classes=tuple(map(_text, classes)), text=_text(error.get("message", "")))


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise BadValue("a text was expected")
    return value[:MAX_MESSAGE]


def _sent(line: str) -> Sequence[Json]:
    """The lists, maps and sets of a request of ours, by their numbers."""
    asked = json.loads(line)
    values = (*asked.get("args", ()), *asked.get("kwargs", {}).values())
    return [found for value in values for found in containers(value)]


def _changed(changes: Json, arguments: Sequence[Json]) -> Sequence[Json]:
    """The request's containers as they are after the call."""
    if not is_list(changes):
        raise BadValue("it does not say which arguments changed")
    found = list(arguments)
    for change in changes:
        place = change[0] if is_list(change) and len(change) == 2 else None  # noqa: PLR2004 - number and content
        if type(place) is not int or not 0 <= place < len(found):
            raise BadValue("it does not say which arguments changed")
        found[place] = change[1]
    return found

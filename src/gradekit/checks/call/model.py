"""What an author may write under ``call:``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from gradekit.checks.call.generate import MAX_COUNT, Generators
from gradekit.checks.jsontext import Json, render
from gradekit.checks.match import Match
from gradekit.checks.sense import GIVEN_TEXT, PATHS
from gradekit.checks.values import is_list
from gradekit.language import ERROR_KINDS, ErrorKind
from gradekit.model import AUTHORED, Duration, Model, RelativePath, tuple_of
from gradekit.texts import MAX_SHOWN, clean, not_one_of

_WORD = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
_NAME = rf"({_WORD}|[A-Z][A-Za-z0-9]*|[A-Z][A-Z0-9_]*)"
Module = Annotated[str, Field(pattern=rf"^{_WORD}(\.{_WORD})*$", max_length=200)]
"""``shop.price_list``: small words, dots between folders; each language writes it in its own way."""
Path = Annotated[str, Field(pattern=rf"^{_NAME}(\.{_NAME})*$", max_length=200)]
"""``total_price``, ``Cart.parse``, ``MAX_SIZE``."""
ClassName = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=200)]
Saved = Annotated[str, Field(pattern=rf"^{_WORD}$", max_length=100)]
"""What a step gave, for later ones."""
Arguments = Annotated[tuple[JsonValue, ...], BeforeValidator(tuple_of)]


class Raises(Model):
    """An error that must come."""

    kind: ErrorKind = Field("any", description="What it is about, in every language.")
    message: Annotated[Match, GIVEN_TEXT] = Field(Match.anything(), description="Its message, as text.")


class _KindOrMap:
    """Lets ``raises: value`` stand for ``raises: {kind: value}``."""

    @staticmethod
    def parse(value: object) -> object:
        if not isinstance(value, str):
            return value
        if value not in ERROR_KINDS:
            raise ValueError(not_one_of(f'"{clean(value)}" is no kind of error', value, ERROR_KINDS))
        return Raises.model_validate({"kind": value})

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"enum": list(ERROR_KINDS)}, handler(schema)]}


class Action(Model):
    """One call, new object or look at an attribute, and what must come of it."""

    model_config = ConfigDict(populate_by_name=False)

    call: Path | None = Field(None, description="A function of the module, or a method of `on`.")
    new: ClassName | None = Field(None, description="A class of the module, of which an object is made.")
    get: Path | None = Field(None, description="An attribute of `on`, or a constant of the module.")
    on: Saved | None = Field(None, description="What an earlier step kept with `as`.")
    module: Module | None = Field(None, description="Where it is; by default that of the check.")
    args: Arguments = Field((), description="Arguments by position; ${name} is a variable, or what a step kept.")
    kwargs: Mapping[Saved, JsonValue] = Field(default_factory=dict, description="Arguments by name.")
    returns: Match = Field(Match.anything(), description="What it must return.")
    paths: Annotated[Mapping[str, Match], PATHS] = Field(
        default_factory=dict,
        alias="json",
        description="JSONPath (RFC 9535) into what it returns to expectation; a path to one place gives a value.",
    )
    raises: Annotated[Raises | None, _KindOrMap, BeforeValidator(_KindOrMap.parse)] = Field(
        None, description="The error that must come instead."
    )
    keep: Saved | None = Field(None, alias="as", description="A name for what it gives, for later steps.")
    timeout: Duration | None = Field(None, description="By default that of the check.")

    @property
    def expects(self) -> bool:
        """Whether it says what must come of it."""
        return bool(self.model_fields_set & {"returns", "paths", "raises"})

    @property
    def label(self) -> str:
        """The call as a reader knows it: ``cart.add("tea", qty=2)``."""
        start = f"{self.on}." if self.on else ""
        if self.get is not None:
            return f"{start}{self.get}"
        given = [render(item, MAX_SHOWN) for item in self.args]
        given += [f"{name}={render(item, MAX_SHOWN)}" for name, item in self.kwargs.items()]
        return f"{f'new {self.new}' if self.new else f'{start}{self.call}'}({clean(', '.join(given))})"


class CallCase(Action):
    """One call, or several steps; each case is told on its own."""

    name: str = Field(min_length=1, max_length=200, description="For reports.")
    steps: Annotated[tuple[Action, ...], BeforeValidator(tuple_of)] = Field((), description="One after the other.")
    fresh: bool | None = Field(None, description="Begin with a new process; by default as the check says.")

    def actions(self) -> tuple[Action, ...]:
        """The steps; a case without is one itself."""
        return self.steps or (self,)


Cases = Annotated[tuple[CallCase, ...], BeforeValidator(tuple_of)]
_CASES: TypeAdapter[tuple[CallCase, ...]] = TypeAdapter(Cases)


class ForAll(Model):
    """Calls with arguments made at random, whose answers must be the reference's."""

    name: str = Field(min_length=1, max_length=200, description="For reports.")
    call: Path = Field(description="A function of the module.")
    module: Module | None = Field(None, description="Where it is; by default that of the check.")
    args: Generators = Field(description="How each argument is made.")
    count: int = Field(50, ge=1, le=MAX_COUNT, description="Calls, the first ones with small arguments.")
    seed: int = Field(1, description="Another one gives other arguments.")
    tolerance: float | None = Field(
        None, gt=0, description="How far an answer that is a number may be off, as its share of 1 and of the number."
    )
    timeout: Duration | None = Field(None, description="By default that of the check.")

    def case(self, number: int, args: Iterable[Json], **expected: object) -> CallCase:
        """One of its calls."""
        fields = {"name": self.case_name(number), "call": self.call, "args": [escaped(item) for item in args]}
        if self.module is not None:
            fields["module"] = self.module
        made = CallCase.model_validate({**fields, **expected})
        return made.model_copy(update={"timeout": self.timeout})

    def case_name(self, number: int) -> str:
        """The name of one of its calls in the evidence."""
        return f"{self.name} #{number}"


def escaped(value: Json) -> Json:
    """A value in which ``${`` stands for itself."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {name: escaped(item) for name, item in value.items()}
    return [escaped(item) for item in value] if is_list(value) else value


class CallSpec(Model):
    """Calls of the candidate's code, which runs in a container of its own and sees no expectation."""

    module: Module | None = Field(None, description="Where functions and classes are, such as shop.pricing.")
    cases: Cases = Field((), max_length=2000)
    cases_file: RelativePath | None = Field(None, description="A JSON file of the challenge with a list of more cases.")
    for_all: Annotated[tuple[ForAll, ...], BeforeValidator(tuple_of)] = Field(
        (), max_length=20, description="Calls with generated arguments, compared with the reference's answers."
    )
    timeout: Duration = Field(5.0, gt=0, description="For a call.")
    fresh: bool = Field(default=False, description="Begin each case with a new process.")
    scoring: Literal["per_case", "all_or_nothing"] = Field(
        "per_case", description="A share for each case, or everything for all."
    )

    @model_validator(mode="after")
    def _some_cases(self) -> CallSpec:
        if not self.cases and self.cases_file is None and not self.for_all:
            raise ValueError("there is nothing to call; give cases, cases_file or for_all")
        return self

    def all_cases(self, files: Mapping[str, bytes]) -> tuple[CallCase, ...]:
        """All cases, those of the file last.

        Raises:
            CasesFileError: for a file that is not there, or not a list of cases.
        """
        if self.cases_file is None:
            return self.cases
        try:
            found = json.loads(files[self.cases_file])
            return self.cases + _CASES.validate_python(found, context=AUTHORED)
        except KeyError:
            raise CasesFileError("there is no such file") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
            raise CasesFileError(f"{place or 'the whole'}: {first['msg'].removeprefix('Value error, ')}") from None
        except ValueError as error:
            raise CasesFileError(f"it is not JSON ({clean(str(error))})") from None

    def limit(self, action: Action) -> float:
        """Seconds that an action may take."""
        return self.timeout if action.timeout is None else action.timeout


class CasesFileError(ValueError):
    """Why a file gives no cases; the message fits after its name."""

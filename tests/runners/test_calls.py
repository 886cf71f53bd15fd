"""The call protocol without containers: values, hostile lines, and both sides over a socket."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import math
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LIBRARY = Path(__file__).parents[2] / "runners" / "python" / "lib"
sys.path.insert(0, str(LIBRARY))
values: Any = importlib.import_module("gradekit_call.values")
client_module: Any = importlib.import_module("gradekit_call.client")
finder_module: Any = importlib.import_module("gradekit_call.finder")
known: Any = importlib.import_module("gradekit_call.known")
stubs: Any = importlib.import_module("gradekit_call.stubs")
worker_module: Any = importlib.import_module("gradekit_call.worker")
sys.path.remove(str(LIBRARY))

# --- values


class Plain(values.Packer):  # type: ignore[misc]
    def other(self, value: object, depth: int) -> NoReturn:
        raise AssertionError(value, depth)

    def other_key(self, value: object) -> bool:
        del value
        return False


class Reader(values.Unpacker):  # type: ignore[misc]
    def special(self, tag: str, fields: dict[str, object], depth: int) -> NoReturn:
        raise values.MalformedError(tag, fields, depth)


def crossed(value: object) -> Any:  # noqa: ANN401 - a value like the one given
    line = values.dump({"v": Plain().pack(value)})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return Reader().unpack(values.load(line)["v"])


def same(one: Any, two: Any) -> bool:  # noqa: ANN401 - any data
    """Whether two values are equal and of the same types all the way down."""
    if type(one) is not type(two):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(two)) or (one == two and math.copysign(1, one) == math.copysign(1, two))
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict):
        return len(one) == len(two) and all(
            same(*keys) and same(one[keys[0]], two[keys[1]]) for keys in zip(one, two, strict=True)
        )
    if isinstance(one, datetime):
        return bool(one == two and one.utcoffset() == two.utcoffset())
    return bool(one == two)


ZONES = st.one_of(st.none(), st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))))
KEYS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**4000), 10**4000),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from(["$", "$tuple", "$handle"]),
    st.binary(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.dates(),
    st.datetimes(timezones=ZONES),
    st.times(timezones=st.just(UTC)),
    st.timedeltas(),
    st.uuids(),
    st.complex_numbers(allow_nan=False),
)
DATA = st.recursive(
    st.one_of(KEYS, st.floats(), st.binary().map(bytearray), st.builds(range, st.integers(), st.integers())),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(KEYS, inner),
        st.sets(KEYS),
        st.frozensets(st.one_of(KEYS, st.tuples(KEYS, st.frozensets(KEYS, max_size=2))), max_size=4),
    ),
    max_leaves=12,
)


@given(DATA)
def test_data_cross_unchanged(value: object) -> None:
    assert same(crossed(value), value)


def test_what_is_written_is_what_the_protocol_says() -> None:
    written = {
        2**53: 2**53,
        2**53 + 1: {"$int": "9007199254740993"},
        math.inf: {"$float": "inf"},
        Decimal("1.50"): {"$decimal": "1.50"},
        Fraction(1, 3): {"$fraction": "1/3"},
        timedelta(seconds=-1, microseconds=-500_000): {"$timedelta": "-1.500000"},
        datetime(2026, 1, 2, tzinfo=UTC): {"$datetime": "2026-01-02T00:00:00+00:00"},
        UUID(int=1): {"$uuid": "00000000-0000-0000-0000-000000000001"},
        b"\0": {"$bytes": "AA=="},
        (1, "a"): {"$tuple": [1, "a"]},
        range(3): {"$range": [0, 3, 1]},
        1j: {"$complex": [0.0, 1.0]},
        frozenset({1}): {"$frozenset": [1]},
    }
    for value, expected in written.items():
        assert Plain().pack(value) == expected
    assert Plain().pack({"a": {1: 2}, "b": {"$": 3}}) == {"a": {"$map": [[1, 2]]}, "b": {"$map": [["$", 3]]}}


def test_too_much_is_told_before_it_is_sent() -> None:
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    cyclic: list[object] = []
    cyclic.append(cyclic)
    for value, words in ((deep, "deeper than 64"), (cyclic, "contains itself"), (10**5000, "more than 4300 digits")):
        with pytest.raises(values.TooMuchError, match=words):
            Plain().pack(value)
    with pytest.raises(values.TooMuchError, match="larger than 1024 KiB"):
        values.dump({"v": "x" * (1 << 20)})


@given(st.one_of(st.binary(), st.text().map(str.encode), st.text('[]{}",:\\$a1').map(str.encode)))
def test_any_line_is_a_message_or_malformed(line: bytes) -> None:
    try:
        message = values.load(line)
    except values.MalformedError:
        return
    assert type(message) is dict


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'"' + b'\\"' * 500_000,
        b'{"a":"' + b"[" * 900_000,
        b'{"a":' + b"9" * 900_000 + b"}",
        b'{"a":NaN}',
        b'{"a":"' + b"x" * (1 << 20) + b'"}',
        b"[]",
        b"\xff",
    ],
)
def test_lines_that_want_to_break_a_parser(line: bytes) -> None:
    begun = time.monotonic()
    with pytest.raises(values.MalformedError):
        values.load(line)
    assert time.monotonic() - begun < 10


def test_brackets_in_texts_do_not_count() -> None:
    assert values.load(json.dumps({"a": "[" * 5000 + '\\"' + "{" * 5000}).encode())["a"].startswith("[[[")


@pytest.mark.parametrize(
    "data",
    [
        {"$int": "1_0"},
        {"$int": "9" * 5000},
        {"$int": 1},
        {"$float": "1e5"},
        {"$float": ["nan"]},
        {"$decimal": "x"},
        {"$decimal": "1" * 5000},
        {"$decimal": "1E+5001"},
        {"$decimal": "1E-99999999"},
        {"$fraction": "1e999999999"},
        {"$fraction": "1/0"},
        {"$date": "2026-13-01"},
        {"$time": []},
        {"$timedelta": "99999999999999"},
        {"$uuid": "x"},
        {"$bytes": "!"},
        {"$bytearray": 5},
        {"$range": [0, 1, 0]},
        {"$range": [0, 1]},
        {"$range": [0.5, 1, 1]},
        {"$complex": [1, 2]},
        {"$tuple": 5},
        {"$set": [[]]},
        {"$map": [[1]]},
        {"$map": [[{}, 1]]},
        {"$unknown": 1},
        {"$int": "1", "more": 1},
    ],
)
def test_values_that_do_not_fit_their_tag(data: object) -> None:
    with pytest.raises(values.MalformedError):
        Reader().unpack(data)


# --- hostile answers


class Deaf(client_module.Client):  # type: ignore[misc]
    """A client whose every request gets one of some answers, with the right number."""

    def __init__(self, answers: list[object]) -> None:
        super().__init__("/nowhere", 1.0)
        self.answers = itertools.cycle(answers)
        self.left = 40

    def _exchange(self, label: str, line: bytes) -> bytes:
        self.left -= 1
        if self.left < 0:
            self._fail(label, "it goes on for ever")
        answer = next(self.answers)
        if isinstance(answer, dict) and json.loads(line)["op"] == "describe":
            answer = {"value": answer.get("value")}
        return json.dumps({**answer, "id": self._ids} if isinstance(answer, dict) else answer).encode() + b"\n"


NAMES = st.sampled_from(
    [
        *("shop:Cart", "shop:Error", "builtins:ValueError", "builtins:KeyError", "builtins:SystemExit"),
        *("_pytest.outcomes:Skipped", "builtins:object", "builtins:type", "a:b.<locals>.c", "x", "", ":", "a:b c"),
    ]
)
TAGS = st.sampled_from(
    [
        *("$handle", "$class", "$enum", "$module", "$exception", "$callable", "$arg", "$tuple", "$map", "$set", "$int"),
        *("class", "classes", "args", "attributes", "message", "handle", "kind", "bases", "members", "base", "type"),
        *("value", "error", "changed", "refused", "id", "with_traceback", "__class__", "args"),
    ]
)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 3),
        st.floats(allow_nan=False, allow_infinity=False),
        NAMES,
        st.sampled_from(["enum", "exception", "class", "Enum", "IntEnum", "str", "RED", "mro", "_x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(TAGS, inner, max_size=3),
        st.builds(
            lambda name, bases: {"kind": "exception", "bases": [name, *bases]}, NAMES, st.lists(NAMES, max_size=2)
        ),
        st.builds(lambda members: {"kind": "enum", "base": "Enum", "type": None, "members": members}, inner),
        st.builds(lambda name: {"$handle": 1, "class": name}, NAMES),
        st.builds(lambda name, args: {"$exception": {"classes": [name], "args": args}}, NAMES, inner),
    ),
    max_leaves=8,
)
ANSWERS = st.one_of(
    JSON,
    st.fixed_dictionaries({"value": JSON}, optional={"changed": JSON}),
    st.fixed_dictionaries(
        {
            "error": st.fixed_dictionaries(
                {"classes": st.lists(NAMES, max_size=3)}, optional={"args": JSON, "attributes": JSON}
            )
        }
    ),
)
HARMLESS = (
    *(type(None), bool, int, float, str, list, tuple, dict, set, stubs.StubModule, type, stubs.RemoteType),
    *(stubs.RemoteEnumType, stubs.RemoteFunction),
)


@settings(max_examples=400)
@given(st.lists(ANSWERS, min_size=1, max_size=3), st.sampled_from(["get", "call", "has"]))
def test_no_answer_does_more_than_give_a_value_or_an_exception(answers: list[object], asked: str) -> None:
    client = Deaf(answers)
    given_list = [1, {"a": 2}]
    value: object
    try:
        if asked == "get":
            value = client.get("shop.x", {"$module": "shop"}, "x", None)
        elif asked == "call":
            value = client.call("shop.f()", {"$module": "shop"}, "f", [given_list], {})
        else:
            value = client.has("shop")
    except Exception as error:  # noqa: BLE001 - anything but what ends a test run
        value = error
    expected = (*HARMLESS, known.CannotCrossError, known.NoAnswerError, *known.EXCEPTIONS.values())
    assert type(value) in expected or theirs(type(value)), type(value)
    assert type(given_list) is list


def theirs(cls: type) -> bool:
    """A class that was made here for one of the submission's."""
    return isinstance(cls, stubs.RemoteType | stubs.RemoteEnumType) or cls is stubs.RemoteObject


# --- both sides


class Lab:
    """A worker over a folder of modules, and a client of it."""

    def __init__(self, folder: Path, number: int) -> None:
        self.modules = folder / "work"
        self.modules.mkdir()
        self.name = f"stubbed{number}"
        self.socket = folder / "socket"
        program = (
            f"import sys; sys.path.insert(0, {str(LIBRARY)!r}); from gradekit_call.worker import serve_forever; "
            f"serve_forever({str(self.socket)!r}, [{str(self.modules)!r}])"
        )
        self.printed = folder / "printed"
        with self.printed.open("w") as stream:
            self.process = subprocess.Popen([sys.executable, "-I", "-c", program], stderr=stream)
        self.client = client_module.Client(str(self.socket), 5.0)
        self.finder = finder_module.Finder(self.client)

    def module(self, text: str) -> Any:  # noqa: ANN401 - a stub
        """Import a module of the submission."""
        (self.modules / f"{self.name}.py").write_text(textwrap.dedent(text))
        assert self.client.wait()
        sys.meta_path.append(self.finder)
        return importlib.import_module(self.name)

    def close(self) -> str:
        """End both sides; what the submission printed."""
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        finder_module.forget_modules("/nowhere")
        self.client.renew()
        self.process.kill()
        self.process.wait()
        return self.printed.read_text()


NUMBERS = itertools.count()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path, next(NUMBERS))
    yield made
    made.close()


def test_every_operator_goes_to_the_submission(lab: Lab) -> None:
    module = lab.module(
        """
        class Number:
            def __init__(self, value): self.value = value
            def __add__(self, other): return Number(self.value + getattr(other, "value", other))
            __radd__ = __add__
            def __iadd__(self, other): self.value += other; return self
            def __sub__(self, other): return Number(self.value - other)
            def __rsub__(self, other): return Number(other - self.value)
            def __and__(self, other): return Number(self.value & other)
            def __divmod__(self, other): return divmod(self.value, other)
            def __pow__(self, other): return Number(self.value ** other)
            def __neg__(self): return Number(-self.value)
            def __abs__(self): return Number(abs(self.value))
            def __round__(self, digits=0): return round(self.value, digits)
            def __int__(self): return int(self.value)
            def __float__(self): return float(self.value)
            def __index__(self): return self.value
            def __bool__(self): return self.value != 0
            def __le__(self, other): return self.value <= other.value
            def __gt__(self, other): return self.value > other.value
            def __format__(self, spec): return format(self.value, spec)
            def __getitem__(self, place): return (place, self.value)
            def __setitem__(self, place, value): self.value = value
            def __delitem__(self, place): self.value = 0
            def __reversed__(self): return iter([2, 1])
        """
    )
    five = module.Number(5)
    assert (five + 1).value == (1 + five).value == (five + module.Number(1)).value == 6
    assert ((five - 1).value, (9 - five).value, (five & 4).value, (five**2).value) == (4, 4, 4, 25)
    assert divmod(five, 2) == (2, 1)
    assert ((-five).value, abs(-five).value, round(five, 1), int(five), float(five)) == (-5, 5, 5, 5, 5.0)
    assert [0, 1, 2, 3, 4, "five"][five] == "five"
    assert five <= module.Number(5)
    with pytest.raises(known.CannotCrossError, match="compared with int data, which its own code would decide"):
        assert five <= 7
    lab.client.take_faults()
    assert not five > module.Number(5)
    assert bool(five)
    assert not module.Number(0)
    assert f"{five:03d}" == "005"
    assert five["a"] == ("a", 5)
    assert (five[1:3][0].start, five[1:3][0].stop) == (1, 3)
    assert list(reversed(five)) == [2, 1]
    held = five
    five += 2
    assert five is held
    assert five.value == 7
    five["x"] = 9
    assert five.value == 9
    del five["x"]
    assert five.value == 0
    with pytest.raises(TypeError):
        five @ 2
    assert lab.client.take_faults() == []


def test_the_language_gets_the_types_it_demands(lab: Lab) -> None:
    module = lab.module(
        """
        class Odd:
            def __contains__(self, item): return "yes"
            def __str__(self): return 5
            def __len__(self): return -1
        """
    )
    odd = module.Odd()
    assert ("x" in odd) is True
    with pytest.raises(TypeError):
        str(odd)
    with pytest.raises(ValueError, match="__len__"):
        len(odd)


def test_arguments_are_changed_in_place_and_stay_who_they_are(lab: Lab) -> None:
    module = lab.module(
        """
        def swap(rows): rows[0], rows[1] = rows[1], rows[0]
        def nest(rows, extra): rows.append(extra); extra["rows"] = [len(rows)]; return extra
        def grow(data, seen): data.extend(b"x"); seen.add(2); seen.discard(1)
        def fail(rows): rows.clear(); raise ValueError("after a change")
        def rename(row): row["b"] = row.pop("a")
        def inside(pair): pair[0].append(1)
        """
    )
    one, two = [1], [2]
    rows = [one, two]
    assert module.swap(rows) is None
    assert rows[0] is two
    assert rows[1] is one
    extra: dict[str, object] = {}
    assert module.nest(rows, extra=extra) is extra
    assert rows == [[2], [1], {"rows": [3]}]
    assert rows[2] is extra
    data, seen = bytearray(b"a"), {1}
    module.grow(data, seen)
    assert (data, seen) == (bytearray(b"ax"), {2})
    with pytest.raises(ValueError, match="after a change"):
        module.fail(rows)
    assert rows == []
    row = {"a": 1}
    module.rename(row)
    assert row == {"b": 1}
    module.inside((one, 1))
    assert one == [1, 1]


def test_exceptions_are_the_same_class_on_both_sides(lab: Lab) -> None:
    module = lab.module(
        """
        import dataclasses, decimal, json
        class Base(Exception):
            code = 400
            @property
            def shown(self): return f"E{self.code}"
        class Missing(Base, LookupError):
            code = 404
            def __init__(self, what, **more):
                super().__init__(what)
                self.what, self.more, self.odd = what, more, object()
        class Silent(Exception):
            def __str__(self): raise RuntimeError
        @dataclasses.dataclass(frozen=True)
        class Point:
            x: int = 1
        def missing(): raise Missing("tea", shelf=3)
        def silent(): raise Silent
        def divide(): return decimal.Decimal(1) / 0
        def parse(text): return json.loads(text)
        def opened(): return open("/nowhere/x")
        def decode(): return b"\\xff".decode()
        def circle():
            one, two = ValueError("one"), ValueError("two")
            one.other, two.other = two, one
            raise one
        def value(): return [Missing("milk")]
        def large(): raise Missing("x" * (1 << 20))
        def local():
            class Inner(KeyError): pass
            raise Inner("k")
        """
    )
    with pytest.raises(module.Missing, match=r"^tea$") as caught:
        module.missing()
    error = caught.value
    assert isinstance(error, module.Base)
    assert issubclass(type(error), LookupError)
    assert (error.what, error.more, error.code, error.shown, error.args) == ("tea", {"shelf": 3}, 404, "E404", ("tea",))
    assert module.Missing.code == 404
    assert issubclass(module.Missing, module.Base)
    with pytest.raises(module.Silent):
        module.silent()
    with pytest.raises(ZeroDivisionError):
        module.divide()
    with pytest.raises(json.JSONDecodeError, match="line 1 column 1"):
        module.parse("x")
    with pytest.raises(FileNotFoundError) as missing:
        module.opened()
    assert (missing.value.errno, missing.value.filename) == (2, "/nowhere/x")
    with pytest.raises(UnicodeDecodeError):
        module.decode()
    with pytest.raises(ValueError, match="one"):
        module.circle()
    with pytest.raises(AttributeError, match="x"):
        module.Point().x = 2
    (listed,) = module.value()
    assert isinstance(listed, module.Missing)
    assert str(listed) == "milk"
    with pytest.raises(module.Missing):
        module.large()
    with pytest.raises(KeyError) as local:
        module.local()
    assert type(local.value).__qualname__ == "local.<locals>.Inner"
    made = module.Missing("made")
    assert isinstance(made, LookupError)
    assert lab.client.take_faults() == []


def test_contexts_learn_of_exceptions_and_swallow_none(lab: Lab) -> None:
    module = lab.module(
        """
        from contextlib import contextmanager
        SEEN = []
        class Quiet:
            def __enter__(self): return self
            def __exit__(self, kind, error, trace): SEEN.append(kind.__name__ if kind else None); return True
            async def __aenter__(self): return 7
            async def __aexit__(self, kind, error, trace): return True
        @contextmanager
        def reading(rows):
            try: yield rows
            except KeyError as error: SEEN.append(error.args); raise
        def fail(): raise KeyError("k")
        """
    )
    with pytest.raises(KeyError), module.reading([1]):
        module.fail()
    with module.reading([1]) as rows:
        assert rows == [1]
    with pytest.raises(AssertionError), module.Quiet():
        raise AssertionError
    with module.Quiet():
        pass
    assert module.SEEN == [("k",), "AssertionError", None]
    assert lab.client.take_faults() == []
    with pytest.raises(known.CannotCrossError, match="swallowed KeyError, which would skip"), module.Quiet():
        module.fail()

    async def both() -> None:
        async with module.Quiet() as seven:
            assert seven == 7
            module.fail()

    with pytest.raises(known.CannotCrossError, match="swallowed KeyError, which would skip"):
        asyncio.run(both())


def test_a_loop_over_expectations_cannot_be_ended_from_there(lab: Lab) -> None:
    module = lab.module(
        """
        class Sly(StopIteration): pass
        def end(value): raise StopIteration
        def sly(value): raise Sly
        def count(): yield 1
        """
    )
    for function in (module.end, module.sly):
        with pytest.raises(RuntimeError, match="raised S"):
            list(zip(map(function, [1, 2]), [3, 4], strict=False))
    assert list(module.count()) == [1]


def test_enumerations_and_special_maps_are_data(lab: Lab) -> None:
    module = lab.module(
        """
        import collections, enum
        class Level(enum.IntEnum):
            LOW = 1
            HIGH = 2
            TOP = 2
            @classmethod
            def parse(cls, text): return cls[text.upper()]
        class Word(str, enum.Enum):
            YES = "yes"
        class Right(enum.Flag):
            READ = 1
            WRITE = 2
        class Odd(enum.Enum):
            OBJECT = object()
        def count(): return collections.Counter("aab")
        def group():
            found = collections.defaultdict(list); found["x"].append(1); return found
        def keyed(): return {Level.LOW: 1, int: 2}
        def echo(value): return value
        """
    )
    assert module.Level.HIGH == 2
    assert module.Level.HIGH > module.Level.LOW
    assert module.Level.TOP is module.Level.HIGH
    assert module.Level.parse("low") is module.Level.LOW
    assert module.echo([module.Level.LOW]) == [1]
    assert module.echo({module.Level.LOW: module.Level}) == {module.Level.LOW: module.Level}
    assert module.Word("yes") is module.Word.YES
    assert module.Word.YES == "yes"
    assert (module.Right.READ | module.Right.WRITE).value == 3
    assert module.Odd.OBJECT.name == "OBJECT"
    assert module.count() == {"a": 2, "b": 1}
    assert module.group() == {"x": [1]}
    assert module.keyed() == {module.Level.LOW: 1, int: 2}
    assert module.echo(int) is int
    assert module.echo(module.Level) is module.Level
    with pytest.raises(AttributeError):
        _ = module.Level.NONE


def test_objects_keep_their_identity_and_are_forgotten(lab: Lab) -> None:
    module = lab.module(
        """
        import gc
        class Thing: pass
        ONE = Thing()
        def one(): return ONE
        def both(): return [ONE, (ONE,)]
        def count(): gc.collect(); return sum(isinstance(item, Thing) for item in gc.get_objects())
        """
    )
    one = module.one()
    assert one is module.ONE
    assert module.both()[1][0] is one
    for _ in range(20):
        module.Thing()
    assert module.count() == 1, "what nobody holds is forgotten with the next request"
    one.name = "kept"
    del one
    assert module.one().name == "kept"
    lab.client.renew()
    assert not hasattr(module.one(), "name"), "a new connection is a new process"


def test_asynchronous_code_runs_on_one_loop(lab: Lab) -> None:
    module = lab.module(
        """
        import asyncio
        class Store:
            def __init__(self): self.lock = asyncio.Lock(); self.items = []
            async def put(self, item):
                async with self.lock: self.items.append(item)
                return len(self.items)
            def promise(self, item): return self.put(item)
        """
    )
    store = module.Store()

    async def use() -> list[int]:
        return [await store.put("a"), await store.promise("b"), *await asyncio.gather(store.put("c"), store.put("d"))]

    assert asyncio.run(use()) == [1, 2, 3, 4]
    assert asyncio.iscoroutinefunction(store.put)


def test_local_and_odd_classes(lab: Lab) -> None:
    module = lab.module(
        """
        import abc, typing
        class Shape(abc.ABC):
            @abc.abstractmethod
            def area(self): ...
        class Square(Shape):
            class Side: LENGTH = 3
            client = reference = wire = "theirs"
            def area(self): return 9
        class Box(typing.Generic[typing.TypeVar("T")]): pass
        class Words(list):
            def first(self): return self[0]
        def local():
            class Inner: NAME = "inner"
            return Inner(), Inner
        def adder(x): return lambda y: x + y
        def nothing(): return None
        """
    )
    square = module.Square()
    assert isinstance(square, module.Shape)
    assert (square.client, square.reference, square.wire, module.Square.client) == ("theirs",) * 4
    assert module.Square.Side.LENGTH == 3
    with pytest.raises(TypeError, match="abstract"):
        module.Shape()
    assert isinstance(module.Box(), module.Box)
    words = module.Words(["a"])
    assert words.first() == "a"
    assert len(words) == 1
    inner, cls = module.local()
    assert isinstance(inner, cls)
    assert cls.NAME == "inner"
    assert module.adder(2)(3) == 5
    assert module.nothing() is None
    assert repr(square) == "<Square object 1 of the submission>"
    for name in ("__test__", "__wrapped__", "__dict__", "__len_hint__"):
        assert not hasattr(square, name)
    assert lab.client.take_faults() == []


def test_what_the_submission_printed_names_its_own_lines(lab: Lab) -> None:
    module = lab.module("def fail():\n    print('said')\n    return {}['k']\n")
    with pytest.raises(KeyError):
        module.fail()
    with pytest.raises(AttributeError):
        _ = module.nothing
    printed = lab.close()
    assert "said\n" in printed
    assert f'{lab.name}.py", line 3, in fail' in printed
    assert "KeyError: 'k'" in printed
    assert "gradekit_call" not in printed
    assert "nothing" not in printed


def test_a_fault_is_noted_even_if_it_is_swallowed(lab: Lab) -> None:
    module = lab.module("def echo(value): return value\n")
    with pytest.raises(known.CannotCrossError):
        module.echo(print)
    assert not hasattr(module, "nothing")
    (fault,) = lab.client.take_faults()
    assert fault.startswith(f"{lab.name}.echo(): argument 1 is a function of the tests")
    assert lab.client.take_faults() == []


def test_a_folder_is_emptied_however_it_was_filled(tmp_path: Path) -> None:
    here = Path.cwd()
    deep = tmp_path / "deep"
    deep.mkdir()
    try:
        os.chdir(deep)
        for _ in range(30):
            Path("x" * 200).mkdir()
            os.chdir("x" * 200)
    finally:
        os.chdir(here)
    (tmp_path / "link").symlink_to("/etc")
    os.mkfifo(tmp_path / "fifo")
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0)
    folder = os.open(tmp_path, os.O_RDONLY)
    worker_module.clear(folder)
    os.close(folder)
    assert list(tmp_path.iterdir()) == []
    assert Path("/etc/passwd").exists()

"""Split suites on a real engine: honest code passes, forgers fail without any twin, and nothing is left behind."""

from __future__ import annotations

import json
import secrets
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.checks.base import Context
from gradekit.grade.bench import PodBench
from gradekit.grade.containers import WORK
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry
from gradekit.spec.load import load_challenge
from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
RUNNERS = Path(__file__).parents[2] / "runners"
SPEC = """\
gradekit: 1
id: split
title: Split
runner: [python]
rubric: rubric.yaml
limits: {memory: MEMORY, pids: 64, cpus: 2}
checks:
  - {id: unit, criterion: work, suite: {files: hidden, isolation: split, timeout: 30s}}
"""
RUBRIC = """\
gradekit: 1
id: split
title: Split
pass_mark: 50
criteria: {work: {title: Work, weight: 100}}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a suite reported."""

    result: ExecResult
    outcomes: Mapping[str, str]
    messages: Mapping[str, str]
    complete: bool
    left: list[str]


class Laboratory:
    """Runs split suites, each in a pod of its own."""

    def __init__(self, engine: DockerEngine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        known = {name: runners.find(RUNNERS, name) for name in ("probe", "python")}
        built = images.ensure(known, folder=RUNNERS, engine=engine)
        self.setting = Setting(engine, built, {"python": known["python"]})

    def run(
        self, submission: Mapping[str, str], hidden: Mapping[str, str], *, timeout: float = 30, memory: str = "256MiB"
    ) -> Ran:
        folder = self.folder / secrets.token_hex(4)
        (folder / "hidden").mkdir(parents=True)
        (folder / "challenge.yaml").write_text(SPEC.replace("MEMORY", memory))
        (folder / "rubric.yaml").write_text(RUBRIC)
        for name, text in hidden.items():
            (folder / "hidden" / name).write_text(textwrap.dedent(text))
        challenge = load_challenge(folder, rubrics=[])
        files = [FileEntry(name, textwrap.dedent(text).encode()) for name, text in submission.items()]
        suite = [FileEntry(name, textwrap.dedent(text).encode()) for name, text in hidden.items()]
        name = f"split-{secrets.token_hex(4)}"
        pod = Pod(challenge, self.setting, name)
        python, image = self.setting.runners["python"], self.setting.images["python"].id
        try:
            pod.open()
            pod.sandbox.fill(WORK, files)
            bench = PodBench(
                challenge, {file.path: file for file in files}, pod.sandbox, image, {}, 1e12, python, image
            )
            bench.begin(Context("unit"), 60, app=False, fresh=False)
            result = bench.test(suite, timeout=timeout, max_output=4 << 20, split=True)
            left = [found.name for found in self.engine.client.containers(f"io.gradekit.run={name}") if found.running]
        finally:
            pod.close()
        assert len(left) == 1, "only the probe outlives a suite"
        label = f"io.gradekit.run={name}"
        after = [*self.engine.client.containers(label), *self.engine.client.volumes(label)]
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        records = [line for line in lines if "test" in line]
        return Ran(
            result,
            {record["test"]: record["outcome"] for record in records},
            {record["test"]: record["message"] for record in records},
            bool(lines) and lines[-1] == {"end": len(records)},
            [found.name for found in after],
        )


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    engine = connect()
    yield Laboratory(engine, tmp_path_factory.mktemp("split"))
    engine.close()


def only(outcome: str, ran: Ran) -> None:
    """Every test ended in one way, the run is complete, and nothing is left of it."""
    shown = json.dumps(ran.messages, indent=1) + ran.result.stderr.decode(errors="replace")
    assert set(ran.outcomes.values()) == {outcome}, shown
    assert ran.complete, shown
    assert ran.left == []


SHOP = {
    "shop/__init__.py": "from shop.cart import Cart, OutOfStock\nfrom shop import pricing\n__version__ = '1.2'\n",
    "shop/cart.py": """\
        import enum
        from dataclasses import dataclass

        class OutOfStock(ValueError):
            def __init__(self, sku, left):
                super().__init__(f"{sku}: {left} left")
                self.sku, self.left = sku, left

            def advice(self):
                return f"wait for {self.sku}"

        class Size(enum.Enum):
            SMALL = "s"
            LARGE = "l"

            def label(self):
                return self.name.lower()

        @dataclass
        class Line:
            sku: str
            count: int

        class Cart:
            LIMIT = 3

            def __init__(self, owner="nobody"):
                self.owner, self.lines, self.log = owner, [], ""

            @classmethod
            def of(cls, *skus):
                cart = cls()
                for sku in skus:
                    cart.add(sku)
                return cart

            @staticmethod
            def unit():
                return "piece"

            def add(self, sku, count=1):
                if count > self.LIMIT:
                    raise OutOfStock(sku, self.LIMIT)
                self.lines.append(Line(sku, count))
                return self

            @property
            def empty(self):
                return not self.lines

            def counts(self):
                return {line.sku: line.count for line in self.lines}

            def __len__(self):
                return len(self.lines)

            def __getitem__(self, place):
                return self.lines[place]

            def __iter__(self):
                return iter(self.lines)

            def __contains__(self, sku):
                return sku in self.counts()

            def __add__(self, other):
                return Cart.of(*[line.sku for line in self.lines + other.lines])

            def __lt__(self, other):
                return len(self) < len(other)

            def __str__(self):
                return f"cart of {self.owner}"

            def __enter__(self):
                return self

            def __exit__(self, kind, error, trace):
                self.log = kind.__name__ if kind else "left"
                return True

        class BigCart(Cart):
            LIMIT = 100
    """,
    "shop/pricing.py": """\
        import asyncio
        from datetime import date, datetime, timedelta, timezone
        from decimal import Decimal

        RATE = Decimal("0.20")
        RULES = {"tea": [1, 2], "milk": []}

        def total(prices, *, rate=RATE):
            return sum(prices) * (1 + rate)

        def due(day):
            return day + timedelta(days=30)

        def now():
            return datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)

        def reorder(rows, seen):
            rows.sort(key=lambda row: row["price"])
            seen.add("reorder")
            rows[0]["first"] = True

        def growing(start):
            while True:
                yield start
                start *= 2

        async def fetch(sku):
            await asyncio.sleep(0.001)
            if sku == "none":
                raise KeyError(sku)
            return {"sku": sku}

        async def pages(count):
            for number in range(count):
                yield number

        def shout(word):
            print("shouted", word)
            return word.upper()
    """,
}
GOOD = {
    "conftest.py": """\
        import pytest
        from shop import Cart

        @pytest.fixture
        def cart():
            return Cart("ana").add("tea", 2)
    """,
    "test_cart.py": """\
        import pytest
        import shop
        from shop import Cart, OutOfStock
        from shop.cart import BigCart, Line, Size

        FULL = Cart.of("a", "b")

        def test_methods_and_attributes(cart):
            assert cart.owner == "ana"
            assert cart.counts() == {"tea": 2}
            assert cart.add("milk").counts() == {"tea": 2, "milk": 1}
            assert cart.empty is False and Cart().empty is True
            cart.owner = "bo"
            assert str(cart) == "cart of bo"
            assert not hasattr(cart, "price")

        def test_the_language(cart):
            assert len(cart) == 1 and "tea" in cart and "milk" not in cart
            assert cart[0].sku == "tea"
            assert [line.count for line in cart] == [2]
            assert (cart + FULL).counts() == {"tea": 1, "a": 1, "b": 1}
            assert cart < FULL
            with cart as inside:
                assert inside.owner == "ana"
            assert cart.log == "left"

        def test_classes(cart):
            assert isinstance(cart, Cart) and type(cart) is Cart
            assert not isinstance(cart, BigCart) and isinstance(BigCart(), Cart)
            assert Cart is shop.Cart and issubclass(BigCart, Cart)
            assert (Cart.LIMIT, BigCart.LIMIT, Cart.unit()) == (3, 100, "piece")
            assert Line("x", 1).sku == "x"

        def test_exceptions(cart):
            with pytest.raises(OutOfStock, match="tea: 3 left") as caught:
                cart.add("tea", 4)
            assert isinstance(caught.value, ValueError)
            assert (caught.value.sku, caught.value.left) == ("tea", 3)
            assert caught.value.advice() == "wait for tea"
            with pytest.raises(TypeError):
                cart.add()
            with pytest.raises(AttributeError):
                cart.price

        def test_enumerations():
            assert Size.SMALL.value == "s" and Size("l") is Size.LARGE
            assert [size.name for size in Size] == ["SMALL", "LARGE"]
            assert Size.LARGE.label() == "large"

        @pytest.mark.parametrize("basket", [Cart.of(), Cart.of("a")])
        def test_objects_as_parameters(basket):
            assert len(basket) < 2
    """,
    "test_pricing.py": """\
        import asyncio
        import importlib
        from datetime import date, datetime, timezone
        from decimal import Decimal
        from itertools import islice

        import pytest
        import shop
        import shop.pricing as pricing
        from shop.pricing import RATE, total

        def test_numbers_are_exact():
            assert RATE == Decimal("0.20") and isinstance(RATE, Decimal)
            assert total([Decimal("1.05"), Decimal("2")], rate=Decimal(0)) == Decimal("3.05")
            assert total([2 ** 70], rate=0) == 2 ** 70
            assert total([0.5, 1], rate=0) == pytest.approx(1.5)

        def test_dates():
            assert pricing.due(date(2026, 1, 1)) == date(2026, 1, 31)
            assert pricing.now() == datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)

        def test_arguments_are_changed_in_place():
            cheap, dear, seen = {"price": 1}, {"price": 2}, set()
            rows = [dear, cheap]
            assert pricing.reorder(rows, seen) is None
            assert rows[0] is cheap and rows[1] is dear
            assert cheap == {"price": 1, "first": True} and dear == {"price": 2} and seen == {"reorder"}

        def test_generators_are_lazy():
            assert list(islice(pricing.growing(3), 4)) == [3, 6, 12, 24]

        def test_asynchronous_functions():
            assert asyncio.run(pricing.fetch("tea")) == {"sku": "tea"}
            with pytest.raises(KeyError):
                asyncio.run(pricing.fetch("none"))

            async def collect():
                return [page async for page in pricing.pages(3)]

            assert asyncio.run(collect()) == [0, 1, 2]

        def test_module_data_is_fetched_anew():
            pricing.RULES["tea"].append(3)
            assert pricing.RULES == {"tea": [1, 2], "milk": []}
            assert shop.__version__ == "1.2"

        def test_files_of_the_tests_stay_here(tmp_path):
            (tmp_path / "x").write_text("y")
            assert pricing.shout("y") == "Y"

        def test_what_is_missing():
            with pytest.raises(ModuleNotFoundError, match="No module named 'shop.nothing'"):
                importlib.import_module("shop.nothing")
            with pytest.raises(ImportError):
                from shop import nothing
            with pytest.raises(ModuleNotFoundError):
                import nowhere
            with pytest.raises(AttributeError):
                shop.nothing
    """,
}


def test_a_good_suite_passes_with_a_reference(laboratory: Laboratory) -> None:
    ran = laboratory.run(SHOP, GOOD)
    only("passed", ran)
    assert len(ran.outcomes) == 15
    assert b"--- printed by the candidate's code ---" in ran.result.stderr
    assert b"shouted y" in ran.result.stderr


EVIL = {
    "equal.py": """\
        class Equal:
            def __eq__(self, other):
                return True
            __hash__ = object.__hash__
            __gt__ = __lt__ = __ge__ = __le__ = __contains__ = __eq__

        class Text(str):
            __eq__ = Equal.__eq__
            __hash__ = str.__hash__

        def answer(value):
            return [Equal(), Text("x")][value % 2]

        def many(value):
            return [Equal(), Equal()]

        def none(value):
            return Equal()
    """,
    "patches.py": """\
        import builtins, sys
        try:
            import pytest, _pytest.runner
            _pytest.runner.CallInfo.from_call = None
        except ImportError:
            pass

        def answer(value):
            builtins.isinstance = lambda *_: True
            for module in list(sys.modules.values()):
                for name in ("dumps", "loads", "pack", "load", "dump"):
                    if "gradekit" in str(module) and hasattr(module, name):
                        setattr(module, name, lambda *_: b'{"value":42}\\n')
            return 0
    """,
    "frames.py": """\
        import gc, sys

        def answer(value):
            frame = sys._getframe()
            while frame:
                for constant in frame.f_code.co_consts:
                    if type(constant) is int and 4000 < constant < 5000:
                        return constant
                frame = frame.f_back
            found = [item for item in gc.get_objects() if type(item) is tuple]
            return next((part for item in found for part in item if type(part) is int and 4000 < part < 5000), 0)
    """,
    "exits.py": "import os\nos._exit(0)\n",
    "prints.py": """\
        import json, os, sys

        def answer(value):
            lines = [{"test": "test_prints.py::test_answer", "outcome": "passed"}, {"end": 1}]
            for line in lines:
                print(json.dumps(line), flush=True)
                for number in range(30):
                    try:
                        os.write(number, json.dumps(line).encode() + b"\\n")
                    except OSError:
                        pass
            return 0
    """,
    "replies.py": """\
        import os, stat, sys

        def sockets():
            for number in range(3, 2000):
                try:
                    if stat.S_ISSOCK(os.fstat(number).st_mode):
                        yield number
                except OSError:
                    pass

        def write(data):
            for number in sockets():
                os.write(number, data)

        def reply(data):
            asked = sys._getframe(2).f_locals["request"]["id"]
            write(b'{"id":%d,%s}\\n' % (asked, data))
            os._exit(0)

        def unasked(value):
            write(b"".join(b'{"id":%d,"value":{"$arg":0}}\\n' % number for number in range(1, 60)))
            return 0

        def wrong(value):
            write(b'{"id":"x","value":42}\\n')
            os._exit(0)

        def endless(value):
            while True:
                write(b"[" * 65536)

        def deep(value):
            reply(b'"value":' + b"[" * 300000 + b"]" * 300000)

        def changed(value):
            reply(b'"value":0,"changed":[[0,[5]]]')

        def classless(value):
            reply(b'"value":{"$handle":1,"class":"__main__"}')

        def both(value):
            reply(b'"value":0,"error":{"classes":["builtins:ValueError"]}')

        def number(value):
            reply(b'"value":' + b"9" * 100000)

        def closes(value):
            os.closerange(0, 4000)

        def large(value):
            return "x" * 2_000_000

        def nested(value):
            value = []
            for _ in range(5000):
                value = [value]
            return value
    """,
    "skips.py": """\
        import unittest

        class Skipped(BaseException):
            allow_module_level = True
        Skipped.__module__ = "_pytest.outcomes"

        def named(value):
            raise Skipped("skip")

        def standard(value):
            raise unittest.SkipTest("skip")

        def system(value):
            raise SystemExit(0)

        def interrupt(value):
            raise KeyboardInterrupt

        def stop(value):
            raise GeneratorExit
    """,
    "swallows.py": """\
        class Context:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                return True

        class Everything(type):
            def __instancecheck__(cls, value):
                return True

        class Error(Exception, metaclass=Everything):
            pass

        def quiet():
            return 1

        def loud():
            raise ValueError

        def stop(value):
            raise StopIteration
    """,
    "hangs.py": """\
        def answer(value):
            while True:
                pass
    """,
    "grows.py": """\
        def answer(value):
            kept = []
            while True:
                kept.append(bytearray(10_000_000))
    """,
    "stays.py": """\
        import os, time

        def answer(value):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(600)
                os._exit(0)
            return 0

        def processes():
            found = []
            for name in os.listdir("/proc"):
                try:
                    found.append(open(f"/proc/{name}/stat").read().split()[2]) if name.isdigit() else None
                except OSError:
                    pass
            return [state for state in found if state != "Z"]
    """,
    "honest.py": """\
        def answer(value):
            return value
    """,
}
CALLS = {
    "equal": ("answer", "many", "none"),
    "patches": ("answer",),
    "frames": ("answer",),
    "exits": ("answer",),
    "prints": ("answer",),
    "replies": (
        *("unasked", "wrong", "endless", "deep", "changed", "classless", "both", "number", "closes", "large", "nested"),
    ),
    "skips": ("named", "standard", "system", "interrupt", "stop"),
    "hangs": ("answer",),
    "grows": ("answer",),
    "stays": ("answer",),
}


def forging() -> dict[str, str]:
    """A suite with a file for each forger."""
    suite = {}
    for name, functions in CALLS.items():
        tests = [
            f"def test_{function}():\n    assert {name}.{function}(4242 // 2) == 4242\n"
            f"def test_{function}_in_a_list():\n    assert 4242 in [{name}.{function}(2121)]\n"
            for function in functions
        ]
        suite[f"test_{name}.py"] = f"import {name}\n" + "\n".join(tests)
    suite["test_swallows.py"] = """\
        import equal
        import pytest
        import replies
        import swallows

        def test_context():
            with swallows.Context():
                assert swallows.quiet() == 2

        def test_skipping_the_rest():
            with swallows.Context():
                swallows.loud()
                assert swallows.quiet() == 2

        def test_ending_a_loop():
            for found, expected in zip(map(swallows.stop, [1, 2]), [2, 4]):
                assert found == expected

        def test_more_than():
            assert equal.none(1) > 5

        def test_outcome():
            with swallows.Context():
                pytest.fail("must not be swallowed")

        def test_raises():
            with pytest.raises(swallows.Error):
                swallows.quiet()

        def test_no_answer_is_no_exception():
            with pytest.raises(Exception):
                replies.wrong(1)

        def test_nothing_is_caught_in_silence():
            try:
                replies.closes(1)
            except BaseException:
                pass
    """
    return suite


def test_forgers_fail_without_any_twin(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.grade.suites._CALL", 4.0)
    ran = laboratory.run(EVIL, forging(), timeout=90)
    shown = json.dumps(ran.messages, indent=1) + ran.result.stderr.decode(errors="replace")
    assert ran.complete, shown
    assert set(ran.outcomes.values()) == {"failed", "errored"}, json.dumps(dict(ran.outcomes), indent=1) + shown
    assert [test for test, outcome in ran.outcomes.items() if outcome == "errored"] == ["test_exits.py"]
    assert len(ran.outcomes) == 1 + 8 + 2 * sum(len(functions) for name, functions in CALLS.items() if name != "exits")
    assert ran.left == []
    said = "\n".join(ran.messages.values())
    for words in (
        "exits: the submission's process ended before it answered",
        "the submission wrote",
        "answer(): no answer came within 4 s",
        "the answer is longer than 1024 KiB",
        "a value is nested too deeply",
        "its value is larger than 1024 KiB",
        "its value is nested deeper than 64",
        "there is no such argument",
        "a class has no proper name",
        "it has neither a value nor an error",
        "a line is not JSON",
        "an object of the submission (Equal) is compared",
        "an object of the submission (Text) is compared",
        "SystemExit: 0",
        "must not be swallowed",
    ):
        assert words in said, f"{words}: {shown}"


def test_each_file_meets_a_fresh_process_and_no_leftovers(laboratory: Laboratory) -> None:
    submission = {
        **EVIL,
        "state.py": "SEEN = []\ndef note(word):\n    SEEN.append(word)\n    return SEEN\n",
    }
    hidden = {
        "test_a.py": """\
            import time
            import grows, stays, state
            import pytest

            def test_state():
                assert state.note("a") == ["a"]
                assert state.note("b") == ["a", "b"]
                assert state.SEEN == ["a", "b"]

            def test_daemon():
                assert stays.answer(1) == 0
                end = time.monotonic() + 5
                while len(stays.processes()) <= 3 and time.monotonic() < end:
                    time.sleep(0.01)
                assert len(stays.processes()) > 3
        """,
        "test_b.py": """\
            import time
            import stays, state

            def test_state():
                assert state.note("c") == ["c"]

            def test_only_init_and_the_two_of_ours_are_there():
                end = time.monotonic() + 5
                while len(stays.processes()) > 3 and time.monotonic() < end:
                    time.sleep(0.01)
                assert len(stays.processes()) == 3
        """,
    }
    only("passed", laboratory.run(submission, hidden))


def test_after_a_crash_the_next_test_goes_on_and_old_objects_are_named(laboratory: Laboratory) -> None:
    hidden = {
        "test_a.py": """\
            import pytest
            import shop
            import replies

            KEPT = shop.Cart("ana")

            def test_crash():
                replies.wrong(1)

            def test_kept():
                KEPT.counts()

            def test_new():
                assert shop.Cart("bo").owner == "bo"
                with pytest.raises(shop.OutOfStock):
                    shop.Cart().add("x", 9)
        """
    }
    ran = laboratory.run({**SHOP, **EVIL}, hidden)
    assert list(ran.outcomes.values()) == ["failed", "failed", "passed"], ran.messages
    assert (
        "an object of the submission (Cart) is used after the process that it belonged to has ended"
        in ran.messages["test_a.py::test_kept"]
    )


def test_a_socket_that_is_replaced_helps_nobody(laboratory: Laboratory) -> None:
    submission = {
        "squat.py": """\
            import os, socket

            def link():
                os.unlink("/call/socket")
                os.symlink("/hidden", "/call/socket")
                os.mkdir("/call/folder", 0)
                os.chmod("/call", 0o700)
                return 0

            def listen():
                os.chmod("/call", 0o755)
                os.unlink("/call/socket")
                listener = socket.socket(socket.AF_UNIX)
                listener.bind("/call/socket")
                os.chmod("/call/socket", 0o777)
                listener.listen()
                if os.fork() == 0:
                    os.setsid()
                    while True:
                        connection = listener.accept()[0]
                        for line in connection.makefile("rb"):
                            connection.sendall(b'{"id":1,"value":{"$arg":0}}\\n')
                return 0
        """
    }
    hidden = {
        "test_a.py": "import squat\n\ndef test_listens():\n    assert squat.listen() == 0\n",
        "test_b.py": "import squat\n\ndef test_answers():\n    assert squat.link() == 4242\n",
    }
    ran = laboratory.run(submission, hidden)
    assert ran.complete
    assert ran.outcomes == {"test_a.py::test_listens": "passed", "test_b.py": "errored"}, ran.messages
    assert "it answers another request" in ran.messages["test_b.py"]
    hidden = {
        "test_a.py": "import squat\n\ndef test_links():\n    assert squat.link() == 0\n",
        "test_b.py": "import squat\n\ndef test_gone():\n    assert squat.link() == 0\n",
    }
    ran = laboratory.run(submission, hidden)
    assert ran.complete
    assert ran.outcomes == {"test_a.py::test_links": "passed", "test_b.py": "errored"}, ran.messages
    assert "cannot be reached any more" in ran.messages["test_b.py"]
    assert ran.left == []


def test_a_suite_that_takes_too_long_is_stopped_with_its_worker(laboratory: Laboratory) -> None:
    hidden = {"test_a.py": "import hangs\n\ndef test_a():\n    hangs.answer(1)\n"}
    ran = laboratory.run(EVIL, hidden, timeout=3)
    assert ran.result.ending is Ending.TIMEOUT
    assert (dict(ran.outcomes), ran.complete, ran.left) == ({}, False, [])


def test_the_worker_never_sees_the_suite(laboratory: Laboratory) -> None:
    submission = {
        "spy.py": """\
            import os

            SKIPPED = ("kmsg", "kpagecount", "kpageflags", "kcore", "pagemap", "mem")

            def hunt(drawn):
                word = drawn[::-1].encode()
                found = []
                for folder, folders, names in os.walk("/", onerror=lambda error: None):
                    if folder.startswith(("/sys", "/proc/sys")):
                        folders.clear()
                        continue
                    for name in names:
                        path = os.path.join(folder, name)
                        if name.startswith("test_secret"):
                            found.append(path)
                        if os.path.islink(path) or name in SKIPPED:
                            continue
                        if not os.path.isfile(path) or path == __file__:
                            continue
                        try:
                            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                            try:
                                if word in os.read(handle, 1 << 20):
                                    found.append(path)
                            finally:
                                os.close(handle)
                        except OSError:
                            pass
                return found

            def look():
                listed = os.listdir("/hidden")
                mounts = [line.split()[4] for line in open("/proc/self/mountinfo")]
                users = {os.stat(f"/proc/{name}").st_uid for name in os.listdir("/proc") if name.isdigit()}
                names = [line.split()[-1] for line in open("/proc/net/unix") if "/" in line or "@" in line]
                return listed, "/hidden" in mounts, sorted(users), names
        """
    }
    marker = "Zebra" + secrets.token_hex(8)
    suite = """\
        import spy

        MARKER = "DRAWN"

        def test_hunt():
            assert spy.hunt(MARKER[::-1]) == []

        def test_look():
            listed, mounted, users, names = spy.look()
            assert listed == [] and mounted is False
            assert users == [10001]
            assert names == ["/call/socket"] * len(names)
    """
    hidden = {"test_secret.py": suite.replace("DRAWN", marker)}
    only("passed", laboratory.run(submission, hidden))


CROSSING = {
    "argument 1 is a function of the tests": "shop.Cart(lambda: 1)",
    "argument owner is a function of the tests": "shop.Cart(owner=print)",
    "argument 1 is an object of decimal.Context": "shop.Cart(__import__('decimal').Context())",
    "argument 1 is an object of unittest.mock.Mock": "shop.Cart(__import__('unittest.mock').mock.Mock())",
    "argument 1 is an open file of the tests": "shop.Cart(open('/dev/null'))",
    "argument 1 is a path, and the submission does not see the files of the tests": "shop.Cart(tmp_path)",
    "argument 1 is a class of the tests": "shop.Cart(type('Mine', (), {}))",
    "class Mine: Cart is a class of the submission, which cannot be extended here": "type('Mine', (shop.Cart,), {})",
    "shop.pricing.RATE cannot be replaced": "monkeypatch.setattr(shop.pricing, 'RATE', 1)",
    "shop.pricing.now cannot be replaced": "__import__('unittest.mock').mock.patch('shop.pricing.now').start()",
    "Cart.add cannot be replaced": "monkeypatch.setattr(shop.Cart, 'add', None)",
    "an object of the submission (Cart) is compared with == or !=": "shop.Cart() == shop.Cart()",
    "an object of the submission (Cart) is used in a set or as a key": "{shop.Cart()}",
    "an object of the submission (Cart) cannot be copied": "__import__('copy').deepcopy(shop.Cart())",
    "shop cannot be loaded again": "importlib.reload(shop)",
    "from shop import *: name what is imported": "exec('from shop import *')",
    "is compared with int data, which its own code would decide": "shop.Cart() > 1",
    "its context swallowed OutOfStock": "with shop.Cart() as cart: cart.add('x', 9)",
    "argument 1 is nested deeper than 64": "shop.Cart(CYCLE)",
    "the arguments are larger than 1024 KiB": "shop.Cart('x' * (1 << 20))",
}


def test_what_does_not_cross_says_so_and_what_to_do(laboratory: Laboratory) -> None:
    tests = [
        f"def test_{number}(monkeypatch, tmp_path):\n    {call}\n" for number, call in enumerate(CROSSING.values())
    ]
    suite = "import importlib\nimport shop\n\nCYCLE = []\nCYCLE.append(CYCLE)\n" + "\n".join(tests)
    ran = laboratory.run(SHOP, {"test_a.py": suite})
    only("failed", ran)
    for words, message in zip(CROSSING, ran.messages.values(), strict=True):
        assert words in message
        assert message.endswith("use `isolation: in-process` for this suite, or test it through data")


def test_an_import_that_fails_names_the_exception(laboratory: Laboratory) -> None:
    submission = {"broken.py": "import nowhere\n", "wrong.py": "def f(:\n", "late.py": "RATE = 1 / 0\n"}
    hidden = {f"test_{name}.py": f"import {name}\n" for name in ("broken", "wrong", "late")}
    ran = laboratory.run(submission, hidden)
    only("errored", ran)
    assert (
        "broken of the submission cannot be imported: ModuleNotFoundError: No module named 'nowhere'"
        in ran.messages["test_broken.py"]
    )
    assert "wrong of the submission cannot be imported: SyntaxError: " in ran.messages["test_wrong.py"]
    assert (
        "late of the submission cannot be imported: ZeroDivisionError: division by zero" in ran.messages["test_late.py"]
    )


def test_a_challenge_with_a_split_suite_verifies_and_grades(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    challenge = tmp_path / "challenge"
    solutions = {
        "reference": SHOP,
        "wrong": {**SHOP, "shop/pricing.py": SHOP["shop/pricing.py"].replace("days=30", "days=31")},
        "forger": {**SHOP, "shop/cart.py": SHOP["shop/cart.py"] + "\n\nimport os\nos._exit(0)\n"},
    }
    texts = {f"solutions/{name}/{path}": text for name, files in solutions.items() for path, text in files.items()}
    texts |= {f"hidden/{name}": text for name, text in GOOD.items()}
    for name, text in texts.items():
        target = challenge / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))
    expected = {"reference": "{passes: all}", "wrong": "{fails: [unit]}", "forger": "{fails: [unit]}"}
    listed = "".join(f"  - {{path: solutions/{name}, expect: {expect}}}\n" for name, expect in expected.items())
    (challenge / "challenge.yaml").write_text(f"{SPEC.replace('MEMORY', '256MiB')}solutions:\n{listed}")
    (challenge / "rubric.yaml").write_text(RUBRIC)
    done = gradekit("challenge", "verify", str(challenge), "--repeat", "1")
    assert done.code == 0, done.out + done.err
    done = gradekit("grade", str(challenge / "solutions" / "wrong"), "-c", str(challenge), "--json", "-q")
    (check,) = json.loads(done.out)["checks"]
    assert check["tier"] == "split"
    failed = [case for case in check["cases"] if case["outcome"]["status"] != "passed"]
    assert [case["id"] for case in failed] == ["test_pricing.py::test_dates"]
    done = gradekit("grade", str(challenge / "solutions" / "forger"), "-c", str(challenge), "--json", "-q")
    report = json.loads(done.out)
    assert report["score"]["earned"] == 0
    assert report["checks"][0]["violations"] == []

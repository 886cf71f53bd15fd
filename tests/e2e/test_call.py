"""Checks of calls on a real engine: values of a real language, and submissions that answer what they like."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import ROOT, Finished, left_on_engine

pytestmark = pytest.mark.docker
SPEC = """\
gradekit: 1
id: calls
title: Calls
runner: [python]
rubric: rubric.yaml
limits: {memory: 128MiB, pids: 64}
"""
RUBRIC = """\
gradekit: 1
id: calls
title: Calls
pass_mark: 50
criteria: {work: {title: Work, weight: 100}}
"""
VALUES = """\
checks:
  - id: values
    criterion: work
    call:
      module: shop.kinds
      cases:
        - {name: sum, call: add, args: [1, 2.5], returns: 3.5}
        - {name: large, call: add, args: [9007199254740993, 0], returns: 9007199254740993}
        - {name: named, call: add, args: [1], kwargs: {second_number: 2}, returns: 3}
        - {name: text, call: echo, args: ["größe 👍 \\u202e"], returns: "größe 👍 \\u202e"}
        - {name: "null", call: echo, args: [null], returns: null}
        - {name: nested, call: echo, args: [{a: [1, {b: [true, null]}]}], returns: {eq: {a: [1, {b: [true, null]}]}}}
        - name: tagged
          call: name_of
          args: [[{$bytes: "AA=="}, {$decimal: "1.50"}, {$date: "2024-02-29"}]]
          returns: [bytes, Decimal, date]
        - {name: exact, call: exact, returns: {decimal: "1.50"}}
        - {name: approximate, call: third, returns: {approx: {value: 0.3333, abs: 0.0001}}}
        - {name: not a number, call: odd, returns: [NaN, Infinity]}
        - {name: set, call: letters, args: [banana], returns: [a, b, n]}
        - {name: keys, call: keys, json: {"$['1']": one, $.x: [1, 2]}}
        - {name: member, call: member, returns: LARGE}
        - {name: times, call: times, returns: ["2024-02-29", "2024-02-29T12:30:00", 1.5]}
        - {name: in place, call: sort, args: [[3, 1, 2]], returns: [1, 2, 3]}
        - {name: constant, get: MAX_SIZE, returns: 10}
        - {name: own error, call: fail, args: [own], raises: {kind: value, message: no luck}}
        - {name: key, call: fail, args: [key], raises: key}
        - {name: also not found, call: fail, args: [key], raises: not_found}
        - {name: index, call: fail, args: [index], raises: index}
        - {name: zero, call: fail, args: [zero], raises: zero}
        - {name: type, call: add, args: [1, 2, 3], raises: type}
        - {name: the end, call: fail, args: [exit], raises: any}
        - name: objects
          steps:
            - {new: Cart, args: [ana], as: cart}
            - {new: Cart, args: [bo], as: other}
            - {on: cart, call: add, args: [tea, 2], returns: 2}
            - {on: other, call: take, args: ["${cart}"], returns: 2, as: moved}
            - {on: cart, get: lines, returns: {eq: {}}}
            - {call: add, args: ["${moved}", 1], returns: 3}
            - {call: Cart.parse, args: ["eva"], as: third}
            - {on: third, get: owner, returns: eva}
        - {name: state stays, call: count, returns: 1}
        - {name: and grows, call: count, returns: 2}
        - {name: anew, call: count, returns: 1, fresh: true}
        - {name: not there, call: nowhere, returns: 1}
        - {name: no such module, module: shop.nowhere, call: f, raises: any}
        - {name: broken module, module: shop.broken, call: f, raises: any}
solutions:
  - {path: shop, expect: {fails: [values]}}
"""
SHOP = {
    "shop/__init__.py": "",
    "shop/broken.py": "def f(:\n",
    "shop/kinds.py": """\
        import datetime, decimal, enum, sys

        MAX_SIZE = 10
        _seen = []

        class NoLuck(ValueError):
            pass

        class Size(enum.Enum):
            LARGE = object()

        class Plain(enum.Enum):
            LARGE = 1

        class Cart:
            def __init__(self, owner):
                self.owner, self.lines = owner, {}

            @classmethod
            def parse(cls, text):
                return cls(text)

            def add(self, sku, count):
                self.lines[sku] = self.lines.get(sku, 0) + count
                return self.lines[sku]

            def take(self, other):
                self.lines.update(other.lines)
                other.lines.clear()
                return sum(self.lines.values())

        def add(first, second_number):
            return first + second_number

        def echo(value):
            print("echo", value)
            return value

        def name_of(values):
            return tuple(type(value).__name__ for value in values)

        def exact():
            return decimal.Decimal("1.50")

        def third():
            return 1 / 3

        def odd():
            return [float("nan"), float("inf")]

        def letters(word):
            return set(word)

        def keys():
            return {1: "one", "x": range(1, 3)}

        def member():
            return Plain.LARGE

        def times():
            day = datetime.datetime(2024, 2, 29, 12, 30)
            return [day.date(), day, datetime.timedelta(seconds=1.5)]

        def sort(items):
            items.sort()
            return items

        def fail(how):
            if how == "own":
                raise NoLuck("no luck")
            if how == "exit":
                sys.exit(0)
            {"key": lambda: {}[1], "index": lambda: [][1], "zero": lambda: 1 / 0}[how]()

        def count():
            _seen.append(1)
            return len(_seen)
    """,
}


def grade(
    gradekit: Callable[..., Finished], folder: Path, checks: str, submission: Mapping[str, str]
) -> tuple[dict[str, Any], Mapping[str, dict[str, Any]], Finished]:
    """The one check of a report, the outcomes of its cases by name, and the run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "challenge.yaml").write_text(SPEC + checks)
    (folder / "rubric.yaml").write_text(RUBRIC)
    for name, text in submission.items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    done = gradekit("grade", str(folder / "shop"), "-c", str(folder), "--json", "-q")
    (check,) = json.loads(done.out)["checks"]
    return check, {case["id"]: case["outcome"] for case in check["cases"]}, done


def test_values_errors_and_objects(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    check, cases, _ = grade(gradekit, tmp_path, VALUES, SHOP)
    assert check["tier"] == "black-box"
    wrong = {name: outcome for name, outcome in cases.items() if outcome["status"] != "passed"}
    assert list(wrong) == ["not there", "no such module", "broken module"], json.dumps(wrong, indent=1)
    assert "AttributeError" in wrong["not there"]["actual"]
    assert wrong["no such module"]["expected"] == "an error"
    assert "ModuleNotFoundError" in wrong["no such module"]["actual"]
    assert "SyntaxError" in wrong["broken module"]["actual"]


HOSTILE = """\
services: {db: {runner: postgres}}
checks:
  - id: hostile
    criterion: work
    timeout: 120s
    call:
      module: evil
      timeout: 2s
      cases:
"""
EVIL = {
    "evil.py": """\
        import os, signal, socket, stat, subprocess, sys, threading, time

        def wire():
            for number in range(3, 4096):
                try:
                    if stat.S_ISSOCK(os.fstat(number).st_mode):
                        return number
                except OSError:
                    pass

        def say(text):
            data = text.encode()
            while data:
                data = data[os.write(wire(), data):]

        def right():
            return 3

        def twice():
            say('{"id": 2, "value": 3}\\n{"id": 3, "value": 3}\\n')
            time.sleep(9)

        def other():
            say('{"id": 99, "value": 3}\\n')
            time.sleep(9)

        def deep():
            say('{"id": 4, "value": ' + "[" * 5000 + "]" * 5000 + "}\\n")
            time.sleep(9)

        def bomb(items):
            items[:] = [1] * 9000
            return [items] * 9000

        def large():
            return "x" * (1 << 19)

        def endless():
            while True:
                say("x" * 65536)

        def noise():
            say("\\x00\\xff\\n")
            time.sleep(9)

        def closes():
            socket.socket(fileno=wire()).shutdown(socket.SHUT_RDWR)
            time.sleep(9)

        def leaves():
            os._exit(0)

        def hangs():
            time.sleep(99)

        def grows():
            return [bytearray(1 << 20) for _ in range(1 << 10)]

        def later():
            threading.Timer(0.3, say, ['{"id": 99, "value": 3}\\n']).start()
            return 3

        def waits():
            time.sleep(1)
            return 3

        def equal():
            class Three(int):
                def __eq__(self, other):
                    return True
                __hash__ = int.__hash__
            return Three(4)

        def stays():
            if os.fork() == 0:
                os.setsid()
                while True:
                    time.sleep(1)
            return 3

        def processes():
            return sum(name.isdigit() for name in os.listdir("/proc"))

        def nothing_is_near():
            near = [line.split()[-1] for line in open("/proc/net/unix") if "/" in line or "@" in line]
            with socket.socket() as client:
                client.settimeout(1)
                refused = client.connect_ex(("127.0.0.1", 5432)) != 0
            return 3 if set(near) <= {"/call/socket"} and refused and not os.path.exists("/vol") else near

        def link(target):
            os.unlink("/call/socket")
            os.symlink(target, "/call/socket")
            return 3

        def mend():
            return 3
    """
}
NO_ANSWER = "the process ended before it answered"
CASES: Mapping[str, tuple[str, str | None]] = {
    "right": ("right", None),
    "twice": ("twice", "it wrote more than one answer"),
    "other": ("other", "it answered something that was not asked: it belongs to another request"),
    "deep": ("deep", "its answer is not read as JSON (it is nested more than 64 levels deep"),
    "large": ("large", "the answer has more than 262144 bytes"),
    "endless": ("endless", "the answer has more than 262144 bytes"),
    "noise": ("noise", "its answer is not read as JSON"),
    "closes": ("closes", NO_ANSWER),
    "leaves": ("leaves", NO_ANSWER),
    "hangs": ("hangs", "no answer within 2 s"),
    "grows": ("grows", NO_ANSWER),
    "right again": ("right", None),
    "later": ("later", None),
    "waits meanwhile": ("waits", "it answered something that was not asked: it belongs to another request"),
    "equal": ("equal", ""),
    "stays": ("stays", None),
    "nothing is near": ("nothing_is_near", None),
}


def test_hostile_answers_fail_where_they_are_given_and_nowhere_else(
    gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    lines = [f"        - {{name: {name}, call: {function}, returns: 3}}\n" for name, (function, _) in CASES.items()]
    lines += [
        "        - {name: a bomb, call: bomb, args: [[1]], returns: 3}\n",
        "        - {name: alone again, call: processes, returns: {lte: 4}, fresh: true}\n",
        "        - {name: link, call: link, args: [/vol/db/.s.PGSQL.5432], returns: 3}\n",
        "        - {name: database, call: right, returns: 3, fresh: true}\n",
        "        - {name: after it, call: right, returns: 3}\n",
    ]
    _, cases, done = grade(gradekit, tmp_path, HOSTILE + "".join(lines), EVIL)
    shown = json.dumps(cases, indent=1)
    for name, (_, message) in CASES.items():
        assert cases[name]["status"] == ("passed" if message is None else "failed"), f"{name}: {shown}"
        assert (message or "") in cases[name]["message"], f"{name}: {shown}"
    assert cases["a bomb"]["message"] == "its answer is too large: it holds more than 200000 values"
    assert cases["alone again"]["status"] == "passed", shown
    assert cases["link"]["status"] == "passed", shown
    for name in ("database", "after it"):
        assert cases[name]["message"] == "something else stands in the place of the socket", shown
    assert left_on_engine(done.pid) == []


def test_the_shipped_library_challenge_holds_and_its_lock_is_fresh(
    gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    shipped, copy = ROOT / "challenges" / "text-toolkit", tmp_path / "challenges" / "text-toolkit"
    shutil.copytree(shipped, copy)
    shutil.copytree(ROOT / "rubrics", tmp_path / "rubrics")
    done = gradekit("challenge", "verify", str(copy), "-q", "--repeat", "1")
    assert done.code == 0, done.out + done.err
    made, kept = (json.loads((folder / "challenge.lock").read_text()) for folder in (copy, shipped))
    times = made.pop("times")  # other ones on each machine
    kept.pop("times", None)
    assert made == kept
    assert all(0 < found["slowest"] < 60 for of_check in times.values() for found in of_check.values())
    assert {language for of_check in times.values() for language in of_check} >= {"python", "node", "java"}

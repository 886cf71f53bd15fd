"""Every parser that reads bytes which a candidate can shape, as a function that no bytes may make fail; authors' files.

JUnit XML and SARIF of a candidate are not here, for nothing reads them: suites report in lines of JSON.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib
import io
import json
import os
import re
import runpy
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from defusedxml.ElementTree import fromstring

from gradekit import record
from gradekit.checks import command, formats, jsonpath, jsontext, nosql, regex, sql, statements, suite
from gradekit.checks import http as http_kind
from gradekit.checks.base import Context
from gradekit.checks.command.model import CommandSpec
from gradekit.checks.compare.model import Column, Compare, Scalar, Table
from gradekit.checks.compare.results import compare, compare_literals
from gradekit.checks.compare.words import render
from gradekit.checks.http import bodyschema
from gradekit.checks.http.evidence import Answered, Received
from gradekit.checks.http.hurl.parse import parse as parse_hurl
from gradekit.checks.http.model import HttpSpec
from gradekit.checks.load.evidence import Slice
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.sql.model import SqlSpec
from gradekit.checks.suite.model import SuiteSpec
from gradekit.checks.twins.model import Twin
from gradekit.checks.values import canonical, show
from gradekit.errors import Blocked, InfrastructureError, Problem, SpecError, SubmissionError, UsageError
from gradekit.grade import judging
from gradekit.probe import egress
from gradekit.probe import http as probe_http
from gradekit.probe import redis as probe_redis
from gradekit.probe.bson import Bson
from gradekit.probe.replies import Budget, ReplyError
from gradekit.probe.wire import ExchangeError
from gradekit.report.formats import FORMATS
from gradekit.report.record import read as read_report
from gradekit.report.text import cleaned
from gradekit.results import Judgement
from gradekit.sandbox.messages import HttpReply, HttpRequest, LoadRequest, MongoRequest, RedisRequest, SqlRequest
from gradekit.sandbox.plans import FileEntry
from gradekit.sandbox.probe_client import ProbeClient, ProbeLostError
from gradekit.sandbox.streams import exchange
from gradekit.sandbox.transfer import archive
from gradekit.sandbox.wire import STDERR, Frames, Wire
from gradekit.spec import globs
from gradekit.spec.challenge import Challenge
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import read_lock
from gradekit.spec.patch import PatchProblem, patched
from gradekit.spec.rubrics import load_rubric
from gradekit.submission import Access, explain
from gradekit.submission.address import Address
from gradekit.submission.blobs import Blobs
from gradekit.submission.gitio import Enough
from gradekit.submission.lines import _Contents, _Kept
from gradekit.submission.obtain import _Listing
from gradekit.submission.sieve import CloneRules, Sieve
from tests.checks.bench import FakeBench, finished
from tests.checks.test_http_properties import SPEC as HTTP_SPEC
from tests.fuzz import mutate
from tests.report.test_report_formats import filled
from tests.sandbox.test_wire import frame

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ASKED: Mapping[str, Any] = yaml.safe_load((HERE / "asked.yaml").read_text(encoding="utf-8"))
"""What authors ask of the values."""
RUNNER = ROOT / "runners" / "python" / "bin"


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, inputs to begin with, and how to change them."""

    run: Callable[[bytes], None]
    mutate: mutate.Mutator
    seeds: tuple[bytes, ...]
    weight: float = 1.0
    """How many times the usual time and memory it may take, because it does so much with its input."""


TARGETS: dict[str, Target] = {}


def target(
    name: str, mutator: mutate.Mutator, *more: bytes, weight: float = 1.0
) -> Callable[[Callable[[bytes], None]], Callable[[bytes], None]]:
    """Put a function into the table, with the inputs of ``seeds/NAME`` and others to begin with."""

    def keep(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
        TARGETS[name] = Target(run, mutator, (*_kept(name), *more), weight)
        return run

    return keep


def _kept(name: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((HERE / "seeds" / name).glob("*")))


def _golden(pattern: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((ROOT / "tests").glob(pattern)))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _judged(kind: Any, spec: Any, evidence: Any, context: Context) -> Judgement:  # noqa: ANN401 - of any kind
    """The verdict, after the evidence went through its file; what is shown of it is plain text."""
    again = kind.evidence.model_validate(json.loads(json.dumps(evidence.model_dump(mode="json"))), strict=False)
    judgement = kind.judge(spec, again, context)
    assert judgement == kind.judge(spec, evidence, context)
    for exhibit in kind.show(spec, evidence):
        exhibit.title.encode("utf-8", "backslashreplace")
    for case in judgement.cases:
        assert len(case.outcome.message) < 1 << 20
    return cast("Judgement", judgement)


# --- the engine's stream, and the probe's answers -----------------------------------------------------------------


class Replay(Wire):
    """A connection on which given bytes arrive, in pieces of a size that they choose themselves."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._piece = 1 + (data[0] if data else 0) * 7

    def receive(self) -> bytes | None:
        piece, self._data = self._data[: self._piece], self._data[self._piece :]
        self._piece = max(self._piece, 1 << 12)
        return piece

    def send(self, data: memoryview) -> int | None:
        return len(data)

    def wait(self, _deadline: float, *, write: bool = False) -> bool:
        raise AssertionError(f"all bytes are there, waited to write: {write}")

    def half_close(self) -> None:
        pass

    def close(self) -> None:
        pass


@target("frames", mutate.raw)
def frames(data: bytes) -> None:
    """The engine's multiplexed stream: whole, and in pieces under a cap."""
    whole = [b"", b""]
    for stream, piece in Frames().feed(data):
        whole[stream == STDERR] += piece
    captured = exchange(Replay(data), b"", deadline=float("inf"), cap=1 << 16)
    out, err = captured.stdout, captured.stderr
    assert len(out) + len(err) <= 1 << 16
    assert (whole[0].startswith(out), whole[1].startswith(err)) == (True, True)
    assert captured.cut is not None or [out, err] == whole


@target("probe-line", mutate.json_text)
def probe_line(data: bytes) -> None:
    """A line of the probe as each of its answers, and what becomes of it in evidence."""
    for split in (False, True):
        stream = (
            frame(1, data + b"\n")
            if not split
            else frame(2, data)
            + b"".join(frame(1, data[at : at + 100]) for at in range(0, len(data), 100))
            + frame(1, b"\n")
        )
        with suppress(ProbeLostError):
            Received.of(_client(stream).http(HttpRequest(80, "GET", "/")))
        with suppress(ProbeLostError):
            for result in _client(stream).sql(SqlRequest("db", "db", ["select 1"])):
                Answered.of(result)
        with suppress(ProbeLostError):
            _client(stream).redis(RedisRequest("db", [["PING"]]))
        with suppress(ProbeLostError):
            _client(stream).volley(HttpRequest(80, "GET", "/"), 2)
        with suppress(ProbeLostError):
            Slice.of(_client(stream).load(LoadRequest(HttpRequest(80, "GET", "/"), 2, 1.0)))
        with suppress(ProbeLostError):
            _client(stream).listening(80, 1.0)


def _client(stream: bytes) -> ProbeClient:
    return ProbeClient(lambda _argv, _uid: Replay(stream))


# --- HTTP ---------------------------------------------------------------------------------------------------------


def _answered(data: bytes, method: str) -> dict[str, Any]:
    """What the probe makes of the bytes that an app sent."""
    try:
        with io.BufferedReader(cast("io.RawIOBase", io.BytesIO(data)), 1 << 16) as reader:
            return probe_http._read_reply(reader, method, 1 << 20)
    except ExchangeError as error:
        return {"error": error.kind, "detail": error.detail}


@target("http-wire", mutate.http)
def http_wire(data: bytes) -> None:
    """An app's bytes in the probe; its line in the host."""
    for method in ("GET", "HEAD"):
        line = json.dumps({"id": 1, **_answered(data, method)}).encode("ascii")
        received = Received.of(_client(frame(1, line + b"\n")).http(HttpRequest(80, "GET", "/", max_body=1 << 20)))
        assert received.error is not None or 100 <= received.status <= 999
        assert len(received.body.data) <= 1 << 20


_CHAIN = HttpSpec.model_validate(ASKED["chain"])
"""Saved values in every place that they can stand in."""


@target("http-judge", mutate.http, *_kept("http-wire"), weight=4.0)
def http_judge(data: bytes) -> None:
    """An app that gives these bytes to every request: saved values, further requests, verdict and transcript."""
    answer = _answered(data, "GET")
    reply = HttpReply(
        status=answer.get("status", 0),
        reason=answer.get("reason", ""),
        headers=tuple((name, value) for name, value in answer.get("headers", ())),
        body=base64.b64decode(answer.get("body", "")),
        error=answer.get("error"),
        detail=answer.get("detail", ""),
        seconds=0.1,
    )
    bench = FakeBench(context=Context(check="c", variables={"page": 20}), app=lambda _request: reply)
    for spec in (HTTP_SPEC, _CHAIN):
        _judged(http_kind.KIND, spec, http_kind.KIND.observe(spec, bench), bench.context)


_HURL = b"""GET {{host}}/
HTTP *
[Captures]
a: jsonpath "$..*"
b: header "a" split "," last
c: regex "(.+)"
[Asserts]
cookie "a[Max-Age]" > 1
body base64Decode toHex exists
body urlDecode urlQueryParam "a" htmlUnescape exists
body jsonpath "$..a" nth -1 toFloat >= 1
body toInt < 3
bytes decode "utf-16" split "a" count == 1
jsonpath "$[0]" == {{a}}
jsonpath "$..a" contains {{b}}
sha256 base64Encode == "{{c}}"

POST {{c}}
A: {{b}}
{"a": {{a}}, "b": "{{c}}"}
HTTP 200
{"a": {{a}}}
"""


@cache
def _hurl() -> HttpSpec:
    spec, flaws = http_kind.KIND.expanded(HttpSpec(hurl="x.hurl"), {"x.hurl": _HURL})
    assert not flaws
    return spec


@target("hurl", mutate.http, *_kept("http-wire"), weight=4.0)
def hurl_response(data: bytes) -> None:
    """An app that gives these bytes to requests of a .hurl file: captures, filters and predicates."""
    answer = _answered(data, "GET")
    body = base64.b64decode(answer.get("body", "")) or data
    headers = tuple((name, value) for name, value in answer.get("headers", ()))
    bench = FakeBench(context=Context(check="c"), app=lambda _request: HttpReply(200, headers=headers, body=body))
    _judged(http_kind.KIND, _hurl(), http_kind.KIND.observe(_hurl(), bench), bench.context)


@target("hurl-file", mutate.lines(), *_golden("checks/hurl/*/*.hurl"))
def hurl_file(data: bytes) -> None:
    """A .hurl file of an author: entries or flaws, each with its place."""
    script = parse_hurl(data)
    assert script.entries or script.flaws
    assert all(flaw.place >= (1, 1) for flaw in script.flaws)


# --- Redis --------------------------------------------------------------------------------------------------------

_ASKED_OF_STORES = NosqlSpec.model_validate(ASKED["nosql"])


@target("redis-wire", mutate.http, weight=4.0)
def redis_wire(data: bytes) -> None:
    """A store's bytes in the probe, its line in the host, and what a check makes of it."""
    try:
        with io.BufferedReader(cast("io.RawIOBase", io.BytesIO(data)), 1 << 16) as reader:
            value = probe_redis._reply(reader, Budget(1 << 16), 0)
            found = {"reply": json.dumps(value), "code": None, "error": None}
    except ExchangeError as error:
        found = {"reply": "null", "code": error.kind, "error": error.detail}
    except ReplyError as error:
        found = {"reply": "null", "code": "ERR", "error": str(error)}
    line = json.dumps({"id": 1, "results": [found]}).encode("ascii")
    (result,) = _client(frame(1, line + b"\n")).redis(RedisRequest("cache", [["GET", "a"]]))
    bench = FakeBench(context=Context(check="c"), reply=lambda _command: result, by_candidate=True)
    with suppress(Blocked):
        _judged(nosql.KIND, _ASKED_OF_STORES, nosql.KIND.observe(_ASKED_OF_STORES, bench), bench.context)


# --- MongoDB ------------------------------------------------------------------------------------------------------

_DOCUMENTS = NosqlSpec.model_validate(ASKED["documents"])


@target("bson-wire", mutate.raw, weight=2.0)
def bson_wire(data: bytes) -> None:
    """A server's document in the probe, its line in the host, and what a check makes of it."""
    try:
        found = {"reply": json.dumps([Bson(data).whole()]), "code": None, "error": None}
    except ExchangeError as error:
        found = {"reply": "null", "code": error.kind, "error": error.detail}
    line = json.dumps({"id": 1, "results": [found]}).encode("ascii")
    (result,) = _client(frame(1, line + b"\n")).mongodb(MongoRequest("db", ['{"find": "a"}'], "app"))
    bench = FakeBench(context=Context(check="c"), reply=lambda _command: result, by_candidate=True, stores="mongodb")
    with suppress(Blocked):
        _judged(nosql.KIND, _DOCUMENTS, nosql.KIND.observe(_DOCUMENTS, bench), bench.context)


# --- JSON and texts -----------------------------------------------------------------------------------------------


@target("json", mutate.json_text, weight=2.0)
def json_text(data: bytes) -> None:
    """A body as JSON: what was read is written, compared and shown."""
    try:
        value = jsontext.parse(data)
    except jsontext.JsonProblem:
        return
    assert canonical(json.loads(jsontext.render(value), parse_float=Decimal)) == canonical(value)
    assert len(show(value)) <= 2 * len(jsontext.render(value)) + 200


@target("jsonpath", mutate.json_text, weight=12.0)
def json_path(data: bytes) -> None:
    """The queries that an author writes, on any body."""
    try:
        value = jsontext.parse(data)
    except jsontext.JsonProblem:
        return
    for path in ASKED["paths"]:
        with suppress(jsonpath.TooManyNodes):
            assert len(jsonpath.compile_path(path).find(value)) <= jsonpath.MAX_NODES


@target("schema", mutate.json_text, weight=4.0)
def json_schema(data: bytes) -> None:
    """The schemas that an author writes, on any body."""
    try:
        value = jsontext.parse(data)
    except jsontext.JsonProblem:
        return
    for schema in ASKED["schemas"]:
        assert len(bodyschema.mismatches(schema, value)) <= bodyschema.BEST


@target("formats", mutate.raw)
def format_texts(data: bytes) -> None:
    """Texts of a known form."""
    text = _text(data)
    for name in formats.FORMATS:
        formats.has_format(name, text)
    formats.instant(text)
    formats.decimal(text)


@target("regex", mutate.raw)
def regular_expression(data: bytes) -> None:
    """A pattern that came from a saved value."""
    pattern, _, text = data.decode("utf-8", "surrogateescape").replace("\udcff", "\ud800").partition("\n")
    with suppress(regex.RegexProblem, UnicodeEncodeError):
        compiled = regex.compile_regex(pattern)
        assert not compiled.fullmatch(text) or compiled.search(text)


# --- SQL, suites and commands -------------------------------------------------------------------------------------


_TYPES = ("int4", "numeric", "float8", "text", "timestamptz", "jsonb", "bool", "bpchar", "date", "_int4")


_MOST_ROWS = 20_000
"""A check lets a query return 100,000 by default; the fuzzer's look at coverage would take minutes for them."""


def _table(data: bytes) -> Table:
    """Lines of a type's digit and cells between tabs; ``\\N`` is NULL."""
    head, *rest = _text(data).split("\n")[: _MOST_ROWS + 1]
    columns = tuple(Column(name=f"c{at}", type=_TYPES[ord(char) % len(_TYPES)]) for at, char in enumerate(head[:8]))
    width = len(columns)
    rows = [tuple(None if cell == "\\N" else cell for cell in line.split("\t")[:width]) for line in rest]
    return Table(columns=columns, rows=tuple((*row, *[None] * (width - len(row))) for row in rows))


_LITERALS: tuple[Scalar, ...] = (1, 1.5, "x", None, True, "1", 0, -1)


@target("tables", mutate.lines(), weight=4.0)
def tables(data: bytes) -> None:
    """Two result sets compared, each with itself too."""
    ours, _, theirs = data.partition(b"\x1e")
    expected, actual = _table(ours), _table(theirs)
    for options in (Compare(), Compare(order="exact", decimals=2), Compare(columns="names_any_order", types="strict")):
        compare(expected, actual, options)
        assert compare(actual, actual, options) is None
    compare_literals([_LITERALS[: len(actual.columns)]], actual, Compare())
    render(actual, 20)


_SQL = SqlSpec.model_validate({"file": "q.sql", "dataset": "d", "expect": {"value": 1}, "allow": ["select", "insert"]})


@target("statements", mutate.raw)
def sql_text(data: bytes) -> None:
    """A candidate's SQL file, cut and judged."""
    text = _text(data)
    for statement in statements.split(text):
        assert statement in text
        statements.leading_word(statement)
    bench = FakeBench(submission={"q.sql": FileEntry("q.sql", data)})
    with suppress(InfrastructureError):  # the bench has no answer
        _judged(sql.KIND, _SQL, sql.KIND.observe(_SQL, bench), bench.context)


_SUITE_FILES = {"t/test_a.py": b"def test_a():\n    assert f() == 12\n\ndef test_b():\n    assert g() == 'xy'\n"}
_EXPECTED = ("test_a.py::test_a", "test_a.py::test_b")
_SUITES = tuple(
    SuiteSpec.model_validate({"files": "t", "twins": twins, "groups": groups})
    for twins, groups in (
        ("off", []),
        (5, [{"name": "g", "match": "*a", "points": 1}, {"name": "h", "match": "*", "points": 2}]),
    )
)


@target("suite", mutate.lines(mutate.json_text), weight=8.0)
def suite_records(data: bytes) -> None:
    """What a runner prints, in the plain run and in those with twins."""
    known = {test: Twin(point=0, tests=(test,)) for test in _EXPECTED}
    context = Context("c", _SUITE_FILES, expected_tests=_EXPECTED, twins=known)
    bench = FakeBench(context=context, suite=lambda _files: finished(["test"], data, data[:5000]))
    for spec in _SUITES:
        _judged(suite.KIND, spec, suite.KIND.observe(spec, bench), context)


_COMMAND = CommandSpec.model_validate(ASKED["command"])


@target("command", mutate.json_text, weight=2.0)
def command_output(data: bytes) -> None:
    """What a program prints."""
    bench = FakeBench(program=lambda argv, _stdin: finished(argv, data, data[::-1]))
    _judged(command.KIND, _COMMAND, command.KIND.observe(_COMMAND, bench), bench.context)


# --- submissions --------------------------------------------------------------------------------------------------


_MODES = (b"100644 blob", b"100755 blob", b"120000 blob", b"160000 commit", b"040000 tree", b"100664 blob")


@target("tree", mutate.lines(separator=b"\0"))
def tree(data: bytes) -> None:
    """Entries of a tree as git lists them: any names at all."""
    rules = CloneRules(max_files=1000, max_size=1 << 20, max_file_size=1 << 16)
    sieve = Sieve(rules, "repo")
    listing = _Listing(sieve, None)
    try:
        for at, match in enumerate(re.finditer(rb"[^\0]+", data)):
            entry = match[0]
            mode = _MODES[entry[0] % len(_MODES)]
            size = b"-" if b"blob" not in mode else b"%d" % (at % 300)
            listed = b"%b %040x %7b\t%b\0" % (mode, at, size, entry[1:] or b"x")
            listing.feed(listed[: at % len(listed)])
            listing.feed(listed[at % len(listed) :])
    except SubmissionError:
        return
    paths = [entry.path for entry in listing.kept]
    assert len(set(map(str.casefold, paths))) == len(paths)
    files = [FileEntry(path, b"x") for path in paths]
    with tarfile.open(fileobj=io.BytesIO(archive(files, prefix="work"))) as packed:
        assert all(name == "." or name.split("/")[0] == "work" for name in packed.getnames())
    for pattern in ("**/*.py", "src/**", "*[!a-z]*.{py,txt}", "**/*a*b*c*"):
        globs.matching(paths, pattern)


@target("blobs", mutate.raw)
def blobs(data: bytes) -> None:
    """The contents of files as git prints them."""
    sizes = {b"%040x" % 1: 3, b"%040x" % 2: 0}
    found: dict[bytes, bytes] = {}
    taken = Blobs(sizes, found.__setitem__)
    for at in range(0, len(data), 100):
        taken.feed(data[at : at + 100])
    assert all(len(blob) == sizes[oid] for oid, blob in found.items())


_COMMIT = b"%040x %040x\0\0:100644 100644 %040x %040x M\0a/b\0" % (1, 2, 3, 4)
_MERGE = b"%040x %040x %040x\0\0::100644 100644 100644 %040x %040x %040x MM\0c\0" % (2, 3, 4, 3, 4, 5)


@target("git-history", mutate.lines(separator=b"\0"), _COMMIT + _MERGE, _COMMIT + b"%040x \0" % 2)
def git_history(data: bytes) -> None:
    """What commits have, as git lists it, and the content of one of their files."""
    contents = _Contents(b"a/", {"*.js"}, {f"{9:040x}"})
    with suppress(Enough):
        for at in range(0, len(data), 100):
            contents.feed(data[at : at + 100])
    places = contents.places.values()
    assert all(commit in contents.parents and len(path) <= 300 for _, commit, path in places)
    contents.places[b"x"] = (0, "", "x")
    kept = _Kept(contents)
    kept.take(b"x", data.replace(b"\0", b"\n"))
    assert all(line.text == text and len(text.splitlines()) == 1 for text, (_, line) in kept.lines.items())


@target("git-errors", mutate.lines())
def git_errors(data: bytes) -> None:
    """What a git server makes git print, as much of it as is kept."""
    errors = _text(data[-(64 << 10) :])
    address = Address("https", "https://h/r", "h/r")
    explain.unknown_ref(errors)
    assert len(str(explain.failure(address, errors, Access()))) < 1 << 14


# --- the runner's programs ----------------------------------------------------------------------------------------


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gradekit-fuzz-")


def _folder() -> Path:
    """A folder for programs that read files; it goes with this process."""
    return Path(_scratch().name)


@cache
def _program(name: str) -> dict[str, Any]:
    return runpy.run_path(str(RUNNER / name), run_name=name)


@target("procfile", mutate.lines())
def procfile(data: bytes) -> None:
    """The line that starts the service, up to its start."""
    (_folder() / "Procfile").write_bytes(data)
    here = Path.cwd()
    os.chdir(_folder())
    try:
        with suppress(LookupError):
            assert "\0" not in _program("serve")["command"]()
    finally:
        os.chdir(here)


@target("requirements", mutate.lines())
def requirements(data: bytes) -> None:
    """The packages that a submission names, in either file."""
    program = _program("deps")
    read = program["requirements"].__globals__
    read["_SOURCE"] = _folder()
    for name, other in (("requirements.txt", "pyproject.toml"), ("pyproject.toml", "requirements.txt")):
        (_folder() / other).unlink(missing_ok=True)
        (_folder() / name).write_bytes(data)
        with suppress(program["RefusedError"]):
            assert all("\n" not in line and not line.startswith("-") for line in program["requirements"]()[1])


# --- the tests' end of the calls of a suite that is kept apart ----------------------------------------------------


@dataclass
class Script:
    """A process of the submission that answers request after request with given lines."""

    lines: list[bytes]

    def exchange(self, request: bytes, _seconds: float) -> bytes:
        number = json.loads(request)["id"]
        return (self.lines.pop(0) if self.lines else b"{}").replace(b'"id":0', b'"id":%d' % number) + b"\n"

    def close(self) -> None:
        self.lines.clear()


@cache
def _calls(module: str) -> Any:  # noqa: ANN401 - the library of an image
    if str(RUNNER.parent / "lib") not in sys.path:
        sys.path.append(str(RUNNER.parent / "lib"))
    return importlib.import_module(f"gradekit_call.{module}")


@target("calls", mutate.lines(mutate.json_text))
def calls(data: bytes) -> None:
    """Answers to calls: each is data, something that stands for an object, an exception of theirs, or no answer."""
    client = _calls("client").Client("/nonexistent", 1.0)
    client._connection = Script(data.split(b"\n"))
    given = [1, [2], {"a": 3}]
    for op in ("call", "get", "import", "operate"):
        try:
            client.request(op, op, args=given, on={"$module": "m"}, path="a", module="m", operator="len")
        except _calls("known").CallError:
            assert client.take_faults()
        except Exception as error:
            if not client.is_theirs(error):
                raise


# --- the way out of the deps phase --------------------------------------------------------------------------------


@dataclass
class Sink:
    """The writing end of a connection that goes nowhere."""

    said: bytearray = field(default_factory=bytearray)

    @property
    def transport(self) -> Sink:
        return self

    def write(self, data: bytes) -> None:
        self.said += data

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    async def drain(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass


@target("egress", mutate.raw)
def egress_request(data: bytes) -> None:
    """A request to the proxy: only what is allowed is connected to."""
    names = {"index.example": ["10.0.0.1", "203.0.113.7"], "inside.example": ["10.0.0.1", "127.0.0.1", "fd00::1"]}
    heads: list[Sink] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        return names[host]

    async def connect(address: str, port: int) -> egress.Streams:
        assert (address, port) in {("203.0.113.7", 443), ("203.0.113.7", 80)}
        heads.append(Sink())
        return _reader(b"HTTP/1.1 200 OK\r\n\r\n"), cast("asyncio.StreamWriter", heads[-1])

    async def work() -> None:
        proxy = egress.Proxy(egress.Caps(1 << 30, 1 << 30, 10.0), resolve=resolve, connect=connect)
        proxy.allow({f"{host}:{port}": False for host in names for port in (80, 443)})
        back = Sink()
        await proxy.serve(_reader(data), cast("asyncio.StreamWriter", back))
        assert back.said.startswith(b"HTTP/1.1 ")

    _loop().run_until_complete(work())
    # What goes to an origin in plain text is one request, written by the proxy.
    if heads and not data.startswith(b"CONNECT "):
        head, _, more = bytes(heads[0].said).partition(b"\r\n\r\n")
        assert re.match(rb"(?:GET|HEAD) /[!-~]* HTTP/1\.1\r\nHost: index\.example(?::443)?\r\nConnection: close", head)
        assert not more


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _reader(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=egress.MAX_HEAD, loop=_loop())
    reader.feed_data(data)
    reader.feed_eof()
    return reader


# --- records and reports ------------------------------------------------------------------------------------------


@cache
def _challenge() -> Challenge:
    """A challenge with a check of each kind, which the recorded evidence may fit."""
    folder = _folder() / "challenge"
    (folder / "t").mkdir(parents=True)
    for name in ("challenge", "rubric"):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(ASKED[name]))
    (folder / "s.sql").write_text("select 1")
    for path, data in _SUITE_FILES.items():
        (folder / path).write_bytes(data)
    return load_challenge(folder, rubrics=[])


@target("record", mutate.json_text, weight=4.0)
def recorded(data: bytes) -> None:
    """A record that was changed on its way: read, judged again and rendered."""
    folder = _folder() / "run"
    (folder / record.EVIDENCE).mkdir(parents=True, exist_ok=True)
    (folder / record.RECORD).write_bytes(_with_evidence(data, folder / record.EVIDENCE))
    try:
        found = record.read(folder)
    except UsageError:
        return
    report = judging.judge(_challenge(), found, None)
    for each in FORMATS.values():
        each.render(report)


def _with_evidence(data: bytes, folder: Path) -> bytes:
    """The record with its evidence in files, as it is written, where that can be told."""
    try:
        whole = json.loads(data)
        for number, entry in enumerate(whole["observations"]):
            if entry["evidence"] is not None and entry["state"] == "observed":
                entry["check"] = str(entry["check"])[:20].replace("/", "") or str(number)
                evidence = json.dumps(entry["evidence"]).encode()
                (folder / f"{entry['check']}.json").write_bytes(evidence)
                entry["evidence"] = hashlib.sha256(evidence).hexdigest()
        return json.dumps(whole).encode()
    except (ValueError, TypeError, LookupError, OSError, RecursionError):
        return data


@target("report", mutate.raw, weight=8.0)
def report_text(data: bytes) -> None:
    """A stranger's text in every field of a report, in every format."""
    text = data.decode("utf-8", "surrogateescape")
    report = filled(text)
    for name, each in FORMATS.items():
        shown = each.render(report)
        assert isinstance(shown, str)
        assert len(shown.encode()) < 1 << 22
        assert not {"\x1b", "\u202e", "\0"} & set(shown)
        if name == "junit":
            fromstring(shown)
        if name == "json":
            assert read_report(shown) == cleaned(report)


@target("report-json", mutate.json_text, *_golden("report/*/report.json"), weight=8.0)
def report_json(data: bytes) -> None:
    """A report.json that was changed: read and rendered again."""
    try:
        report = read_report(_text(data))
    except UsageError:
        return
    for each in FORMATS.values():
        each.render(report)


# --- what authors write -------------------------------------------------------------------------------------------

_RUNNERS = dict.fromkeys(("python", "node", "java"), "language") | dict.fromkeys(("postgres", "redis"), "service")


@cache
def _authored() -> Path:
    """A folder with files that the specs of the shipped challenges refer to."""
    folder = _folder() / "authored"
    for name in ("orders-api", "product-catalog", "rate-limiter", "text-toolkit"):
        shutil.copytree(ROOT / "challenges" / name / "hidden", folder / "hidden", dirs_exist_ok=True)
    (folder / "README.md").write_text("A brief.\n")
    (folder / "solutions" / "reference").mkdir(parents=True)
    return folder


def _told(problems: Sequence[Problem]) -> None:
    """Each problem is one line of bounded length that can be printed."""
    for problem in problems:
        assert "\n" not in str(problem)
        f"{problem}{problem.excerpt}".encode()
        assert len(str(problem)) < 1 << 14


@target(
    "challenge",
    mutate.yaml_text,
    *(path.read_bytes() for path in sorted(ROOT.glob("challenges/*/challenge*.yaml"))),
    *_golden("spec/bad/*/challenge.yaml"),
    weight=8.0,
)
def challenge_file(data: bytes) -> None:
    """A challenge.yaml: read, or told what is wrong with it."""
    folder = _authored()
    (folder / "challenge.yaml").write_bytes(data)
    found = lint(folder, rubrics=[ROOT / "rubrics"], runners=_RUNNERS)
    assert (found.challenge is None) == bool(found.problems)
    _told([*found.problems, *(warned.problem for warned in found.warnings)])


@target(
    "rubric",
    mutate.yaml_text,
    *(path.read_bytes() for path in sorted(ROOT.glob("rubrics/*.yaml"))),
    *_golden("spec/bad/*/rubrics/*.yaml"),
    weight=4.0,
)
def rubric_file(data: bytes) -> None:
    """A rubric: read, or told what is wrong with it."""
    path = _authored() / "rubric.yaml"
    path.write_bytes(data)
    try:
        load_rubric(path)
    except SpecError as error:
        _told(error.problems)


@target(
    "lock",
    mutate.json_text,
    *(path.read_bytes()[:20_000] for path in sorted(ROOT.glob("challenges/*/challenge.lock"))),
    b'{"gradekit": "1", "challenge": "0", "rubric": "r", "tests": {"a": ["b"]}, "answers": {"a": {"b": ["[1]"]}}}',
    weight=4.0,
)
def lock_file(data: bytes) -> None:
    """A challenge.lock: read, or told what is wrong with it."""
    path = _authored() / "challenge.lock"
    path.write_bytes(data)
    try:
        read_lock(path)
    except SpecError as error:
        _told(error.problems)


_WHOLE = {path.name: path.read_bytes() for path in ROOT.glob("challenges/orders-api/solutions/reference/shop/*.py")}


@target(
    "patch",
    mutate.lines(),
    *(path.read_bytes() for path in sorted(ROOT.glob("challenges/orders-api/solutions/known-bad/*.patch"))),
    b"old mode 100644\nnew mode 100755\n--- /dev/null\n+++ /dev/null\n@@ -0,0 +0,0 @@\n\\ No newline\n",
    weight=2.0,
)
def patch_file(data: bytes) -> None:
    """A patch of a wrong solution: put on, or told what does not fit."""
    try:
        assert patched(data, lambda path: _WHOLE.get(path.removeprefix("shop/")), "solutions/reference")
    except PatchProblem as problem:
        _told([Problem(f"x.patch:{misfit.line}", misfit.what, hint=misfit.hint) for misfit in problem.misfits])

"""``challenge try``: choosing, waiting for saves, what is shown; on the engine: rounds, a shell, an interruption."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gradekit.cli import trying, watching
from gradekit.cli.app import app
from gradekit.errors import ExitCode, UsageError
from gradekit.grade.session import Tried
from gradekit.record import Observation
from gradekit.results import CheckResult, Outcome, Status, Tier
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from tests.e2e.running import left_on_engine

APP = """\
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNT = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global COUNT
        COUNT += self.path == "/count"
        body = json.dumps({"name": "first", "count": COUNT}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
SPEC = """\
gradekit: 1
id: tiny
title: Tiny
runner: [python]
rubric: rubric.yaml
app:
  start: python3 app.py
  port: 8080
  ready: {http: GET /health}
checks:
  - {id: health, criterion: all, http: {steps: [{request: GET /health, expect: {status: 200}}]}}
  - {id: name, criterion: all, need: [health], http: {steps: [{request: GET /, expect: {json: {$.name: first}}}]}}
  - {id: count, criterion: all, http: {steps: [{request: GET /count, expect: {json: {$.count: 1}}}]}}
solutions:
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/wrong, base: solutions/reference, expect: {fails: [name]}}
"""
RUBRIC = """\
gradekit: 1
id: tiny
title: Tiny
criteria: {all: {title: All of it, weight: 100}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "challenge.yaml": SPEC,
        "rubric.yaml": RUBRIC,
        "solutions/reference/app.py": APP,
        "solutions/reference/Procfile": "web: python3 app.py\n",
        "solutions/wrong/app.py": APP.replace('"first"', '"second"'),
    }
    for name, text in files.items():
        path = tmp_path / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "tiny"


@pytest.fixture
def challenge(folder: Path) -> Challenge:
    return load_challenge(folder, rubrics=[])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gradekit", "challenge", "try", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "100"},
    )


def result(status: Status) -> Tried:
    found = CheckResult(
        id="a",
        title="A",
        kind="http",
        criterion="all",
        points=1,
        required=False,
        tier=Tier.BLACK_BOX,
        outcome=Outcome(status=status),
    )
    return Observation(check="a", kind="http", state="observed"), found


# --- choosing


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [("health", ["health"]), ("name", ["health", "name"]), ("*n*", ["health", "name", "count"]), ("c*", ["count"])],
)
def test_checks_come_with_those_that_they_need_in_the_order_of_the_challenge(
    challenge: Challenge, pattern: str, ids: list[str]
) -> None:
    assert [check.id for check in trying.chosen(challenge, pattern)] == ids


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nmae", 'check nmae: tiny has none; did you mean "name"?'),
        (
            "solutions/wrong",
            "check solutions/wrong: tiny has none; a CHECK comes before the FOLDER: gradekit challenge ",
        ),
        ("x.patch", "check x.patch: tiny has none; a CHECK comes before the FOLDER: gradekit challenge try tiny '*' x"),
        ("x*", "check x*: tiny has none; there is: health, name, count"),
    ],
)
def test_a_pattern_that_names_no_check(challenge: Challenge, pattern: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        trying.chosen(challenge, pattern)
    assert str(caught.value).startswith(message)


def test_the_first_reference_is_tried_by_default(challenge: Challenge) -> None:
    found = trying.subject(challenge, None)
    assert (found.name, found.reference, found.outside()) == ("solutions/reference", True, ())


def test_a_solution_comes_with_its_base(challenge: Challenge, folder: Path) -> None:
    for path in ("solutions/wrong", str(folder / "solutions" / "wrong")):
        found = trying.subject(challenge, path)
        assert (found.name, found.reference) == ("solutions/wrong", False)
        with found.whole(challenge) as whole:
            assert files(whole) == files(folder / "solutions/reference") | files(folder / "solutions/wrong")


def test_any_folder_can_be_tried(challenge: Challenge, tmp_path: Path) -> None:
    assert trying.subject(challenge, str(tmp_path)) == trying.Subject(str(tmp_path), tmp_path)
    with pytest.raises(UsageError, match=r'solutions/wrng: is not a folder; .*did you mean "solutions/wrong"'):
        trying.subject(challenge, "solutions/wrng")
    with pytest.raises(UsageError, match=r'did you mean "solutions/wrong"'):
        trying.subject(challenge, "wrong")


def test_a_challenge_without_a_reference_needs_a_folder(folder: Path) -> None:
    text = SPEC.partition("solutions:")[0]
    (folder / "challenge.yaml").write_text(text)
    with pytest.raises(UsageError, match="tiny: lists no reference; without one a folder has to be named"):
        trying.subject(load_challenge(folder, rubrics=[]), None)


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([Status.PASSED, Status.PASSED], ExitCode.OK),
        ([Status.PASSED, Status.FAILED], ExitCode.BELOW),
        ([Status.FAILED, Status.SKIPPED], ExitCode.BELOW),
        ([Status.FAILED, Status.ERRORED], ExitCode.INFRASTRUCTURE),
    ],
)
def test_exit_codes(statuses: list[Status], code: ExitCode) -> None:
    assert trying.code_of([result(status) for status in statuses]) is code


# --- waiting


@pytest.mark.parametrize(
    ("status", "lines", "then", "message"),
    [
        (Status.PASSED, (), Status.PASSED, ""),
        (Status.PASSED, ("test_x: failed",), Status.FAILED, "test_x: failed"),
        (Status.PASSED, tuple("abcdefghijklmn"), Status.FAILED, "\n".join([*"abcdefghijkl", "2 more of these"])),
        (Status.FAILED, ("test_x: failed",), Status.FAILED, "own\ntest_x: failed"),
        (Status.ERRORED, ("test_x: failed",), Status.ERRORED, "own"),
    ],
)
def test_what_the_reference_does_not_pass_is_not_green(
    status: Status, lines: tuple[str, ...], then: Status, message: str
) -> None:
    observation, found = result(status)
    own = "" if status is Status.PASSED else "own"
    found = found.model_copy(update={"outcome": Outcome(status=status, message=own)})
    ((_, shown),) = trying.with_mistakes([(observation, found)], {"a": lines, "b": ("other",)})
    assert (shown.outcome.status, shown.outcome.message) == (then, message)


def test_a_save_is_seen_once_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / "src" / "app.py"
    path.parent.mkdir()
    path.write_text("a")
    (tmp_path / ".git").mkdir()
    seen = watching.look([tmp_path])
    assert list(seen) == [str(path)]

    def save() -> None:
        time.sleep(0.1)
        (tmp_path / ".git" / "index").write_text("no matter")
        time.sleep(0.1)
        for text in ("ab", "abc", "abcd"):
            path.write_text(text)
            time.sleep(0.02)

    writer = threading.Thread(target=save)
    writer.start()
    now = watching.wait([tmp_path], seen, pause=0.05)
    writer.join()
    assert path.read_text() == "abcd"
    assert now == watching.look([tmp_path]) != seen


@pytest.mark.parametrize("change", ["replaced", "removed", "added"])
def test_what_editors_do_to_a_file_is_seen(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a"
    path.write_text("a")
    before = watching.look([tmp_path])
    if change == "removed":
        path.unlink()
    else:
        other = tmp_path / ("b" if change == "added" else "a~")
        other.write_text("a")
        os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        if change == "replaced":
            other.replace(path)
    assert watching.look([tmp_path]) != before


# --- the command


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """The command in this process: starting another one takes longer than what it does."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield lambda *arguments: CliRunner().invoke(app, ["challenge", "try", *arguments])
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nmae"], 'did you mean "name"?'),
        (
            ["name", "--shell"],
            "--shell: stdin or stdout is no terminal; a shell needs one; run it in a terminal, or leave --shell out",
        ),
        (["name", "--shell", "--watch"], "--shell: stands beside --watch"),
        (["name", "nowhere"], "nowhere: is not a folder"),
    ],
)
def test_bad_usage_needs_no_engine(
    folder: Path, invoke: Callable[..., Result], arguments: list[str], message: str
) -> None:
    done = invoke(str(folder), *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_no_engine_is_our_fault(folder: Path, invoke: Callable[..., Result]) -> None:
    done = invoke(str(folder), "name")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "no engine answers" in done.stderr


class Watch:
    """``try --watch --json`` in the background; each round is one line."""

    def __init__(self, *arguments: str) -> None:
        argv = command(*arguments, "--watch", "--json")
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def statuses(self) -> dict[str, str]:
        """Those of the next round."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0], self.errors
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return {check["id"]: check["outcome"]["status"] for check in line["checks"]}

    def phases(self) -> list[str]:
        """The first word of all that was told so far, which is empty then."""
        told, self.errors[:] = list(self.errors), []
        return [line.split()[0] for line in told if line.strip()]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


@pytest.mark.docker
class TestEngine:
    def test_a_reference_and_a_wrong_solution(self, folder: Path) -> None:
        done = run(str(folder), "name")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "GET /" in done.stdout
        assert "tiny, solutions/reference: 2 of 2 checks passed" in done.stdout
        assert "Evidence as it is recorded" not in done.stdout
        done = run(str(folder), "name", "solutions/wrong", "-q", "-v")
        assert (done.returncode, done.stderr) == (1, "")
        for part in ("failed", "first", "second", "Evidence as it is recorded", "solutions/wrong: 1 of 2 checks"):
            assert part in done.stdout

    def test_what_the_app_printed_stands_beside_what_it_spoiled(self, folder: Path) -> None:
        wrong = folder / "solutions" / "wrong"
        raising = "    def do_GET(self):\n        if self.path == '/':\n            raise KeyError('\\x1bcupboard')\n"
        (wrong / "app.py").write_text(APP.replace("    def do_GET(self):\n", raising))
        done = run(str(folder), "*", "solutions/wrong", "-q")
        assert done.returncode == 1, done.stdout + done.stderr
        _, title, log = done.stdout.partition("  What the app printed meanwhile\n")
        assert title
        assert log.index("Traceback") < log.index("KeyError: '\\x1bcupboard'")
        assert done.stdout.count("Traceback") == 1
        argv = [sys.executable, "-m", "gradekit", "grade", str(wrong), "-c", str(folder), "--json", "-q"]
        report = json.loads(subprocess.run(argv, capture_output=True, text=True, check=False).stdout)
        told = {
            name: [exhibit["text"] for exhibit in check["exhibits"] if exhibit["log"]]
            for name, check in report["run"]["checks"].items()
        }
        assert {name: len(texts) for name, texts in told.items()} == {"health": 0, "name": 1, "count": 0}
        assert "KeyError: '\\x1bcupboard'" in told["name"][0]
        assert "Traceback" not in json.dumps({**report, "run": None})

    def test_a_hidden_test_that_the_reference_fails_is_red(self, folder: Path) -> None:
        (folder / "hidden").mkdir()
        (folder / "hidden" / "test_dur.py").write_text(
            "def test_right(): pass\ndef test_parse(): assert 'one' == 'two'\n"
        )
        spec = SPEC[: SPEC.index("app:")] + "checks: [{id: unit, criterion: all, suite: {files: hidden}}]\n"
        (folder / "challenge.yaml").write_text(spec + "solutions: [{path: solutions/reference, expect: {passes: all}}]")
        done = run(str(folder), "unit")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "✗ failed" in done.stdout
        assert "test_dur.py::test_parse: failed on the reference: AssertionError" in done.stdout
        assert "does not list it" not in done.stdout
        assert "0 of 1 check passed" in done.stdout

    def test_verify_tells_what_the_app_printed_once_and_what_shows_more(self, folder: Path) -> None:
        app = folder / "solutions" / "reference" / "app.py"
        app.write_text("def\n" + APP)
        argv = [sys.executable, "-m", "gradekit", "challenge", "verify", str(folder), "-q"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert lines[1].startswith("    health, count: failed, should pass: the app exited with 1 before")
        assert lines[2:7] == [
            "      │ def",
            "      │ SyntaxError: invalid syntax",
            "    name: skipped, should pass: needs health, which did not pass",
            "    not graded before the reference of their language is right: solutions/wrong",
            f"    see more: gradekit challenge try {folder} health solutions/reference",
        ]
        assert not any("needed" in line or "unproven" in line for line in lines)
        raising = "    def do_GET(self):\n        if self.path == '/':\n            len(None)\n"
        app.write_text(APP.replace("    def do_GET(self):\n", raising))
        done = subprocess.run([*argv, "--repeat", "1"], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert lines[1].endswith("GET /: the app closed the connection before its answer was whole")
        assert lines[3] == "      │ TypeError: object of type 'NoneType' has no len()"
        assert not any("time limits" in line for line in lines)

    def test_a_watch_sees_changes_of_both_sides_and_leaves_nothing(self, folder: Path) -> None:
        watch = Watch(str(folder), "[nc]*")
        try:
            assert watch.statuses() == {"health": "passed", "name": "passed", "count": "passed"}
            time.sleep(0.5)
            waits = f"waiting for changes in {folder} (Ctrl-C ends)\n"
            assert watch.errors[-1] == waits
            assert {"pod", "deps", "services"} <= set(watch.phases())
            spec, app = folder / "challenge.yaml", folder / "solutions" / "reference" / "app.py"
            spec.write_text(SPEC.replace("{$.name: first}", "{$.name: second}"))
            # The counter of the app begins anew, or `count` would fail.
            assert watch.statuses() == {"health": "passed", "name": "failed", "count": "passed"}
            time.sleep(0.5)
            assert not {"pod", "deps", "services"} & set(watch.phases())
            app.write_text(APP.replace('"first"', '"second"'))
            assert watch.statuses() == {"health": "passed", "name": "passed", "count": "passed"}
            time.sleep(0.5)
            told = set(watch.phases())
            assert "services" in told
            assert "pod" not in told
            spec.write_text(SPEC.replace("gradekit: 1", "gradekit: 7"))
            time.sleep(1.5)
            assert any("challenge.yaml" in line for line in watch.errors), watch.errors
            assert watch.errors[-1] == waits
            spec.write_text(SPEC)
            assert watch.statuses()["name"] == "failed"
        finally:
            code = watch.end(signal.SIGINT)
        assert code == 130
        assert left_on_engine(watch.process.pid) == []

    def test_a_shell_of_the_candidates_user_beside_the_app(self, folder: Path) -> None:
        ours, theirs = pty.openpty()
        with subprocess.Popen(command(str(folder), "health", "--shell", "-q"), stdin=theirs, stdout=theirs) as process:
            os.close(theirs)
            said = _until(ours, lambda text: text.rstrip().endswith("$"))
            os.write(ours, b"id -u; ls; stty size; touch x && echo $((40+2)); exec 3<>/dev/null; exit 7\n")
            said += _until(ours, lambda _text: process.poll() is not None)
            os.close(ours)
        assert process.returncode == 0
        lines = [line.strip() for line in said.splitlines()]
        for line in ("10001", "Procfile  app.py", "42"):
            assert line in lines, said
        assert left_on_engine(process.pid) == []


def _until(terminal: int, done: Callable[[str], bool]) -> str:
    said, until = b"", time.monotonic() + 60
    while not done(said.decode(errors="replace")):
        assert time.monotonic() < until, said
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                said += os.read(terminal, 1 << 16)
            except OSError:  # the other side is closed
                break
    return said.decode(errors="replace")

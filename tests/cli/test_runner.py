"""``runner test``: choosing, documents, exit codes; on the engine: one case, a wrong one, an interruption."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradekit.cli.runner import _all_but_unreachable, _document, _exit_code, _text
from gradekit.corpus.attempt import Attempt
from gradekit.corpus.host import HostRow
from gradekit.errors import ExitCode
from gradekit.sandbox.container import OWNER_LABEL
from gradekit.sandbox.docker import DockerEngine, connect
from tests import forked
from tests.fakes import ISOLATION

ROOT = Path(__file__).parents[2]
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent.sock"}
HELD = Attempt("a", "host", "passes", "passes", 1.25)
WRONG = Attempt("b", "leak", "fails api", "passes", 2.0, ("api: passed, \x1b[31mshould be failed",))
FAULT = Attempt("c", "smoke", "exit 0", "nothing", 0.1, fault="engine: it is gone")
AWAY = Attempt("d", "smoke", "exit 0", "not run", 0.1, fault="d: 503", unreachable=True)
CLEAN = HostRow("volumes", "0", "0")
DIRTY = HostRow("mounts", "1", "2", ("/x",))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return forked.run("runner", "test", *arguments, cwd=ROOT, env=environment, seconds=300)


def test_cases_are_listed_without_an_engine() -> None:
    done = run("--list", **NO_ENGINE)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^python/hang +smoke +timeout, 1 passed, cut short$", done.stdout, re.MULTILINE)
    assert re.search(r"^reference +forge +passes$", done.stdout, re.MULTILINE)
    listed = json.loads(run("postgres", "--list", "--json", **NO_ENGINE).stdout)
    assert {case["runner"] for case in listed} == {"postgres"}
    assert listed[0].keys() == {"name", "class", "runner", "expected"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cobol"], "runner cobol: there is no such folder"),
        (["--class", "horror"], '--class: "horror" is unknown'),
        (["--case", "zzz"], '--case: no case matches "zzz"'),
        (
            ["--write", "x.md", "--class", "leak"],
            "--write: the table has all hostile cases, but only some are chosen; leave the choice out",
        ),
    ],
)
def test_bad_usage(arguments: list[str], message: str) -> None:
    done = run(*arguments, **NO_ENGINE)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_no_engine_is_our_fault() -> None:
    done = run("--case", "reference", **NO_ENGINE)
    assert (done.returncode, done.stdout) == (3, "")


@pytest.mark.parametrize(
    ("attempts", "rows", "code"),
    [
        ([HELD], [CLEAN], ExitCode.OK),
        ([HELD, WRONG], [CLEAN], ExitCode.BELOW),
        ([HELD], [DIRTY], ExitCode.BELOW),
        ([HELD, WRONG, FAULT], [DIRTY], ExitCode.INFRASTRUCTURE),
    ],
)
def test_exit_codes(attempts: list[Attempt], rows: list[HostRow], code: ExitCode) -> None:
    assert _exit_code(attempts, rows) is code


def test_the_table_tells_everything_and_is_inert() -> None:
    text = _text([HELD, WRONG, FAULT], [CLEAN, DIRTY], ISOLATION, 4)
    assert text == (
        "case  class  expected   got      s\n"
        "a     host   passes     passes   1.2\n"
        "b     leak   fails api  passes   2.0\n"
        "    api: passed, \\x1b[31mshould be failed\n"
        "c     smoke  exit 0     nothing  0.1\n"
        "    our fault: engine: it is gone\n"
        "\n"
        "host     before  after\n"
        "volumes  0       0\n"
        "mounts   1       2\n"
        "    left: /x\n"
        "\n"
        "1 of 4 as expected, 1 left on the host; fake 1.0, none, seccomp none\n"
    )
    assert "1 of 1 as expected, nothing left on the host" in _text([HELD], [CLEAN], ISOLATION, 1)


def test_a_table_is_written_when_only_registries_are_out_of_reach() -> None:
    assert _all_but_unreachable([HELD, AWAY], [CLEAN], 2)
    assert _exit_code([HELD, AWAY], [CLEAN]) is ExitCode.INFRASTRUCTURE
    for attempts, row in (([HELD, AWAY, WRONG], CLEAN), ([AWAY, FAULT], CLEAN), ([HELD], CLEAN), ([HELD, AWAY], DIRTY)):
        chosen = max(2, len(attempts))
        assert not _all_but_unreachable(attempts, [row], chosen)


def test_the_document() -> None:
    document = json.loads(_document([WRONG], [DIRTY], ISOLATION, 2))
    assert document["chosen"] == 2
    assert document["isolation"]["engine"] == "fake 1.0"
    assert document["cases"] == [
        {
            "name": "b",
            "class": "leak",
            "expected": "fails api",
            "got": "passes",
            "seconds": 2.0,
            "holds": False,
            "complaints": ["api: passed, \x1b[31mshould be failed"],
            "fault": "",
        }
    ]
    assert document["host"] == [{"what": "mounts", "before": "1", "after": "2", "left": ["/x"], "note": ""}]


@pytest.mark.docker
class TestEngine:
    def test_a_host_that_holds(self) -> None:
        done = run("--case", "python/pass", "--case", "supply-url", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        document = json.loads(done.stdout)
        assert [(case["name"], case["holds"]) for case in document["cases"]] == [
            ("python/pass", True),
            ("supply-url", True),
        ]
        assert [row["left"] for row in document["host"]] == [[]] * len(document["host"])
        assert re.search(r"passed +supply-url", done.stderr)

    def test_a_case_that_gets_something_else(self, tmp_path: Path) -> None:
        corpus = tmp_path / "corpus"
        (corpus / "wrong").mkdir(parents=True)
        (corpus / "challenge").symlink_to(ROOT / "tests" / "hostile" / "challenge")
        (corpus / "wrong" / "expect.yaml").write_text("class: leak\nabout: x\nbase: none\nrefused: never\n")
        done = run("--case", "wrong", "-q", GRADEKIT_CORPUS=str(corpus))
        assert (done.returncode, done.stderr) == (1, "")
        assert "0 of 1 as expected, nothing left on the host" in done.stdout
        assert run("--case", "wrong", "-qq", GRADEKIT_CORPUS=str(corpus)).stdout == ""

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_an_interruption_cleans_up(self, number: signal.Signals, code: int) -> None:
        argv = [sys.executable, "-m", "gradekit", "runner", "test", "--case", "python/pass", "--case", "fork-bomb"]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stderr is not None
            assert any("python/pass" in line for line in process.stderr)
            process.send_signal(number)
            process.communicate(timeout=60)
        assert process.returncode == code
        engine = connect()
        until = time.monotonic() + 60
        while left := _made_by(process.pid, engine):
            # What the engine is about to remove is listed for a moment.
            assert time.monotonic() < until, left
            time.sleep(0.2)
        engine.close()


def _made_by(pid: int, engine: DockerEngine) -> list[str]:
    client = engine.client
    found = (*client.containers(OWNER_LABEL), *client.volumes(OWNER_LABEL), *client.networks(OWNER_LABEL))
    return [thing.name for thing in found if thing.labels[OWNER_LABEL].split(":")[1] == str(pid)]

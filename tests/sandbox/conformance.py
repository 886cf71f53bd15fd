"""What every implementation of ``Sandbox`` does; run on the fake and on the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gradekit.sandbox.messages import HttpReply, HttpRequest, MongoRequest, RedisRequest, SqlRequest, SqlResult
from gradekit.sandbox.plans import ContainerPlan, Ending, ExecResult, FileEntry
from gradekit.sandbox.protocol import Sandbox
from tests.fakes import FakeRunning, FakeSandbox, cut, exited

PORT = 8123
QUIET_PORT = 8124
TALKATIVE = "trap 'echo two' TERM; echo one; while :; do sleep 0.05; done"


@dataclass(frozen=True)
class Setup:
    """A sandbox with a volume ``work``, and an image in which ``sh``, ``cat``, ``sleep`` and ``python3`` exist."""

    sandbox: Sandbox
    image: str

    def shell(self, script: str) -> ContainerPlan:
        return ContainerPlan(self.image, ["sh", "-c", script])

    def run(self, script: str, stdin: bytes = b"", timeout: float = 10.0, max_output: int = 4 << 20) -> ExecResult:
        return self.sandbox.run(self.shell(script), stdin=stdin, timeout=timeout, max_output=max_output)


def exit_codes_are_data(setup: Setup) -> None:
    assert (setup.run("exit 3").ending, setup.run("exit 3").exit_code) == (Ending.EXITED, 3)


def streams_are_apart(setup: Setup) -> None:
    result = setup.run("echo out; echo err >&2")
    assert (result.stdout, result.stderr, result.exit_code) == (b"out\n", b"err\n", 0)


def stdin_arrives_and_ends(setup: Setup) -> None:
    data = bytes(range(256)) * 4096
    assert setup.run("cat", stdin=data).stdout == data


def unread_stdin_is_no_error(setup: Setup) -> None:
    assert setup.run("exit 0", stdin=b"x" * (4 << 20)).exit_code == 0


def a_timeout_is_an_ending(setup: Setup) -> None:
    result = setup.run("echo begun; sleep 30", timeout=0.7)
    assert (result.ending, result.exit_code, result.stdout) == (Ending.TIMEOUT, None, b"begun\n")


def too_much_output_is_an_ending(setup: Setup) -> None:
    result = setup.run("cat /dev/zero", max_output=100_000)
    assert (result.ending, result.exit_code, len(result.stdout)) == (Ending.OUTPUT, None, 100_000)


def containers_end_when_they_are_asked_to(setup: Setup) -> None:
    running = setup.sandbox.start(setup.shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"))
    assert running.alive()
    end = time.monotonic() + 10
    while not (ending := running.end(0.5)).startswith("exited") and time.monotonic() < end:
        pass  # it is still setting its trap
    assert ending == "exited with 0"
    assert not running.alive()
    running.stop()


def containers_run_until_stopped(setup: Setup) -> None:
    running = setup.sandbox.start(setup.shell("sleep 60"))
    assert running.alive()
    assert running.ending() == "running"
    running.stop()
    running.stop()


def nothing_listens_at_first(setup: Setup) -> None:
    assert not setup.sandbox.listening(QUIET_PORT, 0.05)
    assert setup.sandbox.http(HttpRequest(QUIET_PORT, "GET", "/")).error == "refused"


def a_missing_database_is_a_result(setup: Setup) -> None:
    request = SqlRequest("db", "shop", ["select 1"], user="reader", password="none", timeout=1.0)
    results = setup.sandbox.sql(request)
    assert [result.sqlstate for result in results] == ["08006"]
    assert results[0].error


def a_missing_store_is_a_result(setup: Setup) -> None:
    results = setup.sandbox.redis(RedisRequest("db", [["PING"]], user="app", password="none", timeout=1.0))
    assert [result.code for result in results] == ["refused"]


def a_missing_server_of_documents_is_a_result(setup: Setup) -> None:
    results = setup.sandbox.mongodb(MongoRequest("db", ['{"ping": 1}'], "app", timeout=1.0))
    assert [result.code for result in results] == ["refused"]


def files_can_be_put(setup: Setup) -> None:
    setup.sandbox.fill(
        "work", [FileEntry("conformance/a.txt", b"a"), FileEntry("conformance/b", b"b", executable=True)]
    )


def what_was_printed_after_a_moment_is_told_apart(setup: Setup) -> None:
    silent = setup.sandbox.start(setup.shell("sleep 60"))
    assert (silent.moment(), silent.tail()) == (0.0, "")
    silent.stop()
    running = setup.sandbox.start(setup.shell(TALKATIVE))
    end = time.monotonic() + 10
    while not running.tail() and time.monotonic() < end:
        time.sleep(0.05)
    moment = running.moment()
    assert running.tail(moment) == ""
    while not (said := running.tail(moment)) and time.monotonic() < end:
        running.end(0.2)
    assert set(said.splitlines()) == {"two"}
    assert running.tail().startswith("one\ntwo\n")
    running.stop()


BEHAVIOURS: tuple[Callable[[Setup], None], ...] = (
    exit_codes_are_data,
    streams_are_apart,
    stdin_arrives_and_ends,
    unread_stdin_is_no_error,
    a_timeout_is_an_ending,
    too_much_output_is_an_ending,
    containers_end_when_they_are_asked_to,
    containers_run_until_stopped,
    what_was_printed_after_a_moment_is_told_apart,
    nothing_listens_at_first,
    a_missing_database_is_a_result,
    a_missing_store_is_a_result,
    a_missing_server_of_documents_is_a_result,
    files_can_be_put,
)


class Talkative(FakeRunning):
    def end(self, grace: float) -> str:
        del grace
        self.said += "two\n"
        return "running"


def scripted() -> FakeSandbox:
    """The fake with the answers of the scripts above."""

    def run(plan: ContainerPlan, stdin: bytes) -> ExecResult:
        answers = {
            "exit 0": exited(),
            "exit 3": exited(3),
            "echo out; echo err >&2": exited(0, b"out\n", b"err\n"),
            "cat": exited(0, stdin),
            "echo begun; sleep 30": cut(Ending.TIMEOUT, b"begun\n"),
            "cat /dev/zero": cut(Ending.OUTPUT, bytes(100_000)),
        }
        return answers[plan.argv[-1]]

    return FakeSandbox(
        run=run,
        http=lambda _: HttpReply(0, error="refused"),
        sql=lambda _: [SqlResult(error="no connection", sqlstate="08006")],
        start=lambda plan: Talkative(plan, said="one\n") if plan.argv[-1] == TALKATIVE else FakeRunning(plan),
        listening=False,
    )

"""Fixtures and options that all tests share."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

REQUIRE_DOCKER = os.environ.get("GRADEKIT_REQUIRE_DOCKER") == "1"
REQUIRE_BROWSER = os.environ.get("GRADEKIT_REQUIRE_BROWSER") == "1"
REQUIRE_SSHD = os.environ.get("GRADEKIT_REQUIRE_SSHD") == "1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

SPREAD = (
    "tests/e2e/",
    "tests/forgers/",
    "tests/hostile/",
    "tests/runners/test_conformance.py",
    "tests/runners/test_php.py",
    "tests/runners/test_ruby.py",
    "tests/runners/test_go.py",
    "tests/runners/test_java.py",
)
"""Where each test is worth a worker of its own choice; else the tests of a file share one, with their fixtures."""
TOGETHER = ("tests/e2e/test_toy_runner.py", "tests/e2e/test_split.py")
"""The exceptions there: tests of one image, and of one laboratory."""
OF_ONE_GRADING = (
    "tests/e2e/test_grade.py::test_the_reference_earns_everything_but_the_review",
    "tests/e2e/test_grade.py::test_an_expectation_that_is_taken_out_is_noticed",
)
"""Tests that ask for ``graded``: apart, each worker would grade the same once more."""
ALONE = (
    "tests/corpus/test_host.py::TestEngine::",
    "tests/e2e/test_load.py::",
    "tests/e2e/test_security.py::",
    "tests/grade/test_bench.py::test_an_app_that_never_answers_well_blocks_at_once_the_next_time",
    "tests/grade/test_bench.py::test_waiting_for_the_app_ends_with_the_run",
    "tests/probe/test_http.py::test_deadline_is_total[",
    "tests/probe/test_load.py::",
    "tests/probe/test_main.py::test_listening_gives_up[",
    "tests/sandbox/test_docker.py::test_pods_open_and_programs_run_quickly",
    # They work for most of the time that they may take, so that other tests beside them would make them late.
    "tests/hostile/test_hostile.py::test_verdict[neighbour]",
    "tests/hostile/test_hostile.py::test_verdict[sql-collisions]",
    "tests/hostile/test_hostile.py::test_nothing_is_left_on_the_host",
)
"""Tests that run while no other test does: they measure time, or look at all that is on the host.

They are listed here, and not marked where they stand, because who shares out the work knows nothing but ids.
"""
DOOR, ROOM = Path(__file__), Path(__file__).parents[1] / "pyproject.toml"
"""Files that are locked, for want of others that every worker knows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files; review the diff")
    parser.addoption("--runtime", default=None, help="the OCI runtime of all containers in tests of the sandbox")


# No test is a timed test. In CI the examples are the same each time, so that a red run is the change's own doing, and
# what is covered does not depend on luck; elsewhere new examples find new bugs.
_IN_CI = any(os.environ.get(name) for name in ("CI", "GRADEKIT_REQUIRE_DOCKER"))
settings.register_profile("gradekit", deadline=None, derandomize=_IN_CI)
settings.load_profile("gradekit")


def pytest_configure() -> None:
    """Hear Ctrl-C again: a shell that starts us in the background makes us, and every child, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Which tests stay together when several processes share the work, and which come last.

    Those that are to be alone do: among the others, each would keep its worker waiting for as long as the other
    workers' tests take, which can be minutes.
    """

    def _assign_work_unit(self, node: Any) -> None:  # noqa: ANN401 - xdist has no types
        if ALONE[0] in self.workqueue:
            self.workqueue.move_to_end(ALONE[0])
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(ALONE):
            return ALONE[0]
        if nodeid in OF_ONE_GRADING:
            return OF_ONE_GRADING[0]
        return nodeid if nodeid.startswith(SPREAD) and not nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:  # noqa: ANN401 - xdist has no types
    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let tests that are to be ``ALONE`` have the machine for themselves: other workers wait."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    how = LOCK_EX if item.nodeid.startswith(ALONE) else LOCK_SH
    with DOOR.open() as door, ROOM.open() as room:
        # Who wants to be alone keeps the door shut while the others leave; else they would come in again and again.
        flock(door, how)
        flock(room, how)
        if how == LOCK_SH:
            flock(door, LOCK_UN)
        try:
            return (yield)
        finally:
            # By hand: a process that a test left behind may still have the files open.
            flock(room, LOCK_UN)
            flock(door, LOCK_UN)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or rewrite the file with --update-golden."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, text: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        assert path.is_file(), f"{path} is missing: run pytest --update-golden and review it"
        assert text == path.read_bytes().decode("utf-8")

    return compare


def _engine_answers() -> bool:
    from gradekit.errors import InfrastructureError  # noqa: PLC0415 - docker is imported only when a test needs it
    from gradekit.sandbox.docker import connect  # noqa: PLC0415

    try:
        connect().close()
    except InfrastructureError:
        return False
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of engine, browser and ssh where there is none, unless the environment demands them."""
    wanted = [item for item in items if item.get_closest_marker("docker")]
    for item in wanted:
        # What has to be covered is covered without an engine; to be traced makes judging take twice as long.
        item.add_marker("no_cover")
    if wanted and not REQUIRE_DOCKER and not _engine_answers():
        for item in wanted:
            item.add_marker(pytest.mark.skip(reason="no container engine answers; make test starts one"))
    if not REQUIRE_BROWSER and not any(map(shutil.which, BROWSERS)):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium found; install chromium to look at reports"))
    if not REQUIRE_SSHD and shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        for item in items:
            if item.get_closest_marker("sshd"):
                item.add_marker(pytest.mark.skip(reason="no sshd found; install openssh-server to clone over ssh"))


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests out of the real home folder and free of the caller's configuration."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GRADEKIT_") and "_REQUIRE_" not in name]:
        monkeypatch.delenv(name)

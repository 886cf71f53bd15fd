from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import pytest
import typer

from gradekit import cleanup
from gradekit.cli.guard import guarded
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.client import Client
from gradekit.sandbox.container import Host
from gradekit.sandbox.pod import Estate


class Engine:
    """Remembers what there is; ``during`` runs within each removal."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.refuses: set[str] = set()
        self.during = threading.Event().clear

    def patient(self, _seconds: float) -> Engine:
        return self

    def close(self) -> None:
        pass

    def create_volume(self, name: str, _options: Mapping[str, str], _labels: Mapping[str, str]) -> None:
        self.there.add(name)

    def create(self, name: str, _body: Mapping[str, object]) -> None:
        self.there.add(name)

    def remove(self, name: str) -> None:
        self.during()
        if name in self.refuses:
            raise InfrastructureError(Problem(name, "is busy"))
        self.there.discard(name)

    remove_volume = remove


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def estate(engine: Engine) -> Estate:
    return Estate(cast("Client", engine), {}, Host(cgroupns=True, cpus=1))


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


def code_of(command: object) -> int:
    with pytest.raises(typer.Exit) as caught:
        guarded(command)()  # type: ignore[arg-type]
    return caught.value.exit_code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_things_are_removed(engine: Engine, estate: Estate, number: signal.Signals, code: int) -> None:
    after = []

    def signalled_once() -> None:
        engine.during = threading.Event().clear
        os.kill(os.getpid(), number)

    def command() -> None:
        try:
            for _ in range(9):
                estate.raw_container({})
                estate.volume({})
            engine.during = signalled_once
        finally:
            estate.clear()
        after.append("went on")

    assert code_of(command) == code
    assert engine.there == set()
    assert after == []


def test_what_a_broken_off_with_has_left(engine: Engine, estate: Estate) -> None:
    @contextmanager
    def pod() -> Iterator[None]:
        try:
            estate.raw_container({})
            estate.volume({})
            yield
        finally:
            estate.clear()

    held = pod()

    def command() -> None:
        held.__enter__()  # the block never begins, so nobody calls __exit__
        signal.raise_signal(signal.SIGTERM)

    assert code_of(command) == 143
    assert engine.there == set()


def test_nothing_is_removed_twice(engine: Engine, estate: Estate, caplog: pytest.LogCaptureFixture) -> None:
    def command() -> None:
        kept.append(estate.raw_container({}))
        engine.refuses.add(kept[0])
        estate.clear()

    kept: list[str] = []
    assert code_of(command) == 0
    assert engine.there == set(kept)
    assert caplog.text.count("is left behind") == 1


def test_another_thread_neither_holds_nor_raises() -> None:
    def work() -> None:
        with cleanup.unbroken():
            entered.set()
            leave.wait(10)

    entered, leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    entered.wait(10)
    with pytest.raises(KeyError):
        cleanup.interrupt(KeyError())
    leave.set()
    thread.join()


def test_the_outermost_context_raises_the_first_error() -> None:
    reached = []

    def nested() -> None:
        with cleanup.unbroken():
            with cleanup.unbroken():
                cleanup.interrupt(KeyError())
                cleanup.interrupt(ValueError())
            reached.append("inner end")

    with pytest.raises(KeyError):
        nested()
    assert reached == ["inner end"]
    with cleanup.unbroken():
        pass


def test_what_a_thread_makes_while_another_clears(engine: Engine, estate: Estate) -> None:
    begun = threading.Event()
    refused = []

    def slowly(name: str, body: Mapping[str, object]) -> None:
        begun.set()
        time.sleep(0.2)
        # The engine makes the volumes that a container names, if they are not there.
        engine.there |= {name, *cast("list[str]", body["volumes"])}

    engine.create = slowly  # type: ignore[method-assign, assignment]

    def work() -> None:
        volume = estate.volume({})
        try:
            while True:
                estate.raw_container({"volumes": [volume]})
        except InfrastructureError as error:
            refused.append(str(error))

    def command() -> None:
        # As in a pool whose thread nobody knows, for the error of a signal came while it was started.
        threading.Thread(target=work, name="gradekit-pod_0").start()
        begun.wait(10)
        estate.clear()
        raise KeyboardInterrupt

    assert code_of(command) == 130
    assert engine.there == set()
    assert refused == ["sandbox: was cleared while something was made for it"]

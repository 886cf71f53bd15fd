"""How a container ended, as the engine comes to tell it."""

from __future__ import annotations

from typing import cast

import pytest

from gradekit.sandbox import streams
from gradekit.sandbox.client import Client, State


class Engine:
    """Tells one state after the other, the last one again and again."""

    def __init__(self, *states: State) -> None:
        self.states = list(states)
        self.asked = 0

    def state(self, _container: str) -> State:
        self.asked += 1
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


KILLED = State(running=False, exit_code=137, oom=False, status="exited")
OOM = State(running=False, exit_code=137, oom=True, status="exited")
EXITED = State(running=False, exit_code=1, oom=False, status="exited")


@pytest.mark.parametrize(
    ("states", "words", "asked"),
    [
        ((KILLED, KILLED, OOM), "ran out of memory", 3),
        ((OOM,), "ran out of memory", 1),
        ((EXITED,), "exited with 1", 1),
    ],
)
def test_that_memory_was_the_cause_may_be_told_later(states: tuple[State, ...], words: str, asked: int) -> None:
    engine = Engine(*states)
    assert streams.describe(streams.final_state(cast("Client", engine), "c")) == words
    assert engine.asked == asked


def test_who_was_killed_by_somebody_is_not_waited_for_without_end() -> None:
    engine = Engine(KILLED)
    assert streams.describe(streams.final_state(cast("Client", engine), "c")) == "was killed"
    assert 1 < engine.asked < 10

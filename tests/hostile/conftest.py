"""One ground for all tests of the corpus. What lies in the cases are submissions, not tests of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gradekit.corpus import Ground
from gradekit.corpus.host import HostState, look
from tests.hostile import running

collect_ignore_glob = ["challenge*/*", "*/overlay/*"]


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    opened = running.ground()
    yield opened
    opened.close()


@pytest.fixture(scope="session", autouse=True)
def before(request: pytest.FixtureRequest) -> Iterator[HostState | None]:
    """The host before the first case of this process; None where no test of this run needs an engine.

    At the end nothing of this process may be left: `test_nothing_is_left_on_the_host` runs in one process only.
    """
    if not any(
        item.get_closest_marker("docker") and not item.get_closest_marker("skip") for item in request.session.items
    ):
        yield None
        return
    ground: Ground = request.getfixturevalue("ground")
    state = look(ground.engine)
    yield state
    assert running.left(state, ground) == {}

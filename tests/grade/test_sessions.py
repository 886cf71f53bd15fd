"""Sessions side by side on the real engines: who waits, who fails, and what is there in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradekit import runner as runners
from gradekit.checks.base import Context
from gradekit.checks.sessions import KIND
from gradekit.checks.sessions.evidence import SessionsEvidence
from gradekit.checks.sessions.model import SessionsSpec
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade.bench import PodBench
from gradekit.grade.pod import Pod
from gradekit.grade.setting import Setting
from gradekit.results import Outcome, Status
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.sandbox.plans import FileEntry
from gradekit.spec.load import load_challenge
from tests.grade.conftest import RUBRIC

pytestmark = pytest.mark.docker
RUNNERS = Path(__file__).parents[2] / "runners"
SPEC = """\
gradekit: 1
id: served
title: Served
runner: [python]
rubric: rubric.yaml
services: {{db: {{runner: {engine}}}}}
datasets: {{shop: {{service: db, load: [{{challenge: shop.sql}}]}}}}
checks:
  - {{id: run, criterion: api, command: {{run: "true", expect: {{exit: 0}}}}}}
"""
SHOP = """\
create table stock (id integer primary key, left_over integer not null);
insert into stock values (1, 5), (2, 5);
create table doctors (name varchar(20) primary key, on_call integer not null);
insert into doctors values ('ana', 1), ('bo', 1);
"""
LEFT = {"sql": "select left_over from stock where id = 1", "expect": {"value": 3}}
TAKE: Mapping[str, str | Mapping[str, str]] = {
    "right": "update stock set left_over = left_over - 1 where id = 1",
    "for update": {
        "postgres": "select left_over from stock where id = 1 for update;"
        "update stock set left_over = (select left_over from stock where id = 1) - 1 where id = 1",
        "mariadb": "set @n = (select left_over from stock where id = 1 for update);"
        "update stock set left_over = @n - 1 where id = 1",
    },
    "lost": {
        "postgres": "with found as (select left_over from stock where id = 1)"
        " update stock set left_over = found.left_over - 1 from found where id = 1",
        "mariadb": "select left_over into @n from stock where id = 1;update stock set left_over = @n - 1 where id = 1",
    },
}


@pytest.fixture(scope="module", params=["postgres", "mariadb"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PodBench]:
    folder = tmp_path_factory.mktemp("challenge")
    (folder / "challenge.yaml").write_text(SPEC.format(engine=request.param))
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "shop.sql").write_text(SHOP)
    engine = connect()
    built = images.ensure(["probe", request.param], folder=RUNNERS, engine=engine)
    using = Setting(engine, built, {name: runners.find(RUNNERS, name) for name in ("python", request.param)})
    pod = Pod(load_challenge(folder, rubrics=[]), using, "sessions")
    pod.open()
    bench = PodBench(pod.challenge, {}, pod.sandbox, "none", pod.servers, time.monotonic() + 300)
    yield bench
    pod.close()
    engine.close()


def observed(bench: PodBench, take: str = "", **spec: Any) -> tuple[SessionsSpec, SessionsEvidence]:  # noqa: ANN401
    check = SessionsSpec.model_validate({"dataset": "shop", **spec})
    bench.submission = {"take.sql": FileEntry("take.sql", take.encode())}
    bench.begin(Context("c"), 60.0, app=False, fresh=False)
    evidence = KIND.observe(check, bench)
    bench.end()
    return check, evidence


def judged(bench: PodBench, take: str = "", **spec: Any) -> Outcome:  # noqa: ANN401
    check, evidence = observed(bench, take, **spec)
    return KIND.judge(check, evidence, Context("c")).outcome


def engine_of(bench: PodBench) -> str:
    return bench.engine("shop")


def of(bench: PodBench, way: str) -> str:
    text = TAKE[way]
    return text if isinstance(text, str) else text[engine_of(bench)]


@pytest.mark.parametrize(("way", "right"), [("right", True), ("for update", True), ("lost", False)])
def test_a_lost_update_is_seen(bench: PodBench, way: str, right: bool) -> None:
    steps = ["begin", {"submission": "take.sql"}, "commit"]
    found = judged(
        bench,
        of(bench, way),
        sessions={"a": steps, "b": steps},
        order=["a1", "b1", "a2", "b2", "a3", "b3"],
        expect={"waits": ["b2"]},
        after=[LEFT],
    )
    assert (found.status is Status.PASSED) is right, found
    if not right:
        assert found.message.endswith("left_over: 4; expected: 3")


def begin(bench: PodBench, level: str) -> str:
    if engine_of(bench) == "postgres":
        return f"begin isolation level {level}"
    return f"set session transaction isolation level {level}; begin"


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_write_skew_is_there_or_not_by_the_isolation(bench: PodBench, level: str) -> None:
    asked = "select count(*) from doctors where on_call = 1"
    steps = {
        name: [begin(bench, level), asked, f"update doctors set on_call = 0 where name = '{who}'", "commit"]  # noqa: S608
        for name, who in (("a", "ana"), ("b", "bo"))
    }
    expect: dict[str, Any] = {"results": {"a2": {"value": 2}, "b2": {"value": 2}}}
    if level == "serializable":
        expect["victim"] = "serialization" if engine_of(bench) == "postgres" else "deadlock"
    left = {"sql": asked, "expect": {"value": 1 if level == "serializable" else 0}}
    order = ["a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"]
    found = judged(bench, sessions=steps, order=order, expect=expect, after=[left])
    assert found.status is Status.PASSED, found


def test_a_deadlock_has_one_victim(bench: PodBench) -> None:
    steps = {
        name: ["begin", *(f"update stock set left_over = 0 where id = {number}" for number in rows), "commit"]  # noqa: S608
        for name, rows in (("a", (1, 2)), ("b", (2, 1)))
    }
    order = ["a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"]
    found = judged(
        bench, sessions=steps, order=order, expect={"victim": "deadlock"}, after=[LEFT | {"expect": {"value": 0}}]
    )
    assert found.status is Status.PASSED, found


def test_a_session_that_waits_for_ever_is_told_and_ended(bench: PodBench) -> None:
    take = TAKE["right"]
    begun = time.monotonic()
    check, evidence = observed(
        bench,
        sessions={"a": ["begin", take], "b": ["begin", take, "commit"]},
        order=["a1", "a2", "b1", "b2", "b3"],
        after=[LEFT],
    )
    assert time.monotonic() - begun < 15
    assert [(one.begun, one.waited, one.ended) for one in evidence.runs[0].steps] == [
        (True, False, True),
        (True, False, True),
        (True, False, True),
        (True, True, False),
        (False, False, False),
    ]
    message = KIND.judge(check, evidence, Context("c")).outcome.message
    assert "b2 (" in message
    assert message.endswith(
        "still waited for another session when nothing else was left to run; is a transaction left open?"
    )


def test_in_all_orders_what_is_due_too_early_begins_later(bench: PodBench) -> None:
    steps = ["begin", {"submission": "take.sql"}, "commit"]
    for way, right in (("right", True), ("lost", False)):
        check, evidence = observed(
            bench,
            of(bench, way),
            sessions={"a": steps, "b": [{"submission": "take.sql"}]},
            order="all",
            after=[LEFT],
        )
        found = KIND.judge(check, evidence, Context("c")).outcome
        assert (found.status is Status.PASSED) is right, found
    # It is due while its session waits, and begins once that is over.
    found = judged(
        bench,
        of(bench, "right"),
        sessions={"a": steps, "b": steps},
        order=["a1", "b1", "a2", "b2", "b3", "a3"],
        expect={"waits": ["b2"]},
        after=[LEFT],
    )
    assert found.status is Status.PASSED, found


def test_a_unique_key_makes_the_second_one_wait_and_fail(bench: PodBench) -> None:
    steps = ["begin", "insert into doctors values ('cy', 1)", "commit"]
    found = judged(
        bench,
        sessions={"a": steps, "b": steps},
        order=["a1", "a2", "b1", "b2", "a3", "b3"],
        expect={"waits": ["b2"], "errors": {"b2": "unique"}},
        after=[{"sql": "select count(*) from doctors", "expect": {"value": 3}}],
    )
    assert found.status is Status.PASSED, found


def test_statements_that_are_slow_do_not_wait_and_have_a_limit(bench: PodBench) -> None:
    slow = {"postgres": "select pg_sleep({})", "mariadb": "select sleep({})"}[engine_of(bench)]
    _, evidence = observed(
        bench,
        sessions={"a": [slow.format(0.4), slow.format(5)], "b": ["select 1"]},
        order=["a1", "b1", "a2"],
        timeout="1s",
        after=[LEFT],
    )
    first, other, second = evidence.runs[0].steps
    assert (first.waited, other.waited, first.answered.error) == (False, False, None)
    assert (second.sqlstate, second.ended) == ("57014", True) or engine_of(bench) == "mariadb"


def test_a_server_that_refuses_is_no_fault_of_the_candidates(bench: PodBench) -> None:
    bench.begin(Context("c"), 60.0, app=False, fresh=False)
    copy = bench.database("shop")
    gone = replace(copy, name="gone" if engine_of(bench) == "postgres" else copy.name)
    if engine_of(bench) == "mariadb":
        bench.servers["db"]._passwords[f"loader_{copy.name}"] = "another"  # type: ignore[attr-defined]
    copy.server.touched = False
    with pytest.raises(InfrastructureError, match="refused a statement of ours"):
        gone.interleave([("a", ["select 1"])], timeout=1.0, total=5.0, theirs=False)
    with pytest.raises(Blocked, match="no longer works as it did before your code"):
        gone.interleave([("a", ["select 1"])], timeout=1.0, total=5.0, theirs=True)
    bench.end()

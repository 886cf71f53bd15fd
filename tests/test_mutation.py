"""Mutants as submissions: which are told apart, which are not, and what the author is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gradekit.checks.sql.model import SqlSpec
from gradekit.grade.setting import Setting
from gradekit.mutation.queries import killed
from gradekit.progress import Silent
from gradekit.record import Observation, Record
from gradekit.results import SubmissionRef
from gradekit.runner import find
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.submission import Submission
from tests.fakes import FakeEngine
from tests.test_verify import RUBRIC, Notes

RUNNERS = Path(__file__).parents[1] / "runners"
SPEC = """\
gradekit: 1
id: small
title: Small
runner: none
rubric: rubric.yaml
submission: {required: ["queries/*.sql"]}
services: {db: {runner: sqlite}}
datasets: {a: {service: db}, b: {service: db}}
checks:
  - {id: one, criterion: api, sql: {file: queries/1.sql, datasets: [a, b], timeout: 60s, expect: {reference: one.sql}}}
  - {id: again, criterion: api, sql: {file: queries/1.sql, dataset: a, expect: {reference: one.sql}}}
  - {id: value, criterion: api, sql: {file: queries/1.sql, dataset: a, expect: {value: 1}}}
  - {id: run, criterion: api, schema: {dataset: a, tables: {t: {}}}}
mutation: {min_killed: 0.5}
"""
ONE = "select distinct a from t where a < 5"
# Its mutants, in the order of the walk.
NAMES = ("distinct left out #1", "where left out #1", "< to <= #1", "number + 1 #1")
Fates = Mapping[str, str]


def challenge_in(folder: Path, spec: str = SPEC, query: str = ONE) -> Challenge:
    (folder / "challenge.yaml").write_text(spec, encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    (folder / "one.sql").write_text(query, encoding="utf-8")
    return load_challenge(folder, rubrics=[])


def ran(fate: str) -> dict[str, Any]:
    table = {"columns": [{"name": "a", "type": "integer"}], "rows": [["1"]]}
    other = {"columns": [{"name": "a", "type": "integer"}], "rows": [["2"]]}
    answer: dict[str, dict[str, Any]] = {
        "survived": {"result": table},
        "killed": {"result": other},
        "stillborn": {"error": "no such thing", "sqlstate": "42000", "at": 1},
        "lost": {"error": "the server closed the connection", "sqlstate": "08006", "at": 1},
        "stopped": {"error": "terminating connection", "sqlstate": "57P01", "at": 1},
        "slow": {"error": "stopped", "sqlstate": "57014", "at": 1},
        "large": {"error": "it needs more memory than there is", "sqlstate": "53200", "at": 1},
    }
    return {"reference": {"result": table}, "candidate": answer[fate]}


def grader(fates: Fates) -> Callable[..., Record]:
    def grade(
        challenge: Challenge, lock: object, _setting: Setting, obtain: Callable[[], Submission], _progress: Silent
    ) -> Record:
        assert lock is None
        submission = obtain()
        assert challenge.spec.submission.required == ()
        observations = []
        for check in challenge.spec.checks:
            assert isinstance(check.body, SqlSpec)
            assert check.body.timeout <= 3
            text = submission.files[check.body.file].data.decode()
            name = (check.title or "").partition(": ")[2]
            fate = fates.get(name, "killed")
            if fate == "errored":
                observations.append(Observation(check=check.id, kind="sql", state="errored", message="engine"))
                continue
            runs = [{"dataset": dataset, **ran(fate)} for dataset in check.body.names()]
            evidence: dict[str, Any] = {"source": text, "engine": "sqlite", "runs": runs}
            observations.append(Observation(check=check.id, kind="sql", state="observed", evidence=evidence))
        return Record(
            gradekit="0",
            id="1",
            started_at="2026-01-01T00:00:00+00:00",
            seconds=1.0,
            challenge="small",
            challenge_path="small",
            challenge_digest=challenge.digest,
            submission=SubmissionRef(repo=submission.repo, tree=submission.tree, files=1, bytes=1),
            isolation=None,
            images={},
            phases=(),
            observations=tuple(observations),
        )

    return grade


def setting() -> Setting:
    return Setting(engine=FakeEngine(), images={}, runners={"sqlite": find(RUNNERS, "sqlite")})


def found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fates: Fates, spec: str = SPEC, query: str = ONE
) -> tuple[Mapping[str, Any], list[str]]:
    monkeypatch.setattr("gradekit.mutation.queries.grade", grader({"unchanged": "survived", **fates}))
    progress = Notes()
    kept, complaints = killed(challenge_in(folder, spec, query), setting(), progress)
    assert progress.notes[1:] == ([f"{kept['killed']} of {kept['of']} mutants told apart"] if kept else [])
    return kept, list(complaints)


def test_all_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, complaints = found(tmp_path, monkeypatch, {NAMES[0]: "slow", NAMES[1]: "large"})
    assert (kept, complaints) == ({"killed": 4, "of": 4, "ignored": 0, "survivors": []}, [])


def test_survivors_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fates = {NAMES[0]: "survived", NAMES[2]: "survived", NAMES[3]: "stillborn"}
    kept, complaints = found(tmp_path, monkeypatch, fates)
    survivors = [f"one.sql: {NAMES[0]}", f"one.sql: {NAMES[2]}"]
    assert kept == {"killed": 1, "of": 3, "ignored": 0, "survivors": survivors}
    assert complaints == [
        "mutation: 1 of 3 mutants are told apart by the data sets, at least 50% expected; none sees: "
        + "; ".join(kept["survivors"])
    ]


def test_ignored_ones_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ignore = '[{mutant: "*: distinct *", reason: a key}, {mutant: "two.sql: *", reason: gone}]'
    spec = SPEC.replace("min_killed: 0.5", f"min_killed: 1, ignore: {ignore}")
    kept, complaints = found(tmp_path, monkeypatch, {NAMES[0]: "survived"}, spec)
    assert (kept["of"], kept["ignored"]) == (3, 1)
    assert complaints == ['mutation: no mutant "two.sql: *"; remove it from ignore']


def test_where_no_query_has_mutants_nothing_is_said_of_them(tmp_path: Path) -> None:
    spec = SPEC.replace("expect: {reference: one.sql}", "expect: {value: 1}")
    progress = Notes()
    assert killed(challenge_in(tmp_path, spec), setting(), progress) == ({}, [])
    assert progress.notes == []


def test_a_query_that_the_parser_writes_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, complaints = found(tmp_path, monkeypatch, {"unchanged": "killed"})
    assert kept["of"] == 0
    assert complaints == [
        "mutation: one.sql: unchanged: the query does not pass its own check once the parser has written it anew"
    ]


def test_data_sets_find_the_files_of_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"base/migrations/1.sql": "old", "base/a.txt": "a", "right/migrations/1.sql": "new"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    dataset = '{service: db, load: [{submission: "migrations/*.sql"}]}'
    listed = "[{path: base, expect: {fails: [one]}}, {path: right, base: base, expect: {passes: all}}]"
    spec = SPEC.replace("a: {service: db}", f"a: {dataset}") + f"solutions: {listed}\n"
    seen: dict[str, bytes] = {}

    def grade(
        challenge: Challenge, lock: object, setting: Setting, obtain: Callable[[], Submission], progress: Silent
    ) -> Record:
        seen.update({path: file.data for path, file in obtain().files.items()})
        return grader({"unchanged": "survived"})(challenge, lock, setting, obtain, progress)

    monkeypatch.setattr("gradekit.mutation.queries.grade", grade)
    kept, _ = killed(challenge_in(tmp_path, spec), setting(), Silent())
    assert (kept["killed"], kept["of"]) == (4, 4)
    assert (seen["migrations/1.sql"], seen["a.txt"]) == (b"new", b"a")


def test_a_query_that_could_not_be_run_is_no_fault_of_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, complaints = found(tmp_path, monkeypatch, {"unchanged": "errored"})
    assert complaints == ["mutation: one.sql: unchanged: it could not be run; see the log of the grading"]


def test_a_mutant_that_could_not_be_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, complaints = found(tmp_path, monkeypatch, {NAMES[1]: "errored"})
    assert (kept["of"], kept["errored"]) == (3, 1)
    assert complaints == ["mutation: one.sql: where left out #1: it could not be run; see the log of the grading"]


@pytest.mark.parametrize("fate", ["lost", "stopped"])
def test_that_the_server_is_gone_is_nothing_that_a_mutant_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    kept, complaints = found(tmp_path, monkeypatch, {NAMES[2]: fate})
    assert (kept["killed"], kept["of"], kept["errored"]) == (3, 3, 1)
    assert complaints == ["mutation: one.sql: < to <= #1: it could not be run; see the log of the grading"]


def test_many_survivors_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "select a from t where " + " or ".join(f"a = {number}" for number in range(30))  # noqa: S608 - never run
    spec = SPEC.replace("min_killed: 0.5", "min_killed: 1")
    _, complaints = found(tmp_path, monkeypatch, {f"= to <> #{n}": "survived" for n in range(40)}, spec, query)
    assert complaints[0].endswith("; one.sql: = to <> #20; ...")


@pytest.mark.parametrize(
    ("query", "complaint"), [("select from where", ["mutation: one.sql: "]), ("select 1; select 2", [])]
)
def test_a_reference_without_mutants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, complaint: list[str]
) -> None:
    kept, complaints = found(tmp_path, monkeypatch, {}, query=query)
    assert kept == {}
    assert [text[: len("mutation: one.sql: ")] for text in complaints] == complaint

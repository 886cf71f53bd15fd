"""Queries of sql-analytics, written in other ways and with other mistakes, on each engine in one grading."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.running import ROOT, Finished

pytestmark = pytest.mark.docker
SHIPPED = ROOT / "challenges" / "sql-analytics"
VERSIONS = yaml.safe_load((Path(__file__).parent / "sql_versions.yaml").read_text(encoding="utf-8"))


def versions(engine: str) -> Iterator[tuple[str, str, str]]:
    """The id that a version gets, the check it is for, and its text."""
    for check, texts in VERSIONS["right"].items():
        for number, text in enumerate(texts, 1):
            yield f"right-{check}-{number}", check, text
    for number, wrong in enumerate(VERSIONS["wrong"], 1):
        text = wrong["sql"]
        yield f"wrong-{wrong['check']}-{number}", wrong["check"], text if isinstance(text, str) else text[engine]


def test_there_are_enough() -> None:
    assert [len(set(texts)) for texts in VERSIONS["right"].values()] == [10] * 5
    assert len(VERSIONS["wrong"]) >= 15


@pytest.mark.parametrize("engine", ["postgres", "mariadb", "sqlite"])
def test_right_queries_pass_and_wrong_ones_fail(engine: str, tmp_path: Path, gradekit: Callable[..., Finished]) -> None:
    copy, work = tmp_path / "challenge", tmp_path / "work"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("solutions", "*.lock"))
    file = "challenge.yaml" if engine == "postgres" else f"challenge.{engine}.yaml"
    spec = yaml.safe_load((copy / file).read_text(encoding="utf-8"))
    shipped: dict[str, dict[str, Any]] = {check["id"]: check for check in spec["checks"]}
    (work / "queries").mkdir(parents=True)
    checks = []
    for name, check, text in versions(engine):
        (work / "queries" / f"{name}.sql").write_text(text, encoding="utf-8")
        datasets = ["more", "edges"] if name.startswith("right") else ["shop", "more", "edges"]
        body = {**shipped[check]["sql"], "file": f"queries/{name}.sql", "datasets": datasets}
        checks.append({"id": name, "criterion": "sql", "sql": body})
    for field in ("solutions", "mutation"):
        spec.pop(field)
    rubric = {"gradekit": 1, "id": "all", "title": "All", "criteria": {"sql": {"title": "SQL", "weight": 100}}}
    (copy / "rubric.yaml").write_text(json.dumps(rubric), encoding="utf-8")
    (copy / file).write_text(json.dumps({**spec, "checks": checks, "rubric": "rubric.yaml"}), encoding="utf-8")
    done = gradekit("grade", str(work), "-c", str(copy / file), "--json", "--exit-zero", "-q")
    assert done.code == 0, done.err
    found = {check["id"]: check["outcome"] for check in json.loads(done.out)["checks"]}
    assert len(found) == len(checks)
    rejected = {name: outcome for name, outcome in found.items() if name.startswith("right") and outcome["ratio"] < 1}
    assert not rejected
    # What is wrong runs, and gives other rows.
    seen = {name: outcome for name, outcome in found.items() if name.startswith("wrong")}
    assert {name: outcome["status"] for name, outcome in seen.items()} == dict.fromkeys(seen, "failed")
    assert not [name for name, outcome in seen.items() if "statement" in str(outcome["message"])]

"""Challenges, servers and benches on fakes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gradekit.sandbox.plans import FileEntry
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge

SPEC = """\
gradekit: 1
id: small
title: Small
runner: [python]
rubric: rubric.yaml
services: {db: {runner: postgres}}
datasets:
  shop:
    service: db
    load: [{submission: "migrations/*.sql"}, {challenge: seed.sql}]
  ours:
    service: db
    load: [{challenge: seed.sql}]
app:
  env: {DATABASE_URL: "${db.url}", NAME: "x-${db.database}"}
  dataset: shop
  ready: {http: "GET /health", timeout: 1s}
checks:
  - {id: health, criterion: api, http: {steps: [{request: GET /health, expect: {status: 200}}]}}
  - {id: tables, criterion: api, need: [health], schema: {dataset: shop, tables: {orders: {}}}}
  - {id: tests, criterion: api, suite: {files: hidden}}
  - {id: run, criterion: api, command: {run: "true", expect: {exit: 0}}}
"""
RUBRIC = """\
gradekit: 1
id: small
title: Small
pass_mark: 50
criteria: {api: {title: API, weight: 100}}
"""


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    (tmp_path / "challenge.yaml").write_text(SPEC)
    (tmp_path / "rubric.yaml").write_text(RUBRIC)
    (tmp_path / "seed.sql").write_text("insert into orders values (1)")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "test_x.py").write_text("def test_x(): pass")
    return load_challenge(tmp_path, rubrics=[])


@pytest.fixture
def files() -> Mapping[str, FileEntry]:
    names = {
        "app.py": b"",
        "Procfile": b"web: python app.py",
        "migrations/2.sql": b"create table b()",
        "migrations/1.sql": b"create table a()",
    }
    return {path: FileEntry(path, data) for path, data in names.items()}

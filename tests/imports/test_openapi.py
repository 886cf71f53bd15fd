from __future__ import annotations

import json

import pytest

from gradekit.errors import UsageError
from gradekit.imports import openapi
from gradekit.imports.openapi import reading
from gradekit.imports.source import Source


def test_schemas_that_many_operations_reach_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_SCHEMAS", 15)
    chain = {
        f"S{number}": {"properties": {"x": {"$ref": f"#/components/schemas/S{number + 1}"}}} for number in range(3)
    }
    schema = {"items": {"$ref": "#/components/schemas/S0"}}
    operation = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "A", "version": "1"},
        "paths": {"/a": {"get": operation}},
        "components": {"schemas": {**chain, "S3": {}}},
    }
    openapi.make(Source("a.json", "a", {"a.json": json.dumps(document).encode()}), "a")
    document["paths"] = {"/a": {"get": operation}, "/b": {"get": operation}}
    with pytest.raises(UsageError, match=r"^a\.json: its operations reach more than 15 schemas; .*leave out"):
        openapi.make(Source("a.json", "a", {"a.json": json.dumps(document).encode()}), "a")

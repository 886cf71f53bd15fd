"""The table of check kinds: a new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradekit.checks import (
    call,
    command,
    git,
    http,
    load,
    migrations,
    n_plus_one,
    nosql,
    openapi,
    own_tests,
    plan,
    race,
    scan,
    schema,
    security,
    sessions,
    sql,
    sqllogictest,
    suite,
)
from gradekit.checks.base import Kind

KINDS: Mapping[str, Kind[Any, Any]] = {
    kind.name: kind
    for kind in (
        http.KIND,
        race.KIND,
        security.KIND,
        openapi.KIND,
        load.KIND,
        n_plus_one.KIND,
        sql.KIND,
        sqllogictest.KIND,
        plan.KIND,
        sessions.KIND,
        migrations.KIND,
        schema.KIND,
        nosql.KIND,
        suite.KIND,
        command.KIND,
        call.KIND,
        own_tests.KIND,
        git.KIND,
        scan.KIND,
    )
}

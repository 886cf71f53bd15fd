"""Services of a pod by engine: how each is prepared, loaded, copied and asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gradekit.grade.servers.base import Server
from gradekit.grade.servers.mariadb import MariadbServer
from gradekit.grade.servers.mongodb import MongodbServer
from gradekit.grade.servers.postgres import PostgresServer
from gradekit.grade.servers.redis import RedisServer
from gradekit.grade.servers.sqlite import SqliteServer
from gradekit.sandbox.protocol import Sandbox

ENGINES: Final[Mapping[str, Callable[[Sandbox, str], Server]]] = {
    "postgres": PostgresServer,
    "mariadb": MariadbServer,
    "sqlite": SqliteServer,
    "redis": RedisServer,
    "mongodb": MongodbServer,
}
"""``engine`` of a runner.yaml to what makes its server, of the pod and the name of the service."""

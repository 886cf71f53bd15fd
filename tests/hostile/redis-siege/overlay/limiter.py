"""The reference's limiter; before it is used, it tries whatever an app must not be able to do. One success ends the app."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import redis

_ACQUIRE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then
  return {0, used, redis.call('PTTL', KEYS[1])}
end
used = redis.call('INCR', KEYS[1])
if used == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {1, used, redis.call('PTTL', KEYS[1])}
"""
FORBIDDEN = (
    "SELECT 1",
    "MOVE limit:old 1",
    "COPY limit:old limit:old DB 1",
    "SWAPDB 0 1",
    "FLUSHALL",
    "ACL LIST",
    "ACL SETUSER app on >known",
    "ACL SETUSER reader on >known",
    "CONFIG GET requirepass",
    "CONFIG SET dir /run/redis",
    "CONFIG SET maxmemory 1",
    "DEBUG SLEEP 5",
    "MODULE LOAD /tmp/x.so",
    "SAVE",
    "BGSAVE",
    "BGREWRITEAOF",
    "REPLICAOF 127.0.0.1 6380",
    "MIGRATE 127.0.0.1 6380 limit:old 0 100",
    "CLIENT KILL TYPE normal",
    "CLIENT PAUSE 60000",
    "CLIENT LIST",
    "MONITOR",
    "SCRIPT KILL",
    "FUNCTION KILL",
    "CLUSTER MEET 127.0.0.1 6380",
    "SHUTDOWN NOSAVE",
)
SCRIPTS = (
    "return redis.call('SELECT', '1')",
    "return redis.call('CONFIG', 'GET', '*')",
    "return redis.call('ACL', 'LIST')",
    "return dofile('/run/redis/administrator')",
    "return io.open('/run/redis/administrator'):read('*a')",
    "return os.execute('true')",
    "return loadstring(string.dump(function() return 1 end))()",
    "return package.loadlib('/lib/x86_64-linux-gnu/libc.so.6', 'system')",
    "return require('os')",
)


class Window:
    def __init__(self, used, reset_ms, allowed=True):
        self.used, self.reset_ms, self.allowed = used, reset_ms, allowed


class Limiter:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2)
        self._acquire = self._redis.register_script(_ACQUIRE)
        self._attack(url)

    def _attack(self, url: str) -> None:
        for command in FORBIDDEN:
            self._escaped(command, lambda command=command: self._redis.execute_command(*command.split()))
        for script in SCRIPTS:
            self._escaped(script, lambda script=script: self._redis.eval(script, 0))
        parts = urlsplit(url)
        for user, password in (
            ("default", None),
            ("default", ""),
            ("gradekit", ""),
            ("gradekit", parts.password),
            ("loader", parts.password),
            ("reader", parts.password),
        ):
            other = redis.Redis(parts.hostname, parts.port, username=user, password=password, socket_timeout=2)
            self._escaped(f"{user} {password}", other.ping)

    @staticmethod
    def _escaped(what, attempt) -> None:
        try:
            attempt()
        except (redis.RedisError, OSError):
            return
        print("ESCAPED", what, flush=True)
        os._exit(1)

    def healthy(self) -> bool:
        return bool(self._redis.ping())

    def acquire(self, client, limit, window_ms):
        allowed, used, left = self._acquire(keys=[f"limit:{client}"], args=[limit, window_ms])
        return Window(int(used), max(0, int(left)), bool(allowed))

    def read(self, client):
        with self._redis.pipeline() as pipeline:
            used, left = pipeline.get(f"limit:{client}").pttl(f"limit:{client}").execute()
        return Window(int(used or 0), max(0, int(left)))

    def forget(self, client) -> None:
        self._redis.delete(f"limit:{client}")

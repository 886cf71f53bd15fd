"""Windows in Redis; one script decides, so that nothing happens between looking and counting."""

from __future__ import annotations

from dataclasses import dataclass

import redis

_ACQUIRE = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
local allowed = used <= tonumber(ARGV[1]) and 1 or 0
return {allowed, used, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True)
class Window:
    """What a client has used, and for how many milliseconds that counts."""

    used: int
    reset_ms: int
    allowed: bool = True


class Limiter:
    """Counts requests of clients."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self._acquire = self._redis.register_script(_ACQUIRE)

    def healthy(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def acquire(self, client: str, limit: int, window_ms: int) -> Window:
        """Ask for one request."""
        allowed, used, left = self._acquire(keys=[_key(client)], args=[limit, window_ms])
        return Window(int(used), max(0, int(left)), bool(allowed))

    def read(self, client: str) -> Window:
        """What there is, without counting."""
        with self._redis.pipeline() as pipeline:
            used, left = pipeline.get(_key(client)).pttl(_key(client)).execute()
        return Window(int(used or 0), max(0, int(left)))

    def forget(self, client: str) -> None:
        """End a window."""
        self._redis.delete(_key(client))


def _key(client: str) -> str:
    return f"limit:{client}"

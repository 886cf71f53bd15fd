"""Windows in Redis."""

from __future__ import annotations

from dataclasses import dataclass

import redis


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

    def healthy(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def acquire(self, client: str, limit: int, window_ms: int) -> Window:
        """Ask for one request."""
        key = _key(client)
        used = int(self._redis.get(key) or 0)
        if used >= limit:
            return Window(used, max(0, int(self._redis.pttl(key))), allowed=False)
        used = int(self._redis.incr(key))
        if used == 1:
            self._redis.pexpire(key, window_ms)
        return Window(used, max(0, int(self._redis.pttl(key))))

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

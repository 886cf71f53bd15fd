"""Windows in Redis; one script decides, so that nothing happens between looking and counting."""

from __future__ import annotations

from dataclasses import dataclass

import redis

_WINDOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ends = tonumber(redis.call('GET', KEYS[2]) or '0')
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local expires = redis.call('PTTL', KEYS[1])
if ends == 0 and expires > 0 then
  ends = now + expires
end
if now >= ends then
  used = 0
end
"""
_ACQUIRE = f"""{_WINDOW}
if used >= tonumber(ARGV[1]) then
  return {{0, used, ends - now}}
end
if used == 0 then
  ends = now + tonumber(ARGV[2])
end
redis.call('SET', KEYS[1], used + 1)
redis.call('SET', KEYS[2], ends)
return {{1, used + 1, ends - now}}
"""
_READ = f"""{_WINDOW}
return {{used, math.max(0, ends - now)}}
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
        self._read = self._redis.register_script(_READ)

    def healthy(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def acquire(self, client: str, limit: int, window_ms: int) -> Window:
        """Ask for one request."""
        allowed, used, left = self._acquire(keys=_keys(client), args=[limit, window_ms])
        return Window(int(used), max(0, int(left)), bool(allowed))

    def read(self, client: str) -> Window:
        """What there is, without counting."""
        used, left = self._read(keys=_keys(client))
        return Window(int(used), int(left))

    def forget(self, client: str) -> None:
        """End a window."""
        self._redis.delete(*_keys(client))


def _keys(client: str) -> list[str]:
    return [f"limit:{client}", f"ends:{client}"]

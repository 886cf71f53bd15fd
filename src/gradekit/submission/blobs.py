"""Takes contents of objects as ``cat-file --batch`` prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_HEAD = 200


class Blobs:
    """Takes the output of ``cat-file --batch`` in pieces; the sizes are known beforehand."""

    def __init__(self, sizes: Mapping[bytes, int], take: Callable[[bytes, bytes], object]) -> None:
        """``sizes``: object id -> bytes. ``take`` gets the id and the content of each object, in their order."""
        self.taken = 0
        """How many were taken."""
        self.broken = False
        self._sizes = sizes
        self._take = take
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> None:
        """The next piece of output."""
        if self.broken:
            return
        self._buffer += chunk
        while (end := self._buffer.find(b"\n", 0, _HEAD)) >= 0:
            oid, _, facts = bytes(self._buffer[:end]).partition(b" ")
            size = self._sizes.get(oid)
            if facts != b"blob %d" % (size or 0) or size is None:
                self.broken = True
                return
            if len(self._buffer) < end + size + 2:
                return
            data = bytes(self._buffer[end + 1 : end + 1 + size])
            del self._buffer[: end + size + 2]
            self._take(oid, data)
            self.taken += 1

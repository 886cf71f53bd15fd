"""The cache of fetched packages: images that runs share, the least recently used of which go first.

The engine keeps no book of who reads an image between two containers. So a run holds a shared lock on a file for
each image that it uses, which ends with the process, however that ends; what is removed is locked exclusively before.
Runs of other users and of other machines on the same engine do not see these locks: there, the engine itself refuses to
remove an image as long as a container of theirs has it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gradekit.errors import InfrastructureError
from gradekit.sandbox.client import Client
from gradekit.sandbox.image import Image

CACHE_LABEL: Final = "io.gradekit.cache"
SIZE_LABEL: Final = "io.gradekit.cache.bytes"
"""Bytes of the packages alone; an image's own size has its runner in it, which others share."""
FILTER: Final = f"{CACHE_LABEL}=deps"


@dataclass(frozen=True, slots=True)
class CacheUse:
    """What the cache of fetched packages holds."""

    entries: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached image."""

    tag: str
    size: int
    """Bytes."""
    used: str
    """When it was last used, as the engine writes it; sorts by time."""


class Cache:
    """The cached images of one engine."""

    def __init__(self, client: Client, locks: Path) -> None:
        """``locks``: the folder of the lock files, made when it is needed."""
        self._client = client
        self._locks = locks

    @contextmanager
    def using(self, tag: str) -> Iterator[Image | None]:
        """An image, or None where there is none yet; nobody removes it as long as the context lasts.

        Raises:
            InfrastructureError: the engine does not answer.
        """
        descriptor = self._open(tag)
        try:
            if descriptor is not None:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield self._client.image(tag)
        finally:
            # Only now, where nobody waits for it; an engine that is gone is told of elsewhere.
            with suppress(InfrastructureError):
                self._client.touch_image(tag)
            if descriptor is not None:
                os.close(descriptor)

    def use(self) -> CacheUse:
        """How many images there are, and their size."""
        found = self._entries()
        return CacheUse(len(found), sum(entry.size for entry in found))

    def trim(self, limit: int) -> Sequence[str]:
        """Remove images, those first that were not used for the longest time, until all have at most so many bytes.

        What is in use stays, also where that is more.

        Returns:
            Names of what was removed.
        """
        left = self._entries()
        size = sum(entry.size for entry in left)
        removed = []
        for entry in left:
            if size <= limit:
                break
            if self._remove(entry.tag):
                removed.append(entry.tag)
                size -= entry.size
        return tuple(removed)

    def clear(self) -> Sequence[str]:
        """Remove all that is not in use; names of what was removed."""
        return tuple(entry.tag for entry in self._entries() if self._remove(entry.tag))

    def _entries(self) -> Sequence[Entry]:
        """All images, the least recently used first."""
        found = []
        for tag in self._client.images(FILTER):
            image, used = self._client.image(tag), self._client.used(tag)
            if image is not None:
                said = image.labels.get(SIZE_LABEL, "")
                found.append(Entry(tag, int(said) if said.isdecimal() else image.size, used))
        return sorted(found, key=lambda entry: (entry.used, entry.tag))

    def _remove(self, tag: str) -> bool:
        """Remove one, unless a run of this user or a container has it."""
        descriptor = self._open(tag)
        if descriptor is None:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._client.remove_image(tag)
        except (OSError, InfrastructureError):
            return False
        finally:
            os.close(descriptor)
        return True

    def _open(self, tag: str) -> int | None:
        """The lock file of an image; None where there can be none: then nothing is removed from here."""
        name = hashlib.sha256(f"{self._client.endpoint.url} {tag}".encode()).hexdigest()[:32]
        with suppress(OSError):
            self._locks.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._locks / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        return None

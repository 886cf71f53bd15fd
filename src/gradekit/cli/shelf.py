"""Runners and their images as a table: what is built, how large, how old, on what, with which versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from gradekit.model import Model
from gradekit.runner import Runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine
from gradekit.texts import clean

_LINE: Final = 200
_MINUTE: Final = 60
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", _MINUTE))
_SHORT: Final = 12
_NAME: Final = 10


class Item(Model):
    """A runner, and its image where there is one."""

    name: str
    kind: str
    title: str
    tag: str
    state: str
    """``built``, ``not built``, or ``no engine``."""
    image: str | None = None
    """Id."""
    size: int = 0
    """Bytes."""
    created: str | None = None
    """ISO 8601."""
    base: str = ""
    """Name and id of the image that it was built on."""
    stand_in: str = ""
    """What stands in for which official image; empty where nothing does."""
    versions: tuple[str, ...] = ()


def look(runner: Runner, engine: DockerEngine | None) -> Item:
    """A runner as it stands on an engine; None: there is none."""
    facts: dict[str, Any] = {"state": "no engine" if engine is None else "not built"}
    image = engine.image(runner.tag) if engine is not None else None
    if image is not None and image.labels.get(images.DIGEST_LABEL) == runner.digest:
        facts = {
            "state": "built",
            "image": image.id,
            "size": image.size,
            "created": image.created or None,
            "base": image.base,
            "stand_in": image.stand_in,
            "versions": image.versions,
        }
    return Item(name=runner.name, kind=runner.kind, title=runner.title, tag=runner.tag, **facts)


def table(items: Sequence[Item], now: datetime) -> Iterator[str]:
    """A line for each runner, with its base and versions below."""
    wide = max(_NAME, *(len(item.name) for item in items))
    for item in items:
        size = f"{item.size / (1 << 20):.0f} MiB" if item.state == "built" else item.state
        age = _age(item.created, now)
        yield f"{item.name:<{wide}} {item.kind:<9} {size:<10} {age:<7} {item.tag:<34} {item.title}\n"
        if item.base:
            name, _, digest = item.base.partition(" ")
            yield f"{'':<{wide}} on {clean(name, _LINE)} {clean(digest.removeprefix('sha256:')[:_SHORT])}\n"
        if item.stand_in:
            yield f"{'':<{wide}} {clean(item.stand_in, _LINE)}: it can only confirm\n"
        for line in item.versions:
            yield f"{'':<{wide}} {clean(line, _LINE)}\n"


def document(items: Sequence[Item]) -> str:
    """All of it as JSON."""
    return json.dumps([item.model_dump(mode="json") for item in items], indent=1) + "\n"


def _age(created: str | None, now: datetime) -> str:
    """How old something is: ``3 d``, ``5 h``, ``12 min``, ``now``; empty when it is not known."""
    try:
        seconds = (now - datetime.fromisoformat(created or "")).total_seconds()
    except (ValueError, TypeError):
        return ""
    return next((f"{seconds // size:.0f} {unit}" for unit, size in _UNITS if seconds >= size), "now")

"""An image on the engine, and what its labels say of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BASE_LABEL: Final = "io.gradekit.base"
"""Name and id of the image that a runner's image was built on."""
VERSIONS_LABEL: Final = "io.gradekit.versions"
STAND_IN_LABEL: Final = "io.gradekit.stands-in"
"""What is inside of a runner's image, a JSON list of lines."""
SAID_LABEL: Final = "io.gradekit.said"
"""What the program that fetched an image's packages printed, cut and in base64: a label takes no line breaks."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine: ``id`` is its digest, ``tag`` the name it was found by."""

    tag: str
    id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    created: str = ""
    """When it was made, ISO 8601 as the engine writes it."""

    @property
    def said(self) -> str:
        """What the program that fetched its packages printed; nothing where the label is none of ours."""
        try:
            return base64.b64decode(self.labels.get(SAID_LABEL, "")).decode(errors="replace")
        except ValueError:
            return ""

    @property
    def versions(self) -> tuple[str, ...]:
        """What its label says of the versions inside; nothing where it has none."""
        try:
            found = json.loads(self.labels.get(VERSIONS_LABEL, "[]"))
        except ValueError:
            return ()
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def stand_in(self) -> str:
        """What stands in it for which official image, in words; empty where nothing does."""
        official = self.labels.get(STAND_IN_LABEL, "")
        inside = "; ".join(self.versions) or "another server"
        return f"{inside} in the place of {official}" if official else ""

    @property
    def base(self) -> str:
        """Name and id of the image that it was built on; empty where it does not say."""
        return self.labels.get(BASE_LABEL, "")

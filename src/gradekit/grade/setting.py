"""What a grading needs beside challenge and submission: an engine, images, runners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gradekit.checks.kinds import KINDS
from gradekit.runner import Runner
from gradekit.sandbox.image import Image
from gradekit.sandbox.protocol import Engine
from gradekit.spec.challenge import Challenge, ChallengeSpec


@dataclass(frozen=True, slots=True)
class Setting:
    """The operator's side of a grading."""

    engine: Engine
    images: Mapping[str, Image]
    """By runner name: of ``probe``, the challenge's services and every language it allows, those that are there."""
    runners: Mapping[str, Runner]
    make: Callable[[Sequence[str]], None] = lambda _names: None
    """See that ``images`` has these runners, building what is missing; raises InfrastructureError where it cannot."""
    brought: Mapping[str, str] = field(default_factory=dict)
    """Runner name -> reference of the image that the challenge's author brings instead of the runner's own."""
    registry_env: Callable[[], Mapping[str, str]] = dict
    """Environment of the deps phase, such as a package index; asked only when something must be fetched."""
    ca_bundle: Callable[[], bytes | None] = lambda: None
    """Certificates that package clients must trust, PEM; None for the image's own."""
    registries: Sequence[str] = ()
    """HOST or HOST:PORT that the deps phase may reach beside the indexes it is configured with."""
    cache_size: int = 10 << 30
    """Bytes that cached packages may have together."""
    offline: bool = False
    """Fetch nothing: packages come from the cache or not at all."""

    def languages(self, challenge: Challenge) -> Mapping[str, Runner]:
        """The runners that a submission of a challenge may use, by name."""
        allowed = challenge.spec.runner
        return {
            name: runner
            for name, runner in self.runners.items()
            if runner.kind == "language" and (allowed == "any" or (allowed != "none" and name in allowed))
        }


def checkers(spec: ChallengeSpec) -> Sequence[str]:
    """The runners of kind checker whose images the checks of a challenge need."""
    names = (KINDS[check.kind].checker for check in spec.checks)
    return tuple(dict.fromkeys(name for name in names if name))

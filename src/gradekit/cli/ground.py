"""From configuration to the ground on which the hostile corpus is graded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gradekit.cli import assemble
from gradekit.cli.config import Config
from gradekit.corpus.case import Case
from gradekit.corpus.ground import Ground, Loaded
from gradekit.corpus.places import shipped
from gradekit.progress import Progress
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import read_lock

if TYPE_CHECKING:
    from gradekit.sandbox.docker import DockerEngine


def open_ground(
    cases: Iterable[Case], config: Config, progress: Progress, *, engine: DockerEngine | None = None
) -> Ground:
    """Connect, load the challenges of the cases, and build the images that are missing; ``Ground.close`` it.

    ``engine`` is used instead of a new connection, and closed with the ground.

    Raises:
        InfrastructureError: no engine, or an image cannot be had.
        SpecError: a challenge is wrong.
    """
    from gradekit.sandbox import docker

    known = assemble.known_runners(config)
    folders = {case.expect.challenge: case.challenge for case in cases}
    challenges = {
        name: load_challenge(folder, rubrics=[shipped("rubrics")], **known) for name, folder in folders.items()
    }
    using = engine or docker.connect(runtime=config.runtime)
    return Ground(
        {
            name: Loaded(
                challenge,
                read_lock(challenge.lock_path),
                assemble.setting_for(challenge.spec, config, progress, engine=using),
            )
            for name, challenge in challenges.items()
        },
        using,
    )

"""The deps phase: packages that a submission asks for, fetched once and kept as an image.

Only trusted programs run with the network on; the key covers the runner's image and the lock files,
so that two submissions with the same ones share the result read-only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.setting import Setting
from gradekit.runner import Runner
from gradekit.sandbox.protocol import Ending, FetchPlan, FileEntry, Image

REPOSITORY = "gradekit-deps"
"""Cached images are ``gradekit-deps/RUNNER:KEY``; ``gradekit clean --cache`` removes them."""
_CA_FILE = "gradekit-ca.pem"
_KEY_LENGTH = 24
_TAIL = 4_000
_UNREACHABLE = 3
"""What the deps program exits with when no package can be had, whoever asks (runners/README.md)."""


def lock_files(runner: Runner, files: Mapping[str, FileEntry]) -> Sequence[FileEntry]:
    """The files at the submission's root that say which packages it needs."""
    return tuple(files[name] for name in sorted(runner.lock) if name in files)


def key(image: Image, locks: Sequence[FileEntry]) -> str:
    """The cache key: equal when runner image and lock files are."""
    digest = hashlib.sha256(image.id.encode())
    for entry in locks:
        for part in (entry.path.encode(), entry.data):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:_KEY_LENGTH]


def fetch(setting: Setting, runner: Runner, files: Mapping[str, FileEntry], run: str) -> tuple[Image, str]:
    """The image with the submission's packages, and what happened in a word for the report.

    Raises:
        Blocked: the packages are refused, do not exist, or do not fit the limits.
        InfrastructureError: a fault of ours.
    """
    image = setting.images[runner.name]
    locks = lock_files(runner, files)
    if runner.deps is None or not locks:
        return image, "no packages"
    tag = f"{REPOSITORY}/{runner.name}:{key(image, locks)}"
    cached = setting.engine.image(tag)
    if cached is not None:
        return cached, "cached"
    certificates = setting.ca_bundle()
    extra = (FileEntry(_CA_FILE, certificates),) if certificates else ()
    plan = FetchPlan(
        image.id,
        runner.argv("deps"),
        (*locks, *extra),
        runner.deps.destination,
        tag,
        env=setting.registry_env(),
    )
    outcome = setting.engine.fetch(plan, run)
    if isinstance(outcome, Image):
        return outcome, "fetched"
    said = outcome.stderr.decode(errors="replace")[-_TAIL:]
    if outcome.exit_code == _UNREACHABLE:
        raise InfrastructureError(
            Problem(
                f"runner {runner.name}", said.strip(), "a package registry", "check network, proxy and mirror settings"
            )
        )
    if outcome.ending is Ending.EXITED:
        raise Blocked("the packages could not be installed", said)
    words = {
        Ending.TIMEOUT: "fetching the packages took too long",
        Ending.OOM: "fetching the packages took too much memory",
        Ending.OUTPUT: "fetching the packages printed too much",
    }
    raise Blocked(words[outcome.ending], said)

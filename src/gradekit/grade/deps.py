"""The deps phase: packages that a submission asks for, fetched once and kept as an image.

Only trusted programs run, and they reach package registries through a proxy alone. The key covers the runner's image
and the lock files, so that two submissions with the same ones share the result read-only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.setting import Setting
from gradekit.runner import Runner
from gradekit.sandbox.egress import EGRESS_LABEL, Traffic
from gradekit.sandbox.protocol import Egress, Ending, FetchPlan, FileEntry, Image

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


def fetch(
    setting: Setting, runner: Runner, files: Mapping[str, FileEntry], run: str, held: ExitStack
) -> tuple[Image, str]:
    """The image with the submission's packages, and what happened in a word for the report.

    The cache keeps it until ``held`` is closed; after that, it goes when there is no room and others were used later.

    Raises:
        Blocked: the packages are refused, do not exist, or do not fit the limits.
        InfrastructureError: a fault of ours.
    """
    image = setting.images[runner.name]
    locks = lock_files(runner, files)
    if runner.deps is None or not locks:
        return image, "no packages"
    tag = f"{REPOSITORY}/{runner.name}:{key(image, locks)}"
    cached = held.enter_context(setting.engine.cached(tag))
    if cached is not None:
        return cached, "cached"
    if setting.offline:
        what = "its packages are not in the cache, and nothing is fetched offline"
        hint = "grade it once with the network on: without --offline and GRADEKIT_OFFLINE"
        raise InfrastructureError(Problem(f"runner {runner.name}", what, hint=hint))
    certificates = setting.ca_bundle()
    extra = (FileEntry(_CA_FILE, certificates),) if certificates else ()
    plan = FetchPlan(
        image.id,
        runner.argv("deps"),
        (*locks, *extra),
        runner.deps.destination,
        tag,
        env=setting.registry_env(),
        egress=Egress(setting.images["probe"].id, runner.argv("registries"), tuple(setting.registries)),
    )
    outcome = setting.engine.fetch(plan, run)
    if isinstance(outcome, Image):
        setting.engine.trim(setting.cache_size)
        return outcome, f"fetched{_origin(outcome)}"
    said = outcome.stderr.decode(errors="replace")[-_TAIL:]
    if outcome.exit_code == _UNREACHABLE:
        raise InfrastructureError(
            Problem(
                f"runner {runner.name}",
                said.strip(),
                "a package registry",
                "check network, proxy and mirror settings, and `registries` in gradekit.toml",
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


def _origin(image: Image) -> str:
    """Where an image's packages came from: `` (2 hosts, 12.3 MiB: a, b)``; empty when from nowhere."""
    hosts = Traffic.of_label(image.labels.get(EGRESS_LABEL, "")).hosts
    if not hosts:
        return ""
    names = ", ".join(sorted(name.removesuffix(":443") for name in hosts))
    count = f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}"
    return f" ({count}, {sum(hosts.values()) / (1 << 20):.1f} MiB: {names})"

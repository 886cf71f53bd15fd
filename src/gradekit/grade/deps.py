"""The deps phase: packages that a submission asks for, fetched once and kept as an image.

Only trusted programs run, and they reach package registries through a proxy alone. The key covers the runner's image
and the lock files, so that two submissions with the same ones share the result read-only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.setting import Setting
from gradekit.runner import Runner
from gradekit.sandbox.egress import EGRESS_LABEL, Traffic
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import Egress, Ending, ExecResult, FetchPlan, FileEntry
from gradekit.texts import clean

REPOSITORY = "gradekit-deps"
"""Cached images are ``gradekit-deps/RUNNER:KEY``; ``gradekit clean --cache`` removes them."""
_CA_FILE = "gradekit-ca.pem"
_KEY_LENGTH = 24
_TAIL = 4_000
_UNREACHABLE = 3
"""What the deps program exits with when no package can be had, whoever asks (runners/README.md)."""
_OTHER_VERSION = 4
"""What it exits with when the submission demands another version of the language than this one."""
_MAX_NOTES = 10
_MAX_NOTE = 400


def lock_files(runner: Runner, files: Mapping[str, FileEntry]) -> Sequence[FileEntry]:
    """The files at the submission's root that say which packages and which version of the language it needs."""
    return tuple(files[name] for name in sorted({*runner.lock, *runner.hints}) if name in files)


def key(image: Image, locks: Sequence[FileEntry]) -> str:
    """The cache key: equal when runner image and lock files are."""
    digest = hashlib.sha256(image.id.encode())
    for entry in locks:
        for part in (entry.path.encode(), entry.data):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:_KEY_LENGTH]


def fetch(
    setting: Setting,
    runner: Runner,
    files: Mapping[str, FileEntry],
    run: str,
    held: ExitStack,
    *,
    version: str | None = None,
) -> tuple[Image, str]:
    """The image with the submission's packages, and what happened in a word for the report.

    The cache keeps it until ``held`` is closed; after that, it goes when there is no room and others were used later.

    ``version``: of the language, as candidates were told it; then it is their fault to demand another one.

    Raises:
        Blocked: the packages are refused, do not exist, or do not fit the limits.
        InfrastructureError: a fault of ours; so is a version of the language that the image does not have.
    """
    image = setting.images[runner.name]
    locks = lock_files(runner, files)
    if runner.deps is None or not locks:
        return image, "no packages"
    tag = f"{REPOSITORY}/{runner.name}:{key(image, locks)}"
    cached = held.enter_context(setting.engine.cached(tag))
    if cached is not None:
        return cached, "cached"
    # What only names a version needs no registry.
    alone = not any(name in files for name in runner.lock)
    if setting.offline and not alone:
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
        env={} if alone else setting.registry_env(),
        egress=None
        if alone
        else Egress(setting.images["probe"].id, runner.argv("registries"), tuple(setting.registries)),
    )
    outcome = setting.engine.fetch(plan, run)
    if isinstance(outcome, Image):
        setting.engine.trim(setting.cache_size)
        return outcome, f"fetched{_origin(outcome)}"
    raise _refusal(runner, outcome, version)


def notes(image: Image) -> tuple[str, ...]:
    """What the deps program had to say for the report, such as a version of the language that is only hinted at."""
    found = (_note(line) for line in image.said.splitlines())
    return tuple(clean(note, _MAX_NOTE) for note in found if note)[:_MAX_NOTES]


def _note(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:  # cut, or of a program that prints other things
        return ""
    note = record.get("note") if isinstance(record, dict) else None
    return note if isinstance(note, str) else ""


def _refusal(runner: Runner, outcome: ExecResult, version: str | None) -> Exception:
    """Why there are no packages, and whose fault that is."""
    said = outcome.stderr.decode(errors="replace")[-_TAIL:]
    if outcome.exit_code == _UNREACHABLE:
        return InfrastructureError(
            Problem(
                f"runner {runner.name}",
                said.strip(),
                "a package registry",
                "check network, proxy and mirror settings, and `registries` in gradekit.toml",
            )
        )
    if outcome.exit_code == _OTHER_VERSION:
        return _of_version(runner, clean(said.strip(), _MAX_NOTE), version)
    if outcome.ending is Ending.EXITED:
        return Blocked("the packages could not be installed", said)
    words = {
        Ending.TIMEOUT: "fetching the packages took too long",
        Ending.OOM: "fetching the packages took too much memory",
        Ending.OUTPUT: "fetching the packages printed too much",
    }
    return Blocked(words[outcome.ending], said)


def _of_version(runner: Runner, told: str, version: str | None) -> Exception:
    """Whose fault it is that another version of the language is demanded; ``told`` is the runner's sentence."""
    place = f"runner {runner.name}"
    if version is None:
        hint = "if candidates were told which one it is, say so under versions; else give an image that has it"
        return InfrastructureError(Problem(place, told, hint=hint))
    wanted = told.partition(" wants ")[2].partition("; this runner has ")[0]
    if re.search(rf"(?<![\d.]){re.escape(version)}(?!\d)", wanted):
        # Who was told 3.11 may want 3.11.9: which of them the image has, nobody has told.
        return InfrastructureError(Problem(place, told, f"candidates were told {version}", "give an image that has it"))
    return Blocked(told)


def _origin(image: Image) -> str:
    """Where an image's packages came from: `` (2 hosts, 12.3 MiB: a, b)``; empty when from nowhere."""
    hosts = Traffic.of_label(image.labels.get(EGRESS_LABEL, "")).hosts
    if not hosts:
        return ""
    names = ", ".join(sorted(name.removesuffix(":443") for name in hosts))
    count = f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}"
    return f" ({count}, {sum(hosts.values()) / (1 << 20):.1f} MiB: {names})"

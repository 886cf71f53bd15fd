"""What doctor looks at: each finding has a state, a fact and, where it is not well, how to mend it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from gradekit import runner as runners
from gradekit.cli import assemble
from gradekit.cli import config as configuration
from gradekit.errors import GradekitError, InfrastructureError, UsageError
from gradekit.model import Model
from gradekit.progress import Progress
from gradekit.sandbox import docker, setup
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.protocol import Engine
from gradekit.sandbox.runtime import GVISOR

_FIX = "gradekit doctor --fix, as root on Debian or Ubuntu"
_GIT_NEEDED = (2, 32)
_GIT_WANTED = (2, 40)
_FREE_NEEDED = 2 << 30
_FREE_WANTED = 5 << 30


class Finding(Model):
    """One line of doctor."""

    state: Literal["ok", "warn", "fail"]
    subject: str
    fact: str
    mend: str = ""


def examine(config: configuration.Config) -> list[Finding]:
    """Look at everything that grading needs; nothing is changed."""
    environment = configuration.environment(config)
    found = [_python(), _git(), _config(config)]
    try:
        engine = docker.connect(runtime=config.runtime)
    except (InfrastructureError, UsageError) as error:
        found.append(
            Finding(
                state="fail",
                subject="engine",
                fact=f"{error.problems[0].place}: {error.problems[0].what}",
                mend=error.problems[0].hint if isinstance(error, UsageError) else _FIX,
            )
        )
        return [*found, _disk(Path("/"))]
    found += _engine(engine, str(engine.endpoint))
    found += _images(engine, config)
    found += [_cache(engine, config), _disk(Path("/")), _state(environment)]
    return found


def mend(config: configuration.Config, progress: Progress) -> None:
    """Install and start an engine where that is possible, and build the images that the known challenges need.

    Raises:
        InfrastructureError: it cannot be mended from here; the message has the commands.
    """
    environment = configuration.environment(config)
    setup.ensure_engine(progress.note)
    folder = runners.runners_folder(environment)
    assemble.built(assemble.wanted_images(config), docker.connect(), progress, folder)


def _python() -> Finding:
    return Finding(state="ok", subject="python", fact=f"{platform.python_version()} at {sys.executable}")


def _git() -> Finding:
    git = shutil.which("git")
    if git is None:
        return Finding(state="fail", subject="git", fact="not found", mend="install git 2.40 or newer")
    said = subprocess.run([git, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603
    match = re.search(r"(\d+)\.(\d+)", said)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    state: Literal["ok", "warn", "fail"] = (
        "ok" if version >= _GIT_WANTED else "warn" if version >= _GIT_NEEDED else "fail"
    )
    wish = "" if state == "ok" else "update git: older versions have known faults in handling hostile repositories"
    return Finding(state=state, subject="git", fact=said.strip(), mend=wish)


def _config(config: configuration.Config) -> Finding:
    if not config.sources:
        return Finding(state="ok", subject="config", fact="defaults, no gradekit.toml")
    return Finding(
        state="ok", subject="config", fact="; ".join(f"{key} from {source}" for key, source in config.sources.items())
    )


def _engine(engine: DockerEngine, endpoint: str) -> list[Finding]:
    isolation = engine.isolation()
    rooted = "rootless" if isolation.rootless else "user namespaces" if isolation.userns else "rootful"
    found = [Finding(state="ok", subject="engine", fact=f"{isolation.engine} at {endpoint}, cgroup {isolation.cgroup}")]
    weak = not isolation.runtime.startswith(GVISOR) and rooted == "rootful"
    found.append(
        Finding(
            state="ok",
            subject="isolation",
            fact=f"{isolation.runtime}, {rooted}, seccomp {isolation.seccomp}",
            mend=_wall(engine) if weak else "",
        )
    )
    return found


def _wall(engine: DockerEngine) -> str:
    """What one more wall around candidate code would take."""
    there = next((name for name in engine.runtimes if name.startswith(GVISOR)), None)
    if there is not None:
        return f"for high stakes: the engine has gVisor; set GRADEKIT_RUNTIME={there} to use it"
    return "for high stakes: gVisor (runsc) or a rootless engine puts one more wall around candidate code"


def _images(engine: Engine, config: configuration.Config) -> list[Finding]:
    try:
        folder = runners.runners_folder(configuration.environment(config))
        tags = {name: runners.find(folder, name).tag for name in assemble.wanted_images(config)}
    except GradekitError as error:
        return [Finding(state="fail", subject="runners", fact=str(error))]
    missing = [name for name, tag in tags.items() if engine.image(tag) is None]
    if missing:
        return [
            Finding(
                state="warn",
                subject="images",
                fact=f"not built: {', '.join(missing)}",
                mend=f"gradekit runner build {' '.join(missing)} (the first grading does it too)",
            )
        ]
    found = [Finding(state="ok", subject="images", fact=", ".join(tags.values()))]
    for name, tag in tags.items():
        image = engine.image(tag)
        if image is not None and image.stand_in:
            fact = f"{name}: {image.stand_in}: checks that use it are passed or cannot be graded, never failed"
            mend = f"pull the official image, then gradekit runner build {name}"
            found.append(Finding(state="warn", subject="images", fact=fact, mend=mend))
    return found


def _cache(engine: DockerEngine, config: configuration.Config) -> Finding:
    try:
        use = engine.cache.use()
    except InfrastructureError as error:
        return Finding(state="fail", subject="cache", fact=str(error))
    limit = config.cache_bytes
    count = f"{use.entries} set{'' if use.entries == 1 else 's'} of packages"
    return Finding(
        state="ok" if use.size <= limit else "warn",
        subject="cache",
        fact=f"{count}, {use.size / (1 << 20):.1f} MiB of {limit / (1 << 20):.0f} MiB",
        mend="" if use.size <= limit else "the next run that fetches packages removes some; gradekit clean --cache all",
    )


def _disk(path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    state: Literal["ok", "warn", "fail"] = "ok" if free >= _FREE_WANTED else "warn" if free >= _FREE_NEEDED else "fail"
    return Finding(
        state=state,
        subject="disk",
        fact=f"{free / (1 << 30):.1f} GiB free",
        mend="" if state == "ok" else "gradekit clean --cache removes cached packages",
    )


def _state(environment: Mapping[str, str]) -> Finding:
    folder = configuration.state_folder(environment)
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(existing, os.W_OK):
        return Finding(state="ok", subject="state", fact=f"runs are kept in {folder}")
    return Finding(
        state="warn", subject="state", fact=f"{folder} cannot be written", mend="give --out, or set XDG_STATE_HOME"
    )

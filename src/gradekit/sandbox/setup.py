"""Gets a machine to the point where an engine answers: installs and starts Docker where it may, else says how."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.docker import connect

LOG = Path("/var/log/gradekit-dockerd.log")
"""What an engine started here prints."""
SOCKET = Path("/var/run/docker.sock")
START_TIMEOUT = 30.0
"""Seconds until a started engine must answer."""
_PID_FILES = {Path("/var/run/docker.pid"): "dockerd", Path("/var/run/docker/containerd/containerd.pid"): "containerd"}
_PACKAGES = ("docker.io", "iptables")
_INSTALL: Mapping[str, tuple[str, ...]] = {
    "debian": ("apt-get update", "apt-get install -y docker.io"),
    "fedora": ("dnf install -y moby-engine",),
    "arch": ("pacman -S --noconfirm docker",),
    "suse": ("zypper install -y docker",),
    "alpine": ("apk add docker",),
}
_FAMILIES = {"ubuntu": "debian", "rhel": "fedora", "centos": "fedora", "opensuse": "suse", "sles": "suse"}


def ensure_engine(progress: Callable[[str], None] = lambda _: None, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Have an engine that answers; True when this call started one.

    It installs and starts Docker only as root on Debian or Ubuntu, and only where no DOCKER_HOST points elsewhere.

    Raises:
        InfrastructureError: there is none and it cannot be had; the message has the commands to run.
    """
    if answers(environ):
        return False
    host = environ.get("DOCKER_HOST", "")
    if host and host not in {f"unix://{SOCKET}", "unix:///run/docker.sock"}:
        raise InfrastructureError(
            Problem(
                "DOCKER_HOST",
                f"no engine answers at {host}",
                hint="start it, or unset DOCKER_HOST to use the local one",
            )
        )
    system, release = sys.platform, read_os_release()
    installed = shutil.which("dockerd") is not None
    if os.geteuid() != 0 or family(system, release) != "debian":
        if SOCKET.exists() and not os.access(SOCKET, os.R_OK | os.W_OK):
            raise InfrastructureError(
                Problem(
                    "docker",
                    f"you may not use {SOCKET}",
                    hint="run `sudo usermod -aG docker $USER` and log in again; that group has root's rights",
                )
            )
        raise InfrastructureError(missing(commands(system, release, root=os.geteuid() == 0, installed=installed)))
    if not installed:
        progress("installing Docker from the distribution's packages")
        install()
    if wait(3.0 if not installed else 0.0):
        return True
    progress("starting the Docker engine")
    start()
    if not wait(START_TIMEOUT):
        raise InfrastructureError(
            Problem(
                "docker", f"the engine did not answer within {START_TIMEOUT:g} s", hint=f"see {LOG}", excerpt=tail(LOG)
            )
        )
    return True


def answers(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether an engine answers now.

    Raises:
        UsageError: a setting names an engine that cannot be used.
    """
    try:
        connect(environ=environ, timeout=5.0).close()
    except InfrastructureError:
        return False
    return True


def wait(seconds: float) -> bool:
    """Wait until an engine answers."""
    end = time.monotonic() + seconds
    while not (found := answers()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def install() -> None:
    """Install Docker with apt-get.

    Raises:
        InfrastructureError: that failed; the message has its last lines.
    """
    for argv in (["apt-get", "update", "-q"], ["apt-get", "install", "-qy", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(  # noqa: S603 - fixed argument lists
            argv,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
            raise InfrastructureError(
                Problem(
                    " ".join(argv), f"it ended with {done.returncode}", hint="run it by hand and mend it", excerpt=last
                )
            )


def start(log: Path = LOG, argv: Sequence[str] = ("dockerd",)) -> None:
    """Start the engine so that it outlives us and holds nothing of ours open.

    Raises:
        InfrastructureError: it could not be launched.
    """
    if Path("/run/systemd/system").is_dir() and argv == ("dockerd",):
        argv, log = ("systemctl", "start", "docker"), Path(os.devnull)
    for path, program in _PID_FILES.items():
        remove_stale(path, program)
    try:
        with log.open("ab") as output:
            # A session of its own: neither a Ctrl-C of ours nor a CI that waits for our pipes to close reaches it.
            subprocess.run(  # noqa: S603 - fixed argument lists
                [shutil.which("setsid") or "setsid", "--fork", *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                close_fds=True,
                check=True,
            )
    except (OSError, subprocess.CalledProcessError) as error:
        raise InfrastructureError(Problem("dockerd", f"it cannot be started: {error}")) from error


def remove_stale(path: Path, program: str, proc: Path = Path("/proc")) -> bool:
    """Remove a pid file whose process is gone or is another program; True when it was removed."""
    try:
        number = int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return False
    except ValueError:
        number = 0
    try:
        running = number > 0 and (proc / str(number) / "comm").read_text(encoding="utf-8").strip() == program
    except OSError:
        running = False
    if not running:
        path.unlink(missing_ok=True)
    return not running


def tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log; empty when there is none."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def read_os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """The fields of os-release; empty where there is none."""
    try:
        return parse_os_release(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}


def parse_os_release(text: str) -> dict[str, str]:
    """The fields of an os-release file, quotes removed."""
    fields = (line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _, value in fields}


def family(system: str, release: Mapping[str, str]) -> str:
    """``debian``, ``fedora``, ``arch``, ``suse``, ``alpine``, ``macos`` or ``other``."""
    if system == "darwin":
        return "macos"
    for word in (release.get("ID", ""), *release.get("ID_LIKE", "").split()):
        name = _FAMILIES.get(word.split("-")[0], word.split("-")[0])
        if name in _INSTALL:
            return name
    return "other"


def commands(system: str, release: Mapping[str, str], *, root: bool, installed: bool) -> tuple[str, ...]:
    """What a person must run to have an engine; empty where that cannot be told."""
    kind = family(system, release)
    if kind == "macos":
        return (*(() if installed else ("brew install --cask docker",)), "open -a Docker")
    if kind == "other" and not installed:
        return ()
    begin = "rc-service docker start" if kind == "alpine" else "systemctl start docker"
    steps = (*(() if installed else _INSTALL[kind]), begin)
    return steps if root else (*(f"sudo {step}" for step in steps), "sudo usermod -aG docker $USER")


def missing(steps: Sequence[str]) -> Problem:
    """The complaint that no engine answers, with what to run."""
    return Problem(
        "docker",
        "no container engine answers",
        "Docker Engine 20.10 or later" if not steps else "",
        f"run: {' && '.join(steps)}" if steps else "install and start it, then run `gradekit doctor`",
    )

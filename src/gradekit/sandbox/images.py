"""Builds the runners' images, and finds the machine's own certificates and package index settings for it."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from ast import literal_eval
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import docker.errors
from requests.exceptions import RequestException

from gradekit import runner
from gradekit.errors import InfrastructureError, Problem
from gradekit.runner import Runner
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.protocol import Image
from gradekit.scratch import scratch

Progress = Callable[[str], None]
"""Takes one line of what is going on."""
DIGEST_LABEL = "io.gradekit.digest"
CA_FILE = "gradekit-ca.pem"
"""The certificates in a build context and in the deps phase's /in."""
_CA_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_INDEX_OPTIONS = {
    "index-url": "PIP_INDEX_URL",
    "extra-index-url": "PIP_EXTRA_INDEX_URL",
    "trusted-host": "PIP_TRUSTED_HOST",
}
_MIRRORS = ("MAVEN_MIRROR", "BUNDLE_MIRROR__ALL", "COMPOSER_MIRROR")
"""Variables that name the one registry of Java's, Ruby's and PHP's packages."""
_OFFLINE = re.compile(
    r"temporary failure (?:in name resolution|resolving)|could not resolve|name or service not known"
    r"|network is unreachable"
    r"|could not connect|failed to establish a new connection|connection timed out"
    r"|network bridge not found|could not find bridge"
    r"|connection (?:refused|reset)|could not find a version that satisfies",
    re.IGNORECASE,
)
_BUILD_SILENCE: Final = 900
"""Seconds that a build may print nothing."""
_INSTALL_MMDEBSTRAP = ["apt-get", "install", "-qy", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring"]
_MMDEBSTRAP = [
    "mmdebstrap",
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "bookworm",
]
_building = threading.Lock()


def ensure(
    names: Iterable[str],
    progress: Progress = lambda _: None,
    *,
    folder: Path | None = None,
    engine: DockerEngine | None = None,
) -> dict[str, Image]:
    """The images of the named runners, built as far as they are missing.

    Raises:
        UsageError: there is no such runner.
        InfrastructureError: the engine, the base image or a build failed.
    """
    where = folder or runner.runners_folder()
    wanted = {name: runner.find(where, name) for name in names}
    with _connected(engine) as using:
        images = {name: found for name, item in wanted.items() if (found := _local(using, item)) is not None}
        if len(images) < len(wanted):
            with _building:
                for name, item in wanted.items():
                    images[name] = _local(using, item) or build(item, progress, engine=using)
    return images


def build(item: Runner, progress: Progress = lambda _: None, *, engine: DockerEngine | None = None) -> Image:
    """Build a runner's image, whether or not it exists.

    Raises:
        InfrastructureError: it cannot be built; the excerpt is what the build said last.
    """
    last: deque[str] = deque(maxlen=15)

    def note(line: str) -> None:
        last.append(line)
        progress(line)

    with _connected(engine) as using:
        arguments = {"BASE": base_image(progress, engine=using), **registry_env()}
        for network in (None, "host"):
            last.clear()
            failure = _build_once(using, item, arguments, network, note)
            if failure is None:
                break
            if network == "host" or not _OFFLINE.search("\n".join([*last, failure])):
                raise InfrastructureError(
                    Problem(f"image {item.tag}", f"it cannot be built: {failure}", excerpt="\n".join(last))
                )
            progress(f"{item.tag}: the build has no network; trying the host's")
        image = _local(using, item)
    if image is None:
        raise InfrastructureError(Problem(f"image {item.tag}", "the engine reported a build but has no such image"))
    return image


@contextmanager
def _connected(engine: DockerEngine | None) -> Iterator[DockerEngine]:
    """The given engine, or one of our own that is closed again."""
    if engine is not None:
        yield engine
        return
    own = connect()
    try:
        yield own
    finally:
        own.close()


def _local(engine: DockerEngine, item: Runner) -> Image | None:
    found = engine.image(item.tag)
    return found if found is not None and found.labels.get(DIGEST_LABEL) == item.digest else None


def _context(item: Runner) -> bytes:
    """The build context: the runner's files with plain modes, and the certificates (possibly none)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:

        def add(name: str, data: bytes, *, executable: bool = False) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o755 if executable else 0o644
            archive.addfile(member, io.BytesIO(data))

        for path in runner.image_files(item.folder):
            add(
                path.relative_to(item.folder).as_posix(),
                path.read_bytes(),
                executable=bool(path.stat().st_mode & 0o100),
            )
        add(CA_FILE, ca_bundle() or b"")
    return buffer.getvalue()


def _build_once(
    engine: DockerEngine, item: Runner, arguments: Mapping[str, str], network: str | None, progress: Progress
) -> str | None:
    """Build once; the engine's complaint, or None."""
    client = engine.client.patient(_BUILD_SILENCE)
    try:
        stream: Any = client.sdk.api.build(
            fileobj=io.BytesIO(_context(item)),
            custom_context=True,
            tag=item.tag,
            buildargs=dict(arguments),
            labels={DIGEST_LABEL: item.digest},
            network_mode=network,
            rm=True,
            forcerm=True,
            decode=True,
        )
        for message in stream:
            if "error" in message:
                return str(message["error"]).strip()
            for line in str(message.get("stream", "")).splitlines():
                if line.strip():
                    progress(line.rstrip())
    except (docker.errors.DockerException, RequestException) as error:
        return str(error)
    finally:
        client.close()
    return None


def base_image(
    progress: Progress = lambda _: None, *, name: str | None = None, engine: DockerEngine | None = None
) -> str:
    """The name of the image that runners start from: local, pulled, or made with mmdebstrap.

    Raises:
        InfrastructureError: none of the three worked; the message has the commands to run.
    """
    wanted = name or runner.base_name()
    with _connected(engine) as using:
        if using.image(wanted) is not None:
            return wanted
        progress(f"{wanted}: pulling")
        try:
            using.client.sdk.images.pull(wanted)
        except (docker.errors.DockerException, RequestException) as error:
            failure = " ".join(str(error).split())
        else:
            return wanted
        if wanted != (name or runner.BASE):
            what, hint = f"it cannot be pulled: {failure}", "unset or mend GRADEKIT_BASE_IMAGE"
            raise InfrastructureError(Problem(f"image {wanted}", what, hint=hint))
        progress(f"{wanted}: it cannot be pulled; making it from the distribution's packages")
        _bootstrap(using, wanted, failure, progress)
    return wanted


def _bootstrap(engine: DockerEngine, name: str, pull_failure: str, progress: Progress) -> None:
    """Make the base image out of the distribution's packages, as root on Debian or Ubuntu."""
    problem = Problem(
        f"image {name}",
        f"it cannot be pulled: {pull_failure}",
        hint=f"run `docker pull {name}`, or on Debian or Ubuntu as root: "
        "`apt-get install mmdebstrap debian-archive-keyring && "
        f"mmdebstrap --variant=minbase --include=ca-certificates bookworm - | docker import - {name}`",
    )
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise InfrastructureError(problem)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with scratch("base") as folder:
        target = Path(folder, "base.tar")
        steps = [] if shutil.which("mmdebstrap") else [["apt-get", "update", "-q"], _INSTALL_MMDEBSTRAP]
        steps.append([*_MMDEBSTRAP, str(target)])
        for argv in steps:
            progress(f"$ {' '.join(argv)}")
            done = subprocess.run(  # noqa: S603 - fixed argument lists
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode != 0:
                tail = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
                raise InfrastructureError(problem, Problem(argv[0], f"it ended with {done.returncode}", excerpt=tail))
        repository, _, tag = name.rpartition(":")
        try:
            engine.client.sdk.api.import_image_from_file(
                str(target), repository=repository, tag=tag, changes=["CMD /bin/sh"]
            )
        except (docker.errors.DockerException, RequestException) as error:
            raise InfrastructureError(problem, Problem("docker import", str(error))) from error


def ca_bundle(environ: Mapping[str, str] = os.environ) -> bytes | None:
    """The certificates that this machine trusts package registries by, or None for the image's own.

    Raises:
        InfrastructureError: GRADEKIT_CA_BUNDLE cannot be read.
    """
    chosen = environ.get("GRADEKIT_CA_BUNDLE")
    if chosen:
        try:
            return Path(chosen).read_bytes()
        except OSError as error:
            raise InfrastructureError(
                Problem(
                    "GRADEKIT_CA_BUNDLE", f"{chosen!r} cannot be read: {error.strerror}", "a file of PEM certificates"
                )
            ) from error
    for path in (*(environ.get(name) for name in _CA_VARIABLES), pip_options().get("cert")):
        if path and Path(path).is_file():
            return Path(path).read_bytes()
    return None


def registry_env(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment by which a container finds package registries as this machine does: index settings and proxies.

    Only what a container can reach is passed on: no folders of this machine.
    """
    found: dict[str, str] = {}
    for option, variable in _INDEX_OPTIONS.items():
        value = environ.get(variable) or pip_options().get(option, "")
        words = [word for word in value.split() if option == "trusted-host" or word.startswith(("http://", "https://"))]
        if words:
            found[variable] = " ".join(words)
    registry = npm_registry(environ)
    if registry.startswith(("http://", "https://")):
        found["npm_config_registry"] = registry
    for name in _MIRRORS:
        mirror = environ.get(name, "")
        if mirror.startswith(("http://", "https://")):
            found[name] = mirror
    for name in _PROXIES:
        value = environ.get(name) or environ.get(name.lower(), "")
        if value:
            found[name] = found[name.lower()] = value
    return found


def npm_registry(environ: Mapping[str, str] = os.environ) -> str:
    """The registry that npm's environment or its user's own file names here; empty for npm's default."""
    home = environ.get("HOME")
    file = environ.get("npm_config_userconfig") or (f"{home}/.npmrc" if home else os.devnull)
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    named = [environ.get(name, "") for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY")]
    named += re.findall(r"""^[ \t]*registry[ \t]*=[ \t]*["']?([^\s"']+)""", text, re.MULTILINE)[-1:]
    return next(filter(None, named), "")


@cache
def pip_options() -> Mapping[str, str]:
    """What pip's configuration files say on this machine, by option name; empty where there is no pip."""
    for argv in ([sys.executable, "-m", "pip"], [shutil.which("pip3") or "pip3"]):
        try:
            done = subprocess.run(  # noqa: S603 - fixed argument lists
                [*argv, "config", "list"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return parse_pip_config(done.stdout)
    return {}


def parse_pip_config(text: str) -> dict[str, str]:
    """Options of ``pip config list``: ``install`` stands above ``global``, the environment's are left out."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        section, _, option = key.partition(".")
        if equals and section in sections:
            try:
                sections[section][option] = str(literal_eval(value))
            except (SyntaxError, ValueError):
                continue
    return {**sections["global"], **sections["install"]}

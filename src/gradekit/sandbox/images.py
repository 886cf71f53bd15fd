"""Builds the runners' images, and finds the machine's own certificates and package index settings for it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from ast import literal_eval
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import docker.errors
from requests.exceptions import RequestException

from gradekit import runner
from gradekit.errors import InfrastructureError, Problem
from gradekit.runner import Runner
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import BASE_LABEL, STAND_IN_LABEL, VERSIONS_LABEL, Image
from gradekit.scratch import scratch
from gradekit.texts import clean

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
_MIRRORS = ("MAVEN_MIRROR", "BUNDLE_MIRROR__ALL", "COMPOSER_MIRROR", "GOPROXY")
"""Variables that name the one registry of Java's, Ruby's, PHP's and Go's packages."""
_OFFLINE = re.compile(
    r"temporary failure (?:in name resolution|resolving)|could not resolve|name or service not known"
    r"|network is unreachable"
    r"|could not connect|failed to establish a new connection|connection timed out"
    r"|network bridge not found|could not find bridge"
    r"|connection (?:refused|reset)|could not find a version that satisfies",
    re.IGNORECASE,
)
_VERSIONS_TIME: Final = 60.0
"""Seconds for all `versions` commands of a runner."""
_MAX_VERSIONS: Final = 16 << 10
_MAX_LINE: Final = 200
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
    jobs: int = 1,
    labelled: bool = False,
    done: Callable[[str, float], None] = lambda _name, _seconds: None,
) -> dict[str, Image]:
    """The images of the named runners, built as far as they are missing, up to ``jobs`` at a time.

    ``labelled``: an older image that does not say its base and versions counts as missing, too. ``done`` is told the
    name and the seconds of each build.

    Raises:
        UsageError: there is no such runner.
        InfrastructureError: the engine, the base image or a build failed.
    """
    where = folder or runner.runners_folder()
    wanted = {name: runner.find(where, name) for name in names}
    with _connected(engine) as using:
        images = {name: found for name, item in wanted.items() if (found := _local(using, item, labelled)) is not None}
        missing = [name for name in wanted if name not in images]
        if missing:
            with _building:
                # Once for all, before they ask for it together.
                base_image(progress, engine=using)

                def one(name: str) -> Image:
                    begun = time.monotonic()
                    found = _local(using, wanted[name], labelled)
                    if found is None:
                        found = build(wanted[name], progress, engine=using)
                        done(name, time.monotonic() - begun)
                    return found

                with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="gradekit-build") as pool:
                    images |= dict(zip(missing, pool.map(one, missing), strict=True))
    return {name: images[name] for name in wanted}


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
        official = _official(using, item, progress)
        base = official or base_image(progress, engine=using)
        found = using.image(base)
        labels = {DIGEST_LABEL: item.digest, BASE_LABEL: f"{base} {found.id if found else ''}".strip()}
        if official is None and item.official is not None:
            labels[STAND_IN_LABEL] = item.official
        arguments = {"BASE": base, **registry_env()}
        for network in (None, "host"):
            last.clear()
            failure = _build_once(
                using, item, _context(item), arguments=arguments, labels=labels, network=network, progress=note
            )
            if failure is None:
                break
            if network == "host" or not _OFFLINE.search("\n".join([*last, failure])):
                raise InfrastructureError(
                    Problem(f"image {item.tag}", f"it cannot be built: {failure}", excerpt="\n".join(last))
                )
            progress(f"{item.tag}: the build has no network; trying the host's")
        _note_versions(using, item, labels, note)
        image = _local(using, item)
    if image is None:
        raise InfrastructureError(Problem(f"image {item.tag}", "the engine reported a build but has no such image"))
    return image


def _official(engine: DockerEngine, item: Runner, progress: Progress) -> str | None:
    """The official image that a runner names, if it is here or can be had."""
    wanted = item.official
    if wanted is None or engine.image(wanted) is not None:
        return wanted
    progress(f"{wanted}: pulling")
    try:
        engine.client.sdk.images.pull(wanted)
    except (docker.errors.DockerException, RequestException) as error:
        failure = " ".join(str(error).split())
        progress(f"{wanted}: it cannot be pulled ({failure}); {item.tag} gets what stands in for it")
        return None
    return wanted


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


def _local(engine: DockerEngine, item: Runner, labelled: bool = False) -> Image | None:
    found = engine.image(item.tag)
    if found is None or found.labels.get(DIGEST_LABEL) != item.digest:
        return None
    whole = not labelled or (BASE_LABEL in found.labels and (VERSIONS_LABEL in found.labels or not item.versions))
    return found if whole else None


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


def _note_versions(engine: DockerEngine, item: Runner, labels: Mapping[str, str], progress: Progress) -> None:
    """Ask a fresh image what is inside, and label it with that; one that does not answer has no versions.

    Raises:
        InfrastructureError: the label cannot be put on.
    """
    image = _local(engine, item)
    if image is None or not item.versions:
        return
    said = json.dumps(versions_inside(engine, item, image.id))
    failure = _build_once(
        engine,
        item,
        _labelling(image.id),
        arguments={},
        labels={**labels, VERSIONS_LABEL: said},
        network="none",
        progress=lambda _line: None,
    )
    if failure is not None:
        progress(f"{item.tag}: its versions could not be noted: {failure}")


def versions_inside(engine: DockerEngine, item: Runner, image: str) -> Sequence[str]:
    """What a runner's `versions` commands print in a container of an image, one line each; nothing where they fail."""
    script = "".join(f"{{ {command}\n}} 2>&1 | tr '\\n' ' '; echo\n" for command in item.versions)
    printed, _ = _ask(engine, image, script, seconds=_VERSIONS_TIME)
    lines = (clean(" ".join(line.split()), _MAX_LINE) for line in (printed or "").splitlines())
    return tuple(filter(None, lines))


def brought(engine: DockerEngine, item: Runner, reference: str, note: Progress) -> Image:
    """An image of an author's own that stands for a runner's: a local one, never pulled, with the runner's programs.

    Whether these do what runners/README.md says is not looked at here: `gradekit runner test --image` does.

    Raises:
        InfrastructureError: there is no such image here, or it lacks a program.
    """
    image = engine.image(reference)
    if image is None:
        what, hint = "it is not on this engine, and gradekit pulls nothing for you", f"run `docker pull {reference}`"
        raise InfrastructureError(Problem(f"image {reference}", what, hint=hint))
    note(f"runner {item.name}: image {reference}, {image.id}, instead of the one of its folder")
    programs = [item.argv(verb)[0] for verb in item.verbs]
    tests = "".join(f"test -f {path} -a -x {path} || echo {path}\n" for path in programs)
    script = f"{tests}find {runner.BIN} -type f -perm /022 2>&1 | head -n 5"
    lacking, said = _ask(engine, image.id, script, seconds=_VERSIONS_TIME)
    if lacking is None:
        raise InfrastructureError(Problem(f"image {reference}", f"no shell runs in it: {said}", "a runner's image"))
    if lacking.strip():
        names = ", ".join(clean(line, _MAX_LINE) for line in lacking.split())
        what = f"programs of the runner {item.name} are not there, not executable, or others may write them: {names}"
        raise InfrastructureError(Problem(f"image {reference}", what, "the programs of runners/README.md"))
    versions = image.versions or versions_inside(engine, item, image.id)
    return replace(image, labels={**image.labels, VERSIONS_LABEL: json.dumps(list(versions))})


def _ask(engine: DockerEngine, image: str, script: str, *, seconds: float) -> tuple[str | None, str]:
    """What a shell script prints in a container of a trusted image, without network; or None, and why."""
    client = engine.client.patient(seconds)
    try:
        printed: bytes = client.sdk.containers.run(
            image,
            ["/bin/sh", "-c", f"{{ {script}\n}} | head -c {_MAX_VERSIONS}"],
            entrypoint=[],
            network_mode="none",
            read_only=True,
            tmpfs={"/tmp": "size=16m"},  # noqa: S108 - inside the container
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit="512m",
            pids_limit=64,
            remove=True,
        )
    except (docker.errors.DockerException, RequestException) as error:
        return None, " ".join(str(error).split())
    finally:
        client.close()
    return printed.decode(errors="replace"), ""


def _labelling(image: str) -> bytes:
    """A build context that adds nothing to an image."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        data = f"FROM {image}\n".encode()
        member = tarfile.TarInfo("Dockerfile")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _build_once(
    engine: DockerEngine,
    item: Runner,
    context: bytes,
    *,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    network: str | None,
    progress: Progress,
) -> str | None:
    """Build once; the engine's complaint, or None."""
    client = engine.client.patient(_BUILD_SILENCE)
    try:
        stream: Any = client.sdk.api.build(
            fileobj=io.BytesIO(context),
            custom_context=True,
            tag=item.tag,
            buildargs=dict(arguments),
            labels=dict(labels),
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

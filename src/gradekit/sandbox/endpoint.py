"""Which engine to talk to: explicit host, docker context, well-known sockets, in this order."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gradekit.errors import InfrastructureError, Problem, UsageError

_DOCTOR = "start the engine or set DOCKER_HOST, then run `gradekit doctor`"
_SCHEMES = "expected unix:///path or tcp://host:port with TLS"


@dataclass(frozen=True, slots=True)
class Tls:
    """Client certificate files; ``ca`` None means the system's authorities."""

    ca: Path | None
    cert: Path | None
    key: Path | None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address, and which setting named it (``DOCKER_HOST``, ``context work``, ``socket``)."""

    url: str
    source: str
    tls: Tls | None = None

    def __str__(self) -> str:
        """The address with its source, for people."""
        return f"{self.url} ({self.source})"


def candidates(environ: Mapping[str, str], home: Path, host: str | None = None) -> tuple[Endpoint, ...]:
    """The endpoints to try, best first: exactly one when a setting names it, else the sockets that exist.

    Args:
        environ: the environment, for ``DOCKER_*`` and ``XDG_RUNTIME_DIR``.
        home: the user's home folder, for ``.docker``.
        host: an address given on the command line; it beats every setting.

    Raises:
        UsageError: a setting names an address or a context that cannot be used.
        InfrastructureError: nothing is set and no socket exists.
    """
    if host:
        return (_named(host, "option", _environment_tls(environ, home)),)
    if environ.get("DOCKER_HOST"):
        return (_named(environ["DOCKER_HOST"], "DOCKER_HOST", _environment_tls(environ, home)),)
    config = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    context = environ.get("DOCKER_CONTEXT") or _current_context(config)
    if context and context != "default":
        return (_from_context(config, context),)
    sockets = _sockets(environ)
    found = tuple(Endpoint(f"unix://{path}", "socket") for path in sockets if path.is_socket())
    if not found:
        tried = ", ".join(map(str, sockets))
        raise InfrastructureError(
            Problem("container engine", "no socket of an engine was found", f"looked at {tried}", _DOCTOR)
        )
    return found


def _sockets(environ: Mapping[str, str]) -> list[Path]:
    runtime = environ.get("XDG_RUNTIME_DIR")
    sockets = [Path("/var/run/docker.sock")]
    if runtime:
        sockets += [Path(runtime) / "docker.sock", Path(runtime) / "podman" / "podman.sock"]
    return [*sockets, Path("/run/podman/podman.sock")]


def _named(url: str, source: str, tls: Tls | None) -> Endpoint:
    """Check an address: a plain-text TCP engine is root on that machine for everybody in between."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return Endpoint(url, source)
    if parts.scheme not in {"tcp", "https"} or not parts.hostname:
        hint = "for a remote engine forward its socket with `ssh -L`, or use TLS"
        raise UsageError(Problem(source, f"{url!r} is not an address that can be used", _SCHEMES, hint))
    if tls is None and not _is_loopback(parts.hostname):
        hint = "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        raise UsageError(Problem(source, f"{url!r} would be used without TLS", _SCHEMES, hint))
    return Endpoint(url, source, tls)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _environment_tls(environ: Mapping[str, str], home: Path) -> Tls | None:
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return None
    folder = Path(environ.get("DOCKER_CERT_PATH") or home / ".docker")
    return Tls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem", verify)


def _current_context(config: Path) -> str | None:
    """The name in the client's own configuration; None when there is no such file or entry."""
    path = config / "config.json"
    try:
        settings = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        hint = "mend the file or set DOCKER_HOST"
        raise UsageError(Problem(str(path), f"cannot be read ({error})", "expected a JSON object", hint)) from error
    name = settings.get("currentContext") if isinstance(settings, dict) else None
    return name if isinstance(name, str) else None


def _from_context(config: Path, name: str) -> Endpoint:
    """The endpoint of a stored context; its folder is named by the digest of the context's name."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    path = config / "contexts" / "meta" / folder / "meta.json"
    try:
        docker = json.loads(path.read_bytes())["Endpoints"]["docker"]
        host, insecure = docker["Host"], bool(docker.get("SkipTLSVerify", False))
    except FileNotFoundError as error:
        known = "expected one of `docker context ls`"
        hint = "choose one with `docker context use`, or unset DOCKER_CONTEXT"
        raise UsageError(Problem("docker context", f"there is no context {name!r}", known, hint)) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "create the context again with `docker context create`"
        raise UsageError(Problem(str(path), f"context {name!r} cannot be read", "", hint)) from error
    files = config / "contexts" / "tls" / folder / "docker"
    tls = None
    if files.is_dir():
        present = {part: files / f"{part}.pem" for part in ("ca", "cert", "key") if (files / f"{part}.pem").is_file()}
        tls = Tls(present.get("ca"), present.get("cert"), present.get("key"), not insecure)
    return _named(str(host), f"context {name}", tls)

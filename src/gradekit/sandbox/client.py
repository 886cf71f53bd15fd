"""The engine's API as the sandbox needs it; every call has a time limit and one kind of error."""

from __future__ import annotations

import json
import math
import re
import socket
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

import docker
import docker.errors
import docker.tls
import requests.exceptions
import urllib3.exceptions

from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.endpoint import Endpoint, Tls
from gradekit.sandbox.image import Image
from gradekit.sandbox.wire import Wire

DOCTOR: Final = "run `gradekit doctor`"
_CGROUPNS_SINCE = (1, 41)
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.2
_CHAIN = 12
_STAMP = re.compile(rb"(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<part>\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d) ")
"""How the engine begins a line of a log that it is asked to date."""
_LATER = 1e-6
_COMPLAINTS: Mapping[type[OSError], str] = {
    FileNotFoundError: "there is no such socket",
    PermissionError: "permission denied; your user must be in the group docker",
    ConnectionRefusedError: "nothing listens there",
}


class MissingError(InfrastructureError):
    """The engine has no such object."""


@dataclass(frozen=True, slots=True)
class State:
    """A container's state; ``exit_code`` means nothing while it runs."""

    running: bool
    exit_code: int
    oom: bool
    status: str


@dataclass(frozen=True, slots=True)
class Found:
    """An object of the engine with its labels; ``created`` is what the engine says, possibly empty."""

    id: str
    name: str
    labels: Mapping[str, str]
    created: str = ""
    running: bool = False
    image: str = ""
    """For containers: the name of the image it was made from, as far as it has one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine says about itself."""

    name: str
    version: str
    runtime: str
    """The one that is used when none is asked for."""
    runtimes: Mapping[str, Sequence[str]]
    """All that may be asked for, with the flags that the engine starts them with."""
    options: Sequence[str]
    cgroup: str
    cpus: int
    cgroupns: bool


def _plain(error: BaseException) -> str | None:
    """The operating system's complaint at the bottom of a chain of wrapped errors, in words."""
    seen = 0
    cause: BaseException | None = error
    while cause is not None and seen < _CHAIN:
        for found in (cause, *cause.args):
            for kind, words in _COMPLAINTS.items():
                if isinstance(found, kind):
                    return words
        cause = cause.__cause__ or cause.__context__
        seen += 1
    return None


class Client:
    """A thread-safe connection to one engine.

    Every method raises ``InfrastructureError`` whose place is the endpoint; ``MissingError`` when the
    object is not there. Objects that are already gone are no error to ``kill`` and ``remove``.
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float = 60.0, version: str = "auto") -> None:
        """Connect; ``timeout`` in seconds bounds the silence of every later call.

        Raises:
            InfrastructureError: nothing answers there.
        """
        self.endpoint = endpoint
        tls: docker.tls.TLSConfig | bool = False
        with self._calling("be reached"):
            _knock(endpoint, timeout)
            if endpoint.tls is not None:
                tls = _tls(endpoint.tls)
            self.sdk = docker.DockerClient(
                base_url=endpoint.url, version=version, timeout=math.ceil(timeout), tls=tls, max_pool_size=32
            )
        self._api: Any = self.sdk.api
        # Idle connections of a client that somebody forgot are closed with it.
        self._finalizer = weakref.finalize(self, self.sdk.close)

    def patient(self, timeout: float) -> Client:
        """The same engine with another time limit in seconds."""
        return Client(self.endpoint, timeout=timeout, version=self._api.api_version)

    def close(self) -> None:
        """Close idle connections."""
        self._finalizer()

    @contextmanager
    def _calling(self, action: str) -> Iterator[None]:
        try:
            yield
        except docker.errors.NotFound as error:
            raise MissingError(self._problem(action, error)) from error
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
            raise InfrastructureError(self._problem(action, error)) from error

    def _problem(self, action: str, error: Exception) -> Problem:
        why = error.explanation if isinstance(error, docker.errors.APIError) and error.explanation else error
        reason = _plain(error) or " ".join(str(why).split())[:400]
        return Problem(self.endpoint.url, f"the engine could not {action} ({reason})", "", DOCTOR)

    # About the engine and its images.

    def images(self, label: str) -> Sequence[str]:
        """Names of the images that carry a label."""
        with self._calling("list images"):
            found: Sequence[Mapping[str, Any]] = self._api.images(filters={"label": label})
        return sorted(tag for image in found for tag in image.get("RepoTags") or ())

    def remove_image(self, tag: str) -> None:
        """Remove an image by name; harmless when it is gone.

        Raises:
            InfrastructureError: it is in use.
        """
        with suppress(MissingError), self._calling(f"remove {tag}"):
            self._api.remove_image(tag)

    def touch_image(self, tag: str) -> None:
        """Name an image by its name once more, so that the engine notes the time; harmless when it is gone."""
        repository, _, version = tag.rpartition(":")
        with suppress(MissingError), self._calling("name an image"):
            self._api.tag(tag, repository, version)

    def used(self, tag: str) -> str:
        """When an image was last named, or else made; empty when it is gone."""
        try:
            with self._calling("inspect an image"):
                found: Mapping[str, Any] = self._api.inspect_image(tag)
        except MissingError:
            return ""
        named = str((found.get("Metadata") or {}).get("LastTagTime") or "")
        return max(named, str(found.get("Created") or ""))

    def facts(self) -> Facts:
        """Name, version and isolation features."""
        with self._calling("describe itself"):
            info: Mapping[str, Any] = self._api.info()
            version: Mapping[str, Any] = self._api.version()
        components = [str(part.get("Name", "")) for part in version.get("Components") or ()]
        api = tuple(int(part) for part in str(self._api.api_version).split(".")[:2])
        return Facts(
            name="podman" if any("Podman" in name for name in components) else "docker",
            version=str(version.get("Version", "unknown")),
            runtime=str(info.get("DefaultRuntime") or "unknown"),
            runtimes={
                str(known): tuple(map(str, (how or {}).get("runtimeArgs") or ()))
                for known, how in (info.get("Runtimes") or {}).items()
            },
            options=tuple(map(str, info.get("SecurityOptions") or ())),
            cgroup=f"v{info.get('CgroupVersion') or 1}",
            cpus=int(info.get("NCPU") or 1),
            cgroupns=api >= _CGROUPNS_SINCE,
        )

    def root(self) -> str:
        """The folder of its machine where it keeps everything; empty when it does not say."""
        with self._calling("describe itself"):
            return str(self._api.info().get("DockerRootDir") or "")

    def nameless_images(self, label: str) -> Sequence[str]:
        """Ids of the images that carry a label and no name."""
        with self._calling("list images"):
            return sorted(str(image["Id"]) for image in self._api.images(filters={"label": label, "dangling": True}))

    def image(self, tag: str) -> Image | None:
        """A local image, None when there is none of that name."""
        try:
            with self._calling("inspect an image"):
                found: Mapping[str, Any] = self._api.inspect_image(tag)
        except MissingError:
            return None
        labels = (found.get("Config") or {}).get("Labels") or {}
        return Image(tag, str(found["Id"]), dict(labels), int(found.get("Size") or 0), str(found.get("Created") or ""))

    # Containers.

    def create(self, name: str, body: Mapping[str, object]) -> str:
        """Create a container from the body of an API request; returns its id."""
        with self._calling("create a container"):
            return str(self._api.create_container_from_config(dict(body), name)["Id"])

    def start(self, container: str) -> None:
        """Start it; returns when its process runs."""
        with self._calling("start a container"):
            self._api.start(container)

    def attach(self, container: str) -> Wire:
        """Connect to its stdin, stdout and stderr; to be done before it starts."""
        parameters = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with self._calling("attach to a container"):
            return Wire(self._api.attach_socket(container, params=parameters))

    def execute(self, container: str, argv: Sequence[str], uid: int) -> tuple[str, Wire]:
        """Start a further process in a running container; its id and its stdio."""
        with self._calling("start a process in a container"):
            made = self._api.exec_create(container, list(argv), stdin=True, user=f"{uid}:{uid}")
            return str(made["Id"]), Wire(self._api.exec_start(made["Id"], socket=True))

    def execute_on_terminal(
        self, container: str, argv: Sequence[str], uid: int, env: Mapping[str, str]
    ) -> tuple[str, Wire]:
        """Start a further process on a terminal of its own in a running container; its id and the terminal."""
        with self._calling("start a process in a container"):
            made = self._api.exec_create(
                container, list(argv), stdin=True, tty=True, user=f"{uid}:{uid}", environment=dict(env)
            )
            return str(made["Id"]), Wire(self._api.exec_start(made["Id"], tty=True, socket=True))

    def resize(self, execution: str, rows: int, columns: int) -> None:
        """Tell a further process how large its terminal is; it may have ended."""
        with suppress(InfrastructureError), self._calling("resize a terminal"):
            self._api.exec_resize(execution, height=rows, width=columns)

    def exit_code(self, execution: str) -> int | None:
        """The exit code of a further process, None while it runs."""
        with self._calling("inspect a process"):
            found: Mapping[str, Any] = self._api.exec_inspect(execution)
        return None if found.get("Running") else found.get("ExitCode")

    def state(self, container: str) -> State:
        """Whether and how it ended."""
        with self._calling("inspect a container"):
            state: Mapping[str, Any] = self._api.inspect_container(container)["State"]
        return State(
            running=bool(state.get("Running")),
            exit_code=int(state.get("ExitCode") or 0),
            oom=bool(state.get("OOMKilled")),
            status=str(state.get("Status") or ""),
        )

    def wait(self, container: str, timeout: float) -> State:
        """Wait until it has ended, at most ``timeout`` seconds; its state then.

        Asks again and again: the engine's own wait can only be left by a read timeout, which looks like a
        broken connection.
        """
        deadline = time.monotonic() + timeout
        pause = _FIRST_PAUSE
        while (state := self.state(container)).running and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return state

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        """Send its main process a signal, by default kill it at once; harmless when it does not run."""
        try:
            with self._calling("kill a container"):
                self._api.kill(container, signal)
        except MissingError:
            return
        except InfrastructureError as error:
            if not _is_conflict(error):
                raise

    def remove(self, container: str) -> None:
        """Kill and remove it with its anonymous volumes; harmless when it is gone or going."""
        try:
            with self._calling("remove a container"):
                self._api.remove_container(container, force=True, v=True)
        except MissingError:
            return
        except InfrastructureError as error:
            if not _is_conflict(error):
                raise

    def log(self, container: str, size: int, since: float = 0.0) -> bytes:
        """The last ``size`` bytes that its main process printed, after ``since`` as ``last_logged`` tells it."""
        with self._calling("read a log"):
            # In one piece: a log of ours is capped, and docker-py reads streams without a time limit.
            data: bytes = self._api.logs(
                container,
                stream=False,
                follow=False,
                tail=2000,
                # The engine takes what is as old as that, too, and a float is less exact than its clock.
                since=since + _LATER if since else None,
            )
        return data[-size:]

    def last_logged(self, container: str) -> float:
        """When its main process last printed something, in seconds since 1970 on the engine's clock; 0.0 for never."""
        with self._calling("read a log"):
            data: bytes = self._api.logs(container, stream=False, follow=False, tail=1, timestamps=True)
        stamp = _STAMP.match(data)
        if stamp is None:
            return 0.0
        second = datetime.fromisoformat((stamp["second"] + stamp["zone"]).decode())
        return second.timestamp() + float(stamp["part"] or 0)

    # Volumes, images made of containers, and what is left behind.

    def create_volume(self, name: str, options: Mapping[str, str], labels: Mapping[str, str]) -> None:
        """Create a volume of the local driver."""
        with self._calling("create a volume"):
            self._api.create_volume(name, driver="local", driver_opts=dict(options), labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        """Remove it; harmless when it is gone."""
        try:
            with self._calling("remove a volume"):
                self._api.remove_volume(name, force=True)
        except MissingError:
            return

    def remove_network(self, network: str) -> None:
        """Remove it; harmless when it is gone."""
        try:
            with self._calling("remove a network"):
                self._api.remove_network(network)
        except MissingError:
            return

    def put(self, container: str, folder: str, archive: bytes | IO[bytes]) -> None:
        """Unpack a tar into a container that has *never run*."""
        with self._calling("copy files into a new container"):
            self._api.put_archive(container, folder, archive)

    def commit(self, container: str, tag: str, labels: Mapping[str, str]) -> None:
        """Make an image of a container that has never run."""
        repository, _, version = tag.rpartition(":")
        changes = [f'LABEL "{name}"="{value}"' for name, value in labels.items()]
        with self._calling("make an image"):
            self._api.commit(container, repository=repository, tag=version, changes=changes)

    def containers(self, label: str | None = None) -> list[Found]:
        """All containers (with a label), running or not."""
        with self._calling("list containers"):
            filters = {"label": label} if label else {}
            rows: list[Mapping[str, Any]] = self._api.containers(all=True, filters=filters)
        return [
            Found(
                row["Id"],
                str((row.get("Names") or [row["Id"]])[0]).lstrip("/"),
                row.get("Labels") or {},
                str(row.get("Created") or ""),
                row.get("State") == "running",
                str(row.get("Image") or ""),
            )
            for row in rows
        ]

    def description(self, container: str) -> str:
        """All that the engine says of a container, as JSON; empty when it is gone."""
        try:
            with self._calling("inspect a container"):
                return json.dumps(self._api.inspect_container(container))
        except MissingError:
            return ""

    def volumes(self, label: str) -> list[Found]:
        """All volumes with a label."""
        with self._calling("list volumes"):
            rows = self._api.volumes(filters={"label": label}).get("Volumes") or []
        return [
            Found(row["Name"], row["Name"], row.get("Labels") or {}, str(row.get("CreatedAt") or "")) for row in rows
        ]

    def networks(self, label: str) -> list[Found]:
        """All networks with a label."""
        with self._calling("list networks"):
            rows: list[Mapping[str, Any]] = self._api.networks(filters={"label": label})
        return [Found(row["Id"], row["Name"], row.get("Labels") or {}, str(row.get("Created") or "")) for row in rows]


def _knock(endpoint: Endpoint, timeout: float) -> None:
    """Try a local socket first: docker-py says less about why it fails, and leaves its own socket open then."""
    path = endpoint.url.removeprefix("unix://")
    if path != endpoint.url:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(path)


def _tls(files: Tls) -> docker.tls.TLSConfig:
    pair = (str(files.cert), str(files.key)) if files.cert and files.key else None
    return docker.tls.TLSConfig(client_cert=pair, ca_cert=str(files.ca) if files.ca else None, verify=files.verify)


def _is_conflict(error: InfrastructureError) -> bool:
    """Whether the engine refused because the object is not (or no longer) in the needed state."""
    cause = error.__cause__
    return isinstance(cause, docker.errors.APIError) and cause.status_code in {304, 409}

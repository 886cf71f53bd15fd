"""The deps phase: a trusted program fetches packages, and what it leaves becomes a layer of an image."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import IO

from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.cache import CACHE_LABEL, SIZE_LABEL
from gradekit.sandbox.client import DOCTOR, Client
from gradekit.sandbox.container import OWNER_LABEL, PIDNS_LABEL, RUN_LABEL, Host, volume_options
from gradekit.sandbox.egress import EGRESS_LABEL, Gate, Traffic, inside
from gradekit.sandbox.image import SAID_LABEL, Image
from gradekit.sandbox.plans import (
    CANDIDATE_UID,
    ContainerPlan,
    Ending,
    ExecResult,
    FetchPlan,
    Limits,
    Mount,
    VolumePlan,
)
from gradekit.sandbox.pod import IDLE, Estate
from gradekit.sandbox.streams import run_container, run_inside
from gradekit.sandbox.transfer import archive, unpack_argv

_INODES = 200_000
_MEMORY = 512 << 20
_PIDS = 256
_SLOW = 600.0
"""Seconds that the engine may take to store a layer."""
_COPY = 300.0
_INPUT_OVERHEAD = 1 << 20
_SPOOL = 32 << 20
_TAR_OVERHEAD = 2048
_MAX_SAID = 4_000
_COLLECT = (
    "tar", "-c", "-f", "-", "-C", "/out", "--sort=name", "--owner=0", "--group=0", "--numeric-owner",
    "--mode=a+rX,go-w,u-s,g-s", ".",
)  # fmt: skip
"""Root owns the packages, nobody may write them, and no set-uid bit of a package survives."""


def fetch(client: Client, plan: FetchPlan, labels: Mapping[str, str], host: Host) -> Image | ExecResult:
    """Run the program, then make the image from what it left in /out.

    The program has no route: registries are reached through a proxy with a list, if at all. No candidate code
    runs, but the candidate chooses the packages: so what comes out is data, and is unpacked
    by the engine in a container that is never started.

    Returns:
        The image, or the result of what did not exit with 0: the program, or the tar that reads the packages, for
        it is the candidate who chose them.

    Raises:
        InfrastructureError: the engine failed, or the packages cannot be stored.
    """
    estate = Estate(client, labels, host)
    gate = Gate(estate, plan.egress, plan.env, plan.timeout) if plan.egress else None
    try:
        if gate is not None:
            gate.open()
            plan = replace(plan, env=inside(plan.env))
        network = gate.network if gate is not None else "none"
        size = sum(len(file.data) for file in plan.files) + 4096 * len(plan.files) + _INPUT_OVERHEAD
        volumes = {
            name: estate.volume(volume_options(VolumePlan(name, room, _INODES)))
            for name, room in (("in", size), ("out", plan.size))
        }
        # Keeps both volumes alive before and after the program, and writes and reads them.
        holder = estate.container(_plan(plan, IDLE, size, writable=("in", "out")), volumes=volumes, network=network)
        client.start(holder)
        _put_in(client, holder, plan)
        if gate is not None:
            gate.admit(holder)
        worker = estate.container(_plan(plan, plan.argv, size, writable=("out",)), volumes=volumes, network=network)
        result = run_container(client, worker, plan.argv, stdin=b"", timeout=plan.timeout, cap=4 << 20)
        if result.ending is not Ending.EXITED or result.exit_code != 0:
            return gate.explained(result) if gate is not None else result
        traffic = gate.traffic() if gate is not None else Traffic()
        estate.discard(worker)
        with tempfile.SpooledTemporaryFile(_SPOOL) as layer:
            collected = _take_out(client, holder, plan, layer)
            if collected.exit_code != 0:
                return collected
            _store(estate, plan, labels, layer, {EGRESS_LABEL: traffic.label(), SAID_LABEL: _said(result)})
        image = client.image(plan.tag)
    finally:
        try:
            if gate is not None:
                gate.close()
        finally:
            estate.clear()
    if image is None:
        raise InfrastructureError(
            Problem(f"image {plan.tag}", "the engine stored it but has no such image", "", DOCTOR)
        )
    return image


def _plan(plan: FetchPlan, argv: Sequence[str], size: int, *, writable: tuple[str, ...]) -> ContainerPlan:
    return ContainerPlan(
        image=plan.image,
        argv=argv,
        env=plan.env,
        uid=CANDIDATE_UID,
        mounts=[Mount(name, f"/{name}", writable=name in writable) for name in ("in", "out")],
        # What it writes to the volumes counts as its memory.
        limits=Limits(memory=_MEMORY + plan.size + size, pids=_PIDS),
        name="deps",
    )


def _put_in(client: Client, holder: str, plan: FetchPlan) -> None:
    data = archive(plan.files)
    result = run_inside(client, holder, unpack_argv("/in"), uid=CANDIDATE_UID, stdin=data, timeout=_COPY)
    if result.exit_code != 0:
        raise _failed(plan, "its input could not be put in", result)


def _take_out(client: Client, holder: str, plan: FetchPlan, layer: IO[bytes]) -> ExecResult:
    cap = plan.size + _INODES * _TAR_OVERHEAD
    return run_inside(client, holder, _COLLECT, uid=CANDIDATE_UID, timeout=_COPY, cap=cap, sink=layer)


def _failed(plan: FetchPlan, what: str, result: ExecResult) -> InfrastructureError:
    said = " ".join(result.stderr.decode(errors="replace").split())[:400] or str(result.ending)
    return InfrastructureError(Problem(f"image {plan.tag}", f"{what} ({said})", "", DOCTOR))


def _said(result: ExecResult) -> str:
    return base64.b64encode(result.stdout[:_MAX_SAID]).decode()


def _store(
    estate: Estate, plan: FetchPlan, labels: Mapping[str, str], layer: IO[bytes], told: Mapping[str, str]
) -> None:
    """Put the layer into a container that is never started, and commit that."""
    layer.seek(0, os.SEEK_END)
    size = layer.tell()
    layer.seek(0)
    client = estate.client.patient(_SLOW)
    try:
        fresh = estate.raw_container(
            # An imported base image may have no command, and the engine wants one even for what never starts.
            {"Image": plan.image, "Cmd": ["/bin/true"], "Labels": dict(labels), "HostConfig": {"NetworkMode": "none"}}
        )
        client.put(fresh, "/", archive((), prefix=plan.destination.strip("/")))
        client.put(fresh, plan.destination, layer)
        # An image inherits its container's labels; it must not look like a thing of this process.
        none = dict.fromkeys((RUN_LABEL, OWNER_LABEL, PIDNS_LABEL), "")
        client.commit(fresh, plan.tag, {**none, CACHE_LABEL: "deps", SIZE_LABEL: str(size), **told})
    finally:
        client.close()

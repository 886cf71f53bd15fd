"""Asks the ``call`` side of a runner in a sandbox, over its socket."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from gradekit.runner import Runner
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import TESTER_UID, ContainerPlan, FileEntry, Mount, SandboxPlan, VolumePlan

_CLIENT = """
use Socket;
$| = 1;
socket(my $s, PF_UNIX, SOCK_STREAM, 0);
for (1 .. 400) { last if connect($s, pack_sockaddr_un("/call/socket")); select undef, undef, undef, 0.05 }
while (my $line = <STDIN>) { syswrite $s, $line; my $answer = <$s>; print $answer // "gone\\n"; }
"""


def call(path: str, *args: object, on: object, **fields: object) -> dict[str, Any]:
    """A request for a call."""
    return {"op": "call", "on": on, "path": path, "args": list(args), **fields}


def get(path: str, *, on: object) -> dict[str, Any]:
    """A request for an attribute."""
    return {"op": "get", "on": on, "path": path}


def answers(
    engine: DockerEngine,
    built: Mapping[str, Image],
    runner: Runner,
    files: Mapping[str, str],
    requests: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """What a submission answers to requests of one connection; ``{"gone": true}`` where nothing came."""
    image = built[runner.name].id
    volumes = VolumePlan("work", 4 << 20), VolumePlan("call", 1 << 20, 64)
    with engine.open(SandboxPlan(f"call-{secrets.token_hex(4)}", built["probe"].id, volumes)) as sandbox:
        sandbox.fill("work", [FileEntry(path, text.encode()) for path, text in files.items()])
        mounts = Mount("work", "/work"), Mount("call", "/call", writable=True)
        worker = sandbox.start(ContainerPlan(image, runner.argv("call"), mounts=mounts))
        lines = [json.dumps({"id": number, **request}) for number, request in enumerate(requests)]
        asking = ContainerPlan(
            image, ("/usr/bin/perl", "-e", _CLIENT), uid=TESTER_UID, mounts=(Mount("call", "/call"),)
        )
        done = sandbox.run(asking, stdin="".join(f"{line}\n" for line in lines).encode(), timeout=60.0)
        worker.stop()
    assert done.exit_code == 0, done
    return [{"gone": True} if line == b"gone" else json.loads(line) for line in done.stdout.splitlines()]

"""Fetches packages of a submission from a registry of the test's, as a grading does."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from gradekit.runner import Runner
from gradekit.sandbox.docker import DockerEngine
from gradekit.sandbox.egress import EGRESS_LABEL
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import (
    ContainerPlan,
    Egress,
    ExecResult,
    FetchPlan,
    FileEntry,
    Mount,
    SandboxPlan,
    VolumePlan,
)
from tests.runners.mirror import served


def entries(files: Mapping[str, str]) -> list[FileEntry]:
    """Files of a submission."""
    return [FileEntry(path, text.encode("utf-8", "surrogateescape")) for path, text in files.items()]


def gateway(engine: DockerEngine) -> str:
    """The address of this machine that containers of the engine's bridge reach."""
    pool = engine.client.sdk.networks.get("bridge").attrs["IPAM"]["Config"][0]
    # An engine with a network of its default's size does not say which address it took: the first.
    return str(pool.get("Gateway") or next(ip_network(pool["Subnet"]).hosts()))


@dataclass
class Fetching:
    """The deps phase of a runner, with a registry in a folder; ``variable`` is what names it."""

    engine: DockerEngine
    built: Mapping[str, Image]
    runner: Runner
    variable: str
    folder: Path
    tags: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""
    moved: dict[str, str] = field(default_factory=dict)
    """Ends of paths, and the URL of the server that has those files instead."""
    hosts: tuple[str, ...] = ()
    """What the operator lists beside the registry."""

    def pod(self, *volumes: VolumePlan) -> SandboxPlan:
        """A sandbox of the test's own."""
        return SandboxPlan(f"{self.runner.name}-{secrets.token_hex(4)}", self.built["probe"].id, volumes)

    def fetch(self, files: Mapping[str, str], status: int = 200) -> Image | ExecResult:
        """What it makes of the files; the registry answers with that status."""
        self.tags.append(f"gradekit-test-{self.runner.name}:{secrets.token_hex(6)}")
        with served(self.folder, gateway(self.engine), status, self.asked, self.moved) as url:
            plan = FetchPlan(
                self.built[self.runner.name].id,
                self.runner.argv("deps"),
                entries(files),
                "/opt/deps",
                self.tags[-1],
                env={self.variable: url},
                egress=Egress(self.built["probe"].id, self.runner.argv("registries"), self.hosts),
                timeout=120.0,
            )
            return self.engine.fetch(plan, f"{self.runner.name}-{secrets.token_hex(4)}")

    def image(self, files: Mapping[str, str]) -> Image:
        """The image with the packages; nothing but the one registry was reached."""
        made = self.fetch(files)
        assert isinstance(made, Image), made.stderr
        reached = made.labels[EGRESS_LABEL].split()
        assert len(reached) == 1
        assert reached[0].startswith(f"{gateway(self.engine)}:")
        return made

    def says(self, files: Mapping[str, str], *argv: str) -> str:
        """What a program prints where the packages are."""
        made = self.image(files)
        with self.engine.open(self.pod()) as sandbox:
            done = sandbox.run(ContainerPlan(made.id, argv), timeout=30.0)
        return (done.stdout + done.stderr).decode()

    def refusal(self, files: Mapping[str, str], status: int = 200) -> tuple[int | None, str]:
        """Exit code and reason."""
        result = self.fetch(files, status)
        assert isinstance(result, ExecResult)
        return result.exit_code, result.stderr.decode()

    def refusals_without_network(self, cases: Mapping[str, tuple[Mapping[str, str], str]]) -> None:
        """Each case, files and a part of the reason, is refused, and no network is needed for that."""
        volumes = [VolumePlan(f"in{number}", 16 << 20) for number in range(len(cases))]
        with self.engine.open(self.pod(*volumes)) as sandbox:
            for number, (name, (files, reason)) in enumerate(cases.items()):
                sandbox.fill(f"in{number}", entries(files))
                plan = ContainerPlan(
                    self.built[self.runner.name].id, self.runner.argv("deps"), mounts=(Mount(f"in{number}", "/in"),)
                )
                result = sandbox.run(plan, timeout=60.0)
                assert (result.exit_code, result.stdout) == (2, b""), (name, result)
                assert reason in result.stderr.decode(), name


@contextmanager
def fetching(
    engine: DockerEngine, built: Mapping[str, Image], runner: Runner, variable: str, folder: Path
) -> Iterator[Fetching]:
    """Fetch, and remove afterwards what was made."""
    made = Fetching(engine, built, runner, variable, folder)
    yield made
    for tag in made.tags:
        if engine.image(tag):
            engine.client.sdk.images.remove(tag, force=True)

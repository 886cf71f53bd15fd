from __future__ import annotations

import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import docker.errors
import pytest

from gradekit import runner
from gradekit.errors import InfrastructureError, UsageError
from gradekit.sandbox import images
from gradekit.sandbox.image import STAND_IN_LABEL, Image

RUNNERS = Path(__file__).parents[2] / "runners"
LISTING = """\
:env:.cert='/env.pem'
global.cert='/global.pem'
global.index-url='https://packages.example/simple'
global.extra-index-url='file:///srv/wheels https://more.example/simple'
install.index-url='https://install.example/simple'
nonsense
global.broken='
"""


@pytest.fixture(autouse=True)
def _no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "pip_options", dict)


class FakeEngine:
    """Images by name, and builds that end as told."""

    def __init__(self, *builds: list[dict[str, str]], have: tuple[str, ...] = (runner.BASE,)) -> None:
        self.have = {name: Image(name, f"id of {name}") for name in have}
        self.builds = list(builds)
        self.calls: list[dict[str, Any]] = []
        self.labellings: list[dict[str, Any]] = []
        self.client = MagicMock()
        self.client.patient.return_value = self.client
        self.client.sdk.api.build = self._build
        self.client.sdk.containers.run.return_value = b"Python 3.11.2 \n\n psycopg\x1b 3 \n"

    def image(self, tag: str) -> Image | None:
        return self.have.get(tag)

    def _build(self, **options: Any) -> Iterator[dict[str, str]]:  # noqa: ANN401 - whatever the engine takes
        if options["network_mode"] == "none":
            self.labellings.append(options)
            lines: list[dict[str, str]] = []
        else:
            self.calls.append(options)
            lines = self.builds.pop(0)
        if not any("error" in line for line in lines):
            self.have[options["tag"]] = Image(options["tag"], "id of a build", options["labels"])
        return iter(lines)


def ensure(engine: FakeEngine, *names: str, progress: Callable[[str], None] = lambda _: None) -> Mapping[str, Image]:
    return images.ensure(names, progress, folder=RUNNERS, engine=engine)  # type: ignore[arg-type]  # a double


def test_missing_images_are_built_once() -> None:
    engine, lines = FakeEngine([{"stream": "Step 1/1 : FROM x\n"}, {"stream": "\n"}, {"aux": "?"}]), list[str]()
    built = ensure(engine, "probe", progress=lines.append)
    assert built["probe"].id == "id of a build"
    assert lines == ["Step 1/1 : FROM x"]
    (call,) = engine.calls
    item = runner.find(RUNNERS, "probe")
    assert call["tag"] == item.tag
    assert call["labels"] == {
        "io.gradekit.digest": item.digest,
        "io.gradekit.base": f"{runner.BASE} id of {runner.BASE}",
    }
    assert call["buildargs"]["BASE"] == runner.BASE
    (labelling,) = engine.labellings
    assert labelling["tag"] == item.tag
    assert labelling["fileobj"].read().count(b"FROM id of a build") == 1
    assert built["probe"].versions == ("Python 3.11.2", "psycopg\\x1b 3")
    assert built["probe"].base == f"{runner.BASE} id of {runner.BASE}"
    ((image, argv),) = [call.args for call in engine.client.sdk.containers.run.call_args_list]
    assert (image, argv[:2]) == ("id of a build", ["/bin/sh", "-c"])
    assert "{ python3 --version\n} 2>&1" in argv[2]
    assert ensure(engine, "probe") == built
    assert len(engine.calls) == 1


def test_an_image_that_does_not_answer_has_no_versions() -> None:
    engine = FakeEngine([])
    engine.client.sdk.containers.run.side_effect = docker.errors.APIError("gone")
    assert ensure(engine, "probe")["probe"].versions == ()


@pytest.mark.parametrize("label", ["", "[", "{}", "3"])
def test_a_label_that_says_nothing_gives_no_versions(label: str) -> None:
    assert Image("t", "i", {"io.gradekit.versions": label}).versions == ()


def test_an_older_image_is_enough_for_grading_and_built_again_on_demand() -> None:
    item = runner.find(RUNNERS, "probe")
    engine = FakeEngine([])
    engine.have[item.tag] = Image(item.tag, "old", {"io.gradekit.digest": item.digest})
    assert ensure(engine, "probe")["probe"].id == "old"
    told: list[str] = []
    again = images.ensure(
        ["probe"],
        folder=RUNNERS,
        engine=engine,  # type: ignore[arg-type]  # a double
        labelled=True,
        done=lambda name, seconds: told.append(f"{name} {seconds >= 0}"),
    )
    assert again["probe"].versions != ()
    assert told == ["probe True"]
    assert len(engine.calls) == 1


def test_images_are_built_side_by_side() -> None:
    """Each of the two builds waits for the other one."""
    engine, both = FakeEngine([], []), threading.Barrier(2, timeout=20)
    build = engine.client.sdk.api.build

    def together(**options: Any) -> Iterator[dict[str, str]]:  # noqa: ANN401 - whatever the engine takes
        if options["network_mode"] is None:
            both.wait()
        found: Iterator[dict[str, str]] = build(**options)
        return found

    engine.client.sdk.api.build = together
    found = images.ensure(["probe", "postgres"], folder=RUNNERS, engine=engine, jobs=2)  # type: ignore[arg-type]
    assert list(found) == ["probe", "postgres"]
    assert {call["tag"] for call in engine.calls} == {runner.find(RUNNERS, name).tag for name in found}


OFFICIAL = str(runner.find(RUNNERS, "mongodb").official)


@pytest.mark.parametrize("here", [True, False])
def test_an_official_image_is_built_on_where_it_is_or_can_be_pulled(here: bool) -> None:
    engine = FakeEngine([], have=(runner.BASE, OFFICIAL) if here else (runner.BASE,))
    image = ensure(engine, "mongodb")["mongodb"]
    assert engine.calls[0]["buildargs"]["BASE"] == OFFICIAL
    assert engine.client.sdk.images.pull.call_count == (not here)
    assert image.stand_in == ""


def test_what_stands_in_for_an_official_image_is_known_by_its_label() -> None:
    engine = FakeEngine([])
    engine.client.sdk.images.pull.side_effect = docker.errors.DockerException("no such host")
    lines: list[str] = []
    images.build(runner.find(RUNNERS, "mongodb"), lines.append, engine=engine)  # type: ignore[arg-type]  # a double
    assert engine.calls[0]["buildargs"]["BASE"] == runner.BASE
    image = Image("t", "i", {**engine.labellings[0]["labels"]})
    assert image.stand_in == f"Python 3.11.2; psycopg\\x1b 3 in the place of {OFFICIAL}"
    assert Image("t", "i", {STAND_IN_LABEL: "mongo:1"}).stand_in == "another server in the place of mongo:1"
    assert any("cannot be pulled (no such host)" in line for line in lines)


def test_a_tag_without_its_digest_is_not_trusted() -> None:
    tag = runner.find(RUNNERS, "probe").tag
    engine = FakeEngine([{"stream": "x"}], have=(runner.BASE, tag))
    assert ensure(engine, "probe")["probe"].id == "id of a build"


def test_a_build_without_network_tries_the_hosts() -> None:
    engine = FakeEngine([{"stream": "Temporary failure resolving 'x'"}, {"error": "returned a non-zero code: 100"}], [])
    ensure(engine, "probe")
    assert [call["network_mode"] for call in engine.calls] == [None, "host"]


def test_a_failed_build_shows_its_last_lines() -> None:
    engine = FakeEngine([{"stream": f"line {number}\n"} for number in range(40)] + [{"error": "returned 1"}])
    with pytest.raises(InfrastructureError) as caught:
        ensure(engine, "probe")
    (problem,) = caught.value.problems
    assert "cannot be built: returned 1" in problem.what
    assert problem.excerpt.splitlines() == [f"line {number}" for number in range(25, 40)]


def test_unknown_runners_are_refused_before_anything_is_built() -> None:
    engine = FakeEngine()
    with pytest.raises(UsageError, match="runner cobol"):
        ensure(engine, "probe", "cobol")


def test_context_is_plain_and_has_no_smoke_cases() -> None:
    with tarfile.open(fileobj=io.BytesIO(images._context(runner.find(RUNNERS, "python")))) as archive:
        members = {member.name: member for member in archive}
    assert {"Dockerfile", "runner.yaml", "bin/deps", "bin/serve", "bin/test", "gradekit-ca.pem"} <= members.keys()
    assert not [name for name in members if name.startswith("smoke") or ".." in name]
    assert {member.mode for name, member in members.items() if name.startswith("bin/")} == {0o755}
    assert {(member.uid, member.mtime, member.isreg()) for member in members.values()} == {(0, 0, True)}


@pytest.mark.parametrize("text", [path.read_text(encoding="utf-8") for path in RUNNERS.glob("*/Dockerfile")])
def test_dockerfiles_strip_setuid_and_package_lists(text: str) -> None:
    assert "-perm /6000 -exec chmod a-s" in text
    assert "rm -rf /var/lib/apt/lists/*" in text
    assert text.splitlines()[1:3] == ["ARG BASE=debian:bookworm-slim", text.splitlines()[2]]


def test_base_image_is_pulled_when_missing() -> None:
    engine = FakeEngine(have=())
    assert images.base_image(engine=engine) == runner.BASE  # type: ignore[arg-type]  # a double
    engine.client.sdk.images.pull.assert_called_once_with(runner.BASE)


def test_a_chosen_base_image_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADEKIT_BASE_IMAGE", "mirror.example/debian:12")
    engine = FakeEngine(have=())
    engine.client.sdk.images.pull.side_effect = docker.errors.DockerException("no such host")
    with pytest.raises(InfrastructureError, match="no such host; unset or mend GRADEKIT_BASE_IMAGE"):
        images.base_image(engine=engine)  # type: ignore[arg-type]  # a double


def test_without_root_the_commands_for_a_base_image_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    engine = FakeEngine(have=())
    engine.client.sdk.images.pull.side_effect = docker.errors.DockerException("no such host")
    with pytest.raises(InfrastructureError, match=r"docker pull debian:bookworm-slim.*mmdebstrap .* docker import -"):
        images.base_image(engine=engine)  # type: ignore[arg-type]  # a double


def test_pip_config() -> None:
    assert images.parse_pip_config(LISTING) == {
        "cert": "/global.pem",
        "index-url": "https://install.example/simple",
        "extra-index-url": "file:///srv/wheels https://more.example/simple",
    }


def test_registry_env_passes_on_only_what_a_container_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "pip_options", lambda: images.parse_pip_config(LISTING))
    assert images.registry_env({"HTTPS_PROXY": "http://proxy.example:3128", "PIP_TRUSTED_HOST": "a b"}) == {
        "PIP_INDEX_URL": "https://install.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://more.example/simple",
        "PIP_TRUSTED_HOST": "a b",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "https_proxy": "http://proxy.example:3128",
    }
    assert images.registry_env({"PIP_INDEX_URL": "https://own.example"})["PIP_INDEX_URL"] == "https://own.example"


@pytest.mark.parametrize("name", ["MAVEN_MIRROR", "BUNDLE_MIRROR__ALL", "COMPOSER_MIRROR", "GOPROXY"])
def test_registry_env_passes_on_mirrors_with_an_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "pip_options", dict)
    assert images.registry_env({name: "https://mirror.example"}) == {name: "https://mirror.example"}
    assert images.registry_env({name: "/srv/mirror"}) == {}


def test_ca_bundle_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in ("own", "pip", "ssl", "configured")}
    for name, path in paths.items():
        path.write_text(name, encoding="utf-8")
    environ = {
        "GRADEKIT_CA_BUNDLE": str(paths["own"]),
        "PIP_CERT": str(paths["pip"]),
        "SSL_CERT_FILE": str(paths["ssl"]),
    }
    assert images.ca_bundle(environ) == b"own"
    del environ["GRADEKIT_CA_BUNDLE"]
    assert images.ca_bundle(environ) == b"pip"
    environ["PIP_CERT"] = str(tmp_path / "absent")
    assert images.ca_bundle(environ) == b"ssl"
    assert images.ca_bundle({}) is None
    monkeypatch.setattr(images, "pip_options", lambda: {"cert": str(paths["configured"])})
    assert images.ca_bundle({}) == b"configured"
    with pytest.raises(InfrastructureError, match="GRADEKIT_CA_BUNDLE: '/absent' cannot be read"):
        images.ca_bundle({"GRADEKIT_CA_BUNDLE": "/absent"})

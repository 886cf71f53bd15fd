from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.errors import Blocked, InfrastructureError
from gradekit.grade import deps
from gradekit.grade.setting import Setting
from gradekit.runner import Runner
from gradekit.sandbox import docker, images
from gradekit.sandbox.egress import EGRESS_LABEL
from gradekit.sandbox.image import SAID_LABEL, Image
from gradekit.sandbox.plans import Egress, Ending, ExecResult, FileEntry
from tests.fakes import FakeEngine, cut, exited

PYTHON = runners.find(Path(__file__).parents[2] / "runners", "python")
IMAGE = Image("gradekit/python:1", "sha256:1")
PROBE = Image("gradekit/probe:1", "sha256:p")
FILES = {"requirements.txt": FileEntry("requirements.txt", b"flask==3.1\n"), "app.py": FileEntry("app.py", b"")}


def setting(engine: FakeEngine, certificates: bytes | None = None, *, offline: bool = False) -> Setting:
    return Setting(
        engine,
        {"python": IMAGE, "probe": PROBE},
        {"python": PYTHON},
        registry_env=lambda: {"PIP_INDEX_URL": "https://mirror.example/simple"},
        ca_bundle=lambda: certificates,
        registries=("files.example",),
        offline=offline,
    )


def test_only_lock_files_and_certificates_go_in() -> None:
    fetched = Image("t", "sha256:2")
    engine = FakeEngine(fetched=lambda _plan: fetched)
    image, word = deps.fetch(setting(engine, b"PEM"), PYTHON, FILES, "run", ExitStack())
    assert (image, word) == (fetched, "fetched")
    (plan,) = engine.fetches
    assert [file.path for file in plan.files] == ["requirements.txt", "gradekit-ca.pem"]
    assert plan.env == {"PIP_INDEX_URL": "https://mirror.example/simple"}
    assert engine.trimmed == [(10 << 30, (plan.tag,))], "what was fetched is in use while others go"
    assert plan.egress == Egress("sha256:p", ("/opt/gradekit/bin/registries",), ("files.example",))


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("", "fetched"),
        ("a.example:443=1048576", "fetched (1 host, 1.0 MiB: a.example)"),
        ("b.example:8080=1572864 a.example:443=10485760", "fetched (2 hosts, 11.5 MiB: a.example, b.example:8080)"),
    ],
)
def test_hosts_and_bytes_are_told(label: str, word: str) -> None:
    fetched = Image("t", "sha256:2", {EGRESS_LABEL: label})
    engine = FakeEngine(fetched=lambda _plan: fetched)
    assert deps.fetch(setting(engine), PYTHON, FILES, "run", ExitStack()) == (fetched, word)


def test_offline_only_the_cache_counts() -> None:
    engine = FakeEngine()
    with pytest.raises(InfrastructureError, match="not in the cache, and nothing is fetched offline"):
        deps.fetch(setting(engine, offline=True), PYTHON, FILES, "run", ExitStack())
    assert engine.fetches == []
    assert deps.fetch(setting(engine, offline=True), PYTHON, {}, "run", ExitStack()) == (IMAGE, "no packages")
    tag = f"gradekit-deps/python:{deps.key(IMAGE, deps.lock_files(PYTHON, FILES))}"
    cached = Image(tag, "sha256:3")
    engine = FakeEngine(images={tag: cached})
    assert deps.fetch(setting(engine, offline=True), PYTHON, FILES, "run", ExitStack()) == (cached, "cached")


def test_the_same_lock_files_are_fetched_once() -> None:
    tag = f"gradekit-deps/python:{deps.key(IMAGE, deps.lock_files(PYTHON, FILES))}"
    cached = Image(tag, "sha256:3")
    engine = FakeEngine(images={tag: cached})
    with ExitStack() as held:
        assert deps.fetch(setting(engine), PYTHON, FILES, "run", held) == (cached, "cached")
        assert engine.held == [tag]
    assert (engine.fetches, engine.held, engine.trimmed) == ([], [], [])


def test_the_key_covers_runner_and_every_byte_of_the_lock_files() -> None:
    locks = deps.lock_files(PYTHON, FILES)
    keys = {
        deps.key(IMAGE, locks),
        deps.key(Image("gradekit/python:1", "sha256:9"), locks),
        deps.key(IMAGE, (FileEntry("requirements.txt", b"flask==3.1"),)),
        deps.key(IMAGE, (FileEntry("pyproject.toml", b"flask==3.1\n"),)),
        deps.key(IMAGE, ()),
    }
    assert len(keys) == 5


def test_without_lock_files_nothing_is_fetched() -> None:
    assert deps.fetch(setting(FakeEngine()), PYTHON, {}, "run", ExitStack()) == (IMAGE, "no packages")


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (exited(2, stderr=b"no such package"), "the packages could not be installed"),
        (exited(1), "the packages could not be installed"),
        (cut(Ending.TIMEOUT), "took too long"),
        (cut(Ending.OOM), "too much memory"),
        (cut(Ending.OUTPUT), "printed too much"),
    ],
)
def test_what_the_lock_file_asks_for_is_the_candidates_business(outcome: ExecResult, message: str) -> None:
    with pytest.raises(Blocked, match=message):
        deps.fetch(setting(FakeEngine(fetched=lambda _plan: outcome)), PYTHON, FILES, "run", ExitStack())


def test_a_registry_out_of_reach_is_ours() -> None:
    outcome = exited(3, stderr=b"the package index cannot be reached")
    with pytest.raises(InfrastructureError, match="the package index cannot be reached"):
        deps.fetch(setting(FakeEngine(fetched=lambda _plan: outcome)), PYTHON, FILES, "run", ExitStack())


HINT = {".python-version": FileEntry(".python-version", b"3.13\n")}
OTHER = exited(4, stderr=b"pyproject.toml: wants Python >=3.13; this runner has 3.11.2; pip would refuse it\n")


def said(*lines: str) -> dict[str, str]:
    return {SAID_LABEL: base64.b64encode("\n".join(lines).encode()).decode()}


def test_a_version_that_the_image_does_not_have_is_ours() -> None:
    with pytest.raises(InfrastructureError, match=r"runner python: pyproject.toml: wants Python >=3.13; .*say so"):
        deps.fetch(setting(FakeEngine(fetched=lambda _plan: OTHER)), PYTHON, FILES, "run", ExitStack())


def test_a_version_that_the_challenge_says_is_the_candidates_business() -> None:
    engine = FakeEngine(fetched=lambda _plan: OTHER)
    with pytest.raises(Blocked, match=r"^pyproject.toml: wants Python >=3.13; this runner has 3.11.2") as caught:
        deps.fetch(setting(engine), PYTHON, FILES, "run", ExitStack(), version="3.11")
    assert caught.value.detail == ""


@pytest.mark.parametrize(
    ("wanted", "version", "ours"),
    [
        ("3.11.9", "3.11", True),
        (">=1.23.9", "1.23", True),
        ("~> 3.1.6, < 4", "3.1", True),
        (">=3.13", "3.1", False),
        (">=13.1", "3.1", False),
        ("^8.3", "8.2", False),
        ("2.3.1", "3.1", False),
        ("24.99", "24", True),
    ],
)
def test_another_release_of_the_version_that_candidates_were_told_is_ours(
    wanted: str, version: str, ours: bool
) -> None:
    said = exited(4, stderr=f"Gemfile:24: wants X {wanted}; this runner has {version}.0; it is refused\n".encode())
    with pytest.raises(InfrastructureError if ours else Blocked, match=f"wants X {re.escape(wanted)}; this"):
        deps.fetch(setting(FakeEngine(fetched=lambda _plan: said)), PYTHON, FILES, "run", ExitStack(), version=version)


def test_hints_go_in_and_are_part_of_the_key() -> None:
    engine = FakeEngine()
    deps.fetch(setting(engine), PYTHON, FILES | HINT, "run", ExitStack())
    deps.fetch(setting(engine), PYTHON, FILES, "run", ExitStack())
    first, second = engine.fetches
    assert [file.path for file in first.files] == [".python-version", "requirements.txt"]
    assert first.tag != second.tag


def test_what_only_hints_needs_no_registry() -> None:
    engine = FakeEngine()
    deps.fetch(setting(engine, offline=True), PYTHON, HINT, "run", ExitStack())
    (plan,) = engine.fetches
    assert (plan.env, plan.egress) == ({}, None)


def test_notes_are_what_the_program_said_in_proper_lines() -> None:
    labels = said('{"note": "a\\u001b[1m"}', "not JSON", '["note"]', '{"note": 1}', '{"other": ""}', '{"note": "b"}')
    assert deps.notes(Image("t", "sha256:1", labels)) == ("a\\x1b[1m", "b")
    assert deps.notes(Image("t", "sha256:1")) == ()
    assert deps.notes(Image("t", "sha256:1", {SAID_LABEL: "no base64"})) == ()


def test_notes_are_few_and_short() -> None:
    notes = deps.notes(Image("t", "sha256:1", said(*['{"note": "%s"}' % ("a" * 500)] * 20)))
    assert (len(notes), {len(note) for note in notes}) == (10, {400})


@pytest.mark.docker
class TestRealRegistry:
    @pytest.fixture
    def engine(self) -> Iterator[docker.DockerEngine]:
        engine = docker.connect()
        yield engine
        engine.close()

    def fetch(self, engine: docker.DockerEngine, requirements: bytes, env: dict[str, str]) -> tuple[Image, str]:
        built = images.ensure(["python", "probe"])
        known: dict[str, Runner] = {"python": PYTHON}
        chosen = Setting(engine, built, known, registry_env=lambda: env, ca_bundle=images.ca_bundle)
        files = {"requirements.txt": FileEntry("requirements.txt", requirements)}
        return deps.fetch(chosen, PYTHON, files, "test", ExitStack())

    def test_no_index_is_ours(self, engine: docker.DockerEngine) -> None:
        nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_TIMEOUT": "2"}
        with pytest.raises(InfrastructureError, match="the package index cannot be reached"):
            self.fetch(engine, b"six==1.16.0\n", nowhere)

    def test_no_such_version_is_the_candidates(self, engine: docker.DockerEngine) -> None:
        with pytest.raises(Blocked) as caught:
            self.fetch(engine, b"six==999.0.0\n", {**images.registry_env(), "PIP_RETRIES": "1"})
        assert "six==999.0.0" in caught.value.detail

    def test_packages_come_through_the_proxy_and_the_hosts_are_told(self, engine: docker.DockerEngine) -> None:
        # Another comment is another key: this is never in the cache.
        requirements = f"six==1.16.0  # {secrets.token_hex(8)}\n".encode()
        image, word = self.fetch(engine, requirements, images.registry_env())
        try:
            found = re.fullmatch(r"fetched \((\d) hosts?, (\d+\.\d) MiB: (.+)\)", word)
            assert found is not None, word
            assert len(found[3].split(", ")) == int(found[1])
            assert 0.0 < float(found[2]) < 5.0
            assert self.fetch(engine, requirements, {}) == (image, "cached")
        finally:
            engine.client.sdk.images.remove(image.tag)

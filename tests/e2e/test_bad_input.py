"""Every kind of bad input: one clear message, the exit code of its class, nothing left behind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.running import CHALLENGE, Finished, left_on_engine

Run = Callable[..., Finished]
Golden = Callable[[Path, str], None]
EXPECTED = Path(__file__).parent / "bad_input"


def shown(done: Finished, *replaced: tuple[str, str]) -> str:
    text = f"exit {done.code}\n{done.out}{done.err}"
    for old, new in replaced:
        text = text.replace(old, new)
    return text


SPECS: Mapping[str, tuple[str, str]] = {
    "broken-yaml": ("checks:\n", "checks: [\n"),
    "unknown-key": ("title: Orders", "titel: Orders"),
    "no-criterion": ("    criterion: ", "    # criterion: "),
}


@pytest.mark.parametrize("name", SPECS)
def test_bad_specs(gradekit: Run, challenge_copy: Path, golden: Golden, name: str) -> None:
    spec = challenge_copy / "challenge.yaml"
    old, new = SPECS[name]
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new, 1))
    golden(EXPECTED / f"{name}.txt", shown(gradekit("grade", "nowhere", "-c", "orders-api")))


def test_duplicate_id(gradekit: Run, challenge_copy: Path) -> None:
    spec = challenge_copy / "challenge.yaml"
    lines = spec.read_text().splitlines()
    ids = [index for index, line in enumerate(lines) if line.startswith("  - id: ")]
    lines[ids[1]] = lines[ids[0]]
    spec.write_text("\n".join(lines))
    done = gradekit("grade", "nowhere", "-c", "orders-api")
    assert done.code == 2
    assert "is already the id of checks[0]" in done.err


def test_weights(gradekit: Run, challenge_copy: Path, golden: Golden) -> None:
    rubric = challenge_copy.parents[1] / "rubrics" / "backend.yaml"
    text = rubric.read_text()
    assert "weight: 10" in text
    rubric.write_text(text.replace("weight: 10", "weight: 11", 1))
    golden(EXPECTED / "weights.txt", shown(gradekit("grade", "nowhere", "-c", "orders-api")))


@pytest.mark.usefixtures("challenge_copy")
def test_unknown_challenge(gradekit: Run, golden: Golden) -> None:
    golden(EXPECTED / "unknown-challenge.txt", shown(gradekit("grade", "nowhere", "-c", "order-api")))


def test_no_engine(gradekit: Run, tmp_path: Path, golden: Golden) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/nowhere.sock"}
    done = gradekit("grade", str(CHALLENGE / "solutions" / "reference"), "-c", str(CHALLENGE), env=nowhere)
    golden(EXPECTED / "no-engine.txt", shown(done, (str(tmp_path), "TMP")))


@pytest.mark.docker
class TestSubmissions:
    def grade(self, gradekit: Run, repo: str, *more: str, challenge: Path = CHALLENGE) -> Finished:
        done = gradekit("grade", repo, "-c", str(challenge), "-q", *more)
        assert left_on_engine(done.pid) == []
        return done

    def test_unreachable_url(self, gradekit: Run, golden: Golden) -> None:
        golden(EXPECTED / "unreachable.txt", shown(self.grade(gradekit, "http://127.0.0.1:9/ana/orders.git")))

    def test_unknown_ref(self, gradekit: Run, golden: Golden, served: Mapping[str, str]) -> None:
        done = self.grade(gradekit, served["reference"], "--ref", "mian")
        golden(EXPECTED / "unknown-ref.txt", shown(done, (served["reference"], "URL")))

    def test_empty_repository(self, gradekit: Run, golden: Golden, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "empty.git")], check=True)
        done = self.grade(gradekit, f"file://{tmp_path}/empty.git")
        golden(EXPECTED / "empty.txt", shown(done, (str(tmp_path), "TMP")))

    def test_too_large(self, gradekit: Run, golden: Golden, challenge_copy: Path, served: Mapping[str, str]) -> None:
        spec = challenge_copy / "challenge.yaml"
        text = spec.read_text()
        assert "max_size: " in text
        before, _, rest = text.partition("max_size: ")
        spec.write_text(f"{before}max_size: 1KiB{rest[rest.index('B') + 1 :]}")
        done = self.grade(gradekit, served["reference"], challenge=challenge_copy)
        golden(EXPECTED / "too-large.txt", shown(done, (served["reference"], "URL")))

    def test_no_runner_matches(self, gradekit: Run, golden: Golden, tmp_path: Path) -> None:
        folder = tmp_path / "submission"
        folder.mkdir()
        (folder / "index.html").write_text("<p>hello</p>")
        done = self.grade(gradekit, str(folder))
        golden(EXPECTED / "no-runner.txt", shown(done, (str(tmp_path), "TMP")))

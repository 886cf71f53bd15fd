"""Reads the cases of the corpus and grades them on a real engine, as the command line does."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field

from gradekit.cli import assemble, config, output
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.model import Model, tuple_of
from gradekit.progress import Silent
from gradekit.report.formats import FORMATS
from gradekit.results import Report
from gradekit.sandbox.docker import DockerEngine
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import Lock, read_lock
from gradekit.submission import CloneRules, obtain

HERE = Path(__file__).parent
CHALLENGES = {"notes": HERE / "challenge", "orders-api": HERE.parents[1] / "challenges" / "orders-api"}
BASES = {
    ("notes", "reference"): HERE / "challenge" / "solutions" / "reference",
    ("orders-api", "reference"): CHALLENGES["orders-api"] / "solutions" / "reference",
    ("orders-api", "starter"): CHALLENGES["orders-api"] / "starter",
}

Texts = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Class = Literal["host", "leak", "forge", "denial", "report", "supply", "cross"]


class GitSpec(Model):
    """Hand the submission in as a git repository with such a commit."""

    author: str = "Candidate"
    message: str = "Hand in"
    branch: str = "main"


class Expect(Model):
    """What a case says; README.md beside this file describes every field."""

    about: str = Field(min_length=1)
    class_: Class = Field(alias="class")
    attacks: Texts = ()
    challenge: Literal["notes", "orders-api"] = "notes"
    base: Literal["reference", "starter", "none"] = "reference"
    remove: Texts = ()
    files: Mapping[str, str] = {}
    git: GitSpec | None = None
    refused: str | None = None
    exit: int = 1
    fails: Texts = ()
    skips: Texts = ()
    may_fail: Texts = ()
    any_outcome: bool = False
    says: Mapping[str, str] = {}
    score: Mapping[Literal["gte", "lte"], float] = {}
    shows: Texts = ()
    never: Texts = ()
    seconds: float = 25.0
    nothing_left: Literal[True] = True
    known_limit: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A folder of the corpus."""

    folder: Path
    expect: Expect

    def write(self, folder: Path) -> None:
        """Lay the submission out in an empty folder: base, overlay, then the files of expect.yaml."""
        sources = [self.folder / "overlay"]
        if self.expect.base != "none":
            sources.insert(0, BASES[self.expect.challenge, self.expect.base])
        for source in sources:
            for path in sorted(source.rglob("*")) if source.is_dir() else ():
                if path.is_file() and "__pycache__" not in path.parts:
                    _put(folder, path.relative_to(source).as_posix(), path.read_bytes())
        for name in self.expect.remove:
            (folder / name).unlink()
        for name, text in self.expect.files.items():
            _put(folder, name, text.encode("utf-8", "surrogateescape"))


def _put(folder: Path, name: str, data: bytes) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading's report, its files by name, and how long it took."""

    report: Report
    files: Mapping[str, str]
    exit: int
    seconds: float

    def view(self) -> dict[str, Any]:
        """What must not depend on chance: the report without its run."""
        return self.report.model_dump(mode="json", exclude={"run"})


def cases() -> Iterator[Case]:
    """Every case of the corpus, by name."""
    for path in sorted(HERE.glob("*/expect.yaml")):
        yield Case(path.parent, Expect.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))))


@dataclass
class Bench:
    """The challenges and one engine for all gradings."""

    loaded: dict[str, tuple[Challenge, Lock | None, Setting]]

    @classmethod
    def open(cls) -> Bench:
        """Connect and see that the images are there."""
        settings = config.load()
        loaded = {}
        for name, path in CHALLENGES.items():
            rubrics = [HERE.parents[1] / "rubrics"]
            challenge = load_challenge(path, rubrics=rubrics, runners=assemble.kinds_of_runners(settings))
            setting = assemble.setting_for(challenge.spec, settings, Silent())
            loaded[name] = (challenge, read_lock(challenge.lock_path), setting)
        return cls(loaded)

    def close(self) -> None:
        """Close the connections."""
        for _, _, setting in self.loaded.values():
            assert isinstance(setting.engine, DockerEngine)
            setting.engine.close()

    def left(self, run: str) -> list[str]:
        """What a run left on the engine."""
        client = self.engine.client
        label = f"io.gradekit.run={run}"
        return [found.name for found in (*client.containers(label), *client.volumes(label), *client.networks(label))]

    @property
    def engine(self) -> DockerEngine:
        """The engine that all use."""
        engine = self.loaded["notes"][2].engine
        assert isinstance(engine, DockerEngine)
        return engine

    def grade(self, address: str, challenge: str, out: Path) -> Graded:
        """Grade what lies at an address and write every format.

        Raises:
            SubmissionError: the submission is refused.
        """
        spec, lock, setting = self.loaded[challenge]
        rules = spec.spec.submission
        begun = time.monotonic()
        record = grade(
            spec,
            lock,
            setting,
            lambda: obtain(
                address,
                ref=None,
                before=None,
                candidate=None,
                received_at=None,
                rules=CloneRules(max_size=rules.max_size, max_files=rules.max_files),
            ),
            Silent(),
        )
        seconds = time.monotonic() - begun
        report = judge(spec, record, lock)
        output.emit(report, formats=tuple(FORMATS), out=out, record=record, quiet=2)
        files = {path.name: path.read_bytes().decode() for path in out.iterdir() if path.is_file()}
        return Graded(report, files, int(output.exit_code(report)), seconds)


def commit(folder: Path, repository: Path, spec: GitSpec) -> None:
    """Make a repository of a folder, with a commit whose texts the candidate chose."""
    who = {"NAME": spec.author, "EMAIL": "candidate@example.invalid", "DATE": "2026-01-15T12:00:00Z"}
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in who.items()},
    }
    base = ["git", f"--git-dir={repository}", f"--work-tree={folder}"]
    for arguments in (
        ["init", "--quiet", f"--initial-branch={spec.branch}"],
        ["add", "--all", "--force", "."],
        ["commit", "--quiet", "--allow-empty", "-m", spec.message],
    ):
        subprocess.run([*base, *arguments], env=environment, cwd=folder, check=True, capture_output=True)

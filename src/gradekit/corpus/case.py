"""Cases of the hostile corpus: what a folder with an ``expect.yaml`` says, and the submission it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from gradekit.corpus.places import shipped
from gradekit.errors import Problem, UsageError
from gradekit.model import Model, Slug, tuple_of
from gradekit.submission.publish import publish

EXPECT = "expect.yaml"
NOTES = "notes"
"""The challenge that stands beside the cases in the folder ``challenge``."""
Texts = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Class = Literal["host", "leak", "forge", "denial", "report", "supply", "cross"]


class GitSpec(Model):
    """Hand the submission in as a git repository with such a commit."""

    author: str = "Candidate"
    message: str = "Hand in"
    branch: str = "main"
    earlier: Mapping[str, str] = {}
    """Files that a commit before it has beside its own, and it has not."""


class Expect(Model):
    """The content of ``expect.yaml``; README.md of the corpus describes every field."""

    about: str = Field(min_length=1)
    class_: Class = Field(alias="class")
    attacks: Texts = ()
    runner: Slug = "python"
    challenge: Slug = NOTES
    base: str = Field("reference", pattern=r"^(reference|none|starter(/[a-z0-9-]+)?)$")
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
    seconds: float = Field(default=25.0, gt=0)
    nothing_left: Literal[True] = True
    known_limit: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A folder of the corpus."""

    folder: Path
    expect: Expect

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def challenge(self) -> Path:
        """The folder of the challenge that it attacks."""
        return challenge_folder(self.folder.parent, self.expect.challenge)

    def write(self, folder: Path) -> None:
        """Lay the submission out in an empty folder: base, overlay, then the files of expect.yaml."""
        sources = [self.folder / "overlay"]
        if self.expect.base == "reference":
            sources.insert(0, self.challenge / "solutions" / "reference")
        elif self.expect.base != "none":
            sources.insert(0, self.challenge / self.expect.base)
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


def challenge_folder(corpus: Path, name: str) -> Path:
    """The folder of a challenge that cases name: the corpus's own, ``challenge-NAME`` there, or a shipped one.

    Raises:
        InfrastructureError: the installation has lost its challenges.
    """
    own = corpus / ("challenge" if name == NOTES else f"challenge-{name}")
    return own if own.is_dir() else shipped("challenges") / name


def read_cases(root: Path) -> tuple[Case, ...]:
    """Every case of a corpus, by name.

    Raises:
        UsageError: an ``expect.yaml`` is wrong; all of them are told.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in sorted(root.glob(f"*/{EXPECT}")):
        try:
            raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
            cases.append(Case(path.parent, Expect.model_validate(raw)))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), f"it is not YAML: {' '.join(str(error).split())}"))
        except ValidationError as error:
            problems += (
                Problem(f"{path}: {'.'.join(map(str, item['loc'])) or 'case'}", item["msg"]) for item in error.errors()
            )
    if problems:
        raise UsageError(*problems)
    return tuple(cases)


def hand_in(case: Case, folder: Path) -> str:
    """Lay a submission out below an existing folder; its address.

    Raises:
        InfrastructureError: git failed.
    """
    work = folder / "submission"
    work.mkdir()
    case.write(work)
    git = case.expect.git
    if git is None:
        return str(work)
    repository = folder / "repository.git"
    if git.earlier:
        for name, text in git.earlier.items():
            _put(work, name, text.encode("utf-8", "surrogateescape"))
        publish(work, repository, author=git.author, steps={"Begin": ["."]}, branch=git.branch)
        for name in git.earlier:
            (work / name).unlink()
    publish(work, repository, author=git.author, steps={git.message: ["."]}, branch=git.branch)
    return repository.as_uri()

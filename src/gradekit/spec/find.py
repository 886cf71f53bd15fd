"""Where challenges and rubrics are, by name or path."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradekit.errors import Problem, UsageError
from gradekit.spec.load import FILE_NAME
from gradekit.spec.translate import listed
from gradekit.texts import near

CHALLENGES_VARIABLE = "GRADEKIT_CHALLENGES"
RUBRICS_VARIABLE = "GRADEKIT_RUBRICS"
_ALIKE = "challenge.yml"
"""What a challenge's file is called by mistake."""
_EDITIONS = "challenge.*.yaml"
"""Files beside a challenge's own that share its folder."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look: folders given by the user first, then the environment's, then those of the project."""

    cwd: Path
    environ: Mapping[str, str]
    challenges: Sequence[Path] = ()
    """Folders of challenges given by the user."""
    rubrics: Sequence[Path] = ()
    """Folders of rubrics given by the user."""
    foreign: Path | None = None
    """A folder with files of the candidate's, resolved: nothing of ours is found in it."""

    def challenge_folders(self) -> tuple[Path, ...]:
        """Existing folders that hold challenges, best first."""
        return self._folders(self.challenges, CHALLENGES_VARIABLE, self._upwards("challenges"))

    def rubric_folders(self, challenge: Path | None = None) -> tuple[Path, ...]:
        """Existing folders that hold rubrics, best first; those beside a challenge before the project's."""
        beside: list[Path] = []
        if challenge is not None:
            root = self.cwd / challenge
            root = root if root.is_dir() else root.parent
            beside = [root / "rubrics", root.resolve().parent / "rubrics", root.resolve().parent.parent / "rubrics"]
        return self._folders(self.rubrics, RUBRICS_VARIABLE, [*beside, *self._upwards("rubrics")])

    def list_challenges(self) -> dict[str, Path]:
        """Name to folder of every challenge, and to file of every edition; of two with one name the first found counts.

        ``challenge.sqlite.yaml`` in the folder ``shop`` is the edition ``shop.sqlite``.
        """
        found: dict[str, Path] = {}
        for folder in self.challenge_folders():
            for entry in sorted((self.cwd / folder).iterdir()):
                if not (entry / FILE_NAME).is_file():
                    continue
                found.setdefault(entry.name, folder / entry.name)
                for file in sorted(entry.glob(_EDITIONS)):
                    edition = file.stem.partition(".")[2]
                    found.setdefault(f"{entry.name}.{edition}", folder / entry.name / file.name)
        return dict(sorted(found.items()))

    def challenges_here(self) -> dict[str, Path]:
        """Name to path of the challenges that stand in the working folder itself; each can be named by its path.

        They are never chosen unasked: submissions may stand there, too.
        """
        folders = sorted(file.parent for file in self.cwd.glob(f"*/{FILE_NAME}") if file.is_file())
        return {folder.name: Path(folder.name) for folder in folders if not self._is_foreign(folder.resolve())}

    def find_challenge(self, name: str | None, called: str = "CHALLENGE") -> Path:
        """The folder or file of a challenge: a path, a name, or (None) the only one there is.

        ``called`` is the argument or option that names it, for messages.

        Raises:
            UsageError: if there is none, or several and no name; it lists them. Or the candidate could have written it.
        """
        found = self._only(called) if name is None else self._named(name, called)
        if self._is_foreign((self.cwd / found).resolve()):
            what = f"{found} lies in the submission, whose author could have written it"
            raise UsageError(Problem(called, what, "a challenge elsewhere", "give its path"))
        return found

    def _named(self, name: str, called: str) -> Path:
        path = self.cwd / name
        if path.is_file() or (path / FILE_NAME).is_file():
            return Path(name)
        known = self.list_challenges()
        if name in known:
            return known[name]
        if path.is_dir():
            alike = (path / _ALIKE).is_file()
            hint = f"rename {_ALIKE} to {FILE_NAME}" if alike else "name the folder of a challenge"
            raise UsageError(Problem(called, f"no {FILE_NAME} in {name or '.'}", hint=hint))
        if "/" in name:
            raise UsageError(Problem(called, f"no challenge at {name}", hint="check the path"))
        known |= self.challenges_here()
        hint = near(name, known)
        expected = "" if hint else f"there is: {listed(known)}"
        raise UsageError(Problem(called, f'no challenge "{name}"', expected, hint))

    def _only(self, called: str) -> Path:
        here = self.cwd / FILE_NAME
        if here.is_file():
            return Path(FILE_NAME)
        known = self.list_challenges()
        if len(known) == 1:
            return next(iter(known.values()))
        if known:
            what = f"there are {len(known)} challenges: {listed(known)}"
            raise UsageError(Problem(called, what, "exactly one, or a name", f"add {_added(called, 'NAME')}"))
        beside = self.challenges_here()
        if beside:
            what = f"there is no challenges/, and in this folder itself there is: {listed(beside)}"
            raise UsageError(Problem(called, what, hint=f"add {_added(called, 'NAME')}"))
        hint = f"add {_added(called, 'PATH')}, go to a folder that has challenges/, or set {CHALLENGES_VARIABLE}"
        raise UsageError(Problem(called, "no challenge found", hint=hint))

    def _folders(self, given: Sequence[Path], variable: str, project: Sequence[Path]) -> tuple[Path, ...]:
        listed_paths = [Path(part) for part in self.environ.get(variable, "").split(os.pathsep) if part]
        found: dict[Path, Path] = {}
        for folder in (*given, *listed_paths, *project):
            whole = (self.cwd / folder).resolve()
            if whole.is_dir() and not self._is_foreign(whole):
                found.setdefault(whole, self._short(folder, whole))
        return tuple(found.values())

    def _is_foreign(self, path: Path) -> bool:
        return self.foreign is not None and path.is_relative_to(self.foreign)

    def _short(self, folder: Path, whole: Path) -> Path:
        """The path as given, and one below the working folder relative to it."""
        cwd = self.cwd.resolve()
        return whole.relative_to(cwd) if folder.is_absolute() and whole.is_relative_to(cwd) else folder

    def _upwards(self, name: str) -> list[Path]:
        """Folders of this name in the working folder and above it, up to the root of the git work tree."""
        return [folder / name for folder in self._ancestors()]

    def _ancestors(self) -> Iterator[Path]:
        cwd = self.cwd.resolve()
        ancestors = [cwd, *cwd.parents]
        for index, folder in enumerate(ancestors):
            if (folder / ".git").exists():
                yield from ancestors[: index + 1]
                return
        yield cwd


def _added(called: str, value: str) -> str:
    """What is added to a command: an option with its value, or an argument."""
    return f"{called} {value}" if called.startswith("-") else called

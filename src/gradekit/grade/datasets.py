"""The data sets of one grading: each is loaded once, as a template, and copied for whoever uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from gradekit.errors import Blocked, InfrastructureError, Problem
from gradekit.grade.allowance import Allowance
from gradekit.grade.copies import DatasetCopy, SqlCopy, StoreCopy
from gradekit.grade.servers.base import Script, Server, SqlServer, StoreServer, load_fault
from gradekit.sandbox.plans import FileEntry
from gradekit.spec.challenge import Challenge
from gradekit.spec.globs import matching

_LOAD_TIMEOUT: Final = 60.0


@dataclass
class Datasets:
    """Templates of a challenge's data sets on its servers."""

    challenge: Challenge
    submission: Mapping[str, FileEntry]
    servers: Mapping[str, Server]
    allowance: Allowance
    _templates: dict[str, str | Blocked] = field(default_factory=dict)

    def engine(self, dataset: str) -> str:
        """The engine of a data set's service."""
        return self.servers[self.challenge.spec.datasets[dataset].service].engine

    def _template(self, dataset: str) -> tuple[Server, str]:
        spec = self.challenge.spec.datasets[dataset]
        server = self.servers[spec.service]
        known = self._templates.get(dataset)
        if isinstance(known, Blocked):
            raise Blocked(known.message, known.detail)
        if known is None:
            name = f"template_{len(self._templates)}"
            try:
                self._load(server, name, dataset)
            except Blocked as blocked:
                self._templates[dataset] = blocked
                # A session of theirs that no time limit ended goes with its database.
                with suppress(Blocked):
                    server.drop(name)
                raise
            self._templates[dataset] = known = name
        return server, known

    def _theirs(self, dataset: str) -> bool:
        return any(step.submission is not None for step in self.challenge.spec.datasets[dataset].load)

    def _load(self, server: Server, name: str, dataset: str) -> None:
        """Load a data set into a new template. A script of ours that fails after one of the candidate's blocks."""
        server.create(name)
        theirs = False
        end = self.allowance.until(_LOAD_TIMEOUT)
        for path, data, own in self._scripts(dataset):
            if own:
                theirs = server.touched = True
            # Once tables are theirs, a trigger can make a script of ours as slow as their own.
            left = end - self.allowance.now() if theirs else _LOAD_TIMEOUT
            if left <= 0:
                raise Blocked(f"{path} was not loaded: your files for data set {dataset} took too long")
            script = Script(path, _text(path, data, own=own), own)
            failed = server.load(name, script, left)
            if failed is not None:
                raise load_fault(f"datasets.{dataset}", script, failed, theirs=theirs, touched=server.touched)
        server.seal(name)

    def _scripts(self, dataset: str) -> Iterator[tuple[str, bytes, bool]]:
        """Path and content of each script in order, and whether it is the candidate's."""
        for step in self.challenge.spec.datasets[dataset].load:
            if step.challenge is not None:
                yield step.challenge, self.challenge.files[step.challenge], False
                continue
            paths = matching(self.submission, step.submission or "")
            if not paths:
                raise Blocked(f"no file of the submission matches {step.submission}, which data set {dataset} loads")
            yield from ((path, self.submission[path].data, True) for path in paths)

    def drop(self) -> None:
        """Drop the templates.

        Raises:
            Blocked, InfrastructureError: a server refuses.
        """
        templates, self._templates = self._templates, {}
        for dataset, name in templates.items():
            if isinstance(name, str):
                self.servers[self.challenge.spec.datasets[dataset].service].drop(name)

    def copy(self, dataset: str, *, for_app: bool = False) -> DatasetCopy:
        """A fresh copy of a data set.

        Raises:
            Blocked: the candidate's part of it does not load.
            InfrastructureError: a fault of ours.
        """
        server, template = self._template(dataset)
        name = server.copy(template, for_app=for_app)
        # Whatever an app's database looks like, the app had its hands in it.
        theirs = for_app or self._theirs(dataset)
        if isinstance(server, SqlServer):
            return SqlCopy(server, name, self.allowance.within, theirs)
        if isinstance(server, StoreServer):
            return StoreCopy(server, name, self.allowance.within, theirs)
        return DatasetCopy(server, name, self.allowance.within, theirs)


def _text(path: str, data: bytes, *, own: bool) -> str:
    """The text of a script; ``own`` means the candidate's own.

    Raises:
        Blocked, InfrastructureError: it is not UTF-8, by whose it is.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if own:
            raise Blocked(f"{path} is not UTF-8") from error
        raise InfrastructureError(Problem(path, "it is not UTF-8", "", "correct the challenge")) from error

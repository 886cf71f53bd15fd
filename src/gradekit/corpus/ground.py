"""Where hostile submissions are graded: loaded challenges on a real engine, and what a grading leaves there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradekit import record as records
from gradekit.errors import ExitCode
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Progress, Silent
from gradekit.report.formats import FORMATS
from gradekit.results import Report
from gradekit.sandbox.container import RUN_LABEL
from gradekit.sandbox.docker import DockerEngine
from gradekit.score import exit_code
from gradekit.spec.challenge import Challenge
from gradekit.spec.lock import Lock
from gradekit.submission import CloneRules, obtain


@dataclass(frozen=True, slots=True)
class Loaded:
    """A challenge with its lock and the operator's side of its gradings."""

    challenge: Challenge
    lock: Lock | None
    setting: Setting


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading's report, its files by name, and how long it took."""

    report: Report
    files: Mapping[str, str]
    exit: ExitCode
    seconds: float

    def view(self) -> dict[str, Any]:
        """What must not depend on chance: the report without its run."""
        return self.report.model_dump(mode="json", exclude={"run"})


@dataclass(frozen=True, slots=True)
class Ground:
    """The challenges, by the name that cases use, and one engine for all gradings."""

    loaded: Mapping[str, Loaded]
    engine: DockerEngine

    def close(self) -> None:
        """Close the connections."""
        self.engine.close()

    def left(self, run: str) -> list[str]:
        """Names of the containers, volumes and networks that a run left on the engine.

        Raises:
            InfrastructureError: the engine does not answer.
        """
        client = self.engine.client
        label = f"{RUN_LABEL}={run}"
        return [found.name for found in (*client.containers(label), *client.volumes(label), *client.networks(label))]

    def grade(self, address: str, challenge: str, out: Path, progress: Progress | None = None) -> Graded:
        """Grade what lies at an address, as the command line does, and write every format and the record.

        Raises:
            SubmissionError: the submission is refused.
            InfrastructureError: the engine failed.
        """
        loaded = self.loaded[challenge]
        begun = time.monotonic()
        record = grade(
            loaded.challenge,
            loaded.lock,
            loaded.setting,
            lambda: obtain(
                address,
                ref=None,
                before=None,
                candidate=None,
                received_at=None,
                rules=CloneRules.of(loaded.challenge.spec),
            ),
            progress or Silent(),
        )
        seconds = time.monotonic() - begun
        report = judge(loaded.challenge, record, loaded.lock)
        files = {}
        for report_format in FORMATS.values():
            rendered = report_format.render(report)
            data = rendered.encode() if isinstance(rendered, str) else rendered
            name = f"report{report_format.suffix}"
            records.write_atomically(out / name, data)
            files[name] = data.decode()
        records.write(out / "record", record)
        return Graded(report, files, exit_code(report.score), seconds)

"""What a run observed, kept so that it can be judged again: a folder of plain JSON files.

Layout: ``record.json`` (everything but the evidence) and ``evidence/CHECK.json``, one file a check.
The record belongs to the reviewer: evidence holds hidden answers.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue, ValidationError

from gradekit.errors import Problem, UsageError
from gradekit.model import Model, tuple_of
from gradekit.results import Isolation, Phase, SubmissionRef, Variant, Versions

RECORD = "record.json"
EVIDENCE = "evidence"


class Printed(Model):
    """The end of what the app wrote to stdout and stderr while a check was observed: for people, never judged."""

    text: str
    """Hostile."""
    restarted: bool = False
    """Whether it is only of the app's last start, of several in the check."""


class Observation(Model):
    """What came of observing one check.

    ``observed``: ``evidence`` is there to be judged. ``blocked``: the candidate's side made it
    impossible. ``errored``: our side did; never a zero.
    """

    check: str
    kind: str
    state: Literal["observed", "blocked", "errored"]
    evidence: JsonValue = None
    message: str = ""
    detail: str = ""
    """Raw text for the reviewer, such as the tail of a log; hostile."""
    printed: Printed | None = None
    """None where no app was used or it wrote nothing."""
    seconds: float = 0.0
    spent: float | None = None
    """Seconds that counted against its limit: without the start of the app, and without what the engine took."""
    stand_in: str = ""
    """What was used in the place of an official image, in words; what it observed can only confirm."""

    @property
    def digest(self) -> str | None:
        """SHA-256 of the evidence as it is written, None without evidence."""
        return hashlib.sha256(_dump(self.evidence)).hexdigest() if self.state == "observed" else None


class Record(Model):
    """One run, without a judgement."""

    schema_version: Literal[1] = 1
    gradekit: str
    id: str
    started_at: str
    seconds: float
    challenge: str
    """Id of the challenge that was run."""
    challenge_path: str
    challenge_digest: str
    variant: Variant | None = None
    """Which variant of the challenge was run; None where it has none."""
    submission: SubmissionRef
    isolation: Isolation | None
    images: Mapping[str, str]
    versions: Versions = Field(default_factory=dict)
    phases: Annotated[tuple[Phase, ...], BeforeValidator(tuple_of)]
    notices: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    observations: Annotated[tuple[Observation, ...], BeforeValidator(tuple_of)] = Field(default=())


def _dump(value: object) -> bytes:
    # ASCII, for evidence may hold what is no text at all, such as half a surrogate pair.
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("ascii")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old or the new content and nothing between.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".gradekit-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            Problem(
                str(path),
                f"cannot be written ({error.strerror})",
                "it has to be in a folder you may write to",
                "choose another folder",
            )
        ) from error


def write(folder: Path, record: Record) -> None:
    """Write a record into ``folder``; evidence first, so that a record.json is always whole."""
    for observation in record.observations:
        if observation.state == "observed":
            write_atomically(folder / EVIDENCE / f"{observation.check}.json", _dump(observation.evidence))
    slim = record.model_dump(mode="json")
    for entry, observation in zip(slim["observations"], record.observations, strict=True):
        entry["evidence"] = observation.digest
    write_atomically(folder / RECORD, _dump(slim))


def read(folder: Path) -> Record:
    """Read what ``write`` wrote; ``folder`` may also name its record.json.

    Raises:
        UsageError: there is no whole record, or an evidence file is not the one that was recorded.
    """
    path = folder if folder.name == RECORD else folder / RECORD
    if not path.is_file():
        raise UsageError(
            Problem(
                str(folder),
                "holds no record.json",
                "a folder that gradekit grade wrote",
                "give the --out folder of a run",
            )
        )
    try:
        slim = json.loads(path.read_bytes())
        for entry in slim["observations"]:
            recorded, entry["evidence"] = entry["evidence"], None
            if recorded is not None:
                evidence = path.parent / EVIDENCE / f"{entry['check']}.json"
                data = evidence.read_bytes()
                if hashlib.sha256(data).hexdigest() != recorded:
                    raise UsageError(
                        Problem(
                            str(evidence),
                            "is not the evidence that the run recorded",
                            f"SHA-256 {recorded}",
                            "restore it",
                        )
                    )
                entry["evidence"] = json.loads(data)
        return Record.model_validate(slim, strict=False)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise UsageError(
            Problem(
                str(path),
                f"cannot be read as a record ({first})",
                "the files as gradekit grade wrote them",
                "run grade again",
            )
        ) from error

"""challenge variant: the table of variants, and the folder that one candidate gets."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from gradekit.errors import Problem, UsageError
from gradekit.record import write_atomically
from gradekit.results import Variant
from gradekit.spec.challenge import Challenge
from gradekit.spec.handed import handed_out
from gradekit.spec.variants import told


def write(challenge: Challenge, folder: Path) -> None:
    """Write what a candidate gets into a new folder, or an empty one.

    Raises:
        UsageError: it has files already or cannot be written, or there is no brief.
    """
    files = handed_out(challenge)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(Problem("--into", f"{folder} is there already", "a new or an empty folder", "name another"))
    for path, data in files.items():
        write_atomically(folder / path, data)
        (folder / path).chmod((challenge.root / path).stat().st_mode & 0o777)
    sys.stderr.write(f"wrote {len(files)} file{'s' * (len(files) != 1)} to {folder}\n")


def shown(variants: Sequence[Variant], *, as_json: bool) -> str:
    """Variants for people, a line each, or as one document."""
    if as_json:
        return json.dumps([variant.model_dump(mode="json") for variant in variants], indent=1) + "\n"
    return "".join(f"variant {one.number} of {one.of}: {told(one)}\n" for one in variants)

"""What makes a submission one for Node.js."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit import runner
from gradekit.errors import SubmissionError

RUNNERS = tuple(runner.find(Path(__file__).parents[2] / "runners", name) for name in ("node", "python"))


@pytest.mark.parametrize(
    "names",
    [["package.json"], ["app.js", "README.md"], ["server.mjs"], ["server.ts", "tsconfig.json"], ["src/app.cjs"]],
)
def test_its_files_tell(names: list[str]) -> None:
    assert runner.detect(RUNNERS, names).name == "node"


def test_files_in_folders_do_not_overrule_the_root() -> None:
    assert runner.detect(RUNNERS, ["app.py", "static/app.js"]).name == "python"


def test_two_languages_in_the_root_are_told() -> None:
    with pytest.raises(SubmissionError, match="its files look like node and python"):
        runner.detect(RUNNERS, ["package.json", "requirements.txt"])

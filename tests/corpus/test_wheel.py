"""The built wheel holds the corpus, without its tests."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = "gradekit/_shipped/"


def test_the_wheel_holds_what_the_command_needs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    corpus = ROOT / "tests" / "hostile"
    wanted = {
        f"{SHIPPED}hostile/{path.relative_to(corpus)}"
        for path in (*corpus.glob("*/**/*"), corpus / "README.md")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith(f"{SHIPPED}hostile/")} == wanted
    for name in (
        "runners/python/smoke/pass/expect.yaml",
        "challenges/orders-api/challenge.yaml",
        "rubrics/backend.yaml",
    ):
        assert f"{SHIPPED}{name}" in names
    assert "gradekit/corpus/__init__.py" in names
    assert not any(name.startswith(("tests/", "src/")) for name in names)

"""The program of the deps phase: what it takes from a candidate's file, and what it leaves alone of a package."""

from __future__ import annotations

import ensurepip
import io
import runpy
import shutil
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

DEPS = Path(__file__).parents[2] / "runners" / "python" / "bin" / "deps"


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    return runpy.run_path(str(DEPS), run_name="deps")


@pytest.mark.parametrize(
    "line",
    [
        "notes @ https://evil.invalid/notes-1.0-py3-none-any.whl",
        "https://evil.invalid/notes.whl",
        "git+https://evil.invalid/notes.git",
        "file:///etc/passwd",
        "./notes",
        "../notes.whl",
        "-e .",
        "-r other.txt",
        "-c other.txt",
        "--index-url https://evil.invalid",
        "--extra-index-url=https://evil.invalid",
        "--find-links .",
        "--trusted-host evil.invalid",
        "--pre",
        "notes --index-url https://evil.invalid",
        'notes==1 --config-settings="x=y"',
        "notes==1 --global-option=x",
        "${HOME}",
        "notes==1; python_version > '3' @ https://evil.invalid",
    ],
)
def test_only_names_with_versions_are_taken(program: dict[str, Any], line: str) -> None:
    with pytest.raises(program["RefusedError"]):
        program["clean"]("requirements.txt:1", line)


@pytest.mark.parametrize(
    "line",
    ["notes" + " " * 200_000 + "!", "notes[a" + " " * 200_000, "notes ==1" + " ," * 50_000 + "!", "a" * 200_000 + "!"],
    ids=["blanks", "extras", "versions", "name"],
)
def test_no_line_takes_long_to_refuse(program: dict[str, Any], line: str) -> None:
    begun = time.monotonic()
    with pytest.raises(program["RefusedError"]):
        program["clean"]("requirements.txt:1", line)
    assert time.monotonic() - begun < 2.0


def test_a_file_nested_too_deeply_is_refused(program: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(program["requirements"].__globals__, "read", {"pyproject.toml": f"a = {'[' * 20_000}"}.get)
    with pytest.raises(program["RefusedError"], match="nested too deeply"):
        program["requirements"]()


def test_a_marker_of_many_brackets_is_refused(program: dict[str, Any]) -> None:
    marker = f"{'(' * 3000}python_version > '3'{')' * 3000}"
    with pytest.raises(program["RefusedError"], match="more than 20 brackets"):
        program["clean"]("requirements.txt:1", f"notes==1; {marker}")


def test_a_key_of_many_parts_is_refused_at_once(program: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'a{".a" * 100_000}."x" = 1'
    monkeypatch.setitem(program["requirements"].__globals__, "read", {"pyproject.toml": text}.get)
    with pytest.raises(program["RefusedError"], match="more than 100 dots"):
        program["requirements"]()


def test_no_package_is_built(
    program: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A package that there is as source only would run what it likes while it is built."""
    wheels = Path(ensurepip.__file__).parent / "_bundled"
    index, target, sprung = tmp_path / "index", tmp_path / "target", tmp_path / "sprung"
    target.mkdir()
    for name in ("pip", "trap"):
        (index / name).mkdir(parents=True)
    shutil.copy(next(wheels.glob("pip-*.whl")), index / "pip")
    backend = f"open({str(sprung)!r}, 'w').close()\n"
    system = "[build-system]\nrequires = []\nbuild-backend = 'trap'\nbackend-path = ['.']\n"
    with tarfile.open(index / "trap" / "trap-1.0.tar.gz", "w:gz") as archive:
        for name, text in {"pyproject.toml": system, "trap.py": backend, "PKG-INFO": "Name: trap\n"}.items():
            member = tarfile.TarInfo(f"trap-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    for folder in index.iterdir():
        links = "".join(f'<a href="{file.name}">{file.name}</a>' for file in folder.iterdir())
        (folder / "index.html").write_text(links)
    monkeypatch.setitem(program["fetch"].__globals__, "_WHEELS", wheels)
    monkeypatch.setitem(program["fetch"].__globals__, "_TARGET", target)
    monkeypatch.setenv("PIP_INDEX_URL", index.as_uri())
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    assert program["fetch"]("requirements.txt", ["trap==1.0"]) == 2
    assert "its packages cannot be fetched as wheels" in capfd.readouterr().err
    assert not sprung.exists(), "the package was built"

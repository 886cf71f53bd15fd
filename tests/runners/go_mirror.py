"""A small module proxy on disk: what `GOPROXY` can name, served like any folder."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

_STAMP = '{"Version": "%s", "Time": "2024-01-02T03:04:05Z"}'


def module(root: Path, path: str, version: str, files: Mapping[str, str]) -> None:
    """Add a version of a module; ``files`` has its ``go.mod``."""
    folder = root / path / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "list").open("a", encoding="utf-8") as listed:
        listed.write(f"{version}\n")
    (folder / f"{version}.info").write_text(_STAMP % version, encoding="utf-8")
    (folder / f"{version}.mod").write_text(files["go.mod"], encoding="utf-8")
    (folder / f"{version}.zip").write_bytes(_archive(path, version, files))


def _archive(path: str, version: str, files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{path}@{version}/{name}", text)
    return buffer.getvalue()


def sums(path: str, version: str, files: Mapping[str, str]) -> str:
    """The lines of ``go.sum`` for a module."""
    whole = {f"{path}@{version}/{name}": text for name, text in files.items()}
    return f"{path} {version} {_digest(whole)}\n{path} {version}/go.mod {_digest({'go.mod': files['go.mod']})}\n"


def _digest(files: Mapping[str, str]) -> str:
    lines = "".join(f"{hashlib.sha256(files[name].encode()).hexdigest()}  {name}\n" for name in sorted(files))
    return f"h1:{base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()}"


TEXT = {"go.mod": "module golang.org/x/text\n", "text.go": "// Package text is none.\npackage text\n"}
LEAF = {
    "go.mod": "module tea.example/leaf\n\ngo 1.21\n",
    "leaf.go": 'package leaf\n\n// Pick picks.\nfunc Pick() string { return "green" }\n',
}


def filled(root: Path) -> Path:
    """A proxy with the modules that smoke cases and tests want."""
    module(root, "golang.org/x/text", "v0.3.0", TEXT)
    module(root, "tea.example/leaf", "v1.2.0", LEAF)
    return root

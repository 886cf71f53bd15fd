"""A small repository of Composer packages on disk."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def archive(files: Mapping[str, str], *, link: str = "") -> bytes:
    """A zip as code hosts make it, with one folder around all; ``link`` is the name of a symbolic link in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, text in files.items():
            made.writestr(f"repository-1a2b3c/{name}" if not name.startswith("../") else name, text)
        if link:
            entry = zipfile.ZipInfo(f"repository-1a2b3c/{link}")
            entry.create_system = 3
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            made.writestr(entry, "/etc")
    return buffer.getvalue()


def _add(folder: Path, name: str, versions: Mapping[str, tuple[bytes, Mapping[str, Any]]]) -> None:
    """A package; each version has its archive and what its composer.json says."""
    listed = []
    for version, (data, says) in versions.items():
        path = folder / "dist" / name / f"{version}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sha1 = hashlib.sha1(data).hexdigest()  # noqa: S324 - what the format has
        dist = {"type": "zip", "url": f"/dist/{name}/{version}.zip", "reference": "b" * 40, "shasum": sha1}
        listed.append({"name": name, "version": version, "dist": dist, **says})
    place = folder / "p2" / f"{name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"packages": {name: listed}}), encoding="utf-8")


def filled(folder: Path) -> Path:
    """The repository that the tests ask; it has what the smoke cases want."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "packages.json").write_text(json.dumps({"metadata-url": "/p2/%package%.json"}), encoding="utf-8")
    leaf = "<?php\n\nfunction leaf_version(): string\n{{\n    return '{0}';\n}}\n"
    kettle = "<?php\n\nclass Tea_Old_Kettle\n{\n    public int $size = 3;\n}\n"
    evil = "<?php\n\nthrow new Error('evil');\n"
    says = {"autoload": {"files": ["leaf.php"], "classmap": ["old"]}, "scripts": {"post-install-cmd": "exit 1"}}
    steep = (
        "<?php\n\nnamespace Tea;\n\nfinal class Steep\n{\n    public static function brew(): string\n    {\n"
        "        return 'brew with leaf ' . leaf_version();\n    }\n}\n"
    )
    program = "#!/usr/bin/env php\n<?php\n\nrequire __DIR__ . '/../../../autoload.php';\n\necho Tea\\Steep::brew();\n"
    packages: dict[str, dict[str, tuple[bytes, Mapping[str, Any]]]] = {
        "psr/log": {"3.0.0": (archive({"src/LoggerInterface.php": "<?php\n"}), {})},
        "tea/leaf": {
            version: (archive({"leaf.php": leaf.format(version), "old/kettle.php": kettle}, link="etc"), says)
            for version in ("1.0.0", "2.0.0")
        },
        "tea/steep": {
            "v1.0.0": (
                archive({"src/Steep.php": steep, "bin/steep": program}),
                {"require": {"tea/leaf": "^2.0"}, "autoload": {"psr-4": {"Tea\\": "src/"}}, "bin": ["bin/steep"]},
            )
        },
        "tea/plugin": {
            "1.0.0": (
                archive({"src/Plugin.php": evil}),
                {"type": "composer-plugin", "extra": {"class": "Tea\\Plugin"}},
            )
        },
        "tea/newer": {"1.0.0": (archive({"a.php": evil}), {"require": {"php": ">=99.0"}})},
        "tea/native": {"1.0.0": (archive({"a.php": evil}), {"require": {"ext-frobnicate": "*"}})},
        "tea/outside": {"1.0.0": (archive({"../../../autoload.php": evil}), {})},
        "tea/broken": {"1.0.0": (b"no archive", {})},
    }
    for name, versions in packages.items():
        _add(folder, name, versions)
    damaged = folder / "p2/tea/leaf.json"
    text = damaged.read_text(encoding="utf-8")
    (folder / "p2/tea/changed.json").write_text(text.replace("tea/leaf", "tea/changed"), encoding="utf-8")
    (folder / "dist/tea/changed").mkdir()
    (folder / "dist/tea/changed/1.0.0.zip").write_bytes(archive({"leaf.php": evil}))
    return folder

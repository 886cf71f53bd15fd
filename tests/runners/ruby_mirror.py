"""A small index of gems on disk."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

from tests.runners.mirror import tar

_SPEC = """--- !ruby/object:Gem::Specification
name: {name}
version: !ruby/object:Gem::Version
  version: {version}
platform: {platform}
authors: [Tea]
date: 2024-02-29 00:00:00.000000000 Z
dependencies: []
executables: [{executables}]
extensions: [{extensions}]
bindir: bin
require_paths: [lib]
required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '{ruby}'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
specification_version: 4
summary: Tea
"""


_STEEP = """
require "leaf"

module Steep
  def self.brew = "brew with leaf #{Leaf::VERSION}"
end
"""


def gem(
    name: str,
    version: str,
    files: Mapping[str, str],
    *,
    platform: str = "ruby",
    executables: str = "",
    extensions: str = "",
    ruby: str = "2.7",
) -> bytes:
    """A package as ``gem build`` makes it."""
    text = _SPEC.format(
        name=name, version=version, platform=platform, executables=executables, extensions=extensions, ruby=ruby
    )
    data = {path: content.encode() for path, content in files.items()}
    return tar({"metadata.gz": gzip.compress(text.encode(), mtime=0), "data.tar.gz": tar(data, "w:gz")})


def filled(folder: Path) -> Path:
    """The index that the tests ask; it has what the smoke cases want."""
    gems = folder / "gems"
    gems.mkdir(parents=True)
    leaf = 'module Leaf\n  VERSION = "{}"\nend\n'
    packages = {
        "leaf-1.0.0": gem("leaf", "1.0.0", {"lib/leaf.rb": leaf.format("1.0.0")}),
        "leaf-2.0.0": gem("leaf", "2.0.0", {"lib/leaf.rb": leaf.format("2.0.0")}),
        "steep-1.0.0": gem(
            "steep",
            "1.0.0",
            {
                "lib/steep.rb": _STEEP,
                "lib/rubygems_plugin.rb": 'abort("evil")\n',
                "bin/steep": '#!/usr/bin/env ruby\nrequire "steep"\nputs Steep.brew\n',
            },
            executables="steep",
        ),
        "rack-2.2.4": gem("rack", "2.2.4", {"lib/rack.rb": 'raise "not the one of the lock file"\n'}),
        "pg-1.5.4": gem("pg", "1.5.4", {"ext/extconf.rb": 'abort("evil")\n'}, extensions="ext/extconf.rb"),
        "fast-1.0.0": gem("fast", "1.0.0", {"ext/extconf.rb": 'abort("evil")\n'}, extensions="ext/extconf.rb"),
        "fast-1.0.0-x86_64-linux": gem("fast", "1.0.0", {"lib/fast.rb": "FAST = 1\n"}, platform="x86_64-linux"),
        "newer-1.0.0": gem("newer", "1.0.0", {"lib/newer.rb": "NEWER = 1\n"}, ruby="99.0"),
        "liar-1.0.0": gem("leaf", "9.0.0", {"lib/leaf.rb": "LEAF = 9\n"}),
        "outside-1.0.0": gem("outside", "1.0.0", {"../../specifications/evil.gemspec": 'abort("evil")\n'}),
        "broken-1.0.0": b"no archive",
    }
    for name, data in packages.items():
        (gems / f"{name}.gem").write_bytes(data)
    return folder

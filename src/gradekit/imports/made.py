"""What an import makes: the files of a challenge's folder, and what its author should know of them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from gradekit.imports.source import UNREAD, Source
from gradekit.texts import clean, one_line

RUBRIC: Final = """\
gradekit: 1
id: {name}
title: {title}
pass_mark: {mark}
criteria:
{criteria}
"""
_BEHAVIOUR: Final[Mapping[str, tuple[str, int]]] = {"behaviour": ("Behaviour", 100)}
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*([ ./][A-Za-z0-9_-]+)*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_WIDTH: Final = 110
_NOTE: Final = 500
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a challenge by path below its folder."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()
    """What was changed or left out, a sentence each."""


class _Dumper(yaml.SafeDumper):
    """YAML that a reader of 1.1 and one of 1.2 understand alike, without anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """No value stands for another."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def as_yaml(value: object) -> str:
    """A value in YAML; its innermost lists and maps stand on one line."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None, indent=2
    )


def challenge(
    source: Source,
    *,
    kind: str,
    spec: Mapping[str, Any],
    readme: Sequence[str],
    credit: Sequence[str],
    files: Mapping[str, bytes],
    notes: Sequence[str] = (),
    licence: str = "",
    criteria: Mapping[str, tuple[str, int]] = _BEHAVIOUR,
) -> Made:
    """Put a challenge's folder together: spec, rubric, brief with its source, licence.

    Args:
        source: what was imported.
        kind: what it is, such as "Exercism exercise".
        spec: challenge.yaml, with ``id`` and ``title``.
        readme: the brief's paragraphs below its title.
        credit: what is known of the origin, a line each.
        files: all others.
        notes: what was changed or left out.
        licence: what it says itself of its licence.
        criteria: of the rubric: id -> title and weight; with one alone, all of it is needed to pass.
    """
    unread = [f"{path}: left out, for it {UNREAD}" for path in source.unread]
    # Names of files are a stranger's: one with a line break must not end the comment.
    notes = tuple(clean(note, _NOTE) for note in (*unread, *notes))
    terms = [f"Its licence is {one_line(licence, _NOTE)}."] if licence else []
    if source.licences:
        names = ", ".join(f"[{name}]({name})" for name in source.licences)
        terms.append(f"The terms of its source are in {names}.")
    if not terms:
        terms.append("No licence was found beside it: ask its authors before you pass it on.")
    about = "\n".join(f"- {one_line(line, _NOTE)}" for line in credit)
    origin = f"## Source\n\nThis is the {kind} `{source.name}`, imported by gradekit. {' '.join(terms)}\n\n{about}"
    brief = "\n\n".join((f"# {one_line(spec['title'], _NOTE)}", *readme, origin.strip())) + "\n"
    head = [f"# Imported from the {kind} {clean(source.name)}.", *(f"# - {note}" for note in notes)]
    rubric = RUBRIC.format(
        name=spec["id"],
        title=_inline(spec["title"]),
        mark=100 if len(criteria) == 1 else 60,
        criteria="\n".join(
            f"  {name}: {{title: {_inline(title)}, weight: {weight}}}" for name, (title, weight) in criteria.items()
        ),
    )
    made = {
        "challenge.yaml": ("\n".join(head) + "\n" + as_yaml(spec)).encode(),
        "rubric.yaml": rubric.encode(),
        "README.md": brief.encode(),
        **source.licences,
        **files,
    }
    return Made(dict(sorted(made.items())), notes)


def _inline(text: str) -> str:
    """A text as it stands in a line of YAML."""
    node = yaml.dump(text, Dumper=_Dumper, allow_unicode=True, width=10 * _NOTE)
    return node.splitlines()[0]


def deeper(markdown: str) -> str:
    """The text with every heading one level further down; what stands in fences is left as it is."""
    lines, fenced = [], False
    for line in markdown.strip().splitlines():
        fenced ^= line.lstrip().startswith("```")
        lines.append(f"#{line}" if not fenced and re.match(r"#{1,5} ", line) else line)
    return "\n".join(lines)


def write(target: Path, made: Made) -> None:
    """Write the folder, which is not there yet; on failure nothing stays behind.

    Raises:
        OSError: it cannot be written.
    """
    target.mkdir(parents=True)
    try:
        for path, data in made.files.items():
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as stream:
                stream.write(data)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise

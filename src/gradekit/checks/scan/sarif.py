"""Reads what a tool printed: a log in the format SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from gradekit.checks.scan.evidence import Finding
from gradekit.checks.scan.model import LEVELS, ScanSpec
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.plans import ExecResult
from gradekit.texts import clean

MAX_OUTPUT: Final = 16 << 20
"""Bytes that a tool may print."""
MAX_TEXT: Final = 300
_MAX_LINE: Final = 10_000_000
_HEX: Final = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with what is the same for the same secret, wherever it stands; no evidence keeps that."""

    finding: Finding
    same: str


def read(spec: ScanSpec, result: ExecResult, files: Mapping[str, bytes]) -> tuple[str, list[Found]]:
    """Name of the tool that a run was of, and its findings, in an order that is the same each time.

    ``files`` are those that it looked at, by path.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    if result.exit_code != 0:
        said = clean(result.stderr[-MAX_TEXT:]) or "nothing on stderr"
        raise broken(spec, f"it ended with exit code {result.exit_code}: {said}")
    try:
        log: Any = json.loads(result.stdout)
        tools = [str(run["tool"]["driver"]["name"]) for run in log["runs"]]
        texts = _Texts(files)
        found = [one for run in log["runs"] for one in _results(run, texts)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise broken(spec, f"what it printed cannot be read ({type(error).__name__})") from error
    return clean(", ".join(tools)), sorted(
        found, key=lambda one: (one.finding.path, one.finding.line, one.finding.rule, one.finding.message)
    )


def broken(spec: ScanSpec, what: str) -> InfrastructureError:
    """A scanner that does not do what it is for is a fault of ours."""
    return InfrastructureError(Problem(f"scanner {spec.scanner}, {spec.line}", what, "SARIF 2.1.0 on stdout"))


class _Texts:
    """Lines of files; each file is split once, however many findings it has."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._split: dict[str, Sequence[bytes]] = {}

    def line(self, path: str, number: int) -> bytes:
        """A line without its white space; nothing where there is none."""
        if path not in self._split:
            self._split[path] = self._files.get(path, b"").split(b"\n")
        lines = self._split[path]
        return b"".join(lines[number - 1].split()) if 0 < number <= len(lines) else b""


def _results(run: Mapping[str, Any], texts: _Texts) -> Iterator[Found]:
    """The findings of one run of a SARIF log; those that a comment of the candidate suppresses are findings, too."""
    rules = {str(rule.get("id")): rule for rule in run["tool"]["driver"].get("rules") or ()}
    for result in run.get("results") or ():
        if result.get("kind", "fail") != "fail":
            continue
        rule = str(result.get("ruleId") or (result.get("rule") or {}).get("id") or "unnamed")
        default = (rules.get(rule, {}).get("defaultConfiguration") or {}).get("level", "warning")
        level = result.get("level", default)
        place = ((result.get("locations") or [{}])[0]).get("physicalLocation") or {}
        path = _path(str((place.get("artifactLocation") or {}).get("uri", "")))
        line = int((place.get("region") or {}).get("startLine", 0))
        finding = Finding(
            rule=clean(rule),
            level=level if level in LEVELS else "warning",
            message=clean(str((result.get("message") or {}).get("text", "")), MAX_TEXT),
            path=clean(path, MAX_TEXT),
            line=max(0, min(line, _MAX_LINE)),
            print=_print(rule, path, texts.line(path, line)),
        )
        # Without a tool that tells secrets apart, the line is what is the same in other files.
        same = (result.get("partialFingerprints") or {}).get("secret/v1") or _print(rule, "", texts.line(path, line))
        yield Found(finding, f"{rule} {same}")


def _path(uri: str) -> str:
    path = unquote(uri.removeprefix("file://")).removeprefix("/work/")
    return path.removeprefix("./")


def _print(rule: str, path: str, text: bytes) -> str:
    return hashlib.sha256(b"\0".join((rule.encode(), path.encode("utf-8", "replace"), text))).hexdigest()[:_HEX]

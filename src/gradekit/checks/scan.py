"""The kind ``scan``: what a scanner of source code finds, taken in as SARIF, whichever tool it is."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, model_validator

from gradekit.checks.base import Bench, Complaint, Context, Kind, Scope
from gradekit.checks.lines import languages_left_out
from gradekit.errors import InfrastructureError, Problem
from gradekit.model import Duration, Loc, Model, RelativePath, Slug, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Outcome, Status, Tier
from gradekit.sandbox.protocol import Ending, ExecResult, FileEntry
from gradekit.texts import clean

MAX_OUTPUT: Final = 16 << 20
"""Bytes that a tool may print."""
MAX_FINDINGS: Final = 2_000
"""Findings that are kept; the others are counted."""
MAX_RULES: Final = 40
"""Rules that a report tells apart."""
LISTED: Final = 5
"""Findings of one rule that a report tells."""
_MAX_TEXT: Final = 300
_MAX_LINE: Final = 10_000_000
_HEX: Final = 16
_WHOLE: Final = 1_000_000
_ENDINGS: Final = {
    Ending.TIMEOUT: "the scanner did not come to an end within {seconds:g} s",
    Ending.OOM: "the scanner ran out of memory",
    Ending.OUTPUT: f"the scanner printed more than {MAX_OUTPUT >> 20} MiB",
}
_STOPPED: Final = (
    "; without the submission's files it works, so something in them stops it, and what it would find is not known; "
    "look for files that are generated, very large or deeply nested"
)

Level = Literal["error", "warning", "note", "none"]
_LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note", "none")
Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Penalties = Mapping[Level, Share]


class ScanSpec(Model):
    """A tool that looks at the submission's files, and what its findings cost."""

    scanner: Slug = Field("scanners", description="Name of a folder in runners/ of kind scanner.")
    tool: Slug | None = Field(None, description="A tool of the scanner's program scan, such as ruff.")
    run: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Instead of tool: a line for /bin/sh that prints SARIF; the submission lies in /work."
    )
    timeout: Duration = Field(60.0, description="For a run of the tool.")
    starter: RelativePath | Annotated[Mapping[Slug, RelativePath], Field(min_length=1)] | None = Field(
        None,
        description="A folder of the challenge, what is found in it does not count; or a map of runners to folders.",
    )
    ignore: Names = Field(
        ("node_modules", "vendor", "*.min.js"),
        description="Names of files and folders, with * and ?, that are left out.",
    )
    levels: Mapping[str, Level] = Field(
        default_factory=dict,
        description="Rule, with * and ?, to the level of its findings: error, warning, note or none (left out).",
    )
    penalties: Penalties = Field(
        {"error": 0.2, "warning": 0.05}, description="Share of the points that each finding of a level costs."
    )
    caps: Penalties = Field({}, description="The most that all findings of a level cost together.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.tool is None) == (self.run is None):
            raise ValueError("give exactly one of tool and run")
        return self

    @property
    def line(self) -> str:
        """What the shell runs in the scanner's container."""
        return self.run or f"exec /opt/gradekit/bin/scan {self.tool}"


class Finding(Model):
    """One result of a tool; its texts are hostile."""

    rule: str
    level: Level
    message: str = ""
    path: str = ""
    line: int = 0
    print: str = ""
    """The same for the same rule in the same line of the same file, wherever that line stands."""

    @property
    def place(self) -> str:
        """The path, with the line where the tool named one."""
        return f"{self.path}:{self.line}" if self.line else self.path


class ScanEvidence(Model):
    """What a tool found in the submission, and not in the starter."""

    ending: Annotated[Ending, Field(strict=False)] = Ending.EXITED
    tool: str = ""
    """What the tool calls itself."""
    findings: Annotated[tuple[Finding, ...], BeforeValidator(tuple_of)] = ()
    more: int = 0
    """Findings that were not kept."""
    old: int = 0
    """Findings that stand in the starter, too."""


def observe(spec: ScanSpec, bench: Bench) -> ScanEvidence:
    """Scan the submission, and the starter where there is one.

    That the submission's files keep the tool from an end is believed only of a tool that comes to one without them.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    result = bench.scan(spec.scanner, spec.line, timeout=spec.timeout, max_output=MAX_OUTPUT)
    stopped = result.ending is not Ending.EXITED
    known: Counter[str] = Counter()
    files = _starter(spec, bench)
    if files or stopped:
        place = "the starter" if files else "an empty file"
        files = files or {"empty": b""}
        entries = [FileEntry(path=path, data=data) for path, data in files.items()]
        base = bench.scan(spec.scanner, spec.line, files=entries, timeout=spec.timeout, max_output=MAX_OUTPUT)
        if base.ending is not Ending.EXITED:
            raise _broken(spec, f"its run on {place} ended by {base.ending.value}")
        known.update(finding.print for finding in read(spec, base, files)[1])
    if stopped:
        return ScanEvidence(ending=result.ending)
    tool, found = read(spec, result, {path: entry.data for path, entry in bench.submission.items()})
    new = []
    for finding in found:
        if known[finding.print] > 0:
            known[finding.print] -= 1
        else:
            new.append(finding)
    return ScanEvidence(
        tool=tool, findings=tuple(new[:MAX_FINDINGS]), more=len(new[MAX_FINDINGS:]), old=len(found) - len(new)
    )


def _starter(spec: ScanSpec, bench: Bench) -> Mapping[str, bytes]:
    folder = spec.starter
    if isinstance(folder, Mapping):
        folder = folder.get(bench.language)
    if folder is None:
        return {}
    prefix = folder.rstrip("/") + "/"
    files = bench.context.files
    return {path.removeprefix(prefix): data for path, data in files.items() if path.startswith(prefix)}


def _broken(spec: ScanSpec, what: str) -> InfrastructureError:
    return InfrastructureError(Problem(f"scanner {spec.scanner}, {spec.line}", what, "SARIF 2.1.0 on stdout"))


def read(spec: ScanSpec, result: ExecResult, files: Mapping[str, bytes]) -> tuple[str, list[Finding]]:
    """Name of the tool that a run was of, and its findings, in an order that is the same each time.

    ``files`` are those that it looked at, by path.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    if result.exit_code != 0:
        said = clean(result.stderr[-_MAX_TEXT:]) or "nothing on stderr"
        raise _broken(spec, f"it ended with exit code {result.exit_code}: {said}")
    try:
        log: Any = json.loads(result.stdout)
        tools = [str(run["tool"]["driver"]["name"]) for run in log["runs"]]
        found = [finding for run in log["runs"] for finding in _results(run, files)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _broken(spec, f"what it printed cannot be read ({type(error).__name__})") from error
    kept = (finding for finding in found if not _named(finding.path, spec.ignore))
    order = sorted(kept, key=lambda finding: (finding.path, finding.line, finding.rule, finding.message))
    return clean(", ".join(tools)), order


def _results(run: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[Finding]:
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
        yield Finding(
            rule=clean(rule),
            level=level if level in _LEVELS else "warning",
            message=clean(str((result.get("message") or {}).get("text", "")), _MAX_TEXT),
            path=clean(path, _MAX_TEXT),
            line=max(0, min(line, _MAX_LINE)),
            print=_print(rule, path, line, files),
        )


def _path(uri: str) -> str:
    path = unquote(uri.removeprefix("file://")).removeprefix("/work/")
    return path.removeprefix("./")


def _print(rule: str, path: str, line: int, files: Mapping[str, bytes]) -> str:
    lines = files.get(path, b"").split(b"\n")
    text = b"".join(lines[line - 1].split()) if 0 < line <= len(lines) else b""
    return hashlib.sha256(b"\0".join((rule.encode(), path.encode("utf-8", "replace"), text))).hexdigest()[:_HEX]


def _named(path: str, names: Sequence[str]) -> bool:
    """Whether the file, or a folder above it, has one of the names."""
    return any(fnmatchcase(part, name) for part in path.split("/") for name in names)


def judge(spec: ScanSpec, evidence: ScanEvidence, context: Context) -> Judgement:
    """Subtract what the findings cost."""
    del context
    if evidence.ending is not Ending.EXITED:
        message = _ENDINGS[evidence.ending].format(seconds=spec.timeout) + _STOPPED
        return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
    by_rule: dict[str, list[Finding]] = {}
    counts: Counter[Level] = Counter()
    for finding in evidence.findings:
        level = _level(spec, finding)
        if level != "none":
            counts[level] += 1
            by_rule.setdefault(finding.rule, []).append(finding)
    cost = sum(min(counts[level] * share, spec.caps.get(level, 1.0)) for level, share in spec.penalties.items())
    ratio = round(max(0.0, 1.0 - cost) * _WHOLE) / _WHOLE
    worst = sorted(by_rule, key=lambda rule: (_LEVELS.index(_level(spec, by_rule[rule][0])), -len(by_rule[rule]), rule))
    cases = tuple(_case(spec, rule, by_rule[rule]) for rule in worst[:MAX_RULES])
    passed = ratio == 1.0
    outcome = Outcome(
        status=Status.PASSED if passed else Status.FAILED,
        ratio=ratio,
        message="" if passed else _counted(spec, counts),
    )
    return Judgement(outcome=outcome, cases=cases, notes=_notes(evidence, len(worst)))


def _counted(spec: ScanSpec, counts: Mapping[Level, int]) -> str:
    """How many findings cost points, and how many do not."""
    told: dict[bool, list[str]] = {True: [], False: []}
    for level in _LEVELS:
        if number := counts[level]:
            told[bool(spec.penalties.get(level))].append(f"{number} {level}{'' if number == 1 else 's'}")
    free = f"; that cost none: {', '.join(told[False])}" if told[False] else ""
    return f"findings that cost points: {', '.join(told[True])}{free}"


def _level(spec: ScanSpec, finding: Finding) -> Level:
    return next((level for name, level in spec.levels.items() if fnmatchcase(finding.rule, name)), finding.level)


def _case(spec: ScanSpec, rule: str, findings: Sequence[Finding]) -> CaseResult:
    level = _level(spec, findings[0])
    told = [f"{one.place}: {one.message}" for one in findings[:LISTED]]
    if len(findings) > LISTED:
        told.append(f"and {len(findings) - LISTED} more")
    free = not spec.penalties.get(level)
    outcome = Outcome(
        status=Status.PASSED if free else Status.FAILED, ratio=1.0 if free else 0.0, message="\n".join(told)
    )
    return CaseResult(id=rule, title=f"{rule} ({level})", outcome=outcome)


def _notes(evidence: ScanEvidence, rules: int) -> tuple[str, ...]:
    notes = []
    if evidence.old:
        notes.append(f"findings that stand in the starter, too, and do not count: {evidence.old}")
    if evidence.more:
        notes.append(f"findings beyond the first {MAX_FINDINGS}, which were not looked at: {evidence.more}")
    if rules > MAX_RULES:
        notes.append(f"rules beyond the first {MAX_RULES}, which are not listed: {rules - MAX_RULES}")
    return tuple(notes)


def show(spec: ScanSpec, evidence: ScanEvidence) -> tuple[Exhibit, ...]:
    """The findings, one a line."""
    lines = [f"{one.place}: {_level(spec, one)} {one.rule}: {one.message}" for one in evidence.findings]
    return (Exhibit(title=evidence.tool or "Findings", text="\n".join(lines)),) if lines else ()


def lint(spec: ScanSpec, scope: Scope) -> Iterator[Complaint]:
    """Languages without a starter, and caps of levels that cost nothing."""
    if isinstance(spec.starter, Mapping):
        yield from languages_left_out(("starter",), spec.starter, scope)
    for level in spec.caps:
        if not spec.penalties.get(level):
            yield Complaint(("caps", level), f"findings of level {level} cost nothing", f"a penalty for {level}")


def paths(spec: ScanSpec) -> Iterator[tuple[Loc, str]]:
    """The starter's folders."""
    if isinstance(spec.starter, Mapping):
        for runner, folder in spec.starter.items():
            yield ("starter", runner), folder
    elif spec.starter is not None:
        yield ("starter",), spec.starter


KIND = Kind(
    name="scan",
    spec=ScanSpec,
    evidence=ScanEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    ships_files=lambda _: True,
    scanner=lambda spec: spec.scanner,
    runs_code=False,
    advisory=True,
)

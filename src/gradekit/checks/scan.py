"""The kind ``scan``: what a scanner of source code finds, taken in as SARIF, whichever tool it is."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, model_validator

from gradekit.checks.base import Bench, Complaint, Context, Kind, Scope
from gradekit.checks.lines import languages_left_out
from gradekit.checks.tally import errored
from gradekit.errors import InfrastructureError, Problem
from gradekit.history import Line, Lines, with_ancestors
from gradekit.model import Duration, Loc, Model, RelativePath, Slug, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Outcome, Status, Tier
from gradekit.sandbox.protocol import Ending, ExecResult, FileEntry
from gradekit.texts import clean, not_one_of, quote

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
_CHUNK_LINES: Final = 2_000
"""Lines of the history that are in one file for the tool."""
_CHUNK: Final = 1 << 20
"""Bytes of them; of more than twice as many the tool would not look at the rest."""
_SHORT: Final = 10
_PAST: Final = "history/"
"""What the rules of findings in the history begin with."""
_UNREADABLE: Final = "unreadable"
_REVOKE: Final = (
    "whoever clones the repository has what stands in its history, so removing it in a later commit does not help: "
    "revoke each such key or password, and keep the new one outside of the repository"
)
_UNPROVEN: Final = (
    "commits are what the submission says of itself: a history can be made up or rewritten, and a force push leaves no "
    "trace in a clone"
)
_ENDINGS: Final = {
    Ending.TIMEOUT: "the scanner did not come to an end within {seconds:g} s, the check's timeout",
    Ending.OOM: "the scanner ran out of memory",
    Ending.OUTPUT: f"the scanner printed more than {MAX_OUTPUT >> 20} MiB, which is gradekit's limit",
}
_STOPPED: Final = (
    "; without the submission's files it works, so something in them stops it, and what it would find is not known; "
    "look for files that are generated, very large or deeply nested"
)
_STOPPED_PAST: Final = (
    "; on the graded files it works, so something in earlier commits stops it, and what it would find there is not "
    "known; look for files in them that are generated or very large"
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
    history: bool = Field(
        default=False,
        description="With tool: secrets, whether what stood in the files of earlier commits is looked at, too.",
    )
    starter_commits: Annotated[
        tuple[Annotated[str, Field(pattern="^[0-9a-f]{40}$")], ...], BeforeValidator(tuple_of)
    ] = Field((), description="With history, ids of commits that are the starter: what they have does not count.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.tool is None) == (self.run is None):
            raise ValueError("give exactly one of tool and run")
        if self.history and self.tool != "secrets":
            # Every other tool looks at whole files, and some show what they found.
            raise ValueError("history needs tool: secrets")
        if self.starter_commits and not self.history:
            raise ValueError("starter_commits needs history: true")
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
    commit: str = ""
    """The full id of the oldest commit with it, of what stood in an earlier commit."""

    @property
    def place(self) -> str:
        """The path, with the line where the tool named one and the commit where it is an earlier one."""
        commit = f"{self.commit[:_SHORT]} " if self.commit else ""
        return f"{commit}{self.path}:{self.line}" if self.line else f"{commit}{self.path}"


class HistoryEvidence(Model):
    """What a tool found in the commits before the graded one, and neither in the graded files nor in the starter."""

    none: bool = False
    """Whether there is no history, for the submission came as a plain folder."""
    problem: str = ""
    """Why it could not be read."""
    ending: Annotated[Ending, Field(strict=False)] = Ending.EXITED
    findings: Annotated[tuple[Finding, ...], BeforeValidator(tuple_of)] = ()
    more: int = 0
    """Findings that were not kept."""
    commits: int = 0
    """Commits that were looked at, without the starter's."""
    lines: int = 0
    """Different lines of them that were looked at."""
    older: bool = False
    """Whether older commits were not looked at, or are not there."""
    large: int = 0
    """Files that were too large to be looked at."""
    largest: Names = ()
    """Paths of some of them; hostile text."""
    unread: int = 0
    """Files, or versions of them, that were not looked at, since a bound was reached before."""
    late: bool = False
    """Whether that bound was the time."""
    refused: int = 0
    """Lines that were not looked at, since the tool fails on them."""


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
    history: HistoryEvidence | None = None
    """None where nobody asked for it."""


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


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with what is the same for the same secret, wherever it stands; no evidence keeps that."""

    finding: Finding
    same: str


def observe(spec: ScanSpec, bench: Bench) -> ScanEvidence:
    """Scan the submission, and the starter where there is one.

    That the submission's files keep the tool from an end is believed only of a tool that comes to one without them.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    result = bench.scan(spec.scanner, spec.line, timeout=spec.timeout, max_output=MAX_OUTPUT)
    stopped = result.ending is not Ending.EXITED
    known: Counter[str] = Counter()
    old: set[str] = set()
    files = _starter(spec, bench)
    if files or stopped:
        place = "the starter" if files else "an empty file"
        files = files or {"empty": b""}
        entries = [FileEntry(path=path, data=data) for path, data in files.items()]
        base = bench.scan(spec.scanner, spec.line, files=entries, timeout=spec.timeout, max_output=MAX_OUTPUT)
        if base.ending is not Ending.EXITED:
            raise _broken(spec, f"its run on {place} ended by {base.ending.value}")
        there = read(spec, base, files)[1]
        known.update(one.finding.print for one in there)
        old = {one.same for one in there}
    if stopped:
        return ScanEvidence(ending=result.ending)
    tool, everything = read(spec, result, {path: entry.data for path, entry in bench.submission.items()})
    found = [one for one in everything if not _named(one.finding.path, spec.ignore)]
    new = []
    for one in found:
        if known[one.finding.print] > 0:
            known[one.finding.print] -= 1
        else:
            new.append(one.finding)
    return ScanEvidence(
        tool=tool,
        findings=tuple(new[:MAX_FINDINGS]),
        more=len(new[MAX_FINDINGS:]),
        old=len(found) - len(new),
        history=_past(spec, bench, old | {one.same for one in found}) if spec.history else None,
    )


def _past(spec: ScanSpec, bench: Bench, known: Collection[str]) -> HistoryEvidence:
    """What the tool finds in the lines of earlier commits and is not ``known`` from graded files or the starter.

    Raises:
        InfrastructureError: the tool failed, or what it printed is no SARIF.
    """
    history = bench.history
    if history is None:
        return HistoryEvidence(none=True)
    lines = history.lines or Lines(problem="it was not asked for when the repository was fetched")
    if lines.problem:
        return HistoryEvidence(problem=lines.problem)
    starters = with_ancestors(spec.starter_commits, lines.parents)
    theirs = {commit: parents for commit, parents in lines.parents.items() if commit not in starters}
    looked = [line for line in lines.found if line.commit in theirs and not _named(line.path, spec.ignore)]
    facts = HistoryEvidence(
        commits=len(theirs),
        lines=len(looked),
        older=not lines.parents or any(one not in lines.parents for parents in theirs.values() for one in parents),
        large=lines.large,
        largest=lines.largest,
        unread=lines.unread,
        late=lines.late,
    )
    if not looked:
        return facts
    chunks = _chunks(looked)
    files = {name: "\n".join(line.text for line in chunk).encode() for name, chunk in chunks.items()}
    entries = [FileEntry(path=path, data=data) for path, data in files.items()]
    result = bench.scan(spec.scanner, spec.line, files=entries, timeout=spec.timeout, max_output=MAX_OUTPUT)
    if result.ending is not Ending.EXITED:
        return facts.model_copy(update={"ending": result.ending})
    found: dict[str, Finding] = {}
    refused = 0
    ages = {commit: age for age, commit in enumerate(lines.parents)}

    def place(finding: Finding) -> tuple[int, str, int]:
        """The oldest commit is first: it says since when a secret is known."""
        return -ages[finding.commit], finding.path, finding.line

    for one in read(spec, result, files)[1]:
        chunk = chunks.get(one.finding.path, ())
        if not 0 < one.finding.line <= len(chunk):
            raise _broken(spec, f"it names a line that is not there, {one.finding.place}")
        if one.finding.rule == _UNREADABLE:
            refused += len(chunk)
            continue
        line = chunk[one.finding.line - 1]
        if one.same in known:
            continue
        finding = Finding(
            rule=_PAST + one.finding.rule,
            level=one.finding.level,
            message=one.finding.message,
            path=clean(line.path, _MAX_TEXT),
            line=line.number,
            commit=line.commit,
        )
        found[one.same] = min(finding, found.get(one.same, finding), key=place)
    told = sorted(found.values(), key=place)
    return facts.model_copy(
        update={"findings": tuple(told[:MAX_FINDINGS]), "more": len(told[MAX_FINDINGS:]), "refused": refused}
    )


def _chunks(lines: Sequence[Line]) -> Mapping[str, Sequence[Line]]:
    """Lines in files of sizes that every tool takes, by names that say nothing."""
    chunks: list[list[Line]] = []
    room = 0
    for line in lines:
        room -= len(line.text.encode()) + 1
        if room < 0 or len(chunks[-1]) == _CHUNK_LINES:
            chunks.append([])
            room = _CHUNK - len(line.text.encode()) - 1
        chunks[-1].append(line)
    return {f"lines-{number}": chunk for number, chunk in enumerate(chunks)}


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


def read(spec: ScanSpec, result: ExecResult, files: Mapping[str, bytes]) -> tuple[str, list[Found]]:
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
        texts = _Texts(files)
        found = [one for run in log["runs"] for one in _results(run, texts)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _broken(spec, f"what it printed cannot be read ({type(error).__name__})") from error
    return clean(", ".join(tools)), sorted(
        found, key=lambda one: (one.finding.path, one.finding.line, one.finding.rule, one.finding.message)
    )


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
            level=level if level in _LEVELS else "warning",
            message=clean(str((result.get("message") or {}).get("text", "")), _MAX_TEXT),
            path=clean(path, _MAX_TEXT),
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


def _named(path: str, names: Sequence[str]) -> bool:
    """Whether the file, or a folder above it, has one of the names."""
    return any(fnmatchcase(part, name) for part in path.split("/") for name in names)


def judge(spec: ScanSpec, evidence: ScanEvidence, context: Context) -> Judgement:
    """Subtract what the findings cost."""
    del context
    if evidence.ending is not Ending.EXITED:
        message = _ENDINGS[evidence.ending].format(seconds=spec.timeout) + _STOPPED
        return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
    if spec.history and evidence.history is None:
        return errored("the evidence has nothing about the history; grade the submission again")
    past = evidence.history if spec.history and evidence.history is not None else HistoryEvidence()
    by_rule: dict[str, list[Finding]] = {}
    counts: Counter[Level] = Counter()
    for finding in (*evidence.findings, *past.findings):
        level = _level(spec, finding)
        if level != "none":
            counts[level] += 1
            by_rule.setdefault(finding.rule, []).append(finding)
    cost = sum(min(counts[level] * share, spec.caps.get(level, 1.0)) for level, share in spec.penalties.items())
    ratio = round(max(0.0, 1.0 - cost) * _WHOLE) / _WHOLE
    worst = sorted(by_rule, key=lambda rule: (_LEVELS.index(_level(spec, by_rule[rule][0])), -len(by_rule[rule]), rule))
    cases = tuple(_case(spec, rule, by_rule[rule]) for rule in worst[:MAX_RULES])
    left = _left(past)
    notes = (*_notes(evidence, len(worst)), *_told(past))
    if trouble := _trouble(spec, past):
        outcome = Outcome(status=Status.FAILED, message=trouble)
    elif ratio == 1.0:
        outcome = Outcome(status=Status.PASSED, ratio=1.0, message=left)
        # The message of what passed is for programs.
        notes = (*notes, left) if left else notes
    else:
        message = _counted(spec, counts) + _only_past(spec, past) + (f"; {left}" if left else "")
        outcome = Outcome(status=Status.FAILED, ratio=ratio, message=message)
    return Judgement(outcome=outcome, cases=cases, notes=notes)


def _counted(spec: ScanSpec, counts: Mapping[Level, int]) -> str:
    """How many findings cost points, and how many do not."""
    told: dict[bool, list[str]] = {True: [], False: []}
    sums = {True: 0, False: 0}
    for level in _LEVELS:
        if number := counts[level]:
            costs = bool(spec.penalties.get(level))
            told[costs].append(f"{number} {level}{'' if number == 1 else 's'}")
            sums[costs] += number
    one = sums[True] == 1
    free = f"; without cost: {', '.join(told[False])}" if told[False] else ""
    return f"{sums[True]} {'finding costs' if one else 'findings cost'} points: {', '.join(told[True])}{free}"


def _only_past(spec: ScanSpec, past: HistoryEvidence) -> str:
    """How many of the findings that cost points stand in earlier commits only, and what to do about them."""
    number = sum(bool(spec.penalties.get(_level(spec, finding))) for finding in past.findings)
    return f"; of these only in earlier commits: {number}; {_REVOKE}" if number else ""


def _trouble(spec: ScanSpec, past: HistoryEvidence) -> str:
    """Why nothing is known of a history."""
    if past.problem:
        return f"the history cannot be read: {past.problem}"
    if past.ending is not Ending.EXITED:
        return _ENDINGS[past.ending].format(seconds=spec.timeout) + _STOPPED_PAST
    return ""


def _left(past: HistoryEvidence) -> str:
    """What of a history was not looked at."""
    left = []
    if past.older:
        left.append(f"commits before the newest {past.commits}" if past.commits else "all commits, which are not there")
    if past.large:
        more = ", ..." if past.large > len(past.largest) else ""
        named = ", ".join(clean(path) for path in past.largest)
        left.append(f"files that are too large: {past.large} ({named}{more})")
    if past.unread:
        why = "gradekit gives them no more time" if past.late else "there is more than gradekit reads"
        left.append(f"files, or versions of them, since {why}: {past.unread}")
    if past.refused:
        left.append(f"lines on which the tool fails: {past.refused}")
    return f"not looked at in the history: {'; '.join(left)}" if left else ""


def _told(past: HistoryEvidence) -> Iterator[str]:
    """Where findings of a history come from, and how far it can be trusted."""
    if past.none:
        yield "the history was not looked at: the submission came as a plain folder, which has none"
    elif past.commits and past.ending is Ending.EXITED:
        yield f"looked at in the history: {past.lines} different lines of {past.commits} commits; {_UNPROVEN}"
    if past.more:
        yield f"findings in the history beyond the first {MAX_FINDINGS}, gradekit's limit, left out: {past.more}"


def _level(spec: ScanSpec, finding: Finding) -> Level:
    """What the first fitting name says, of the rule as it is or of the same rule in graded files."""
    rules = (finding.rule, finding.rule.removeprefix(_PAST))
    fitting = (level for name, level in spec.levels.items() if any(fnmatchcase(rule, name) for rule in rules))
    return next(fitting, finding.level)


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
        notes.append(f"findings beyond the first {MAX_FINDINGS}, gradekit's limit, left out: {evidence.more}")
    if rules > MAX_RULES:
        notes.append(f"rules beyond the first {MAX_RULES}, which are not listed: {rules - MAX_RULES}")
    return tuple(notes)


def show(spec: ScanSpec, evidence: ScanEvidence) -> tuple[Exhibit, ...]:
    """The findings, one a line."""
    past = evidence.history.findings if spec.history and evidence.history is not None else ()
    lines = [f"{one.place}: {_level(spec, one)} {one.rule}: {one.message}" for one in (*evidence.findings, *past)]
    return (Exhibit(title=evidence.tool or "Findings", text="\n".join(lines)),) if lines else ()


def lint(spec: ScanSpec, scope: Scope) -> Iterator[Complaint]:
    """Languages without a starter, tools that the scanner does not have, and caps of levels that cost nothing."""
    known = scope.tools.get(spec.scanner, ())
    if spec.tool is not None and known and spec.tool not in known:
        where = [name for name, tools in scope.tools.items() if spec.tool in tools]
        what = f"scanner {spec.scanner} has no tool {quote(spec.tool)}"
        if where:
            yield Complaint(("tool",), what, hint=f"add scanner: {where[0]}, which has it")
        else:
            yield Complaint(("tool",), not_one_of(what, spec.tool, known))
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
    reads_lines_without=lambda spec: spec.ignore if spec.history else None,
    scanner=lambda spec: spec.scanner,
    runs_code=False,
    advisory=True,
)

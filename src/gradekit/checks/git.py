"""The kind ``git``: facts of the commits between the starter and the graded one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from gradekit.checks.base import Bench, Complaint, Context, Kind, Scope
from gradekit.checks.differences import Mismatch
from gradekit.checks.match import Match
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.checks.sense import AMOUNT
from gradekit.checks.tally import errored, examined, tally
from gradekit.checks.template import UnknownNameError, problem
from gradekit.checks.values import Value
from gradekit.history import Change, Commit, History, with_ancestors
from gradekit.model import Loc, Model, RelativePath, tuple_of
from gradekit.results import Exhibit, Judgement, Outcome, Status, Tier
from gradekit.texts import clean, near

LISTED: Final = 5
"""Commits or files that a message names; the others are counted."""
MAX_SHOWN: Final = 300
"""Commits that an exhibit lists."""
_SHORT: Final = 10
_SAME: Final = 3
"""So many commits in one second are no chance."""
_AHEAD: Final = 86_400
"""Seconds by which a clock may be wrong, or a time zone."""
_HOUR: Final = 3600
_FIRST: Final = 1_112_000_000
"""When git was begun, seconds since 1970."""
_UNPROVEN: Final = (
    "names, dates and order are what the submission says of itself and can be made up; a force push leaves no trace in "
    "a clone"
)
_VAGUE: Final = (
    r"(?i)^(wip|work( in progress)?|fix(es|ed)?|bug ?fix|update[sd]?|change[sd]?|(more )?(changes|stuff|work|fixes)"
    r"|misc|tests?|tmp|temp|final|done|ready|commit|save|progress|asdf+|x+)?[[:punct:]\s\d]*$"
)
_GENERATED: Final = (
    "node_modules",
    "vendor",
    "target",
    "__pycache__",
    ".venv",
    "venv",
    ".gradle",
    ".idea",
    ".pytest_cache",
    ".bundle",
    "*.pyc",
    "*.class",
    "*.jar",
    "*.o",
    "*.so",
    "*.exe",
    "*.log",
    "*.min.js",
    ".DS_Store",
)
_UNCOUNTED: Final = ("*.lock", "package-lock.json", "npm-shrinkwrap.json", "go.sum", "*.svg", "*.csv")

Names = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]
Fact = Literal[
    "commits",
    "merges",
    "authors",
    "top_author",
    "hours",
    "days",
    "added",
    "deleted",
    "largest",
    "poor_messages",
    "generated",
    "binaries",
    "odd_dates",
]
_TITLES: Final[Mapping[Fact, str]] = {
    "commits": "commits",
    "merges": "merge commits",
    "authors": "authors",
    "top_author": "share of all commits by the author with most",
    "hours": "hours from the first to the last commit",
    "days": "days with commits",
    "added": "added lines",
    "deleted": "deleted lines",
    "largest": "share of all added lines in the largest commit",
    "poor_messages": "commits whose message breaks the rules",
    "generated": "generated or foreign files that were committed",
    "binaries": "binary files that were committed",
    "odd_dates": "commits whose dates are wrong or doubtful",
}


class Messages(Model):
    """Rules for the messages of commits that are no merges."""

    min_length: int = Field(10, ge=0, description="Characters that the first line has at least.")
    max_length: int = Field(72, ge=1, description="Characters that the first line has at most.")
    vague: str = Field(_VAGUE, description="A regular expression for first lines that say nothing, such as wip.")
    apart: bool = Field(default=True, description="Whether an empty line has to stand between first line and body.")


class GitSpec(Model):
    """Expectations on facts of the history; without any, the facts are only shown."""

    expect: Annotated[Mapping[Fact, Match], AMOUNT] = Field(default_factory=dict, description="Fact to expectation.")
    starter: Annotated[tuple[RelativePath, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Folders of the challenge: a first commit of just the files of one of them is the starter."
    )
    starter_commits: Annotated[
        tuple[Annotated[str, Field(pattern="^[0-9a-f]{40}$")], ...], BeforeValidator(tuple_of)
    ] = Field((), description="Ids of commits that are the starter.")
    messages: Messages = Field(Messages(), description="What poor_messages counts.")
    generated: Names = Field(
        _GENERATED, description="Names of files and folders, with * and ?, that do not belong into a repository."
    )
    uncounted: Names = Field(_UNCOUNTED, description="Names of files whose lines are not counted, such as *.lock.")
    scoring: Literal["proportional", "all_or_nothing"] = Field(
        "proportional", description="A share for each expectation, or everything for all."
    )


class GitEvidence(Model):
    """The commits after the starter, the newest first."""

    commits: Annotated[tuple[Commit, ...], BeforeValidator(tuple_of)] = ()
    authors: Names = ()
    """Names; hostile text. Addresses are not kept."""
    starters: int = 0
    """Commits of the starter, which are left out."""
    cut: bool = False
    problem: str = ""
    moment: int = 0
    """When it was read, seconds since 1970."""
    none: bool = False
    """Whether there is no history, for the submission came as a plain folder."""


def observe(spec: GitSpec, bench: Bench) -> GitEvidence:
    """Keep what the clone told of the commits that the candidate made."""
    history = bench.history
    if history is None:
        return GitEvidence(none=True)
    theirs = _starter(spec, history, bench.context.files)
    return GitEvidence(
        commits=tuple(commit for commit in history.commits if commit.id not in theirs),
        authors=history.authors,
        starters=len(theirs),
        cut=history.cut,
        problem=history.problem,
        moment=history.moment,
    )


def _starter(spec: GitSpec, history: History, files: Mapping[str, bytes]) -> set[str]:
    """The starter's commits: those that are named or have its files, and all before them."""
    parents = {commit.id: commit.parents for commit in history.commits}
    folders = [_blobs(folder.rstrip("/") + "/", files) for folder in spec.starter]
    roots = [oid for oid, blobs in history.blobs.items() if any(_holds(blobs, folder) for folder in folders)]
    return with_ancestors((*spec.starter_commits, *roots), parents)


def _blobs(folder: str, files: Mapping[str, bytes]) -> Mapping[str, str]:
    """Path -> git's object id of each file below a folder of the challenge."""
    return {
        path.removeprefix(folder): hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        for path, data in files.items()
        if path.startswith(folder)
    }


def _holds(blobs: Mapping[str, str], starter: Mapping[str, str]) -> bool:
    """Whether a commit has the starter's files, and none besides but such as .gitignore."""
    more = blobs.keys() - starter.keys()
    return starter.items() <= blobs.items() and all(path.startswith(".") for path in more)


def judge(spec: GitSpec, evidence: GitEvidence, context: Context) -> Judgement:
    """Compare the facts with what is expected; a submission without a history passes, with a note."""
    if evidence.none:
        note = "nothing was measured: the submission came as a plain folder, which has no history"
        return Judgement(outcome=Outcome(status=Status.PASSED, ratio=1.0), notes=(note,))
    if evidence.problem:
        outcome = Outcome(status=Status.FAILED, message=f"the history cannot be read: {evidence.problem}")
        return Judgement(outcome=outcome)
    facts = _facts(spec, evidence)
    notes = _notes(spec, evidence, facts)
    if not spec.expect:
        return Judgement(outcome=Outcome(status=Status.PASSED, ratio=1.0), notes=notes)
    why = _reasons(spec, evidence)
    cases = []
    for name, match in spec.expect.items():
        try:
            mismatches = match.fill(context.variables).check(facts[name])
        except UnknownNameError as error:
            return errored(f"{name}: {error}; correct the challenge")
        if mismatches and why.get(name):
            mismatches.append(Mismatch("", _listed(why[name])))
        cases.append(examined(_TITLES[name], name, mismatches))
    judgement = tally(cases, noun="facts", all_or_nothing=spec.scoring == "all_or_nothing")
    return judgement.model_copy(update={"notes": notes})


def show(spec: GitSpec, evidence: GitEvidence) -> tuple[Exhibit, ...]:
    """The facts, and the commits, one a line."""
    if evidence.none or evidence.problem:
        return ()
    facts = _facts(spec, evidence)
    lines = [f"{_TITLES[name]}: {_number(value)}" for name, value in facts.items()]
    lines += [f"{_TITLES[name]}: {line}" for name, found in _reasons(spec, evidence).items() for line in found]
    names = dict(enumerate(evidence.authors))
    log = [
        f"{one.id[:_SHORT]} {_time(one.authored)} {clean(names.get(one.author, ''))}"
        f" +{one.added} -{one.deleted} {clean(one.subject)}"
        for one in evidence.commits[:MAX_SHOWN]
    ]
    log += [f"and {len(evidence.commits) - MAX_SHOWN} more"] if len(evidence.commits) > MAX_SHOWN else []
    return Exhibit(title="Facts", text="\n".join(lines)), Exhibit(title="Commits", text="\n".join(log))


def lint(spec: GitSpec, scope: Scope) -> Iterator[Complaint]:
    """A pattern that is none, and unknown variables."""
    try:
        compile_regex(spec.messages.vague)
    except RegexProblem as error:
        yield Complaint(("messages", "vague"), f"not a regular expression: {error}")
    for fact, match in spec.expect.items():
        for below, name in match.uses():
            if name not in scope.variables:
                what = problem(name) or f"${{{name}}} is no variable of the challenge"
                hint = near(name, scope.variables)
                yield Complaint(("expect", fact, *below), what, "a name of `vars:`", hint)


def paths(spec: GitSpec) -> Iterator[tuple[Loc, str]]:
    """The starter's folders."""
    for index, folder in enumerate(spec.starter):
        yield ("starter", index), folder


KIND = Kind(
    name="git",
    spec=GitSpec,
    evidence=GitEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    runs_code=False,
    reads_history=True,
    advisory=True,
)


def _facts(spec: GitSpec, evidence: GitEvidence) -> Mapping[Fact, Value]:
    commits = evidence.commits
    times = [commit.authored for commit in commits]
    counted = [sum(change.added for change in _counted(spec, commit)) for commit in commits]
    authors = Counter(commit.author for commit in commits)
    return {
        "commits": len(commits),
        "merges": sum(len(commit.parents) > 1 for commit in commits),
        "authors": len(authors),
        "top_author": _share(max(authors.values(), default=0), len(commits)),
        "hours": round((max(times, default=0) - min(times, default=0)) / _HOUR, 2),
        "days": len({time // (24 * _HOUR) for time in times}),
        "added": sum(counted),
        "deleted": sum(change.deleted for commit in commits for change in _counted(spec, commit)),
        "largest": _share(max(counted, default=0), sum(counted)),
        **{name: len(found) for name, found in _reasons(spec, evidence).items()},
    }


def _counted(spec: GitSpec, commit: Commit) -> Iterator[Change]:
    """The changes whose lines somebody wrote."""
    names = (*spec.generated, *spec.uncounted)
    return (change for change in commit.changes if _name(change.path, names) is None)


def _name(path: str, names: Sequence[str]) -> str | None:
    """The first of the names that the file, or a folder above it, has."""
    return next((name for name in names for part in path.split("/") if fnmatchcase(part, name)), None)


def _reasons(spec: GitSpec, evidence: GitEvidence) -> Mapping[Fact, Sequence[str]]:
    """For facts that count what should not be: each of it, a line."""
    poor = (
        f"{commit.id[:_SHORT]} {why}"
        for commit in evidence.commits
        if len(commit.parents) < 2 and (why := _poor(spec.messages, commit))  # noqa: PLR2004 - no merge
    )
    kept = [change for commit in evidence.commits for change in commit.changes if not change.gone]
    return {
        "poor_messages": list(poor),
        "generated": sorted(
            {
                f"{clean(change.path)} (by the name {clean(name)})"
                for change in kept
                if (name := _name(change.path, spec.generated)) is not None
            }
        ),
        "binaries": sorted({clean(change.path) for change in kept if change.binary}),
        "odd_dates": list(_odd(evidence)),
    }


def _poor(rules: Messages, commit: Commit) -> str:
    """What is wrong with a message, if anything is."""
    said = f'"{clean(commit.subject, rules.max_length)}"'
    vague = bool(compile_regex(rules.vague).search(commit.subject.strip()))
    if vague and not commit.subject.strip():
        return "has no message"
    if commit.length > rules.max_length:
        return f"{said}: the first line is longer than {rules.max_length} characters"
    if vague:
        return f"{said}: that does not say what was changed"
    if commit.length < rules.min_length:
        return f"{said}: the first line is shorter than {rules.min_length} characters"
    if rules.apart and not commit.apart:
        return f"{said}: no empty line stands between the first line and the others"
    return ""


def _odd(evidence: GitEvidence) -> Iterator[str]:
    """Commits of a time to come, of before git or their parents, and many in one second."""
    times = {commit.id: commit.committed for commit in evidence.commits}
    seconds = Counter(commit.committed for commit in evidence.commits)
    for commit in evidence.commits:
        first, last = sorted((commit.authored, commit.committed))
        if last > evidence.moment + _AHEAD:
            why = f"has the date {_time(last)}, which lay in the future when it was graded"
        elif first < _FIRST:
            why = f"has the date {_time(first)}, before there was git"
        elif commit.authored > commit.committed + _AHEAD:
            why = "was committed before it was written, by its dates"
        elif any(times.get(parent, 0) > commit.committed + _AHEAD for parent in commit.parents):
            why = "was committed before the commit that it follows, by its date"
        elif seconds[commit.committed] >= _SAME:
            many = seconds[commit.committed]
            why = f"is one of {many} commits of the same second (a rebase or a script makes such, too)"
        else:
            continue
        yield f"{commit.id[:_SHORT]} {why}"


def _notes(spec: GitSpec, evidence: GitEvidence, facts: Mapping[Fact, Value]) -> tuple[str, ...]:
    """The facts in a sentence, and how far they can be trusted."""
    known = ", ".join(f"{_TITLES[name]}: {_number(facts[name])}" for name in _TITLES)
    notes = [known, _UNPROVEN]
    if evidence.cut:
        notes.append("the history is longer than what gradekit reads, so these facts are those of its newest part")
    if (spec.starter or spec.starter_commits) and not evidence.starters:
        notes.append("no commit holds just the starter's files, so every commit counts as the candidate's")
    return tuple(notes)


def _listed(found: Sequence[str]) -> str:
    more = f"; and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return "; ".join(found[:LISTED]) + more


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


def _number(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")

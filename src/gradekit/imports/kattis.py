"""Problem packages of programming contests, in the format of Kattis and ICPC (legacy, 2023-07 and 2025-09).

Every pair of ``.in`` and ``.ans`` below ``data/sample`` and ``data/secret`` becomes a run of one ``command`` check,
compared as the format's default validator does. Submissions become the challenge's solutions, by the verdict of their
folder. A program is started by the line ``solve`` of a Procfile, so that candidates choose their language.
"""

from __future__ import annotations

import ast
import math
import re
import shlex
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from gradekit.imports.made import Made, challenge, deeper
from gradekit.imports.source import Source, strings
from gradekit.texts import counted, one_line

PROBLEM: Final = "problem.yaml"
DATA: Final = "hidden/data"
_GROUPS: Final = ("sample", "secret")
_RIGHT: Final = ("accepted",)
_WRONG: Final = ("wrong_answer", "run_time_error", "time_limit_exceeded", "rejected")
_MAX_ANSWER: Final = 256 << 10
"""Bytes of an answer: no more of an output is kept by the kind ``command``."""
_SLACK: Final = 2
"""Runs may take so many times the package's limit: a container has to start, on another machine than the contest's."""
_USUAL: Final = 10.0
"""Seconds for a run where the package states no limit."""
_LEAST: Final = 2.0
"""Seconds that each run may take at least."""
_START: Final = 2.0
"""Seconds that each run may take besides, for the deadline of all."""
_TOLERANCES: Final = ("float_tolerance", "float_absolute_tolerance", "float_relative_tolerance")
_SWITCHES: Final = ("case_sensitive", "space_change_sensitive")
_LANGUAGES: Final = {
    ".py": "python",
    ".py3": "python",
    ".js": "node",
    ".java": "java",
    ".go": "go",
    ".rb": "ruby",
    ".php": "php",
}
_STARTS: Final = {"python": "python3", "node": "node", "ruby": "ruby", "php": "php"}
_STUBS: Final = {
    "python": {"solve.py": "# Read the input, print the answer.\n"},
    "node": {"solve.js": "// Read the input, print the answer.\n"},
    "ruby": {"solve.rb": "# Read the input, print the answer.\n"},
    "php": {"solve.php": "<?php // Read the input, print the answer.\n"},
    "java": {"Solve.java": "class Solve {\n    public static void main(String[] arguments) {\n    }\n}\n"},
    "go": {"go.mod": "module solve\n\ngo 1.23\n", "solve.go": "package main\n\nfunc main() {\n}\n"},
}
"""What each language's starter holds: a program that prints nothing."""
_GO_MODULE: Final = "module solve\n\ngo 1.23\n"
_JUDGES: Final = ("output_validator", "static_validator")
"""Folders with a program that judges, by being there."""
_VALIDATORS: Final = "output_validators"
"""The like in drafts of 2023-07; in the legacy format only where ``validation`` says so."""
_STATEMENTS: Final = ("statement", "problem_statement")
_ALONE: Final = ("problem.pdf", "problem.html", "problem.txt")
"""Statements that DOMjudge takes beside problem.yaml."""
_KNOWN: Final = frozenset({"data", "submissions", PROBLEM, ".timelimit", "domjudge-problem.ini"})
_USED: Final = frozenset(
    {
        *("problem_format_version", "type", "name", "validation", "validator_flags", "constants", "limits"),
        *("license", "rights_owner", "author", "credits", "source", "source_url"),
        *("uuid", "version", "keywords"),
    }
)
"""Keys of problem.yaml that are read, or say nothing of how it is judged."""
_GROUP_FILES: Final = ("testdata", "test_group")
_ARGUMENTS: Final = ("output_validator_flags", "output_validator_args")
_INCLUDED: Final = ("default", "python3", "python2", "python", "javascript", "java", "go", "ruby", "php")
"""Folders of ``include/`` for languages that have a runner."""
_DISPLAYED: Final = (((".in.statement", ".in"), "Input"), ((".ans.statement", ".out", ".ans"), "Answer"))
"""Endings of what the brief shows of a sample, the first that is there."""
_SHOWN: Final = 4 << 10
"""Bytes of a sample that the brief shows."""


_GONE: Final = frozenset({"raw_input", "xrange", "unichr", "iteritems"})
"""What Python 2 has, and Python 3 has not."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A program of the package as a solution of the challenge."""

    verdict: str
    name: str
    language: str
    files: Mapping[str, bytes]


def make(source: Source, name: str) -> Made:
    """The challenge for a problem package.

    Raises:
        UsageError: it is none, or one that is judged in a way that is not known here.
    """
    if PROBLEM not in source.files:
        raise source.refusal(
            "", f"has no {PROBLEM}", "the folder of a problem package", "name the folder of one problem"
        )
    problem = source.mapping(PROBLEM)
    _check_kind(source, problem)
    source, filled = _filled_in(source, problem)
    cases = list(_cases(source, problem))
    limit = _limit(source, problem)
    right, wrong, notes = _submissions(source, limit)
    notes = [*filled, *notes]
    if limit is None:
        notes.append(f"the package states no time limit: each run may take {_USUAL:g} s")
    languages = list(dict.fromkeys(submission.language for submission in right))
    timeout = _USUAL if limit is None else max(_LEAST, _SLACK * limit)
    whole = max(60, round(len(cases) * (timeout + _START)))
    title = one_line(str(_translated(problem.get("name")) or source.name), 120)
    stubs = {f"starter/{language}": {"Procfile": _procfile(language), **_STUBS[language]} for language in languages}
    solutions = [{"path": _path("reference", item), "expect": {"passes": "all"}} for item in right]
    solutions += [{"path": _path("known-bad", item), "expect": {"fails": ["data"]}} for item in wrong]
    solutions += [{"path": path, "expect": {"fails": ["data"], "score": {"lte": 0}}} for path in stubs]
    check = {
        "id": "data",
        "title": "The answers are right",
        "criterion": "behaviour",
        "timeout": f"{whole}s",
        "command": {"procfile": "solve", "timeout": f"{timeout:g}s", "scoring": "all_or_nothing", "cases": cases},
    }
    spec = {
        "gradekit": 1,
        "id": name,
        "title": title,
        "brief": "README.md",
        "runner": languages,
        "rubric": "rubric.yaml",
        "submission": {"required": ["Procfile"]},
        "limits": {"timeout": f"{whole + 300}s"},
        "checks": [check],
        "solutions": solutions,
    }
    files = {f"{DATA}/{path}": data for path, data in source.below("data").items() if _is_case(path)}
    for item in right:
        files |= {f"{_path('reference', item)}/{path}": data for path, data in item.files.items()}
    for item in wrong:
        files |= {f"{_path('known-bad', item)}/{path}": data for path, data in item.files.items()}
    for path, stub in stubs.items():
        files |= {f"{path}/{file}": text.encode() for file, text in stub.items()}
    place, statement = _statements(source)
    files |= {f"statement/{path}": data for path, data in statement.items()}
    notes += [*_unused(source, problem), *_left_out(source, place)]
    readme = [*_brief(statement), *_samples(source, notes), _HANDING_IN]
    if not _stated(statement):
        notes.append("it has no statement in Markdown, LaTeX, PDF, HTML or plain text: README.md is yours to write")
    licence = str(problem.get("license") or "unknown")
    return challenge(
        source,
        kind="problem package",
        spec=spec,
        readme=readme,
        credit=_credit(problem),
        files=files,
        notes=notes,
        licence="" if licence == "unknown" else licence,
    )


_HANDING_IN: Final = """\
## What to hand in

A program that reads the input from its standard input and prints the answer, and a `Procfile` that says how it is
started:

```text
solve: python3 solve.py
```

`starter/` has one for each language."""


def _path(folder: str, submission: Submission) -> str:
    group = "" if folder == "reference" else f"{submission.verdict.replace('_', '-')}-"
    return f"solutions/{folder}/{group}{submission.name}"


# ---- How it is judged -----------------------------------------------------------------------------


def _check_kind(source: Source, problem: Mapping[str, Any]) -> None:
    """Refuse what is not pass or fail by the default validator."""
    expected = "type: pass-fail with the default validator"
    kinds = " ".join(strings(problem.get("type"))) or "pass-fail"
    if kinds != "pass-fail":
        raise source.refusal(PROBLEM, f"type: {kinds} is not taken over", expected)
    validation = str(problem.get("validation") or "default")
    if validation != "default":
        raise source.refusal(PROBLEM, f"validation: {validation} runs a program of the package", expected)
    judges = _JUDGES if _is_legacy(problem) else (*_JUDGES, _VALIDATORS)
    for folder in judges:
        if any(path.startswith(f"{folder}/") for path in source.files):
            raise source.refusal(folder, "is a validator of the package's own", expected)
    for folder in _INCLUDED:
        if any(path.startswith(f"include/{folder}/") for path in source.files):
            what = "holds files that the judge adds to every program"
            hint = "put them into the submissions, tell candidates of them, and remove the folder"
            raise source.refusal(f"include/{folder}", what, "programs that are whole", hint)


def _is_legacy(problem: Mapping[str, Any]) -> bool:
    """Whether ``validation`` says who judges; in later versions of the format a validator's folder does."""
    return str(problem.get("problem_format_version") or "legacy").startswith("legacy")


def _setting(source: Source, name: str, *keys: str) -> tuple[str, Any]:
    """Where a pair, or the nearest of its groups, says something under one of the keys, and what."""
    parents = PurePosixPath(name).parents
    groups = [str(parent / f"{file}.yaml") for parent in parents for file in _GROUP_FILES]
    for path in (f"data/{path}" for path in (f"{name}.yaml", *groups)):
        found = source.mapping(path) if path in source.files else {}
        for key in keys:
            if key in found:
                return path, found[key]
    return "", None


def _options(source: Source, problem: Mapping[str, Any], name: str) -> dict[str, Any]:
    """How answers are compared: the problem's options, and those that stand nearest to the pair."""
    place, arguments = _setting(source, name, "args")
    if arguments:
        raise source.refusal(place, "args: arguments of a run are not taken over", "runs that read their input")
    place, flags = _setting(source, name, *_ARGUMENTS)
    return {**_flags(source, PROBLEM, problem.get("validator_flags")), **_flags(source, place, flags)}


def _flags(source: Source, place: str, value: object) -> dict[str, Any]:
    listed = value if isinstance(value, list) else [value]
    words = " ".join(str(item) for item in listed if item is not None).split()
    options: dict[str, Any] = {}
    while words:
        word = words.pop(0)
        if word in _SWITCHES:
            options[word] = True
        elif word in _TOLERANCES and words and _is_tolerance(words[0]):
            options[word] = float(words.pop(0))
        else:
            known = ", ".join((*_SWITCHES, *(f"{name} NUMBER" for name in _TOLERANCES)))
            raise source.refusal(place, f'the option "{word}" of the validator is not known', known)
    return options


def _is_tolerance(word: str) -> bool:
    return bool(re.fullmatch(r"\+?([0-9]*\.?[0-9]+|[0-9]+\.)([eE][+-]?[0-9]+)?", word)) and math.isfinite(float(word))


def _filled_in(source: Source, problem: Mapping[str, Any]) -> tuple[Source, list[str]]:
    """The package with the values of its constants where it names them, and a note of each file with one."""
    constants = problem.get("constants")
    if not isinstance(constants, dict):
        return source, []
    values = {str(name).encode(): str(value).encode() for name, value in constants.items()}
    names = b"|".join(map(re.escape, sorted(values)))
    found = re.compile(rb"\{\{(" + names + rb")\}\}|\\constant\{(" + names + rb")\}")
    files = dict(source.files)
    for path, data in source.files.items():
        if path.startswith(("submissions/", *(f"{folder}/" for folder in _STATEMENTS))) or path.endswith(
            "/test_group.yaml"
        ):
            files[path] = found.sub(lambda match: values[match[1] or match[2]], data)
    changed = [path for path in files if files[path] != source.files[path]]
    return replace(source, files=files), [f"{path}: the constants of {PROBLEM} are filled in" for path in changed]


def _limit(source: Source, problem: Mapping[str, Any]) -> float | None:
    """The time limit in seconds, where the package states one."""
    limits = problem.get("limits")
    stated = limits.get("time_limit") if isinstance(limits, dict) else None
    if stated is None and ".timelimit" in source.files:
        stated = source.text(".timelimit").strip()
    if stated is None and "domjudge-problem.ini" in source.files:
        found = re.search(r"^\s*timelimit\s*=\s*'?([0-9.]+)", source.text("domjudge-problem.ini"), re.MULTILINE)
        stated = found[1] if found else None
    if stated is None:
        return None
    try:
        seconds = float(stated)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 600:  # noqa: PLR2004 - ten minutes a run
        raise source.refusal(PROBLEM, f'the time limit "{stated}" is none', "more than 0 and at most 600 seconds")
    return seconds


def _is_case(path: str) -> bool:
    """Whether it is an input or an answer; names that begin with a dot or a dash are nothing to the format."""
    named = "/." not in path and "/-" not in path
    return path.partition("/")[0] in _GROUPS and path.endswith((".in", ".ans")) and named


def _is_used(path: str) -> bool:
    """Whether something comes of a file of data."""
    displayed = path.startswith("sample/") and path.endswith((".statement", ".out"))
    return _is_case(path) or displayed or path.endswith(".yaml")


def _cases(source: Source, problem: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A run for each pair of input and answer."""
    data = source.below("data")
    names = sorted({path.rpartition(".")[0] for path in data if _is_case(path)}, key=_natural)
    if not names:
        hint = "run its generators first" if source.below("generators") else ""
        raise source.refusal(
            "data", "has no input with an answer", "files .in and .ans in data/sample or data/secret", hint
        )
    if not any(data.get(f"{name}.ans", b"").split() for name in names):
        raise source.refusal("data", "every answer is empty", "answers that a program has to print")
    for name in names:
        for ending, other in ((".in", ".ans"), (".ans", ".in")):
            if f"{name}{ending}" not in data:
                raise source.refusal(f"data/{name}{other}", f"has no {ending} beside it", "pairs of .in and .ans")
        for ending in (".args", ".files"):
            if any(path == name + ending or path.startswith(f"{name}{ending}/") for path in data):
                raise source.refusal(f"data/{name}{ending}", "arguments and files of a run are not taken over")
        if len(data[f"{name}.ans"]) > _MAX_ANSWER:
            most = f"at most {_MAX_ANSWER >> 10} KiB"
            raise source.refusal(f"data/{name}.ans", "is too long to be compared", most, "leave this pair away")
        source.text(f"data/{name}.ans")
        answer = {"file": f"{DATA}/{name}.ans", **_options(source, problem, name)}
        yield {"name": name, "stdin_file": f"{DATA}/{name}.in", "expect": {"answer": answer}}


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Sorts 2 before 10."""
    return [(part.isdigit(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"([0-9]{1,9})", name)]


# ---- Submissions ----------------------------------------------------------------------------------


def _submissions(source: Source, limit: float | None) -> tuple[list[Submission], list[Submission], list[str]]:
    """Those that are right, those that are wrong, and what was left out."""
    right: list[Submission] = []
    wrong: list[Submission] = []
    notes: list[str] = []
    taken: set[tuple[str, str]] = set()
    for path in (path for path in source.below("submissions") if "/" not in path and not path.startswith(".")):
        why = "it stands in no folder that says its verdict"
        if path == "submissions.yaml":
            why = "so each submission has to do what its folder's name says"
        notes.append(f"submissions/{path}: left out, {why}")
    for place, files in _programs(source).items():
        verdict = place.split("/")[1]
        found = _submission(verdict, place, files)
        if isinstance(found, str):
            notes.append(f"{place}: left out, {found}")
        elif verdict == "time_limit_exceeded" and limit is None:
            notes.append(f"{place}: left out, for the package states no time limit that it could exceed")
        elif verdict not in (*_RIGHT, *_WRONG):
            notes.append(f"{place}: left out, the verdict {verdict} says nothing certain")
        else:
            while (verdict, found.name) in taken:
                found = Submission(verdict, f"{found.name}-{found.language}", found.language, found.files)
            taken.add((verdict, found.name))
            (right if verdict in _RIGHT else wrong).append(found)
    if not right:
        known = f"at least one in {', '.join(_LANGUAGES)}"
        raise source.refusal("submissions/accepted", "no program that a runner can start", known)
    languages = {submission.language for submission in right}
    for submission in [item for item in wrong if item.language not in languages]:
        wrong.remove(submission)
        what = f"left out, no accepted program is in {submission.language}"
        notes.append(f"submissions/{submission.verdict}/{submission.name}: {what}")
    return right, wrong, notes


def _programs(source: Source) -> dict[str, dict[str, bytes]]:
    """Path of each submission, a file or a folder, to its files."""
    found: dict[str, dict[str, bytes]] = {}
    for path, data in source.below("submissions").items():
        parts = path.split("/")
        if len(parts) > 1 and not parts[1].startswith("."):
            found.setdefault(f"submissions/{parts[0]}/{parts[1]}", {})["/".join(parts[2:]) or parts[1]] = data
    return found


def _submission(verdict: str, place: str, files: Mapping[str, bytes]) -> Submission | str:
    """A program with a Procfile, or why there is none."""
    # A runner knows its language's files by their usual ending.
    files = {re.sub(r"\.py3$", ".py", path): data for path, data in files.items()}
    sources = {path: data for path, data in files.items() if PurePosixPath(path).suffix in _LANGUAGES}
    languages = {_LANGUAGES[PurePosixPath(path).suffix] for path in sources}
    dashed = PurePosixPath(place).name.startswith("-")
    if dashed or not sources:
        return "its name begins with a dash" if dashed else "there is no runner for its language"
    if len(languages) > 1:
        return "it is in several languages"
    language = languages.pop()
    texts = {path: data.decode("utf-8", "replace") for path, data in sources.items()}
    if language == "python" and any(_is_python_2(text) for text in texts.values()):
        return "it is Python 2"
    if language == "java":
        return _java(verdict, place, files, texts)
    if language == "go":
        return _go(verdict, place, files, texts)
    return _script(verdict, place, files, language)


def _go(verdict: str, place: str, files: Mapping[str, bytes], texts: Mapping[str, str]) -> Submission | str:
    """A Go program: a module of its own where it is none yet."""
    if any(not re.search(r"^package main\b", text, re.MULTILINE) for text in texts.values()):
        return "it is no package main"
    module = re.search(r"^module\s+(\S+)", files.get("go.mod", b"").decode("utf-8", "replace"), re.MULTILINE)
    program = PurePosixPath(module[1]).name if module else "solve"
    started = {"go.mod": _GO_MODULE.encode(), **files, "Procfile": f"solve: {program}\n".encode()}
    return Submission(verdict, _slug(place), "go", started)


def _script(verdict: str, place: str, files: Mapping[str, bytes], language: str) -> Submission | str:
    """A program that is started by its file."""
    sources = [path for path in files if _LANGUAGES.get(PurePosixPath(path).suffix) == language]
    mains = sources if len(sources) == 1 else [path for path in sources if PurePosixPath(path).stem == "main"]
    if len(mains) != 1:
        return "which of its files begins is not clear (main.* does)"
    line = f"solve: {_STARTS[language]} {shlex.quote(mains[0])}\n"
    return Submission(verdict, _slug(place), language, {**files, "Procfile": line.encode()})


def _java(verdict: str, place: str, files: Mapping[str, bytes], texts: Mapping[str, str]) -> Submission | str:
    """A Java program: its files are called like their public classes, as the compiler wants it."""
    renamed = dict(files)
    mains = []
    for path, text in texts.items():
        public = re.search(r"^\s*public\s+(?:final\s+)?(?:abstract\s+)?class\s+(\w+)", text, re.MULTILINE)
        if public:
            del renamed[path]
            renamed[str(PurePosixPath(path).with_name(f"{public[1]}.java"))] = files[path]
        package = re.search(r"^\s*package\s+([\w.]+)\s*;", text, re.MULTILINE)
        start = re.search(r"\bstatic\s+(?:final\s+)?(?:public\s+)?void\s+main\s*\(", text)
        if start:
            classes = re.findall(r"^(?:public\s+|final\s+)*class\s+(\w+)", text[: start.start()], re.MULTILINE)
            mains += [f"{package[1]}.{classes[-1]}" if package else classes[-1]] if classes else []
    if len(mains) != 1:
        return "which of its classes begins is not clear"
    return Submission(verdict, _slug(place), "java", {**renamed, "Procfile": f"solve: java {mains[0]}\n".encode()})


def _is_python_2(text: str) -> bool:
    """Whether it does not parse, or uses what Python 3 has no more and it does not define itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    nodes = list(ast.walk(tree))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    own |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    used = {node.id for node in names} | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    # What is caught where a name is missing is how a program gets along with both.
    return bool((used & _GONE) - own) and "NameError" not in used


def _slug(place: str) -> str:
    """The submission's name as a folder: without its ending where it is one file."""
    name = PurePosixPath(place).name
    stem = name.removesuffix(PurePosixPath(name).suffix) if PurePosixPath(name).suffix in _LANGUAGES else name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip(".-") or "submission"


def _procfile(language: str) -> str:
    """How a starter begins."""
    if language == "java":
        return "solve: java Solve\n"
    if language == "go":
        return "solve: solve\n"
    return f"solve: {_STARTS[language]} {next(iter(_STUBS[language]))}\n"


# ---- Words ----------------------------------------------------------------------------------------


def _translated(value: object) -> object:
    """A text, or the English one of a map of languages, else its first."""
    if isinstance(value, dict):
        return value.get("en") or next(iter(value.values()), None)
    return value


def _statements(source: Source) -> tuple[str, dict[str, bytes]]:
    """Where the statement is, and its files."""
    for place in _STATEMENTS:
        if found := source.below(place):
            return place, found
    alone = next((path for path in _ALONE if path in source.files), "")
    return alone, {alone: source.files[alone]} if alone else {}


def _stated(statement: Mapping[str, bytes]) -> list[str]:
    """The files with the statement itself, the best one first: English, then Markdown."""
    texts = [path for path in statement if re.fullmatch(r"problem(\.[\w-]+)?\.(md|tex|pdf|html|txt)", path)]
    return sorted(texts, key=lambda path: (".en." not in path, not path.endswith(".md"), path))


def _brief(statement: Mapping[str, bytes]) -> list[str]:
    """The statement where it is Markdown, else where it is."""
    stated = _stated(statement)[:1]
    if stated and stated[0].endswith(".md"):
        return [deeper(statement[stated[0]].decode("utf-8", "replace"))]
    return [f"The problem is stated in [statement/{path}](statement/{path})." for path in stated]


def _samples(source: Source, notes: list[str]) -> list[str]:
    """The pairs of data/sample, which contestants see, too; what is not shown goes to the notes."""
    data = source.below("data/sample")
    names = [path.removesuffix(".in") for path in data if path.endswith(".in") and _is_case(f"sample/{path}")]
    shown = []
    for name in sorted(names, key=_natural):
        for endings, title in _DISPLAYED:
            path = next(f"{name}{ending}" for ending in endings if f"{name}{ending}" in data)
            text = data[path].decode("utf-8", "replace").rstrip("\n")
            if len(text) > _SHOWN:
                notes.append(f"data/sample/{path}: is too long to be shown in README.md")
                continue
            fence = "~" * max(3, 1 + max(map(len, re.findall("~+", text)), default=0))
            shown.append(f"### {title} {name}\n\n{fence}text\n{text}\n{fence}")
    return [f"## Samples\n\n{chr(10).join(f'{part}{chr(10)}' for part in shown).rstrip()}"] if shown else []


def _credit(problem: Mapping[str, Any]) -> list[str]:
    found = []
    for name in ("license", "rights_owner", "author", "credits", "source", "source_url"):
        value = problem.get(name)
        text = value if isinstance(value, str) else ", ".join(_names(value))
        if text:
            found.append(f"{name.replace('_', ' ').capitalize()}: {text}")
    return found


def _names(value: object) -> Iterator[str]:
    """All texts of a value, such as names in maps of lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _names(below)
    elif isinstance(value, list):
        for below in value:
            yield from _names(below)


def _unused(source: Source, problem: Mapping[str, Any]) -> Iterator[str]:
    """What the package says, and a challenge has no place for."""
    said = {key: value for key, value in problem.items() if key not in _USED}
    limits = problem.get("limits")
    if isinstance(limits, dict):
        said |= {f"limits.{key}": value for key, value in limits.items() if key != "time_limit"}
    for key, value in said.items():
        if value is not None:
            yield f"{PROBLEM}: {key}: {one_line(str(value))}: left out"
    settings = {
        (PurePosixPath(path).name if PurePosixPath(path).stem in _GROUP_FILES else "the settings of a pair", key)
        for path in source.below("data")
        if path.endswith(".yaml") and path.partition("/")[0] in _GROUPS
        for key in source.mapping(f"data/{path}")
    }
    for place, key in sorted(settings):
        if key not in (*_ARGUMENTS, "args"):
            yield f"data: {key} in {place}: left out"


def _left_out(source: Source, statement: str) -> Iterator[str]:
    """Parts of the package that a challenge has no place for."""
    parts = {path.partition("/")[0] for path in source.files if not path.startswith(".")}
    parts -= {*_KNOWN, *source.licences, statement}
    data = source.below("data")
    groups = {f"data/{path.partition('/')[0]}" for path in data if "/" in path}
    for part in sorted(parts | (groups - {f"data/{group}" for group in _GROUPS})):
        unused = f", for {PROBLEM} does not say validation: custom, so that the default validator judges"
        yield f"{part}: left out{unused if part == _VALIDATORS else ''}"
    others = Counter(
        (path.rpartition("/")[0], PurePosixPath(path).suffix)
        for path in data
        if path.partition("/")[0] in _GROUPS and not _is_used(path) and "/." not in path
    )
    for (folder, ending), number in sorted(others.items()):
        yield f"data/{folder}: {counted(number, f'{ending} file')}: left out"

"""Exercises as Exercism's tracks have them: tests, a stub and an example solution, named in ``.meta/config.json``.

The tests become a hidden suite, the stub the starter and a wrong solution, the example the reference. Tests are taken
over as they are but for three things, each of which is told: how they load the solution, which stands elsewhere; what
skips them until a student gets there; and attributes of PHPUnit 10 that have another form in the image's version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import PurePosixPath
from typing import Any, Final

from gradekit.errors import UsageError
from gradekit.imports.made import Made, challenge, deeper
from gradekit.imports.source import Source, strings
from gradekit.spec.folder import long_lines
from gradekit.texts import one_line

CONFIG: Final = ".meta/config.json"
SUITE: Final = "hidden/tests"
REFERENCE: Final = "solutions/reference"
STARTER: Final = "starter"
_PARTS: Final = (
    ".docs/introduction.md",
    ".docs/introduction.append.md",
    ".docs/instructions.md",
    ".docs/instructions.append.md",
)


@dataclass(frozen=True, slots=True)
class Test:
    """A file of tests on its way into the hidden suite."""

    source: Source
    path: str
    text: str
    solution: tuple[str, ...]
    """Paths of the files that a student writes."""
    given: tuple[str, ...] = ()
    """Of sources that a student gets, and whose classes are to be the same for tests and solution."""
    loads: bool = False
    """Whether something was found that loads one of ``solution``."""
    changes: tuple[str, ...] = ()

    def changed(self, pattern: str, replacement: str, change: str, *, loads: bool = False) -> Test:
        """The same with all matches replaced; ``{}`` in ``change`` is their number."""
        text, count = re.subn(pattern, replacement, self.text, flags=re.MULTILINE)
        if not count:
            return self
        changes = tuple(dict.fromkeys((*self.changes, change.replace("{}", str(count)))))
        return replace(self, text=text, changes=changes, loads=self.loads or loads)

    def loading(self, pattern: str, replacement: str) -> Test:
        """Load solution and given sources from the submission; ``FILE`` and ``UP``: a file, the way there."""
        test = self
        for file in (*self.solution, *self.given):
            ending = PurePosixPath(file).suffix
            written = re.escape(file.removesuffix(ending)) + f"(?:{re.escape(ending)})?"
            there = replacement.replace("UP", "../" * len(PurePosixPath(self.path).parts) + "work/").replace(
                "FILE", file
            )
            change = _LOADS if file in self.solution else f"{file} is loaded from there, too"
            test = test.changed(pattern.replace("FILE", written), there, change, loads=file in self.solution)
        return test

    def refusal(self, what: str, expected: str = "", hint: str = "") -> UsageError:
        """Why it cannot be taken over."""
        return self.source.refusal(self.path, what, expected, hint)


_LOADS: Final = "the solution is loaded from the submission's folder"
_SWITCHED_ON: Final = "{} tests that the exercise skips until a student gets there are switched on"


@dataclass(frozen=True, slots=True)
class Track:
    """How one language's exercises are."""

    runner: str
    endings: tuple[str, ...]
    framework: str
    """A regular expression of which something has to be found in the tests."""
    frameworks: str
    """In words."""
    adapt: Callable[[Test], Test]
    """What is changed in a file of tests. Raises UsageError for what cannot be taken over."""
    by_path: bool = False
    """Whether tests load the solution by its path, which ``adapt`` has to find."""
    extra: tuple[str, ...] = ()
    """Files of the exercise that a submission needs beside those of the solution."""
    compiled: str = ""
    """A folder that is compiled as a whole: what stands there goes with the solution, named or not."""
    helpers: str = ""
    """The same for the tests."""
    examples: str = ""
    """The same for the example; a file there is one of ``compiled``."""

    def reads(self, path: str) -> bool:
        """Whether a file is source code of the language."""
        return PurePosixPath(path).suffix in self.endings


def make(source: Source, name: str) -> Made:
    """The challenge for an exercise's folder.

    Raises:
        UsageError: it is none, or one whose tests cannot be taken over as they are meant.
    """
    if CONFIG not in source.files:
        hint = "name the folder of one exercise, such as exercises/practice/leap"
        raise source.refusal("", f"has no {CONFIG}", "the folder of an exercise", hint)
    config = source.mapping(CONFIG)
    named = config.get("files")
    files: Mapping[str, Any] = named if isinstance(named, dict) else {}
    solution = _paths(source, files, "solution")
    tests = _paths(source, files, "test")
    examples = _paths(source, files, "example", "exemplar")
    support = tuple(path for path in strings(files.get("editor")) if path not in tests)
    track = _track(source, solution)
    named = {*solution, *tests, *support, *examples}
    folders = {"solution": track.compiled, "tests": track.helpers, "example": track.examples}
    unnamed = {what: _unnamed(source, folder, named) for what, folder in folders.items()}
    given, helpers, parts = unnamed.values()
    beside = {path: source.data(path, CONFIG) for path in (*support, *given)}
    hidden, notes = _suite(source, track, solution, (*tests, *helpers), tuple(beside))
    hidden = {**beside, **hidden}
    extra, lowered = _extra(source, track)
    notes += [
        f"{path}: goes with the {what}, though {CONFIG} does not name it"
        for what, paths in unnamed.items()
        for path in paths
    ]
    notes += lowered
    extra |= {path: data for path, data in beside.items() if not path.endswith("_test.go")}
    reference = {
        **extra,
        **{path.replace(track.examples, track.compiled, 1): source.files[path] for path in parts},
        **_reference(source, solution, examples),
    }
    stub = {path: source.files.get(path, b"") for path in solution}
    used = {CONFIG, *_PARTS, *named, *given, *helpers, *parts, *extra, *source.licences}
    notes += [f"{place}: left out" for place in _rest(source, used)]
    notes += [f"{path}: the exercise has no stub, so the starter's file is empty" for path in stub if not stub[path]]
    title = one_line(str(config.get("title") or source.name.replace("-", " ").capitalize()), 120)
    spec = {
        "gradekit": 1,
        "id": name,
        "title": title,
        "brief": "README.md",
        "runner": [track.runner],
        "rubric": "rubric.yaml",
        "submission": {"required": [*solution, *(path for path in extra if path in track.extra or track.reads(path))]},
        "checks": [
            {"id": "tests", "title": "The exercise's tests", "criterion": "behaviour", "suite": {"files": SUITE}}
        ],
        "solutions": [
            {"path": REFERENCE, "expect": {"passes": "all"}},
            {"path": STARTER, "expect": {"fails": ["tests"]}},
        ],
    }
    readme = [deeper(source.text(path)) for path in _PARTS if path in source.files]
    readme = readme or [str(config.get("blurb") or "")]
    readme.append(f"## What to hand in\n\nThe tests load these files. `{STARTER}/` is there to begin with.")
    readme.append(_listed(solution))
    if extra:
        readme += ["These belong to them, as they stand there:", _listed(extra)]
    public = {f"{STARTER}/{path}": data for path, data in {**extra, **stub}.items()}
    repeated = _repeated({"README.md": "\n".join(readme).encode(), **public}, hidden)
    if repeated:
        spec["lint"] = {"ignore": repeated}
    placed = {
        **{f"{SUITE}/{path}": data for path, data in hidden.items()},
        **{f"{REFERENCE}/{path}": data for path, data in reference.items()},
        **public,
    }
    kind = "Exercism exercise"
    return challenge(
        source, kind=kind, spec=spec, readme=readme, credit=_credit(config), files=placed, notes=tuple(notes)
    )


def _listed(paths: Iterable[str]) -> str:
    return "\n".join(f"- `{path}`" for path in paths)


def _paths(source: Source, files: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """What ``files`` of the configuration says under one of the names."""
    found = next((strings(files[name]) for name in names if strings(files.get(name))), ())
    if not found:
        keys = " or ".join(f"files.{name}" for name in names)
        raise source.refusal(CONFIG, f"says nothing under {keys}", "a list of paths", "write them there")
    for path in found:
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise source.refusal(CONFIG, f'"{path}" leads out of the folder', "paths relative to the folder")
    return tuple(str(PurePosixPath(path)) for path in found)


def _unnamed(source: Source, folder: str, named: Collection[str]) -> list[str]:
    """The files below a folder that the configuration does not name; none for no folder."""
    return [path for path in sorted(source.files) if folder and path.startswith(folder) and path not in named]


def _rest(source: Source, used: Collection[str]) -> list[str]:
    """What nothing comes of: files, and folders all of whose files are such ones."""
    folders = {str(folder) for path in used for folder in PurePosixPath(path).parents}
    found = set()
    for path in source.files.keys() - set(used):
        above = (str(folder) for folder in reversed(PurePosixPath(path).parents))
        folder = next((folder for folder in above if folder not in folders), None)
        found.add(path if folder is None else f"{folder}/")
    return sorted(found)


def _track(source: Source, solution: Sequence[str]) -> Track:
    found = next((track for track in TRACKS if track.reads(solution[0])), None)
    if found is None:
        known = ", ".join(ending for track in TRACKS for ending in track.endings)
        raise source.refusal(CONFIG, f"the solution is {solution[0]}, of a language without a runner", known)
    return found


def _suite(
    source: Source, track: Track, solution: tuple[str, ...], paths: Sequence[str], beside: Sequence[str]
) -> tuple[dict[str, bytes], list[str]]:
    """The files of the hidden suite, and what was changed in them."""
    given = tuple(filter(track.reads, beside))
    tests = [
        track.adapt(Test(source, path, source.text(path, CONFIG), solution, given))
        for path in paths
        if track.reads(path)
    ]
    hidden = {path: source.data(path, CONFIG) for path in paths} | {test.path: test.text.encode() for test in tests}
    if not any(re.search(track.framework, test.text) for test in tests):
        what = f"no test that the runner {track.runner} understands"
        raise source.refusal(", ".join(paths), what, track.frameworks)
    if track.by_path and not any(test.loads for test in tests):
        expected = "a line that loads one of them by its path beside the test"
        raise source.refusal(", ".join(paths), f"nothing loads {' or '.join(solution)}", expected)
    notes = [f"{test.path}: {change}" for test in tests for change in test.changes]
    # Gradle's folders mean nothing in the suite.
    return {path.removeprefix("src/test/java/"): data for path, data in hidden.items()}, notes


_GO: Final = (1, 23)
"""The newest version of Go that the runner takes a module for."""


def _extra(source: Source, track: Track) -> tuple[dict[str, bytes], list[str]]:
    """Files of a submission that are no solution, and what was changed in them."""
    extra = {path: source.files[path] for path in track.extra if path in source.files}
    module = source.text("go.mod") if "go.mod" in extra else ""
    found = re.search(r"^go (\d+)\.(\d+)\S*$", module, re.MULTILINE)
    if not found or (int(found[1]), int(found[2])) <= _GO:
        return extra, []
    newest = ".".join(map(str, _GO))
    extra["go.mod"] = module.replace(found[0], f"go {newest}").encode()
    return extra, [f"go.mod: wants {found[0]}, which the runner does not have, and now says go {newest}"]


def _reference(source: Source, solution: Sequence[str], examples: Sequence[str]) -> dict[str, bytes]:
    """The example's files at the paths of the solution's, and stubs that it has no file for."""
    found = {path: source.files[path] for path in solution if path in source.files}
    if len(examples) == len(solution) == 1:
        return {solution[0]: source.data(examples[0], CONFIG)}
    by_name = {PurePosixPath(path).name: path for path in solution}
    folders = {str(PurePosixPath(path).parent) for path in solution}
    for example in examples:
        target = by_name.get(PurePosixPath(example).name)
        if target is None and len(folders) == 1 and example not in solution:
            target = str(PurePosixPath(next(iter(folders)), PurePosixPath(example).name))
        if target is None:
            what = f'which file of the solution "{example}" stands for is not clear'
            raise source.refusal(CONFIG, what, "the same names in files.solution and files.example")
        found[target] = source.data(example, CONFIG)
    return found


def _repeated(public: Mapping[str, bytes], hidden: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Silence for lines of the tests that candidates read elsewhere: who wrote the exercise gives both."""
    lines = {line for data in hidden.values() for line in long_lines(data).values()}
    reason = "the exercise has the line in both itself"
    return [
        {"warning": "leaked-text", "at": escape(path), "reason": reason}
        for path, data in public.items()
        if lines.intersection(long_lines(data).values())
    ]


def _credit(config: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{word}: {', '.join(strings(config.get(name)))}"
        for name, word in (("authors", "Authors"), ("contributors", "Contributors"))
        if strings(config.get(name))
    ]
    origin = " ".join(str(config[name]) for name in ("source", "source_url") if config.get(name))
    return [*lines, *([f"After: {origin}"] if origin else [])]


# ---- Languages ------------------------------------------------------------------------------------


def _python(test: Test) -> Test:
    return test


def _ruby(test: Test) -> Test:
    test = test.loading(r"^([ \t]*)require_relative[ (]+['\"](?:\./)?FILE['\"]\)?", r'\1require_relative "UPFILE"')
    return test.changed(r"^[ \t]*skip[ \t]*(?:#.*)?\n", "", _SWITCHED_ON)


def _javascript(test: Test) -> Test:
    ways = r"(\bfrom\s+|\brequire\(\s*|\bimport\(\s*|\bimport\s+|\bjest\.mock\(\s*)"
    test = test.loading(ways + r"(['\"])\./FILE\2", r"\1\2UPFILE\2")
    skipped = r"\bx?(test|it|describe)(?:(?<=xtest)|(?<=xit)|(?<=xdescribe)|\.skip)(?=\s*[.(])"
    return test.changed(skipped, r"\1", _SWITCHED_ON)


_ANNOTATIONS: Final = {
    "DataProvider": "dataProvider",
    "Depends": "depends",
    "Test": "test",
    "Before": "before",
    "After": "after",
    "BeforeClass": "beforeClass",
    "AfterClass": "afterClass",
}
"""PHPUnit 10's attribute -> PHPUnit 9.6's annotation."""
_WORDLESS: Final = (
    "TestDox",
    "Group",
    "CoversClass",
    "CoversFunction",
    "CoversNothing",
    "UsesClass",
    "Small",
    "Medium",
)
"""Attributes without which the tests are the same."""


def _php(test: Test) -> Test:
    ways = r"(\b(?:require|include)(?:_once)?\b\s*\(?\s*)(?:(?:__DIR__|dirname\(__FILE__\))\s*\.\s*)?"
    test = test.loading(ways + r"(['\"])(?:\./|/)?FILE\2", r"\1SUBMISSION . '/FILE'")
    attributes = set(re.findall(r"^use PHPUnit\\Framework\\Attributes\\(\w+)", test.text, re.MULTILINE))
    unknown = sorted(attributes - {*_ANNOTATIONS, *_WORDLESS})
    if unknown or re.search(r"\bPHPUnit\\Framework\\Attributes(?!\\\w+;)", test.text):
        what = f"uses the attribute {unknown[0]} of PHPUnit 10" if unknown else "uses attributes in an unknown way"
        raise test.refusal(what, f"PHPUnit 9.6, or the attributes {', '.join((*_ANNOTATIONS, *_WORDLESS))}")
    for name in sorted(attributes & set(_ANNOTATIONS)):
        found = rf"#\[{name}(?:\(\s*['\"](\w+)['\"]\s*\)|\(\))?\]"
        if len(re.findall(found, test.text)) != len(re.findall(rf"#\[[^\]]*\b{name}\b", test.text)):
            raise test.refusal(f"uses the attribute {name} in an unknown way", f"#[{name}] on a line of its own")
        test = test.changed(found, rf"/** @{_ANNOTATIONS[name]} \1 */", f"{{}} attributes {name} are annotations")
    return test


_IN_IMAGE: Final = ("java.", "javax.", "org.junit.", "org.hamcrest.", "org.assertj.")


def _java(test: Test) -> Test:
    own = set(re.findall(r"^package ([\w.]+);", "\n".join(map(_decoded, test.source.files.values())), re.MULTILINE))
    for line, name in re.findall(r"^(import\s+(?:static\s+)?([\w.]+)[^;]*;)", test.text, re.MULTILINE):
        if not name.startswith(_IN_IMAGE) and not any(name.startswith(f"{package}.") for package in own):
            raise test.refusal(f'"{line}": the image has no such package', "JUnit 5, JUnit 4, AssertJ or Hamcrest")
    return test.changed(r"^[ \t]*@(?:Disabled|Ignore)\(\"Remove to run test\"\)[ \t]*\n", "", _SWITCHED_ON)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _go(test: Test) -> Test:
    return test


TRACKS: Final = (
    Track("python", (".py",), r"\bimport unittest\b|\bdef test_", "unittest or pytest", _python),
    Track(
        "node",
        (".js", ".mjs"),
        r"\b(?:test|it)\b[^\n]*\(",
        "Jest, Vitest, Mocha or node:test",
        _javascript,
        by_path=True,
    ),
    Track("ruby", (".rb",), r"\bMinitest::Test\b|\bdescribe\b", "Minitest or RSpec", _ruby, by_path=True),
    Track("php", (".php",), r"\bPHPUnit\\Framework\\TestCase\b", "PHPUnit 9.6", _php, by_path=True),
    Track(
        "java",
        (".java",),
        r"@(?:Test|ParameterizedTest)\b",
        "JUnit 5 or JUnit 4",
        _java,
        compiled="src/main/",
        helpers="src/test/java/",
        examples=".meta/src/reference/",
    ),
    Track("go", (".go",), r"(?m)^func Test\w+\(\w+ \*testing\.T\)", "go test", _go, extra=("go.mod", "go.sum")),
)

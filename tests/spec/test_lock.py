"""challenge.lock, and what lint says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.checks.ratios import Ratio, Ratios
from gradekit.checks.twins.model import Twin
from gradekit.errors import SpecError, UsageError
from gradekit.spec.challenge import Challenge
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from gradekit.spec.lock import (
    CHANGED,
    Lock,
    Sharpness,
    earlier_lock,
    freshness,
    read_lock,
    staleness,
    standing,
    unlike,
    untwinned,
    write_lock,
)

RUBRICS = [Path(__file__).parent / "rubrics"]
HEAD = "gradekit: 1\nid: demo\ntitle: Demo\nrunner: any\nrubric: small\n"
SUITE = HEAD + "checks:\n  - {id: tests, criterion: api, suite: {files: hidden}}\n"
COMMAND = HEAD + "checks:\n  - {id: tool, criterion: api, command: {run: x, expect: {exit: 0}}}\n"


def _challenge(folder: Path, text: str = SUITE) -> Challenge:
    (folder / "hidden").mkdir(exist_ok=True)
    (folder / "hidden" / "test_a.py").write_text("def test_a(): pass\n", encoding="utf-8")
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    return load_challenge(folder, rubrics=RUBRICS)


def _lock(challenge: Challenge, **tests: tuple[str, ...]) -> Lock:
    return Lock(
        gradekit="0.1.0",
        challenge=challenge.digest,
        rubric=challenge.rubric_name,
        proving=challenge.proving,
        tests=tests,
        twins={name: {} for name in tests},
    )


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "challenge.lock"
    lock = Lock(
        gradekit="0.1.0",
        challenge="abc",
        rubric="small@1",
        tests={"z": ("test_é.py::a", "b"), "a": ()},
        twins={"z": {"b": Twin(point=0, tests=("b",)), "c": Twin(point=None, tests=("c",))}},
        solutions={"solutions/reference": {"score": 100.0, "fails": []}},
    )
    write_lock(path, lock)
    assert read_lock(path) == lock
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert text.index('"a"') < text.index('"z"')
    assert "test_é.py::a" in text
    write_lock(path, lock)
    assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["challenge.lock"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_lock_says_only_of_many_places_how_many_more_there_are(tmp_path: Path) -> None:
    path = tmp_path / "challenge.lock"
    few = Sharpness(changed=1, noticed=1, expectations=1, seen=("a",))
    many = few.model_copy(update={"more": 3})
    lock = Lock(gradekit="0.1.0", challenge="abc", rubric="small@1", sharpness={"few": few, "many": many})
    write_lock(path, lock)
    assert path.read_text(encoding="utf-8").count('"more": 3') == path.read_text(encoding="utf-8").count('"more"') == 1
    assert read_lock(path) == lock


def test_a_failed_write_leaves_the_old_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "challenge.lock"
    path.write_text("old", encoding="utf-8")

    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UsageError, match="No space left"):
        write_lock(path, Lock(gradekit="0.1.0", challenge="abc", rubric="small@1"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["challenge.lock"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a" 1}', r"challenge\.lock:1:6: is not JSON: .*; run gradekit challenge verify to write it anew"),
        ("[]", r"challenge\.lock: is not a lock: content: Input should be .*; run gradekit challenge verify"),
        ('{"gradekit": 1}', r"challenge\.lock: is not a lock: gradekit: Input should be a valid string"),
        (
            '{"gradekit": "1", "challenge": "a", "rubric": "b", "answers": {"a": {"b": ["{}"]}}}',
            r"challenge\.lock: is not a lock: answers: .*they are not what a reference answered",
        ),
        ("[" * 100_000, r"challenge\.lock: cannot be read: "),
        (
            '{"gradekit": "1", "challenge": "a", "rubric": "b", "%s": 1}' % ("a" * 999),
            r"challenge\.lock: is not a lock: a{150,200}\W{0,4}: Extra inputs",
        ),
        ("9" * 5000, r"challenge\.lock: cannot be read: .*; run gradekit challenge verify"),
    ],
)
def test_what_is_no_lock(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "challenge.lock"
    assert read_lock(path) is None
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=problem):
        read_lock(path)


def test_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"cannot be read: .*Is a directory"):
        read_lock(tmp_path)
    (tmp_path / "challenge.lock").write_bytes(b'"\xff"')
    with pytest.raises(SpecError, match=r"cannot be read: .* can't decode"):
        read_lock(tmp_path / "challenge.lock")


def test_freshness(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path)
    assert freshness(challenge, None) == "missing"
    assert freshness(challenge, _lock(challenge, tests=("a",))) == "fresh"
    assert freshness(challenge, _lock(challenge)) == "stale", "without the ids of the suite"
    changed = _challenge(tmp_path, SUITE.replace("Demo", "Other"))
    assert freshness(changed, _lock(challenge, tests=("a",))) == "stale"
    assert freshness(_challenge(tmp_path, COMMAND), None) == "not needed"
    assert staleness(_challenge(tmp_path, COMMAND), _lock(challenge)) == ""


PROVED = """\
solutions:
  - {path: right, expect: {passes: all}}
  - {path: wrong, expect: {fails: [tests]}}
mutation: {min_killed: 0.8, ignore: [{mutant: one.sql, reason: r}, {mutant: right/a.py, reason: r}]}
"""


@pytest.mark.parametrize(
    ("change", "since", "grades"),
    [
        ("", "", True),
        ("right/a.py", "since it was written, changed: right", False),
        ("wrong/a.py", "since it was written, changed: wrong", True),
        ("wrong/node_modules/x.js", "", True),
        ("wrong/__pycache__/x.pyc", "", True),
        ("wrong/new.py", "since it was written, changed: wrong", True),
        (("[tests]}", "[tests], score: {lte: 50}}"), "since it was written, changed: wrong", True),
        (("path: wrong", "path: other"), "since it was written, added: other; removed: wrong", True),
        (
            ("path: right", "path: other"),
            "since it was written, changed: mutation; added: other; removed: right",
            False,
        ),
        (("one.sql", "two.sql"), "since it was written, changed: mutation", True),
        (("0.8", "0.9"), "since it was written, changed: mutation", True),
        (("right/a.py", "right/b.py"), "", True),
        (("title: Demo", "title: Other"), CHANGED, False),
    ],
)
def test_what_proves_the_checks_makes_a_lock_stale_for_the_author(
    tmp_path: Path, change: str | tuple[str, str], since: str, *, grades: bool
) -> None:
    """Of grading only the references: what it judges by was taken from them."""
    for name in ("right", "wrong", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("x = 1\n")
    challenge = _challenge(tmp_path, SUITE + PROVED)
    lock = _lock(challenge, tests=("a",))
    write_lock(challenge.lock_path, lock)
    text = SUITE + PROVED
    if isinstance(change, tuple):
        assert change[0] in text
        text = text.replace(*change, 1)
    elif change:
        file = tmp_path / change
        file.parent.mkdir(exist_ok=True)
        file.write_text("x = 2\n")
    now = _challenge(tmp_path, text)
    assert unlike(now, lock) == since
    assert freshness(now, lock) == ("fresh" if grades else "stale")
    assert bool(staleness(now, lock)) is not grades
    assert (since in standing(now, lock)) if since else (standing(now, lock) == "there, and fits the challenge")
    told = [str(warned.problem) for warned in lint(tmp_path, rubrics=RUBRICS).warnings if warned.name == "stale-lock"]
    remedy = "run gradekit challenge verify"
    assert told == ([f"{challenge.lock_path}: is stale: {since}; {remedy}"] if since else [])


def test_whether_a_file_is_a_program_is_part_of_a_solution(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "run").write_text("#!/bin/sh\n")
    listed = SUITE + "solutions: [{path: right, expect: {passes: all}}]\n"
    lock = _lock(_challenge(tmp_path, listed), tests=("a",))
    (tmp_path / "right" / "run").chmod(0o755)
    assert unlike(_challenge(tmp_path, listed), lock) == "since it was written, changed: right"


def test_of_many_solutions_that_changed_some_are_named(tmp_path: Path) -> None:
    names = [f"wrong-{number}" for number in range(5)]
    for name in names:
        (tmp_path / name).mkdir()
    challenge = _challenge(tmp_path, COMMAND)
    lock = _lock(challenge)
    listed = "".join(f"  - {{path: {name}, expect: {{fails: [tool]}}}}\n" for name in names)
    now = _challenge(tmp_path, f"{COMMAND}solutions:\n{listed}")
    assert unlike(now, lock) == "since it was written, added: wrong-0, wrong-1, wrong-2 and 2 more"


def test_an_author_is_told_how_the_lock_stands(tmp_path: Path) -> None:
    """Also where grading does without it: it is there for the author all the same."""
    remedy = "run gradekit challenge verify to write it anew"
    challenge = _challenge(tmp_path)
    none = "none yet: gradekit challenge verify writes it"
    assert standing(challenge, None) == f"{none}, and grading needs it"
    assert standing(challenge, _lock(challenge, tests=("a",))) == "there, and fits the challenge"
    stale = f"there, but stale: it has no test ids for tests; {remedy}"
    assert standing(challenge, _lock(challenge)) == stale
    free = _challenge(tmp_path, COMMAND)
    without = "; no check needs it for grading"
    assert standing(free, None) == none + without
    assert standing(free, _lock(free)) == "there, and fits the challenge" + without
    assert standing(free, _lock(challenge)) == f"there, but stale: {CHANGED}; {remedy}{without}"


def test_a_lock_without_the_references_answers_is_stale(tmp_path: Path) -> None:
    every = "{name: sums, call: f, args: [{integer: {}}]}"
    check = f"{{id: calls, criterion: api, call: {{module: m, for_all: [{every}]}}}}"
    challenge = _challenge(tmp_path, f"{HEAD}checks:\n  - {check}\n")
    assert freshness(challenge, None) == "missing"
    assert staleness(challenge, _lock(challenge)) == "it has no answers of the reference for calls"
    answers = {"calls": {"sums": ('{"args": [1], "value": 1}',)}}
    lock = _lock(challenge).model_copy(update={"answers": answers})
    assert freshness(challenge, lock) == "fresh"
    write_lock(tmp_path / "challenge.lock", lock)
    assert read_lock(tmp_path / "challenge.lock") == lock


def test_a_lock_without_the_references_ratios_is_stale(tmp_path: Path) -> None:
    asked = "request: {request: GET /a}, baseline: {request: GET /b}, limits: {p50: LIMIT}"
    check = f"{{id: burden, criterion: api, load: {{{asked}}}}}"
    text = f"{HEAD}app: {{port: 8080}}\nchecks:\n  - {check}\n"
    assert freshness(_challenge(tmp_path, text.replace("LIMIT", "2")), None) == "not needed"
    challenge = _challenge(tmp_path, text.replace("LIMIT", "{times_reference: 2}"))
    assert freshness(challenge, None) == "missing"
    path = tmp_path / "challenge.lock"
    incomplete: tuple[dict[str, Ratios], ...] = ({}, {"burden": {}}, {"burden": {"python": {}}})
    for ratios in incomplete:
        lock = _lock(challenge).model_copy(update={"ratios": ratios})
        assert staleness(challenge, lock) == "it has no ratios of the reference for burden"
    write_lock(path, _lock(challenge))
    assert "ratios" not in path.read_text(encoding="utf-8")
    ratio = Ratio(value=2, low=1.9, high=2.1)
    lock = lock.model_copy(update={"ratios": {"burden": {"python": {"p50": ratio}}}})
    assert freshness(challenge, lock) == "fresh"
    write_lock(path, lock)
    assert read_lock(path) == lock


def test_a_lock_without_twins_is_stale_only_where_twins_are_run(tmp_path: Path) -> None:
    for field, stale in (("twins: 3", True), ("twins: off", False), ("isolation: split", False)):
        challenge = _challenge(tmp_path, SUITE.replace("hidden}", f"hidden, {field}}}"))
        lock = _lock(challenge, tests=("a",)).model_copy(update={"twins": {}})
        assert freshness(challenge, lock) == ("stale" if stale else "fresh")
        assert staleness(challenge, lock) == ("it has no twins for tests" if stale else "")


def test_tests_without_a_twin(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path)
    tests = ("test_a.py::test_a[1]", "test_a.py::test_a[2]", "test_a.py::test_b")
    lock = _lock(challenge, tests=tests)
    assert untwinned(challenge, None) == {}
    assert untwinned(challenge, lock) == {"tests": ("test_a.py::test_a", "test_a.py::test_b")}
    twins = {"test_a.py::test_a": Twin(point=0, tests=tests[:2])}
    guarded = lock.model_copy(update={"twins": {"tests": twins}})
    assert untwinned(challenge, guarded) == {"tests": ("test_a.py::test_b",)}
    whole = twins | {"test_a.py::test_b": Twin(point=None, tests=tests[2:])}
    assert untwinned(challenge, lock.model_copy(update={"twins": {"tests": whole}})) == {}
    split = _challenge(tmp_path, SUITE.replace("hidden}", "hidden, isolation: split}"))
    assert untwinned(split, lock) == {}


def test_lint_tells_the_tests_without_a_twin_from_a_fresh_lock(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path)
    write_lock(challenge.lock_path, _lock(challenge, tests=("test_a.py::test_a",)))
    assert lint(tmp_path, rubrics=RUBRICS).untwinned == {"tests": ("test_a.py::test_a",)}
    _challenge(tmp_path, SUITE.replace("Demo", "Other"))
    assert lint(tmp_path, rubrics=RUBRICS).untwinned == {}


def test_lint_warns_about_the_lock(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path)

    def said() -> list[str]:
        warnings = lint(tmp_path, rubrics=RUBRICS).warnings
        return [str(warned) for warned in warnings if warned.name != "in-process-weight"]

    none = said()[:1]
    assert "no solutions are listed" in none[0]
    remedy = "run gradekit challenge verify"
    path = challenge.lock_path
    assert said() == [*none, f"{path}: is missing, so nothing says what the reference got; {remedy} [no-lock]"]
    write_lock(path, _lock(challenge))
    assert said() == [*none, f"{path}: is stale: it has no test ids for tests; {remedy} [stale-lock]"]
    write_lock(path, _lock(challenge, tests=("a",)).model_copy(update={"challenge": "other"}))
    assert said() == [*none, f"{path}: is stale: the challenge has changed since it was written; {remedy} [stale-lock]"]
    write_lock(path, _lock(challenge, tests=("a",)))
    assert said() == none
    found = lint(tmp_path, rubrics=RUBRICS)
    assert found.problems == ()
    assert found.challenge == challenge


def test_lint_reports_a_broken_lock_as_a_problem(tmp_path: Path) -> None:
    challenge = _challenge(tmp_path)
    challenge.lock_path.write_text("{", encoding="utf-8")
    found = lint(tmp_path, rubrics=RUBRICS)
    assert "is not JSON" in str(found.problems[0])
    assert found.challenge is None
    assert found.warnings == ()


def test_what_stood_in_is_written_only_where_something_did(tmp_path: Path) -> None:
    lock = _lock(_challenge(tmp_path))
    write_lock(tmp_path / "challenge.lock", lock)
    assert "stand_ins" not in (tmp_path / "challenge.lock").read_text(encoding="utf-8")
    lock = lock.model_copy(update={"stand_ins": {"mongodb": "other 1.0 in the place of mongo:7.0"}})
    write_lock(tmp_path / "challenge.lock", lock)
    assert read_lock(tmp_path / "challenge.lock") == lock


def test_the_lock_to_compare_with_may_be_gone_or_broken(tmp_path: Path) -> None:
    path = tmp_path / "challenge.lock"
    assert earlier_lock(path) is None
    lock = _lock(_challenge(tmp_path))
    write_lock(path, lock)
    assert earlier_lock(path) == lock
    path.write_text("{")
    assert earlier_lock(path) is None


def test_lint_wants_a_lock_wherever_solutions_are_listed(tmp_path: Path) -> None:
    listed = COMMAND + "solutions: [{path: right, expect: {passes: all}}]\n"
    (tmp_path / "right").mkdir()
    challenge = _challenge(tmp_path, listed)

    def said() -> list[str]:
        return [warned.name for warned in lint(tmp_path, rubrics=RUBRICS).warnings if warned.name.endswith("-lock")]

    assert said() == ["no-lock"]
    assert freshness(challenge, None) == "not needed", "judging takes nothing from it"
    write_lock(challenge.lock_path, _lock(challenge))
    assert said() == []
    stale = _lock(challenge).model_copy(update={"challenge": "other"})
    write_lock(challenge.lock_path, stale)
    assert said() == ["stale-lock"]
    _challenge(tmp_path, listed + "lint: {ignore: [{warning: stale-lock, reason: as it was sent out}]}\n")
    assert said() == []
    _challenge(tmp_path, COMMAND)
    assert said() == [], "without solutions it proves nothing"

"""How a check of the candidate's tests makes its runs, reads what they say, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.checks import own_tests
from gradekit.checks.base import Context, Scope
from gradekit.errors import Blocked, InfrastructureError
from gradekit.language import Framework
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished

RUNNERS = Path(__file__).parents[2] / "runners"
FILES = {
    "data/change.py": b"change",
    "mutants/zero/shop/pricing.py": b"zero",
    "mutants/js/shop/pricing.js": b"other",
    "mutants/zeroed": b"no",
}


def spec(**fields: object) -> own_tests.OwnTestsSpec:
    return own_tests.OwnTestsSpec.model_validate({"run": "make test", **fields})


def test_every_program_is_tested_once_in_the_same_way() -> None:
    seen: dict[str, dict[str, bytes]] = {}

    def tested(line: str, prepare: str, files: Mapping[str, bytes]) -> ExecResult:
        seen[prepare] = dict(files)
        return finished([line], b"5 passed", exit_code=0 if prepare == ":" else 1)

    bench = FakeBench(
        context=Context("c", files=FILES),
        submission={"Procfile": FileEntry("Procfile", b"test: pytest\n")},
        tested=tested,
    )
    checked = own_tests.OwnTestsSpec.model_validate(
        {
            "procfile": "test",
            "env": {"A": "b"},
            "files": {"tools/in/change.py": "data/change.py", "x y": "data/change.py"},
            "setup": {"toy": "sh change", "other": "no"},
            "reference": {"name": "same"},
            "mutants": [
                {"name": "zero", "folder": "mutants/zero/"},
                {"name": "many", "folder": {"toy": "mutants/js", "other": "mutants/zero"}},
            ],
        }
    )
    evidence = own_tests.observe(checked, bench)
    assert evidence.line == "pytest"
    assert {(run.variant, run.exit_code) for run in evidence.runs} == {(None, 0), ("same", 1), ("zero", 1), ("many", 1)}
    assert bench.environments == [{"A": "b"}] * 4
    tools = {"tools/in/change.py": b"change", "x y": b"change"}
    assert seen.pop(":") == {}
    by_name = {prepare.split("VARIANT=")[1].split(";")[0]: (prepare, files) for prepare, files in seen.items()}
    assert by_name["same"][0] == (
        "( VARIANT=same; export VARIANT; sh change\n) || exit\n"
        "rm -f -- tools/in/change.py\nrmdir -p -- tools/in 2>/dev/null || :\nrm -f -- 'x y'"
    )
    assert by_name["same"][1] == tools
    assert by_name["zero"][1] == {**tools, "shop/pricing.py": b"zero"}
    assert by_name["many"][1] == {**tools, "shop/pricing.js": b"other"}


def test_the_order_of_the_runs_is_not_known() -> None:
    checked = spec(setup="x", mutants=[{"name": "a"}, {"name": "b"}])
    orders = {tuple(run.variant for run in own_tests.observe(checked, FakeBench()).runs) for _ in range(60)}
    assert len(orders) > 2


def test_a_folder_alone_needs_no_setup() -> None:
    def tested(line: str, prepare: str, files: Mapping[str, bytes]) -> ExecResult:
        assert (prepare, set(files)) in ((":", set()), (":", {"shop/pricing.py"}))
        return finished([line])

    bench = FakeBench(context=Context("c", files=FILES), tested=tested)
    assert len(own_tests.observe(spec(mutants=[{"name": "zero", "folder": "mutants/zero"}]), bench).runs) == 2


def test_what_is_missing_is_told_by_whose_it_is() -> None:
    with pytest.raises(Blocked, match="no Procfile"):
        own_tests.observe(own_tests.OwnTestsSpec(procfile="test"), FakeBench())
    with pytest.raises(InfrastructureError, match="no such file"):
        own_tests.observe(spec(setup="x", files={"a": "lost"}, mutants=[{"name": "a"}]), FakeBench())
    with pytest.raises(InfrastructureError, match="folder of a says nothing for the runner toy"):
        own_tests.observe(spec(mutants=[{"name": "a", "folder": {"other": "mutants/zero"}}]), FakeBench())


SAID = [
    ("python", "..... [100%]\n5 passed, 1 warning in 0.1s", "pytest", 5, None),
    ("python", "TOTAL   120   15    88%\n\x1b[32m===== \x1b[1m3 passed\x1b[0m in 1s =====", "pytest", 3, 88.0),
    ("python", "Ran 1 test in 0.0s\n\nOK", "unittest", 1, None),
    ("node", "# tests 4\n# pass 4\n# fail 0\n# all files | 91.50 | 80.0", "node --test", 4, 91.5),
    ("node", "ℹ pass 12\r\n", "node --test", 12, None),  # noqa: RUF001 - what node prints
    ("node", "Tests:       1 skipped, 7 passed, 8 total", "jest", 7, None),
    ("node", "      Tests  3 passed (3)", "vitest", 3, None),
    ("node", "  5 passing (10ms)\nAll files | 70 |", "mocha", 5, 70.0),
    ("java", "[         6 tests successful      ]\n[ 0 tests failed ]", "JUnit", 6, None),
    ("java", "4 tests passed", "a summary", 4, None),
    ("ruby", "7 runs, 9 assertions, 0 failures, 0 errors, 0 skips", "Minitest", 7, None),
    ("ruby", "2 examples, 0 failures\nLine Coverage: 50.5% (1 / 2)", "RSpec", 2, 50.5),
    ("php", "OK (3 tests, 4 assertions)\n  Lines:   66.67% (2/3)", "PHPUnit", 3, 66.67),
    ("php", "Tests: 3, Assertions: 4, Skipped: 1.", "PHPUnit", 3, None),
    ("php", "  Tests:    2 passed (4 assertions)", "Pest", 2, None),
    ("go", "--- PASS: A (0.0s)\n    --- PASS: A/b (0.0s)\ncoverage: 40.0% of statements", "go test -v", 2, 40),
    ("go", "ok  \texample.org/shop\t0.1s\tcoverage: 50.0% of statements", "go test", 1, 50.0),
    ("python", "all is well", None, None, None),
    ("python", f"{'9' * 400} passed; 9999999 passed", "pytest", own_tests.MAX_COUNT, None),
]  # fmt: skip


@pytest.mark.parametrize(("language", "said", "framework", "tests", "coverage"), SAID)
def test_the_words_of_frameworks(
    language: str, said: str, framework: str | None, tests: int | None, coverage: float | None
) -> None:
    frameworks = runners.find(RUNNERS, language).frameworks
    bench = FakeBench(frameworks=frameworks, tested=lambda line, *_: finished([line], said.encode()))
    (run,) = own_tests.observe(spec(), bench).runs
    assert (run.framework, run.tests, run.coverage) == (framework, tests, coverage)


def test_patterns_of_a_runner_that_are_none() -> None:
    def told(**pattern: str) -> tuple[int | None, float | None]:
        frameworks = (Framework.model_validate({"name": "x", **pattern}),)
        (run,) = own_tests.observe(
            spec(), FakeBench(frameworks=frameworks, tested=lambda *_: finished(["x"], b"ok 5"))
        ).runs
        return run.tests, run.coverage

    assert told(passed="ok", coverage="ok") == (1, None)
    with pytest.raises(InfrastructureError, match="frameworks of the runner: x: not a regular expression"):
        told(passed="(")


def test_what_is_kept_of_the_output_is_bounded() -> None:
    result = ExecResult(("x",), Ending.TIMEOUT, None, b"a" * 100_000, b"b\xff" * 50_000, 3.0)
    (run,) = own_tests.observe(spec(), FakeBench(tested=lambda *_: result)).runs
    assert len(run.tail) == 2 * own_tests.MAX_TAIL + 1
    checked = spec(setup="x", mutants=[{"name": "zero", "title": "Zero"}, {"name": "one"}])
    runs = [
        own_tests.TestRun(variant=name, ending=Ending.EXITED, exit_code=0, tail="t")
        for name in (None, "zero", "one", "old")
    ]
    shown = own_tests.show(checked, own_tests.OwnTestsEvidence(line="make", runs=tuple(runs)))
    assert [exhibit.title for exhibit in shown] == ["the program itself", "Zero", "one", "old"]
    assert shown[0].text == "$ make\nexited with 0 after 0.0 s\nt"


def test_complaints_and_paths() -> None:
    with pytest.raises(ValueError, match="at most one of run and procfile"):
        spec(procfile="test")
    checked = own_tests.OwnTestsSpec.model_validate(
        {
            "files": {"a": "data/change.py"},
            "reference": {"name": "a", "folder": "mutants/zero"},
            "mutants": [{"name": "a"}, {"name": "b", "folder": {"toy": "mutants/js"}}],
            "expect": {"tests": {"gte": "${leest}"}},
        }
    )
    found = list(own_tests.lint(checked, Scope({}, {"least": 1}, runners=("toy", "other"))))
    assert [(complaint.loc, complaint.what) for complaint in found] == [
        (("run",), "there is nothing to run"),
        (("mutants", 0, "name"), 'a second variant has the name "a"'),
        (("mutants", 0), "nothing makes this variant of the submission"),
        (("mutants", 1, "folder"), "nothing is said for other"),
        (("expect", "tests", "gte"), "${leest} is no variable of the challenge"),
    ]
    assert [path for _, path in own_tests.paths(checked)] == ["data/change.py", "mutants/zero", "mutants/js"]
    fine = spec(setup="x", mutants=[{"name": "a"}], expect={"tests": {"gte": "${least}"}})
    assert list(own_tests.lint(fine, Scope({}, {"least": 1}))) == []
    assert list(own_tests.paths(fine)) == []

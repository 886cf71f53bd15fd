from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks import suite
from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.suite import Record, SuiteEvidence, SuiteSpec
from gradekit.checks.twins import Twin, normalised
from gradekit.results import Judgement, Status, Tier
from gradekit.sandbox.protocol import Ending, ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished

SPEC = SuiteSpec.model_validate({"files": "hidden/tests"})


def observed(stdout: str | bytes, stderr: bytes = b"") -> SuiteEvidence:
    data = stdout.encode() if isinstance(stdout, str) else stdout
    return suite.observe(SPEC, FakeBench(suite=lambda _: finished(["test"], data, stderr)))


# --- observe -------------------------------------------------------------------------------------------


def test_the_suite_gets_its_files_below_its_folder() -> None:
    given_files: list[FileEntry] = []

    def run(files: Sequence[FileEntry]) -> ExecResult:
        given_files.extend(files)
        return finished(["test"])

    hidden = {"hidden/tests/b/test_b.py": b"b", "hidden/tests/test_a.py": b"a", "hidden/tests2/x.py": b"", "a.py": b""}
    suite.observe(SPEC, FakeBench(context=Context(check="unit", files=hidden), suite=run))
    assert given_files == [FileEntry("b/test_b.py", b"b"), FileEntry("test_a.py", b"a")]


def test_records() -> None:
    evidence = observed(
        '{"test": "t.py::a", "outcome": "passed", "seconds": 0.5}\n\n'
        '{"test": "t.py::b", "outcome": "failed", "message": "no", "seconds": 1}\n'
        '{"end": 2}\n'
    )
    assert evidence == SuiteEvidence(
        ending=Ending.EXITED,
        exit_code=0,
        records=(
            Record(test="t.py::a", outcome="passed", seconds=0.5),
            Record(test="t.py::b", outcome="failed", message="no", seconds=1.0),
        ),
        end=2,
        seconds=0.01,
    )


@pytest.mark.parametrize(
    "line",
    [
        "=== 4 passed ===",
        "{",
        "[]",
        "null",
        '{"test": "a"}',
        '{"test": "a", "outcome": "PASSED"}',
        '{"test": "a", "outcome": "passed", "extra": 1}',
        '{"test": "a", "outcome": "passed", "seconds": -1}',
        '{"test": "a", "outcome": "passed", "seconds": NaN}',
        '{"test": "a", "outcome": "passed", "seconds": 1e999}',
        '{"test": "", "outcome": "passed"}',
        '{"test": "' + "a" * 1001 + '", "outcome": "passed"}',
        '{"test": ["a"], "outcome": "passed"}',
        '{"test": "\\ud800", "outcome": "passed"}',
        '{"end": -1}',
        '{"end": "1"}',
        '{"end": true}',
        "[" * 5000,
        b"\xff\xfe",
    ],
)
def test_garbage_is_counted(line: str | bytes) -> None:
    evidence = observed(line)
    assert evidence == SuiteEvidence(ending=Ending.EXITED, exit_code=0, garbage=1, seconds=0.01)
    assert SuiteEvidence.model_validate_json(evidence.model_dump_json()) == evidence


def test_lines_after_the_end_are_late() -> None:
    evidence = observed('{"end": 0}\n{"test": "a", "outcome": "passed"}\n{"end": 1}\nnoise')
    assert (evidence.records, evidence.end, evidence.late, evidence.garbage) == ((), 0, 3, 0)


def test_everything_is_bounded() -> None:
    line = '{"test": "a", "outcome": "failed", "message": "' + "x" * 5000 + '"}\n'
    evidence = observed(line * (suite.MAX_LINES + 2), b"y" * 20_000)
    assert len(evidence.records) == suite.MAX_LINES
    assert evidence.garbage == 2
    assert len(evidence.records[0].message) == suite.MAX_MESSAGE
    assert len(evidence.stderr) == suite.MAX_STDERR


# --- twins ---------------------------------------------------------------------------------------------

TWO = b"def test_a():\n    assert f() == 4711\n\ndef test_b():\n    assert g() == 'hello'\n"
HIDDEN = {"hidden/tests/test_x.py": TWO}
TRUTH = {"test_x.py::test_a": b"4711", "test_x.py::test_b": b"'hello'"}
IDS = tuple(TRUTH)
Program = Callable[[str, bytes], bool]


def program_bench(passes: Program, twins: Mapping[str, Twin] | None) -> FakeBench:
    """A bench on which ``passes`` says whether a test passes, by its id and the suite's text."""

    def run(files: Sequence[FileEntry]) -> ExecResult:
        (file,) = files
        lines = [
            json.dumps({"test": test, "outcome": "passed" if passes(test, file.data) else "failed"}) for test in TRUTH
        ]
        return finished(["test"], "\n".join([*lines, '{"end": 2}']).encode())

    return FakeBench(context=Context("unit", HIDDEN, {}, IDS, twins), suite=run)


def right(test: str, text: bytes) -> bool:
    return TRUTH[test] in text


def forger(_test: str, _text: bytes) -> bool:
    return True


def judged(spec: SuiteSpec, passes: Program, twins: Mapping[str, Twin]) -> Judgement:
    bench = program_bench(passes, twins)
    return suite.judge(spec, suite.observe(spec, bench), bench.context)


KNOWN = {test: Twin(point=0, tests=(test,)) for test in TRUTH}
ALL = SPEC.model_copy(update={"twins": "all"})


def test_the_reference_shows_which_twins_it_fails() -> None:
    evidence = suite.observe(SPEC, program_bench(right, None))
    assert suite.passed_ids(evidence) == IDS
    assert suite.twins_of(evidence) == KNOWN


def test_a_test_that_the_reference_passes_whatever_it_expects_has_no_twin() -> None:
    evidence = suite.observe(SPEC, program_bench(lambda test, text: test.endswith("b") or right(test, text), None))
    assert list(suite.twins_of(evidence)) == [IDS[0]]


@pytest.mark.parametrize("spec", [SPEC, ALL], ids=["sample", "all"])
def test_honest_programs_right_or_wrong_violate_nothing(spec: SuiteSpec) -> None:
    for passes in (right, lambda test, text: test.endswith("a") and right(test, text), lambda _test, _text: False):
        assert judged(spec, passes, KNOWN).violations == ()


@pytest.mark.parametrize("spec", [SPEC, ALL], ids=["sample", "all"])
def test_a_program_that_passes_what_cannot_be_passed_is_a_violation(spec: SuiteSpec) -> None:
    judgement = judged(spec, forger, KNOWN)
    assert judgement.outcome.status is Status.PASSED
    assert [violation.partition(" ")[0] for violation in judgement.violations] == list(IDS)


def test_a_wrong_answer_that_meets_a_changed_expectation_once_is_no_violation() -> None:
    lucky: list[bytes] = []

    def passes(test: str, text: bytes) -> bool:
        if test.endswith("a") and b"4711" not in text and len(lucky) < 1:
            lucky.append(text)
            return True
        return False

    assert judged(ALL, passes, KNOWN).violations == ()
    assert lucky


def test_without_twins_the_suite_runs_once_and_as_it_is() -> None:
    texts: list[bytes] = []

    def passes(_test: str, text: bytes) -> bool:
        texts.append(text)
        return True

    off = SPEC.model_copy(update={"twins": "off"})
    assert judged(off, passes, KNOWN).violations == ()
    assert set(texts) == {TWO}


def test_every_run_has_the_same_layout_and_the_original_is_among_them() -> None:
    texts: list[bytes] = []

    def passes(test: str, text: bytes) -> bool:
        texts.append(text)
        return right(test, text)

    judged(ALL, passes, KNOWN)
    assert len(set(texts)) == 3
    assert {len(text) for text in texts} == {len(normalised({"test_x.py": TWO})["test_x.py"])}


def test_twins_are_shown() -> None:
    bench = program_bench(right, KNOWN)
    first = suite.show(ALL, suite.observe(ALL, bench))[0]
    assert "twins: 2 test functions in 2 runs" in first.text


def test_the_tier_is_in_process() -> None:
    assert suite.KIND.tier(SuiteSpec(files="hidden/tests")) is Tier.IN_PROCESS


# --- judge (see also the golden files) -------------------------------------------------------------------


def test_passed_ids() -> None:
    records = [("b", "passed"), ("a", "passed"), ("twice", "passed"), ("twice", "failed"), ("c", "failed")]
    evidence = SuiteEvidence.model_validate(
        {"ending": "exited", "records": [{"test": test, "outcome": outcome} for test, outcome in records]}
    )
    assert suite.passed_ids(evidence) == ("a", "b")


@given(
    st.builds(
        SuiteEvidence,
        ending=st.sampled_from(Ending),
        exit_code=st.none() | st.integers(0, 255),
        records=st.lists(
            st.builds(
                Record,
                test=st.sampled_from(["a", "b", "end", "c"]),
                outcome=st.sampled_from(["passed", "failed", "skipped", "errored"]),
                message=st.text(max_size=3),
                seconds=st.floats(0, 9),
            ),
            max_size=4,
        ).map(tuple),
        end=st.none() | st.integers(0, 4),
        late=st.integers(0, 2),
        garbage=st.integers(0, 2),
        stderr=st.text(max_size=3),
    ),
    st.lists(
        st.fixed_dictionaries(
            {"name": st.just("g"), "match": st.sampled_from(["a", "?", "*", "[a"]), "points": st.integers(0, 2)}
        ),
        max_size=3,
    ),
    st.sampled_from(["proportional", "all_or_nothing"]),
    st.sampled_from([None, (), ("a",), ("a", "b", "a")]),
)
def test_no_evidence_breaks_the_judge(
    evidence: SuiteEvidence, groups: list[dict[str, object]], scoring: str, tests: tuple[str, ...] | None
) -> None:
    again = SuiteEvidence.model_validate_json(evidence.model_dump_json())
    assert again == evidence
    spec = SuiteSpec.model_validate({"files": "hidden/tests", "groups": groups, "scoring": scoring})
    judgement = suite.judge(spec, again, Context(check="unit", expected_tests=tests))
    if judgement.outcome.status is Status.PASSED:
        assert tests is not None
        assert set(tests) <= set(suite.passed_ids(evidence))
        assert evidence.end is not None
    suite.show(spec, evidence)


# --- show and lint ---------------------------------------------------------------------------------------


def test_show() -> None:
    evidence = SuiteEvidence.model_validate(
        {
            "ending": "exited",
            "exit_code": 1,
            "records": [{"test": "a", "outcome": "passed"}, {"test": "b", "outcome": "failed", "message": "no"}],
            "stderr": "noise",
            "seconds": 1.25,
        }
    )
    assert [(exhibit.title, exhibit.text) for exhibit in suite.show(SPEC, evidence)] == [
        ("run", "hidden/tests: exited with 1 after 1.2 s\n2 records, 0 other lines, 0 late lines"),
        ("b: failed", "no"),
        ("printed", "noise"),
    ]
    stopped = SuiteEvidence(ending=Ending.TIMEOUT)
    assert "timeout after" in suite.show(SPEC, stopped)[0].text


def complaints(*groups: tuple[str, str, int]) -> list[Complaint]:
    parts = [{"name": name, "match": match, "points": points} for name, match, points in groups]
    spec = SuiteSpec.model_validate({"files": "hidden/tests", "groups": parts})
    return list(suite.lint(spec, Scope(files={}, variables={})))


def test_complaints() -> None:
    assert complaints() == []
    assert complaints(("a", "a*", 1), ("b", "*", 0)) == []
    assert complaints(("a", "a*", 1), ("a", "*", 1))[0].loc == ("groups", 1, "name")
    assert complaints(("a", "a*", 1), ("b", "a*", 1))[0].loc == ("groups", 1, "match")
    assert complaints(("a", "*", 0))[0].what == "no group has any points"


def test_paths_and_app() -> None:
    assert list(suite.paths(SPEC)) == [(("files",), "hidden/tests")]
    assert not suite.KIND.uses_app(SPEC)
    assert suite.KIND.ships_files(SPEC)

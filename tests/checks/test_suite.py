from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks import suite
from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.suite import Record, SuiteEvidence, SuiteSpec
from gradekit.results import Status, Tier
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


def test_the_tier_is_in_process() -> None:
    assert suite.KIND.tier is Tier.IN_PROCESS


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

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.suite import KIND
from gradekit.checks.suite.evidence import Record, SuiteEvidence
from gradekit.checks.suite.judge import judge
from gradekit.checks.suite.lint import lint, paths
from gradekit.checks.suite.model import SuiteSpec, has_twins
from gradekit.checks.suite.observe import CONFIRMATIONS, observe
from gradekit.checks.suite.recorded import passed_ids, recorded, twins_of
from gradekit.checks.suite.run import MAX_LINES, MAX_MESSAGE, MAX_STDERR
from gradekit.checks.suite.show import show
from gradekit.checks.suite.trust import without_twin
from gradekit.checks.suite.words import LISTED
from gradekit.checks.twins.model import Twin
from gradekit.checks.twins.suites import normalised
from gradekit.results import Judgement, Status, Tier
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished

LED = "with the reference this does not happen, so something in the submission led to it"
RUN = "test functions were also run with expectations that no right program meets (twins)"
GUARDS = (
    "a forged result would not show there; the challenge's author can guard tests by isolation: split, "
    "and those in Python by written_twins"
)
SPEC = SuiteSpec.model_validate({"files": "hidden/tests"})


def observed(stdout: str | bytes, stderr: bytes = b"") -> SuiteEvidence:
    data = stdout.encode() if isinstance(stdout, str) else stdout
    return observe(SPEC, FakeBench(suite=lambda _: finished(["test"], data, stderr)))


# --- observe -------------------------------------------------------------------------------------------


def test_the_suite_gets_its_files_below_its_folder() -> None:
    given_files: list[FileEntry] = []

    def run(files: Sequence[FileEntry]) -> ExecResult:
        given_files.extend(files)
        return finished(["test"])

    hidden = {"hidden/tests/b/test_b.py": b"b", "hidden/tests/test_a.py": b"a", "hidden/tests2/x.py": b"", "a.py": b""}
    observe(SPEC, FakeBench(context=Context(check="unit", files=hidden), suite=run))
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
    evidence = observed(line * (MAX_LINES + 2), b"y" * 20_000)
    assert len(evidence.records) == MAX_LINES
    assert evidence.garbage == 2
    assert len(evidence.records[0].message) == MAX_MESSAGE
    assert len(evidence.stderr) == MAX_STDERR


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


def counting(plays: Callable[[int, str, bytes], bool]) -> Program:
    """A program that knows how many runs there were before."""
    seen: list[bytes] = []

    def passes(test: str, text: bytes) -> bool:
        if test == IDS[0]:
            seen.append(text)
        return plays(len(seen) - 1, test, text)

    return passes


def right(test: str, text: bytes) -> bool:
    return TRUTH[test] in text


def forger(_test: str, _text: bytes) -> bool:
    return True


def judged(spec: SuiteSpec, passes: Program, twins: Mapping[str, Twin]) -> Judgement:
    bench = program_bench(passes, twins)
    return judge(spec, observe(spec, bench), bench.context)


KNOWN = {test: Twin(point=0, tests=(test,)) for test in TRUTH}
ALL = SPEC.model_copy(update={"twins": "all"})


def test_the_reference_shows_which_twins_it_fails() -> None:
    evidence = observe(SPEC, program_bench(right, None))
    assert passed_ids(evidence) == IDS
    assert twins_of(evidence) == KNOWN


def test_a_test_that_the_reference_passes_whatever_it_expects_has_no_twin() -> None:
    evidence = observe(SPEC, program_bench(lambda test, text: test.endswith("b") or right(test, text), None))
    assert list(twins_of(evidence)) == [IDS[0]]


@pytest.mark.parametrize("spec", [SPEC, ALL], ids=["sample", "all"])
def test_honest_programs_right_or_wrong_violate_nothing(spec: SuiteSpec) -> None:
    for passes in (right, lambda test, text: test.endswith("a") and right(test, text), lambda _test, _text: False):
        assert judged(spec, passes, KNOWN).violations == ()


@pytest.mark.parametrize("spec", [SPEC, ALL], ids=["sample", "all"])
def test_a_program_that_passes_what_cannot_be_passed_is_a_violation(spec: SuiteSpec) -> None:
    judgement = judged(spec, forger, KNOWN)
    assert judgement.outcome.status is Status.PASSED
    assert [violation.partition(" passed")[0] for violation in judgement.violations] == list(IDS)


def test_a_wrong_answer_that_meets_a_changed_expectation_is_no_violation_and_costs_the_others_nothing() -> None:
    for _ in range(5):
        judgement = judged(ALL, lambda test, text: right(test, text) != test.endswith("a"), KNOWN)
        assert judgement.violations == ()
        assert [case.outcome.status for case in judgement.cases] == [Status.FAILED, Status.PASSED]


def test_a_guess_that_meets_both_expectations_is_no_violation_and_is_not_passed() -> None:
    judgement = judged(ALL, counting(lambda number, _test, _text: number < 2), KNOWN)
    assert judgement.violations == ()
    assert [case.outcome.status for case in judgement.cases] == [Status.FAILED, Status.FAILED]


def test_who_forges_in_one_run_alone_wins_nothing() -> None:
    for plays in (lambda number, _test, _text: number == 0, lambda number, _test, _text: number == 1):
        judgement = judged(ALL, counting(plays), KNOWN)
        assert (judgement.violations, judgement.outcome.ratio) == ((), 0)


def test_a_test_that_passes_as_itself_and_as_its_twin_is_not_passed_even_without_an_accusation() -> None:
    # Right in every run but one, in which the twin passes too: in the other runs the program computes.
    judgement = judged(ALL, counting(lambda number, test, text: number == 0 or right(test, text)), KNOWN)
    assert judgement.violations == ()
    (first, second) = sorted(case.outcome.message for case in judgement.cases)
    assert first == ""
    assert second.startswith("passed, but also passed when its expectation was changed")


MANY = {f"test_x.py::test_{number}": number for number in range(1, 7)}
MANY_FILE = "".join(f"def {test[11:]}():\n    assert f() == {value}\n" for test, value in MANY.items())


def many_judged(passes: Callable[[int, str], bool], *, twins: int = 6) -> tuple[Judgement, int]:
    """Judge a suite of six functions; ``passes`` is given the number of the run and the test. And the runs made."""
    count = 0

    def run(_files: Sequence[FileEntry]) -> ExecResult:
        nonlocal count
        lines = [json.dumps({"test": test, "outcome": "passed" if passes(count, test) else "failed"}) for test in MANY]
        count += 1
        return finished(["test"], "\n".join([*lines, '{"end": 6}']).encode())

    known = {test: Twin(point=0, tests=(test,)) for test in MANY}
    context = Context("unit", {"hidden/tests/test_x.py": MANY_FILE.encode()}, {}, tuple(MANY), known)
    spec = SPEC.model_copy(update={"twins": twins})
    return judge(spec, observe(spec, FakeBench(context=context, suite=run)), context), count


def test_three_functions_that_pass_as_themselves_and_as_twins_are_forged_whatever_follows() -> None:
    judgement, runs = many_judged(lambda number, _test: number < 2, twins=3)
    assert len(judgement.violations) == 3
    assert runs == 2 + CONFIRMATIONS


def test_two_functions_are_no_violation_where_the_further_runs_fail() -> None:
    judgement, _ = many_judged(lambda number, _test: number < 2, twins=2)
    assert judgement.violations == ()
    assert judgement.outcome.ratio == 0


def test_two_functions_are_a_violation_where_the_further_runs_pass() -> None:
    judgement, _ = many_judged(lambda _number, _test: True, twins=2)
    assert len(judgement.violations) == 2


def test_one_sampled_function_is_a_twin_in_one_run_and_unchanged_in_the_other() -> None:
    for _ in range(4):
        judgement, runs = many_judged(lambda _number, _test: False, twins=1)
        assert (judgement.outcome.ratio, judgement.violations, runs) == (0, (), 2)
        assert judgement.notes[0] == f"1 of 6 {RUN}; no sign of forging"


def test_without_twins_the_suite_runs_once_and_as_it_is() -> None:
    texts: list[bytes] = []

    def passes(_test: str, text: bytes) -> bool:
        texts.append(text)
        return True

    off = SPEC.model_copy(update={"twins": "off"})
    assert judged(off, passes, KNOWN).violations == ()
    assert set(texts) == {TWO}


def test_what_is_a_twin_in_one_run_is_unchanged_in_the_other_and_both_have_one_layout() -> None:
    texts: list[bytes] = []

    def passes(test: str, text: bytes) -> bool:
        texts.append(text)
        return right(test, text)

    judged(ALL, passes, KNOWN)
    first, second = sorted(set(texts))
    assert sorted((b"4711" in text, b"'hello'" in text) for text in (first, second)) == [(False, True), (True, False)]
    assert {len(text) for text in texts} == {len(normalised({"test_x.py": TWO})["test_x.py"])}


@pytest.mark.parametrize("known", [{}, None], ids=["none-known", "not-known"])
def test_a_suite_in_which_nothing_can_be_changed_runs_once_and_as_it_is(known: Mapping[str, Twin] | None) -> None:
    texts: list[bytes] = []

    def run(files: Sequence[FileEntry]) -> ExecResult:
        texts.extend(file.data for file in files)
        return finished(["test"])

    observe(SPEC, FakeBench(context=Context("unit", {"hidden/tests/test_x.py": b"# x"}, twins=known), suite=run))
    assert texts == [b"# x"]


def test_a_suite_whose_points_the_reference_passes_all_runs_once() -> None:
    evidence = observe(SPEC, program_bench(forger, None))
    assert (twins_of(evidence), [run.tries for run in evidence.twin_runs]) == ({}, [True])
    assert observe(SPEC, program_bench(right, {})).twin_runs == ()


def test_a_twin_that_the_reference_passes_now_and_then_is_none() -> None:
    def passes(test: str, text: bytes) -> bool:
        return right(test, text) or (test == IDS[0] and number.pop(0) > 1)

    number = [0, 2, 2, 2]
    evidence = observe(SPEC, program_bench(passes, None))
    assert list(twins_of(evidence)) == [IDS[1]]


def entangled(test: str, text: bytes) -> bool:
    """The second test passes only after the first."""
    return right(test, text) and (test == IDS[0] or right(IDS[0], text))


def test_tests_that_depend_on_each_other_are_a_mistake() -> None:
    evidence = observe(SPEC, program_bench(entangled, None))
    (mistake,) = recorded(SPEC, evidence, HIDDEN).mistakes
    assert mistake == (
        "hidden/tests/test_x.py::test_b: fails on the reference when another test fails; "
        "make it independent, or twins: off"
    )


def test_twins_are_shown() -> None:
    bench = program_bench(right, KNOWN)
    first = show(ALL, observe(ALL, bench))[0]
    assert "twins: 2 test functions in 2 runs" in first.text


def test_the_tier_is_that_of_the_isolation_and_one_that_the_kind_can_have() -> None:
    assert KIND.tier(SPEC) is Tier.IN_PROCESS
    assert KIND.tier(SPLIT) is Tier.SPLIT
    assert set(KIND.tiers) == {Tier.IN_PROCESS, Tier.SPLIT}


# --- what two runs say together --------------------------------------------------------------------------


def pair_of(*runs: str) -> SuiteEvidence:
    """What two runs of test_a and test_b make, neither of them a twin, in the order in which they run.

    A mark for each test: ``+`` passed, ``-`` failed, ``2`` reported twice, ``.`` not at all. After them ``!``: no end
    record, ``x``: its count is one too high, ``f``: the file was not collected.
    """
    left = list(runs)

    def run(_files: Sequence[FileEntry]) -> ExecResult:
        marks = left.pop(0)
        lines = [{"test": "test_x.py", "outcome": "errored", "message": "SyntaxError"}] * marks.count("f")
        for test, mark in zip(IDS, marks, strict=False):
            lines += [{"test": test, "outcome": "failed" if mark == "-" else "passed"}] * {".": 0, "2": 2}.get(mark, 1)
        end = [] if "!" in marks else [{"end": len(lines) + marks.count("x")}]
        return finished(["test"], "\n".join(map(json.dumps, [*lines, *end])).encode(), exit_code=len(marks))

    known = {"test_x.py::test_c": Twin(point=0, tests=("test_x.py::test_c",))}
    return observe(SPEC, FakeBench(context=Context("unit", HIDDEN, {}, IDS, known), suite=run))


@pytest.mark.parametrize(
    ("runs", "outcomes"),
    [
        (("++", "++"), ("passed", "passed")),
        (("++", "+-"), ("passed", "failed")),
        (("-+", "++"), ("failed", "passed")),
        (("+.", "++"), ("passed", "no result")),
        (("++", ".+"), ("no result", "passed")),
        (("+2", "++"), ("passed", "reported 2 times")),
        (("++", "2+"), ("reported 2 times", "passed")),
        (("2.", "2+"), ("reported 2 times", "no result")),
        (("..f", "++"), (f"no result: test_x.py could not be loaded ({LED}): SyntaxError",) * 2),
        (("++!", "++"), ("passed", "passed", "the test process ended with exit code 3")),
        (("++", "+.!"), ("passed", "no result: the test process ended", "the test process ended")),
    ],
)
def test_a_test_passed_where_it_passed_in_both_runs(runs: Sequence[str], outcomes: Sequence[str]) -> None:
    judgement = judge(SPEC, pair_of(*runs), Context("unit", HIDDEN, {}, IDS, {}))
    found = [case.outcome.message or case.outcome.status.value for case in judgement.cases]
    assert len(found) == len(outcomes)
    assert all(whole.startswith(start) for whole, start in zip(found, outcomes, strict=True)), found


def test_a_file_that_one_run_could_not_collect_is_told() -> None:
    (record,) = pair_of("..f", "++").records
    assert (record.test, record.message) == ("test_x.py", "SyntaxError")


def test_a_run_that_was_cut_short_speaks_for_both() -> None:
    for evidence in (pair_of("++", "+.!"), pair_of("+.!", "++")):
        assert (evidence.end, evidence.exit_code, evidence.seconds) == (None, 3, 0.02)


@pytest.mark.parametrize("runs", [("++x", "++"), ("++", "++x")])
def test_a_count_that_is_wrong_in_one_run_is_told(runs: Sequence[str]) -> None:
    judgement = judge(SPEC, pair_of(*runs), Context("unit", HIDDEN, {}, IDS, {}))
    assert judgement.outcome.message == (
        "the suite's end mark counts 3 tests, but only 2 results arrived; code of the submission probably removed some"
    )


@pytest.mark.parametrize(
    ("stderr", "why"),
    [("", "the run printed nothing that says more"), ("ImportError", "what the run printed may say more")],
)
def test_a_test_without_a_result_says_where_to_look(stderr: str, why: str) -> None:
    evidence = SuiteEvidence(ending=Ending.EXITED, end=0, stderr=stderr)
    (case, _) = judge(SPEC, evidence, Context("unit", HIDDEN, {}, IDS, {})).cases
    assert case.outcome.message == (
        "no result: the suite came to its end, and with the reference this test has a result, so something in the "
        f"submission probably stopped or removed it; {why}"
    )


def test_tests_that_the_lock_does_not_list_are_named_and_capped() -> None:
    records = tuple(Record(test=f"b.py::{name}", outcome="passed") for name in "abcde")
    evidence = SuiteEvidence(ending=Ending.EXITED, records=records, end=5)
    message = judge(SPEC, evidence, Context("unit", HIDDEN, {}, ("b.py::a",), {})).outcome.message
    assert message == "ignored, since challenge.lock does not list it: b.py::b, b.py::c, b.py::d and 1 more"


@pytest.mark.parametrize("file", ["a.test.mjs > one", "a.test.mjs > x::y"])
def test_a_file_that_was_skipped_is_the_reason_of_its_tests(file: str) -> None:
    record = Record(test="a.test.mjs", outcome="skipped")
    evidence = SuiteEvidence(ending=Ending.EXITED, records=(record,), end=1)
    judgement = judge(SPEC, evidence, Context("unit", HIDDEN, {}, (file,), {}))
    assert judgement.cases[0].outcome.message == f"no result: a.test.mjs was skipped ({LED})"
    assert judgement.outcome.message == judgement.cases[0].outcome.message


# --- what a reviewer sees of twins -----------------------------------------------------------------------


def evidence_of(spec: SuiteSpec, passes: Program, known: Mapping[str, Twin] | None = None) -> SuiteEvidence:
    return observe(spec, program_bench(passes, KNOWN if known is None else known))


def twin_exhibits(evidence: SuiteEvidence) -> dict[str, str]:
    shown = show(ALL, evidence)
    return {exhibit.title: exhibit.text for exhibit in shown if exhibit.title.startswith("twin of ")}


def test_evidence_of_a_forged_test_says_what_was_changed_and_how_often_it_passed() -> None:
    shown = twin_exhibits(evidence_of(ALL, forger))
    assert list(shown) == [f"twin of {test}" for test in IDS]
    lines = shown[f"twin of {IDS[0]}"].splitlines()
    runs = [line for line in lines if line.startswith("run ")]
    assert len(runs) in {2, 3}
    assert runs == [f"run {number}, passed:" for number in range(1, len(runs) + 1)]
    own = 5 - len(runs)
    assert (
        lines[1]
        == f"{IDS[0]}: passed in {len(runs)} of {len(runs)} runs as a twin, and in {own} of {own} as the suite has it"
    )
    assert lines.count("  -    assert f() == 4711") == len(runs)
    changed = [line for line in lines if line.startswith("  +    assert f() == ")]
    assert len(changed) == len(runs)
    assert "  +    assert f() == 4711" not in changed


def test_evidence_of_luck_shows_that_it_passed_once() -> None:
    first: list[bytes] = []

    def passes(test: str, text: bytes) -> bool:
        if test.endswith("a") and b"4711" not in text and not first:
            first.append(text)
            return True
        return False

    shown = twin_exhibits(evidence_of(ALL, passes))
    assert list(shown) == [f"twin of {IDS[0]}"]
    text = shown[f"twin of {IDS[0]}"]
    assert f"{IDS[0]}: passed in 1 of " in text
    assert ", and in 0 of " in text
    assert "run 2, not passed:" in text


def test_honest_programs_and_the_calibrating_run_have_no_such_evidence() -> None:
    assert twin_exhibits(evidence_of(ALL, right)) == {}
    assert twin_exhibits(observe(ALL, program_bench(forger, None))) == {}


# --- notes -----------------------------------------------------------------------------------------------


def test_the_note_names_the_tests_whose_twins_passed_by_chance() -> None:
    lucky = set(IDS)

    def passes(test: str, text: bytes) -> bool:
        if b"4711" in text:
            return True
        luck = test in lucky
        lucky.discard(test)
        return luck

    context = Context("unit", HIDDEN, {}, IDS, KNOWN)
    judgement = judge(ALL, evidence_of(ALL, passes), context)
    assert judgement.violations == ()
    assert judgement.notes[0] == (
        f"2 of 2 {RUN}; test_x.py::test_a, test_x.py::test_b and their twins passed, each with its own in at least one "
        "of several runs; that may be chance, a test too weak to tell right from wrong (then its author's matter), or "
        "forging, which gradekit calls it only if all further runs or 3 test functions show it; so they count as "
        "failed: look at the submission's code"
    )


@pytest.mark.parametrize(
    ("spec", "known", "passes", "notes"),
    [
        (
            ALL,
            KNOWN,
            right,
            (f"2 of 2 {RUN}; no sign of forging",),
        ),
        (
            ALL,
            KNOWN,
            forger,
            (f"2 of 2 {RUN}; some passed, as their tests did, and the violations say why that is forging",),
        ),
        (
            SPEC.model_copy(update={"twins": 1}),
            KNOWN,
            right,
            (f"1 of 2 {RUN}; no sign of forging",),
        ),
        (
            ALL,
            {IDS[0]: KNOWN[IDS[0]]},
            right,
            (
                f"1 of 2 {RUN}; no sign of forging",
                f"1 test has no twin: test_x.py::test_b; {GUARDS}",
            ),
        ),
        (
            ALL,
            {},
            right,
            (
                f"protection against forged results is off: none of 2 {RUN.replace('were', 'was')}",
                f"2 tests have no twin: test_x.py::test_a, test_x.py::test_b; {GUARDS}",
            ),
        ),
        (
            SPEC.model_copy(update={"twins": "off"}),
            KNOWN,
            forger,
            ("twins are off, so a forged result would not show",),
        ),
    ],
    ids=["all", "forged", "sample", "one-without", "none-known", "off"],
)
def test_notes_say_how_far_to_trust_a_suite(
    spec: SuiteSpec, known: Mapping[str, Twin], passes: Program, notes: tuple[str, ...]
) -> None:
    assert {judged(spec, passes, known).notes for _ in range(4)} == {notes}


def test_tests_without_a_twin_are_listed_by_function_or_by_row_and_capped() -> None:
    tests = ("t.py::a[1]", "t.py::a[2]", "t.py::b[1]", "t.py::b[2]", "t.py::c", "t.py::d")
    known = {
        "t.py::a": Twin(point=0, tests=("t.py::a[1]",)),
        "t.py::c": Twin(point=None, tests=("t.py::c",)),
    }
    assert without_twin(tests, known) == ("t.py::a[2]", "t.py::b", "t.py::d")
    many = tuple(f"t.py::test_{number:02}" for number in range(LISTED + 2))
    evidence = SuiteEvidence(ending=Ending.EXITED, end=0)
    note = judge(SPEC, evidence, Context("unit", expected_tests=many)).notes[-1]
    assert note.startswith("10 tests have no twin: t.py::test_00, ")
    assert note.endswith(f"t.py::test_07 and 2 more; {GUARDS}")


# --- twins of the author ---------------------------------------------------------------------------------

MIRROR = "hidden/twins"
OWN = SuiteSpec.model_validate({"files": "hidden/tests", "written_twins": MIRROR, "twins": "all"})
OWN_FILES = {**HIDDEN, f"{MIRROR}/test_x.py": b"\n\ndef test_a():\n    assert f() is False\n"}
OWN_KNOWN = {**KNOWN, IDS[0]: Twin(point=None, tests=(IDS[0],))}
Outcomes = Callable[[str, bytes], Mapping[str, object]]


def own_bench(outcomes: Outcomes, known: Mapping[str, Twin] | None) -> FakeBench:
    """A bench for the suite with a written twin; ``outcomes`` gives outcome and message by test id and suite."""

    def run(files: Sequence[FileEntry]) -> ExecResult:
        (file,) = files
        lines = [json.dumps({"test": test, **outcomes(test, file.data)}) for test in IDS]
        return finished(["test"], "\n".join([*lines, '{"end": 2}']).encode())

    return FakeBench(context=Context("unit", OWN_FILES, {}, IDS, known), suite=run)


def by_truth(test: str, text: bytes) -> Mapping[str, object]:
    return {"outcome": "passed" if right(test, text) else "failed", "message": "assert 4711 is False"}


def mistakes(outcomes: Outcomes, spec: SuiteSpec = OWN) -> tuple[str, ...]:
    evidence = observe(spec, own_bench(outcomes, None))
    return recorded(spec, evidence, OWN_FILES).mistakes


def test_the_reference_records_a_written_twin_and_no_point_of_its_function() -> None:
    bench = own_bench(by_truth, None)
    evidence = observe(OWN, bench)
    found = recorded(OWN, evidence, OWN_FILES)
    assert (found.tests, found.twins, found.mistakes) == (IDS, OWN_KNOWN, ())
    tried, *pair = evidence.twin_runs
    assert (tried.points, tried.tries) == ({IDS[0]: None, IDS[1]: 0}, True)
    assert sorted((list(run.points), run.tries, run.confirms) for run in pair) == [
        ([test], False, False) for test in IDS
    ]
    assert SuiteEvidence.model_validate_json(evidence.model_dump_json()) == evidence


def test_who_passes_a_test_and_its_written_twin_is_a_forger() -> None:
    def own_judged(outcomes: Outcomes) -> tuple[str, ...]:
        bench = own_bench(outcomes, OWN_KNOWN)
        evidence = observe(OWN, bench)
        return tuple(violation.partition(" passed")[0] for violation in judge(OWN, evidence, bench.context).violations)

    assert own_judged(lambda _test, _text: {"outcome": "passed"}) == IDS
    assert own_judged(by_truth) == ()
    # Wrong but honest: what this program answers is exactly what the twin expects.
    assert own_judged(lambda _test, text: {"outcome": "passed" if b"is False" in text else "failed"}) == ()


def in_the_twin(outcome: str, message: str = "") -> Outcomes:
    def outcomes(test: str, text: bytes) -> Mapping[str, object]:
        if test == IDS[0] and b"is False" in text:
            return {"outcome": outcome, "message": message}
        return by_truth(test, text)

    return outcomes


@pytest.mark.parametrize(
    ("outcomes", "mistake"),
    [
        (in_the_twin("passed"), "the reference passes this twin; it must expect what no right program does"),
        (
            in_the_twin("errored", "fixture 'x' not found\nmore"),
            "the twin must fail while it is called, but it is errored: fixture 'x' not found",
        ),
        (in_the_twin("skipped"), "the twin must fail while it is called, but it is skipped: no message"),
        (
            in_the_twin("failed", "NameError: g"),
            "the twin fails by itself, NameError: g; it may use only names of the file that it mirrors",
        ),
    ],
)
def test_a_written_twin_that_the_reference_does_not_fail_is_a_mistake(outcomes: Outcomes, mistake: str) -> None:
    assert mistakes(outcomes) == (f"hidden/twins/test_x.py:3: test_a: {mistake}",)


def recorded_by(*tests: tuple[str, str], twin: Sequence[tuple[str, str]], end: int | None = 1) -> tuple[str, ...]:
    """Mistakes of a run with these outcomes, and with those of ``twin`` in the run with test_a's written twin."""

    def rows(pairs: Sequence[tuple[str, str]]) -> list[Mapping[str, str]]:
        return [{"test": test, "outcome": outcome} for test, outcome in pairs]

    run = {"ending": "exited", "seed": 0, "tries": True, "points": {IDS[0]: None}, "records": rows(twin)}
    evidence = SuiteEvidence.model_validate(
        {"ending": "exited", "end": end, "records": rows(tests), "twin_runs": [run]}, strict=False
    )
    return recorded(OWN, evidence, OWN_FILES).mistakes


def test_a_written_twin_has_the_tests_of_its_function() -> None:
    place = "hidden/twins/test_x.py:3: test_a"
    assert recorded_by((f"{IDS[0]}[1]", "passed"), twin=[(f"{IDS[0]}[2]", "failed")]) == (
        f"{place}[1]: the twin has no test with this id; keep the parameters' names, rows and ids of the test itself",
    )
    nothing = f"{place}: the suite has no test of this name; pytest does not collect the function"
    assert recorded_by(twin=[]) == (nothing,)
    assert recorded_by(twin=[], end=None) == ()
    failed = ("hidden/tests/test_x.py: errored on the reference: no message",)
    assert recorded_by(("test_x.py", "errored"), twin=[]) == failed


def test_tests_that_the_reference_does_not_pass_are_mistakes() -> None:
    def outcomes(test: str, text: bytes) -> Mapping[str, object]:
        if test == IDS[1]:
            return {"outcome": "errored", "message": "\nNotData: a callback does not cross\n  deep inside"}
        return by_truth(test, text)

    assert mistakes(outcomes) == (
        "hidden/tests/test_x.py::test_b: errored on the reference: NotData: a callback does not cross",
    )
    twice = SuiteEvidence.model_validate(
        {"ending": "exited", "records": [{"test": "a", "outcome": "passed"}, {"test": "a", "outcome": "failed"}]}
    )
    assert recorded(SPEC, twice, {}).mistakes == ("hidden/tests/a: is reported 2 times",)


# --- split -----------------------------------------------------------------------------------------------

SPLIT = SuiteSpec.model_validate({"files": "hidden/tests", "isolation": "split"})


def test_a_split_suite_runs_once_as_it_is_and_needs_no_twins() -> None:
    texts: list[bytes] = []

    def passes(test: str, text: bytes) -> bool:
        texts.append(text)
        return right(test, text)

    bench = program_bench(passes, None)
    evidence = observe(SPLIT, bench)
    assert set(texts) == {TWO}
    assert len(texts) == len(IDS)
    found = recorded(SPLIT, evidence, HIDDEN)
    assert (found.tests, found.twins, found.mistakes) == (IDS, {}, ())
    judgement = judge(SPLIT, evidence, bench.context)
    assert judgement.outcome.status is Status.PASSED
    assert judgement.notes == ("the tests ran in a container of their own; only data crossed",)
    assert not has_twins(SPLIT)


def test_evidence_of_twins_is_no_matter_where_the_suite_has_none_any_more() -> None:
    evidence = evidence_of(ALL, forger)
    context = Context("unit", HIDDEN, {}, IDS, KNOWN)
    assert judge(ALL, evidence, context).violations
    assert judge(SPLIT, evidence, context).violations == ()


# --- judge (see also the golden files) -------------------------------------------------------------------


def test_passed_ids() -> None:
    records = [("b", "passed"), ("a", "passed"), ("twice", "passed"), ("twice", "failed"), ("c", "failed")]
    evidence = SuiteEvidence.model_validate(
        {"ending": "exited", "records": [{"test": test, "outcome": outcome} for test, outcome in records]}
    )
    assert passed_ids(evidence) == ("a", "b")


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
    judgement = judge(spec, again, Context(check="unit", expected_tests=tests))
    if judgement.outcome.status is Status.PASSED:
        assert tests is not None
        assert set(tests) <= set(passed_ids(evidence))
        assert evidence.end is not None
    show(spec, evidence)


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
    assert [(exhibit.title, exhibit.text) for exhibit in show(SPEC, evidence)] == [
        ("run", "hidden/tests: exited with 1 after 1.2 s\n2 records, 0 other lines, 0 late lines"),
        ("b: failed", "no"),
        ("printed", "noise"),
    ]
    stopped = SuiteEvidence(ending=Ending.TIMEOUT)
    assert "timeout after" in show(SPEC, stopped)[0].text


def complaints(*groups: tuple[str, str, int]) -> list[Complaint]:
    parts = [{"name": name, "match": match, "points": points} for name, match, points in groups]
    spec = SuiteSpec.model_validate({"files": "hidden/tests", "groups": parts})
    return list(lint(spec, Scope(files={}, variables={})))


def complained(files: Mapping[str, str], **fields: object) -> list[tuple[str, str]]:
    spec = SuiteSpec.model_validate({"files": "hidden/tests", **fields})
    scope = Scope(files={path: text.encode() for path, text in files.items()}, variables={})
    return [(str(complaint.loc[0]), complaint.what) for complaint in lint(spec, scope)]


def test_complaints_about_twins_where_they_are_not_run() -> None:
    wrong = "is for suites that run in one process with the candidate's code"
    assert complained({}, isolation="split") == []
    assert complained({}, isolation="split", twins=3, written_twins=MIRROR) == [
        ("twins", f'"twins" {wrong}'),
        ("written_twins", f'"written_twins" {wrong}'),
    ]
    suite_and_twins = {"hidden/tests/test_x.py": "def test_a(): pass", "twins/test_x.py": "def test_a(): pass"}
    assert complained(suite_and_twins, written_twins="twins", twins="off") == [
        ("written_twins", "twins are off, so no twin is run")
    ]


def test_complaints_about_written_twins() -> None:
    tests = {"hidden/tests/test_x.py": "def test_a(): pass"}
    assert complained({**tests, "twins/test_x.py": "def test_a(): pass"}, written_twins="twins/") == []
    assert complained({**tests, "twins": ""}, written_twins="twins") == [
        ("written_twins", '"twins" is no folder with files')
    ]
    inside = {**tests, "hidden/tests/twins/test_x.py": "def test_a(): pass"}
    assert complained(inside, written_twins="hidden/tests/twins") == [
        ("written_twins", "lies inside the suite, whose files go into the sandbox")
    ]
    wrong = {**tests, "twins/test_x.py": "def test_b(): pass", "twins/test_y.py": "def test_a(): pass"}
    assert complained(wrong, written_twins="twins") == [
        ("written_twins", 'twins/test_x.py:1: the suite has no test function "test_b"'),
        ("written_twins", "twins/test_y.py: the suite has no such file"),
    ]


def test_complaints() -> None:
    assert complaints() == []
    assert complaints(("a", "a*", 1), ("b", "*", 0)) == []
    assert complaints(("a", "a*", 1), ("a", "*", 1))[0].loc == ("groups", 1, "name")
    assert complaints(("a", "a*", 1), ("b", "a*", 1))[0].loc == ("groups", 1, "match")
    assert complaints(("a", "*", 0))[0].what == "no group has any points"


def test_paths_and_app() -> None:
    assert list(paths(SPEC)) == [(("files",), "hidden/tests")]
    assert list(paths(OWN)) == [(("files",), "hidden/tests"), (("written_twins",), MIRROR)]
    assert not KIND.uses_app(SPEC)
    assert KIND.ships_files(SPEC)

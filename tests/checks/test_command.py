from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.checks.base import Complaint, Context, Scope
from gradekit.checks.command import KIND
from gradekit.checks.command.evidence import MAX_OUTPUT, CommandEvidence, RunFact, Stream
from gradekit.checks.command.judge import judge
from gradekit.checks.command.lint import lint, paths
from gradekit.checks.command.model import CommandSpec
from gradekit.checks.command.observe import observe
from gradekit.checks.command.show import show
from gradekit.errors import Blocked, InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished


def spec_of(**changes: object) -> CommandSpec:
    return CommandSpec.model_validate({"run": "bin/report", **changes})


HIDDEN = Context(check="report", files={"hidden/in.txt": b"in\xff", "hidden/data.csv": b"1,2"})


def test_an_answer_of_the_challenge_that_is_no_text_is_our_fault() -> None:
    spec = spec_of(expect={"answer": {"file": "hidden/in.txt"}})
    evidence = CommandEvidence(runs=(RunFact(name="run", line="", ending=Ending.EXITED, exit_code=0),))
    outcome = judge(spec, evidence, HIDDEN).outcome
    what = "hidden/in.txt of the challenge is not UTF-8 text; write it in UTF-8, and grade the submission again"
    assert (outcome.status, outcome.message) == (Status.ERRORED, what)


# --- observe -------------------------------------------------------------------------------------------


def test_a_run() -> None:
    given_input: list[bytes] = []

    def program(argv: Sequence[str], stdin: bytes) -> ExecResult:
        given_input.append(stdin)
        return finished(argv, b"out\n", b"err", 3)

    bench = FakeBench(context=HIDDEN, program=program)
    spec = spec_of(stdin="hello", env={"A": "1"}, files={"data/in.csv": "hidden/data.csv"})
    assert observe(spec, bench) == CommandEvidence(
        runs=(
            RunFact(
                name="run",
                line="bin/report",
                ending=Ending.EXITED,
                exit_code=3,
                stdout=Stream(text="out\n", size=4),
                stderr=Stream(text="err", size=3),
                seconds=0.01,
            ),
        )
    )
    assert bench.commands == [("/bin/sh", "-c", "bin/report")]
    assert bench.command_files == [(FileEntry("data/in.csv", b"1,2"),)]
    assert bench.environments == [{"A": "1"}]
    assert given_input == [b"hello"]


def test_a_case_adds_to_the_check() -> None:
    spec = spec_of(
        stdin="all",
        env={"A": "1", "B": "1"},
        files={"x": "hidden/in.txt"},
        timeout="3s",
        expect={"exit": 4},
        cases=[
            {"name": "bare"},
            {
                "name": "own",
                "run": "bin/other",
                "stdin_file": "hidden/in.txt",
                "env": {"B": "2"},
                "files": {"y": "hidden/data.csv"},
                "timeout": "1s",
                "expect": {"exit": [5]},
            },
        ],
    )
    bare, own = spec.plans()
    assert (bare.run, bare.stdin, bare.stdin_file, bare.timeout, bare.expect.exit) == (
        "bin/report",
        "all",
        None,
        3.0,
        (4,),
    )
    assert (own.run, own.stdin, own.stdin_file, own.timeout, own.expect.exit) == (
        "bin/other",
        "",
        "hidden/in.txt",
        1.0,
        (5,),
    )
    assert own.env == {"A": "1", "B": "2"}
    assert own.files == {"x": "hidden/in.txt", "y": "hidden/data.csv"}
    evidence = observe(spec, FakeBench(context=HIDDEN, program=finished))
    assert [run.stdout for run in evidence.runs] == [Stream(text="all", size=3), Stream(base64="aW7/", size=3)]


def test_a_missing_file_is_our_fault() -> None:
    with pytest.raises(InfrastructureError, match=r"gone\.txt: the challenge has no such file"):
        observe(spec_of(stdin_file="gone.txt"), FakeBench(context=HIDDEN))


PROCFILE = {
    "Procfile": FileEntry("Procfile", b"web: serve\r\n# x: y\n  quote :\tbin/quote a: b  \nquote: second\nnul: a\0b\n")
}


def test_a_line_of_the_procfile() -> None:
    bench = FakeBench(submission=PROCFILE)
    spec = CommandSpec.model_validate({"procfile": "quote", "cases": [{"name": "a"}, {"name": "b", "run": "bin/b"}]})
    evidence = observe(spec, bench)
    assert [run.line for run in evidence.runs] == ["bin/quote a: b", "bin/b"]
    assert [argv[-1] for argv in bench.commands] == ["bin/quote a: b", "bin/b"]
    assert [plan.title for plan in spec.plans()] == ["a", "b"]
    assert CommandSpec.model_validate({"procfile": "quote"}).plans()[0].title == "quote"


@pytest.mark.parametrize(
    ("files", "name", "message"),
    [
        ({}, "test", "there is no Procfile; one with a line `test: COMMAND` was expected"),
        (PROCFILE, "test", "Procfile has no line `test: COMMAND`"),
        (PROCFILE, "nul", "Procfile has no line `nul: COMMAND`"),
    ],
)
def test_a_line_that_the_procfile_lacks_is_the_candidates(files: dict[str, FileEntry], name: str, message: str) -> None:
    with pytest.raises(Blocked, match=re.escape(message)):
        observe(CommandSpec.model_validate({"procfile": name}), FakeBench(submission=files))


def test_each_language_has_its_line() -> None:
    spec = spec_of(run={"toy": "toy run", "other": "other run"}, setup={"toy": "prepare # x", "other": "y"})
    bench = FakeBench()
    (run,) = observe(spec, bench).runs
    assert run.line == "( prepare # x\n) >&2 || exit 125\ntoy run"
    assert spec.plans()[0].title == "run"
    with pytest.raises(InfrastructureError, match="run says nothing for the runner new; one of other, toy"):
        observe(spec, FakeBench(language="new"))
    (run,) = observe(spec_of(setup="prepare"), FakeBench(language="new")).runs
    assert run.line == "( prepare\n) >&2 || exit 125\nbin/report"


@pytest.mark.parametrize(
    ("said", "why"),
    [(b"", ""), (b"a\nno quote in it\n", ": no quote in it")],
)
def test_what_cannot_be_prepared_fails(said: bytes, why: str) -> None:
    message = f"it was not run, because the challenge's setup for it failed{why}; "
    message += "are the submission's files where the task says?"
    fact = RunFact(name="run", ending=Ending.EXITED, exit_code=125, stderr=Stream.of(said))
    spec = spec_of(setup="prepare", expect={"exit": 125})
    judgement = judge(spec, CommandEvidence(runs=(fact,)), HIDDEN)
    assert (judgement.outcome.status, judgement.cases[0].outcome.message) == (Status.FAILED, message)
    judgement = judge(spec_of(expect={"exit": 125}), CommandEvidence(runs=(fact,)), HIDDEN)
    assert judgement.outcome.status is Status.PASSED


def test_run_and_procfile_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="give at most one of run and procfile"):
        spec_of(procfile="test")


def test_a_language_left_out_is_a_complaint() -> None:
    scope = Scope(files={}, variables={}, runners=("python", "node"))
    spec = spec_of(run={"python": "a", "nodes": "b"}, setup={"python": "a", "node": "b"})
    assert list(lint(spec, scope)) == [
        Complaint(("run", "nodes"), 'the challenge has no runner "nodes"', hint='did you mean "node"?'),
        Complaint(("run",), "nothing is said for node", "a line for each runner of the challenge"),
    ]
    assert list(lint(spec, Scope(files={}, variables={}))) == []


def test_streams_are_capped() -> None:
    assert Stream.of(b"a" * (MAX_OUTPUT + 1)) == Stream(text="a" * MAX_OUTPUT, size=MAX_OUTPUT + 1)
    cut_inside = b"a" * (MAX_OUTPUT - 1) + "é".encode()
    assert Stream.of(cut_inside) == Stream(text="a" * (MAX_OUTPUT - 1), size=MAX_OUTPUT + 1)
    assert Stream.of("é".encode()[:1]).text is None


# --- judge (see also the golden files) -------------------------------------------------------------------

TEXTS = st.sampled_from(["", "3", "3\n", "{", '{"a": 3}', "[[[]]]", "\x1b[31m", "9" * 500]) | st.text(max_size=5)
STREAMS = st.builds(Stream, text=st.none() | TEXTS, base64=st.none() | TEXTS, size=st.integers(-1, MAX_OUTPUT + 1))
SPECS = [
    spec_of(),
    spec_of(expect={"exit": [1, 2], "stdout": 3, "stderr": {"matches": "^x"}}),
    spec_of(expect={"stdout": "${limit}", "stdout_json": {"$.a": 3, "$..*": {"length": 1}, "$[?@.a > 1]": []}}),
    spec_of(expect={"stdout_json": {"$.a": "${gone}"}}, cases=[{"name": "run"}, {"name": "other", "expect": {}}]),
]


@given(
    st.lists(
        st.builds(
            RunFact,
            name=st.sampled_from(["run", "other"]),
            ending=st.sampled_from(Ending),
            exit_code=st.none() | st.integers(0, 2),
            stdout=STREAMS,
            stderr=STREAMS,
        ),
        max_size=3,
    ),
    st.sampled_from(SPECS),
)
def test_no_evidence_breaks_the_judge(runs: list[RunFact], spec: CommandSpec) -> None:
    evidence = CommandEvidence(runs=tuple(runs))
    again = CommandEvidence.model_validate_json(evidence.model_dump_json())
    assert again == evidence
    judgement = judge(spec, again, Context(check="report", variables={"limit": 3}))
    assert judgement.outcome.status in {Status.PASSED, Status.FAILED, Status.ERRORED}
    show(spec, evidence)


def test_a_value_that_cannot_be_searched_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.checks.jsonpath.MAX_NODES", 2)
    spec = spec_of(expect={"stdout_json": {"$..*": {"length": 3}}})
    run = RunFact(name="run", ending=Ending.EXITED, exit_code=0, stdout=Stream.of(b"[1, 2, 3]"))
    outcome = judge(spec, CommandEvidence(runs=(run,)), HIDDEN).cases[0].outcome
    assert outcome.status is Status.FAILED
    assert outcome.expected == "$..*: a value that can be searched"


# --- show and lint ---------------------------------------------------------------------------------------


def test_show() -> None:
    runs = (
        RunFact(
            name="run",
            line="bin/report",
            ending=Ending.EXITED,
            exit_code=0,
            stdout=Stream.of(b"out"),
            stderr=Stream.of(b"\xff"),
        ),
        RunFact(name="old", ending=Ending.OOM, stderr=Stream(size=3)),
    )
    assert [exhibit.text for exhibit in show(spec_of(), CommandEvidence(runs=runs))] == [
        "$ bin/report\nexited with 0 after 0.0 s\n--- stdout, 3 bytes\nout\n--- stderr, 1 bytes\nbase64: /w==",
        "$ \noom after 0.0 s\n--- stderr, 3 bytes\nbase64: ",
    ]


def complaints(**changes: object) -> list[Complaint]:
    scope = Scope(files={}, variables={"limit": 20})
    return list(lint(spec_of(**changes), scope))


@pytest.mark.parametrize(
    ("changes", "loc", "what"),
    [
        ({"run": None}, ("run",), "there is nothing to run"),
        ({"run": None, "cases": [{"name": "a", "run": "x"}, {"name": "b"}]}, ("cases", 1, "run"), "nothing to run"),
        ({"cases": [{"name": "a"}, {"name": "a"}]}, ("cases", 1, "name"), "a second case"),
        ({"expect": {"stdout_json": {"total": 3}}}, ("expect", "stdout_json", "total"), "not a JSONPath"),
        ({"expect": {"stdout": "${limt}"}}, ("expect", "stdout"), "${limt} is no variable"),
        (
            {"cases": [{"name": "a", "expect": {"stdout_json": {"$.a": {"in": ["${x y}"]}}}}]},
            ("cases", 0, "expect", "stdout_json", "$.a", "in", 0),
            "is not a variable",
        ),
        ({"files": {"data/": "hidden/data.csv"}}, ("files", "data/"), "not the path of a file"),
    ],
)
def test_complaints(changes: dict[str, Any], loc: tuple[str | int, ...], what: str) -> None:
    found = complaints(**changes)
    assert [complaint.loc for complaint in found] == [loc]
    assert what in found[0].what


def test_nothing_to_complain_about() -> None:
    assert complaints() == []
    assert (
        complaints(expect={"stdout": "${limit}", "stdout_json": {"$.a": 1}}, cases=[{"name": "a"}], files={"x": "y"})
        == []
    )


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"1\n", ""), (None, ""), (b"1 " * 131_073, "has 262146 bytes"), (b"caf\xe9", "byte 3 is not UTF-8")],
)
def test_an_answer_can_be_given(data: bytes | None, what: str) -> None:
    spec = spec_of(cases=[{"name": "a", "expect": {"answer": {"file": "1.ans"}}}])
    files = {} if data is None else {"1.ans": data}
    found = list(lint(spec, Scope(files=files, variables={})))
    assert [complaint.loc for complaint in found] == [("cases", 0, "expect", "answer", "file")] * bool(what)
    assert all(what in complaint.what for complaint in found)
    assert list(paths(spec)) == [(("cases", 0, "expect", "answer", "file"), "1.ans")]


def test_at_most_one_input() -> None:
    with pytest.raises(ValidationError, match="at most one of stdin and stdin_file"):
        spec_of(stdin="", stdin_file="hidden/in.txt")


def test_paths_and_app() -> None:
    spec = spec_of(
        stdin_file="a.txt",
        files={"x": "b.txt"},
        cases=[{"name": "b"}, {"name": "c", "stdin_file": "d.txt", "files": {"y": "e.txt"}}],
    )
    assert list(paths(spec)) == [
        (("stdin_file",), "a.txt"),
        (("files", "x"), "b.txt"),
        (("cases", 1, "stdin_file"), "d.txt"),
        (("cases", 1, "files", "y"), "e.txt"),
    ]
    assert not KIND.uses_app(spec)
    assert KIND.ships_files(spec)
    assert KIND.ships_files(spec_of(cases=[{"name": "c", "files": {"y": "e.txt"}}]))
    assert not KIND.ships_files(spec_of(stdin_file="a.txt"))

"""How SARIF of any tool is taken in, and what of it is new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gradekit.checks.base import Context, Scope
from gradekit.checks.scan import KIND
from gradekit.checks.scan.evidence import MAX_FINDINGS, Finding, HistoryEvidence, ScanEvidence
from gradekit.checks.scan.lint import lint, paths
from gradekit.checks.scan.model import ScanSpec
from gradekit.checks.scan.observe import observe
from gradekit.checks.scan.show import show
from gradekit.errors import InfrastructureError
from gradekit.history import History, Line, Lines
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished


def result(rule: str | None, path: str, line: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    place = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {"ruleId": rule, "message": {"text": "m"}, "locations": [{"physicalLocation": place}], **more}


def log(*results: Mapping[str, Any], rules: list[Any] | None = None) -> bytes:
    driver = {"name": "tool\x1b", "rules": rules}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}).encode()


def spec(**fields: object) -> ScanSpec:
    return ScanSpec.model_validate({"tool": "ruff", **fields})


def observed(stdout: bytes, files: Mapping[str, bytes] | None = None, **fields: object) -> ScanEvidence:
    submission = {path: FileEntry(path, data) for path, data in (files or {}).items()}
    bench = FakeBench(submission=submission, scanned=lambda *_: finished(["scan"], stdout))
    return observe(spec(**fields), bench)


def test_findings_of_any_tool() -> None:
    evidence = observed(
        log(
            result("B", "file:///work/a%20b.py", 2, level="error"),
            result("A", "./z.py", 10**12, suppressions=[{"kind": "inSource"}]),
            result("P", "z.py", 1, kind="pass"),
            result("D", "z.py", -1),
            result("L", "z.py", 1, level="nonsense"),
            result("V", "x/vendor/z.py", 1),
            {"rule": {"id": "R\x1b"}, "message": {"text": "x\n" * 1000}},
            {"message": {}},
            rules=[{"id": "D", "defaultConfiguration": {"level": "note"}}, {}],
        )
    )
    assert evidence.tool == "tool\\x1b"
    assert [(one.rule, one.level, one.path, one.line) for one in evidence.findings] == [
        ("R\\x1b", "warning", "", 0),
        ("unnamed", "warning", "", 0),
        ("B", "error", "a b.py", 2),
        ("D", "note", "z.py", 0),
        ("L", "warning", "z.py", 1),
        ("A", "warning", "z.py", 10_000_000),
    ]
    assert len(evidence.findings[0].message) == 300
    assert "\n" not in evidence.findings[0].message
    assert observed(log()).findings == ()


def test_findings_are_bounded() -> None:
    evidence = observed(log(*(result("A", f"{number:05}.py", 1) for number in range(MAX_FINDINGS + 3))))
    assert (len(evidence.findings), evidence.more) == (MAX_FINDINGS, 3)


def test_only_what_the_starter_does_not_have_is_new() -> None:
    theirs = {"a.py": b"import os\n\nx = 1\nimport  os\n", "b.py": b"import os\n"}
    ours = {"starter/a.py": b"import os\n", "starter/none.py": b"", "other": b""}
    looked: list[tuple[str, str, Mapping[str, bytes] | None]] = []

    def scanned(scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        looked.append((scanner, line, files))
        if files is None:
            return finished([line], log(result("F", "a.py", 4), result("F", "a.py", 1), result("F", "b.py", 1)))
        return finished([line], log(result("F", "a.py", 1)))

    submission = {path: FileEntry(path, data) for path, data in theirs.items()}
    bench = FakeBench(context=Context("c", files=ours), submission=submission, scanned=scanned)
    for starter in ("starter/", {"toy": "starter"}):
        evidence = observe(spec(starter=starter), bench)
        assert [(one.path, one.line) for one in evidence.findings] == [("a.py", 4), ("b.py", 1)]
        assert evidence.old == 1
    assert looked[0] == ("scanners", "exec /opt/gradekit/bin/scan ruff", None)
    assert looked[1][2] == {"a.py": b"import os\n", "none.py": b""}
    assert len(observe(spec(starter={"other": "starter"}), bench).findings) == 3
    assert len(looked) == 5


@pytest.mark.parametrize("stdout", [b"", b"[]", b"{}", b'{"runs": [{}]}', b"[" * 100_000, b"\xff", b'{"runs": 3}'])
def test_a_tool_that_prints_something_else_is_our_fault(stdout: bytes) -> None:
    with pytest.raises(InfrastructureError, match=r"scanner scanners, .* cannot be read"):
        observed(stdout)


def test_a_tool_that_fails_is_our_fault() -> None:
    bench = FakeBench(scanned=lambda *_: finished(["x"], log(), b"boom\x1b", 3))
    with pytest.raises(InfrastructureError, match=r"it ended with exit code 3: boom\\x1b"):
        observe(spec(), bench)
    bench = FakeBench(scanned=lambda *_: finished(["x"], exit_code=3))
    with pytest.raises(InfrastructureError, match="nothing on stderr"):
        observe(spec(), bench)


def test_files_that_stop_a_tool_are_the_candidates_if_it_works_without_them() -> None:
    looked: list[Mapping[str, bytes] | None] = []

    def scanned(_scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        looked.append(files)
        return finished([line], log()) if files else ExecResult((line,), Ending.TIMEOUT, None, b"", b"", 1.0)

    ours = Context("c", files={"s/a": b"x"})
    assert observe(spec(), FakeBench(scanned=scanned)) == ScanEvidence(ending=Ending.TIMEOUT)
    assert observe(spec(starter="s"), FakeBench(context=ours, scanned=scanned)).ending is Ending.TIMEOUT
    assert looked == [None, {"empty": b""}, None, {"a": b"x"}]


def test_a_tool_that_stops_without_them_is_our_fault() -> None:
    def scanned(_scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        return ExecResult((line,), Ending.OOM, None, b"", b"", 1.0) if files else finished([line], log())

    def nothing(*_: object) -> ExecResult:
        return ExecResult((), Ending.TIMEOUT, None, b"", b"", 1.0)

    bench = FakeBench(context=Context("c", files={"s/a": b""}), scanned=scanned)
    with pytest.raises(InfrastructureError, match="its run on the starter ended by oom"):
        observe(spec(starter="s"), bench)
    with pytest.raises(InfrastructureError, match="its run on an empty file ended by timeout"):
        observe(spec(), FakeBench(scanned=nothing))


NEW, OLD, START = (char * 40 for char in "abc")


def secret(path: str, line: int, same: str | None = None, rule: str = "key") -> dict[str, Any]:
    more = {} if same is None else {"partialFingerprints": {"secret/v1": same}}
    return result(rule, path, line, level="error", **more)


def lines(*texts: str, parents: Mapping[str, tuple[str, ...]] | None = None, **more: Any) -> Lines:  # noqa: ANN401
    """Lines ``COMMIT PATH TEXT``, each the third of its file."""
    split = [text.split(" ", 2) for text in texts]
    names = {"new": NEW, "old": OLD, "start": START}
    found = tuple(Line(text, names[commit], path, 3) for commit, path, text in split)
    given = {NEW: (OLD,), OLD: (START,), START: ()} if parents is None else parents
    return Lines(found, given, **more)


def past(
    found: Lines | None, *results: dict[str, Any], tip: tuple[Any, ...] = (), ours: tuple[Any, ...] = (), **more: object
) -> tuple[HistoryEvidence, list[Mapping[str, bytes]]]:
    """What is kept of a history, and the files that the tool got for it; it finds ``ours`` in the starter."""
    asked: list[Mapping[str, bytes]] = []

    def scanned(_scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        if files is None:
            return finished([line], log(*tip))
        if "lines-0" not in files:
            return finished([line], log(*ours))
        asked.append(files)
        return finished([line], log(*results))

    bench = FakeBench(
        context=Context("c", files={"s/env": b"x"}),
        submission={"new.py": FileEntry("new.py", b"key\n")},
        history=None if found is None else History(lines=found),
        scanned=scanned,
    )
    evidence = observe(spec(tool="secrets", history=True, **more), bench).history
    assert evidence is not None
    return evidence, asked


def test_a_secret_of_an_earlier_commit_is_found_once_at_its_oldest_place() -> None:
    found = lines("new a.py the key", "old b.py key = two", "new c.py another key", large=1, largest=("x",), unread=2)
    evidence, asked = past(found, secret("lines-0", 1, "s"), secret("lines-0", 2, "s"), secret("lines-0", 3, "t"))
    assert asked == [{"lines-0": b"the key\nkey = two\nanother key"}]
    assert [(one.rule, one.level, one.commit, one.place) for one in evidence.findings] == [
        ("history/key", "error", OLD, f"{'b' * 10} b.py:3"),
        ("history/key", "error", NEW, f"{'a' * 10} c.py:3"),
    ]
    assert (evidence.commits, evidence.lines, evidence.older) == (3, 3, False)
    assert (evidence.large, evidence.largest, evidence.unread, evidence.late) == (1, ("x",), 2, False)


def test_a_secret_of_graded_files_or_the_starter_is_none_of_the_history() -> None:
    found = lines("old a.py one", "old b.py two", "new c.py three", "old vendor/d.py four", "start e.py five")
    results = [secret("lines-0", line, str(line)) for line in (1, 2, 3)]
    evidence, asked = past(
        found,
        *results,
        tip=(secret("other.py", 1, "1"), secret("vendor/x", 1, "3")),
        ours=(secret("env", 1, "2"),),
        starter="s",
        starter_commits=(START,),
    )
    assert asked == [{"lines-0": b"one\ntwo\nthree"}]
    # What the folder vendor has does not count for graded files, so it counts here.
    assert [one.path for one in evidence.findings] == ["c.py"]
    assert (evidence.commits, evidence.lines) == (2, 3)


def test_without_a_tool_that_tells_secrets_apart_the_line_does() -> None:
    found = lines("old a.py key", "new b.py x key")
    evidence, _ = past(found, secret("lines-0", 1), secret("lines-0", 2), tip=(secret("new.py", 1),))
    assert [one.path for one in evidence.findings] == ["b.py"]


def test_what_is_not_known_of_a_history() -> None:
    assert past(None)[0] == HistoryEvidence(none=True)
    assert past(lines(problem="too large"))[0] == HistoryEvidence(problem="too large")
    bench = FakeBench(history=History(), scanned=lambda *_: finished(["x"], log()))
    evidence = observe(spec(tool="secrets", history=True), bench).history
    assert evidence is not None
    assert "not asked for" in evidence.problem
    assert past(lines(parents={}))[0].older
    assert past(lines(parents={NEW: (OLD,)}))[0].older
    # What is before the starter is the starter's.
    starters = {"starter_commits": (OLD,)}
    assert not past(lines(parents={NEW: (OLD,), OLD: (START,)}), **starters)[0].older
    assert past(lines("new a.py the key"), secret("lines-0", 1, rule="unreadable"))[0].refused == 1
    for line in (0, 2):
        with pytest.raises(InfrastructureError, match="it names a line that is not there, lines-0"):
            past(lines("new a.py the key"), secret("lines-0", line))


def test_a_history_that_stops_the_tool_is_told() -> None:
    def scanned(_scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        return finished([line], log()) if files is None else ExecResult((line,), Ending.OUTPUT, None, b"", b"", 1.0)

    bench = FakeBench(history=History(lines=lines("new a.py the key")), scanned=scanned)
    evidence = observe(spec(tool="secrets", history=True), bench)
    assert evidence.ending is Ending.EXITED
    assert evidence.history is not None
    assert (evidence.history.ending, evidence.history.lines) == (Ending.OUTPUT, 1)


def test_a_history_goes_to_the_tool_in_files_of_bounded_size() -> None:
    many = [f"new a.py {number:04000}" for number in range(600)] + [f"new a.py {number:08}" for number in range(4100)]
    _, ((*chunks,),) = past(lines(*many))
    sizes = [chunk.count(b"\n") + 1 for chunk in past(lines(*many))[1][0].values()]
    assert (len(chunks), sum(sizes), max(sizes)) == (5, 4700, 2000)
    findings = [secret("lines-0", 1, str(number)) for number in range(MAX_FINDINGS + 2)]
    assert past(lines("new a.py x"), *findings)[0].more == 2


def test_what_is_shown() -> None:
    finding = Finding(rule="F1", level="warning", message="m", path="a.py", line=3)
    evidence = ScanEvidence(tool="ruff", findings=(finding,))
    (exhibit,) = show(spec(levels={"F*": "error"}), evidence)
    assert (exhibit.title, exhibit.text) == ("ruff", "a.py:3: error F1: m")
    assert show(spec(), ScanEvidence()) == ()
    gone = finding.model_copy(update={"rule": "history/F1", "commit": OLD})
    evidence = evidence.model_copy(update={"history": HistoryEvidence(findings=(gone,))})
    (exhibit,) = show(spec(tool="secrets", history=True, levels={"F*": "note"}), evidence)
    assert exhibit.text == "a.py:3: note F1: m\nbbbbbbbbbb a.py:3: note history/F1: m"
    (exhibit,) = show(spec(), evidence)
    assert "\n" not in exhibit.text


def test_complaints_and_paths() -> None:
    for fields in ({"run": "x"}, {"tool": None}):
        with pytest.raises(ValueError, match="exactly one of tool and run"):
            spec(**fields)
    with pytest.raises(ValueError, match="history needs tool: secrets"):
        spec(history=True)
    with pytest.raises(ValueError, match="starter_commits needs history: true"):
        spec(tool="secrets", starter_commits=("a" * 40,))
    assert KIND.reads_lines_without(spec(tool="secrets", history=True, ignore=("x",))) == ("x",)
    assert KIND.reads_lines_without(spec(tool="secrets")) is None
    checked = spec(starter={"toy": "s"}, penalties={"note": 0, "error": 1}, caps={"note": 1, "error": 1, "warning": 1})
    found = list(lint(checked, Scope({}, {}, runners=("toy", "other"))))
    assert [complaint.loc for complaint in found] == [("starter",), ("caps", "note"), ("caps", "warning")]
    assert list(paths(checked)) == [(("starter", "toy"), "s")]
    assert list(paths(spec(starter="s"))) == [(("starter",), "s")]
    assert list(paths(spec())) == []
    assert list(lint(spec(), Scope({}, {}))) == []
    assert spec(tool=None, run="t --sarif").line == "t --sarif"
    assert (KIND.scanner(spec()), KIND.ships_files(spec())) == ("scanners", True)

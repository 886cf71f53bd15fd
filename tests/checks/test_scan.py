"""How SARIF of any tool is taken in, and what of it is new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gradekit.checks import scan
from gradekit.checks.base import Context, Scope
from gradekit.errors import InfrastructureError
from gradekit.sandbox.protocol import Ending, ExecResult, FileEntry
from tests.checks.bench import FakeBench, finished


def result(rule: str | None, path: str, line: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    place = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {"ruleId": rule, "message": {"text": "m"}, "locations": [{"physicalLocation": place}], **more}


def log(*results: Mapping[str, Any], rules: list[Any] | None = None) -> bytes:
    driver = {"name": "tool\x1b", "rules": rules}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}).encode()


def spec(**fields: object) -> scan.ScanSpec:
    return scan.ScanSpec.model_validate({"tool": "ruff", **fields})


def observed(stdout: bytes, files: Mapping[str, bytes] | None = None, **fields: object) -> scan.ScanEvidence:
    submission = {path: FileEntry(path, data) for path, data in (files or {}).items()}
    bench = FakeBench(submission=submission, scanned=lambda *_: finished(["scan"], stdout))
    return scan.observe(spec(**fields), bench)


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
    evidence = observed(log(*(result("A", f"{number:05}.py", 1) for number in range(scan.MAX_FINDINGS + 3))))
    assert (len(evidence.findings), evidence.more) == (scan.MAX_FINDINGS, 3)


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
        evidence = scan.observe(spec(starter=starter), bench)
        assert [(one.path, one.line) for one in evidence.findings] == [("a.py", 4), ("b.py", 1)]
        assert evidence.old == 1
    assert looked[0] == ("scanners", "exec /opt/gradekit/bin/scan ruff", None)
    assert looked[1][2] == {"a.py": b"import os\n", "none.py": b""}
    assert len(scan.observe(spec(starter={"other": "starter"}), bench).findings) == 3
    assert len(looked) == 5


@pytest.mark.parametrize("stdout", [b"", b"[]", b"{}", b'{"runs": [{}]}', b"[" * 100_000, b"\xff", b'{"runs": 3}'])
def test_a_tool_that_prints_something_else_is_our_fault(stdout: bytes) -> None:
    with pytest.raises(InfrastructureError, match=r"scanner scanners, .* cannot be read"):
        observed(stdout)


def test_a_tool_that_fails_is_our_fault() -> None:
    bench = FakeBench(scanned=lambda *_: finished(["x"], log(), b"boom\x1b", 3))
    with pytest.raises(InfrastructureError, match=r"it ended with exit code 3: boom\\x1b"):
        scan.observe(spec(), bench)
    bench = FakeBench(scanned=lambda *_: finished(["x"], exit_code=3))
    with pytest.raises(InfrastructureError, match="nothing on stderr"):
        scan.observe(spec(), bench)


def test_files_that_stop_a_tool_are_the_candidates_if_it_works_without_them() -> None:
    looked: list[Mapping[str, bytes] | None] = []

    def scanned(_scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        looked.append(files)
        return finished([line], log()) if files else ExecResult((line,), Ending.TIMEOUT, None, b"", b"", 1.0)

    ours = Context("c", files={"s/a": b"x"})
    assert scan.observe(spec(), FakeBench(scanned=scanned)) == scan.ScanEvidence(ending=Ending.TIMEOUT)
    assert scan.observe(spec(starter="s"), FakeBench(context=ours, scanned=scanned)).ending is Ending.TIMEOUT
    assert looked == [None, {"empty": b""}, None, {"a": b"x"}]


def test_a_tool_that_stops_without_them_is_our_fault() -> None:
    def scanned(_scanner: str, line: str, files: Mapping[str, bytes] | None) -> ExecResult:
        return ExecResult((line,), Ending.OOM, None, b"", b"", 1.0) if files else finished([line], log())

    def nothing(*_: object) -> ExecResult:
        return ExecResult((), Ending.TIMEOUT, None, b"", b"", 1.0)

    bench = FakeBench(context=Context("c", files={"s/a": b""}), scanned=scanned)
    with pytest.raises(InfrastructureError, match="its run on the starter ended by oom"):
        scan.observe(spec(starter="s"), bench)
    with pytest.raises(InfrastructureError, match="its run on an empty file ended by timeout"):
        scan.observe(spec(), FakeBench(scanned=nothing))


def test_what_is_shown() -> None:
    finding = scan.Finding(rule="F1", level="warning", message="m", path="a.py", line=3)
    evidence = scan.ScanEvidence(tool="ruff", findings=(finding,))
    (exhibit,) = scan.show(spec(levels={"F*": "error"}), evidence)
    assert (exhibit.title, exhibit.text) == ("ruff", "a.py:3: error F1: m")
    assert scan.show(spec(), scan.ScanEvidence()) == ()


def test_complaints_and_paths() -> None:
    for fields in ({"run": "x"}, {"tool": None}):
        with pytest.raises(ValueError, match="exactly one of tool and run"):
            spec(**fields)
    checked = spec(starter={"toy": "s"}, penalties={"note": 0, "error": 1}, caps={"note": 1, "error": 1, "warning": 1})
    found = list(scan.lint(checked, Scope({}, {}, runners=("toy", "other"))))
    assert [complaint.loc for complaint in found] == [("starter",), ("caps", "note"), ("caps", "warning")]
    assert list(scan.paths(checked)) == [(("starter", "toy"), "s")]
    assert list(scan.paths(spec(starter="s"))) == [(("starter",), "s")]
    assert list(scan.paths(spec())) == []
    assert list(scan.lint(spec(), Scope({}, {}))) == []
    assert spec(tool=None, run="t --sarif").line == "t --sarif"
    assert (scan.KIND.scanner(spec()), scan.KIND.ships_files(spec())) == ("scanners", True)

"""Scanners on a real engine: what a candidate leaves in the folder switches nothing off, and no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Silent
from gradekit.results import CheckResult
from gradekit.sandbox import images
from gradekit.sandbox.docker import connect
from gradekit.spec.load import load_challenge
from gradekit.submission import CloneRules, obtain
from tests.submission.gitserver import Repository

pytestmark = pytest.mark.docker
RUNNERS = Path(__file__).parents[2] / "runners"
TOOLS = ("ruff", "bandit", "secrets", "complexity", "eslint")
RUBRIC = "gradekit: 1\nid: rubric\ntitle: Scanned\ncriteria: {work: {title: Work, weight: 100}}\n"
CHECK = "  - {id: TOOL, criterion: work, points: 1, scan: {tool: TOOL}}\n"
HEAD = "gradekit: 1\nid: scanned\ntitle: Scanned\nrunner: none\nrubric: rubric.yaml\n"
OLD = "import os\n"
KEY = "AKIAIOSFODNN7EXAMPL"
PEM = "MIIEpAIBAAKCAQEA"
PYTHON = f"""\
# ruff: noqa
# lizard forgives
# GENERATED CODE
import os
import re  # noqa: F401
key = "{KEY}F"  # pragma: allowlist secret
password = "open sesame"  # nosec
def f(a):
    eval(a)  # nosec
    os.listdir(undefined)
def g(a):
{"".join(f"    if a == {number}: a += 1{chr(10)}" for number in range(20))}"""
SUBMISSION = {
    "a.py": PYTHON,
    "build/old.py": OLD,
    "venv/new.py": "import os\n",
    "b.mjs": '/* eslint-disable */\nvar x = eval("1"); // eslint-disable-line\n',
    "c.yaml": f"key: {KEY}G\n",
    "address.txt": "postgres://ana:s3same0pen@db.example.org/x postgres://user:password@db.example.org/x\n",
    "ruff.toml": 'exclude = ["*"]\n[lint]\nselect = []\n',
    "pyproject.toml": '[tool.ruff]\nexclude = ["*"]\n[tool.bandit]\nskips = ["B307"]\n',
    ".bandit": "[bandit]\nskips: B307,B105\nexclude: /\n",
    ".gitignore": "*\n",
    ".eslintignore": "**\n",
    ".eslintrc.json": '{"root": true, "rules": {"no-eval": "off"}}\n',
    "eslint.config.js": 'throw new Error("ran")\n',
    "lizard.py": "raise SystemExit(9)\n",
    "json.py": "raise SystemExit(9)\n",
    "sitecustomize.py": "raise SystemExit(9)\n",
    "--help.py": "",
    "-x.js": "",
}


def results(
    tmp_path: Path, checks: str, files: dict[str, str], submitted: Repository | None = None
) -> dict[str, CheckResult]:
    """What a folder gets with these files, or a repository that is submitted."""
    challenge, work = tmp_path / "challenge", tmp_path / "work"
    for path, text in {
        "challenge/challenge.yaml": HEAD + checks,
        "challenge/rubric.yaml": RUBRIC,
        "challenge/starter/build/old.py": OLD,
        "challenge/starter/example.env": f"KEY={KEY}S\n",
        "challenge/starter/example.pem": pem("s"),
        **{f"work/{path}": text for path, text in files.items()},
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    loaded = load_challenge(challenge, rubrics=[])
    engine = connect()
    try:
        setting = Setting(engine, images.ensure(("probe", "scanners"), folder=RUNNERS, engine=engine), {})
        record = grade(
            loaded,
            None,
            setting,
            lambda: obtain(
                submitted.url if submitted else str(work),
                ref=None,
                before=None,
                candidate=None,
                received_at=None,
                rules=CloneRules.of(loaded.spec),
            ),
            Silent(),
        )
    finally:
        engine.close()
    report = judge(loaded, record, None)
    everything = report.model_dump_json() + record.model_dump_json()
    assert KEY not in everything
    assert PEM not in everything
    assert "sesame" not in everything
    assert "s3same" not in everything
    assert set(report.images) == {"probe", "scanners"}
    return {check.id: check for check in report.checks}


def test_nothing_in_the_folder_switches_rules_off(tmp_path: Path) -> None:
    checks = "checks:\n" + "".join(CHECK.replace("TOOL", tool) for tool in TOOLS)
    found = results(tmp_path, checks.replace("tool: ruff", "tool: ruff, starter: starter"), SUBMISSION)
    told = {tool: {case.id: case.outcome.message for case in found[tool].cases} for tool in TOOLS}
    assert told["ruff"].keys() == {"F401", "F821"}
    assert [line.partition(": ")[0] for line in told["ruff"]["F401"].splitlines()] == ["a.py:5", "venv/new.py:1"]
    assert found["ruff"].notes == ("findings that stand in the starter, too, and do not count: 1",)
    assert told["bandit"] == {
        "B307": "a.py:9: Use of possibly insecure function - consider using safer ast.literal_eval.",
        "B105": "a.py:7: Possible hardcoded password: '***'",
    }
    assert told["secrets"] == {
        "aws-access-key": "a.py:6: AWS Access Key: AK****** (20 characters)\n"
        "c.yaml:1: AWS Access Key: AK****** (20 characters)",
        "basic-auth-credentials": "address.txt:1: Basic Auth Credentials: s3****** (10 characters)",
    }
    assert told["complexity"] == {"complexity": "a.py:11: g has 21 paths"}
    assert told["eslint"].keys() == {"no-eval", "no-unused-vars", "no-var"}


def pem(sort: str) -> str:
    """A file like a private key, whose first lines tell it from others."""
    body = "".join(f"{(PEM if line == 0 else '') + sort * 64:.64}\n" for line in range(8))
    return f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{body}-----END RSA {'PRIVATE'} KEY-----\n"


def test_secrets_of_earlier_commits(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    ours = {"example.env": f"KEY={KEY}S\n", "example.pem": pem("s")}
    repository.commit({**ours, "app.js": f'const key = "{KEY}A";\n', "now.pem": pem("n")})
    there = {".env": f"# lost\nKEY={KEY}B\n", "copy.env": f"KEY = {KEY}B\n", "old.pem": pem("o"), "module/x": ""}
    first = repository.commit({**there, "node_modules/y": f"{KEY}C\n", "binary": f"\0\nKEY={KEY}D\0\n"})
    for path in (*there, *ours, "node_modules/y", "binary"):
        (repository.path / path).unlink()
    repository.commit({"app.js": f'const id = "{KEY}A"\n', "moved/now.pem": pem("n"), "c": f"{KEY}E".lower()})
    checks = (
        "checks:\n  - {id: secrets, criterion: work, points: 1, "
        "scan: {tool: secrets, starter: starter, history: true, caps: {error: 0.9}}}\n"
    )
    found = results(tmp_path, checks, {}, repository)["secrets"]
    lost, key = first[:10], "AWS Access Key: AK****** (20 characters)"
    assert {case.id: case.outcome.message.splitlines() for case in found.cases} == {
        "aws-access-key": [f"app.js:1: {key}"],
        "private-key": [f"{name}now.pem:1: Private Key: BE****** (21 characters)" for name in ("moved/", "")],
        "history/aws-access-key": [f"{lost} .env:2: {key}", f"{lost} binary:2: {key}"],
        "history/private-key": [f"{lost} old.pem:1: Private Key: BE****** (21 characters)"],
    }
    assert "of these only in earlier commits: 3; whoever clones" in found.outcome.message
    assert found.outcome.ratio == pytest.approx(0.1)
    assert "of 3 commits; commits are what the submission says" in found.notes[0]


def test_any_tool_by_a_line_and_what_is_no_sarif_is_our_fault(tmp_path: Path) -> None:
    checks = """\
checks:
  - id: own
    criterion: work
    points: 1
    scan:
      run: >-
        echo '{"runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"ruleId": "R", "message": {"text": "no"}}]}]}'
  - id: writes
    criterion: work
    scan: {run: touch x}
"""
    found = results(tmp_path, checks, {"a": ""})
    assert found["own"].outcome.message == "1 finding costs points: 1 warning"
    assert found["writes"].outcome.status == "errored"
    assert "exit code 1: touch: cannot touch 'x': Read-only file system" in found["writes"].outcome.message


def test_files_that_stop_a_tool_are_findings_or_fail_the_check(tmp_path: Path) -> None:
    log = '{"runs": [{"tool": {"driver": {"name": "x"}}}]}'
    checks = f"""\
checks:
  - {{id: ruff, criterion: work, points: 1, scan: {{tool: ruff}}}}
  - id: hangs
    criterion: work
    scan: {{run: "test -e empty || sleep 60; echo '{log.replace('"', chr(92) + '"')}'", timeout: 2s}}
  - id: always
    criterion: work
    scan: {{run: sleep 60, timeout: 2s}}
"""
    found = results(tmp_path, checks, {"long.py": "x = 1" + "+1" * 900_000 + "\n", "a.py": "import os\n"})
    assert {case.id: case.outcome.message for case in found["ruff"].cases} == {
        "unreadable": "long.py:1: this file cannot be looked at: the tool fails on it",
        "F401": "a.py:1: `os` imported but unused",
    }
    assert found["ruff"].outcome.message == "2 findings cost points: 1 error, 1 warning"
    assert found["hangs"].outcome.status == "failed", found["hangs"].outcome
    assert "within 2 s, the check's timeout; without the submission's files it works" in found["hangs"].outcome.message
    assert found["always"].outcome.status == "errored"
    assert "its run on an empty file ended by timeout" in found["always"].outcome.message

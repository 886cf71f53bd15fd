"""Which variant a command is about, and what a candidate is handed out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradekit.cli.variant import KEY, handed_out, numbered, recorded
from gradekit.cli.variants import shown, write
from gradekit.errors import UsageError
from gradekit.record import Record
from gradekit.results import SubmissionRef, Variant
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.spec.variants import assigned
from tests.cli.test_commands import run

RUBRIC = "{gradekit: 1, id: rubric, title: R, pass_mark: 50, criteria: {api: {title: A, weight: 100}}}"
PLAIN = """\
gradekit: 1
id: invoices
title: Invoices
runner: python
rubric: rubric.yaml
checks: [{id: tool, criterion: api, command: {run: "true", expect: {exit: 0}}}]
"""
SPEC = PLAIN + "variants: {parameters: {discount: [5, 20, 35], late: [true, false]}, templates: [README.md, starter]}\n"
SECRET = "a key that nobody else knows"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in {
        "challenge.yaml": SPEC,
        "rubric.yaml": RUBRIC,
        "README.md": "Grant {{ variant.discount }} % off.\n",
        "starter/python/run.sh": "echo {{ variant.discount }}\n",
        "hidden/a.txt": "x\n",
    }.items():
        (tmp_path / "invoices" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "invoices" / path).write_text(text, encoding="utf-8")
    (tmp_path / "invoices/starter/python/run.sh").chmod(0o755)
    return tmp_path


def load(folder: Path, variant: int | None = None) -> Challenge:
    return load_challenge(folder / "invoices", rubrics=[], variant=variant)


def plain(folder: Path) -> Challenge:
    (folder / "invoices/challenge.yaml").write_text(PLAIN, encoding="utf-8")
    return load(folder)


def test_the_key_chooses_for_the_candidate(folder: Path) -> None:
    challenge = load(folder)
    chosen = handed_out(" Ana", None, {KEY: f"{SECRET}\n"})(challenge)
    assert chosen == assigned(SECRET.encode(), "invoices", "ana", 6)
    assert handed_out(None, 4, {})(challenge) == 4
    assert handed_out("ana", 4, {KEY: SECRET})(challenge) == 4, "a number goes before"
    assert handed_out("ana", None, {})(plain(folder)) is None
    assert numbered(3)(challenge) == 3


@pytest.mark.parametrize("candidate", [None, "", "  "])
def test_nobody_says_which(folder: Path, candidate: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        handed_out(candidate, None, {KEY: SECRET})(load(folder))
    assert str(refused.value) == (
        "--candidate: nobody says which of the 6 variants of invoices the candidate has; add --candidate NAME, with "
        "GRADEKIT_VARIANT_KEY as when it was handed out, or --variant N"
    )


@pytest.mark.parametrize(
    ("env", "what"),
    [
        ({}, "is not set, and invoices has a variant for each candidate"),
        ({KEY: " "}, "is not set, and invoices has a variant for each candidate"),
        ({KEY: "too short"}, "is too short"),
    ],
)
def test_a_key_that_is_none(folder: Path, env: dict[str, str], what: str) -> None:
    with pytest.raises(UsageError) as refused:
        handed_out("ana", None, env)(load(folder))
    assert str(refused.value) == (
        f"GRADEKIT_VARIANT_KEY: {what}; a secret of at least 16 characters, the same whenever something is handed out "
        "or graded; set it, or give --variant N"
    )
    assert "too short" not in str(refused.value).replace("is too short", ""), "the key itself is not shown"


def record(variant: Variant | None) -> Record:
    return Record(
        gradekit="0",
        id="1",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        challenge="invoices",
        challenge_path="x",
        challenge_digest="d",
        variant=variant,
        submission=SubmissionRef(repo="r", tree="t", files=1, bytes=1),
        isolation=None,
        images={},
        phases=(),
    )


def test_a_run_is_judged_by_the_values_that_it_had(folder: Path) -> None:
    was = Variant(number=1, of=2, parameters={"discount": 20, "late": False})
    assert recorded(record(was), "run")(load(folder)) == 4, "it has another number now"
    gone = was.model_copy(update={"parameters": {"discount": 21, "late": False}})
    with pytest.raises(UsageError) as refused:
        recorded(record(gone), "run")(load(folder))
    assert str(refused.value) == (
        "run: is a run of a variant (discount 21, late false), and invoices has no such one now; a run is judged by "
        "its own variant; grade again"
    )
    with pytest.raises(UsageError, match="is a run of no variant, and invoices has no such one now"):
        recorded(record(None), "run")(load(folder))
    with pytest.raises(UsageError, match=r"is a run of a variant \(.*\), and invoices has no variants now"):
        recorded(record(was), "run")(plain(folder))
    assert recorded(record(None), "run")(plain(folder)) is None


def test_a_folder_is_written_for_a_candidate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    write(load(folder, 5), out)
    assert capsys.readouterr().err == f"wrote 2 files to {out}\n"
    assert (out / "README.md").read_text(encoding="utf-8") == "Grant 35 % off.\n"
    assert (out / "starter/python/run.sh").read_text(encoding="utf-8") == "echo 35\n"
    assert (out / "starter/python/run.sh").stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["README.md", "run.sh"]
    for taken in (out, out / "README.md"):
        with pytest.raises(UsageError, match="is there already; a new or an empty folder; name another"):
            write(load(folder, 5), taken)
    (folder / "empty").mkdir()
    write(load(folder, 1), folder / "empty")


def test_variants_are_listed() -> None:
    many = [Variant(number=number, of=64, parameters={"discount": number, "late": True}) for number in range(1, 65)]
    assert shown(many[:2], as_json=False) == (
        "variant 1 of 64: discount 1, late true\nvariant 2 of 64: discount 2, late true\n"
    )
    assert [Variant(**one) for one in json.loads(shown(many, as_json=True))] == many


def test_the_command(folder: Path) -> None:
    listing = run("challenge", "variant", "invoices", "--json", cwd=folder)
    assert [one["number"] for one in json.loads(listing.stdout)] == [1, 2, 3, 4, 5, 6], listing.stderr
    one = run("challenge", "variant", "invoices", "--candidate", "ana", "--into", "out", cwd=folder, env={KEY: SECRET})
    number = assigned(SECRET.encode(), "invoices", "ana", 6)
    assert one.stdout.startswith(f"variant {number} of 6: discount "), one.stderr
    assert (folder / "out/README.md").exists()
    refused = run("challenge", "variant", "invoices", "--into", "more", cwd=folder, env={KEY: SECRET})
    assert refused.returncode == 2
    assert "--candidate: nobody says which" in refused.stderr
    plain(folder)
    none = run("challenge", "variant", "invoices", cwd=folder)
    assert none.returncode == 2
    assert none.stderr == (
        "error: invoices: has no variants; add variants to its challenge.yaml, or hand out its folder's README.md and "
        "starter/\n"
    )

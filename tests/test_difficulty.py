"""Whether variants are equally hard: comparisons, the copied answer, the table; with gradings read from files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradekit.checks.ratios import Ratio
from gradekit.difficulty import Foreign, InVariant, caught, compared, copied, merged, table, variant_of, verify_variants
from gradekit.errors import SpecError
from gradekit.results import Outcome, Score, Status, Variant
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge, load_variants
from gradekit.spec.lock import Lock, Sharpness
from gradekit.verify import Verified
from tests.test_verify import RUBRIC, SETTING, Notes, graded, report

SPEC = """\
gradekit: 1
id: small
title: Small
runner: any
rubric: rubric.yaml
variants:
  together: {pair: [{late: passed, word: one}, {late: failed, word: two}, {late: failed, word: three}]}
  templates: [solutions/late]
checks:
  - {id: tests, criterion: api, suite: {files: hidden}}
  - {id: run, criterion: api, command: {run: "echo {{ variant.word }}"}}
solutions:
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/late, expect: {fails: [run]}}
"""


def challenges_in(folder: Path, spec: str = SPEC) -> tuple[Challenge, ...]:
    for path, text in {
        "challenge.yaml": spec,
        "rubric.yaml": RUBRIC,
        "hidden/test_x.py": "def test_x(): pass",
        "solutions/reference/outcomes": "passed passed",
        "solutions/late/outcomes": "{{ variant.late }} failed",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return load_variants(folder, rubrics=[])


def test_each_variant_is_verified_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradekit.verify.grade", graded)
    challenges = challenges_in(tmp_path)
    late = [challenge.variant and challenge.variant.parameters["late"] for challenge in challenges]
    assert late == ["passed", "failed", "failed"]
    progress = Notes()
    lock, found = verify_variants(challenges, SETTING, progress)
    reference = "solutions/reference: the reference, by which the others are judged"
    changed = "changed answers of the reference, which the expectations must notice"
    again = ["solutions/reference, 2 of 3", "solutions/reference, 3 of 3"]
    assert progress.notes == [
        *("variant 1 of 3: late passed, word one", reference, *again, "solutions/late", changed),
        "solutions/reference of variant 2, as a copied answer",
        *("variant 2 of 3: late failed, word two", reference, "solutions/late", changed),
        "solutions/reference of variant 3, as a copied answer",
        *("variant 3 of 3: late failed, word three", reference, "solutions/late", changed),
        "solutions/reference of variant 1, as a copied answer",
    ]
    assert lock.tests == {}
    assert [(number, one.tests) for number, one in lock.variants.items()] == [
        (number, {"tests": ("test_x",)}) for number in ("1", "2", "3")
    ]
    right, wrong = merged(found)
    assert (right.variant, wrong.variant, wrong.odd) == (1, 2, "tests")
    assert (right.runs, wrong.runs) == (5, 3)
    assert wrong.mismatches[0].startswith("variant 2, 3: tests: failed, should pass: ")
    assert right.mismatches == (
        "solutions/late: earns 0% in variant 2, and in variant 1 50%",
        "solutions/late: earns 0% in variant 3, and in variant 1 50%",
    )
    assert copied(found) == (
        "the reference of the next variant loses nothing in variants 1, 2, 3: no check sees how they differ, so a "
        "copied answer would pass"
    )
    rows = list(table(found))
    assert [row[:1] + row[2:6] for row in rows[1:]] == [
        (str(number), "100.0 of 100.0", f"{claimed} of 1 as claimed", "1 of 1", "0 of 0")
        for number, claimed in ((1, 1), (2, 0), (3, 0))
    ]
    assert rows[1][1] == "late passed, word one"
    assert rows[2][6:] == ("x1.00", "of 3 loses nothing (100.0 of 100.0)")
    assert [one.document()["foreign"] for one in found] == [{"variant": n, "lost": []} for n in (2, 3, 1)]
    assert found[1].document()["solutions"][1]["lost"] == ["run", "tests"]


def test_a_copied_answer_that_loses_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference of another variant has the values of that one, and is judged by this one."""
    text = SPEC.replace("[solutions/late]", "[solutions/reference]").replace("late: passed", "late: slow")
    challenges = challenges_in(tmp_path, text.replace("late: failed", "late: quick"))[:2]
    (tmp_path / "solutions/reference/outcomes").write_text("passed passed {{ variant.late }}", encoding="utf-8")
    (tmp_path / "solutions/late/outcomes").write_text("passed failed", encoding="utf-8")

    def by_value(challenge: Challenge, *rest: object, **more: bool) -> object:
        submission = rest[2]()  # type: ignore[operator]
        if submission.repo.endswith("reference"):
            *outcomes, value = submission.files["outcomes"].data.decode().split()
            mine = str(challenge.variant and challenge.variant.parameters["late"])
            outcomes[1] = "passed" if value == mine else "failed"
            changed = replace(
                submission,
                files={"outcomes": replace(submission.files["outcomes"], data=" ".join(outcomes).encode())},
            )
            return graded(challenge, rest[0], rest[1], lambda: changed, rest[3], **more)  # type: ignore[arg-type]
        return graded(challenge, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("gradekit.verify.grade", by_value)
    _, found = verify_variants(challenges, SETTING, Notes(), 1)
    assert [one.foreign.lost for one in found] == [("run",), ("run",)]
    assert copied(found) == ""
    assert [result.mismatches for result in merged(found)] == [(), ()]
    assert list(table(found))[1][-1] == "of 2 loses run (50.0 of 100.0)"
    assert caught(found) == {"run"}, "that is proof of this check"


def in_variant(number: int, lock: Lock, *lost: str, earned: float | None = 80.0) -> InVariant:
    reference = Verified("solutions/reference", report(*lost, earned=earned), (), reference=True)
    variant = Variant(number=number, of=2, parameters={"x": number})
    return InVariant(variant, lock, (reference,), Foreign(3 - number, report("a", "b", "c")))


LOCK = Lock(gradekit="0", challenge="d", rubric="r@1")


def sharp(changed: int, noticed: int, expectations: int = 2) -> Lock:
    one = Sharpness(changed=changed, noticed=noticed, expectations=expectations)
    return LOCK.model_copy(update={"sharpness": {"a": one}})


def measured(value: float, low: float, high: float) -> Lock:
    return LOCK.model_copy(update={"ratios": {"a": {"python": {"work": Ratio(value=value, low=low, high=high)}}}})


@pytest.mark.parametrize(
    ("first", "other", "told"),
    [
        (sharp(100, 50), sharp(200, 119), []),
        (sharp(100, 50), sharp(100, 61), ["a: notices 61% of changed answers in variant 2, and in variant 1 50%"]),
        (sharp(100, 50), sharp(100, 39), ["a: notices 39% of changed answers in variant 2, and in variant 1 50%"]),
        (sharp(0, 0), sharp(0, 0), []),
        (sharp(9, 9, 2), sharp(9, 9, 3), ["a: has 3 expectations in variant 2, and in variant 1 2"]),
        (sharp(9, 9), LOCK, []),
        (measured(10, 9, 11), measured(12, 11.9, 13), []),
        (measured(10, 9, 11), measured(13, 12.2, 14), ["a: work in python is 13 in variant 2, and in variant 1 10"]),
        (measured(10, 9, 11), measured(5, 4, 8), ["a: work in python is 5 in variant 2, and in variant 1 10"]),
        (measured(10, 9, 11), LOCK, []),
        (LOCK, measured(10, 9, 11), []),
    ],
)
def test_how_a_variant_is_harder_or_easier(first: Lock, other: Lock, told: list[str]) -> None:
    assert list(compared(in_variant(1, first), in_variant(2, other), 0.1)) == told


def test_points_are_compared_where_there_are_any() -> None:
    one, two, none = (in_variant(number, LOCK, earned=earned) for number, earned in ((1, 80.0), (2, 95.0), (2, None)))
    assert list(compared(one, two, 0.1)) == ["solutions/reference: earns 95% in variant 2, and in variant 1 80%"]
    assert list(compared(one, two, 0.2)) == []
    assert list(compared(one, none, 0.1)) == []


def test_what_could_not_be_graded_is_not_lost() -> None:
    errored = Outcome(status=Status.ERRORED)
    checks = tuple(check.model_copy(update={"outcome": errored}) for check in report().checks)
    gone = report().model_copy(update={"checks": checks, "score": Score(state="incomplete")})
    one = replace(in_variant(1, LOCK), foreign=Foreign(2, gone))
    assert one.foreign.lost == ()
    assert copied([one]) == ""
    assert caught([one]) == frozenset()
    (reference,) = merged([one])
    assert reference.mismatches == ("variant 1: the reference of variant 2 could not be graded",)
    assert list(table([one]))[1][-1] == "of 2 loses nothing (no score)"
    two = replace(in_variant(2, LOCK), results=(Verified("solutions/reference", gone, ("x",), reference=True),))
    (reference,) = merged([in_variant(1, LOCK), two])
    assert reference.report is gone, "that some of it is not known must not be hidden by what is"
    assert reference.mismatches == ("variant 2: x",)


def test_many_are_counted() -> None:
    wrong = Verified("solutions/reference", report(), ("x",), reference=True)
    five = [
        replace(in_variant(1, LOCK), variant=Variant(number=n, of=5, parameters={}), results=(wrong,))
        for n in range(1, 6)
    ]
    assert merged(five)[0].mismatches == ("variant 1, 2, 3 and 2 more: x",)
    four = report("a", "b", "c").checks
    many = report().model_copy(update={"checks": (*four, four[0].model_copy(update={"id": "d"}))})
    one = replace(five[0], foreign=Foreign(2, many))
    assert caught([one]) == frozenset(), "who loses everything shows nothing of a single check"
    assert list(table([one]))[1][-1] == "of 2 loses a, b, c and 1 more (80.0 of 100.0)"


def test_a_challenge_without_variants_has_none_to_compare(tmp_path: Path) -> None:
    challenges_in(tmp_path, SPEC)
    text = SPEC[: SPEC.index("variants:")] + SPEC[SPEC.index("checks:") :]
    (tmp_path / "challenge.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="has no variants"):
        variant_of(load_challenge(tmp_path, rubrics=[]))


def test_a_reference_that_is_broken_in_one_variant_leaves_solutions_ungraded_there() -> None:
    told = ("a: failed, should pass",)
    right, wrong = in_variant(1, LOCK), in_variant(2, LOCK, "a")
    late = Verified("solutions/late", report("b"), ())
    broken = replace(
        wrong.results[0], mismatches=told, printed={told[0]: ("SyntaxError",)}, odd="a", broken=True, runs=3
    )
    found = [replace(right, results=(*right.results, late)), replace(wrong, results=(broken,))]
    assert list(compared(found[0], found[1], 0.1)) == []
    for order in (found, found[::-1]):
        reference, other = merged(order)
        assert reference.mismatches == ("variant 2: a: failed, should pass",)
        assert reference.printed == {"variant 2: a: failed, should pass": ("SyntaxError",)}
        assert (reference.odd, reference.broken, reference.runs) == ("a", True, 4)
        assert (other.path, other.mismatches) == ("solutions/late", ())
    # What the other variant has, and this one has not, is compared with nothing.
    assert list(compared(found[1], found[0], 0.1)) == []

"""A challenge with two variants, from the folder that a candidate gets to a run that is judged again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gradekit.spec.variants import assigned
from tests.e2e.running import Finished

pytestmark = pytest.mark.docker

SPEC = """\
gradekit: 1
id: invoices
title: Invoices
runner: python
rubric: rubric.yaml
submission: {required: [invoice.py]}
variants:
  parameters: {discount: [5, 20]}
  templates: [README.md, starter, hidden, solutions]
checks:
  - id: total
    criterion: all
    points: 3
    command: {run: python3 invoice.py 200, expect: {stdout_json: {$.discount: "{{ variant.discount }}"}}}
  - {id: empty, criterion: all, command: {run: python3 invoice.py 0, expect: {stdout_json: {$.total: 0}}}}
  - {id: tests, criterion: all, suite: {files: hidden}}
solutions:
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/no-zero, base: solutions/reference, expect: {fails: [empty]}}
"""
RUBRIC = "{gradekit: 1, id: rubric, title: All, pass_mark: 60, criteria: {all: {title: All, weight: 100}}}"
INVOICE = """\
import json
import sys


def total(amount):
    return amount * (100 - {{ variant.discount }}) // 100


if __name__ == "__main__":
    amount = int(sys.argv[1])
    print(json.dumps({"total": total(amount), "discount": {{ variant.discount }}}))
"""
TESTS = """\
from invoice import total


def test_{{ variant.discount }}_percent_of_1000():
    assert total(1000) == 1000 - 10 * {{ variant.discount }}
"""
KEY = {"GRADEKIT_VARIANT_KEY": "a key that nobody else knows"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wrong = INVOICE.replace("    print", '    if not amount:\n        sys.exit("nothing to pay")\n    print')
    for path, text in {
        "challenge.yaml": SPEC,
        "rubric.yaml": RUBRIC,
        "README.md": "Grant {{ variant.discount }} % off.\n",
        "starter/python/invoice.py": "DISCOUNT = {{ variant.discount }}\n",
        "hidden/test_invoice.py": TESTS,
        "solutions/reference/invoice.py": INVOICE,
        "solutions/no-zero/invoice.py": wrong,
    }.items():
        (tmp_path / "invoices" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "invoices" / path).write_text(text, encoding="utf-8")
    return tmp_path


def test_from_what_is_handed_out_to_a_report(folder: Path, gradekit: Callable[..., Finished]) -> None:
    proven = gradekit("challenge", "verify", "invoices", "--repeat", "1", "--json")
    assert proven.code == 0, proven.out + proven.err
    (challenge,) = json.loads(proven.out)["challenges"]
    assert [variant["parameters"] for variant in challenge["variants"]] == [{"discount": 5}, {"discount": 20}]
    assert [variant["foreign"] for variant in challenge["variants"]] == [
        {"variant": 2, "lost": ["tests", "total"]},
        {"variant": 1, "lost": ["tests", "total"]},
    ]
    assert challenge["unproven"] == [], "a copied answer shows that total and tests can fail"
    lock = json.loads((folder / "invoices/challenge.lock").read_bytes())
    assert [lock["variants"][number]["tests"]["tests"] for number in ("1", "2")] == [
        [f"test_invoice.py::test_{discount}_percent_of_1000"] for discount in (5, 20)
    ]
    assert gradekit("challenge", "lint", "invoices").err == ""

    names = (f"candidate-{number}@example.org" for number in range(100))
    name = next(one for one in names if assigned(KEY["GRADEKIT_VARIANT_KEY"].encode(), "invoices", one, 2) == 2)
    given = gradekit("challenge", "variant", "invoices", "--candidate", name, "--into", "out", env=KEY)
    assert given.out == "variant 2 of 2: discount 20\n"
    files = sorted(
        path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*") if path.is_file()
    )
    assert files == ["README.md", "starter/python/invoice.py"]
    assert (folder / "out/README.md").read_text(encoding="utf-8") == "Grant 20 % off.\n"

    (folder / "work").mkdir()
    (folder / "work/invoice.py").write_text(INVOICE.replace("{{ variant.discount }}", "20"), encoding="utf-8")
    (folder / "work/README.md").write_text("Grant 5 % off.\n", encoding="utf-8")
    refused = gradekit("grade", "work", "-c", "invoices", env=KEY)
    assert refused.code == 2
    assert refused.err.splitlines()[-1] == (
        "error: --candidate: nobody says which of the 2 variants of invoices the candidate has; add --candidate NAME, "
        "with GRADEKIT_VARIANT_KEY as when it was handed out, or --variant N"
    )
    right = gradekit("grade", "work", "-c", "invoices", "--candidate", name, "--json", "--out", "run", env=KEY)
    assert right.code == 0, right.out + right.err
    report = json.loads((folder / "run/report.json").read_bytes())
    assert report["challenge"]["variant"] == {"number": 2, "of": 2, "parameters": {"discount": 20}}
    assert report["challenge"]["lock"] == "fresh"
    assert report["notices"] == ["README.md is what candidates of variant 1 get, and this one has 2"]
    assert KEY["GRADEKIT_VARIANT_KEY"] not in "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in (folder / "run").rglob("*") if path.is_file()
    )
    again = gradekit("regrade", "run", "-c", "invoices", "-q", "--json")
    assert json.loads(again.out)["score"] == report["score"]

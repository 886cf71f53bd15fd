"""Variants: which values there are, whose they are, and where they are put in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gradekit.errors import SpecError, UsageError
from gradekit.model import AUTHORED, Scalar
from gradekit.results import Variant
from gradekit.spec.challenge import Challenge
from gradekit.spec.files import Files
from gradekit.spec.handed import handed_out, of_others, with_values
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge, load_variants
from gradekit.spec.lock import Lock, freshness, read_lock, write_lock
from gradekit.spec.variants import MAX_VARIANTS, VariantsSpec, assigned, marks, render, render_scalar, told

HERE = Path(__file__).parent
SAFE = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9 _./:@-]{0,20}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda text: "--" not in text and ".." not in text
)
SCALARS = SAFE | st.integers(-(10**14), 10**14) | st.booleans() | st.decimals(-999, 999, places=2).map(float)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


def spec(**given_: object) -> VariantsSpec:
    return VariantsSpec.model_validate(given_, context=AUTHORED)


def values(of: VariantsSpec) -> list[Mapping[str, Scalar]]:
    return [variant.parameters for variant in of.variants()]


# --- which there are --------------------------------------------------------------------------------------------


def test_every_value_goes_with_every_other() -> None:
    found = spec(parameters={"discount": [5, 10], "currency": ["EUR", "USD"]})
    assert found.number == 4
    assert found.names == ("discount", "currency")
    assert [told(variant) for variant in found.variants()] == [
        "discount 5, currency EUR",
        "discount 5, currency USD",
        "discount 10, currency EUR",
        "discount 10, currency USD",
    ]
    assert [(variant.number, variant.of) for variant in found.variants()] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_values_of_a_table_stay_together() -> None:
    place = [{"city": "Oslo", "zone": "Europe/Oslo"}, {"city": "Lima", "zone": "America/Lima"}]
    found = spec(parameters={"late": [True, False]}, together={"place": place})
    assert found.names == ("late", "city", "zone")
    assert values(found) == [{"late": late, **row} for late in (True, False) for row in place]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"from": 50, "to": 80, "step": 10}, [50, 60, 70, 80]),
        ({"from": 1, "to": 3}, [1, 2, 3]),
        ({"from": 50, "to": 79, "step": 10}, [50, 60, 70]),
        ({"from": 0.1, "to": 0.4, "step": 0.1}, [0.1, 0.2, 0.3, 0.4]),
        ({"from": -1, "to": 1.5, "step": 1}, [-1, 0, 1]),
        ({"from": 1.0, "to": 2}, [1.0, 2.0]),
    ],
)
def test_a_range(given_: dict[str, float], expected: list[float]) -> None:
    found = [variant["x"] for variant in values(spec(parameters={"x": given_}))]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_count_draws_some_combinations_and_another_seed_others() -> None:
    parameters = {"a": {"from": 1, "to": 1000}, "b": {"from": 1, "to": 1000}}
    found = values(spec(parameters=parameters, count=8))
    assert len({json.dumps(one) for one in found}) == 8
    assert values(spec(parameters=parameters, count=8)) == found
    assert values(spec(parameters=parameters, count=9))[:8] == found, "more of them leave those that were there"
    assert values(spec(parameters=parameters, count=8, seed=2)) != found


@given(st.integers(2, 8), st.integers(2, 8), st.data())
def test_no_combination_is_there_twice(one: int, two: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, one * two) | st.none())
    found = spec(parameters={"a": {"from": 1, "to": one}, "b": {"from": 1, "to": two}}, count=count)
    assert found.number == len(found.variants()) == len({json.dumps(x) for x in values(found)}) <= MAX_VARIANTS


@given(SCALARS)
def test_what_may_be_a_value_cannot_end_a_text(value: Scalar) -> None:
    other = "other" if value != "other" else "another"
    found = spec(parameters={"x": [value, other]})
    assert type(found.variants()[0].parameters["x"]) is type(value)
    assert re.fullmatch(r"[A-Za-z0-9 _./:@-]+", render("{{ variant.x }}", {"x": value}))


@pytest.mark.parametrize(
    "value",
    [
        *"'\";`\n",
        "",
        " a",
        "a ",
        "a\n",
        "a\nb",
        "a'b",
        'a"b',
        "a;b",
        "a--b",
        "../a",
        "-a",
        "{{",
        "${x}",
        "a`b",
        "ä",
        "a" * 65,
        1e30,
        1e-9,
        10**15,
        None,
    ],
)
def test_what_may_not(value: object) -> None:
    with pytest.raises(ValidationError):
        spec(parameters={"x": ["a", value]})


# --- whose they are ---------------------------------------------------------------------------------------------

KEY = b"a key that nobody knows"


@given(st.binary(min_size=16), st.text(), st.integers(1, MAX_VARIANTS))
def test_the_same_candidate_has_the_same_variant(key: bytes, name: str, of: int) -> None:
    found = assigned(key, "demo", name, of)
    assert 1 <= found <= of
    assert assigned(key, "demo", f"  {name}\n", of) == found


def test_the_assignment_does_not_change_between_versions() -> None:
    assert [assigned(KEY, "demo", name, 64) for name in ("ana", "Ana ", "bob", "Jose\u0301", "jos\xe9")] == ASSIGNED


ASSIGNED = [8, 8, 11, 33, 33]


def test_the_key_and_the_challenge_decide() -> None:
    names = [f"candidate-{number}" for number in range(64)]
    ours = [assigned(KEY, "demo", name, 8) for name in names]
    assert ours != [assigned(b"another key, of somebody", "demo", name, 8) for name in names]
    assert ours != [assigned(KEY, "other", name, 8) for name in names]


def test_variants_are_given_about_evenly() -> None:
    counted = Counter(assigned(KEY, "demo", f"candidate-{number}", 8) for number in range(8000))
    assert sorted(counted) == list(range(1, 9))
    assert all(850 < count < 1150 for count in counted.values()), "5 standard deviations"


# --- where they are put in --------------------------------------------------------------------------------------


@given(st.dictionaries(NAMES, SCALARS, min_size=1), st.data())
def test_rendering_leaves_no_placeholder(parameters: dict[str, Scalar], data: st.DataObject) -> None:
    between = st.sampled_from(["", " ", "{", "}", "{{", "}}", "${x}", "{{ host }}", "variant.x", "é", "\n"])
    text = ""
    for name in data.draw(st.lists(st.sampled_from(sorted(parameters)), min_size=1)):
        text += data.draw(between) + data.draw(st.sampled_from(["{{ variant.%s }}", "{{variant.%s}}"])) % name
    text += data.draw(between)
    done = render(text, parameters)
    assert not [mark for mark in marks(done) if mark.name in parameters]
    assert render(done, parameters) == done, "what was put in is not looked at again"


@given(NAMES, SCALARS)
def test_a_text_that_is_one_placeholder_becomes_the_value(name: str, value: Scalar) -> None:
    found = render_scalar(f"{{{{ variant.{name} }}}}", {name: value})
    assert (found, type(found)) == (value, type(value))
    assert isinstance(render_scalar(f" {{{{ variant.{name} }}}}", {name: value}), str)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ variant.x }}{{variant.y}} {{ variants }} {{ x }} {{ other.x }} ${variant.x} { { variant.x }}", ["x", "y"]),
        (
            "{{ variant }} {{ variant. }} {{ variant.x | f }} {{ variant.x.y }} {{ variant[1] }} {{ variant.1 }}",
            [None] * 6,
        ),
        ("{{ variant.x\n}} {{ variant.x }", [None, None]),
        ("{{\tvariant.x\t}}", ["x"]),
    ],
)
def test_marks(text: str, found: list[str | None]) -> None:
    assert [mark.name for mark in marks(text)] == found


def test_true_and_fractions_as_text() -> None:
    assert render("{{ variant.a }} {{ variant.b }} {{ variant.c }}", {"a": True, "b": 0.5, "c": 7}) == "true 0.5 7"


# --- in a challenge ---------------------------------------------------------------------------------------------

SPEC = """\
gradekit: 1
id: demo
title: Demo
runner: any
rubric: small
app: {env: {LIMIT: "{{ variant.limit }} a day"}}
services: {db: {runner: postgres}}
datasets: {shop: {service: db, load: [{challenge: "hidden/{{ variant.set }}.sql"}]}}
variants:
  parameters: {limit: [5, 7]}
  together: {set: [{set: small, rows: 2}, {set: large, rows: 9}]}
  templates: [README.md, starter/, hidden, solutions/reference/app.py]
vars: {limit: "{{ variant.limit }}"}
checks:
  - id: rows
    title: There are {{ variant.rows }} rows
    criterion: api
    http: {steps: [{request: GET /, expect: {status: 200, json: {"$[{{ variant.rows }}]": "{{ variant.rows }}"}}}]}
  - {id: tests, criterion: api, suite: {files: "hidden/{{ variant.set }}-tests"}}
solutions:
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/wrong, base: solutions/reference, expect: {fails: [rows]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in {
        "challenge.yaml": SPEC,
        "README.md": "At most {{ variant.limit }} of {{ other }}, see rows.txt\n",
        "data/rows.txt": "{{ variant.limit }} stays\n",
        "data/other.txt": "x\n",
        "starter/python/app.py": "LIMIT = {{ variant.limit }}\n",
        "hidden/small.sql": "select {{ variant.limit }};\n",
        "hidden/large.sql": "select 1, {{ variant.limit }};\n",
        "hidden/small-tests/test_a.py": "def test_a(): pass\n",
        "hidden/large-tests/test_b.py": "def test_b(): assert {{ variant.rows }}\n",
        "solutions/reference/app.py": "LIMIT = {{ variant.limit }}\n",
        "solutions/reference/plain.py": "{{ variant.limit }}\n",
        "solutions/reference/templates/plain.py": "{{ variant.limit }}\n",
        "solutions/wrong/more.py": "x\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "starter/python/logo.png").write_bytes(b"\x89PNG\xff\xfe{{ variant.limit }}\x00")
    (tmp_path / "starter/link").symlink_to("python/app.py")
    return tmp_path


def load(folder: Path, variant: int | None = None) -> Challenge:
    return load_challenge(folder, rubrics=[HERE / "rubrics"], variant=variant)


def body(challenge: Challenge, check: str) -> dict[str, Any]:
    data: dict[str, Any] = challenge.spec.check(check).body.model_dump(mode="json")
    return data


def test_values_are_put_into_the_spec_with_their_types(folder: Path) -> None:
    first, last = load(folder), load(folder, 4)
    assert first.variant == Variant(number=1, of=4, parameters={"limit": 5, "set": "small", "rows": 2})
    assert last.variant == Variant(number=4, of=4, parameters={"limit": 7, "set": "large", "rows": 9})
    assert last.spec.vars == {"limit": 7}
    assert last.spec.app is not None
    assert last.spec.app.env == {"LIMIT": "7 a day"}
    assert last.spec.check("rows").title == "There are 9 rows"
    assert body(last, "rows")["steps"][0]["expect"]["paths"] == {"$[9]": 9}
    assert first.files == {
        "hidden/small.sql": b"select 5;\n",
        "hidden/small-tests/test_a.py": b"def test_a(): pass\n",
    }
    assert last.files == {
        "hidden/large.sql": b"select 1, 7;\n",
        "hidden/large-tests/test_b.py": b"def test_b(): assert 9\n",
    }


def test_the_digest_is_of_all_variants(folder: Path) -> None:
    found = load_variants(folder, rubrics=[HERE / "rubrics"])
    assert [challenge.variant and challenge.variant.number for challenge in found] == [1, 2, 3, 4]
    (digest,) = {challenge.digest for challenge in found}
    for path in ("hidden/small.sql", "hidden/large.sql", "hidden/large-tests/test_b.py"):
        kept = (folder / path).read_text(encoding="utf-8")
        (folder / path).write_text(kept + "-- more\n", encoding="utf-8")
        changed = {challenge.digest for challenge in load_variants(folder, rubrics=[HERE / "rubrics"])}
        assert len(changed) == 1
        assert changed != {digest}
        (folder / path).write_text(kept, encoding="utf-8")
    assert load(folder).digest == digest


def test_a_challenge_without_variants_reads_braces_as_they_are(folder: Path) -> None:
    text = (
        re.sub(r"variants:\n(  .*\n)+", "", SPEC)
        .replace("{{ variant.set }}", "small")
        .replace("$[{{ variant.rows }}]", "$[1]")
    )
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    challenge = load(folder)
    assert challenge.variant is None
    assert challenge.spec.vars == {"limit": "{{ variant.limit }}"}
    assert challenge.files["hidden/small.sql"] == b"select {{ variant.limit }};\n"
    assert load_variants(folder, rubrics=[HERE / "rubrics"]) == (challenge,)
    assert challenge.render("README.md", b"{{ variant.limit }}") == b"{{ variant.limit }}"
    with pytest.raises(UsageError, match=r"--variant: .*challenge.yaml has no variants; leave it out"):
        load(folder, 1)


def test_a_number_that_no_variant_has(folder: Path) -> None:
    for number in (0, 5):
        with pytest.raises(UsageError, match=f"has no variant {number}; a number from 1 to 4"):
            load(folder, number)


def test_a_template_that_names_files_is_refused(folder: Path) -> None:
    """Else a lock would be stale in some variants, and files of others not part of its digest."""
    for name in ("small", "large"):
        (folder / "hidden" / f"{name}.bin").write_text("x", encoding="utf-8")
    (folder / "hidden/a.hurl").write_text("POST {{host}}/a\nfile,{{ variant.set }}.bin;\nHTTP 200\n", encoding="utf-8")
    text = SPEC.replace("solutions:", "  - {id: sent, criterion: api, http: {hurl: hidden/a.hurl}}\nsolutions:")
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="which files belong to the challenge differs from variant to variant"):
        load_variants(folder, rubrics=[HERE / "rubrics"])


def test_paths_that_lead_out_are_no_part_of_it(folder: Path) -> None:
    text = SPEC.replace(
        "solutions:", '  - {id: x, criterion: api, command: {run: "{{ variant.set }}/../../x"}}\nsolutions:'
    )
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    assert len({challenge.digest for challenge in load_variants(folder, rubrics=[HERE / "rubrics"])}) == 1


def test_a_lock_keeps_each_variant(folder: Path) -> None:
    challenge = load(folder, 3)
    base = Lock(gradekit="0", challenge=challenge.digest, rubric=challenge.rubric_name, proving=challenge.proving)
    tests = {number: {"tests": (f"test_{number}",)} for number in ("1", "2", "3", "4")}
    each = {number: base.model_copy(update={"tests": found, "twins": {"tests": {}}}) for number, found in tests.items()}
    lock = base.model_copy(update={"variants": each})
    write_lock(challenge.lock_path, lock)
    assert read_lock(challenge.lock_path) == lock
    written = json.loads(challenge.lock_path.read_bytes())
    assert set(written) == {"gradekit", "challenge", "rubric", "variants", "proving"}
    assert "variants" not in written["variants"]["1"]
    assert lock.at(challenge.variant) == each["3"]
    assert freshness(challenge, lock.at(challenge.variant)) == "fresh"
    assert lint(folder, rubrics=[HERE / "rubrics"]).untwinned == {"tests": ("test_1",)}
    old = base.model_copy(update={"challenge": "old"})
    assert old.at(challenge.variant) == old
    assert freshness(challenge, old.at(challenge.variant)) == "stale"
    assert lock.at(None) is lock


def test_folders_are_copied_with_values(folder: Path) -> None:
    challenge = load(folder, 4)
    with with_values(challenge, folder / "solutions/reference") as found:
        assert found.name == "reference"
        assert (found / "app.py").read_text(encoding="utf-8") == "LIMIT = 7\n"
        assert (found / "plain.py").read_text(encoding="utf-8") == "{{ variant.limit }}\n", "no template"
    assert not found.exists()
    with with_values(challenge, folder.parent) as found:
        assert found == folder.parent


def test_a_name_that_no_file_can_have_is_no_file(folder: Path) -> None:
    for name in ("x" * 5000, "missing", "hidden", "../outside", "a\0b"):
        assert Files(folder).read(name) is None
    assert Files(folder).read("data/other.txt") == b"x\n"


def test_what_a_candidate_gets(folder: Path) -> None:
    found = handed_out(load(folder, 4))
    assert found == {
        "README.md": b"At most 7 of {{ other }}, see rows.txt\n",
        "data/rows.txt": b"{{ variant.limit }} stays\n",
        "starter/python/app.py": b"LIMIT = 7\n",
        "starter/python/logo.png": b"\x89PNG\xff\xfe7\x00",
    }
    (folder / "README.md").unlink()
    (folder / "README").write_text("x", encoding="utf-8")
    text = SPEC.replace("README.md", "README")
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"README.md: is not there; the brief, which the candidate reads"):
        handed_out(load(folder))


def test_people_are_shown_the_first_variant_of_a_lock() -> None:
    plain = Lock(gradekit="0", challenge="d", rubric="r", code_mutants={"of": 3})
    assert plain.shown() is plain
    first = plain.model_copy(update={"code_mutants": {}, "solutions": {"solutions/reference": {"earned": 1.0}}})
    whole = plain.model_copy(update={"variants": {"1": first, "10": plain}})
    assert whole.shown() == first.model_copy(update={"code_mutants": {"of": 3}})


def test_files_that_others_were_handed_out_are_told(folder: Path) -> None:
    challenge = load(folder, 1)
    mine, theirs = (f"At most {limit} of {{{{ other }}}}, see rows.txt\n".encode() for limit in (5, 7))
    files = [
        ("README.md", mine),
        ("docs/brief.md", theirs.replace(b"\n", b"\r\n")),
        ("app.py", b"LIMIT = 7"),
        ("x", b"7"),
    ]
    assert of_others(challenge, files) == (
        "docs/brief.md is what candidates of variant 3, 4 get, and this one has 1",
        "app.py is what candidates of variant 3, 4 get, and this one has 1",
    )
    assert of_others(load(folder, 4), files) == (
        "README.md is what candidates of variant 1, 2 get, and this one has 4",
    )
    many = [(f"\x1b{number}", theirs) for number in range(9)]
    assert of_others(challenge, many)[4:] == (
        "\\x1b4 is what candidates of variant 3, 4 get, and this one has 1",
        "4 more files are of other variants",
    )
    (folder / "README.md").unlink()
    assert of_others(challenge, files)[0].startswith("app.py ")
    (folder / "challenge.yaml").write_text(
        re.sub(r"variants:\n(  .*\n)+", "", SPEC)
        .replace("{{ variant.set }}", "small")
        .replace("$[{{ variant.rows }}]", "$[1]"),
        encoding="utf-8",
    )
    assert of_others(load(folder), files) == ()

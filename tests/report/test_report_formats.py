from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from gradekit.errors import UsageError
from gradekit.report import words
from gradekit.report.console import console
from gradekit.report.formats import FORMATS
from gradekit.report.markdown import LIMIT
from gradekit.report.record import read, schema
from gradekit.report.text import cleaned
from gradekit.results import (
    CaseResult,
    ChallengeRef,
    CheckResult,
    CheckRun,
    CriterionScore,
    Exhibit,
    Isolation,
    Outcome,
    Phase,
    Report,
    Run,
    Score,
    Status,
    SubmissionRef,
    Tier,
    Variant,
)

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "docs" / "schema" / "report.schema.json"
FOLDERS = sorted(path.parent.name for path in HERE.glob("*/report.json"))
EXPECTED = {"text": "expected.txt", "html": "expected.html", "markdown": "expected.md", "junit": "expected.xml"}
NASTY = (
    "<script>alert(1)</script>",
    "</style></td></table></details></pre>",
    '" onload="alert(1)',
    "{{ 7*7 }}{% raw %}",
    "![x](http://evil.example/p.png)",
    "[x](javascript:alert(1))",
    "|a|b|",
    "```\n~~~\n``` x",
    "@everyone #1",
    "]]>",
    "\x1b[2J\x1b]0;x\x07",
    "\u202e\u200b\ud800\ufffe\x00",
    "[bold red]x[/]",
    "::error::x",
    "##vso[task.complete]",
    "&lt;&#60;",
    "<!-- x --><![CDATA[",
    "1. a\n- b\n+ c\n# d\n> e\n===\n---",
    "www.evil.example mailto:a@b.example",
)
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(NASTY), max_size=4).map(" ".join),
    st.text(st.characters(categories=None), max_size=60),
)
STATES = ("complete", "provisional", "incomplete", "withheld")


def load(name: str) -> Report:
    return Report.model_validate_json((HERE / name / "report.json").read_text(encoding="utf-8"))


def render(name: str, report: Report) -> str:
    text = FORMATS[name].render(report)
    assert isinstance(text, str)
    return text


def filled(text: str, state: Any = "incomplete", notices: int = 1) -> Report:  # noqa: ANN401
    """A report with the same text in every field that holds one."""
    outcomes = [Outcome(status=status, ratio=0.5, message=text, expected=text, actual=text) for status in Status]
    number = 25.0 if state in {"complete", "provisional"} else None
    checks = tuple(
        CheckResult(
            id=f"{text}{index}",
            title=text,
            kind=text,
            criterion=text,
            points=index,
            required=True,
            tier=Tier.IN_PROCESS,
            outcome=outcome,
            cases=tuple(CaseResult(id=text, title=text, outcome=each) for each in outcomes),
            violations=(text,) if outcome.status is Status.FAILED else (),
            notes=(text, text),
        )
        for index, outcome in enumerate(outcomes)
    )
    exhibits = (Exhibit(title=text, text=text),)
    return Report(
        gradekit=text,
        challenge=ChallengeRef(id=text, title=text, digest=text, lock="missing"),
        rubric=text,
        submission=SubmissionRef(
            repo=text,
            ref=text,
            commit=text,
            tree=text,
            candidate=text,
            received_at=text,
            files=2,
            bytes=2,
            dropped=(text,),
        ),
        isolation=Isolation(engine=text, runtime=text, seccomp=text, cgroup=text, network=text),
        images={text: text},
        score=Score(
            state=state,
            total=number,
            earned=number,
            possible=None if number is None else 90.0,
            pass_mark=70.0,
            passed=None if number is None else False,
            band=text,
            reasons=(text,),
            pending=(text,),
        ),
        criteria=(
            CriterionScore(id=text, title=text, weight=90, required=True, state="scored", ratio=0.25, earned=22.5),
            CriterionScore(id=text + "b", title=text, weight=10, manual=True, state="pending"),
        ),
        checks=checks,
        notices=(text,) * notices,
        run=Run(
            id=text,
            started_at=text,
            seconds=75.0,
            phases=(Phase(name=text, seconds=0.0, detail=text),),
            checks={check.id: CheckRun(seconds=0.2, evidence=text, exhibits=exhibits) for check in checks},
        ),
    )


class Structure(HTMLParser):
    """The tags and attribute names of a document, without any text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


def structure(html: str) -> Structure:
    parser = Structure()
    parser.feed(html)
    parser.close()
    return parser


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", EXPECTED)
def test_golden(folder: str, name: str, golden: Callable[[Path, str], None]) -> None:
    golden(HERE / folder / EXPECTED[name], render(name, load(folder)))


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_record_is_read_back_and_obeys_the_schema(folder: str) -> None:
    report = load(folder)
    text = render("json", report)
    assert read(text) == cleaned(report)
    assert render("json", read(text)) == text
    assert text.endswith("}\n")
    Draft202012Validator(json.loads(schema())).validate(json.loads(text))


def test_the_schema_in_the_docs_is_in_step(golden: Callable[[Path, str], None]) -> None:
    Draft202012Validator.check_schema(json.loads(schema()))
    golden(SCHEMA, schema())


def test_keys_stand_in_the_order_of_the_schema() -> None:
    text = render("json", load("passed"))
    assert list(json.loads(text)) == list(json.loads(schema())["properties"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "old.json: Invalid JSON"),
        ("[]", "old.json: Input should be an object; a report that gradekit wrote"),
        ('{"schema_version": 2}', "old.json: schema_version: Input should be 1"),
    ],
)
def test_a_file_that_is_no_report_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, place="old.json")
    assert complaint in str(caught.value)
    assert len(caught.value.problems) <= 5


def test_a_complaint_names_the_key() -> None:
    broken = json.loads(render("json", load("passed")))
    broken["checks"][0]["outcome"]["ratio"] = 2
    with pytest.raises(UsageError, match=r"checks\[0\]\.outcome\.ratio"):
        read(json.dumps(broken))


def test_a_report_that_was_tampered_with_is_inert_again() -> None:
    text = render("json", load("passed")).replace("Ana Pereira", r"\u001b[2J")
    assert read(text).submission.candidate == r"\x1b[2J"


def test_the_table_of_formats() -> None:
    assert {each.name: each.suffix for each in FORMATS.values()} == {
        "text": ".txt",
        "json": ".json",
        "html": ".html",
        "markdown": ".md",
        "junit": ".xml",
    }
    assert all(name == each.name for name, each in FORMATS.items())


@pytest.mark.parametrize("folder", ["incomplete", "withheld"])
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_shows_a_total_when_there_is_none(folder: str, name: str) -> None:
    text = render(name, load(folder))
    assert not re.search(r"\d of 100|score\.(total|earned)|\"total\": \d", text)
    assert name in {"json", "junit"} or "no total" in text


def test_a_withheld_report_shows_no_points_at_all() -> None:
    for name in ("text", "html", "markdown"):
        assert not re.search(r"\d\.\d of \d|\d\.\d</strong>", render(name, load("withheld")))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("text", NASTY)
def test_html_structure_never_depends_on_texts(text: str, state: str) -> None:
    found, plain = structure(render("html", filled(text, state))), structure(render("html", filled("plain", state)))
    assert found.tags == plain.tags
    assert found.other == []


@given(TEXT.filter(bool))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_generated_texts_are_inert_in_every_format(text: str) -> None:
    report = filled(text)
    html = render("html", report)
    assert structure(html).tags == structure(render("html", filled("plain"))).tags
    fromstring(render("junit", report))
    assert read(render("json", report)) == cleaned(report)
    for name in FORMATS:
        output = render(name, report)
        assert "\x1b" not in output
        assert "\u202e" not in output
        output.encode()
        if name != "html":
            assert not re.search(r"(?m)^\s*::", output)
        assert not re.search(r"##\w*\[", output)


@given(TEXT)
@settings(max_examples=60, deadline=None)
def test_markdown_has_no_markup_of_the_text(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(render("markdown", filled(text)))
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {"text", "text_special", "code_inline", "html_inline", "strong_open", "strong_close"}
    assert {child.type for child in inline} <= kinds
    tags = {child.content for child in inline if child.type == "html_inline"}
    assert tags <= {"<span>", "</span>", "<sub>", "</sub>", "</details>"}
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(re.fullmatch(r"(<details><summary>([^<]|</?span>)*</summary>|</details>)\n*", block) for block in blocks)
    assert [token.type for token in tokens].count("heading_open") == 5
    words_only = [child.content for child in inline if child.type == "text"]
    assert not any(re.search(r"[@#]\w|https?:/|www\.", each) for each in words_only)


def test_a_megabyte_in_every_text_stays_readable() -> None:
    report = filled("<b>\x1b" + "A|`" * 350_000, "provisional")
    sizes = {name: len(render(name, report)) for name in FORMATS}
    assert sizes["markdown"] <= LIMIT
    assert max(sizes.values()) < 1_000_000
    assert "[cut; 1,050,004 characters in all]" in render("text", report)


def test_markdown_drops_what_does_not_fit_and_says_so() -> None:
    report = filled("@#" * 150, notices=40)
    many = tuple(item for item in report.checks for _ in range(40))
    criteria = tuple(report.criteria[:1] * 60)
    output = render("markdown", report.model_copy(update={"checks": many, "criteria": criteria}))
    assert len(output) <= LIMIT
    assert "left out for its length" in output
    assert "| 20 more | | |" in output


def test_markdown_counts_what_it_does_not_list() -> None:
    report = filled("plain", notices=15)
    check = report.checks[1].model_copy(update={"cases": report.checks[1].cases[1:2] * 12})
    output = render("markdown", report.model_copy(update={"checks": (check,)}))
    assert "- 3 more" in output
    assert "2 more cases did not pass." in output
    assert "left out" not in output


def test_the_page_allows_its_own_style_and_nothing_else() -> None:
    html = render("html", load("hostile"))
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in html
    tags = structure(html).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "iframe", "object", "embed", "img", "base", "form"})
    assert not any("style" in attributes for _, attributes in tags)
    assert set(re.findall(r'(?:href|src)="([^"]*)"', html)) <= {"data:,", *(f"#check-{n}" for n in range(1, 9))}


def test_the_page_lists_the_worst_of_many_cases() -> None:
    report = filled("plain")
    cases = report.checks[0].cases * 300
    checks = tuple(check.model_copy(update={"cases": cases}) for check in report.checks[:2])
    html = render("html", report.model_copy(update={"checks": checks}))
    assert "700 more cases did not pass; the JSON record has them." in html
    assert html.count('class="case ') == 200


def test_a_bare_report_renders_everywhere() -> None:
    bare = Report(
        gradekit="0.1.0",
        challenge=ChallengeRef(id="c", title="C", digest="d", lock="not needed"),
        rubric="r",
        submission=SubmissionRef(repo="/tmp/folder", tree="0123456789abcdef", files=1, bytes=10),
        score=Score(state="provisional", earned=0.0, possible=0.0),
        criteria=(CriterionScore(id="x", title="X", weight=0, state="scored"),),
        checks=(
            CheckResult(
                id="a",
                title="A",
                kind="sql",
                criterion="gone",
                points=1,
                required=False,
                tier=Tier.SPLIT,
                outcome=Outcome(status=Status.FAILED, expected="x"),
                cases=(CaseResult(id="b", title="B", outcome=Outcome(status=Status.FAILED)),),
            ),
        ),
        run=Run(id="r", started_at="2026-10-07T14:01:58+00:00", seconds=0.25),
    )
    for name in FORMATS:
        assert render(name, bare)
    text = render("text", bare)
    assert "/tmp/folder, tree 0123456789ab, no commit" in text
    assert "2026-10-07 14:01:58 UTC · 0.2 s" in text
    empty = bare.model_copy(update={"checks": (), "criteria": ()})
    assert "no checks" in render("text", empty)
    assert render("html", empty)


def test_the_console_obeys_width_colour_and_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    report = load("below-mark")
    plain = console(report, width=60, colour=False, unicode=True)
    assert max(map(len, plain.splitlines())) <= 60
    assert "\x1b" not in plain
    assert console(report, width=60, colour=False, unicode=True) == plain
    coloured = console(report, width=60, colour=True, unicode=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == plain.split()
    assert "\x1b[" in coloured
    ascii_only = console(report, width=60, colour=False, unicode=False)
    assert ascii_only.isascii()
    assert "x NOT PASSED" in ascii_only


def test_the_console_says_what_it_leaves_out() -> None:
    report = filled("\n".join(f"line {index}" for index in range(10)))
    check = report.checks[1].model_copy(update={"cases": report.checks[1].cases[1:2] * 8})
    text = render("text", report.model_copy(update={"checks": (check,)}))
    assert "… 2 more lines" in text
    assert "… 3 more cases did not pass" in text


@pytest.mark.parametrize(
    ("score", "word", "number", "sentence"),
    [
        (
            Score(state="complete", total=70.0, earned=70.0, possible=100.0, pass_mark=70.0, passed=True, band="yes"),
            "Passed",
            "70.0 of 100 points",
            'The pass mark is 70. The total is in the band "yes".',
        ),
        (
            Score(state="complete", total=69.96, earned=69.96, possible=100.0, pass_mark=70.0, passed=False),
            "Not passed",
            "69.9 of 100 points",
            "The pass mark is 70.",
        ),
        (
            Score(state="complete", total=12.5, earned=12.5, possible=100.0, passed=True),
            "Graded",
            "12.5 of 100 points",
            "No pass mark is set.",
        ),
        (
            Score(state="provisional", earned=81.0, possible=90.0, pass_mark=70.0, passed=True, pending=("design",)),
            "Provisional",
            "81.0 of 90 automated points",
            "So far it meets the pass mark of 70 %. 1 review pending, so there is no total yet.",
        ),
        (
            Score(state="provisional", earned=81.0, possible=90.0, passed=True),
            "Provisional",
            "81.0 of 90 automated points",
            "So far it meets every requirement. 0 reviews pending, so there is no total yet.",
        ),
        (
            Score(state="provisional", earned=8.0, possible=90.0, passed=False),
            "Provisional",
            "8.0 of 90 automated points",
            "So far it does not pass. 0 reviews pending, so there is no total yet.",
        ),
        (
            Score(state="provisional", earned=0.0, possible=0.0),
            "Provisional",
            "0.0 of 0 automated points",
            "0 reviews pending, so there is no total yet.",
        ),
    ],
)
def test_the_verdict_in_words(score: Score, word: str, number: str, sentence: str) -> None:
    verdict = words.verdict(load("passed").model_copy(update={"score": score}))
    assert (verdict.word, verdict.number, verdict.sentence) == (word, number, sentence)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.97, "1 min 00 s"), (185, "3 min 05 s")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(("count", "shown"), [(812, "812 bytes"), (14_541, "14.2 KiB"), (3 << 20, "3.0 MiB")])
def test_sizes(count: int, shown: str) -> None:
    assert words.size(count) == shown


def test_what_a_check_says_of_its_one_case_is_told_once() -> None:
    case = CaseResult(id="c", title="round 1", outcome=Outcome(status=Status.ERRORED, message="no value"))
    told = {}
    for message in ('"round 1": no value', "no value", "1 of 2 failed"):
        outcome = Outcome(status=Status.ERRORED, message=message)
        check = load("passed").checks[0].model_copy(update={"outcome": outcome, "cases": (case,)})
        told[message] = words.own_outcome(check).message
    assert told == {'"round 1": no value': "", "no value": "", "1 of 2 failed": "1 of 2 failed"}


def test_a_forged_check_is_in_doubt_whatever_it_came_to() -> None:
    report = load("withheld")
    (doubted,) = (check for check in report.checks if check.violations)
    assert doubted.outcome.status is Status.PASSED
    assert words.attention(report) == (doubted,)
    assert doubted not in words.passed(report)
    assert words.standing(doubted) == words.Standing("in doubt", "!", "fault")
    for name in ("text", "html", "markdown"):
        assert "in doubt" in render(name, report)
    for name in ("html", "markdown"):
        assert "7.31" in render(name, report), "what the twin expected"
    errors = fromstring(render("junit", report)).findall(".//testcase/error")
    assert [error.get("message") for error in errors] == list(doubted.violations)
    many = doubted.model_copy(update={"violations": tuple(f"test_{number}" for number in range(5)), "notes": ("n",)})
    assert words.remarks(many) == (
        "in doubt: test_0",
        "in doubt: test_1",
        "in doubt: test_2",
        "in doubt: 2 more like these",
        "note: n",
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_notes_of_checks_that_passed_or_not(name: str) -> None:
    report = load("passed")
    report = report.model_copy(
        update={
            "checks": tuple(
                check.model_copy(update={"notes": (f"note{number}",), "outcome": Outcome(status=status)})
                for number, (check, status) in enumerate(zip(report.checks, Status, strict=False))
            )
        }
    )
    text = render(name, report)
    assert [number for number in range(len(Status)) if f"note{number}" in text] == list(range(len(Status)))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_least_tier_that_a_challenge_allows(name: str) -> None:
    word = {"json": '"min_tier": "split"', "junit": 'name="challenge.min_tier" value="split"'}
    said = word.get(name, "The challenge allows no check below the tier split.")
    assert said in render(name, load("provisional"))
    assert said not in render(name, load("passed"))
    assert words.least_tier(load("passed")) == ""


def test_junit_counts_and_kinds() -> None:
    root = fromstring(render("junit", load("incomplete")))
    cases = root.findall(".//testcase")
    assert int(root.get("tests", "")) == len(cases)
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root.get(attribute, "")) == len(root.findall(f".//{tag}"))
    assert [suite.get("name") for suite in root] == [item.title for item in load("incomplete").criteria]
    error = root.find(".//testcase[@classname='unit-suite']/error")
    assert error is not None
    assert error.get("message") == "the container engine did not answer within 30 s"
    waiting = root.find(".//testcase[@classname='design']/skipped")
    assert waiting is not None
    assert waiting.get("message") == "waits for a review by a person"


def test_a_variant_is_told_in_every_format() -> None:
    plain = load("passed")
    variant = Variant(number=3, of=8, parameters={"discount": 10, "currency": "EUR", "late": True})
    told = plain.model_copy(update={"challenge": plain.challenge.model_copy(update={"variant": variant})})
    for name in EXPECTED:
        assert "3 of 8: discount 10, currency EUR, late true" in render(name, told), name
        assert not re.search(r"variant( |</dt>|\")", render(name, plain), re.IGNORECASE), name
    record = json.loads(render("json", told))
    assert record["challenge"]["variant"] == {
        "number": 3,
        "of": 8,
        "parameters": {"discount": 10, "currency": "EUR", "late": True},
    }
    assert read(render("json", told)).challenge.variant == variant

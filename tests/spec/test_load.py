"""Challenges: what is read, what is complained about, and what changes a digest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradekit.checks import http
from gradekit.checks.base import Complaint
from gradekit.errors import SpecError
from gradekit.spec import files as files_module
from gradekit.spec.challenge import Challenge, LoadStep
from gradekit.spec.drafts import Draft, finished
from gradekit.spec.files import Files
from gradekit.spec.lint import Lint, lint
from gradekit.spec.load import load_challenge
from gradekit.spec.reader import read
from gradekit.spec.rubrics import load_rubric

HERE = Path(__file__).parent
RUNNERS = {"python": "language", "postgres": "service", "scanners": "scanner", "probe": "probe"}
TOOLS = {"scanners": ("ruff", "bandit", "secrets"), "scanners-java": ("pmd",)}
HEALTH = "- {id: health, criterion: api, http: {steps: [{request: GET /health, expect: {status: 200}}]}}"


def _shown(found: Lint) -> str:
    lines = [f"{problem}\n{problem.excerpt}\n" for problem in found.problems]
    lines += [f"warning: {warned}\n{warned.problem.excerpt}\n" for warned in found.warnings]
    return "".join(line.replace("\n\n", "\n") for line in lines)


@pytest.mark.parametrize("name", sorted(entry.name for entry in (HERE / "bad").iterdir()))
def test_bad_challenges(name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    folder = Path("bad") / name
    found = lint(folder, rubrics=[folder / "rubrics", Path("rubrics")], runners=RUNNERS, tools=TOOLS)
    assert (found.challenge is None) == bool(found.problems)
    assert found.problems or found.warnings
    shown = tuple(warned for warned in found.warnings if warned.name != "no-lock" or name == "no-lock")
    golden(HERE / folder / "expected.txt", _shown(replace(found, warnings=shown)))


class Folder:
    """A challenge to write files into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rubrics = HERE / "rubrics"

    def write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def spec(self, text: str, rubric: str = "small") -> None:
        head = f"gradekit: 1\nid: demo\ntitle: Demo\nrunner: any\nrubric: {rubric}\n"
        self.write("challenge.yaml", head + dedent(text))

    def load(self) -> Challenge:
        return load_challenge(self.path, rubrics=[self.path / "none", self.rubrics], runners=RUNNERS, tools=TOOLS)

    def complaints(self) -> list[str]:
        with pytest.raises(SpecError) as caught:
            self.load()
        return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


WHOLE = f"""
brief: README.md
time_budget: 4h
submission: {{required: [README.md], max_size: 20MiB}}
limits: {{memory: 512MiB}}
services: {{db: {{runner: postgres}}}}
datasets: {{shop: {{service: db, load: [{{submission: "migrations/*.sql"}}, {{challenge: hidden/seed.sql}}]}}}}
app:
  port: 9000
  env: {{DATABASE_URL: "${{db.url}}", MODE: "a ${{db.host}} b"}}
  dataset: shop
  ready: {{http: GET /health}}
vars: {{page: 20}}
defaults: {{sql: {{dataset: shop}}, http: {{timeout: 2s}}}}
checks:
  {HEALTH}
  - id: revenue
    title: Revenue
    criterion: data
    points: 3
    required: true
    need: [health]
    timeout: 90s
    sql: {{file: revenue.sql, expect: {{reference: hidden/revenue.sql}}}}
  - {{id: tests, criterion: data, suite: {{files: hidden/tests/}}}}
  - {{id: again, criterion: api, fresh: true, http: {{timeout: 3s, steps: [{{request: GET /, expect: any}}]}}}}
solutions:
  - {{path: solutions/reference, expect: {{passes: all}}}}
  - {{path: solutions/wrong, expect: {{fails: [revenue], score: {{lte: 50}}}}}}
"""


def _whole(folder: Folder) -> None:
    folder.spec(WHOLE, "people")
    for name in ("README.md", "hidden/seed.sql", "hidden/revenue.sql", "hidden/tests/test_a.py", "solutions/wrong/x"):
        folder.write(name, f"{name}\n")
    folder.write("hidden/tests/__pycache__/test_a.pyc", "cache")
    folder.write("hidden/tests/data.pyc", "cache")
    folder.write("solutions/reference/x", "x\n")


def test_a_whole_challenge(folder: Folder) -> None:
    _whole(folder)
    challenge = folder.load()
    spec = challenge.spec
    assert challenge.root == folder.path
    assert lint(folder.path, rubrics=[folder.rubrics]).problems == ()
    assert challenge.rubric.pass_mark == 60
    assert challenge.rubric_name.startswith("people@")
    assert sorted(challenge.files) == ["hidden/revenue.sql", "hidden/seed.sql", "hidden/tests/test_a.py"]
    assert spec.time_budget == 4 * 3600
    assert spec.limits.memory == 512 << 20
    assert spec.app is not None
    assert (spec.app.port, spec.app.dataset, spec.app.ready.http) == (9000, ("shop",), "GET /health")
    assert spec.datasets["shop"].load[0] == LoadStep(submission="migrations/*.sql")
    revenue = spec.check("revenue")
    assert (revenue.kind, revenue.name, revenue.need, revenue.timeout) == ("sql", "Revenue", ("health",), 90.0)
    assert getattr(revenue.body, "dataset", None) == "shop", "from the defaults"
    assert spec.check("health").name == "health"
    assert getattr(spec.check("health").body, "timeout", None) == 2.0
    assert getattr(spec.check("again").body, "timeout", None) == 3.0, "a check's own field wins"
    with pytest.raises(KeyError):
        spec.check("none")


def test_a_challenge_by_its_file(folder: Folder) -> None:
    _whole(folder)
    by_file = load_challenge(folder.path / "challenge.yaml", rubrics=[folder.rubrics])
    assert by_file == folder.load()


@pytest.mark.parametrize(
    ("path", "old", "new", "same"),
    [
        ("challenge.yaml", "checks:", "checks:  # a comment", True),
        ("challenge.yaml", "points: 3", "points: 4", False),
        ("hidden/seed.sql", "seed", "sead", False),
        ("hidden/tests/test_a.py", "test", "TEST", False),
        ("hidden/tests/__pycache__/test_a.pyc", "c", "C", True),
        ("solutions/reference/x", "x", "y", True),
        ("../rubrics/people.yaml", "pass_mark: 60", "pass_mark: 61", False),
        ("../rubrics/people.yaml", "title: Checks", "title:   Checks", True),
    ],
)
def test_the_digest_covers_what_can_influence_a_grade(
    tmp_path: Path, path: str, old: str, new: str, *, same: bool
) -> None:
    folder = Folder(tmp_path / "demo")
    _whole(folder)
    folder.rubrics = tmp_path / "rubrics"
    shutil.copytree(HERE / "rubrics", folder.rubrics)
    before = folder.load()
    target = folder.path / path
    text = target.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new), encoding="utf-8")
    assert (folder.load().digest == before.digest) is same


def test_a_rubric_by_path(folder: Folder) -> None:
    folder.spec(f"app: {{}}\nchecks:\n  {HEALTH}\n", "rubrics/own.yaml")
    folder.write("rubrics/own.yaml", (HERE / "rubrics" / "small.yaml").read_text(encoding="utf-8"))
    challenge = folder.load()
    assert challenge.rubric.id == "small"
    assert challenge.rubric_digest == load_rubric(HERE / "rubrics" / "small.yaml").digest


def test_runners_are_not_checked_without_a_list(folder: Folder) -> None:
    folder.spec(f"services: {{db: {{runner: nosuch}}}}\napp: {{}}\nchecks:\n  {HEALTH}\n")
    assert load_challenge(folder.path, rubrics=[folder.rubrics]).spec.services["db"].runner == "nosuch"


def test_a_single_runner_needs_no_list(folder: Folder) -> None:
    folder.spec(f"app: {{}}\nchecks:\n  {HEALTH}\n")
    path = folder.path / "challenge.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("runner: any", "runner: python"), encoding="utf-8")
    assert folder.load().spec.runner == ("python",)


@pytest.mark.parametrize(
    ("runner", "image", "images"),
    [
        ("python", "own/python:3", {"python": "own/python:3"}),
        ("[python]", "{python: own/python:3}", {"python": "own/python:3"}),
        ("[python, node]", "{node: 'sha256:01ab'}", {"node": "sha256:01ab"}),
        ("any", "{}", {}),
    ],
)
def test_an_image_of_the_authors_own(folder: Folder, runner: str, image: str, images: dict[str, str]) -> None:
    folder.spec(f"image: {image}\napp: {{}}\nchecks:\n  {HEALTH}\n")
    path = folder.path / "challenge.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("runner: any", f"runner: {runner}"), encoding="utf-8")
    assert load_challenge(folder.path, rubrics=[folder.rubrics]).spec.images() == images


@pytest.mark.parametrize(
    ("runner", "versions", "complaint"),
    [
        ("any", '{python: "3.11", go: "1"}', ""),
        ("[python, go]", "{python: '3.11.2'}", ""),
        ("any", '{pythn: "3.11"}', 'versions.pythn: no runner of kind language "pythn"; did you mean "python"?'),
        ("[python]", '{go: "1"}', 'versions.go: no runner of the challenge "go"; there is: python'),
        ("python", '{python: ">=3"}', "versions.python: "),
        ("python", "{python: 3.10}", "versions.python: "),
        ("none", '{python: "3"}', "versions.python: no runner of the challenge"),
    ],
)
def test_versions_of_languages(folder: Folder, runner: str, versions: str, complaint: str) -> None:
    folder.spec(f"versions: {versions}\napp: {{}}\nchecks:\n  {HEALTH}\n")
    path = folder.path / "challenge.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("runner: any", f"runner: {runner}"), encoding="utf-8")
    kinds = {"python": "language", "go": "language"}
    if not complaint:
        assert set(load_challenge(folder.path, rubrics=[folder.rubrics], runners=kinds).spec.versions) <= set(kinds)
        return
    with pytest.raises(SpecError) as caught:
        load_challenge(folder.path, rubrics=[folder.rubrics], runners=kinds)
    assert any(complaint in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("runner", "image", "complaint"),
    [
        ("[python, node]", "own:1", "image: it is not said for which runner it is; a map with some of python, node"),
        ("any", "own:1", 'image: an image of your own needs its runner, and runner is "any"; name the runner'),
        ("[python, node]", "{pythn: own:1}", 'image.pythn: no runner of the challenge "pythn"; did you mean "python"?'),
    ],
)
def test_an_image_without_its_runner(folder: Folder, runner: str, image: str, complaint: str) -> None:
    folder.spec(f"image: {image.replace('own:1', chr(34) + 'own:1' + chr(34))}\napp: {{}}\nchecks:\n  {HEALTH}\n")
    path = folder.path / "challenge.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("runner: any", f"runner: {runner}"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_challenge(folder.path, rubrics=[folder.rubrics])
    assert [str(problem).partition(" ")[2] for problem in caught.value.problems] == [complaint]


def test_one_wrong_entry_does_not_hide_the_others(folder: Folder) -> None:
    folder.spec(
        f"""
        services: {{db: {{}}, other: {{runner: postgrs}}}}
        app: {{port: 80, env: {{URL: "${{db.ulr}}"}}}}
        checks:
          {HEALTH}
        solutions:
          - {{path: 3, expect: {{passes: all}}}}
          - {{path: solutions/none, expect: {{passes: all}}}}
        """
    )
    assert folder.complaints() == [
        'services.db: missing key "runner"; name of a folder in runners/ of kind service',
        'services.other.runner: no runner of kind service "postgrs"; did you mean "postgres"?',
        "app.port: must be at least 1024, not 80",
        'app.env.URL: "${db.ulr}" is no fact of a service; did you mean "url"?',
        "solutions[0].path: a relative path is needed",
        'solutions[1].path: no folder "solutions/none" in the challenge\'s folder',
    ]


def test_wrong_entries_that_hide_others(folder: Folder) -> None:
    folder.spec(f"app: {{start: 5, ready: {{http: x, tcp: true}}}}\nvars: [1]\nchecks:\n  {HEALTH}\n")
    assert folder.complaints() == [
        "app.start: must be text, not the number 5; put it in quotes",
        'app.ready.http: "x" is not a request; write it as "GET /health"',
        "vars: must be a map, not a list",
    ]


def test_files_in_folders(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = "checks:\n  - {id: tests, criterion: api, suite: {files: hidden}}\n"
    folder.spec(suite)
    (folder.path / "hidden").mkdir()
    assert 'checks[0].suite.files: the folder "hidden" is empty' in folder.complaints()
    folder.write("hidden/a.py", "x" * 100)
    (folder.path / "hidden" / "b.py").symlink_to("/etc/hostname")
    assert folder.complaints() == [
        'checks[0].suite.files: "hidden/b.py" leads out of the challenge\'s folder; put the file itself there'
    ]
    (folder.path / "hidden" / "b.py").unlink()
    monkeypatch.setattr(files_module, "MAX_TOTAL", 50)
    assert folder.complaints() == ["checks[0].suite.files: the files of the challenge exceed 0 MiB; make them smaller"]


def test_a_file_is_read_once_and_errors_are_faults(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.sql", "1")
    files = Files(folder.path)
    assert list(files.add("a.sql", ())) == []
    folder.write("a.sql", "2")
    assert list(files.add("a.sql", ())) == []
    assert files.content == {"a.sql": b"1"}

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    folder.write("b.sql", "1")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert [fault.what for fault in files.add("b.sql", ())] == ['"b.sql" cannot be read: Permission denied']


def test_suggestions_come_from_a_bounded_list(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "_MAX_LISTED", 1)
    folder.write("hidden/data-a.sql", "")
    folder.write("hidden/data-b.sql", "")
    assert Files(folder.path).missing("hidden/data-b.sqll", ()).hint == 'did you mean "hidden/data-a.sql"?'


def test_an_unfinished_check_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="a fault of x was not reported"):
        finished(Draft({"id": "x"}))


def test_what_a_kind_complains_about_in_defaults_is_shown_there(folder: Folder) -> None:
    folder.spec(
        f"""
        app: {{}}
        defaults: {{http: {{headers: {{x: "${{nme}}"}}}}}}
        vars: {{name: x}}
        checks:
          {HEALTH}
        """
    )
    assert folder.complaints() == ['defaults.http.headers.x: ${nme} is not known here; did you mean "name"?']


def test_a_kind_does_not_repeat_what_is_said_already(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    loc = ("steps", 0, "expect", "schema")
    kind = replace(http.KIND, lint=lambda _body, _scope: [Complaint(loc, "is not there"), Complaint((), "is odd")])
    monkeypatch.setattr(http, "KIND", kind)
    step = "{request: GET /, expect: {schema: nosuch.json}}"
    folder.spec(f"app: {{}}\nchecks: [{{id: x, criterion: api, http: {{steps: [{step}]}}}}]\n")
    assert folder.complaints() == [
        "checks[0].http: is odd",
        'checks[0].http.steps[0].expect.schema: no file "nosuch.json" in the challenge\'s folder',
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_part_can_be_replaced_by_anything(folder: Folder, data: st.DataObject) -> None:
    """Whatever stands where, the answer is a challenge or problems with places, never another exception."""
    _whole(folder)
    lines = (folder.path / "challenge.yaml").read_text(encoding="utf-8").splitlines()
    document = read("\n".join(lines).encode(), "c.yaml")
    scalars = sorted(set(document.values) - document.collections, key=str)
    span = document.values[data.draw(st.sampled_from(scalars))]
    line = lines[span.line - 1]
    anything = data.draw(st.sampled_from(["null", "[]", "{}", "-1", "1.5", "true", "''", "[[x]]", "{x: {y: 1}}", "z9"]))
    lines[span.line - 1] = line[: span.column - 1] + anything + line[span.column - 1 + span.width :]
    folder.write("challenge.yaml", "\n".join(lines))
    found = lint(folder.path, rubrics=[folder.rubrics], runners=RUNNERS, tools=TOOLS)
    assert found.challenge is not None or found.problems
    assert all(problem.excerpt for problem in found.problems)


TWINS = """
checks:
  - {id: tests, criterion: api, suite: {files: hidden/tests, written_twins: TWINS}}
"""


def test_written_twins_are_read_and_part_of_the_digest(folder: Folder) -> None:
    folder.spec(TWINS.replace("TWINS", "hidden/twins"))
    folder.write("hidden/tests/test_a.py", "def test_a():\n    assert f() is True\n")
    folder.write("hidden/twins/test_a.py", "def test_a():\n    assert f() is False\n")
    before = folder.load()
    assert sorted(before.files) == ["hidden/tests/test_a.py", "hidden/twins/test_a.py"]
    folder.write("hidden/twins/test_a.py", "def test_a():\n    assert f() is None\n")
    assert folder.load().digest != before.digest


@pytest.mark.parametrize(
    ("given_twins", "file", "text", "complaint"),
    [
        (
            "hidden/twin",
            "hidden/twins/test_a.py",
            "",
            'no file "hidden/twin" in the challenge\'s folder',
        ),
        ("x", "x", "", '"x" is no folder with files; files that mirror those of the suite'),
        (
            "hidden/twins, twins: off",
            "hidden/twins/test_a.py",
            "def test_a(): pass",
            "twins are off, so no twin is run",
        ),
        (
            "hidden/twins, isolation: split",
            "hidden/twins/test_a.py",
            "def test_a(): pass",
            '"written_twins" is for suites that run in one process with the candidate\'s code; isolation: split',
        ),
        ("hidden/twins", "hidden/twins/test_a.py", "def test_a(:", "hidden/twins/test_a.py:1: is not Python: "),
        (
            "hidden/twins",
            "hidden/twins/test_a.py",
            "\ndef test_b(): pass",
            'hidden/twins/test_a.py:2: the suite has no test function "test_b"; did you mean "test_a"?',
        ),
        (
            "hidden/twins",
            "hidden/twins/test_aa.py",
            "def test_a(): pass",
            'hidden/twins/test_aa.py: the suite has no such file; did you mean "test_a.py"?',
        ),
    ],
)
def test_complaints_about_written_twins(folder: Folder, given_twins: str, file: str, text: str, complaint: str) -> None:
    folder.spec(TWINS.replace("TWINS", given_twins))
    folder.write("hidden/tests/test_a.py", "def test_a():\n    assert f() is True\n")
    folder.write(file, text)
    (said,) = folder.complaints()
    assert said.startswith(f"checks[0].suite.written_twins: {complaint}")


def test_twins_of_a_split_suite_are_a_complaint_even_from_the_defaults(folder: Folder) -> None:
    folder.write("hidden/tests/test_a.py", "def test_a(): pass\n")
    folder.spec(
        """
        defaults: {suite: {twins: all}}
        checks:
          - {id: tests, criterion: api, suite: {files: hidden/tests, isolation: split}}
        """
    )
    (said,) = folder.complaints()
    assert said.startswith('defaults.suite.twins: "twins" is for suites that run in one process')


def test_a_challenge_whose_checks_reach_the_least_tier(folder: Folder) -> None:
    folder.write("hidden/tests/test_a.py", "def test_a(): pass\n")
    suite = "- {id: tests, criterion: api, suite: {files: hidden/tests, isolation: split}}"
    folder.spec(f"min_tier: split\nchecks:\n  {HEALTH}\n  {suite}\napp: {{port: 8080}}\n")
    assert folder.load().spec.min_tier == "split"
    folder.spec(f"checks:\n  {suite}\n")
    assert folder.load().spec.min_tier == "in-process"


def test_without_a_runner_only_services_read_the_submission(folder: Folder) -> None:
    services = "services: {db: {runner: postgres}}\ndatasets: {d: {service: db}}\n"
    query = "  - {id: q, criterion: api, sql: {file: q.sql, dataset: d, expect: {value: 1}}}\n"
    tables = "  - {id: t, criterion: api, schema: {dataset: d, tables: {a: {}}}}\n"
    folder.spec(f"{services}checks:\n{query}{tables}")
    folder.write("challenge.yaml", (folder.path / "challenge.yaml").read_text().replace("runner: any", "runner: none"))
    assert folder.load().spec.runner == "none"
    run = '  - {id: c, criterion: api, command: {run: "true", expect: {exit: 0}}}\n'
    folder.spec(f"{services}app: {{ready: {{tcp: true}}}}\nchecks:\n{query}{run}  {HEALTH}\n")
    folder.write("challenge.yaml", (folder.path / "challenge.yaml").read_text().replace("runner: any", "runner: none"))
    complaints = "\n".join(folder.complaints())
    assert "app: there is an app, but runner: none; name the runners of its languages, or remove it" in complaints
    for kind in ("command", "http"):
        assert (
            f"a check of the kind {kind} runs code of the submission, but the challenge has runner: none" in complaints
        )


def test_each_variant_has_a_lock_of_its_own(folder: Folder) -> None:
    folder.spec(f"app: {{ready: {{tcp: true}}}}\nchecks:\n  {HEALTH}\n")
    shutil.copy(folder.path / "challenge.yaml", folder.path / "challenge.small.yaml")
    assert (folder.load().lock_path, folder.load().place) == (folder.path / "challenge.lock", folder.path)
    variant = load_challenge(
        folder.path / "challenge.small.yaml", rubrics=[folder.rubrics], runners=RUNNERS, tools=TOOLS
    )
    assert variant.lock_path == folder.path / "challenge.small.lock"
    assert variant.place == folder.path / "challenge.small.yaml"


def test_variants_of_the_shipped_sql_challenge_differ_in_their_engine_only() -> None:
    shipped = HERE.parents[1] / "challenges" / "sql-analytics"
    base = (shipped / "challenge.yaml").read_text(encoding="utf-8")
    for engine, title in (("mariadb", "MariaDB"), ("sqlite", "SQLite")):
        variant = (shipped / f"challenge.{engine}.yaml").read_text(encoding="utf-8")
        same = variant.replace(f"id: sql-analytics-{engine}", "id: sql-analytics").replace(title, "PostgreSQL")
        assert (
            same.replace(f"runner: {engine}", "runner: postgres").replace(f"/reference-{engine}", "/reference-postgres")
            == base
        )


def test_a_kind_that_advises_has_points_only_if_its_author_says_so(folder: Folder) -> None:
    folder.spec(f"app: {{}}\nchecks:\n  {HEALTH}\n")
    assert not folder.load().spec.reads_history
    given = "{id: more, criterion: api, points: 2, git: {expect: {commits: {gte: 2}}}}"
    folder.spec(f"app: {{}}\nchecks:\n  {HEALTH}\n  - {{id: log, criterion: api, git: {{}}}}\n  - {given}\n")
    spec = folder.load().spec
    assert [check.points for check in spec.checks] == [1, 0, 2]
    assert spec.reads_history


def test_lines_of_earlier_commits_are_read_without_what_no_check_wants(folder: Folder) -> None:
    scans = ["tool: secrets, ignore: [x]", "tool: secrets, history: true, ignore: [a, b]"]
    scans.append("tool: secrets, history: true, ignore: [b, c]")
    for count, without in ((1, None), (2, {"a", "b"}), (3, {"b"})):
        checks = "".join(
            f"  - {{id: s{number}, criterion: api, scan: {{{scan}}}}}\n" for number, scan in enumerate(scans[:count])
        )
        folder.spec(f"app: {{}}\nchecks:\n  {HEALTH}\n{checks}")
        spec = folder.load().spec
        assert (spec.reads_lines_without, spec.reads_history) == (without, False)


def test_a_scanner_is_a_runner_of_that_kind(folder: Folder) -> None:
    checks = (
        f"app: {{}}\nchecks:\n  {HEALTH}\n  - {{id: scanned, criterion: api, scan: {{tool: ruff, scanner: NAME}}}}\n"
    )
    folder.spec(checks.replace("NAME", "python"))
    assert folder.complaints() == ['checks[1].scan: no runner of kind scanner "python"; there is: scanners']
    folder.spec(checks.replace("NAME", "scanners"))
    assert folder.load().spec.scanners == ("scanners",)


LONG = "a" * 300


@pytest.mark.parametrize(
    "text",
    [
        f"brief: {LONG}.md\nchecks:\n  {HEALTH}\n",
        f"services: {{d: {{runner: postgres}}}}\ndatasets: {{s: {{service: d, load: [{{challenge: {LONG}.sql}}]}}}}\n",
        f"solutions: [{{path: {LONG}/{LONG}, expect: {{passes: all}}}}]\n",
    ],
)
def test_a_name_that_no_file_can_have_is_a_file_that_is_not_there(folder: Folder, text: str) -> None:
    folder.spec(f"app: {{}}\n{text}" if "checks:" in text else f"app: {{}}\nchecks:\n  {HEALTH}\n{text}")
    (complaint,) = folder.complaints()
    assert "no f" in complaint
    assert complaint.endswith("in the challenge's folder")
    assert len(complaint) < 300


@pytest.mark.parametrize("ending", ["", ".yaml"])
def test_a_name_that_no_rubric_can_have(folder: Folder, ending: str) -> None:
    folder.spec(f"app: {{}}\nchecks:\n  {HEALTH}\n", f"{LONG}{ending}")
    (complaint,) = folder.complaints()
    assert complaint.startswith("rubric: no ")


def test_another_runner_serves_the_clients_of_a_service_that_has_none(folder: Folder) -> None:
    folder.spec(f"services: {{db: {{runner: mysql}}}}\napp: {{}}\nchecks: [{HEALTH[2:]}]\n")
    with pytest.raises(SpecError) as caught:
        load_challenge(folder.path, rubrics=[folder.rubrics], runners={"python": "language", "mariadb": "service"})
    assert 'services.db.runner: no runner "mysql"; mariadb stands for it; write "mariadb"' in str(caught.value)


def test_a_list_of_what_there_is_has_a_bounded_length(folder: Folder) -> None:
    many = "\n".join(f"  - {HEALTH[2:].replace('health', f'c{number}')}" for number in range(200))
    long = "{id: " + "r " * 300 + ", criterion: api}"
    folder.spec(f"app: {{}}\nchecks:\n{many}\n  - {long}\n  - {{id: x, need: [zzzzzzzz], criterion: api}}\n")
    (complaint,) = [text for text in folder.complaints() if "no check" in text]
    assert "and 140 more" in complaint
    assert len(complaint) < 1000


@pytest.mark.parametrize(
    "text",
    [
        f"{{request: 'GET {' ' * 60_000}/', expect: any}}",
        f"{{request: GET /, expect: {{{'a' * 60_000}: {{b: 1}}}}}}",
        f"{{request: GET /, expect: any, json: 1e{'9' * 60_000}}}",
        f"{{request: GET /, expect: any, json: {{{'a' * 60_000}: '${{b}}'}}}}",
    ],
)
def test_no_message_is_longer_than_a_person_reads(folder: Folder, text: str) -> None:
    folder.spec(f"app: {{}}\nchecks: [{{id: x, criterion: api, http: {{steps: [{text}]}}}}]\n")
    with pytest.raises(SpecError) as caught:
        folder.load()
    assert all(len(str(problem)) < 5000 for problem in caught.value.problems)

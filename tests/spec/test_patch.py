"""Patches: what git and diff print is put on as git would, and what does not fit is told."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradekit.errors import SpecError
from gradekit.spec.challenge import Challenge, Solution
from gradekit.spec.handed import misfits, whole
from gradekit.spec.lint import lint
from gradekit.spec.load import load_challenge
from gradekit.spec.patch import MAX_BYTES, Changed, Misfit, PatchProblem, patched

BEFORE = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"


def put_on(patch: bytes, files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    return {path: change.data for path, change in patched(patch, files.get).items()}


def hunk(text: str, path: str = "app.py") -> bytes:
    return f"--- a/{path}\n+++ b/{path}\n{text}".encode()


# --- what fits -----------------------------------------------------------------------------------------------------


def test_what_git_prints(tmp_path: Path) -> None:
    before = {"app.py": BEFORE, "gone.py": b"x\n", "lib/no-end": b"1\n2", "lib/ends": b"1\r\n2\r\n", "run": b"echo\n"}
    after = {
        "app.py": BEFORE.replace(b"two", b"2").replace(b"seven\n", b""),
        "lib/no-end": b"1\n2\n3",
        "lib/ends": b"1\r\ntwo\r\n",
        "new/file.py": b"\xff\xfe no UTF-8\n",
        "run": b"echo\n",
    }
    for files in (before, after):
        for path, data in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        if files is before:
            git(tmp_path, "init", "--quiet")
            git(tmp_path, "add", ".")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "run").chmod(0o755)
    git(tmp_path, "add", "--intent-to-add", "new")
    found = patched(git(tmp_path, "diff", "--text"), before.get)
    changed = {path: data for path, data in after.items() if path != "run"}
    assert {path: change.data for path, change in found.items()} == {**changed, "gone.py": None, "run": b"echo\n"}
    assert found["run"].executable is True
    assert found["new/file.py"] == Changed(after["new/file.py"], executable=False)


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


@given(
    st.lists(st.sampled_from("abc\n"), max_size=12), st.lists(st.sampled_from("abc\n"), max_size=12), st.integers(0, 3)
)
def test_what_a_diff_of_two_files_makes_of_the_first_is_the_second(old: list[str], new: list[str], around: int) -> None:
    before, after = [f"{line.strip()}\n" for line in old], [f"{line.strip()}\n" for line in new]
    patch = "".join(difflib.unified_diff(before, after, "a/x", "b/x", n=around))
    if patch:
        given_ = {"x": "".join(before).encode()}
        assert put_on(patch.encode(), given_) == {"x": "".join(after).encode()}


def test_lines_that_moved_are_found() -> None:
    patch = hunk("@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n")
    assert put_on(patch, {"app.py": b"zero\n" * 3 + BEFORE}) == {
        "app.py": b"zero\n" * 3 + BEFORE.replace(b"three", b"3")
    }


def test_names_of_two_folders_are_as_good_as_those_of_git() -> None:
    patch = b"--- reference/app.py\t2026-01-01\n+++ wrong/app.py\t2026-01-02\n@@ -1 +1 @@\n-one\n+1\n"
    assert put_on(patch, {"app.py": b"one\n"}) == {"app.py": b"1\n"}


# --- what does not ---------------------------------------------------------------------------------------------------

ANEW = 'make the patch anew: put it on a copy with patch, and diff again; see "solutions" in challenges/README.md'
ORDER = "compare the base with the wrong solution, in this order"
MAKE = "make it with diff -ruN reference wrong"
WRITE = "write what git diff or diff -u prints into it"
NEW = "new file mode 100644\nindex 0..2\n"
GIT = "diff --git a/{0} b/{1}\n"


@pytest.mark.parametrize(
    ("patch", "what", "hint", "line"),
    [
        (b"", "is no unified diff", WRITE, 0),
        (b"\n" * (MAX_BYTES + 1), "has more than 256 KiB", "put whole files into a folder instead", 0),
        (hunk(f"@@ -1 +{'1' * 5000} @@\n"), "is no unified diff: a number in it has too many digits", ANEW, 3),
        (b"hello\n", "is no unified diff", WRITE, 0),
        (b"\x1b[1mdiff --git a/x b/x\x1b[m\n", "has colour codes in it", "make it with git diff --no-color", 0),
        ("--- a/x\n".encode("utf-16"), "is no text in UTF-8", "save it as such", 0),
        (hunk("@@ -1 +1 @@\n-one\n+one\n"), 'leaves "app.py" as it was', ANEW, 2),
        (b"--- a/app.py\n+++ b/app.py\n@@@ -1,2 -1,2 +1,2 @@@\n", 'leaves "app.py" as it was', ANEW, 2),
        (
            (GIT + "new file mode 100644\nindex 0..2\nBinary files /dev/null and b/{1} differ\n")
            .format("l", "l")
            .encode(),
            'changes "l", which is no text',
            "put whole files into a folder instead",
            1,
        ),
        (
            (GIT + NEW + "GIT binary patch\nliteral 1\nx\n").format("l", "l").encode(),
            'changes "l", which is no text',
            "put whole files into a folder instead",
            1,
        ),
        (
            hunk("@@ -1,9 +1 @@\n-one\n"),
            "is cut off: the hunk of its line 3 has fewer lines than its head says",
            ANEW,
            4,
        ),
        (
            hunk("@@ -1 +1 @@\n-one\n+1\n@@ -3,2 +3 @@\n three\n+x\n"),
            "has more lines in the hunk of its line 6 than its head says",
            ANEW,
            8,
        ),
        (
            hunk("@@ -1,3 +1,3 @@\n one\n-two\n+2\n\tthree\n"),
            'has "three" in the hunk of its line 3, where each line begins with a space, +, - or a backslash',
            ANEW,
            7,
        ),
        (b"x\n@@ -1 +1 @@\n-one\n+1\n", "is no unified diff: Unexpected hunk found: @@ -1 +1 @@", ANEW, 2),
        (
            hunk("@@ -4,2 +4,2 @@\n four\n-fi\tve\n+5\n"),
            'expects "fi\\tve" as line 5 of "app.py", which is "five"',
            ANEW,
            5,
        ),
        (
            hunk("@@ -4,2 +4,2 @@\n four\n-\tfive\n+5\n"),
            'expects "five" as line 5 of "app.py", which has other spaces or tabs',
            ANEW,
            5,
        ),
        (b"--- /dev/null\n+++ /dev/null\n", "is no unified diff: it names no file", ANEW, 2),
        (hunk("@@ -9,0 +9,0 @@\n"), 'has hunks of "app.py" that are out of order', ANEW, 2),
        (hunk("@@ -2,2 +2,2 @@\n+2\n two\n-3\n"), 'expects "3" as line 3 of "app.py", which is "three"', ANEW, 6),
        (hunk("@@ -1 +1 @@\n-one\n+1\n") * 2, 'changes "app.py" twice', ANEW, 7),
        (
            hunk("@@ -1 +1 @@\n-one\n+1\n", "no.py"),
            'changes "no.py", which is not there',
            MAKE,
            2,
        ),
        (b"--- /dev/null\n+++ b/app.py\n@@ -0,0 +1 @@\n+1\n", 'adds "app.py", which is there', ANEW, 2),
        (hunk("@@ -1 +1 @@\n-one\n+1\n", "../x"), 'changes "a/../x", which is outside', ANEW, 2),
        (
            (GIT + "similarity index 100%\nrename from x\nrename to y\n").format("x", "y").encode(),
            'names two files for one, "a/x" and "b/y"',
            "diff two folders, or git diff --no-renames",
            1,
        ),
        (
            b'--- "a/\\303\\251"\n+++ "b/\\303\\251"\n@@ -1 +1 @@\n-one\n+1\n',
            'has names in quotes: "a/\\303\\251"',
            "make it with git -c core.quotePath=false diff",
            2,
        ),
        (
            (GIT + "index 1..2 100644\nBinary files a/{0} and b/{1} differ\n").format("app.py", "app.py").encode(),
            'changes "app.py", which is no text',
            "put whole files into a folder instead",
            1,
        ),
        (
            hunk("@@ -2,3 +2,3 @@\n two\n-3\n+three\n four\n"),
            'is the wrong way round: "app.py" is as it would be afterwards',
            ORDER,
            5,
        ),
        (
            hunk("@@ -2,4 +2,3 @@\n-1 1/2\n two\n-'3'\n+three\n four\n@@ -8 +8 @@\n-eight\n+ten\n"),
            'expects "1 1/2" as line 1 of "app.py", which is "one"',
            ANEW,
            4,
        ),
        (
            hunk('@@ -2,3 +2,3 @@\n two\n-note["3"]\n+3\n four\n'),
            'expects \'note["3"]\' as line 3 of "app.py", which is "three"',
            ANEW,
            5,
        ),
        (
            hunk("@@ -2,3 +2,3 @@\n two\n-\"'\\3`\n+3\n four\n"),
            'expects ""\'\\3`" as line 3 of "app.py", which is "three"',
            ANEW,
            5,
        ),
        (
            b"--- /dev/null\n+++ b/app.py.orig\n@@ -0,0 +1 @@\n+1\n",
            'adds "app.py.orig", which patch left behind',
            "remove it from the copy, and diff again; patch --no-backup-if-mismatch leaves no copies",
            2,
        ),
        (
            b"--- /dev/null\n+++ b/app.py.rej\n@@ -0,0 +1 @@\n+1\n",
            'adds "app.py.rej", which patch left behind',
            "remove it from the copy, and diff again; patch --no-backup-if-mismatch leaves no copies",
            2,
        ),
        (
            hunk("@@ -8,2 +8,2 @@\n eight\n-nine\n+ten\n"),
            'expects "nine" as line 9 of "app.py", which is not there',
            ANEW,
            5,
        ),
        (
            hunk("@@ -5,2 +5 @@\n five\n-six\n@@ -1 +1 @@\n-one\n+1\n"),
            'has hunks of "app.py" that are out of order',
            ANEW,
            7,
        ),
    ],
)
def test_what_does_not_fit_is_told(patch: bytes, what: str, hint: str, line: int) -> None:
    with pytest.raises(PatchProblem) as caught:
        patched(patch, {"app.py": BEFORE}.get)
    assert caught.value.misfits == (Misfit(what, hint, line),)


def test_all_that_does_not_fit_is_told() -> None:
    patch = (
        hunk("@@ -1,2 +1,2 @@\n one\n-2\n+two\n@@ -4 +4 @@\n-four\n+4\n@@ -7 +7 @@\n-siebn\n+7\n")
        + hunk("@@ -1 +1 @@\n-one\n+1\n", "no.py")
        + hunk("@@ -1 +1 @@\n-one\n+1\n", "no.py")
    )
    with pytest.raises(PatchProblem) as caught:
        patched(patch, {"app.py": BEFORE}.get)
    assert [(misfit.line, misfit.what) for misfit in caught.value.misfits] == [
        (5, 'expects "2" as line 2 of "app.py", which is "two"'),
        (11, 'expects "siebn" as line 7 of "app.py", which is "seven"'),
        (14, 'changes "no.py", which is not there'),
        (19, 'changes "no.py" twice'),
    ]


def test_lines_that_stand_at_two_other_places_are_not_guessed() -> None:
    with pytest.raises(PatchProblem, match=r'has lines that stand at 2 places of "app\.py": 1, 2') as caught:
        patched(hunk("@@ -3 +3 @@\n-x\n+z\n"), {"app.py": b"x\nx\ny\n"}.get)
    assert caught.value.misfits[0].hint == "give it more lines around the change"
    with pytest.raises(PatchProblem, match=r'stand at 4 places of "app\.py": 1, 2, 3, \.\.\.'):
        patched(hunk("@@ -9 +9 @@\n-x\n+z\n"), {"app.py": b"x\nx\nx\nx\n"}.get)


def test_the_line_that_differs_is_named_where_the_others_are() -> None:
    patch = hunk("@@ -2,4 +2,4 @@\n two\n-three\n+3\n four\n five\n")
    with pytest.raises(PatchProblem) as caught:
        patched(patch, {"app.py": b"new\n" * 5 + BEFORE.replace(b"three", b"trois")}.get)
    assert caught.value.misfits == (Misfit('expects "three" as line 8 of "app.py", which is "trois"', ANEW, 5),)


def test_line_ends() -> None:
    changed = {"app.py": BEFORE.replace(b"two", b"2")}
    patch = hunk("@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n")
    assert put_on(patch.replace(b"\n", b"\r\n"), {"app.py": BEFORE}) == changed, "as an editor of Windows saves it"
    with pytest.raises(PatchProblem, match=r'expects "one" as line 1 of "app\.py", which has another line end'):
        patched(patch, {"app.py": BEFORE.replace(b"\n", b"\r\n")}.get)


def test_what_stands_below_a_patch_is_no_part_of_it() -> None:
    patch = hunk("@@ -1,2 +1,2 @@\n-one\n+1\n two\n")
    for more in (b"\n", b"\n\nMore of it\n", b"-- \n2.39.5\n\n"):
        assert put_on(patch + more, {"app.py": BEFORE}) == {"app.py": BEFORE.replace(b"one", b"1")}


def test_two_folders_as_diff_compares_them(tmp_path: Path) -> None:
    before = {"app.py": BEFORE, "gone.py": b"x\n"}
    after = {"app.py": BEFORE.replace(b"two", b"2"), "new.py": b"y\n"}
    for name, files in (("reference", before), ("wrong", after)):
        (tmp_path / name).mkdir()
        for path, data in files.items():
            (tmp_path / name / path).write_bytes(data)
    done = subprocess.run(["diff", "-ruN", "reference", "wrong"], cwd=tmp_path, check=False, capture_output=True)
    assert put_on(done.stdout, before) == {**after, "gone.py": None}


# --- as a solution ---------------------------------------------------------------------------------------------------


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    root = tmp_path / "tiny"
    files = {
        "rubric.yaml": "gradekit: 1\nid: r\ntitle: R\ncriteria:\n  a: {title: A, weight: 100}\n",
        "challenge.yaml": """gradekit: 1
id: tiny
title: Tiny
runner: python
rubric: rubric.yaml
variants: {parameters: {limit: [5, 7]}, templates: [solutions/reference/app.py]}
checks:
  - {id: one, criterion: a, command: {cases: [{name: x, run: x, expect: {stdout: {matches: "^{{ variant.limit }}$"}}}]}}
solutions:
  - {path: solutions/reference, expect: {passes: all}}
  - {path: solutions/wrong.patch, base: solutions/reference, expect: {fails: [one]}}
""",
        "solutions/reference/app.py": "LIMIT = {{ variant.limit }}\nprint(LIMIT)\n",
        "solutions/reference/old.py": "x\n",
        "solutions/reference/run": "echo\n",
        "solutions/wrong.patch": """diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,2 +1,2 @@
 LIMIT = {{ variant.limit }}
-print(LIMIT)
+print(LIMIT + 1)
diff --git a/old.py b/old.py
deleted file mode 100644
--- a/old.py
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/lib/new.py b/lib/new.py
new file mode 100644
--- /dev/null
+++ b/lib/new.py
@@ -0,0 +1 @@
+y
diff --git a/run b/run
old mode 100644
new mode 100755
""",
    }
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return load_challenge(root, rubrics=[], variant=2)


def wrong(challenge: Challenge) -> Solution:
    return challenge.spec.solutions[1]


def test_a_patch_is_put_on_a_copy_of_its_base_and_values_after_it(challenge: Challenge) -> None:
    with whole(challenge, wrong(challenge)) as folder:
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        assert {path: file.read_text() for path, file in found.items()} == {
            "app.py": "LIMIT = 7\nprint(LIMIT + 1)\n",
            "lib/new.py": "y\n",
            "run": "echo\n",
        }
        assert found["run"].stat().st_mode & 0o777 == 0o755
    assert not folder.exists()
    assert (challenge.root / "solutions/reference/old.py").read_text() == "x\n"


def test_a_base_that_changed_meanwhile_is_told(challenge: Challenge) -> None:
    (challenge.root / "solutions/reference/app.py").write_text("other\n")
    with pytest.raises(SpecError) as caught, whole(challenge, wrong(challenge)):
        pass
    assert str(caught.value) == (
        f"{challenge.root}/solutions/wrong.patch:5: does not fit solutions/reference: it expects "
        '"LIMIT = {{ variant.limit }}" as line 1 of "app.py", which is "other"; ' + ANEW
    )


def test_a_link_of_the_base_leads_no_patch_elsewhere(challenge: Challenge, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (challenge.root / "solutions/reference/lib").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(SpecError, match=r'changes "lib/new\.py", which a link of its base leads elsewhere'),
        whole(challenge, wrong(challenge)),
    ):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_over_its_base_has_values_too(challenge: Challenge) -> None:
    (challenge.root / "solutions/over").mkdir()
    (challenge.root / "solutions/over/old.py").write_text("z\n")
    over = wrong(challenge).model_copy(update={"path": "solutions/over"})
    with whole(challenge, over) as folder:
        assert (folder / "old.py").read_text() == "z\n"
        assert (folder / "app.py").read_text() == "LIMIT = 7\nprint(LIMIT)\n"
    with whole(challenge, challenge.spec.solutions[0]) as folder:
        assert (folder / "app.py").read_text() == "LIMIT = 7\nprint(LIMIT)\n"


def test_without_variants_nothing_is_filled_in(challenge: Challenge) -> None:
    spec = challenge.root / "challenge.yaml"
    text = spec.read_text().replace('matches: "^{{ variant.limit }}$"', "eq: x")
    spec.write_text("\n".join(line for line in text.split("\n") if not line.startswith("variants:")))
    plain = load_challenge(challenge.root, rubrics=[])
    with whole(plain, wrong(plain)) as folder:
        assert (folder / "app.py").read_text() == "LIMIT = {{ variant.limit }}\nprint(LIMIT + 1)\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            ", base: solutions/reference",
            "",
            '"solutions/wrong.patch" is a patch of nothing; say with base which folder',
        ),
        (
            "wrong.patch, base",
            "wrogn.patch, base",
            'no file "solutions/wrogn.patch" in the challenge\'s folder; did you',
        ),
        ("base: solutions/reference", "base: solutions/refrence", 'no folder "solutions/refrence" in the challenge\'s'),
        (
            "wrong.patch, base: solutions/reference",
            "reference/app.py",
            "it is a file: a patch's name ends in .patch or .diff",
        ),
        (
            "wrong.patch, base: solutions/reference",
            "wrong.patch, base: solutions/wrong.patch",
            'no folder "solutions/wrong.patch" in the challenge\'s folder; it is a file: base is a folder',
        ),
    ],
)
def test_a_patch_that_cannot_be_is_told_by_lint(challenge: Challenge, old: str, new: str, message: str) -> None:
    spec = challenge.root / "challenge.yaml"
    spec.write_text(spec.read_text().replace(old, new))
    with pytest.raises(SpecError) as caught:
        load_challenge(challenge.root, rubrics=[])
    assert message in str(caught.value)


def test_a_patch_that_does_not_fit_is_told_by_lint_and_keeps_nobody_from_grading(challenge: Challenge) -> None:
    (challenge.root / "solutions/reference/app.py").write_text("other\n")
    assert load_challenge(challenge.root, rubrics=[]).spec.solutions == challenge.spec.solutions
    (problem,) = lint(challenge.root, rubrics=[]).problems
    assert str(problem) == (
        f"{challenge.root}/solutions/wrong.patch:5: does not fit solutions/reference: it expects "
        '"LIMIT = {{ variant.limit }}" as line 1 of "app.py", which is "other"; ' + ANEW
    )
    hunks = "".join(f"@@ -{line} +{line} @@\n-x\n+y\n" for line in range(1, 13))
    (challenge.root / "solutions/wrong.patch").write_text(f"--- a/app.py\n+++ b/app.py\n{hunks}")
    *most, last = misfits(challenge)
    assert (len(most), most[9].place) == (10, f"{challenge.root}/solutions/wrong.patch:31")
    assert str(last) == f"{challenge.root}/solutions/wrong.patch: and 2 more that do not fit"
    (challenge.root / "solutions/wrong.patch").unlink()
    (problem,) = misfits(challenge)
    assert str(problem) == f"{challenge.root}/solutions/wrong.patch: cannot be read (No such file or directory)"


def test_a_patch_that_is_not_listed_is_warned_of(challenge: Challenge) -> None:
    shutil.copy(challenge.root / "solutions/wrong.patch", challenge.root / "solutions/other.patch")
    named = [(warned.name, warned.at) for warned in lint(challenge.root, rubrics=[]).warnings]
    assert ("unused-solution", "solutions/other.patch") in named


def test_a_wrong_solution_that_changes_nothing_is_told_by_lint(challenge: Challenge) -> None:
    spec, over = challenge.root / "challenge.yaml", challenge.root / "solutions/wrong"
    spec.write_text(spec.read_text().replace("wrong.patch", "wrong"))
    over.mkdir()
    said = f"{over}: changes nothing in solutions/reference: all its files are there, and are the same; put in what is"
    reference = challenge.root / "solutions/reference"

    def told() -> list[str]:
        return [str(problem)[: len(said)] for problem in misfits(load_challenge(challenge.root, rubrics=[]))]

    assert told() == [said]
    shutil.copy(reference / "run", over / "run")
    assert told() == [said]
    assert [str(problem)[: len(said)] for problem in lint(challenge.root, rubrics=[]).problems] == [said]
    (over / "run").chmod(0o755)
    assert told() == []
    shutil.copy(reference / "run", over / "run")
    (over / "link").symlink_to("nowhere")
    assert told() == []
    (over / "link").unlink()
    (over / "new").write_text("")
    assert told() == []
    (over / "new").unlink()
    shutil.copy(reference / "app.py", over / "app.py")
    assert told() == [], "only that of the base is a template"
    spec.write_text(spec.read_text().replace("expect: {fails: [one]}", "expect: {passes: all}"))
    (over / "app.py").unlink()
    assert told() == [], "it is no wrong one"


def test_a_patch_made_in_a_repository_or_with_a_copy_fits(challenge: Challenge) -> None:
    patch = challenge.root / "solutions/wrong.patch"
    text = patch.read_text()
    for old, new in (("a/x/solutions/reference/", "b/x/solutions/reference/"), ("a/reference/", "b/wrong/")):
        patch.write_text(text.replace("a/", old).replace("b/", new).replace("li" + new, "lib/"))
        with whole(challenge, wrong(challenge)) as folder:
            assert (folder / "app.py").read_text() == "LIMIT = 7\nprint(LIMIT + 1)\n"
            assert (folder / "lib/new.py").read_text() == "y\n"

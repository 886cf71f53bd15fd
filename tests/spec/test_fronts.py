"""What stands in front of the paths of a patch: as the tools print it, it is found; what may mean two files is told."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from gradekit.spec.patch import PatchProblem, patched

Tree = Mapping[str, bytes]
BASE = "solutions/reference"
TREE = {"app.py": b"one\n", "lib/app.py": b"two\n", "lib/db.py": b"three\n"}
COMMAND = "make it with diff -ruN reference wrong, in the folder solutions"


def change(old: str, new: str, before: str, after: str) -> str:
    return f"--- {old}\n+++ {new}\n@@ -1 +1 @@\n-{before}\n+{after}\n"


def added(name: str) -> str:
    return f"--- /dev/null\n+++ {name}\n@@ -0,0 +1 @@\n+new\n"


def removed(name: str, text: str) -> str:
    return f"--- {name}\n+++ /dev/null\n@@ -1 +0,0 @@\n-{text}\n"


def put_on(patch: bytes, tree: Tree, base: str = BASE) -> dict[str, bytes]:
    folders = {path.rpartition("/")[0] for path in tree}
    found = patched(
        patch, tree.get, base, lambda path: any(folder == path or folder.startswith(f"{path}/") for folder in folders)
    )
    changed = {path: change.data for path, change in found.items()}
    return {path: data for path, data in {**tree, **changed}.items() if data is not None}


@pytest.mark.parametrize(
    ("patch", "changes"),
    [
        (change("a/lib/db.py", "b/lib/db.py", "three", "3"), {"lib/db.py": b"3\n"}),
        (change(f"a/{BASE}/app.py", f"b/{BASE}/app.py", "one", "1"), {"app.py": b"1\n"}),
        (change(f"i/x/y/{BASE}/lib/db.py", f"w/x/y/{BASE}/lib/db.py", "three", "3"), {"lib/db.py": b"3\n"}),
        (change("a/reference/lib/db.py", "b/wrong/lib/db.py", "three", "3"), {"lib/db.py": b"3\n"}),
        (change("solutions/reference/app.py", "solutions/wrong/app.py", "one", "1"), {"app.py": b"1\n"}),
        (change("/tmp/x/app.py", "wrong/app.py", "one", "1"), {"app.py": b"1\n"}),
        (change("old/c/solutions/reference/app.py", "c/solutions/reference/app.py", "one", "1"), {"app.py": b"1\n"}),
        (change("lib/db.py", "lib/db.py", "three", "3"), {"lib/db.py": b"3\n"}),
        (change("x/lib/db.py", "x/lib/db.py", "three", "3"), {"lib/db.py": b"3\n"}),
        (change(f"{BASE}/app.py", f"{BASE}/app.py", "one", "1"), {"app.py": b"1\n"}),
        (change("app.py", "app.py", "one", "1"), {"app.py": b"1\n"}),
        (
            change("a/reference/app.py", "b/wrong/app.py", "one", "1")
            + added("b/wrong/more/x.py")
            + removed("a/reference/lib/db.py", "three"),
            {"app.py": b"1\n", "more/x.py": b"new\n", "lib/db.py": None},
        ),
        (removed("a/lib/db.py", "three"), {"lib/db.py": None}),
        (removed("lib/db.py", "three"), {"lib/db.py": None}),
        (removed("a/reference/lib/db.py", "three"), {"lib/db.py": None}),
        (removed(f"a/c/{BASE}/lib/db.py", "three"), {"lib/db.py": None}),
        (removed("a/lib/db.py", "three") + added("b/x/y.py"), {"lib/db.py": None, "x/y.py": b"new\n"}),
        (removed("a/reference/lib/db.py", "three") + added("b/wrong/x.py"), {"lib/db.py": None, "x.py": b"new\n"}),
        (removed(f"a/{BASE}/lib/db.py", "three") + added(f"b/{BASE}/x/y.py"), {"lib/db.py": None, "x/y.py": b"new\n"}),
        (added("b/x.py"), {"x.py": b"new\n"}),
        (added("x.py") + added("y/x.py"), {"x.py": b"new\n", "y/x.py": b"new\n"}),
        (added("b/lib/x.py"), {"lib/x.py": b"new\n"}),
        (added("b/y/x.py") + added("b/x.py"), {"y/x.py": b"new\n", "x.py": b"new\n"}),
        (added(f"b/c/{BASE}/y/x.py"), {"y/x.py": b"new\n"}),
        (added("b/new/app.py"), {"new/app.py": b"new\n"}),
    ],
)
def test_what_tools_put_in_front_is_left_out(patch: str, changes: Mapping[str, bytes | None]) -> None:
    expected = {path: data for path, data in {**TREE, **changes}.items() if data is not None}
    assert put_on(patch.encode(), TREE) == expected


@pytest.mark.parametrize(
    ("patch", "what", "line"),
    [
        (change("lib/app.py", "lib/app.py", "two", "2"), 'may mean "app.py" or "lib/app.py"', 2),
        (removed("a/reference/app.py", "two"), 'may mean "app.py" or "reference/app.py"', 2),
        (added("b/wrong/x.py"), 'may mean "x.py" or "wrong/x.py"', 2),
        (added("wrong/x.py"), 'may mean "x.py" or "wrong/x.py"', 2),
        (removed("a/reference/lib/db.py", "three") + added("b/wrong/y/x.py"), 'may mean "x.py" or "y/x.py"', 6),
        (
            removed("a/lib/db.py", "three") + added("x/y.py") + added("z/y.py"),
            "has names of removed and of added files with nothing alike in front",
            2,
        ),
        (
            change("a/app.py", "b/app.py", "one", "1") + change("reference/lib/db.py", "b/lib/db.py", "three", "3"),
            'has other folders in front in "reference/lib/db.py" than in "a/app.py"',
            7,
        ),
        (
            change("a/app.py", "b/app.py", "one", "1") + added("wrong/x.py"),
            'has other folders in front in "wrong/x.py" than in "a/app.py"',
            7,
        ),
        (
            removed("reference/lib/db.py", "three") + change("a/app.py", "b/app.py", "one", "1"),
            'has other folders in front in "reference/lib/db.py" than in "a/app.py"',
            2,
        ),
        (change("a/x/reference/no.py", "b/x/wrong/no.py", "one", "1"), 'changes "no.py", which is not there', 2),
        (change(f"a/{BASE}/no.py", f"b/{BASE}/no.py", "one", "1"), 'changes "no.py", which is not there', 2),
        (added("b/wrong/" + "x/" * 30_000 + "y.py"), "has a path below more than 100 folders", 2),
        (
            change("a/app.py", "b/app.py", "one", "1") + removed("a/" + "x/" * 100 + "y.py", "two"),
            "has a path below more than 100 folders",
            7,
        ),
    ],
)
def test_what_is_not_clear_is_told_with_the_command_to_use(patch: str, what: str, line: int) -> None:
    tree = {**TREE, "reference/app.py": b"two\n"}
    with pytest.raises(PatchProblem) as caught:
        put_on(patch.encode(), tree)
    (misfit,) = caught.value.misfits
    assert (misfit.what, misfit.hint, misfit.line) == (what, COMMAND, line)
    with pytest.raises(PatchProblem) as caught:
        put_on(added("b/wrong/x.py").encode(), tree, "right")
    assert caught.value.misfits[0].hint == "make it with diff -ruN right wrong"


# --- what the tools make of two trees ------------------------------------------------------------------------------

# The copy, "wrong", has a name that no folder in it has: else nothing tells a/wrong/x of both apart.
FOLDERS = st.lists(st.sampled_from(["reference", "solutions", "a", "b", "lib"]), max_size=3)
FILES = st.builds(lambda folders, name: "/".join((*folders, name)), FOLDERS, st.sampled_from(["app.py", "db.py", "x"]))
TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four"]), min_size=1, max_size=8).map(
    lambda lines: "".join(f"{line}\n" for line in lines).encode()
)
TREES = st.dictionaries(FILES, TEXTS, min_size=1, max_size=4)


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(TREES, TREES, st.sets(st.integers(0, 3)), st.sampled_from([1, 3]))
def test_real_patches_give_the_changed_tree_or_are_unclear(
    before: Tree, more: Tree, kept: set[int], around: int
) -> None:
    after = {**{path: data for at, (path, data) in enumerate(before.items()) if at in kept}, **more}
    assume(before != after)
    # Where the base has its own path in it once more, nothing tells which one of both a name means.
    assume(not any(f"{BASE}/" in path for path in (*before, *after)))
    changes_texts = any(before[path] != after[path] for path in before.keys() & after)
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        challenge = top / "challenges/notes"
        base, wrong = challenge / BASE, challenge / "solutions/wrong"
        written(base, before)
        written(wrong, after)
        unified = f"-U{around}"
        git = ("git", "-c", "core.fileMode=false", "-c", "diff.renames=false")
        patches = {
            "diff": run(["diff", "-rN", unified, "reference", "wrong"], challenge / "solutions"),
            "diff from above": run(["diff", "-rN", unified, BASE, "solutions/wrong"], challenge),
            "no index": run([*git, "diff", "--no-index", unified, "reference", "wrong"], challenge / "solutions"),
        }
        run(["git", "init", "--quiet"], top)
        run(["git", "add", "."], top)
        run(["git", "-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "--quiet", "-m", "x"], top)
        shutil.rmtree(base)
        written(base, after)
        run(["git", "add", "."], top)
        patches["git"] = run([*git, "diff", "--cached", unified], top)
        patches["git, relative"] = run([*git, "diff", "--cached", unified, f"--relative=challenges/notes/{BASE}"], top)
    nested = any("reference/" in path for path in (*before, *after))
    for tool, patch in patches.items():
        problem = None
        try:
            assert put_on(patch, before) == after, tool
        except PatchProblem as problem_:
            problem = problem_
        if problem is not None:
            assert [misfit.what[:9] for misfit in problem.misfits] == ["may mean "], (tool, problem)
            assert nested or not (changes_texts or tool.startswith("diff")), (tool, problem)


def written(folder: Path, tree: Tree) -> None:
    for path, data in tree.items():
        assume(not any(other.startswith(f"{path}/") for other in tree))
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def run(command: list[str], folder: Path) -> bytes:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout

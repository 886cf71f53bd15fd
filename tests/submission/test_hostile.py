"""Repositories and servers that want to run code, fill the disk, or paint on a terminal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gradekit.submission import Access, CloneRules, gitio
from gradekit.submission.address import Address
from tests.submission.gitserver import Asked, Get, Refusal, Reply, Repository, scripted

FILES = {"README.md": "hello\n"}
SIDEBAND = "application/x-git-upload-pack-result"
ADVERTISEMENT = "application/x-git-upload-pack-advertisement"


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Path]:
    """A program that must never run."""
    program = tmp_path / "trap"
    sprung = tmp_path / "sprung"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {sprung}\nexit 1\n')
    program.chmod(0o755)
    yield program
    assert not sprung.exists(), sprung.read_text()


def set_traps(repository: Repository, trap: Path) -> None:
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
        "core.pager",
        "core.editor",
        "core.askPass",
        "core.alternateRefsCommand",
        "credential.helper",
        "uploadpack.packObjectsHook",
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.external",
        "merge.evil.driver",
        "gpg.program",
        "sequence.editor",
        "remote.origin.uploadpack",
        "alias.upload-pack",
        "tar.evil.command",
    ):
        repository.git("config", key, str(trap))
    repository.git("config", "core.hooksPath", str(trap.parent / "hooks"))
    hooks = [trap.parent / "hooks", repository.path / ".git" / "hooks"]
    for folder in hooks:
        folder.mkdir(exist_ok=True)
        for name in (
            "post-checkout",
            "reference-transaction",
            "post-index-change",
            "pre-auto-gc",
            "fsmonitor-watchman",
        ):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(trap)


def test_nothing_of_a_local_repository_runs(get: Get, repository: Repository, trap: Path) -> None:
    attributes = "* filter=evil diff=evil merge=evil export-ignore ident\n"
    lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1\n"
    commit = repository.commit(
        {
            ".gitattributes": attributes,
            ".lfsconfig": f"[lfs]\n\turl = file://{trap}\n",
            "a": "$Id$ hello\n",
            "big.bin": lfs,
            ".githooks/post-checkout": "#!/bin/sh\n",
        }
    )
    set_traps(repository, trap)
    submission = get(repository.url)
    assert submission.commit == commit
    assert submission.files["a"].data == b"$Id$ hello\n"
    assert submission.files["big.bin"].data == lfs.encode()
    assert submission.uncommitted == ""


def test_nothing_of_a_work_tree_runs_that_has_more_than_its_commit(
    get: Get, repository: Repository, trap: Path
) -> None:
    inner, new = Repository(repository.path / "inner"), Repository(repository.path / "new")
    inner.commit({"x": "x"})
    new.commit({"x": "x"})
    repository.commit({".gitignore": "ignored\n", "a": "one\n", "b": "one\n"})
    repository.git("rm", "--quiet", "--cached", "-r", "new")
    repository.git("commit", "--quiet", "-m", "without new")
    inner.commit({"x": "y"})
    for one in (inner, new, repository):
        set_traps(one, trap)
    (repository.path / ".gitattributes").write_text("* filter=evil diff=evil ident working-tree-encoding=UTF-16\n")
    (repository.path / "a").unlink()
    os.mkfifo(repository.path / "a")
    (repository.path / "\x1b[31mnew").write_text("new")
    (repository.path / "link").symlink_to("/")
    (repository.path / ".git" / "info" / "exclude").unlink(missing_ok=True)
    (repository.path / ".git" / "info" / "exclude").symlink_to("/dev/zero")
    told = get(repository.url).uncommitted
    assert told.startswith("2 changed or removed and 4 new files in the folder are not committed, and so not graded: ")
    assert "graded: \\x1b[31mnew, " in told


@pytest.mark.parametrize("old_git", [False, True])
def test_a_local_repository_cannot_fetch_what_it_lacks(
    refusal: Refusal, repository: Repository, trap: Path, monkeypatch: pytest.MonkeyPatch, *, old_git: bool
) -> None:
    """An older git fetches missing objects even while it serves, with the program of the repository's choice."""
    repository.commit(FILES)
    blob = repository.git("rev-parse", "HEAD:README.md")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": f"file://{repository.path}",
        "remote.evil.uploadpack": str(trap),
        "protocol.allow": "always",
    }
    for key, value in settings.items():
        repository.git("config", key, value)
    if old_git:
        monkeypatch.setattr(gitio, "_UPLOAD_PACK", gitio._UPLOAD_PACK.replace("LAZY_FETCH=1", "LAZY_FETCH=0"))
    assert "git cannot fetch it" in refusal(repository.url)


def test_the_callers_git_configuration_does_not_matter(
    get: Get, repository: Repository, trap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(FILES)
    home = tmp_path / "home"
    templates = tmp_path / "templates"
    (templates / "hooks").mkdir(parents=True)
    (templates / "hooks" / "reference-transaction").symlink_to(trap)
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {templates}/hooks\n\tfsmonitor = {trap}\n[init]\n\ttemplateDir = {templates}\n"
        f'[url "file:///nowhere/"]\n\tinsteadOf = file://\n[fetch]\n\tprune = true\n[broken\n'
        f"[uploadpack]\n\tpackObjectsHook = {trap}\n"
    )
    traps = {
        "GIT_DIR": "/nowhere",
        "GIT_WORK_TREE": "/nowhere",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nowhere",
        "GIT_TEMPLATE_DIR": str(templates),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "uploadpack.packObjectsHook",
        "GIT_CONFIG_VALUE_0": str(trap),
        "GIT_CONFIG_PARAMETERS": f"'uploadpack.packObjectsHook'='{trap}'",
        "GIT_EXEC_PATH": "/nowhere",
        "GIT_SSH": str(trap),
        "GIT_ASKPASS": str(trap),
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_NAMESPACE": "x",
        "odd name-%%": "x",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "LC_ALL": "de_DE.UTF-8",
    }
    for name, value in traps.items():
        monkeypatch.setenv(name, value)
    gitio.git_program.cache_clear()
    assert get(repository.url).commit == commit
    assert not (tmp_path / "trace").exists()


def test_the_environment_of_git_is_ours(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(FILES)
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/x")
    folder = tmp_path / "private"
    folder.mkdir()
    git = gitio.Git(folder, Address("repository", repository.url, "x"), timeout=20, max_pack=1 << 20, access=Access())
    monkeypatch.setattr(git, "_program", "/usr/bin/env")
    seen = git.run(inside=False).stdout.decode()
    assert "SECRET_OF_THE_CALLER" not in seen
    assert "SSH_AUTH_SOCK" not in seen
    assert {line.partition("=")[0] for line in seen.splitlines()} <= {*git._environment, "PWD"}


def test_links_and_submodules_are_dropped(get: Get, repository: Repository, trap: Path) -> None:
    commit = repository.commit(FILES)
    (repository.path / "passwd").symlink_to("/etc/passwd")
    (repository.path / "root").symlink_to("/")
    (repository.path / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = sub\n\turl = ext::{trap}\n')
    repository.git("add", "--all")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    repository.git("commit", "--quiet", "-m", "links")
    submission = get(repository.url)
    assert sorted(submission.files) == [".gitmodules", "README.md"]
    assert submission.dropped == ("passwd: symbolic link", "root: symbolic link", "sub: submodule")


def test_a_submodule_whose_path_ends_with_a_carriage_return(get: Get, repository: Repository) -> None:
    """The path with and without it, a link to the hooks between them: a clone that checks out would run a hook."""
    commit = repository.commit(FILES)
    (repository.path / ".gitmodules").write_bytes(
        f'[submodule "x"]\n\tpath = "sub\r"\n\turl = {repository.path}\n'.encode()
    )
    (repository.path / "sub").symlink_to(".git/modules/x/hooks")
    repository.git("add", "--all")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub\r")
    repository.git("commit", "--quiet", "-m", "links")
    submission = get(repository.url)
    assert sorted(submission.files) == [".gitmodules", "README.md"]
    assert submission.dropped == ("sub: symbolic link", r"sub\r: submodule")


def test_attributes_change_no_byte(get: Get, repository: Repository, trap: Path) -> None:
    """Encodings, ends of lines, filters and LFS pointers stay what was committed, and nothing is asked of LFS."""
    files = {
        "utf16.txt": "\ufeffhello\n".encode("utf-16-le"),
        "crlf.txt": b"a\r\nb\n",
        "lf.bat": b"a\nb\n",
        "big.bin": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"1" * 64 + b"\nsize 1\n",
        ".lfsconfig": b"[lfs]\n\turl = http://127.0.0.1:1/lfs\n\tfetchexclude =\n",
    }
    commit = repository.commit(files)
    repository.git("config", "filter.lfs.smudge", str(trap))
    (repository.path / ".gitattributes").write_text(
        "utf16.txt working-tree-encoding=UTF-16LE-BOM\n*.txt eol=lf\n*.bat text eol=crlf\nbig.bin filter=lfs\n"
    )
    attributes = repository.blob((repository.path / ".gitattributes").read_bytes())
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{attributes},.gitattributes")
    repository.git("commit", "--quiet", "-m", "attributes")
    submission = get(repository.url)
    assert submission.commit != commit
    assert {name: submission.files[name].data for name in files} == files


def test_dangerous_names_are_dropped(get: Get, repository: Repository) -> None:
    blob = repository.blob(b"x")
    names = [b"A", b"a", b"fine", b"x\\y", b"e\x1b[31m", b"\xff", b"n\nl", "b\u202ei".encode(), b"l" * 300]
    repository.publish(repository.tree(dict.fromkeys(names, blob)))
    submission = get(repository.url)
    assert sorted(submission.files) == ["A", "fine"]
    assert len(submission.dropped) == 7
    assert all(line.isprintable() for line in submission.dropped)


@pytest.mark.parametrize("name", [b".git", b".GIT", b"..", b"git~1", b".g\xe2\x80\x8cit"])
def test_names_that_git_itself_takes_for_attacks(refusal: Refusal, repository: Repository, name: bytes) -> None:
    inner = repository.tree({b"config": repository.blob(b"x")})
    repository.publish(repository.tree({name: inner}, mode="040000"))
    assert "objects that git takes for broken or dangerous (" in refusal(repository.url)


@pytest.mark.parametrize(
    "slip",
    [
        ("1700000000 +0000", "1700000000 +051800"),
        ("<a@example.org> 17", "<a@example.org>17"),
        ("author A <", "author <"),
        ("1700000000 +0000", "01700000000 +0000"),
    ],
    ids=["time zone", "space before date", "name before address", "padded date"],
)
def test_slips_of_old_honest_programs(get: Get, repository: Repository, slip: tuple[str, str]) -> None:
    repository.commit(FILES)
    commit = f"{repository.git('cat-file', 'commit', 'HEAD').replace(*slip)}\n"
    assert slip[1] in commit
    oid = repository.git("hash-object", "-w", "--literally", "-t", "commit", "--stdin", stdin=commit.encode())
    repository.git("update-ref", "refs/heads/main", oid)
    assert get(repository.url).commit == oid


def test_a_tree_with_padded_modes(get: Get, repository: Repository) -> None:
    """An old library wrote them, and many repositories still have them."""
    inner = repository.tree({b"README.md": repository.blob(b"hello")})
    raw = b"040000 docs\0" + bytes.fromhex(inner)
    repository.publish(repository.git("hash-object", "-w", "--literally", "-t", "tree", "--stdin", stdin=raw))
    assert list(get(repository.url).files) == ["docs/README.md"]


@pytest.mark.parametrize("leaf", ["files", "nothing"])
def test_a_bomb_of_folders(refusal: Refusal, repository: Repository, leaf: str) -> None:
    tree = repository.tree({b"%d" % n: repository.blob(b"x") for n in range(10)} if leaf == "files" else {})
    for _ in range(10):
        tree = repository.tree({b"%d" % number: tree for number in range(10)}, mode="040000")
    repository.publish(tree)
    begun = time.monotonic()
    assert "more than 5000 f" in refusal(repository.url)
    assert time.monotonic() - begun < 5


def test_a_very_deep_tree(refusal: Refusal, repository: Repository) -> None:
    stream = b"blob\nmark :1\ndata 1\nx\ncommit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n"
    repository.git("fast-import", "--quiet", stdin=stream + b"M 100644 :1 " + b"d/" * 2000 + b"x\n")
    assert "has no files (1 entries dropped" in refusal(repository.url)


def test_many_files(get: Get, refusal: Refusal, repository: Repository) -> None:
    stream = b"commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n"
    stream += b"".join(b"M 100644 inline d%d/f%d\ndata 5\n%05d\n" % (n % 50, n, n) for n in range(5001))
    repository.git("fast-import", "--quiet", stdin=stream)
    assert "more than 5000 files" in refusal(repository.url)
    submission = get(repository.url, rules=CloneRules(max_files=6000))
    assert len(submission.files) == 5001
    assert submission.files["d7/f57"].data == b"00057"


def commit_zeros(repository: Repository, size: int) -> None:
    """One file of many bytes that packs to few."""
    process = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=repository.path, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n")
    process.stdin.write(b"M 100644 inline zeros\ndata %d\n" % size)
    for _ in range(size >> 20):
        process.stdin.write(bytes(1 << 20))
    process.stdin.close()
    assert process.wait() == 0


def test_a_small_pack_with_a_large_file(refusal: Refusal, repository: Repository) -> None:
    commit_zeros(repository, 64 << 20)
    assert "zeros has 64 MiB; at most 20 MiB a file" in refusal(repository.url)


def test_a_large_pack(refusal: Refusal, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"random": os.urandom(6 << 20)})
    monkeypatch.setattr(sys.modules["gradekit.submission.obtain"], "_PACK_SLACK", 1 << 20)
    message = refusal(repository.url, rules=CloneRules(max_size=1 << 20))
    assert "what git fetches has more than 5 MiB; remove large files" in message


def test_many_large_files(refusal: Refusal, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is far below what one file of git may have; together they are not. Without depth, git might unpack them."""
    repository.commit({f"random{number}": os.urandom(1 << 20) for number in range(8)})
    monkeypatch.setattr(sys.modules["gradekit.submission.obtain"], "_PACK_SLACK", 1 << 20)
    message = refusal(repository.url, before=datetime(2030, 1, 1, tzinfo=UTC), rules=CloneRules(max_size=1 << 20))
    assert "what git fetches has more than 5 MiB; remove large files" in message


def test_a_large_file_takes_no_memory(
    refusal: Refusal, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_zeros(repository, 192 << 20)
    monkeypatch.setattr(gitio, "_MEMORY", 128 << 20)
    assert "zeros has 192 MiB; at most 20 MiB a file" in refusal(repository.url)


def test_a_repository_of_another_user(refusal: Refusal, repository: Repository) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    repository.commit(FILES)
    for path in (repository.path, repository.path / ".git"):
        os.chown(path, 12345, 12345)
    assert "it belongs to another user of this machine" in refusal(repository.url)


def packet(data: bytes) -> bytes:
    return b"%04x" % (len(data) + 4) + data


def advertised(*lines: bytes) -> Reply:
    body = packet(b"# service=git-upload-pack\n") + b"0000" + b"".join(map(packet, lines)) + b"0000"
    return Reply(200, body, {"Content-Type": ADVERTISEMENT})


def talking(*bands: bytes) -> Callable[[Asked], Reply]:
    """A server whose pack never comes, because it has so much to say."""

    def answer(asked: Asked) -> Reply:
        if asked.method == "GET":
            return advertised(b"version 2\n", b"ls-refs\n", b"fetch=shallow\n", b"object-format=sha1\n")
        refs = [b"1" * 40 + b" " + name + b"\n" for name in (b"HEAD", b"refs/heads/main")]
        body = b"".join(map(packet, refs)) + b"0000"
        if b"command=fetch" in asked.body:
            shallow = packet(b"shallow-info\n") + packet(b"shallow " + b"1" * 40) + b"0001"
            body = shallow + packet(b"packfile\n") + b"".join(map(packet, bands)) + b"0000"
        return Reply(200, body, {"Content-Type": SIDEBAND})

    return answer


def test_escapes_from_a_server_reach_no_terminal(refusal: Refusal, capfd: pytest.CaptureFixture[str]) -> None:
    paint = b"\x1b[31mred\x1b]0;title\x07\x1b]52;c;eA==\x07\x9b2J\r\xe2\x80\xaeidib"
    with scripted(talking(b"\2" + paint + b"\n", b"\3" + paint)) as url:
        assert "git cannot fetch it" in refusal(f"{url}/x")
    with scripted(lambda _: advertised(b"ERR " + paint)) as url:
        assert "[31mred" in refusal(f"{url}/x")
    with scripted(lambda _: advertised(b"ERR " + b"long " * 10_000)) as url:
        assert len(refusal(f"{url}/x")) < 600
    assert "".join(capfd.readouterr()) == ""


def test_branches_with_hostile_names(refusal: Refusal) -> None:
    names = [b"refs/heads/m\x1b[2J", b"refs/heads/\xff", b"refs/tags/" + b"x" * 5000, b"refs/odd"]
    lines = [b"1" * 40 + b" " + name + (b"\0x" if not index else b"") + b"\n" for index, name in enumerate(names)]
    with scripted(lambda _: advertised(*lines)) as url:
        message = refusal(f"{url}/x", "main")
    assert "no such branch or tag" in message
    assert len(message) < 600


def test_our_fault_is_not_for_servers_to_claim(refusal: Refusal) -> None:
    with scripted(talking(b"\2fatal: No space left on device\n", b"\3No space left on device")) as url:
        assert "git cannot fetch it" in refusal(f"{url}/x")


def test_a_server_that_talks_without_end(refusal: Refusal) -> None:
    chatter = [b"\2" + b"la " * 20_000 + b"\n"] * 200
    with scripted(talking(*chatter)) as url:
        assert "prints messages without end" in refusal(f"{url}/x")


def test_a_server_with_very_many_branches(refusal: Refusal) -> None:
    lines = [b"1" * 40 + b" refs/heads/b%d" % n + (b"\0x" if not n else b"") + b"\n" for n in range(60_000)]
    begun = time.monotonic()
    with scripted(lambda _: advertised(*lines)) as url:
        assert "there is b" in refusal(f"{url}/x", "b1x")
    assert time.monotonic() - begun < 10


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends a byte of a header now and then, for ever."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not over.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=drip, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        threads = [threading.Thread(target=accept)]
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            for thread in threads:
                thread.join()


def processes(part: str) -> list[str]:
    """Command lines of living processes that have a text in them."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder.name.isdecimal() and part in line and folder.name != str(os.getpid()):
            found.append(line)
    return found


def test_a_slow_server(refusal: Refusal) -> None:
    with dripping() as url:
        begun = time.monotonic()
        message = refusal(f"{url}/slow-one", rules=CloneRules(timeout=1.0))
        assert time.monotonic() - begun < 3
        assert f"{url}/slow-one: was not fetched within 1 s" in message
        assert processes("/slow-one") == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_program_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    program = """
import sys
from gradekit.submission import CloneRules, obtain
try:
    obtain(sys.argv[1], ref=None, before=None, candidate=None, received_at=None, rules=CloneRules())
except KeyboardInterrupt:
    sys.exit(130)
"""
    with dripping() as url:
        process = subprocess.Popen(
            [sys.executable, "-c", program, f"{url}/stopped"], env={**os.environ, "TMPDIR": str(tmp_path)}
        )
        until = time.monotonic() + 60
        while not any("fetch" in line for line in processes("/stopped")) and time.monotonic() < until:
            time.sleep(0.02)
        assert list(tmp_path.glob("gradekit-*"))
        process.send_signal(number)
        assert process.wait(10) == code
        assert processes("/stopped") == []
    assert list(tmp_path.iterdir()) == []

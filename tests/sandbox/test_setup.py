from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError
from gradekit.sandbox import setup

DEBIAN = {"ID": "debian"}


@pytest.mark.parametrize(
    ("system", "release", "expected"),
    [
        ("linux", {"ID": "debian"}, "debian"),
        ("linux", {"ID": "ubuntu", "ID_LIKE": "debian"}, "debian"),
        ("linux", {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "debian"),
        ("linux", {"ID": "fedora"}, "fedora"),
        ("linux", {"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "fedora"),
        ("linux", {"ID": "arch"}, "arch"),
        ("linux", {"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "suse"),
        ("linux", {"ID": "alpine"}, "alpine"),
        ("linux", {"ID": "nixos"}, "other"),
        ("linux", {}, "other"),
        ("darwin", {}, "macos"),
        ("win32", {}, "other"),
    ],
)
def test_family(system: str, release: dict[str, str], expected: str) -> None:
    assert setup.family(system, release) == expected


@pytest.mark.parametrize(
    ("system", "release", "root", "installed", "expected"),
    [
        (
            "linux",
            DEBIAN,
            False,
            False,
            (
                "sudo apt-get update",
                "sudo apt-get install -y docker.io",
                "sudo systemctl start docker",
                "sudo usermod -aG docker $USER",
            ),
        ),
        ("linux", DEBIAN, True, True, ("systemctl start docker",)),
        ("linux", {"ID": "fedora"}, True, False, ("dnf install -y moby-engine", "systemctl start docker")),
        ("linux", {"ID": "arch"}, True, False, ("pacman -S --noconfirm docker", "systemctl start docker")),
        ("linux", {"ID": "alpine"}, True, True, ("rc-service docker start",)),
        ("linux", {"ID": "nixos"}, True, False, ()),
        ("linux", {"ID": "nixos"}, True, True, ("systemctl start docker",)),
        ("darwin", {}, False, False, ("brew install --cask docker", "open -a Docker")),
        ("darwin", {}, False, True, ("open -a Docker",)),
    ],
)
def test_commands(system: str, release: dict[str, str], root: bool, installed: bool, expected: tuple[str, ...]) -> None:
    assert setup.commands(system, release, root=root, installed=installed) == expected


def test_missing_says_what_to_run() -> None:
    assert str(setup.missing(("a", "b"))) == "docker: no container engine answers; run: a && b"
    assert "Docker Engine 20.10 or later; install and start it" in str(setup.missing(()))


def test_os_release() -> None:
    text = "# comment\nID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n\nID_LIKE='a b'\nnonsense\n"
    assert setup.parse_os_release(text) == {"ID": "debian", "PRETTY_NAME": "Debian GNU/Linux 12", "ID_LIKE": "a b"}
    assert setup.read_os_release(Path("/nonexistent")) == {}


@pytest.mark.parametrize(
    ("content", "program", "removed"),
    [("4242", None, True), ("4242", "bash", True), ("4242", "dockerd", False), ("", None, True), ("x", None, True)],
)
def test_stale_pid_files(tmp_path: Path, content: str, program: str | None, removed: bool) -> None:
    if program is not None:
        (tmp_path / "4242").mkdir()
        (tmp_path / "4242" / "comm").write_text(f"{program}\n", encoding="utf-8")
    pid = tmp_path / "docker.pid"
    pid.write_text(content, encoding="ascii")
    assert setup.remove_stale(pid, "dockerd", proc=tmp_path) is removed
    assert pid.exists() is not removed
    assert not setup.remove_stale(tmp_path / "none.pid", "dockerd", proc=tmp_path)


def test_an_answering_engine_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "answers", lambda _: True)
    monkeypatch.setattr(setup, "start", lambda: pytest.fail("started"))
    assert setup.ensure_engine() is False


def test_an_engine_elsewhere_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "answers", lambda _: False)
    monkeypatch.setattr(setup, "start", lambda: pytest.fail("started"))
    with pytest.raises(InfrastructureError, match="DOCKER_HOST: no engine answers at unix:///nonexistent"):
        setup.ensure_engine(environ={"DOCKER_HOST": "unix:///nonexistent"})


def test_without_root_the_commands_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup, "answers", lambda _: False)
    monkeypatch.setattr(setup, "SOCKET", tmp_path / "none")
    monkeypatch.setattr(setup, "read_os_release", lambda: DEBIAN)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(InfrastructureError, match="sudo apt-get install"):
        setup.ensure_engine(environ={})


@pytest.mark.skipif(shutil.which("setsid") is None, reason="needs setsid")
def test_what_is_started_holds_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that waits for our output to close is not held by the engine."""
    monkeypatch.setattr(setup, "_PID_FILES", {})
    pid = tmp_path / "pid"
    code = (
        "from pathlib import Path; from gradekit.sandbox import setup; setup._PID_FILES.clear(); "
        f"setup.start(Path({str(tmp_path / 'log')!r}), ('sh', '-c', 'echo begun; echo $$ > {pid}; exec sleep 60'))"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert time.monotonic() - started < 40
    assert (done.stdout, done.stderr) == ("", "")
    while not pid.exists() or not pid.read_text():
        time.sleep(0.01)
    number = int(pid.read_text())
    try:
        held = {str(path.readlink()) for path in Path(f"/proc/{number}/fd").iterdir()}
        assert held == {"/dev/null", str(tmp_path / "log")}
        assert os.getsid(number) != os.getsid(0)
    finally:
        os.kill(number, 9)
    assert (tmp_path / "log").read_text() == "begun\n"

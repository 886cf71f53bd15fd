from __future__ import annotations

import hashlib
import json
import socket
import threading
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError, UsageError
from gradekit.sandbox import endpoint as endpoint_module
from gradekit.sandbox.docker import connect
from gradekit.sandbox.endpoint import Endpoint, candidates


def store_context(home: Path, name: str, host: str, *, tls: bool = False) -> None:
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker/contexts/meta" / folder
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    if tls:
        files = home / ".docker/contexts/tls" / folder / "docker"
        files.mkdir(parents=True)
        (files / "ca.pem").write_text("")


def choose_context(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": name}))


def test_an_option_beats_the_environment(tmp_path: Path) -> None:
    found = candidates({"DOCKER_HOST": "unix:///b"}, tmp_path, "unix:///a")
    assert found == (Endpoint("unix:///a", "option"),)


def test_the_environment_beats_a_context(tmp_path: Path) -> None:
    store_context(tmp_path, "work", "unix:///c")
    choose_context(tmp_path, "work")
    assert candidates({"DOCKER_HOST": "unix:///b"}, tmp_path) == (Endpoint("unix:///b", "DOCKER_HOST"),)
    assert candidates({}, tmp_path) == (Endpoint("unix:///c", "context work"),)


def test_the_named_context_beats_the_current_one(tmp_path: Path) -> None:
    store_context(tmp_path, "work", "unix:///c")
    store_context(tmp_path, "home", "unix:///h")
    choose_context(tmp_path, "work")
    assert candidates({"DOCKER_CONTEXT": "home"}, tmp_path) == (Endpoint("unix:///h", "context home"),)


def test_an_unknown_context_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no context 'ghost'"):
        candidates({"DOCKER_CONTEXT": "ghost"}, tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"Endpoints": {}}', '{"Endpoints": []}'])
def test_a_broken_context_is_an_error(tmp_path: Path, text: str) -> None:
    store_context(tmp_path, "work", "unix:///c")
    next(tmp_path.glob(".docker/contexts/meta/*/meta.json")).write_text(text)
    with pytest.raises(UsageError, match="cannot be read"):
        candidates({"DOCKER_CONTEXT": "work"}, tmp_path)


def test_a_broken_configuration_is_an_error(tmp_path: Path) -> None:
    choose_context(tmp_path, "work")
    (tmp_path / ".docker/config.json").write_text("{")
    with pytest.raises(UsageError, match=r"config\.json: cannot be read"):
        candidates({}, tmp_path)


@pytest.mark.parametrize("url", ["ssh://host", "http://host", "tcp://", "unix://relative", "fd://", "host:2375"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="not an address that can be used"):
        candidates({"DOCKER_HOST": url}, tmp_path)


def test_plain_tcp_is_for_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="without TLS"):
        candidates({"DOCKER_HOST": "tcp://10.0.0.1:2375"}, tmp_path)
    assert candidates({"DOCKER_HOST": "tcp://127.0.0.1:2375"}, tmp_path)[0].tls is None


def test_tls_comes_from_the_environment_or_the_context(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://far:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path / "certs")}
    tls = candidates(environ, tmp_path)[0].tls
    assert tls is not None
    assert tls.ca == tmp_path / "certs/ca.pem"
    store_context(tmp_path, "far", "tcp://far:2376", tls=True)
    tls = candidates({"DOCKER_CONTEXT": "far"}, tmp_path)[0].tls
    assert tls is not None
    assert (tls.ca is not None, tls.cert, tls.verify) == (True, None, True)


def test_well_known_sockets_are_tried_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_socket", lambda _self: True)
    found = candidates({"XDG_RUNTIME_DIR": "/run/user/7", "DOCKER_CONTEXT": "default"}, tmp_path)
    assert [each.url for each in found] == [
        "unix:///var/run/docker.sock",
        "unix:///run/user/7/docker.sock",
        "unix:///run/user/7/podman/podman.sock",
        "unix:///run/podman/podman.sock",
    ]


def test_no_socket_at_all_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "_sockets", lambda _environ: [tmp_path / "docker.sock"])
    with pytest.raises(InfrastructureError, match=r"no socket of an engine was found; looked at .*docker\.sock"):
        candidates({}, tmp_path)


def test_an_engine_that_hangs_up_is_an_infrastructure_error(tmp_path: Path) -> None:
    path = tmp_path / "s"

    def hang_up() -> None:
        for _ in range(2):
            listener.accept()[0].close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(InfrastructureError, match="run `gradekit doctor`") as caught:
            connect(f"unix://{path}", timeout=5.0)
        thread.join()
    assert f"unix://{path}" in caught.value.problems[0].place


def test_a_missing_engine_is_an_infrastructure_error(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="no engine answers"):
        connect(environ={"DOCKER_HOST": f"unix://{tmp_path}/none"})

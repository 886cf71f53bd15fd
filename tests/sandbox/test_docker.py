from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradekit.errors import InfrastructureError
from gradekit.sandbox.container import OWNER_LABEL, RUN_LABEL
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import HttpRequest, SqlRequest
from gradekit.sandbox.plans import (
    PROBE_UID,
    SERVICE_UID,
    ContainerPlan,
    Ending,
    ExecResult,
    FetchPlan,
    FileEntry,
    Limits,
    Mount,
    SandboxPlan,
    Tmpfs,
    VolumePlan,
)
from gradekit.sandbox.pod import DockerSandbox

pytestmark = pytest.mark.docker

_SYSTEM_CALLS = Path(__file__).with_name("forbidden_calls.py").read_text(encoding="utf-8")


def shell(pod: DockerSandbox, image: str, script: str, *, timeout: float = 20.0, **fields: object) -> ExecResult:
    return pod.run(ContainerPlan(image, ["sh", "-c", script], **fields), timeout=timeout)  # type: ignore[arg-type]


def program(pod: DockerSandbox, image: str, source: str, *, timeout: float = 20.0, **fields: object) -> ExecResult:
    return pod.run(ContainerPlan(image, ["python3", "-c", source], **fields), timeout=timeout)  # type: ignore[arg-type]


def of_run(engine: DockerEngine, run: str) -> list[str]:
    """What is on the engine of one run."""
    client = engine.client
    found = [*client.containers(RUN_LABEL), *client.volumes(RUN_LABEL)]
    return [thing.name for thing in found if thing.labels[RUN_LABEL] == run]


class TestLimits:
    def test_a_memory_bomb_is_an_ending(self, pod: DockerSandbox, python: str) -> None:
        result = program(pod, python, "x = bytearray(1 << 30)", limits=Limits(memory=64 << 20))
        assert (result.ending, result.exit_code) == (Ending.OOM, None)

    def test_a_memory_bomb_in_a_child_is_one_too(self, pod: DockerSandbox, python: str) -> None:
        source = (
            "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', 'bytearray(1 << 30)']).returncode)"
        )
        assert program(pod, python, source, limits=Limits(memory=64 << 20)).ending is Ending.OOM

    def test_tmpfs_counts_as_memory(self, pod: DockerSandbox, python: str) -> None:
        result = shell(
            pod,
            python,
            "cat /dev/zero > /scratch/x",
            tmpfs=[Tmpfs("/scratch", 256 << 20)],
            limits=Limits(memory=64 << 20),
        )
        assert result.ending is Ending.OOM

    def test_processes_are_bounded(self, pod: DockerSandbox, python: str) -> None:
        source = """
import os, sys, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        made += 1
except BlockingIOError:
    print(made)
"""
        result = program(pod, python, source, limits=Limits(pids=40))
        assert result.exit_code == 0
        assert 20 < int(result.stdout) < 40

    def test_a_timeout_kills_what_ignores_signals_and_left_its_session(self, pod: DockerSandbox, python: str) -> None:
        begun = time.monotonic()
        result = shell(pod, python, "trap '' TERM INT HUP; setsid sleep 60 & sleep 60", timeout=1.0)
        assert result.ending is Ending.TIMEOUT
        assert 1.0 <= result.seconds < 2.0
        assert time.monotonic() - begun < 5.0

    def test_closing_the_output_does_not_hide_from_the_clock(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "exec >&- 2>&-; sleep 60", timeout=1.0)
        assert result.ending is Ending.TIMEOUT

    def test_a_flood_at_the_deadline_can_be_killed(self, pod: DockerSandbox, python: str) -> None:
        result = pod.run(ContainerPlan(python, ["yes"]), timeout=0.5, max_output=1 << 40)
        assert result.ending is Ending.TIMEOUT
        assert result.stdout.startswith(b"y\ny\n")

    def test_the_cap_counts_both_streams(self, pod: DockerSandbox, python: str) -> None:
        result = pod.run(ContainerPlan(python, ["sh", "-c", "yes & yes >&2"]), timeout=10, max_output=1 << 20)
        assert result.ending is Ending.OUTPUT
        assert len(result.stdout) + len(result.stderr) == 1 << 20

    def test_size_and_inodes_of_scratch_folders(self, pod: DockerSandbox, python: str) -> None:
        script = "head -c 9000000 /dev/zero > /s/x; for i in $(seq 50); do touch /s/$i; done; ls /s | wc -l"
        result = shell(pod, python, script, tmpfs=[Tmpfs("/s", 8 << 20, inodes=20)])
        assert b"No space left on device" in result.stderr
        assert int(result.stdout) < 20

    def test_size_and_inodes_of_volumes(self, pod: DockerSandbox, python: str) -> None:
        script = "head -c 5000000 /dev/zero > /v/x; rm /v/x; for i in $(seq 120); do touch /v/$i; done; ls /v | wc -l"
        result = shell(pod, python, script, mounts=[Mount("other", "/v", writable=True)])
        assert b"No space left on device" in result.stderr
        assert int(result.stdout) < 100
        assert shell(pod, python, "rm -rf /v/*", mounts=[Mount("other", "/v", writable=True)]).exit_code == 0

    def test_descriptors_core_files_and_locks(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "ulimit -n; ulimit -c; ulimit -f; ulimit -l")
        assert result.stdout.split()[:2] == [b"4096", b"0"]
        assert b"unlimited" not in result.stdout


class TestConfinement:
    def test_the_root_is_read_only(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "touch /x; touch /etc/x; touch /opt/x; touch /tmp/ok && echo wrote")
        assert result.stdout == b"wrote\n"
        assert result.stderr.count(b"Read-only file system") == 3

    def test_nothing_in_tmp_can_be_executed(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "cp /bin/true /tmp/true && /tmp/true")
        assert result.exit_code == 126

    def test_no_capabilities_and_no_new_privileges(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; id -u")
        facts = dict(line.split(":\t") for line in result.stdout.decode().splitlines() if ":\t" in line)
        assert {value for name, value in facts.items() if name.startswith("Cap")} == {"0" * 16}
        assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
        assert result.stdout.endswith(b"10001\n")

    def test_the_environment_is_ours(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "env", env={"A": "1"})
        names = {line.split("=")[0] for line in result.stdout.decode().splitlines()}
        assert names <= {"A", "PATH", "HOME", "LANG", "TZ", "HOSTNAME", "PWD", "SHLVL", "_", *_of_image(pod, python)}
        assert {"HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC", "A=1"} <= set(result.stdout.decode().splitlines())

    def test_forbidden_system_calls(self, pod: DockerSandbox, python: str) -> None:
        result = program(pod, python, _SYSTEM_CALLS)
        assert result.exit_code == 0, result.stderr
        outcomes: Mapping[str, str] = json.loads(result.stdout)
        allowed = {name for name, outcome in outcomes.items() if outcome == "allowed"}
        assert allowed == {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "threads", "processes"}
        assert outcomes["clone3"] == "ENOSYS"
        assert {outcome for name, outcome in outcomes.items() if name not in allowed | {"clone3"}} == {"EPERM"}

    def test_there_is_no_network_but_loopback(self, pod: DockerSandbox, python: str) -> None:
        source = """
import os, socket
print(sorted(os.listdir("/sys/class/net")), len(open("/proc/net/route").readlines()) - 1)
for address in ("1.1.1.1", "169.254.169.254", "172.17.0.1"):
    try:
        socket.create_connection((address, 80), 2)
    except OSError as error:
        print(error.strerror)
try:
    socket.getaddrinfo("example.com", 80)
except OSError:
    print("no names")
"""
        lines = program(pod, python, source).stdout.decode().splitlines()
        assert lines == ["['lo'] 0", *["Network is unreachable"] * 3, "no names"]

    def test_processes_of_the_pod_are_invisible(self, pod: DockerSandbox, python: str) -> None:
        result = shell(pod, python, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        assert b"infinity" not in result.stdout

    def test_nothing_but_its_own_volumes_is_mounted(self, pod: DockerSandbox, python: str) -> None:
        pod.fill("work", [FileEntry("secret.txt", b"secret")])
        result = shell(pod, python, "ls /vol /work 2>&1; cat /proc/self/mountinfo")
        assert b"secret" not in result.stdout
        assert b"docker.sock" not in result.stdout


class TestPod:
    def test_files_arrive_with_fixed_modes_and_owner(self, pod: DockerSandbox, python: str) -> None:
        pod.fill("work", [FileEntry("modes/a", b"a"), FileEntry("modes/b", b"#!/bin/sh\necho ran", executable=True)])
        result = shell(
            pod, python, "stat -c '%a %u %n' modes modes/*; modes/b", mounts=[Mount("work", "/w")], workdir="/w"
        )
        assert result.stdout.decode().splitlines() == [
            "755 10001 modes",
            "644 10001 modes/a",
            "755 10001 modes/b",
            "ran",
        ]

    def test_volumes_are_read_only_unless_asked(self, pod: DockerSandbox, python: str) -> None:
        assert b"Read-only" in shell(pod, python, "touch /w/x", mounts=[Mount("work", "/w")]).stderr
        assert shell(pod, python, "touch /w/x", mounts=[Mount("work", "/w", writable=True)]).exit_code == 0

    def test_what_does_not_fit_is_our_fault(self, pod: DockerSandbox) -> None:
        with pytest.raises(InfrastructureError, match="do not fit"):
            pod.fill("other", [FileEntry("big", bytes(5 << 20))])
        with pytest.raises(InfrastructureError, match="no such volume"):
            pod.fill("ghost", [])
        with pytest.raises(InfrastructureError, match=r"could not be filled \(.*No space left"):
            pod.fill("other", [FileEntry(f"{number}/file", b"") for number in range(90)])

    def test_an_emptied_volume_holds_nothing_whatever_its_owner_did(self, pod: DockerSandbox, python: str) -> None:
        pod.empty("other")
        pod.fill("other", [FileEntry("a/b", b"x"), FileEntry(".c", b"x")])
        mounts = [Mount("other", "/w", writable=True)]
        made = shell(pod, python, "mkdir -p /w/d/e && ln -s /etc /w/link && chmod 0 /w/d /w/a", mounts=mounts)
        assert made.exit_code == 0, made.stderr
        pod.empty("other")
        assert shell(pod, python, "ls -A /w; ls -d /etc", mounts=mounts).stdout == b"/etc\n"
        with pytest.raises(InfrastructureError, match="no such volume"):
            pod.empty("ghost")

    def test_loopback_is_shared(self, pod: DockerSandbox, python: str) -> None:
        pod.fill("work", [FileEntry("www/hello.txt", b"hello")])
        plan = ContainerPlan(
            python, ["python3", "-m", "http.server", "8201", "-d", "/w/www"], mounts=[Mount("work", "/w")], name="app"
        )
        app = pod.start(plan)
        try:
            assert pod.listening(8201, 10.0)
            reply = pod.http(HttpRequest(8201, "GET", "/hello.txt"))
            assert (reply.status, reply.body, reply.error) == (200, b"hello", None)
            assert pod.http(HttpRequest(8201, "GET", "/none")).status == 404
            source = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8201/hello.txt').read())"
            assert program(pod, python, source).stdout == b"b'hello'\n"
            assert "GET /hello.txt" in app.tail()
        finally:
            app.stop()
        assert not pod.listening(8201, 0.05)

    @pytest.mark.parametrize("loopback", [True, False])
    def test_who_is_alone_meets_nobody_of_the_pod(self, pod: DockerSandbox, python: str, *, loopback: bool) -> None:
        app = pod.start(ContainerPlan(python, ["python3", "-m", "http.server", "8202", "-d", "/tmp"], name="app"))
        try:
            assert pod.listening(8202, 10.0)
            source = """
import os, socket
print(os.uname().nodename, sorted(os.listdir("/sys/class/net")), len(open("/proc/net/tcp").readlines()) - 1)
try:
    socket.create_connection(("127.0.0.1", 8202), 2)
except OSError as error:
    print("not reached")
"""
            own = """
with socket.create_server(("localhost", 8202)) as own:
    socket.create_connection(own.getsockname(), 2).close()
    print("own", own.getsockname()[0])
"""
            source += own if loopback else ""
            lines = program(pod, python, source, alone=True, loopback=loopback).stdout.decode().splitlines()
            assert lines == ["sandbox ['lo'] 0", "not reached", *(["own 127.0.0.1"] if loopback else [])]
        finally:
            app.stop()

    def test_endings_of_long_running_containers(self, pod: DockerSandbox, python: str) -> None:
        for script, words in (("exit 7", "exited with 7"), ("kill -9 $$", "was killed"), ("sleep 60", "running")):
            running = pod.start(ContainerPlan(python, ["sh", "-c", script]))
            _until(lambda: running.ending() != "running" or words == "running")  # noqa: B023 - called at once
            assert running.ending() == words
            assert running.alive() == (words == "running")
            running.stop()
        running = pod.start(
            ContainerPlan(python, ["python3", "-c", "bytearray(1 << 30)"], limits=Limits(memory=64 << 20))
        )
        _until(lambda: not running.alive())
        assert running.ending() == "ran out of memory"
        running.stop()

    def test_the_tail_is_short_whatever_was_printed(self, pod: DockerSandbox, python: str) -> None:
        running = pod.start(
            ContainerPlan(python, ["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end"])
        )
        _until(lambda: not running.alive())
        assert running.tail().endswith("x\nend\n")
        assert len(running.tail()) <= 8192
        running.stop()

    def test_who_prints_endlessly_costs_no_more(self, pod: DockerSandbox, python: str) -> None:
        running = pod.start(ContainerPlan(python, ["sh", "-c", "while :; do echo x; done"]))
        _until(running.moment)
        begun = time.monotonic()
        said = running.tail(running.moment())
        assert time.monotonic() - begun < 5
        running.stop()
        assert set(said) <= {"x", "\n"}
        assert len(said) <= 8192

    def test_trusted_programs_run_inside_a_service(self, pod: DockerSandbox, python: str) -> None:
        service = pod.start(ContainerPlan(python, ["sleep", "60"], uid=SERVICE_UID))
        result = service.execute(["sh", "-c", "id -u; cat; exit 4"], stdin=b"in")
        assert (result.stdout, result.exit_code) == (b"10002\nin", 4)
        assert service.execute(["sleep", "60"], timeout=0.5).ending is Ending.TIMEOUT
        _until(lambda: not service.alive())
        service.stop()

    def test_a_database_answers_the_administrator(self, pod: DockerSandbox, runner_images: Mapping[str, Image]) -> None:
        plan = ContainerPlan(
            runner_images["postgres"].id,
            ["/opt/gradekit/bin/serve"],
            uid=SERVICE_UID,
            mounts=[Mount("db", "/run/postgresql", writable=True)],
            tmpfs=[Tmpfs("/data", 256 << 20)],
        )
        service = pod.start(plan)
        try:
            assert pod.listening(5432, 20.0), service.tail()
            request = SqlRequest("db", "postgres", ["select 1 as one, null as none", "select nonsense"])
            _until(lambda: pod.sql(request)[0].sqlstate != "57P03")
            results = pod.sql(request)
            assert results[0].rows == (("1", None),)
            assert results[0].columns[0].name == "one"
            assert results[1].sqlstate == "42703"
        finally:
            service.stop()


class TestProbeLoss:
    @pytest.fixture
    def own_pod(self, engine: DockerEngine, pod_plan: SandboxPlan) -> Iterator[DockerSandbox]:
        with engine.open(pod_plan) as opened:
            assert isinstance(opened, DockerSandbox)
            yield opened

    @staticmethod
    def end_program(pod: DockerSandbox) -> None:
        pod._talk.ping()
        source = (
            "import os, pathlib\n"
            "for entry in pathlib.Path('/proc').iterdir():\n"
            "    if entry.name.isdigit() and b'-u' in (entry / 'cmdline').read_bytes().split(bytes(1)):\n"
            "        os.kill(int(entry.name), 9)\n"
        )
        wire = pod._execute_in_probe(["python3", "-c", source], PROBE_UID)
        _until(lambda: wire.receive() == b"")
        wire.close()

    def test_before_candidate_code_it_is_our_fault(self, own_pod: DockerSandbox) -> None:
        self.end_program(own_pod)
        with pytest.raises(InfrastructureError, match="probe: the probe ended"):
            own_pod.http(HttpRequest(8080, "GET", "/"))
        assert own_pod.http(HttpRequest(8080, "GET", "/")).error == "refused"

    def test_beside_candidate_code_it_buys_no_retry(self, own_pod: DockerSandbox, python: str) -> None:
        own_pod.run(ContainerPlan(python, ["true"]), timeout=10)
        self.end_program(own_pod)
        assert own_pod.http(HttpRequest(8080, "GET", "/")).error == "protocol"
        self.end_program(own_pod)
        assert own_pod.sql(SqlRequest("db", "x", ["select 1"], "u", "p"))[0].sqlstate == "08006"

    def test_a_pod_without_its_probe_is_our_fault(
        self, own_pod: DockerSandbox, engine: DockerEngine, python: str
    ) -> None:
        own_pod.run(ContainerPlan(python, ["true"]), timeout=10)
        engine.client.kill(own_pod._probe)
        with pytest.raises(InfrastructureError):
            own_pod.http(HttpRequest(8080, "GET", "/"))


class TestNothingIsLeft:
    def plan(self, runner_images: Mapping[str, Image], run: str) -> SandboxPlan:
        return SandboxPlan(run, runner_images["probe"].id, [VolumePlan("work", 1 << 20)])

    def test_after_a_good_end(self, engine: DockerEngine, runner_images: Mapping[str, Image], python: str) -> None:
        with engine.open(self.plan(runner_images, "left-good")) as pod:
            pod.start(ContainerPlan(python, ["sleep", "60"]))
            assert len(of_run(engine, "left-good")) == 3
        assert of_run(engine, "left-good") == []

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_after_an_error(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], python: str, error: type[BaseException]
    ) -> None:
        with pytest.raises(error), engine.open(self.plan(runner_images, "left-bad")) as pod:  # noqa: PT012 - the pod's body is the point
            pod.start(ContainerPlan(python, ["sleep", "60"]))
            raise error
        assert of_run(engine, "left-bad") == []

    def test_after_an_interrupt_in_the_middle_of_a_run(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], python: str
    ) -> None:
        main = threading.main_thread().ident
        assert main is not None

        def interrupt() -> None:
            time.sleep(1.0)
            signal.pthread_kill(main, signal.SIGINT)

        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt), engine.open(self.plan(runner_images, "left-int")) as pod:  # noqa: PT012 - the pod's body is the point
            threading.Thread(target=interrupt).start()
            pod.run(ContainerPlan(python, ["sleep", "60"]), timeout=60)
        assert time.monotonic() - begun < 10
        assert of_run(engine, "left-int") == []

    def test_after_an_image_that_does_not_exist(self, engine: DockerEngine) -> None:
        plan = SandboxPlan("left-image", "sha256:" + "0" * 64, [VolumePlan("work", 1 << 20)])
        with pytest.raises(InfrastructureError), engine.open(plan):
            pytest.fail("it opened")
        assert of_run(engine, "left-image") == []

    def test_an_error_of_the_engine_while_cleaning_hides_nothing(
        self, engine: DockerEngine, runner_images: Mapping[str, Image], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_self: object, _name: str) -> None:
            raise InfrastructureError

        def fail_while_open(patch: pytest.MonkeyPatch) -> None:
            with engine.open(self.plan(runner_images, "left-dead")):
                patch.setattr("gradekit.sandbox.client.Client.remove", fail)
                raise ZeroDivisionError

        with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
            fail_while_open(patch)
        mine = [found for found in engine.client.containers(RUN_LABEL) if found.labels[RUN_LABEL] == "left-dead"]
        for found in mine:
            engine.client.remove(found.id)
        for volume in [found for found in engine.client.volumes(RUN_LABEL) if found.labels[RUN_LABEL] == "left-dead"]:
            engine.client.remove_volume(volume.id)
        assert len(mine) == 1

    def test_a_killed_process_is_cleared_up_after_and_a_living_one_is_not(
        self, engine: DockerEngine, runner_images: Mapping[str, Image]
    ) -> None:
        source = (
            "import sys, time\n"
            "from gradekit.sandbox.docker import connect\n"
            "from gradekit.sandbox.plans import SandboxPlan, VolumePlan\n"
            "with connect().open(SandboxPlan(sys.argv[1], sys.argv[2], [VolumePlan('v', 1 << 20)])):\n"
            "    print('open', flush=True); time.sleep(60)\n"
        )
        probe = runner_images["probe"].id
        argv = [sys.executable, "-c", source]
        with (
            subprocess.Popen([*argv, "reap-dead", probe], stdout=subprocess.PIPE) as dead,
            subprocess.Popen([*argv, "reap-alive", probe], stdout=subprocess.PIPE) as alive,
        ):
            for process in (dead, alive):
                assert process.stdout is not None
                assert process.stdout.readline() == b"open\n"
            dead.kill()
            dead.wait()
            removed = engine.reap()
            assert {"container", "volume"} <= {name.split()[0] for name in removed}
            assert of_run(engine, "reap-dead") == []
            assert len(of_run(engine, "reap-alive")) == 2
            alive.kill()
            alive.wait()
        engine.reap()
        assert of_run(engine, "reap-alive") == []


class TestFetch:
    def plan(self, image: str, script: str, tag: str) -> FetchPlan:
        argv = ["sh", "-c", script]
        return FetchPlan(image, argv, [FileEntry("lock.txt", b"a==1\n")], "/opt/deps", tag, {"X": "1"}, size=32 << 20)

    @pytest.fixture
    def tag(self, engine: DockerEngine) -> Iterator[str]:
        name = f"gradekit-test-deps:{os.getpid()}"
        yield name
        if engine.image(name):
            engine.client.sdk.images.remove(name, force=True)

    def test_what_it_leaves_becomes_an_image(
        self, engine: DockerEngine, pod: DockerSandbox, python: str, tag: str
    ) -> None:
        script = "set -e; cd /out; mkdir lib; cp /in/lock.txt lib/$X; chmod 6777 lib/1; ln -s 1 lib/link; ! touch /in/x"
        script += """; printf '%s\\n' '{"note": "a $X"}' '"'"""
        image = engine.fetch(self.plan(python, script, tag), "fetch-good")
        assert isinstance(image, Image)
        assert (image.tag, image.labels["io.gradekit.cache"]) == (tag, "deps")
        assert image.said == '{"note": "a $X"}\n"\n'
        assert not image.labels.get(OWNER_LABEL)
        assert of_run(engine, "fetch-good") == []
        result = shell(pod, image.id, "cd /opt/deps/lib; cat link; stat -c '%a %u' 1; touch 1")
        assert result.stdout == b"a==1\n755 0\n"
        assert result.exit_code != 0

    def test_nothing_to_fetch_is_an_image_too(
        self, engine: DockerEngine, pod: DockerSandbox, python: str, tag: str
    ) -> None:
        image = engine.fetch(self.plan(python, "true", tag), "fetch-none")
        assert isinstance(image, Image)
        assert shell(pod, image.id, "ls -A /opt/deps").stdout == b""

    def test_a_program_that_fails_is_a_result(self, engine: DockerEngine, python: str, tag: str) -> None:
        result = engine.fetch(self.plan(python, "echo bad line >&2; exit 2", tag), "fetch-bad")
        assert isinstance(result, ExecResult)
        assert (result.exit_code, result.stderr) == (2, b"bad line\n")
        assert engine.image(tag) is None
        assert of_run(engine, "fetch-bad") == []


def test_isolation_is_what_the_engine_has(engine: DockerEngine) -> None:
    isolation = engine.isolation()
    assert isolation.engine.split()[0] in {"docker", "podman"}
    assert isolation.seccomp.startswith("gradekit@")
    assert isolation.cgroup in {"v1", "v2"}
    assert isolation.network == "none"


def test_an_image_is_found_by_name(engine: DockerEngine, runner_images: Mapping[str, Image]) -> None:
    probe = runner_images["probe"]
    assert engine.image(probe.tag) == probe
    assert engine.image("gradekit/ghost:none") is None


def test_pods_open_and_programs_run_quickly(
    engine: DockerEngine, runner_images: Mapping[str, Image], python: str
) -> None:
    """Generous bounds, for busy machines: a few times what it takes."""
    begun = time.monotonic()
    with engine.open(SandboxPlan("quick", runner_images["probe"].id, [VolumePlan("work", 1 << 20)])) as pod:
        opened = time.monotonic()
        pod.run(ContainerPlan(python, ["true"]), timeout=10)
        ran = time.monotonic()
    assert opened - begun < 3.0
    assert ran - opened < 2.0


def test_pods_side_by_side_do_not_meet(engine: DockerEngine, runner_images: Mapping[str, Image], python: str) -> None:
    def work(number: int) -> bytes:
        plan = SandboxPlan(f"side-{number}", runner_images["probe"].id, [VolumePlan("work", 1 << 20)])
        with engine.open(plan) as pod:
            pod.fill("work", [FileEntry("number", str(number).encode())])
            argv = ["python3", "-m", "http.server", "8000", "-d", "/w"]
            pod.start(ContainerPlan(python, argv, mounts=[Mount("work", "/w")]))
            assert pod.listening(8000, 20.0)
            return pod.http(HttpRequest(8000, "GET", "/number")).body

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(work, range(3))) == [b"0", b"1", b"2"]


def test_engines_are_found_by_the_environment() -> None:
    found = connect()
    assert found.endpoint.url
    found.close()


def _of_image(pod: DockerSandbox, image: str) -> set[str]:
    config = pod._client.sdk.api.inspect_image(image)["Config"]  # type: ignore[no-untyped-call]
    return {line.split("=")[0] for line in config["Env"] or ()}


def _until(condition: object, timeout: float = 15.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)

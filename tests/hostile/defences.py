"""The defences, how each is taken away, and the cases that turn red then.

``python -m tests.hostile.defences docs/security.md`` writes the table of them into a document.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

import gradekit
from gradekit.corpus import Case, Ground, attempt
from gradekit.sandbox.faults import Fault
from tests.hostile import without as take
from tests.hostile.running import CORPUS
from tests.hostile.without import GIB, Without

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- defences:begin -->", "<!-- defences:end -->"


@dataclass(frozen=True, slots=True)
class Defence:
    """One wall."""

    name: str
    stops: str
    """What gets through without it."""
    place: str
    """Where it stands, below ``src/gradekit`` or ``runners``."""
    without: Without
    cases: Mapping[str, str] = field(default_factory=dict)
    """Names of cases of the corpus or ids of tests that turn red, each with a part of what they then say."""
    reason: str = ""
    """Why it stays although nothing turns red without it."""
    elsewhere: str = ""
    """What else stops the same on some machines, where nothing turns red then."""


def trial(case: str, told: str, ground: Ground, folder: Path) -> str:
    """What goes wrong in a case: complaints and what the report shows; empty when it is green."""
    return failures(case) if "::" in case else _graded(CORPUS[case], told, ground, folder)


def _graded(case: Case, told: str, ground: Ground, folder: Path) -> str:
    try:
        complaints = attempt(case, _short(case, told, ground), folder).complaints
    except Exception as error:  # noqa: BLE001 - whatever a grading dies of is what goes wrong
        return f"{type(error).__name__}: {error}"
    report = folder / "out" / "report.json"
    shown = report.read_text(encoding="utf-8") if complaints and report.exists() else ""
    return "\n".join([*complaints, shown]) if complaints else ""


def _short(case: Case, told: str, ground: Ground) -> Ground:
    """The ground with the one check that the case is about, for its time; with all where it is about several."""
    expect = case.expect
    loaded = ground.loaded[expect.challenge]
    spec = loaded.challenge.spec
    wanted = {*expect.fails, *expect.skips, *expect.says, *expect.may_fail, told.partition(":")[0]}
    if wanted - {"unit"} & {check.id for check in spec.checks} or expect.score or expect.any_outcome:
        return ground
    update: dict[str, object] = {
        "checks": tuple(check for check in spec.checks if check.id in wanted) or spec.checks[-1:]
    }
    if case.name != "confinement" and spec.app is not None:
        # What is left needs no database: neither the suite nor the app's word that it is well.
        app = spec.app.model_copy(update={"dataset": (), "env": {}})
        update |= {"services": {}, "datasets": {}, "app": app}
    challenge = replace(loaded.challenge, spec=spec.model_copy(update=update))
    return replace(ground, loaded={**ground.loaded, expect.challenge: replace(loaded, challenge=challenge)})


class _Failures:
    """Collects why tests failed."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ran = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed:
            self.texts.append(report.longreprtext)


@cache
def _everything() -> None:
    """Import all of gradekit: what is first imported while a defence is gone would stay without it."""
    for found in pkgutil.walk_packages(gradekit.__path__, "gradekit."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


@contextmanager
def gone(defence: Defence) -> Iterator[None]:
    """A context without a defence."""
    _everything()
    with defence.without():
        yield


def failures(test: str) -> str:
    """Run a test in this process, where the defence is gone; why it failed, empty when it passed."""
    found = _Failures()
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:cov"]
    # Test modules hold what they imported: they are imported anew, and forgotten again.
    known = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_of_tests(name)}
    try:
        ended = pytest.main([*options, f"--rootdir={ROOT}", f"{ROOT}/{test}"], plugins=[found])
    finally:
        for name in list(filter(_is_of_tests, sys.modules)):
            del sys.modules[name]
        sys.modules.update(known)
    if ended == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    assert found.ran or found.texts, f"{test} did not run"
    return "\n".join(found.texts)


def _is_of_tests(module: str) -> bool:
    return module.startswith("tests.") and not module.startswith("tests.hostile")


HEADING = """## Every defence, taken away

Each row was taken away alone, for the time of a test, and the cases on the right turned red: names of `tests/hostile`
and of tests. `tests/hostile/test_defences.py` does it again in each run; production code has no switch for it. Where
nothing turns red, another wall stands before or behind, and the row says which."""
# One set of parameters each, for its time, and because the others would ask hosts that are not ours.
OTHER = r"GET http://other.example/ HTTP/1.1\r\n\r\n-403"
MOVED = "https://127.0.0.1:{port}/a?b/info/refs?service=git-upload-pack-which is not accepted"
HTTPS = "tests/submission/test_https.py::"
THEIRS_LATER = "a_server_that_breaks_is_ours_before_the_candidate_came_and_theirs_later"
BENCH = "tests/grade/test_bench.py::"
CLIENT = "tests/sandbox/test_probe_client.py::"
GIT = "tests/submission/test_hostile.py::"
EGRESS = "tests/probe/test_egress.py::"
CONTAINER = "tests/sandbox/test_container.py::"
SANDBOX = "tests/sandbox/test_docker.py::"
CALLS = f"{SANDBOX}TestConfinement::test_forbidden_system_calls"
WIRE = "tests/sandbox/test_wire.py::"
HTTP = "tests/probe/test_http.py::"
SQL = "tests/probe/test_sql.py::"
JSON = "tests/checks/test_jsontext.py::test_refused"
SERVER = "tests/grade/test_servers.py::test_"
SMOKE = "tests/runners/test_conformance.py::test_smoke"
SUITE = "tests/checks/test_suite.py::"
HURL = "tests/checks/test_hurl.py::"
FORMATS = "tests/report/test_report_formats.py::"
LINES = "tests/submission/test_lines.py::"
RECORDS = "tests/checks/test_sqllogictest.py::"
RUN_RECORDS = "checks.sqllogictest.observe:_run"


_SETTING = "the kernel may be set or built so that it refuses this to everybody but root"


def _calls(name: str, stops: str, *calls: str, told: str = "Extra items", elsewhere: str = "") -> Defence:
    """A group of system calls that the profile leaves out."""
    place = "sandbox/seccomp.json"
    return Defence(f"no {name}", stops, place, take.calls_allowed(*calls), {CALLS: told}, elsewhere=elsewhere)


def _scan(name: str, stops: str, case: str, old: str, new: str = "", *, runner: str = "scanners") -> Defence:
    """What keeps the text that is looked at from deciding what is found."""
    place, without = f"../../runners/{runner}/bin/scan", take.scanner_without(runner, old, new)
    return Defence(name, stops, place, without, {f"{SMOKE}[{runner}/{case}]": ": found ["})


CONFINEMENT = (
    Defence(
        "capabilities dropped",
        "a set-uid program gives rights on the host's kernel",
        "sandbox/container.py",
        take.no_option("CapDrop"),
        {"confinement-cage": "BREACH capabilities"},
    ),
    Defence(
        "no new privileges",
        "a set-uid program of the image or of a package makes root",
        "sandbox/container.py",
        take.no_security("no-new-privileges"),
        {"confinement-cage": "BREACH new privileges"},
    ),
    Defence(
        "user above 10000",
        "files and processes of root are the candidate's",
        "sandbox/container.py",
        take.body(take.as_root),
        {"confinement-cage": "BREACH user"},
    ),
    Defence(
        "read-only root",
        "the host's disk is filled through a folder without a cap",
        "sandbox/container.py",
        take.host_config(lambda config: config.update(ReadonlyRootfs=False)),
        {"confinement-cage": "BREACH read-only /", f"{SANDBOX}TestConfinement::test_the_root_is_read_only": "assert"},
    ),
    Defence(
        "memory limit",
        "the host's memory is used up",
        "sandbox/container.py",
        take.host_config(lambda config: config.update(Memory=0, MemorySwap=0)),
        {"confinement-cage": "BREACH memory", f"{SANDBOX}TestLimits::test_a_memory_bomb_is_an_ending": "OOM"},
    ),
    Defence(
        "no swap beyond it",
        "the host's swap is used up, and everything else slows down",
        "sandbox/container.py",
        take.host_config(lambda config: config.update(MemorySwap=-1)),
        {"confinement-cage": "BREACH swap"},
    ),
    Defence(
        "limit of processor time",
        "a neighbour gets no processor",
        "sandbox/container.py",
        take.no_option("NanoCpus"),
        {"confinement-cage": "BREACH processor"},
    ),
    Defence(
        "limit of processes",
        "a fork bomb uses up the host's processes",
        "sandbox/container.py",
        take.no_option("PidsLimit"),
        {"confinement-cage": "BREACH processes", f"{SANDBOX}TestLimits::test_processes_are_bounded": "assert"},
    ),
    Defence(
        "limit of open files",
        "the kernel's memory is used up by descriptors",
        "sandbox/container.py",
        take.no_ulimit("nofile"),
        {"confinement-cage": "BREACH limit NOFILE"},
    ),
    Defence(
        "limit of a file's size",
        "one file fills what has no cap of its own",
        "sandbox/container.py",
        take.no_ulimit("fsize"),
        {"confinement-cage": "BREACH limit FSIZE"},
    ),
    Defence(
        "no core files",
        "the host's handler of core files runs on what a crash left",
        "sandbox/container.py",
        take.no_ulimit("core"),
        {"confinement-cage": "BREACH limit CORE"},
    ),
    Defence(
        "limit of locked memory",
        "memory is pinned that the host wants back",
        "sandbox/container.py",
        take.no_ulimit("memlock"),
        {"confinement-cage": "BREACH limit MEMLOCK"},
    ),
    Defence(
        "no network but loopback",
        "the host's ports, the metadata service, names, the internet",
        "sandbox/pod.py",
        take.a_network,
        {
            "confinement-cage": "BREACH interfaces",
            f"{SANDBOX}TestConfinement::test_there_is_no_network_but_loopback": "lo",
        },
    ),
    Defence(
        "a process namespace for each container",
        "environment and memory of the probe and of other containers are read",
        "sandbox/container.py",
        take.body(take.shared_processes),
        {"confinement-cage": "BREACH processes of others"},
    ),
    Defence(
        "a private ipc namespace",
        "shared memory of the host or of a neighbour is read, and grows without a cap",
        "sandbox/container.py",
        take.shared_memory,
        {"confinement-cage": "BREACH memory of others"},
        elsewhere="the engine's host is another machine, whose memory this test does not share",
    ),
    Defence(
        "size of shared memory",
        "files in /dev/shm grow without a cap of their own",
        "sandbox/container.py",
        take.host_config(lambda config: config.update(ShmSize=8 * GIB)),
        {"confinement-cage": "BREACH size of /dev/shm"},
    ),
    Defence(
        "size of scratch folders",
        "a scratch folder uses up what the container's memory allows",
        "sandbox/container.py",
        take.tmpfs_option("size=", f"size={8 * GIB}"),
        {
            "confinement-cage": "BREACH size of /tmp",
        },
    ),
    Defence(
        "number of files in scratch folders",
        "the kernel's memory is used up by empty files",
        "sandbox/container.py",
        take.tmpfs_option("nr_inodes=", "nr_inodes=100000000"),
        {"confinement-cage": "BREACH files of /tmp"},
    ),
    Defence(
        "nosuid scratch folders",
        "a set-uid file is made and used",
        "sandbox/container.py",
        take.tmpfs_option("nosuid", "suid"),
        {"confinement-cage": "BREACH nosuid of /tmp"},
    ),
    Defence(
        "nodev scratch folders",
        "a device file is made and used",
        "sandbox/container.py",
        take.tmpfs_option("nodev", "dev"),
        {"confinement-cage": "BREACH nodev of /tmp"},
    ),
    Defence(
        "noexec /tmp",
        "programs are brought along and run from where anybody may write",
        "sandbox/container.py",
        take.tmpfs_option("noexec", "exec"),
        {"confinement-cage": "BREACH noexec of /tmp"},
    ),
    Defence(
        "read-only submission",
        "one check's container changes what the next one sees",
        "sandbox/container.py",
        take.host_config(lambda config: [mount.update(ReadOnly=False) for mount in config["Mounts"]]),
        {"confinement-cage": "BREACH /work is read-only"},
    ),
    Defence(
        "size of volumes",
        "files of a submission use up the host's memory",
        "sandbox/container.py",
        take.changed(
            "sandbox.pod:volume_options",
            lambda make: lambda plan: {**make(plan), "o": f"nr_inodes={plan.inodes},uid={plan.uid},mode=0755"},
        ),
        {"confinement-cage": "BREACH size of /work"},
    ),
    Defence(
        "number of files in volumes",
        "empty files of a submission use up the host's memory",
        "sandbox/container.py",
        take.changed(
            "sandbox.pod:volume_options",
            lambda make: lambda plan: {**make(plan), "o": f"size={plan.size},uid={plan.uid},mode=0755"},
        ),
        {"confinement-cage": "BREACH files of /work"},
    ),
    Defence(
        "the database's socket is not the candidate's",
        "whoever opens it is the server's administrator, without a password",
        "grade/pod.py",
        take.body(take.shared_socket),
        {"confinement": "sees /run/postgresql"},
    ),
    Defence(
        "capped logs",
        "the host's disk is filled with what an app prints",
        "sandbox/container.py",
        take.host_config(lambda config: config.update(LogConfig={"Type": "json-file", "Config": {}})),
        {f"{CONTAINER}test_logs_are_capped_or_absent": "assert"},
    ),
    Defence(
        "own processes are reaped",
        "dead children of a submission use up its processes",
        "sandbox/container.py",
        take.host_config(lambda config: config.update(Init=False)),
        reason="it keeps honest programs from running out of processes",
    ),
    Defence(
        "a private cgroup namespace",
        "the engine's names of containers are seen",
        "sandbox/container.py",
        take.host_config(lambda config: config.pop("CgroupnsMode", None)),
        reason="what it hides is read-only and of no use; older engines know it with cgroup v2 only",
    ),
)
SYSTEM_CALLS = (
    Defence(
        "system calls are an allow-list",
        "whatever the kernel offers",
        "sandbox/container.py",
        take.no_security("seccomp=", "seccomp=unconfined"),
        {CALLS: "exited for unknown reason"},
    ),
    _calls("other socket families", "the hypervisor (vsock), kernel crypto (alg), packets", "socket"),
    _calls("tracing", "another process is read and changed", "ptrace", told="exited for unknown reason"),
    _calls("memory of others", "another process is read", "process_vm_readv", "process_vm_writev"),
    _calls(
        "io_uring",
        "system calls past the filter, and a kernel part with many holes",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        elsewhere=_SETTING,
    ),
    _calls("bpf", "programs in the kernel", "bpf", elsewhere=_SETTING),
    _calls("keys", "keys of the kernel, which no namespace divides", "keyctl", "add_key", "request_key"),
    _calls("userfaultfd", "races in the kernel are won", "userfaultfd", elsewhere=_SETTING),
    _calls("performance counters", "other processes are watched", "perf_event_open", elsewhere=_SETTING),
    _calls("new namespaces", "root in a user namespace opens the rest", "unshare", "clone"),
    _calls("entering of namespaces", "a namespace of the host is entered", "setns"),
    _calls("mounts", "file systems are mounted", "mount", "fsopen", "move_mount"),
    _calls("files by number", "the host's files are opened past folders", "name_to_handle_at", "open_by_handle_at"),
    _calls("hidden memory", "memory that nobody can count or look into", "memfd_secret"),
    _calls("kernels and modules", "the kernel is replaced", "kexec_load", "init_module", elsewhere=_SETTING),
    _calls("personality", "the layout of memory is no longer random", "personality"),
)
STREAMS = (
    Defence(
        "cap on what a program prints",
        "our own memory is used up",
        "sandbox/streams.py",
        take.changed(
            "sandbox.streams:_Store.__init__", lambda make: lambda store, cap, sink: make(store, cap + GIB, sink)
        ),
        {f"{WIRE}test_the_cap_cuts_in_the_middle_of_a_frame": "assert"},
    ),
    Defence(
        "time limit of a program",
        "a grading never ends",
        "sandbox/streams.py",
        take.later("sandbox.pod:run_container", 2.0),
        {f"{SANDBOX}TestLimits::test_a_timeout_kills_what_ignores_signals_and_left_its_session": "< 2.0"},
    ),
    Defence(
        "a time limit kills the whole container",
        "what a program left behind goes on",
        "sandbox/streams.py",
        take.together(
            take.set_to("sandbox.client:Client.kill", lambda _client, _name: None),
            take.set_to("sandbox.streams:_ENGINE", 0.5),
        ),
        {f"{SANDBOX}TestLimits::test_closing_the_output_does_not_hide_from_the_clock": "could not kill"},
    ),
)
PROBE = (
    Defence(
        "cap on the number of headers",
        "the probe's memory is used up",
        "probe/http.py",
        take.set_to("probe.http:MAX_HEADERS", 1 << 30),
        {f"{HTTP}test_bad_answers": "assert"},
    ),
    Defence(
        "cap on the size of headers",
        "the probe's memory is used up",
        "probe/http.py",
        take.set_to("probe.http:MAX_HEADER_BYTES", 1 << 30),
        {f"{HTTP}test_bad_answers": "assert"},
    ),
    Defence(
        "cap on interim answers",
        "a request ends only with its time",
        "probe/http.py",
        take.set_to("probe.http:MAX_INTERIM", 1 << 30),
        {f"{HTTP}test_bad_answers": "assert"},
    ),
    Defence(
        "cap on a body",
        "the probe's memory is used up",
        "probe/http.py",
        take.changed(
            "probe.http:_read_reply", lambda read: lambda reader, method, _most: read(reader, method, 1 << 40)
        ),
        {f"{HTTP}test_bad_answers": "assert"},
    ),
    Defence(
        "one deadline for a whole exchange",
        "an answer of a byte a second never ends",
        "probe/wire.py",
        take.changed(
            "probe.wire:Deadline.__init__", lambda make: lambda deadline, seconds: make(deadline, seconds + 2)
        ),
        {f"{HTTP}test_deadline_is_total[silent]": "assert"},
    ),
    Defence(
        "no compressed answers are asked for",
        "a small answer becomes a large one",
        "probe/http.py",
        take.changed("probe.http:_encode", take.without_identity),
        {f"{HTTP}test_request_has_what_it_needs": "identity"},
    ),
)

TEXTS = (
    Defence(
        "caps on the depth and the values of JSON",
        "a recursive parser of ours dies, and a small answer becomes a large structure",
        "checks/jsontext.py",
        take.set_to("checks.jsontext:_bound", lambda _: None),
        {"http-deep": "RecursionError", JSON: "more than 100000 values"},
    ),
    Defence(
        "cap on the digits of numbers",
        "one number costs minutes",
        "checks/jsontext.py",
        take.set_to("checks.jsontext:MAX_DIGITS", 1 << 30),
        {JSON: "digits"},
    ),
    Defence(
        "no half surrogates in JSON",
        "a text that no file can hold",
        "checks/jsontext.py",
        take.set_to("checks.jsontext:_check_strings", lambda _: None),
        {"http-odd-json": "surrogates not allowed", JSON: "surrogate"},
    ),
    Defence(
        "a name stands once in a JSON object",
        "two readers see two values",
        "checks/jsontext.py",
        take.set_to("checks.jsontext:_object", dict),
        {JSON: "given twice"},
    ),
    Defence(
        "NaN and infinities are no JSON",
        "comparisons that are never true or always",
        "checks/jsontext.py",
        take.set_to("checks.jsontext:_refuse_constant", float),
        {f"{JSON}[NaN-NaN is not a JSON number]": "DID NOT RAISE"},
    ),
    Defence(
        "regular expressions in linear time",
        "a text chosen for it keeps a search busy for ever",
        "checks/regex.py",
        take.changed("checks.regex:compile_regex", take.lenient),
        {"tests/checks/test_regex.py::test_refused": "DID NOT RAISE"},
    ),
    Defence(
        "Hurl: no encoding that takes the square of a text's time",
        "a body that is chosen for it keeps a filter busy for ever",
        "checks/http/hurl/queries.py",
        take.set_to("checks.http.hurl.queries:Queries.check_codec", lambda *_: None),
        {f"{HURL}test_what_cannot_be_used_is_told_with_its_place[refused]": "punycode"},
    ),
    Defence(
        "Hurl: a cap on what a filter makes of a text",
        "our own memory is used up by a body that each filter makes longer",
        "checks/http/hurl/run.py",
        take.set_to("checks.http.hurl.run:MAX_TEXT", GIB),
        {f"{HURL}test_bodies_that_are_not_what_they_must_be": "cannot be applied"},
    ),
)
SUITES = (
    Defence(
        "the ids that must pass are known",
        "tests that were left out do not count",
        "checks/suite/judge.py",
        take.changed("grade.judging:judge_alone", take.judging_what_came),
        {"defence-partial-run": "unit: passed"},
    ),
    Defence(
        "only what passed counts",
        "a test that was skipped is as good as passed",
        "checks/suite/cases.py",
        take.changed("checks.suite.judge:reported", take.skipped_as_passed),
        {"skipped": "unit: passed"},
    ),
    Defence(
        "what is reported twice is not passed",
        "a forged record after the true one counts",
        "checks/suite/cases.py",
        take.changed(
            "checks.suite.judge:reported",
            lambda case: lambda test, count, record: case(test, min(count, 1), record),
        ),
        {"defence-reported-twice": 'unit: says "1 of 3'},
    ),
    Defence(
        "a suite must come to its end",
        "a program leaves when it has what it wants",
        "checks/suite/judge.py",
        take.set_to("checks.suite.judge:_early", lambda _spec, _evidence, _context: ""),
        {"defence-left-early": "unit: passed"},
    ),
    Defence(
        "nothing counts after the end",
        "a process left behind reports what it likes",
        "checks/suite/run.py",
        take.changed("checks.suite.run:_record", take.without_end),
        {f"{SUITE}test_lines_after_the_end_are_late": "assert"},
    ),
    Defence(
        "twins",
        "whoever makes every test pass gets all points",
        "checks/twins/suites.py",
        take.set_to("checks.suite.observe:units_of", lambda *_, **__: ()),
        {"always-equal": "exit code 0", "patched-pytest": "exit code 0", "forged-records": "exit code 0"},
    ),
    Defence(
        "a test that passes with its twin is tried again",
        "an honest guess is called a forgery",
        "checks/suite/trust.py",
        take.set_to("checks.suite.trust:PLENTY", 1),
        {f"{SUITE}test_a_guess_that_meets_both_expectations_is_no_violation_and_is_not_passed": "violations"},
    ),
    Defence(
        "no plugins of packages",
        "a plugin of the candidate's decides what passed",
        "../../runners/python/bin/test",
        take.script_without("test", ('        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",\n', "")),
        {"defence-plugins": "unit: passed"},
    ),
    Defence(
        "the candidate's modules come last",
        "a module of the runner is the candidate's",
        "../../runners/python/bin/test",
        take.script_without("test", ("sys.path += [", "sys.path[:0] = [")),
        {"defence-shadowed-modules": "BREACH"},
    ),
    Defence(
        "no configuration of the candidate's",
        "options and hooks of the submission decide what passed",
        "../../runners/python/bin/test",
        take.script_without(
            "test",
            ("        os.devnull,\n", '        "/work/pytest.ini",\n'),
            ('        "-o",\n        "addopts=",\n', ""),
        ),
        {"defence-configuration": "unit: passed"},
    ),
    Defence(
        "records have a channel of their own",
        "what a program prints is taken for records of the runner, and an honest one for a forger",
        "../../runners/python/bin/test",
        take.script_without("test", ("    os.dup2(2, 1)\n", "")),
        {"printed-results": "the score is withheld"},
    ),
    Defence(
        "the runner leaves at once",
        "exit handlers of the candidate's run after the end record",
        "../../runners/python/bin/test",
        take.script_without("test", ("    leave(0)\n", "    sys.exit(0)\n")),
        reason="what comes after the end record does not count, whoever writes it",
    ),
    Defence(
        "an isolated interpreter",
        "startup files and variables of the candidate's",
        "../../runners/python/bin/test",
        take.script_without("test", interpreter=("/opt/gradekit/venv/bin/python",)),
        reason="a fresh container has no folder that the interpreter would look into",
    ),
)
DATABASES = (
    Defence(
        "the reader is above policies",
        "a policy empties the tables for the reference too",
        "grade/servers/postgres.py",
        take.set_to("grade.servers.postgres:_LOGIN", {"owner": "loader", "reader": "loader"}),
        {"defence-forced-policy": "words: passed"},
    ),
    Defence(
        "the right to look past policies",
        "a policy empties the tables for the reference too",
        "grade/servers/postgres.py",
        take.statements_without("BYPASSRLS"),
        {"sql-row-security": "words: passed"},
    ),
    Defence(
        "read-only transactions",
        "a query changes the data that it is judged on",
        "grade/servers/postgres.py",
        take.changed(
            "grade.servers.postgres:SqlRequest", lambda make: lambda *a, **n: make(*a, **{**n, "read_only": False})
        ),
        {"defence-writing-query": "words: passed"},
    ),
    Defence(
        "roles get their settings back",
        "a setting of a role outlives its copy of the data",
        "grade/servers/postgres.py",
        take.set_to("grade.servers.postgres:PostgresServer._roles_as_they_were", lambda _server: ()),
        {f"{BENCH}test_each_copy_gives_roles_their_settings_and_passwords_back": "AssertionError"},
    ),
    Defence(
        "a fresh copy of the data for each use",
        "one check's wreckage is the next one's data",
        "grade/servers/postgres.py",
        take.together(
            take.changed("grade.servers.postgres:PostgresServer.copy", take.one_copy),
            take.set_to("grade.servers.postgres:PostgresServer.drop", lambda _server, _database: None),
        ),
        {"sql-wreckage": "words: failed"},
    ),
    Defence(
        "databases are closed to whom they do not concern",
        "the app reads and changes the data of other checks",
        "grade/servers/postgres.py",
        take.statements_without("REVOKE"),
        {"confinement": "BREACH\\n  database"},
    ),
    Defence(
        "a limit of the app's connections",
        "no connection is left for us",
        "grade/servers/postgres.py",
        take.statements_without("CONNECTION LIMIT"),
        reason="the server keeps three connections for us, and one that is refused is the candidate's fault",
    ),
    Defence(
        "we do not wait long for a lock",
        "a lock that the app holds uses up our time",
        "../../runners/postgres/prepare.sql",
        take.statements_more("ALTER ROLE gradekit SET lock_timeout = '60s'"),
        {"database-locked": "time limit"},
    ),
    Defence(
        "a limit of temporary files",
        "a sort fills the server's disk",
        "../../runners/postgres/postgresql.conf",
        take.statements_more("ALTER SYSTEM SET temp_file_limit = -1", "SELECT pg_reload_conf()"),
        reason="the disk is a tmpfs with a size: full a little later, and the statement that filled it fails",
    ),
    Defence(
        "we come through a socket",
        "what listens on the server's port learns our passwords and answers our queries",
        "sandbox/probe_client.py",
        take.changed("sandbox.probe_client:ProbeClient._call", take.over_the_network),
        {f"{CLIENT}test_everybody_of_ours_uses_the_socket": "127.0.0.1"},
    ),
    Defence(
        "a time limit of statements at the server",
        "a statement runs on until the probe gives it up",
        "probe/postgres.py",
        take.probe_without("postgres", '"statement_timeout": str(max(1, math.ceil(timeout * 1000))),', ""),
        reason="the probe's own limit ends the same statement two seconds later",
    ),
    Defence(
        "a time limit of statements on the wire",
        "a statement that switches the server's limit off never ends",
        "probe/postgres.py",
        take.together(
            take.probe_without(
                "postgres",
                "deadline = Deadline(min(self._timeout + GRACE, self._whole.left()))",
                "deadline = Deadline(60.0)",
            ),
            take.set_to("sandbox.probe_client:_GRACE", 3.0),
        ),
        {f"{SQL}test_timeout_that_the_statement_switched_off": "08006"},
    ),
    Defence(
        "a time limit of all statements together",
        "many statements take many times the limit",
        "probe/postgres.py",
        take.together(
            take.probe_without("postgres", "min(self._timeout + GRACE, self._whole.left())", "self._timeout + GRACE"),
            take.set_to("sandbox.probe_client:_GRACE", 3.0),
        ),
        {f"{SQL}test_statements_share_a_limit": "assert"},
    ),
    Defence(
        "caps on the rows and bytes of a result",
        "the probe's memory is used up",
        "probe/postgres.py",
        take.probe_without("postgres", 'if len(result["rows"]) >= max_rows or size > max_bytes:', "if False:"),
        {f"{SQL}test_caps": "ValueError"},
    ),
    Defence(
        "a cap on the probe's memory while it reads rows",
        "one value ends the probe",
        "probe/statements.py",
        take.probe_without(
            "statements",
            "resource.setrlimit(\n        resource.RLIMIT_AS, (wanted",
            "(lambda *_: None)(\n        resource.RLIMIT_AS, (wanted",
        ),
        {"defence-huge-value": "does not show 'a row is larger than'"},
    ),
    Defence(
        "a record of sqllogictest has a time limit",
        "a view of the candidate's that never ends holds everything up",
        "checks/sqllogictest/observe.py",
        take.changed(RUN_RECORDS, lambda run: take.asked_with(run, "timeout", 1e6)),
        {f"{RECORDS}test_a_record_has_as_much_time_as_its_check_says": "assert"},
    ),
    Defence(
        "a record's result has a limit of rows",
        "a view of millions of rows takes our memory",
        "checks/sqllogictest/observe.py",
        take.changed(RUN_RECORDS, lambda run: take.asked_with(run, "max_rows", GIB)),
        {f"{RECORDS}test_a_result_has_as_many_rows_as_its_check_says": "assert"},
    ),
    Defence(
        "the results of all records share their bytes",
        "thousands of large results make a record of gigabytes",
        "checks/sqllogictest/observe.py",
        take.set_to("checks.sqllogictest.observe:BUDGET", 1 << 40),
        {f"{RECORDS}test_results_of_all_records_share_their_bytes": "assert"},
    ),
    Defence(
        "settings of our sessions are ours",
        "settings of a database change what a result looks like",
        "probe/postgres.py",
        take.probe_without("postgres", '"timezone": "UTC",', ""),
        {f"{SQL}test_settings_of_the_database_do_not_change_texts": "assert"},
    ),
)
SERVERS = (
    Defence(
        "MariaDB: accounts of a copy see no other one",
        "one check's statements read and change the data of another, and the server's own",
        "grade/servers/mariadb.py",
        take.mariadb_statements(r" ON \w+\.\* TO ", " ON *.* TO "),
        {f"{SERVER}copies_are_equal_and_know_nothing_of_each_other[mariadb]": "is not None"},
    ),
    Defence(
        "MariaDB: who reads may only read, in transactions that write nothing",
        "a query changes the data that it is judged on",
        "grade/servers/mariadb.py",
        take.together(
            take.set_to("grade.servers.mariadb:_rights", lambda _purpose: "ALL PRIVILEGES"),
            take.changed(
                "grade.servers.mariadb:SqlRequest", lambda make: lambda *a, **n: make(*a, **{**n, "read_only": False})
            ),
        ),
        {f"{SERVER}who_reads_cannot_write[mariadb]": "insert into customers"},
    ),
    Defence(
        "MariaDB: sessions of an app end with its copy",
        "a lock that the app holds keeps its data from being dropped",
        "grade/servers/mariadb.py",
        take.mariadb_statements("KILL HARD USER", None),
        {f"{SERVER}a_copy_is_dropped_although_its_app_holds_locks[mariadb]": "refused a statement of ours"},
    ),
    Defence(
        "statements of the app are counted whatever its role says",
        "an app changes its role, and the statements of the next copy are not seen",
        "grade/servers/postgres.py",
        take.statements_without("pg_stat_statements.track"),
        {f"{SERVER}statements_of_the_app_are_counted_and_no_others[postgres]": "assert"},
    ),
    Defence(
        "MariaDB: a cap on the memory of a session",
        "a sort uses up the server's memory, and ends it for everybody",
        "../../runners/mariadb/server.cnf",
        take.service_without("mariadb", ("server.cnf", "server.cnf --max-session-mem-used=8G")),
        {f"{SMOKE}[mariadb/exhaustion]": "step 2"},
    ),
    Defence(
        "Redis: an app keeps to its numbered database",
        "the app reads and changes the data of checks",
        "../../runners/redis/users.acl",
        take.service_without(
            "redis", ("cat /opt/gradekit/users.acl", "sed 's/-select +select|0//' /opt/gradekit/users.acl")
        ),
        {f"{SMOKE}[redis/roles]": "step 6: it succeeded"},
    ),
    Defence(
        "Redis: no command that is dangerous or the administrator's",
        "an app empties all databases, shuts the server down or makes itself another user",
        "../../runners/redis/users.acl",
        take.service_without(
            "redis", ("cat /opt/gradekit/users.acl", "sed 's/-@admin -@dangerous//' /opt/gradekit/users.acl")
        ),
        {f"{SMOKE}[redis/roles]": "step 11: it succeeded"},
    ),
    Defence(
        "Redis: the administrator has a password that stands beside the socket only",
        "whoever reaches the port is the administrator",
        "../../runners/redis/bin/serve",
        take.service_without("redis", ("on #$digest", "on nopass")),
        {f"{SMOKE}[redis/roles]": "step 5: it succeeded"},
    ),
    Defence(
        "Redis: a cap on the memory of its data",
        "an app fills the server's memory, and ends it for everybody",
        "../../runners/redis/redis.conf",
        take.service_without("redis", ("redis.conf", "redis.conf --maxmemory 0")),
        {f"{SMOKE}[redis/exhaustion]": "step 2"},
    ),
    Defence(
        "Redis: functions of an app go with its copy",
        "what an app leaves in the server is called by the next one",
        "grade/servers/redis.py",
        take.redis_commands("FUNCTION", "SCRIPT"),
        {"tests/grade/test_redis.py::test_what_an_app_leaves_does_not_outlive_its_copy": "assert"},
    ),
    Defence(
        "SQLite: an authorizer looks at each statement",
        "a statement reaches other files, or turns a defence off",
        "../../runners/sqlite/bin/serve",
        take.service_without("sqlite", ("connection.set_authorizer(self.allow)", "pass")),
        {f"{SMOKE}[sqlite/roles]": "step 7: it succeeded"},
    ),
    Defence(
        "SQLite: only a regular file is opened",
        "an app puts a link in the place of its file, and is judged on the data of a template",
        "../../runners/sqlite/bin/serve",
        take.service_without("sqlite", ("if not stat.S_ISREG(os.lstat(file).st_mode):", "if False:")),
        {f"{SERVER}an_app_cannot_send_its_checks_elsewhere[sqlite]": "ln -s"},
    ),
    Defence(
        "SQLite: who reads has the file read-only",
        "a query changes the data that it is judged on",
        "../../runners/sqlite/bin/serve",
        take.service_without("sqlite", ('"ro" if self.reads else "rw"', '"rw"')),
        reason="the authorizer refuses every change before",
    ),
    Defence(
        "SQLite: a slow statement is interrupted",
        "a statement runs on until its session is ended",
        "../../runners/sqlite/bin/serve",
        take.service_without("sqlite", ("return time.monotonic() > self.end", "return False")),
        reason="the process beside it ends the session a second later, and answers the same",
    ),
)
SCANNERS = (
    _scan(
        "RuboCop: comments switch nothing off",
        "a comment hides what is found in Ruby",
        "rubocop",
        '"--ignore-disable-comments", ',
    ),
    _scan(
        "PHP_CodeSniffer: comments switch nothing off",
        "a comment hides what is found in PHP",
        "phpcs",
        '"--ignore-annotations", ',
    ),
    _scan(
        "Hadolint: pragmas switch nothing off",
        "a comment hides what is found in a Dockerfile",
        "hadolint",
        '"--disable-ignore-pragma", ',
    ),
    _scan(
        "ESLint: comments switch nothing off",
        "a comment hides what is found in JavaScript and TypeScript",
        "eslint",
        '"--no-inline-config", ',
    ),
    _scan(
        "jscpd reads copies without its marks",
        "a comment hides a passage that stands twice",
        "duplication",
        're.sub(rb"(?i)jscpd", b"jscp-", file.read())',
        "file.read()",
    ),
    _scan(
        "PMD: a mark that nobody knows",
        "a comment hides what is found in Java",
        "pmd",
        '"--suppress-marker", "no such marker", ',
        runner="scanners-java",
    ),
    _scan(
        "PMD reads copies without annotations that suppress",
        "an annotation hides what is found in Java",
        "pmd",
        '    text = SUPPRESSION.sub(lambda found: "\\n" * found[0].count("\\n"), text)\n'
        "    # Those of another form, with a comment inside, say.\n"
        '    text = text.replace("SuppressWarnings", "Suppresswarnings")\n',
        runner="scanners-java",
    ),
)
REPORTS = (
    Defence(
        "one boundary for hostile texts",
        "escapes paint on the terminal, and texts run from right to left",
        "report/text.py",
        take.set_to("report.text:_visible", lambda text, **_: text),
        {"app-dead-with-noise": "holds '\\x1b'"},
    ),
    Defence(
        "a cap on every text",
        "a report of gigabytes",
        "report/text.py",
        take.changed("report.text:clean", lambda clean: lambda text, _most=0, **named: clean(text, GIB, **named)),
        {"tests/report/test_report_text.py::test_a_cut_says_how_long_the_text_was": "assert"},
    ),
    Defence(
        "HTML is escaped",
        "scripts of the candidate's run in the reviewer's browser",
        "report/html.py",
        take.changed("report.html:_environment", lambda make: lambda: take.unescaped(make.__wrapped__())),
        {"app-dead-with-noise": "report.html holds '<script>alert'"},
    ),
    Defence(
        "a page may load and run nothing",
        "what slipped through is run",
        "report/html.py",
        take.set_to("report.html:b64encode", lambda _data: b""),
        {f"{FORMATS}test_the_page_allows_its_own_style_and_nothing_else": "default-src"},
    ),
    Defence(
        "Markdown is escaped",
        "links, pictures and mentions in comments",
        "report/markdown.py",
        take.set_to("report.markdown:_prose", lambda text: text),
        {f"{FORMATS}test_golden": "AssertionError"},
    ),
    Defence(
        "fences are longer than what they hold",
        "a text leaves its code block",
        "report/markdown.py",
        take.set_to("report.markdown:_fence", lambda _text, least: "`" * least),
        {f"{FORMATS}test_golden": "AssertionError"},
    ),
    Defence(
        "commands to CI systems are broken",
        "a log sets variables and results of the reviewer's pipeline",
        "report/text.py",
        take.together(
            *(take.set_to(f"report.{name}:without_commands", str) for name in ("console", "markdown", "junit"))
        ),
        {"printed-results": "holds '"},
    ),
)
SUBMISSIONS = (
    Defence(
        "git's environment is ours",
        "secrets of the caller reach git and what it starts",
        "submission/gitio.py",
        take.changed("submission.gitio:Git._clean_environment", take.of_the_caller),
        {f"{GIT}test_the_environment_of_git_is_ours": "SECRET_OF_THE_CALLER"},
    ),
    Defence(
        "redirects stay on their host",
        "secrets and requests go to another host, such as one of the company's network",
        "submission/redirect.py",
        take.set_to("submission.gitio:moved", take.moved_anywhere),
        {f"{HTTPS}test_redirects_that_are_not_followed[{MOVED}]": "assert"},
    ),
    Defence(
        "objects are checked as they come",
        "names that git itself takes for attacks",
        "submission/gitio.py",
        take.together(
            take.git_setting("fsckObjects = true"), take.set_to("submission.sieve:name_problem", lambda _: None)
        ),
        {f"{GIT}test_names_that_git_itself_takes_for_attacks": ""},
    ),
    Defence(
        "cap on what git writes",
        "the host's disk is used up",
        "submission/gitio.py",
        take.text_without("submission.gitio:_LIMITED", 'ulimit -f "$2" 2>/dev/null\n'),
        {f"{GIT}test_a_large_pack": "assert", f"{GIT}test_many_large_files": "assert"},
    ),
    Defence(
        "git streams large files",
        "a small pack with a large file uses up the memory that git may have, and a right answer becomes a wrong one",
        "submission/gitio.py",
        take.git_setting("bigFileThreshold = 32m"),
        {f"{GIT}test_a_large_file_takes_no_memory": "assert"},
    ),
    Defence(
        "git sees packs through small windows",
        "a large repository of honest work does not fit into the memory that git may have",
        "submission/gitio.py",
        take.together(take.git_setting("packedGitWindowSize = 32m"), take.git_setting("packedGitLimit = 256m")),
        reason="only a pack of gigabytes shows it",
    ),
    Defence(
        "git takes one processor",
        "a fetch takes all processors of the host, and memory for each",
        "submission/gitio.py",
        take.git_setting("threads = 1"),
        reason="the time limit of git and its limit of processor time end it later",
    ),
    Defence(
        "cap on git's messages",
        "our own memory is used up, and a fetch never ends",
        "submission/gitio.py",
        take.set_to("submission.gitio:_STDERR_MAX", 1 << 40),
        {f"{GIT}test_a_server_that_talks_without_end": "assert"},
    ),
    Defence(
        "time limit of git",
        "a slow server holds everything up",
        "submission/gitio.py",
        take.changed("submission.gitio:Git._left", lambda left: lambda git: take.later_by(git, 4.0, left)),
        {f"{GIT}test_a_slow_server": "assert"},
    ),
    Defence(
        "a cap on the commits whose files are listed",
        "a history of a million commits takes our memory and time",
        "submission/lines.py",
        take.set_to("submission.lines:MAX_COMMITS", GIB),
        {f"{LINES}test_no_more_than_2000_commits_are_listed": "DID NOT RAISE"},
    ),
    Defence(
        "a cap on the bytes of a listing",
        "names of files that are long, or many, take our memory",
        "submission/history.py",
        take.set_to("submission.history:_MAX_BYTES", 1 << 40),
        {f"{LINES}test_no_more_than_64_mib_are_listed": "DID NOT RAISE"},
    ),
    Defence(
        "a cap on the contents of a history",
        "millions of small files of earlier commits take our memory",
        "submission/lines.py",
        take.set_to("submission.lines:MAX_BLOBS", GIB),
        {f"{LINES}test_no_more_than_100_000_contents_are_kept": "assert"},
    ),
    Defence(
        "a cap on a file of a history",
        "one file of gigabytes that an earlier commit had is read whole",
        "submission/lines.py",
        take.set_to("submission.lines:MAX_BLOB", GIB),
        {f"{LINES}test_no_file_of_more_than_1_mib_is_read": "assert"},
    ),
    Defence(
        "a cap on the bytes that are read of a history",
        "files that all commits replace are read without end",
        "submission/lines.py",
        take.set_to("submission.lines:MAX_READ", 1 << 40),
        {f"{LINES}test_no_more_than_64_mib_are_read": "assert"},
    ),
    Defence(
        "a cap on the lines that are kept of a history",
        "millions of different lines take our memory, and that of the tool that looks for secrets",
        "submission/lines.py",
        take.set_to("submission.lines:MAX_LINES", GIB),
        {f"{LINES}test_no_more_than_so_many_lines_are_kept[8-150000]": "DID NOT RAISE"},
    ),
    Defence(
        "a cap on the bytes of these lines",
        "long lines take it",
        "submission/lines.py",
        take.set_to("submission.lines:MAX_TEXT", 1 << 40),
        {f"{LINES}test_no_more_than_so_many_lines_are_kept[800-10485]": "DID NOT RAISE"},
    ),
    Defence(
        "a limit of the processor time that git has to read a history",
        "a history that is slow to list holds everything up",
        "submission/gitio.py",
        take.text_without("submission.gitio:_LIMITED", 'ulimit -S -t "$1" 2>/dev/null\n'),
        {f"{LINES}test_a_history_that_is_too_large_or_too_slow_spoils_no_files": "takes more than"},
    ),
    Defence(
        "a folder leads to no other repository",
        "files of this machine are fetched through a link",
        "submission/address.py",
        take.set_to("submission.address:_refuse_detours", lambda _git, _shown: None),
        {"tests/submission/test_address.py::test_a_repository_must_not_lead_elsewhere": "DID NOT RAISE"},
    ),
    Defence(
        "only regular files",
        "a link leads out of the submission, and a submodule to another server",
        "submission/sieve.py",
        take.set_to("submission.sieve:stat.S_ISREG", lambda _mode: True),
        {f"{GIT}test_links_and_submodules_are_dropped": "passwd"},
    ),
    Defence(
        "no dangerous names",
        "a name leaves the folder, or paints on the terminal",
        "submission/sieve.py",
        take.set_to("submission.sieve:name_problem", lambda _path: None),
        {f"{GIT}test_dangerous_names_are_dropped": "assert"},
    ),
    Defence(
        "no two names that are one elsewhere",
        "a file takes another's place",
        "submission/sieve.py",
        take.set_to("submission.sieve:Sieve._clash", lambda _sieve, _path: None),
        {f"{GIT}test_dangerous_names_are_dropped": "assert"},
    ),
    Defence(
        "caps on files and folders",
        "a small repository becomes millions of files",
        "submission/sieve.py",
        take.set_to("submission.sieve:Sieve._too_many", lambda _sieve, what: Exception(f"uncounted {what}")),
        {f"{GIT}test_many_files": "uncounted"},
    ),
    Defence(
        "an archive holds files below its folder only",
        "a name leads out of the folder, or stands for two files",
        "sandbox/transfer.py",
        take.set_to("sandbox.transfer:check_names", lambda _paths: None),
        {"tests/sandbox/test_transfer.py::test_names_that_could_leave_the_folder_are_refused": "DID NOT RAISE"},
    ),
)
PACKAGES = (
    Defence(
        "only names with versions are fetched",
        "a requirement leads to an address, a repository, another index or the submission's own build",
        "../../runners/python/bin/deps",
        take.program_without(
            "deps",
            ('    if requirement.startswith("-"):', "    if False:"),
            ("    if _REQUIREMENT.fullmatch(requirement) is None:", "    if False:"),
        ),
        {"tests/runners/test_deps.py::test_only_names_with_versions_are_taken": "DID NOT RAISE"},
    ),
    Defence(
        "a list of hosts",
        "packages and data go anywhere",
        "probe/egress.py",
        take.changed("probe.egress:Proxy._reach", take.any_host),
        {f"{EGRESS}test_everything_else_is_refused[{OTHER}]": "AssertionError"},
    ),
    Defence(
        "no addresses of this machine and its networks",
        "a name leads to the metadata service or the company's network",
        "probe/egress.py",
        take.set_to("probe.egress:complaint", lambda _address, **_: None),
        {f"{EGRESS}test_addresses": "assert"},
    ),
    Defence(
        "a cap on the bytes of packages",
        "a registry is used to carry data away",
        "probe/egress.py",
        take.changed(
            "probe.egress:Caps", lambda caps: lambda total, sent, seconds: caps(total + GIB, sent + GIB, seconds)
        ),
        {f"{EGRESS}test_a_cap_on_bytes_ends_everything": "assert"},
    ),
    Defence(
        "a cap on the time of a fetch",
        "a registry that sends a byte a second holds everything up, and a tunnel stays open",
        "probe/egress.py",
        take.changed("probe.egress:Caps", lambda caps: lambda total, sent, seconds: caps(total, sent, seconds + 4.0)),
        {f"{EGRESS}test_a_cap_on_time_ends_open_tunnels_and_takes_no_more": "assert"},
    ),
    Defence(
        "a cap on connections to the proxy",
        "the proxy's memory and descriptors are used up",
        "probe/egress.py",
        take.changed("probe.egress:Proxy._serve", take.uncounted),
        {f"{EGRESS}test_many_connections_are_bounded_and_the_proxy_recovers": "assert"},
    ),
    Defence(
        "a cap on refused names",
        "the report is filled with names that were asked for",
        "probe/egress.py",
        take.changed("probe.egress:Proxy._refuse", take.remembering),
        {f"{EGRESS}test_refused_names_are_remembered_up_to_a_cap": "assert"},
    ),
    Defence(
        "packages are never built",
        "the source of a package runs what it likes where there is a way out",
        "../../runners/python/bin/deps",
        take.program_without("deps", ('"install", "--only-binary=:all:", *quiet', '"install", *quiet')),
        {"tests/runners/test_deps.py::test_no_package_is_built": "the package was built"},
    ),
)
RULES = (
    Defence(
        "whose fault it is depends on what could have caused it",
        "whoever breaks a program of ours gets a new try",
        "sandbox/faults.py",
        take.together(
            take.set_to("sandbox.pod:whose", lambda _mishap, _exposure: Fault.OURS),
            take.set_to("grade.servers.base:whose", lambda _mishap, _exposure: Fault.OURS),
        ),
        {
            f"{BENCH}test_{THEIRS_LATER}": "refused a statement",
            "database-locked": "sales: errored",
        },
    ),
    Defence(
        "an app has a time to be ready",
        "an app that never answers holds everything up",
        "grade/app.py",
        take.changed("grade.app:App._wait_ready", take.patient),
        {"app-never-ready": "time limit was used up"},
    ),
    Defence(
        "an app that did not start is not tried again",
        "each check waits for it anew",
        "grade/app.py",
        take.changed("grade.app:App.begin", take.trying_again),
        {f"{BENCH}test_an_app_that_never_answers_well_blocks_at_once_the_next_time": "assert"},
    ),
    Defence(
        "a run has a time limit",
        "a grading takes as long as all of its limits together",
        "grade/allowance.py",
        take.changed("grade.allowance:Allowance.begin", take.endless),
        {f"{BENCH}test_a_run_without_time_left_blocks": "DID NOT RAISE"},
    ),
    Defence(
        "a check has a time limit",
        "a check takes as long as all of its steps together",
        "grade/allowance.py",
        take.set_to("grade.allowance:Allowance.within", lambda _allowance, timeout: timeout),
        {f"{BENCH}test_statements_share_the_time_of_their_check": "AssertionError"},
    ),
    Defence(
        "what an app printed is kept only to its last lines",
        "an app fills the records and reports of all its checks",
        "grade/app.py",
        take.set_to("grade.app:_PRINTED", GIB),
        {f"{BENCH}test_what_the_app_printed_is_kept_to_its_last_lines": "assert"},
    ),
    Defence(
        "everything of a run is removed",
        "containers and volumes pile up",
        "sandbox/pod.py",
        take.nothing_is_cleared,
        {"reference": "left on the engine"},
    ),
    Defence(
        "what killed runs left is removed",
        "containers and volumes pile up",
        "sandbox/reaper.py",
        take.changed("sandbox.reaper:is_left_behind", lambda _: lambda *_a, **_n: False),
        {"tests/sandbox/test_reaper.py::test_a_dead_process_does_not": "assert"},
    ),
)
DEFENCES: tuple[Defence, ...] = (
    *CONFINEMENT,
    *SYSTEM_CALLS,
    *STREAMS,
    *PROBE,
    *TEXTS,
    *SUITES,
    *DATABASES,
    *SERVERS,
    *SCANNERS,
    *REPORTS,
    *SUBMISSIONS,
    *PACKAGES,
    *RULES,
)


def table() -> str:
    """The Markdown table of all defences, with the cases that turn red without each."""
    rows = ["| defence | stops | where | turns red without it |", "|---|---|---|---|"]
    for defence in DEFENCES:
        names = [f"`{case.rpartition('::')[2].partition('[')[0]}`" for case in defence.cases]
        where = defence.place.removeprefix("../../")
        shown = ", ".join(names) or f"nothing: {defence.reason}"
        if defence.elsewhere:
            shown += f" (not everywhere: {defence.elsewhere})"
        rows.append(f"| {defence.name} | {defence.stops} | `{where}` | {shown} |")
    return "\n".join(rows)


def inserted(document: str) -> str:
    """A document with the table between its markers; with new markers at its end where it has none."""
    if BEGIN not in document:
        document = f"{document.rstrip()}\n\n{HEADING}\n\n{BEGIN}\n{END}\n"
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(inserted(path.read_text(encoding="utf-8")), encoding="utf-8")

"""The Go runner beyond its smoke cases: what does not build, modules from a proxy, and calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gradekit import runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.egress import EGRESS_LABEL
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import TESTER_UID, ContainerPlan, ExecResult, Limits, Mount, VolumePlan
from gradekit.sandbox.protocol import Sandbox
from tests.runners.fetching import Fetching, entries, fetching, gateway
from tests.runners.go_mirror import LEAF, filled, sums
from tests.runners.mirror import served

FOLDER = Path(__file__).parents[2] / "runners"
GO = runner.find(FOLDER, "go")
MOD = "module shop\n\ngo 1.23\n"
WANTS = MOD + "\nrequire tea.example/leaf v1.2.0\n"
SUMS = sums("tea.example/leaf", "v1.2.0", LEAF)
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> Mapping[str, Image]:
    return images.ensure(("go", "probe"), folder=FOLDER, engine=engine)


@pytest.fixture
def proxy(engine: DockerEngine, built: Mapping[str, Image], tmp_path: Path) -> Iterator[Fetching]:
    with fetching(engine, built, GO, "GOPROXY", filled(tmp_path)) as made:
        yield made


def build(sandbox: Sandbox, image: str, number: int = 0, memory: int = 512 << 20) -> ExecResult:
    mounts = (Mount(f"work{number}", "/work"), Mount(f"build{number}", "/build", writable=True))
    limits = Limits(memory=memory)
    return sandbox.run(
        ContainerPlan(image, GO.argv("build"), workdir="/work", mounts=mounts, limits=limits, alone=True), timeout=100.0
    )


# --- build

WRONG = {
    "an error": ({"go.mod": MOD, "a.go": "package shop\n\nvar a int = tea\n"}, "a.go:3:13: undefined: tea"),
    "no package": ({"go.mod": MOD, "README": ""}, "there is no package"),
    "only tests": ({"go.mod": MOD, "a_test.go": "package shop\n"}, "there is no package"),
    "a module that nobody fetched": (
        {"go.mod": MOD, "a.go": 'package shop\n\nimport _ "tea.example/leaf"\n'},
        "cannot find module providing package tea.example/leaf",
    ),
    "another Go": ({"go.mod": "module shop\n\ngo 1.99\n", "a.go": "package shop\n"}, "go.mod requires go >= 1.99"),
    "C": (
        {"go.mod": MOD, "a.go": 'package shop\n\n// #cgo LDFLAGS: -Wl,evil\nimport "C"\n'},
        "there is no package; .go files were expected, with go.mod at the root, and no C in them",
    ),
    "a package inside of another module": (
        {"go.mod": MOD, "a.go": 'package shop\n\nimport _ "testing/internal/testdeps"\n'},
        "use of internal package testing/internal/testdeps not allowed",
    ),
}


def test_what_does_not_build_says_why(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    volumes = [
        plan
        for number in range(len(WRONG))
        for plan in (VolumePlan(f"work{number}", 1 << 20), VolumePlan(f"build{number}", 16 << 20))
    ]
    made = Fetching(engine, built, GO, "GOPROXY", FOLDER)
    with engine.open(made.pod(*volumes)) as sandbox:
        for number, (name, (files, reason)) in enumerate(WRONG.items()):
            sandbox.fill(f"work{number}", entries(files))
            result = build(sandbox, built["go"].id, number)
            assert result.exit_code == 1, (name, result)
            assert reason in result.stderr.decode(), name


SERVICE = """package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"

	"tea.example/leaf"
)

var db *sql.DB

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(leaf.Pick()) })
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
"""


@pytest.mark.parametrize("vendored", [False, True], ids=["fetched", "vendored"])
def test_a_service_with_a_module_builds_in_little_memory(proxy: Fetching, vendored: bool) -> None:
    files = {"go.mod": WANTS, "go.sum": SUMS, "cmd/server/main.go": SERVICE, "cmd/server/main_test.go": "no Go"}
    if vendored:
        files["vendor/modules.txt"] = "# tea.example/leaf v1.2.0\n## explicit; go 1.21\ntea.example/leaf\n"
        files["vendor/tea.example/leaf/leaf.go"] = LEAF["leaf.go"]
        image = proxy.built["go"]
    else:
        image = proxy.image({"go.mod": WANTS, "go.sum": SUMS})
    with proxy.engine.open(proxy.pod(VolumePlan("work0", 1 << 20), VolumePlan("build0", 32 << 20))) as sandbox:
        sandbox.fill("work0", entries(files))
        result = build(sandbox, image.id, memory=256 << 20)
        assert result.exit_code == 0, result


# --- deps


def test_modules_are_fetched_and_nothing_else(proxy: Fetching) -> None:
    said = proxy.says(
        {"go.mod": WANTS, "go.sum": SUMS}, "sh", "-c", "cd /opt/deps/mod; ls; ls tea.example; find . -name '*.zip'"
    )
    assert said.split() == ["cache", "tea.example", "leaf@v1.2.0"]


def test_a_proxy_is_asked_where_it_keeps_its_archives(proxy: Fetching) -> None:
    def named(url: str) -> list[dict[str, str]]:
        said = proxy.engine.client.sdk.containers.run(
            proxy.built["go"].id,
            [*GO.argv("registries"), "files"],
            environment={"GOPROXY": f"{url},direct"},
            remove=True,
        )
        return [json.loads(line) for line in said.splitlines()]

    address = gateway(proxy.engine)
    with served(proxy.folder, address) as archives, served(proxy.folder, address, moved={".zip": archives}) as url:
        assert named(archives) == [{"files": archives.rstrip("/")}]
        assert named(url) == [{"files": url.rstrip("/")}, {"files": archives.rstrip("/")}]


def test_archives_that_are_elsewhere_are_fetched_from_there(proxy: Fetching) -> None:
    with served(proxy.folder, gateway(proxy.engine)) as archives:
        proxy.moved[".zip"] = archives
        # An address, not a name, has to be chosen by the operator.
        proxy.hosts = (urlsplit(archives).netloc,)
        made = proxy.fetch({"go.mod": WANTS, "go.sum": SUMS})
    assert isinstance(made, Image), made.stderr
    reached = {host.partition("=")[0] for host in made.labels[EGRESS_LABEL].split()}
    assert reached > set(proxy.hosts)
    assert len(reached) == 2


def test_a_redirect_to_where_the_proxy_keeps_nothing_else_is_not_followed(proxy: Fetching) -> None:
    asked: list[str] = []
    with served(proxy.folder, gateway(proxy.engine), asked=asked) as elsewhere:
        proxy.moved["leaf/@v/v1.2.0.zip"] = elsewhere
        code, said = proxy.refusal({"go.mod": WANTS, "go.sum": SUMS})
    assert (code, asked) == (2, []), said
    assert "403 Forbidden" in said


def test_what_is_replaced_by_a_folder_of_the_submission_is_not_fetched(proxy: Fetching) -> None:
    text = MOD + "\nrequire (\n\town.example/a v1.0.0\n\ttea.example/leaf v1.2.0\n)\n\nreplace own.example/a => ./a\n"
    assert "leaf@v1.2.0" in proxy.says({"go.mod": text, "go.sum": SUMS}, "ls", "/opt/deps/mod/tea.example")
    assert not any("own.example" in path for path in proxy.asked)


REFUSED = {
    "another content": (WANTS, SUMS.replace("h1:", "h1:A", 1).replace("=", "", 1), "checksum mismatch"),
    "no such version": (WANTS.replace("1.2.0", "1.9.9"), "", "tea.example/leaf@v1.9.9"),
}


@pytest.mark.parametrize(("text", "checked", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_met_is_refused(proxy: Fetching, text: str, checked: str, reason: str) -> None:
    code, said = proxy.refusal({"go.mod": text, "go.sum": checked})
    assert (code, reason in said) == (2, True), said


@pytest.mark.parametrize("status", [503, 429])
def test_a_proxy_that_does_not_serve_is_our_fault(proxy: Fetching, status: int) -> None:
    code, said = proxy.refusal({"go.mod": WANTS, "go.sum": SUMS}, status)
    assert (code, "cannot be reached" in said) == (3, True), said


# --- calls

LIBRARY = {
    "go.mod": MOD,
    "shop.go": (Path(__file__).parent / "go-shop" / "shop.go").read_text(encoding="utf-8"),
    "price_list/list.go": "package pricelist\n\nfunc Total() int { return 7 }\n",
    "shop_test.go": "package shop\n\nnonsense\n",
}
ON = {"$module": "shop"}


def ask(path: str, *args: object, on: object = None, op: str = "call", **more: object) -> dict[str, Any]:
    return {"op": op, "on": on or ON, "path": path, "args": list(args), "kwargs": {}, **more}


CALLS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"op": "ready"}, {"refused": "there is no operation ready here"}),
    ({"op": "import", "module": "shop"}, {"value": True}),
    ({"op": "import", "module": "none"}, {"value": False}),
    (ask("Echo", [1, "é", None, True, 1.5]), {"value": [1, "é", None, True, 1.5]}),
    (ask("Echo", {"$int": "12345678901234567890"}), {"value": {"$int": "12345678901234567890"}}),
    (ask("Numbers", 1, 2, 3), {"value": [1, 2, 3]}),
    (ask("Numbers", 128, 2, 3), {"refused": "argument 1: 128 does not fit int8"}),
    (ask("Numbers", 1.5, 2, 3), {"refused": "argument 1: 1.5 does not fit int8"}),
    (ask("Numbers", 1), {"refused": "it takes 3 arguments, not 1"}),
    (ask("Large"), {"value": {"$tuple": [{"$int": str(1 << 60)}, {"$int": str(1 << 70)}]}}),
    (ask("First", "tea"), {"value": "t"}),
    (ask("First", ""), {"value": None}),
    (ask("Parse", "12"), {"value": 12}),
    (ask("Double", [1, 2]), {"value": None, "changed": [[0, [2, 4]]]}),
    (ask("Set", ["a"]), {"value": {"$set": ["a"]}}),
    (ask("Day", {"$date": "2024-02-29"}), {"value": "Thursday"}),
    (ask("Day", "no day"), {"refused": 'argument 1: "no day" is no time'}),
    (ask("Large2"), {"value": {"$enum": ["shop:Size", "large"]}}),
    (ask("Sorted", [], kwargs={"reverse": True}), {"value": True}),
    (ask("Words", {"1": "a"}), {"value": {"$map": [[1, "a"]]}}),
    (ask("Lines"), {"value": [{"name": "tea", "cost": 2, "sk_us": []}]}),
    (ask("MaxSize", op="get"), {"value": 3}),
    (ask("rate", op="get"), {"value": 0.5}),
    (ask("Echo", op="get"), {"value": {"$callable": {"async": False}}}),
    (ask("Total", on={"$module": "price_list"}), {"value": 7}),
    (ask("Cart", {"name": "tea", "cost": 2}), {"value": {"$handle": 1, "class": "shop:Cart"}}),
    (ask("Add", {"name": "milk", "unit_cost": 1}, on={"$handle": 1}), {"value": None}),
    (ask("Count", on={"$handle": 1}, op="get"), {"value": 2}),
    (ask("Cart.Count", {"$handle": 1}), {"value": 2}),
    (ask("Cart"), {"value": {"$handle": 2, "class": "shop:Cart"}}),
    (ask("Merge", {"$handle": 1}, on={"$handle": 2}), {"value": None}),
    (ask("count", on={"$handle": 2}), {"value": 2}),
    (ask("Add", {"size": 1}, on={"$handle": 1}), {"refused": "argument 1: shop.Line has no field size"}),
    (ask("Count", on={"$handle": 9}), {"refused": "there is no object 9"}),
]
ERRORS: list[tuple[dict[str, Any], set[str], str]] = [
    (ask("Take", "gold", on={"$handle": 1}), {"shop:OutOfStock", ":OutOfStock"}, "take: no gold"),
    (ask("Check", -1), {"shop:ErrValue", ":ErrValue"}, "-1: a bad value"),
    (ask("Parse", "x"), {"strconv:NumError", "strconv:ErrSyntax"}, 'strconv.Atoi: parsing "x": invalid syntax'),
    (ask("At", [1], 4), {"runtime:IndexError"}, "runtime error: index out of range [4] with length 1"),
    (ask("Divide", 1, 0), {"runtime:DivideError"}, "runtime error: integer divide by zero"),
    (ask("Fall"), {"builtins:panic"}, "fallen"),
    (ask("Absent"), {"gradekit:Absent"}, "package shop exports no Absent"),
    (ask("Generic", 1), {"gradekit:Absent"}, "package shop exports no Generic"),
    (ask("Total", on={"$module": "none"}), {"gradekit:Absent"}, "there is no package none"),
]
ASKING = """
import json, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("/call/socket")
    stream = connection.makefile("rw", encoding="utf-8")
    for line in open("/hidden/asked"):
        stream.write(line)
        stream.flush()
        sys.stdout.write(stream.readline())
"""


def test_calls_are_answered(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    requests = [
        {"id": number, **asked}
        for number, asked in enumerate([*(one for one, _ in CALLS), *(one[0] for one in ERRORS)])
    ]
    made = Fetching(engine, built, GO, "GOPROXY", FOLDER)
    python = images.ensure(("python",), folder=FOLDER, engine=engine)["python"]
    volumes = (
        VolumePlan("work0", 1 << 20), VolumePlan("build0", 32 << 20),
        VolumePlan("hidden", 1 << 20, uid=TESTER_UID), VolumePlan("call", 1 << 20, 64),
    )  # fmt: skip
    with engine.open(made.pod(*volumes)) as sandbox:
        sandbox.fill("work0", entries(LIBRARY))
        sandbox.fill(
            "hidden", entries({"asked": "".join(f"{json.dumps(asked)}\n" for asked in requests), "ask.py": ASKING})
        )
        result = build(sandbox, built["go"].id)
        assert result.exit_code == 0, result
        mounts = (Mount("work0", "/work"), Mount("build0", "/build"), Mount("call", "/call", writable=True))
        worker = sandbox.start(ContainerPlan(built["go"].id, GO.argv("call"), mounts=mounts))
        wait = "until [ -S /call/socket ]; do sleep 0.1; done; exec python3 /hidden/ask.py"
        plan = ContainerPlan(
            python.id,
            ("/bin/sh", "-c", wait),
            uid=TESTER_UID,
            mounts=(Mount("hidden", "/hidden"), Mount("call", "/call")),
        )
        done = sandbox.run(plan, timeout=30.0)
        told = worker.tail()
        worker.stop()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests), (done, told)
    for number, (asked, answer) in enumerate(CALLS):
        assert answers[number] == {"id": number, **answer}, asked
    for number, (asked, classes, message) in enumerate(ERRORS, len(CALLS)):
        error = answers[number].get("error", answers[number])
        assert classes <= set(error["classes"]), asked
        assert error["message"] == message, asked

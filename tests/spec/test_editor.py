"""The schemas in an editor: a YAML language server finds them by the modelines, tells mistakes and explains keys."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from gradekit.sandbox import images
from gradekit.sandbox.docker import connect

pytestmark = pytest.mark.docker
ROOT = Path(__file__).parents[2]
SERVER = "yaml-language-server@2.0.0"
START = f"""
cd /tmp && export NODE_EXTRA_CA_CERTS=/tmp/ca.pem && cat > ca.pem
node /opt/gradekit/runtime/node_modules/npm/bin/npm-cli.js install --no-audit --no-fund --silent {SERVER} >&2
"""
SPECS = sorted(
    [*ROOT.glob("challenges/*/challenge*.yaml"), *ROOT.glob("rubrics/*.yaml"), *ROOT.glob("challenges/*/rubric.yaml")]
)
BAD = {
    "lint-fields": 'Value is not accepted. Valid values: "absolute-time"',
    "misspelt-kind": "Property htpp is not allowed.",
    "missing-keys": 'Missing property "title".',
    "bad-duration": "String does not match the pattern",
    "empty-checks": "Array has too few items.",
    "wrong-types": 'Incorrect type. Expected "string".',
    "two-kinds": "Matches multiple schemas when only one must validate.",
}
MODELINE = "# yaml-language-server: $schema=/repo/docs/schema/{}.schema.json\n"


class Editor:
    """A client of the language server, as an editor is one."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.count = 0
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.ask("initialize", {"processId": None, "rootUri": "file:///repo", "capabilities": {}})
        self.tell("initialized", {})
        settings = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}
        self.tell("workspace/didChangeConfiguration", {"settings": settings})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        size = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        assert size, "the server is gone"
        message: dict[str, Any] = json.loads(self.process.stdout.read(size))
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        if message.get("method") == "textDocument/publishDiagnostics":
            self.told[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def tell(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever it answers
        self.count += 1
        self._send({"id": self.count, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self.count and "method" not in message:
                return message["result"]

    def mistakes(self, path: str, text: str) -> list[str]:
        """What it underlines in a file that is opened."""
        uri = f"file:///repo/{path}"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self.told:
            self._read()
        return [item["message"] for item in self.told[uri]]

    def at(self, method: str, path: str, line: int, character: int) -> Any:  # noqa: ANN401 - whatever it answers
        place = {"textDocument": {"uri": f"file:///repo/{path}"}, "position": {"line": line, "character": character}}
        return self.ask(f"textDocument/{method}", place)


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    with closing(connect()) as engine:
        image = images.ensure(("node",), engine=engine)["node"]
    schemas = f"{ROOT}/docs/schema:/repo/docs/schema:ro"
    options = ["--network", "host", "--user", "10001", "-e", "HOME=/tmp", "-v", schemas]
    options += ["-e", f"npm_config_registry={images.npm_registry()}"]
    name = subprocess.run(
        ["docker", "run", "--detach", "--rm", *options, image.id, "sleep", "300"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    try:
        inside = ["docker", "exec", "-i", name]
        certificates = images.ca_bundle() or b""
        subprocess.run([*inside, "sh", "-ec", START], input=certificates, check=True, timeout=120)
        server = [*inside, "node", "/tmp/node_modules/yaml-language-server/bin/yaml-language-server", "--stdio"]
        with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield Editor(process)
            process.kill()
    finally:
        with suppress(subprocess.SubprocessError):
            subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True, timeout=60)


def test_shipped_specs_have_no_mistakes(editor: Editor) -> None:
    for path in SPECS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema="), path
        assert editor.mistakes(str(path.relative_to(ROOT)), text) == []


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_underlined(editor: Editor, name: str) -> None:
    text = (ROOT / "tests" / "spec" / "bad" / name / "challenge.yaml").read_text(encoding="utf-8")
    found = editor.mistakes(f"bad/{name}.yaml", MODELINE.format("challenge") + text)
    assert [message for message in found if message.startswith(BAD[name])], found


def test_the_server_knows_the_schema_by_its_modeline(editor: Editor) -> None:
    """Without one, what is wrong in a rubric is not underlined: the tests above would show nothing."""
    text = "gradekit: 1\nid: own\ntitle: Own\ncriteria: {api: {title: API, wieght: 100}}\n"
    assert editor.mistakes("plain/rubric.yaml", text) == []
    found = editor.mistakes("own/rubric.yaml", MODELINE.format("rubric") + text)
    assert found == ['Missing property "weight".', "Property wieght is not allowed."]


SMALL = """\
gradekit: 1
limits: {timeout: 5m}
checks:
  - id: a
    http:
      steps:
        - request: GET /
          expect: {json: {$.a: {between: [1, 2]}}}
"""


def test_keys_are_explained_and_completed(editor: Editor) -> None:
    editor.mistakes("small/challenge.yaml", MODELINE.format("challenge") + SMALL)
    shown = {
        (1, 3): "Version of this format.",
        (2, 11): "The whole run.",
        (5, 5): "A scenario against the candidate's app.",
        (8, 33): "Is from low to high, both included: ",
    }
    for (line, character), text in shown.items():
        hover = editor.at("hover", "small/challenge.yaml", line, character)
        assert text in json.dumps(hover, ensure_ascii=False), (line, hover)
    hover = editor.at("hover", "small/challenge.yaml", 2, 11)
    assert "250ms" in json.dumps(hover), "examples are shown"
    text = "gradekit: 1\n\nchecks: []\n"
    editor.mistakes("new/challenge.yaml", MODELINE.format("challenge") + text)
    offered = editor.at("completion", "new/challenge.yaml", 2, 0)
    assert {"datasets", "solutions", "lint"} <= {item["label"] for item in offered["items"]}

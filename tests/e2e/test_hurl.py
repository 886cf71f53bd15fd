"""A .hurl file on the engine: a right service passes it, wrong ones fail at the line that they break."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
CHALLENGE = """\
gradekit: 1
id: notes
title: Notes
runner: python
rubric: rubric.yaml
app: {ready: {http: GET /health, status: 200}}
vars: {text: tea}
checks:
  - {id: notes, criterion: all, http: {hurl: hidden/notes.hurl}}
"""
RUBRIC = "{gradekit: 1, id: notes, title: Notes, criteria: {all: {title: All, weight: 100}}}\n"
HURL = """\
# A note is kept, and shows up in the list a little later.
POST {{host}}/notes
[Form]
text: {{text}} & milk
HTTP 201
[Captures]
where: header "Location"
id: header "Location" regex "/notes/(\\\\d+)"

GET {{where}}
HTTP 200
Content-Type: application/json
[Asserts]
jsonpath "$.id" == {{id}}
jsonpath "$.id" toInt == 7
jsonpath "$.text" split " & " nth 1 == "milk"
jsonpath "$.tags[*]" count == 2
jsonpath "$.secret" not exists
cookie "seen[HttpOnly]" exists
{"id": "7", "tags": ["a", "b"], "text": "{{text}} & milk"}

GET http://localhost:8080/notes
[Options]
retry: 5
retry-interval: 50ms
[Query]
q: te a
HTTP 200
[Asserts]
jsonpath "$" == "te a"
"""
APP = """\
import http.server
import json
import os
import urllib.parse

NOTES, ASKED = {}, []
WRONG = "STATE" == "wrong"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        NOTES["7"] = form["text"][0]
        self.answer(201, None, Location="/notes/7")

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/notes":
            ASKED.append(1)
            self.answer(200 if len(ASKED) > 2 else 503, urllib.parse.parse_qs(url.query)["q"][0])
        elif url.path == "/health":
            self.answer(200, None)
        else:
            note = {"text": NOTES["7"], "tags": ["a"] if WRONG else ["a", "b"], "id": "7"}
            self.answer(200, note, **{"Set-Cookie": "seen=1; HttpOnly"})

    def answer(self, status, value, **headers):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_a_file_is_run_as_it_is(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "hidden").mkdir(parents=True)
    (folder / "challenge.yaml").write_text(CHALLENGE, encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    (folder / "hidden" / "notes.hurl").write_text(HURL, encoding="utf-8")
    seen = {}
    for state in ("right", "wrong"):
        (folder / state).mkdir()
        (folder / state / "app.py").write_text(APP.replace("STATE", state), encoding="utf-8")
        (folder / state / "Procfile").write_text("web: python3 app.py\n", encoding="utf-8")
        done = gradekit("grade", str(folder / state), "-c", str(folder), "--json")
        (check,) = json.loads(done.out)["checks"]
        seen[state] = check["outcome"]["status"], [case["outcome"].get("expected") for case in check["cases"]]
    line = 'hidden/notes.hurl:17: jsonpath "$.tags[*]" count: a value that it can be applied to'
    assert seen["right"] == ("passed", [None, None, None])
    assert seen["wrong"][0] == "failed"
    assert str(seen["wrong"][1][1]).splitlines()[0] == line
    assert seen["wrong"][1][2] is None


def test_a_file_with_what_is_not_there_is_told_by_its_own_lines(
    gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    (folder / "hidden").mkdir(parents=True)
    (folder / "challenge.yaml").write_text(CHALLENGE, encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    bad = 'GET {{host}}/a\nHTTP 200\n[Asserts]\nduration < 5\nheader "A" == "{{nobody}}"\nfile,gone.txt;\n'
    (folder / "hidden" / "notes.hurl").write_text(bad, encoding="utf-8")
    done = gradekit("challenge", "lint", str(folder))
    assert done.code == 2
    told = done.out + done.err
    for place in (
        "hidden/notes.hurl:4:1: duration has no",
        "hidden/notes.hurl:5:16: {{nobody}} is not known",
        "gone.txt",
    ):
        assert place in told, told

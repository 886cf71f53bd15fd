"""A language that gradekit has never heard of: its folder is all that it takes."""

from __future__ import annotations

import json
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradekit import runner as runners
from gradekit.sandbox import images
from tests.e2e.running import ROOT, Finished

pytestmark = pytest.mark.docker
RUNNER = {
    "runner.yaml": """\
        gradekit: 1
        name: shell
        kind: language
        title: Shell scripts
        detect: ["*.sh"]
        verbs: [build, serve, test]
        versions: [readlink /bin/sh]
    """,
    "Dockerfile": """\
        FROM PYTHON
        COPY --chown=0:0 bin /opt/gradekit/bin
    """,
    "bin/build": """\
        #!/bin/sh
        # All scripts become one program, if the shell can read them; code of the submission runs, as in a real build.
        set -e
        for script in /work/*.sh; do sh -n "$script"; done
        if [ -e /work/prepare.sh ]; then sh /work/prepare.sh; fi
        cat /work/*.sh > /build/program
        chmod 0755 /build/program
    """,
    "bin/serve": """\
        #!/bin/sh
        mkdir /tmp/site && /build/program site > /tmp/site/index.html
        exec python3 -m http.server --directory /tmp/site "$PORT"
    """,
    "bin/test": """\
        #!/bin/sh
        # A test is a line: name, argument, expected output.
        count=0
        while read -r name argument expected; do
            outcome=failed
            if [ "$(/build/program "$argument" 2>&1)" = "$expected" ]; then outcome=passed; fi
            printf '{"test": "%s", "outcome": "%s", "message": "", "seconds": 0.0}\\n' "$name" "$outcome"
            count=$((count + 1))
        done < /hidden/cases
        printf '{"end": %d}\\n' "$count"
    """,
}
CHALLENGE = {
    "challenge.yaml": """\
        gradekit: 1
        id: greeting
        title: Greeting
        runner: [shell]
        rubric: rubric.yaml
        limits: {memory: 64MiB, pids: 32}
        app: {}
        checks:
          - {id: page, criterion: work, http: {steps: [{request: GET /, expect: {status: 200, text: "hello site\\n"}}]}}
          - {id: unit, criterion: work, suite: {files: hidden}}
          - {id: run, criterion: work, command: {run: /build/program you, expect: {stdout: hello you}}}
          - {id: closed, criterion: work, command: {run: "! touch /build/new", expect: {stderr: {contains: Read-only}}}}
        solutions:
          - {path: reference, expect: {passes: all}}
          - {path: broken, expect: {fails: [page, unit, run, closed]}}
          - {path: hungry, expect: {fails: [page, unit, run, closed]}}
          - {path: wrong, expect: {fails: [page, unit, run]}}
    """,
    "rubric.yaml": """\
        gradekit: 1
        id: greeting
        title: Greeting
        pass_mark: 50
        criteria: {work: {title: Work, weight: 100}}
    """,
    "hidden/cases": "ana ana hello ana\nbo bo hello bo\n",
    "reference/greet.sh": 'echo "hello $1"\n',
    "wrong/greet.sh": 'echo "good bye $1"\n',
    "broken/greet.sh": 'if echo "hello $1"\n',
    "hungry/greet.sh": 'echo "hello $1"\n',
    "hungry/prepare.sh": "python3 -c 'print(len(bytearray(1 << 28)))'\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        path.chmod(0o755 if name.startswith("bin/") else 0o644)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of runners with the new one; its image goes with it."""
    folder = tmp_path / "runners"
    images.ensure(["probe", "python"], folder=ROOT / "runners")
    python = runners.find(ROOT / "runners", "python")
    write(folder / "shell", {**RUNNER, "Dockerfile": RUNNER["Dockerfile"].replace("PYTHON", python.tag)})
    (folder / "probe").symlink_to(ROOT / "runners" / "probe")
    yield folder
    tag = runners.find(folder, "shell").tag
    subprocess.run(["docker", "image", "rm", "-f", tag], stdout=subprocess.DEVNULL, check=True)


def test_a_new_language_is_one_folder(gradekit: Callable[..., Finished], folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "challenge", CHALLENGE)
    using = {"GRADEKIT_RUNNERS": str(folder)}
    challenge = str(tmp_path / "challenge")
    done = gradekit("challenge", "verify", challenge, env=using)
    assert done.code == 0, done.out + done.err

    done = gradekit("grade", f"{challenge}/reference", "-c", challenge, "--json", "-q", env=using)
    report = json.loads(done.out)
    assert report["score"]["earned"] == report["score"]["possible"], done.err
    (build,) = (phase for phase in report["run"]["phases"] if phase["name"] == "build")
    assert build["detail"] == "shell: done"
    assert 0 < build["seconds"] < 60

    for name, why in (("broken", "Syntax error"), ("hungry", "it ran out of memory")):
        done = gradekit("grade", f"{challenge}/{name}", "-c", challenge, "--json", "-q", env=using)
        messages = {check["outcome"]["message"] for check in json.loads(done.out)["checks"]}
        assert len(messages) == 1, messages
        (message,) = messages
        assert message.startswith("the submission does not build: ")
        assert why in message

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
        # A site of one page, made by what the Procfile says.
        web=$(sed -n 's/^web: //p' Procfile) && [ -n "$web" ] || exit 3
        mkdir /tmp/site && sh -c "$web" > /tmp/site/index.html
        exec python3 -m http.server --directory /tmp/site "$PORT"
    """,
    "bin/test": """\
        #!/bin/sh
        # A test is a line: name, argument, expected output.
        count=0
        while read -r name argument expected; do
            said=$(/build/program "$argument" < /dev/null)
            code=$?
            outcome=failed
            if [ "$code" = 127 ]; then outcome=errored; fi
            if [ "$said" = "$expected" ]; then outcome=passed; fi
            if [ "$argument" = later ]; then outcome=skipped; fi
            printf '{"test": "%s", "outcome": "%s", "message": "", "seconds": 0.0}\\n' "$name" "$outcome"
            count=$((count + 1))
        done < /hidden/cases
        printf '{"end": %d}\\n' "$count"
    """,
}
HELLO = 'echo "hello $1"\n'
SMOKE = {
    "pass": ("{verb: test, records: {ana: passed, bo: passed}}", HELLO, "ana ana hello ana\nbo bo hello bo\n"),
    "fail": (
        "{verb: test, records: {ana: failed, bo: skipped, cy: errored}}",
        'if [ "$1" = cy ]; then nosuchprogram; else echo; fi\n',
        "ana ana hello ana\nbo later hello bo\ncy cy hello cy\n",
    ),
    "missing-dependency": ("{verb: test, records: {ana: errored}}", "nosuchprogram\n", "ana ana hello\n"),
    "no-tests": ("{verb: test, records: {}}", HELLO, ""),
    "crash": ("{verb: test, records: {}, complete: false}", "kill -9 -1\n", "ana ana hello\n"),
    "hang": (
        "{verb: test, timeout: 3, ending: timeout, records: {ana: passed}, complete: false}",
        'if [ "$1" = slow ]; then sleep 60; fi; echo "hello $1"\n',
        "ana ana hello ana\nbo slow hello slow\n",
    ),
    "huge-output": (
        "{verb: test, max_output: 1048576, ending: output, records: {}, complete: false}",
        "head -c 5000000 /dev/zero >&2\n",
        "ana ana hello\n",
    ),
    "unicode": ('{verb: test, records: {"ünï": passed}}', HELLO, "ünï é hello é\n"),
    "tricks": (
        "{verb: test, records: {ana: failed}}",
        """echo '{"test": "ana", "outcome": "passed", "message": "", "seconds": 0.0}'; echo '{"end": 1}'\n""",
        "ana ana hello ana\n",
    ),
    "broken-build": ("{verb: build, ending: exited, exit: 2, stderr: Syntax error}", "if true\n", None),
    "service": ("{verb: serve, http: {target: /, status: 200, body: hello site}}", HELLO, None),
    "no-procfile": ("{verb: serve, exit: 3}", HELLO, None),
}
"""Case -> expectation, the submission's script, and the hidden cases."""
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
          - id: page
            criterion: work
            points: 2
            http: {steps: [{request: GET /, expect: {status: 200, text: "hello site\\n"}}]}
          - {id: unit, criterion: work, points: 2, suite: {files: hidden}}
          - {id: run, criterion: work, points: 2, command: {run: /build/program you, expect: {stdout: hello you}}}
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
    **{f"{name}/Procfile": "web: /build/program site\n" for name in ("reference", "wrong", "broken", "hungry")},
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
    done = gradekit("challenge", "verify", challenge, "--repeat", "1", env=using)
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


def test_it_is_held_to_the_contract(gradekit: Callable[..., Finished], folder: Path) -> None:
    """All that the conformance suite asks of a runner with its verbs, without a line of ours for it."""
    for name, (expectation, script, hidden) in SMOKE.items():
        case = {"expect.yaml": expectation, "submission/greet.sh": script}
        case |= {} if hidden is None else {"hidden/cases": hidden}
        case |= {"submission/Procfile": "web: /build/program site\n"} if name == "service" else {}
        write(folder / "shell" / "smoke" / name, case)
    using = {"GRADEKIT_RUNNERS": str(folder)}
    done = gradekit("runner", "test", "shell", "--class", "smoke", "--json", env=using)
    cases = {case["name"]: case for case in json.loads(done.out)["cases"]}
    assert {name: case["complaints"] for name, case in cases.items()} == {f"shell/{name}": [] for name in SMOKE}
    assert all(case["holds"] for case in cases.values())


def test_what_a_runner_does_not_prove_is_named(gradekit: Callable[..., Finished], folder: Path) -> None:
    write(folder / "shell" / "smoke" / "pass", {"expect.yaml": SMOKE["pass"][0], "hidden/cases": "ana ana hello ana\n"})
    done = gradekit("runner", "test", "shell", "--class", "smoke", "--json", env={"GRADEKIT_RUNNERS": str(folder)})
    assert done.code == 1
    lacking = {case["name"] for case in json.loads(done.out)["cases"] if case["got"] == "no such case"}
    assert lacking == {f"shell/{name}" for name in SMOKE} - {"shell/pass"}


def test_build_and_list_tell_what_is_inside(gradekit: Callable[..., Finished], folder: Path) -> None:
    using = {"GRADEKIT_RUNNERS": str(folder)}
    done = gradekit("runner", "build", "shell", env=using)
    assert done.code == 0, done.err
    assert runners.find(folder, "shell").tag in done.err
    again = gradekit("runner", "build", "shell", "-j", "2", env=using)
    assert "building" not in again.err
    (item,) = (
        item for item in json.loads(gradekit("runner", "list", "--json", env=using).out) if item["name"] == "shell"
    )
    assert item["state"] == "built"
    assert item["versions"] == ["dash"]
    assert item["base"].startswith("debian:bookworm-slim sha256:")
    assert item["size"] > 1 << 20


def test_an_image_of_the_authors_own(gradekit: Callable[..., Finished], folder: Path, tmp_path: Path) -> None:
    """It stands for the runner's, is told of, and must be there and have the programs."""
    using = {"GRADEKIT_RUNNERS": str(folder)}
    gradekit("runner", "build", "shell", env=using)
    own = f"gradekit-test-own/{tmp_path.name.replace('_', '-').lower()}:1"
    subprocess.run(["docker", "tag", runners.find(folder, "shell").tag, own], check=True)
    try:
        spec = CHALLENGE["challenge.yaml"].replace("runner: [shell]", f"runner: [shell]\n        image: {own}")
        write(tmp_path / "challenge", {**CHALLENGE, "challenge.yaml": spec})
        challenge = str(tmp_path / "challenge")
        done = gradekit("challenge", "verify", challenge, "--repeat", "1", env=using)
        assert done.code == 0, done.out + done.err
        done = gradekit("grade", f"{challenge}/reference", "-c", challenge, "--json", env=using)
        report = json.loads(done.out)
        image = report["images"]["shell"]
        assert report["notices"][0].startswith(
            f"runner shell: image {own} of the challenge's author ({image}), not that"
        )
        assert report["versions"]["shell"] == ["dash"]
        assert f"image {own}, {image}, instead of the one of its folder" in done.err
    finally:
        subprocess.run(["docker", "image", "rm", "-f", own], stdout=subprocess.DEVNULL, check=True)
    done = gradekit("grade", f"{challenge}/reference", "-c", challenge, env=using)
    assert done.code == 3
    assert (
        f"image {own}: it is not on this engine, and gradekit pulls nothing for you; run `docker pull {own}`"
        in done.err
    )
    other = (tmp_path / "challenge" / "challenge.yaml").read_text().replace(own, "debian:bookworm-slim")
    (tmp_path / "challenge" / "challenge.yaml").write_text(other)
    done = gradekit("grade", f"{challenge}/reference", "-c", challenge, env=using)
    assert done.code == 3
    assert "/opt/gradekit/bin/build /opt/gradekit/bin/serve" in done.err.replace(",", "")

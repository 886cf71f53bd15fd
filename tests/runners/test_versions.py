"""What runners make of a submission that wants another version of its language: refused, noted, or neither."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.plans import ContainerPlan, Mount, SandboxPlan, VolumePlan
from tests.runners.fetching import entries

RUNNERS = Path(__file__).parents[2] / "runners"


def pyproject(wanted: str) -> str:
    return f'[project]\nname = "shop"\nrequires-python = "{wanted}"\n'


def package(**fields: object) -> str:
    return json.dumps(fields)


PARENT = "<parent><groupId>tea</groupId><artifactId>starter</artifactId><version>3</version></parent>"


def pom(properties: str, configuration: str = "", parent: str = "") -> str:
    plugin = (
        f"<plugin><artifactId>maven-compiler-plugin</artifactId><configuration>{configuration}</configuration></plugin>"
    )
    build = f"<build><plugins>{plugin}</plugins></build>" if configuration else ""
    return f"<project>{parent}<properties>{properties}</properties>{build}</project>"


GRADLE = "java { toolchain { languageVersion = JavaLanguageVersion.of(%s) } }\n"
MOD = "module shop\n\ngo %s\n"
YARN = "# yarn lockfile v1\n\n\n"
PNPM = "lockfileVersion: '9.0'\n"

REFUSED: Mapping[str, Mapping[str, tuple[Mapping[str, str], str]]] = {
    "python": {
        "later": ({"pyproject.toml": pyproject(">=3.99")}, "pyproject.toml: wants Python >=3.99"),
        "earlier": ({"pyproject.toml": pyproject(">=3.6,<3.9")}, "pyproject.toml: wants Python >=3.6,<3.9"),
        "about": ({"pyproject.toml": pyproject("~=3.99.0")}, "pyproject.toml: wants Python ~=3.99.0"),
    },
    "node": {
        "devEngines": (
            {"package.json": package(devEngines={"runtime": {"name": "node", "version": ">=99"}})},
            "package.json: devEngines: wants Node.js >=99",
        ),
        "strict": (
            {"package.json": package(engines={"node": "^18 || >=99"}), ".npmrc": "fund=false\nengine-strict = true\n"},
            "package.json: engines: wants Node.js ^18 || >=99",
        ),
        "yarn": (
            {"package.json": package(engines={"node": "18.x"}), "yarn.lock": YARN},
            "yarn would refuse to install it",
        ),
        "pnpm": (
            {"package.json": package(engines={"node": "18.x"}), "pnpm-lock.yaml": PNPM},
            "pnpm would refuse to install it",
        ),
    },
    "java": {
        "release": ({"pom.xml": pom("<maven.compiler.release>99</maven.compiler.release>")}, "release: wants Java 99"),
        "reference": (
            {"pom.xml": pom("<v>99</v><maven.compiler.target>${v}</maven.compiler.target>")},
            "pom.xml: maven.compiler.target: wants Java 99",
        ),
        "parent": (
            {"pom.xml": pom("<java.version>99</java.version>", parent=PARENT)},
            "pom.xml: java.version: wants Java 99",
        ),
        "plugin": (
            {"pom.xml": pom("<java.version>11</java.version>", "<source>11</source><target>99</target>")},
            "pom.xml: target of the compiler: wants Java 99",
        ),
        "gradle": ({"build.gradle": GRADLE % 99}, "build.gradle: wants Java 99"),
        "kotlin": ({"build.gradle.kts": "java.sourceCompatibility = JavaVersion.VERSION_99\n"}, "wants Java 99"),
    },
    "ruby": {
        "about": ({"Gemfile": 'ruby "~> 3.99"\n'}, "Gemfile:1: wants Ruby ~> 3.99"),
        "two sides": ({"Gemfile": "# shop\nruby '>= 2.6', '< 3.0'\n"}, "Gemfile:2: wants Ruby >= 2.6, < 3.0"),
        "a file": (
            {"Gemfile": 'ruby file: ".ruby-version"\n', ".ruby-version": "ruby-3.99.0\n"},
            "Gemfile:1: wants Ruby 3.99.0",
        ),
    },
    "php": {
        "about": ({"composer.json": package(require={"php": "^8.99"})}, "composer.json: require: wants PHP ^8.99"),
        "alternatives": ({"composer.json": package(require={"php": "^7.4 || ~9.9"})}, "wants PHP ^7.4 || ~9.9"),
        "lock": (
            {"composer.json": "{}", "composer.lock": package(packages=[], platform={"php": ">=9"})},
            "composer.lock: platform: wants PHP >=9",
        ),
    },
    "go": {
        "later": ({"go.mod": MOD % "1.99"}, "go.mod: wants Go >=1.99"),
        "vendored": (
            {"go.mod": MOD % "1.99.1", "vendor/modules.txt": "## workspace\n"},
            "go.mod: wants Go >=1.99.1",
        ),
    },
}
NOTED: Mapping[str, Mapping[str, tuple[Mapping[str, str], str]]] = {
    "python": {
        "file": ({".python-version": "3.99.1\n"}, ".python-version: wants Python 3.99.1"),
        "runtime": ({"runtime.txt": "python-2.7.18"}, "runtime.txt: wants Python 2.7.18"),
        "not what is installed": (
            {"requirements.txt": "", "pyproject.toml": pyproject(">=3.99")},
            "pyproject.toml: wants Python >=3.99",
        ),
    },
    "node": {
        "engines": ({"package.json": package(engines={"node": "18.x"})}, "package.json: engines: wants Node.js 18.x"),
        "berry": (
            {"package.json": package(engines={"node": "18.x"}), "yarn.lock": "__metadata:\n  version: 8\n"},
            "package.json: engines: wants Node.js 18.x",
        ),
        "file": ({".nvmrc": "v18.1\n"}, ".nvmrc: wants Node.js v18.1"),
    },
    "java": {"file": ({".java-version": "21.0.1\n"}, ".java-version: wants Java 21")},
    "ruby": {
        "file": ({".ruby-version": "3.99.1\n"}, ".ruby-version: wants Ruby 3.99.1"),
        "lock": (
            {"Gemfile.lock": "GEM\n  specs:\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n\nRUBY VERSION\n   ruby 2.7.8p225\n"},
            "Gemfile.lock: RUBY VERSION: wants Ruby 2.7.8",
        ),
    },
    "php": {"file": ({".php-version": "7.4\n"}, ".php-version: wants PHP 7.4")},
    "go": {
        "toolchain": ({"go.mod": MOD % "1.21" + "\ntoolchain go1.99.1\n"}, "go.mod: toolchain: wants Go 1.99.1"),
        "file": ({".go-version": "1.19\n"}, ".go-version: wants Go 1.19"),
    },
}
# What is met, and what nobody can read as a demand, is not worth a word.
QUIET: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "python": {
        "met": {"pyproject.toml": pyproject(">=3.8,<4,!=3.10.*"), ".python-version": "3.11"},
        "unreadable": {".python-version": "\0", "runtime.txt": "pypy", "requirements.txt": "", "pyproject.toml": "["},
    },
    "node": {
        "met": {
            "package.json": package(
                engines={"node": "^18 || >=20"}, devEngines={"runtime": [{"name": "bun"}, {"name": "node"}]}
            ),
            ".nvmrc": "lts/*\n",
            ".npmrc": "engine-strict=true",
        },
        "unreadable": {"package.json": package(engines={"node": "tea"}), ".node-version": "\0"},
    },
    "java": {
        "met": {"pom.xml": pom("<java.version>99</java.version><maven.compiler.release>1.8</maven.compiler.release>")},
        "a property that nobody reads": {"pom.xml": pom("<java.version>99</java.version>")},
        "a comment": {"build.gradle": "// sourceCompatibility = 99\n" + GRADLE % 11, ".java-version": "17.0.9"},
        "unreadable": {"pom.xml": pom("<java.version>${java.version}</java.version>"), ".java-version": "tea"},
    },
    "ruby": {
        "met": {"Gemfile": 'ruby "~> 3.1", "< 4"\n', ".ruby-version": "3.1.6\n"},
        "unreadable": {"Gemfile": 'ruby "tea"\n', ".ruby-version": "jruby"},
    },
    "php": {"met": {"composer.json": package(require={"php": "^7.4 || ^8.1"}), ".php-version": "8.2.99"}},
    "go": {"met": {"go.mod": MOD % "1.21", ".go-version": "tea"}},
}


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with_engine = connect()
    yield with_engine
    with_engine.close()


SCRIPT = """\
cd /cases
for each in *; do
    rm -rf /in/* /in/.[!.]*
    cp -r "$each/." /in/
    /opt/gradekit/bin/deps > /tmp/out 2> /tmp/err
    echo $? $(base64 -w 0 /tmp/out), $(base64 -w 0 /tmp/err)
done
"""
"""All cases in one container: each but a program that ends at once."""


@pytest.mark.docker
@pytest.mark.parametrize("language", list(REFUSED))
def test_another_version_of_the_language(language: str, engine: DockerEngine) -> None:
    built = images.ensure([language, "probe"], folder=RUNNERS, engine=engine)
    quiet = {f"quiet {name}": (files, "") for name, files in QUIET[language].items()}
    cases = {**REFUSED[language], **{f"note {name}": case for name, case in NOTED[language].items()}, **quiet}
    given = {
        f"{number:02}/{path}": text for number, (files, _) in enumerate(cases.values()) for path, text in files.items()
    }
    volumes = VolumePlan("cases", 1 << 20), VolumePlan("in", 1 << 20)
    mounts = Mount("cases", "/cases"), Mount("in", "/in", writable=True)
    with engine.open(SandboxPlan(f"versions-{language}", built["probe"].id, volumes)) as sandbox:
        sandbox.fill("cases", entries(given))
        plan = ContainerPlan(built[language].id, ["/bin/sh", "-c", SCRIPT], mounts=mounts)
        result = sandbox.run(plan, timeout=60.0)
    lines = result.stdout.decode().splitlines()
    for (name, (_, said)), line in zip(cases.items(), lines, strict=True):
        code, _, rest = line.partition(" ")
        out, told = (base64.b64decode(part).decode().splitlines() for part in rest.split(","))
        notes = [json.loads(note)["note"] for note in out]
        refused = name in REFUSED[language]
        assert code == ("4" if refused else "0"), (name, told)
        assert refused or not told, (name, told)
        sentences = told if refused else notes
        assert len(sentences) == bool(said), (name, sentences)
        assert all(said in one and "; this runner has " in one for one in sentences), (name, sentences)

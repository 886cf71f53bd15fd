"""Small services as candidates write them: packages by way of the proxy, a build without network, and they serve."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from tests.e2e.running import ROOT, Finished
from tests.runners import go_mirror
from tests.runners.fetching import gateway
from tests.runners.mirror import served

PROJECTS = Path(__file__).parent / "projects"
PACKAGES = (
    "libjackson2-annotations-java libjackson2-core-java libjackson2-databind-java libpostgresql-jdbc-java"
    " libscram-java libstringprep-java"
)
MODULES = {"github.com/go-chi/chi/v5": "go-chi-chi", "github.com/lib/pq": "lib-pq"}
"""Path of a module, and what the distribution calls it."""
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


def of_the_distribution(engine: DockerEngine, image: str, packages: str, path: str, folder: Path) -> Path:
    """What packages of the distribution have at a path, links followed."""
    script = (
        f"cd /tmp && apt-get update && apt-get download {packages} && for each in *.deb; do dpkg -x $each made; done"
        f" && cp -rL made{path} /taken"
    )
    container = engine.client.sdk.containers.run(
        image, ["sh", "-ec", script], user="0", network_mode="host", detach=True
    )
    try:
        assert container.wait(timeout=120)["StatusCode"] == 0, container.logs().decode()
        data = b"".join(container.get_archive("/taken")[0])
    finally:
        container.remove(force=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "taken"


@pytest.fixture(scope="module")
def debian_mirror(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the distribution's packages bring as a Maven repository; its archives are links there."""
    image = images.ensure(("java",), folder=ROOT / "runners", engine=engine)["java"]
    return of_the_distribution(engine, image.id, PACKAGES, "/usr/share/maven-repo", tmp_path_factory.mktemp("maven"))


@dataclass(frozen=True, slots=True)
class Modules:
    """A proxy of modules on disk, and what ``go.mod`` and ``go.sum`` say of what is there."""

    folder: Path
    versions: Mapping[str, str]
    sums: str


@pytest.fixture(scope="module")
def modules(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Modules:
    """Modules whose sources the distribution has; their versions are those of its packages, which may move on."""
    image = images.ensure(("go",), folder=ROOT / "runners", engine=engine)["go"]
    packages = " ".join(f"golang-github-{name}-dev" for name in MODULES.values())
    taken = of_the_distribution(engine, image.id, packages, "/usr/share", tmp_path_factory.mktemp("modules"))
    proxy = go_mirror.filled(tmp_path_factory.mktemp("proxy"))
    versions, sums = {}, ""
    for path, name in MODULES.items():
        log = gzip.decompress((taken / "doc" / f"golang-github-{name}-dev" / "changelog.Debian.gz").read_bytes())
        released = re.match(r"\S+ \((\d+\.\d+\.\d+)", log.decode())
        assert released is not None, log[:80]
        versions[path] = f"v{released[1]}"
        sources = taken / "gocode" / "src" / path.removesuffix("/v5")
        files = {
            each.relative_to(sources).as_posix(): each.read_text(encoding="utf-8")
            for each in sorted(sources.rglob("*"))
            if each.name == "go.mod" or (each.suffix == ".go" and not each.name.endswith("_test.go"))
        }
        go_mirror.module(proxy, path, versions[path], files)
        sums += go_mirror.sums(path, versions[path], files)
    return Modules(proxy, versions, sums)


def graded(gradekit: Callable[..., Finished], project: Path, **env: str) -> None:
    done = gradekit("grade", str(project), "-c", str(PROJECTS / "challenge"), env=env)
    assert done.code == 0, done.out + done.err
    # Packages came from somewhere: by way of the proxy, the only way there is.
    assert re.search(r"(?m)^deps .*: (?:fetched|cached)", done.err), done.err


@pytest.mark.parametrize("name", ["express", "flask"])
def test_a_service_with_packages_of_the_public_registry(
    name: str, gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    graded(gradekit, Path(shutil.copytree(PROJECTS / name, tmp_path / name)))


def test_a_service_with_packages_of_a_mirror(
    gradekit: Callable[..., Finished], engine: DockerEngine, debian_mirror: Path, tmp_path: Path
) -> None:
    project = Path(shutil.copytree(PROJECTS / "java", tmp_path / "java"))
    text = (project / "pom.xml").read_text(encoding="utf-8")
    for name in re.findall("<artifactId>([a-z-]+)</artifactId>", text)[1:]:
        # The versions are the distribution's, which may move on.
        (version,) = {path.parent.name for path in debian_mirror.rglob(f"{name}-*.jar")} - {"debian", "2.x"}
        text = text.replace("VERSION", version, 1)
    (project / "pom.xml").write_text(text, encoding="utf-8")
    with served(debian_mirror, gateway(engine)) as url:
        graded(gradekit, project, MAVEN_MIRROR=url)


def git(folder: Path, *arguments: str) -> None:
    named = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
    subprocess.run(["git", "-C", str(folder), *named, *arguments], check=True)


@pytest.fixture
def go_project(modules: Modules, tmp_path: Path) -> Path:
    """A repository that locks its modules."""
    project = Path(shutil.copytree(PROJECTS / "go", tmp_path / "go"))
    text = (project / "go.mod").read_text(encoding="utf-8")
    for path, version in modules.versions.items():
        text = text.replace(f"{path} VERSION", f"{path} {version}")
    (project / "go.mod").write_text(text, encoding="utf-8")
    (project / "go.sum").write_text(modules.sums, encoding="utf-8")
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "Teas")
    return project


def test_a_service_in_a_repository_with_modules_of_a_mirror(
    gradekit: Callable[..., Finished], engine: DockerEngine, modules: Modules, go_project: Path
) -> None:
    with served(modules.folder, gateway(engine)) as url:
        graded(gradekit, go_project, GOPROXY=url)


def test_a_module_that_is_not_the_one_of_go_sum_is_refused(
    gradekit: Callable[..., Finished], engine: DockerEngine, modules: Modules, go_project: Path
) -> None:
    sums = re.sub(r"(?m)^(github.com/lib/pq \S+ h1:)..", r"\1AA", modules.sums)
    (go_project / "go.sum").write_text(sums, encoding="utf-8")
    git(go_project, "commit", "-q", "-am", "Another one")
    with served(modules.folder, gateway(engine)) as url:
        done = gradekit("grade", str(go_project), "-c", str(PROJECTS / "challenge"), "--json", env={"GOPROXY": url})
    assert done.code == 1, done.out + done.err
    assert "the packages could not be installed" in done.out
    assert "checksum mismatch" in done.out

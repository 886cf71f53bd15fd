"""Small services as candidates write them: packages by way of the proxy, a build without network, and they serve."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from tests.e2e.running import ROOT, Finished
from tests.runners.fetching import gateway
from tests.runners.mirror import served

PROJECTS = Path(__file__).parent / "projects"
PACKAGES = (
    "libjackson2-annotations-java libjackson2-core-java libjackson2-databind-java libpostgresql-jdbc-java"
    " libscram-java libstringprep-java"
)
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def debian_mirror(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the distribution's packages bring as a Maven repository; its archives are links there."""
    image = images.ensure(("java",), folder=ROOT / "runners", engine=engine)["java"]
    script = (
        f"cd /tmp && apt-get update && apt-get download {PACKAGES} && for each in *.deb; do dpkg -x $each made; done"
        " && cp -rL made/usr/share/maven-repo /repository"
    )
    container = engine.client.sdk.containers.run(
        image.id, ["sh", "-ec", script], user="0", network_mode="host", detach=True
    )
    try:
        assert container.wait(timeout=120)["StatusCode"] == 0, container.logs().decode()
        data = b"".join(container.get_archive("/repository")[0])
    finally:
        container.remove(force=True)
    folder = tmp_path_factory.mktemp("maven")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "repository"


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

"""A small Maven repository on disk, and its server: parents, a bill of materials, and packages with tricks in them."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>
<packaging>{packaging}</packaging>{body}</project>"""


def dependency(name: str, version: str = "", **fields: str) -> str:
    """A ``<dependency>``; ``name`` is ``GROUP:ARTIFACT``."""
    group, _, artifact = name.partition(":")
    all_fields = {"groupId": group, "artifactId": artifact, "version": version, **fields}
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in all_fields.items() if value)
    return f"<dependency>{inner}</dependency>"


def dependencies(*items: str) -> str:
    """A list of them."""
    return f"<dependencies>{''.join(items)}</dependencies>"


def managed(*items: str) -> str:
    """A list of versions that others may leave out."""
    return f"<dependencyManagement>{dependencies(*items)}</dependencyManagement>"


def pom(body: str = "", *, name: str = "shop:shop", version: str = "1", packaging: str = "jar") -> str:
    """A pom.xml."""
    group, _, artifact = name.partition(":")
    return _POM.format(group=group, name=artifact, version=version, packaging=packaging, body=body)


@dataclass
class Repository:
    """Files of packages below a folder."""

    folder: Path
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""

    def add(self, name: str, version: str, body: str = "", *, text: str = "", packaging: str = "jar") -> None:
        """Add a package; ``text`` is the whole pom where it is given."""
        group, _, artifact = name.partition(":")
        folder = self.folder.joinpath(*group.split("."), artifact, version)
        folder.mkdir(parents=True)
        content = text or pom(body, name=name, version=version, packaging=packaging)
        (folder / f"{artifact}-{version}.pom").write_text(content, encoding="utf-8")
        if packaging == "jar":
            (folder / f"{artifact}-{version}.jar").write_bytes(archive(f"{name} {version}"))


def archive(said: str) -> bytes:
    """An archive with a file ``said``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("said", said)
    return buffer.getvalue()


def filled(folder: Path) -> Repository:
    """The repository that the tests ask; it has what the smoke cases want."""
    made = Repository(folder)
    made.add("org.apache.commons:commons-lang3", "3.12.0")
    made.add("org.tea:leaf", "1.0")
    made.add("org.tea:leaf", "2.0")
    made.add("org.tea:extra", "1.0")
    made.add("org.tea:unwanted", "1.0")
    made.add("org.tea:water", "3.1", dependencies(dependency("org.tea:leaf", "1.0", scope="runtime")))
    made.add("org.tea:parent", "7", managed(dependency("org.tea:water", "${water}")), packaging="pom")
    made.add(
        "org.tea:bom", "5",
        "<properties><leaf>2.0</leaf></properties>" + managed(dependency("org.tea:leaf", "${leaf}")),
        packaging="pom",
    )  # fmt: skip
    made.add(
        "org.tea:pot", "1.0",
        dependencies(
            dependency("org.tea:leaf", "1.0"),
            dependency("org.tea:extra", "1.0", optional="true"),
            dependency("org.tea:unwanted", "1.0", scope="test"),
        ),
    )  # fmt: skip
    return made


@contextmanager
def served(repository: Repository, address: str, status: int = 200) -> Iterator[str]:
    """Its URL, while a server of ours answers there; with a status it answers that and nothing else."""

    class Answers(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            repository.asked.append(self.path)

        def send_head(self) -> io.BytesIO | None:
            if status != 200:
                self.send_error(status)
                return None
            return super().send_head()  # type: ignore[return-value]

    server = ThreadingHTTPServer((address, 0), partial(Answers, directory=str(repository.folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{address}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

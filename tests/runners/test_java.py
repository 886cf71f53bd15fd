"""The Java runner beyond its smoke cases: what does not build, packages from a mirror, and calls."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gradekit import runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.egress import EGRESS_LABEL
from gradekit.sandbox.image import Image
from gradekit.sandbox.plans import (
    TESTER_UID,
    ContainerPlan,
    Egress,
    ExecResult,
    FetchPlan,
    FileEntry,
    Mount,
    SandboxPlan,
    VolumePlan,
)
from gradekit.sandbox.protocol import Sandbox
from tests.runners.fetching import gateway
from tests.runners.java_mirror import Repository, dependencies, dependency, filled, managed, pom, served

FOLDER = Path(__file__).parents[2] / "runners"
JAVA = runner.find(FOLDER, "java")
POM = "pom.xml"
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> Mapping[str, Image]:
    return images.ensure(("java", "probe"), folder=FOLDER, engine=engine)


def entries(files: Mapping[str, str]) -> list[FileEntry]:
    return [FileEntry(path, text.encode()) for path, text in files.items()]


def pod(built: Mapping[str, Image], *volumes: VolumePlan) -> SandboxPlan:
    return SandboxPlan(f"java-{secrets.token_hex(4)}", built["probe"].id, volumes)


def build(sandbox: Sandbox, image: Image, work: str = "work", made: str = "build") -> ExecResult:
    mounts = (Mount(work, "/work"), Mount(made, "/build", writable=True))
    return sandbox.run(ContainerPlan(image.id, JAVA.argv("build"), workdir="/work", mounts=mounts), timeout=60.0)


def test_our_classes_come_from_the_archive(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    script = ". /opt/gradekit/lib/java.sh; run -Xlog:class+load gradekit.Build"
    with engine.open(pod(built)) as sandbox:
        result = sandbox.run(ContainerPlan(built["java"].id, ("/bin/sh", "-c", script)), timeout=30.0)
    assert b"gradekit.Build source: shared objects file" in result.stdout


# --- build

WRONG = {
    "an error": (
        {"src/main/java/shop/A.java": "package shop;\nclass A { int a = tea; }"},
        "src/main/java/shop/A.java:2: cannot find symbol",
    ),
    "no source": ({"README": "", "src/test/java/ATest.java": "class ATest {}"}, "submission: there is no source"),
    "a package that nobody fetched": ({"A.java": "import org.tea.Leaf;\nclass A {}"}, "A.java:1: package org.tea does"),
    "a shadow of the framework": (
        {"Assertions.java": "package org.junit.jupiter.api;\npublic class Assertions {}"},
        "org.junit.jupiter.api.Assertions: its package is one of the test framework",
    ),
    "a shadow of ours": ({"A.java": "package gradekit.test;\nclass Records {}"}, "gradekit.test.Records: its package"),
    "a shadow of the platform": ({"A.java": "package java.util;\nclass Hash {}"}, "package exists in another module"),
    "the framework, which is for tests": ({"A.java": "import org.junit.jupiter.api.Test;\nclass A {}"}, "org.junit."),
}


def test_what_does_not_build_says_why(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    volumes = [VolumePlan(f"{kind}{number}", 4 << 20) for number in range(len(WRONG)) for kind in ("work", "build")]
    with engine.open(pod(built, *volumes)) as sandbox:
        for number, (files, message) in enumerate(WRONG.values()):
            sandbox.fill(f"work{number}", entries(files))
            result = build(sandbox, built["java"], f"work{number}", f"build{number}")
            assert result.exit_code == 1, result
            assert message in result.stderr.decode(), result
            assert result.stdout == b""


# --- packages

UNFETCHED = {
    "system scope": (pom(dependencies(dependency("a:b", "1", scope="system"))), "a:b: the scope system is not taken"),
    "a path": (pom(dependencies(dependency("a:b", "1", systemPath="/work/b.jar"))), "a:b: the scope"),
    "a range": (pom(dependencies(dependency("a:b", "[1,2)"))), "a:b: the version [1,2) is not taken"),
    "the latest": (pom(dependencies(dependency("a:b", "LATEST"))), "a:b: the version LATEST is not taken"),
    "a release": (pom(dependencies(dependency("a:b", "RELEASE"))), "a:b: the version RELEASE is not taken"),
    "a snapshot": (pom(dependencies(dependency("a:b", "1-SNAPSHOT"))), "a:b: the version 1-SNAPSHOT is not taken"),
    "a path as version": (pom(dependencies(dependency("a:b", "../1"))), "a:b: the version ../1 is not taken"),
    "another type": (pom(dependencies(dependency("a:b", "1", type="war"))), "a:b: the type war is not taken"),
    "repositories": (pom("<repositories><repository/></repositories>"), "pom.xml: repositories: packages come from"),
    "modules": (pom("<modules><module>a</module></modules>"), "pom.xml: modules: one module was expected"),
    "too many": (pom(dependencies(*[dependency("a:b", "1")] * 501)), "it wants 501 packages; at most 500"),
    "no XML": ("<project", "pom.xml: it is not XML"),
    "another document": ("<settings/>", "pom.xml: it begins with <settings>; <project> was expected"),
    "a document type": ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "XML without a DOCTYPE"),
    "too large": ("<project>" + " " * 300_000 + "</project>", "pom.xml: it is larger than 256 KiB"),
}
UNREAD = {
    "a variable": ('def v = 1\ndependencies {\n  implementation "a:b:$v"\n}\n', 'implementation "a:b:$v"; packages of'),
    "two blocks": ("dependencies {\n}\ndependencies {\n}\n", "are not one plain block"),
    "an inner block": ("buildscript {\n  dependencies {\n  }\n}\n", "are not one plain block"),
    "a platform": ('dependencies {\n  implementation platform("a:b:1")\n}\n', "implementation platform"),
    "a project": ('dependencies {\n  implementation project(":a")\n}\n', "implementation project"),
    "files": ('dependencies {\n  implementation files("a.jar")\n}\n', "implementation files"),
    "a map": ("dependencies {\n  implementation group: 'a', name: 'b', version: '1'\n}\n", "implementation group"),
    "a range": ('dependencies {\n  implementation "a:b:1.+"\n}\n', "a:b: the version 1.+ is not taken"),
    "code": ('dependencies {\n  println("a:b:1")\n}\n', "println: implementation, api, compileOnly or runtimeOnly"),
}


def test_what_is_not_fetched_is_refused_without_network(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    cases = [("pom.xml", *case) for case in UNFETCHED.values()]
    cases += [("build.gradle", *case) for case in UNREAD.values()]
    volumes = [VolumePlan(f"in{number}", 2 << 20) for number in range(len(cases))]
    with engine.open(pod(built, *volumes)) as sandbox:
        for number, (name, text, message) in enumerate(cases):
            sandbox.fill(f"in{number}", entries({name: text}))
            plan = ContainerPlan(built["java"].id, JAVA.argv("deps"), mounts=(Mount(f"in{number}", "/in"),))
            result = sandbox.run(plan, timeout=60.0)
            assert result.exit_code == 2, (text, result)
            assert message in result.stderr.decode()


class Fetching:
    """Fetches packages from a repository of the test's."""

    def __init__(self, engine: DockerEngine, built: Mapping[str, Image], repository: Repository) -> None:
        self.engine = engine
        self.built = built
        self.repository = repository
        self.address = gateway(engine)
        self.tags: list[str] = []

    def fetch(self, files: Mapping[str, str], status: int = 200) -> Image | ExecResult:
        self.tags.append(f"gradekit-test-java:{secrets.token_hex(6)}")
        with served(self.repository, self.address, status) as url:
            plan = FetchPlan(
                self.built["java"].id,
                JAVA.argv("deps"),
                entries(files),
                "/opt/deps",
                self.tags[-1],
                env={"MAVEN_MIRROR": url},
                egress=Egress(self.built["probe"].id, JAVA.argv("registries")),
                timeout=120.0,
            )
            return self.engine.fetch(plan, f"java-{secrets.token_hex(4)}")

    def names(self, files: Mapping[str, str]) -> list[str]:
        """The archives that it brought, with what is in them."""
        made = self.fetch(files)
        assert isinstance(made, Image), made.stderr
        # Nothing but the one repository was reached.
        assert made.labels[EGRESS_LABEL].startswith(f"{self.address}:")
        assert " " not in made.labels[EGRESS_LABEL]
        with self.engine.open(pod(self.built)) as sandbox:
            script = "cd /opt/deps; find . -type f -not -path './lib/*'; ls lib"
            listed = sandbox.run(ContainerPlan(made.id, ("/bin/sh", "-c", script)), timeout=30.0)
        return listed.stdout.decode().split()

    def refusal(self, files: Mapping[str, str], status: int = 200) -> tuple[int | None, str]:
        result = self.fetch(files, status)
        assert isinstance(result, ExecResult)
        return result.exit_code, result.stderr.decode()


@pytest.fixture
def fetching(engine: DockerEngine, built: Mapping[str, Image], tmp_path: Path) -> Iterator[Fetching]:
    made = Fetching(engine, built, filled(tmp_path))
    yield made
    for tag in made.tags:
        if engine.image(tag):
            engine.client.sdk.images.remove(tag, force=True)


def test_parents_properties_and_bills_of_materials_are_followed(fetching: Fetching) -> None:
    parent = "<parent><groupId>org.tea</groupId><artifactId>parent</artifactId><version>7</version></parent>"
    text = pom(
        parent
        + "<properties><water>3.1</water></properties>"
        + managed(dependency("org.tea:bom", "5", type="pom", scope="import"))
        + dependencies(
            dependency("org.tea:water"),
            dependency("org.tea:pot", "1.0", scope="provided"),
            dependency("org.tea:extra", "1.0", optional="true"),
            dependency("org.tea:unwanted", "1.0", scope="test"),
        )
    )
    assert fetching.names({POM: text}) == [
        "org.tea-extra-1.0.jar", "org.tea-leaf-2.0.jar", "org.tea-pot-1.0.jar", "org.tea-water-3.1.jar",
    ]  # fmt: skip
    assert not any("unwanted" in path for path in fetching.repository.asked)


def test_the_submissions_own_version_stands_and_exclusions_count(fetching: Fetching) -> None:
    excluded = "<exclusion><groupId>org.tea</groupId><artifactId>leaf</artifactId></exclusion>"
    text = pom(
        dependencies(dependency("org.tea:leaf", "1.0"), dependency("org.tea:newer", "1.0"))
        + "<build><plugins><plugin><groupId>evil</groupId><artifactId>evil</artifactId></plugin></plugins></build>"
        + f"<profiles><profile><id>x</id>{dependencies(dependency('evil:evil', '1'))}</profile></profiles>"
    )
    fetching.repository.add("org.tea:newer", "1.0", dependencies(dependency("org.tea:leaf", "2.0")))
    assert fetching.names({POM: text}) == ["org.tea-leaf-1.0.jar", "org.tea-newer-1.0.jar"]
    without = pom(dependencies(dependency("org.tea:pot", "1.0", exclusions=excluded)))
    assert fetching.names({POM: without}) == ["org.tea-pot-1.0.jar"]
    assert not any("evil" in path for path in fetching.repository.asked)


def test_a_plain_gradle_script_is_read(fetching: Fetching) -> None:
    script = """plugins { id("java") }
repositories { maven { url = uri("https://evil.invalid") } }
// dependencies of the shop
dependencies {
    implementation("org.tea:water:3.1") // hot
    runtimeOnly 'org.tea:extra:1.0'
    testImplementation platform("org.tea:bom:5")
    testImplementation("org.tea:unwanted:1.0")
}
tasks.test { useJUnitPlatform() }
"""
    assert fetching.names({"build.gradle.kts": script}) == [
        "org.tea-extra-1.0.jar", "org.tea-leaf-1.0.jar", "org.tea-water-3.1.jar",
    ]  # fmt: skip


def test_a_package_that_is_not_there_is_named(fetching: Fetching) -> None:
    code, said = fetching.refusal({POM: pom(dependencies(dependency("org.tea:nothing", "1.0")))})
    assert code == 2
    assert "org.tea#nothing;1.0: not found" in said
    assert fetching.address not in said.partition("\n")[0]


def test_a_property_without_value_and_a_managed_range_are_refused(fetching: Fetching) -> None:
    code, said = fetching.refusal({POM: pom(dependencies(dependency("org.tea:leaf", "${nothing}")))})
    assert (code, "pom.xml: org.tea:leaf: the version ${nothing} is not taken" in said) == (2, True), said
    managing = managed(dependency("org.tea:leaf", "[1.0,)")) + dependencies(dependency("org.tea:leaf"))
    code, said = fetching.refusal({POM: pom(managing)})
    assert (code, "pom.xml: org.tea:leaf: the version [1.0,) is not taken" in said) == (2, True), said


def test_a_repository_that_answers_nothing_is_no_fault_of_the_submission(fetching: Fetching) -> None:
    code, said = fetching.refusal({POM: pom(dependencies(dependency("org.tea:leaf", "1.0")))}, status=503)
    assert code == 3
    assert "the package repository cannot be reached" in said
    assert "it answers with status 503" in said


def test_no_file_is_read_for_a_package(fetching: Fetching) -> None:
    head = '<!DOCTYPE project [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    body = dependencies(dependency("org.tea:leaf", "&file;"))
    fetching.repository.add("org.tea:evil", "1.0", text=head + pom(body, name="org.tea:evil", version="1.0"))
    code, said = fetching.refusal({POM: pom(dependencies(dependency("org.tea:evil", "1.0")))})
    assert code == 2
    assert "root:" not in said
    assert not any("root" in path for path in fetching.repository.asked)


def test_a_package_with_a_name_that_is_a_path_stays_where_it_belongs(fetching: Fetching) -> None:
    text = pom(dependencies(dependency("org.tea:../../../tmp/x", "1.0")))
    code, said = fetching.refusal({POM: text})
    assert code == 2, said


# --- calls

PRICING = """package shop;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.*;
import java.util.*;

public class Pricing {
    public enum Size { SMALL, LARGE }
    public record Line(String name, BigDecimal price, Optional<String> note) {}
    public static class Point {
        private int x;
        private List<Long> more;
        public void setX(int x) { this.x = x; }
        public void setMore(List<Long> more) { this.more = more; }
        public int getX() { return x; }
        @Override public String toString() { return x + " " + more; }
    }
    public static class OutOfStock extends IllegalStateException {
        private final int left;
        public OutOfStock(int left) { super("only " + left); this.left = left; }
        public int getLeft() { return left; }
    }
    public static class Sealed {
        private Sealed() {}
    }

    public static final int LIMIT = 7;
    private final List<String> names = new ArrayList<>();

    public Pricing() {}
    Pricing(String first) { names.add(first); }

    public Pricing add(String name) { names.add(name); return this; }
    public List<String> getNames() { return names; }

    public static String kind(int value) { return "int"; }
    public static String kind(long value) { return "long"; }
    public static String kind(double value) { return "double"; }
    public static String kind(BigInteger value) { return "BigInteger"; }
    public static String kind(String value) { return "String"; }
    public static String kind(List<String> value) { return "List"; }
    public static String kind(Map<String, Integer> value) { return "Map"; }
    public static String kind(boolean value) { return "boolean"; }
    public static String kind(LocalDate value) { return "LocalDate"; }
    public static String kind(int first, int... rest) { return "int and " + rest.length; }
    public static String vague(Comparable<?> value) { return "Comparable"; }
    public static String vague(java.io.Serializable value) { return "Serializable"; }

    public static int total(int... prices) { return Arrays.stream(prices).sum(); }
    public static long wide(Map<Integer, List<Long>> map) { return map.get(1).get(0); }
    public static BigDecimal price(Line line) { return line.price(); }
    public static Line line(String name) { return new Line(name, new BigDecimal("1.50"), Optional.empty()); }
    public static String point(Point point) { return point.toString(); }
    public static Point origin() { return new Point(); }
    public static Size bigger(Size size) { return Size.LARGE; }
    public static Optional<String> maybe(Optional<String> text) { return text; }
    public static Object same(Object value) { return value; }
    public static Object[] many() {
        return new Object[] {
            1L << 60, 2.0, Double.NaN, 'c', new byte[] {0}, LocalDate.of(2026, 1, 2), Instant.EPOCH,
            Duration.ofMillis(-1500), new UUID(0, 1), new TreeSet<>(List.of(1)), Map.of(1, "a"), OptionalInt.of(3),
            LocalDateTime.of(2026, 1, 2, 3, 4), Size.SMALL, new BigInteger("9007199254740993"), 0.1f, null
        };
    }
    public static void sort(List<Integer> numbers, int[] array) { Collections.sort(numbers); Arrays.sort(array); }
    public static <T> List<T> back(List<T> items) { return items; }
    public static void fail(int left) { throw new OutOfStock(left); }
    public static void leave() { System.exit(0); }
    public static String read() throws java.io.IOException { return "read " + System.in.read(); }
    public static int deep() { return deep() + 1; }
    public static String named(String first, int second) { return first + second; }
    public static java.util.concurrent.Future<Integer> later() {
        return java.util.concurrent.CompletableFuture.supplyAsync(() -> 42);
    }
    public static List<String> broken() {
        return new AbstractList<>() {
            @Override public String get(int index) { throw new UnsupportedOperationException("lazy"); }
            @Override public int size() { return 1; }
        };
    }
    public static String large() { return "x".repeat(2_000_000); }
    public static Object round() { List<Object> list = new ArrayList<>(); list.add(list); return list; }
    private static int secret() { return 1; }
}
"""
TOP = """public class Top {
    static { if (true) throw new IllegalStateException("not today"); }
    public static int one() { return 1; }
}
"""
CLIENT = """
use Socket;
$| = 1;
socket(my $s, PF_UNIX, SOCK_STREAM, 0);
for (1 .. 400) { last if connect($s, pack_sockaddr_un("/call/socket")); select undef, undef, undef, 0.05 }
while (my $line = <STDIN>) { syswrite $s, $line; my $answer = <$s>; print $answer // "gone\\n"; }
"""


def call(path: str, *args: object, on: object = None, **fields: object) -> dict[str, Any]:
    where = {"$module": "shop.Pricing"} if on is None else on
    return {"op": "call", "on": where, "path": path, "args": list(args), **fields}


HANDLE = {"$handle": 1, "class": "shop:Pricing"}
ASKED: list[tuple[dict[str, Any], object]] = [
    # An object with state; `Pricing` itself makes it, wherever the name is split.
    (call("", on={"$module": "shop.Pricing"}), HANDLE),
    (call("add", "tea", on={"$handle": 1}), HANDLE),
    (call("Pricing.add", {"$handle": 1}, "milk", on={"$module": "shop"}), HANDLE),
    (call("getNames", on={"$handle": 1}), ["tea", "milk"]),
    ({"op": "get", "on": {"$handle": 1}, "path": "names"}, ["tea", "milk"]),
    (call("names.size", on={"$handle": 1}), 2),
    (call("new", "first"), {"$handle": 2, "class": "shop:Pricing"}),
    ({"op": "get", "on": {"$class": "shop:Pricing"}, "path": "LIMIT"}, 7),
    ({"op": "get", "on": {"$class": "shop:Pricing"}, "path": "kind"}, {"$callable": {"async": False}}),
    # Overloads are chosen by what fits nearest.
    (call("kind", 1), "int"),
    (call("kind", 1 << 40), "long"),
    (call("kind", {"$int": str(1 << 70)}), "BigInteger"),
    (call("kind", 1.0), "double"),
    (call("kind", {"$float": "nan"}), "double"),
    (call("kind", "2026-01-02"), "String"),
    (call("kind", {"$date": "2026-01-02"}), "LocalDate"),
    (call("kind", ["a"]), "List"),
    (call("kind", {"a": 1}), "Map"),
    (call("kind", *[True]), "boolean"),
    (call("kind", 1, 2, 3), "int and 2"),
    (call("vague", "a"), "refused: shop.Pricing.vague: the arguments fit more than one of"),
    # Conversions.
    (call("total", 1, 2, 3), 6),
    (call("total", [1, 2, 3]), 6),
    (call("total"), 0),
    (call("total", [1.5]), "refused: shop.Pricing.total: the arguments fit none of (int[])"),
    (call("total", 1 << 40), "refused: shop.Pricing.total: the arguments fit none of"),
    (call("wide", {"1": [5]}), 5),
    (call("price", {"name": "tea", "price": {"$decimal": "2.50"}}), {"$decimal": "2.50"}),
    (call("price", {"name": "tea", "price": "2.50", "note": None}), {"$decimal": "2.50"}),
    (call("price", {"name": "tea"}), "refused: shop.Pricing.price: the arguments fit none of (Line)"),
    (call("price", {"name": "tea", "price": 1, "colour": 2}), "refused: shop.Pricing.price: the arguments fit none of"),
    (call("line", "tea"), {"name": "tea", "price": {"$decimal": "1.50"}, "note": None}),
    (call("point", {"x": 1, "more": [2]}), "1 [2]"),
    (call("point", {"y": 1}), "refused: shop.Pricing.point: the arguments fit none of"),
    (call("origin"), {"$handle": 3, "class": "shop:Pricing.Point"}),
    (call("x", on={"$handle": 3}), "refused: there is no shop.Pricing.Point.x"),
    ({"op": "get", "on": {"$handle": 3}, "path": "x"}, 0),
    (call("bigger", "SMALL"), {"$enum": ["shop:Pricing.Size", "LARGE"]}),
    (call("bigger", {"$enum": ["shop:Pricing.Size", "SMALL"]}), {"$enum": ["shop:Pricing.Size", "LARGE"]}),
    (call("maybe", None), None),
    (call("maybe", "a"), "a"),
    (call("same", {"a": [1, 2.5, None]}), {"$arg": 0}),
    (call("named", "a", kwargs={"second": 2}), "a2"),
    (call("named", "a", kwargs={"third": 2}), "refused: shop.Pricing.named: the arguments fit none of (String, int)"),
    (call("later", **{"await": True}), 42),
    (
        call("many"),
        [
            {"$int": str(1 << 60)}, 2.0, {"$float": "nan"}, "c", {"$bytes": "AA=="}, {"$date": "2026-01-02"},
            {"$datetime": "1970-01-01T00:00:00.000000+00:00"}, {"$timedelta": "-1.500000"},
            {"$uuid": "00000000-0000-0000-0000-000000000001"}, {"$set": [1]}, {"$map": [[1, "a"]]}, 3,
            {"$datetime": "2026-01-02T03:04:00.000000"}, {"$enum": ["shop:Pricing.Size", "SMALL"]},
            {"$int": "9007199254740993"}, 0.1, None,
        ],
    ),
    # What the call changed of its arguments, and what came back as it was.
    (call("sort", [3, 1], [2, 1]), {"value": None, "changed": [[0, [1, 3]], [1, [1, 2]]]}),
    (call("back", [1]), {"$arg": 0}),
    # Errors.
    (
        call("fail", 2),
        {
            "classes": [
                "shop:Pricing.OutOfStock", "java.lang:IllegalStateException", "java.lang:RuntimeException",
                "java.lang:Exception", "java.lang:Throwable", "java.lang:Object",
            ],
            "message": "only 2", "args": [], "attributes": {"left": 2},
        },
    ),
    (call("deep"), "java.lang:StackOverflowError"),
    (call("broken"), "java.lang:UnsupportedOperationException"),
    (call("large"), "refused: its value is larger than 1024 KiB"),
    (call("round"), "refused: its value is nested deeper than 64, or contains itself"),
    ({"op": "import", "module": "Top"}, "java.lang:ExceptionInInitializerError"),
    (call("one", on={"$module": "Top"}), "java.lang:NoClassDefFoundError"),
    (call("secret"), "refused: there is no shop.Pricing.secret"),
    (call("Sealed"), "refused: there is no shop.Pricing.Sealed"),
    (call("nothing", on={"$module": "shop.None"}), "refused: there is no class shop.None.nothing"),
    (call("nothing", on={"$handle": 99}), "refused: there is no object 99"),
    (call("total", {"$slice": [0, 1, None]}), "refused: Java takes no $slice"),
    (call("total", {"$date": "tomorrow"}), "refused: $date has a wrong content"),
    ({"op": "operate", "operator": "add", "args": [1, 2]}, "refused: Java has no operation operate"),
    ({"op": "import", "module": "shop.None"}, False),
    ({"op": "import", "module": "shop.Pricing"}, True),
    (
        {"op": "describe", "class": "shop:Pricing.OutOfStock"},
        {"kind": "exception", "bases": ["java.lang:IllegalStateException"]},
    ),
    # The connection is not its standard input; and an object that is dropped is gone.
    (call("read"), "read -1"),
    (call("getNames", on={"$handle": 2}, drop=[[2, 1]]), "refused: there is no object 2"),
    (call("getNames", on={"$handle": 1}, drop=[[1, 1]]), ["tea", "milk"]),
    (call("leave"), "gone"),
]  # fmt: skip


def told(answer: dict[str, Any]) -> object:
    """An answer in the short form of the table above."""
    if "refused" in answer:
        return f"refused: {answer['refused']}"
    if "error" in answer:
        return answer["error"]
    return {name: answer[name] for name in ("value", "changed")} if "changed" in answer else answer["value"]


def test_calls(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    volumes = VolumePlan("work", 1 << 20), VolumePlan("build", 4 << 20), VolumePlan("call", 1 << 20, 64)
    lines = [json.dumps({"id": number, **asked}) for number, (asked, _) in enumerate(ASKED)]
    with engine.open(pod(built, *volumes)) as sandbox:
        sandbox.fill("work", entries({"shop/Pricing.java": PRICING, "Top.java": TOP}))
        done = build(sandbox, built["java"])
        assert done.exit_code == 0, done.stderr.decode()
        mounts = (Mount("work", "/work"), Mount("build", "/build"), Mount("call", "/call", writable=True))
        worker = sandbox.start(ContainerPlan(built["java"].id, JAVA.argv("call"), mounts=mounts))
        client = ContainerPlan(
            built["java"].id, ("perl", "-e", CLIENT), uid=TESTER_UID, mounts=(Mount("call", "/call"),)
        )
        result = sandbox.run(client, stdin="".join(f"{line}\n" for line in lines).encode(), timeout=60.0)
        broken = sandbox.run(
            client, stdin=b'[1]\n{"id": 7}\nnonsense\n{"id": 8, "op": "call", "on": 1}\n', timeout=60.0
        )
        shown = worker.tail()
    answers = result.stdout.decode().splitlines()
    assert len(answers) == len(ASKED), (answers[-1:], shown)
    for number, (line, (asked, expected)) in enumerate(zip(answers, ASKED, strict=True)):
        if line == "gone":
            assert expected == "gone", asked
            continue
        answer = json.loads(line)
        assert answer["id"] == number
        got = told(answer)
        if isinstance(expected, str) and isinstance(got, dict):
            assert got["classes"][0] == expected, asked
        elif isinstance(expected, str) and expected.startswith("refused: "):
            assert str(got).startswith(expected), (asked, got)
        else:
            assert got == expected, asked
    assert [json.loads(line)["id"] for line in broken.stdout.splitlines()] == [None, 7, None, 8]
    assert all("refused" in json.loads(line) for line in broken.stdout.splitlines())
    assert "OutOfStock: only 2" in shown

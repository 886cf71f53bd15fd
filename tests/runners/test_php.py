"""The PHP runner beyond its smoke cases: packages from a mirror, calls, and a service on PostgreSQL that needs both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gradekit import runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import HttpRequest, SqlRequest
from gradekit.sandbox.plans import SERVICE_UID, ContainerPlan, Mount, Tmpfs, VolumePlan
from tests.runners.calling import answers, call, get
from tests.runners.fetching import Fetching, entries, fetching
from tests.runners.php_mirror import filled

FOLDER = Path(__file__).parents[2] / "runners"
SHOP = Path(__file__).parent / "php-shop"
PHP = runner.find(FOLDER, "php")
POSTGRES = runner.find(FOLDER, "postgres")
LOCK = "composer.lock"
PORT = 8080
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> Mapping[str, Image]:
    return images.ensure(("php", "postgres", "probe"), folder=FOLDER, engine=engine)


@pytest.fixture
def fetched(engine: DockerEngine, built: Mapping[str, Image], tmp_path: Path) -> Iterator[Fetching]:
    with fetching(engine, built, PHP, "COMPOSER_MIRROR", filled(tmp_path / "mirror")) as made:
        yield made


def lock(*packages: Mapping[str, Any], **more: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """A composer.lock."""
    return {LOCK: json.dumps({"packages": list(packages), "packages-dev": [], **more})}


def package(name: str, version: str = "1.0.0", **more: object) -> dict[str, Any]:
    """A package of it."""
    return {"name": name, "version": version, **more}


def wants(**require: str) -> dict[str, str]:
    """A composer.json alone; ``__`` stands for a slash, ``_`` for a hyphen."""
    names = {name.replace("__", "/").replace("_", "-"): value for name, value in require.items()}
    return {"composer.json": json.dumps({"require": names})}


# --- packages

REFUSED: dict[str, tuple[Mapping[str, str], str]] = {
    "no lock file": (
        wants(php="^8.1", psr__log="^3"),
        "composer.json: it wants psr/log, and there is no composer.lock",
    ),
    "an odd constraint": (wants(php="tea"), "composer.json: require: php: Could not parse version constraint tea"),
    "an extension": (wants(ext_frobnicate="*"), "composer.json: require: it needs the extension frobnicate"),
    "no JSON": ({"composer.json": "{"}, "composer.json: it is no JSON object: Syntax error"),
    "a list": ({LOCK: "[1]"}, "composer.lock: it is no JSON object"),
    "no packages": ({LOCK: '{"packages": {"x": 1}}'}, "composer.lock: packages: a list was expected"),
    "an odd name": (
        lock(package("../evil")),
        'composer.lock: packages: one has no proper name or version: "..\\/evil"',
    ),
    "a branch": (lock(package("tea/leaf", "dev-main")), "composer.lock: tea/leaf dev-main: a branch is not fetched"),
    "too many": (lock(*(package(f"tea/leaf{number}") for number in range(501))), "it wants 501 packages; at most 500"),
    "too large": ({LOCK: '{"a": "' + "x" * (8 << 20) + '"}'}, "composer.lock: it is larger than 8192 KiB"),
}


def test_what_is_not_fetched_is_refused_without_network(fetched: Fetching) -> None:
    fetched.refusals_without_network(REFUSED)


def test_links_are_left_out_and_programs_find_their_packages(fetched: Fetching) -> None:
    files = lock(package("tea/leaf", "2.0.0"), package("tea/steep", "v1.0.0"))
    said = fetched.says(
        files, "sh", "-c", "cd /opt/deps/vendor; find . -type l; steep; echo; cat tea/leaf/leaf.php | wc -l"
    )
    assert said.split() == ["./bin/steep", "brew", "with", "leaf", "2.0.0", "6"]


@pytest.mark.parametrize(
    ("locked", "reason"),
    [
        (package("tea/absent"), "tea/absent 1.0.0: the registry has no such package"),
        (package("tea/leaf", "9.9.9"), "tea/leaf 9.9.9: the registry has no such version"),
        (package("tea/newer"), "tea/newer 1.0.0: it needs PHP >=99.0, and this is 8.2"),
        (package("tea/native"), "tea/native 1.0.0: it needs the extension frobnicate"),
        (
            package("tea/outside"),
            "tea/outside 1.0.0: its archive is refused: it is too large, or a path leads out of it",
        ),
        (package("tea/broken"), "tea/broken 1.0.0: its archive is refused: it is no zip"),
        (package("tea/changed"), "tea/changed 1.0.0: the archive's SHA-1 is not the one that is given"),
        (
            package("tea/leaf", dist={"reference": "a" * 40}),
            "tea/leaf 1.0.0: the registry's release is not the one that",
        ),
        (
            package("tea/leaf", dist={"shasum": "0" * 40}),
            "tea/leaf 1.0.0: the archive's SHA-1 is not the one that is given",
        ),
    ],
)
def test_packages_that_are_refused(locked: Mapping[str, Any], reason: str, fetched: Fetching) -> None:
    code, said = fetched.refusal(lock(locked))
    assert (code, said[: len(LOCK) + 2 + len(reason)]) == (2, f"{LOCK}: {reason}")


def test_a_registry_that_does_not_answer_is_no_fault_of_the_submission(fetched: Fetching) -> None:
    code, said = fetched.refusal(lock(package("tea/leaf")), 503)
    assert code == 3
    assert "the registry of packages cannot be reached" in said


# --- a service


def test_a_service_on_postgresql_starts_without_network(fetched: Fetching) -> None:
    paths = [path for path in SHOP.rglob("*") if path.is_file()]
    files = {path.relative_to(SHOP).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    made = fetched.image({name: files[name] for name in PHP.lock})
    volumes = VolumePlan("work", 4 << 20), VolumePlan("db", 1 << 20, uid=SERVICE_UID)
    assert POSTGRES.sockets is not None
    assert POSTGRES.data is not None
    with fetched.engine.open(fetched.pod(*volumes)) as sandbox:
        sandbox.fill("work", entries(files))
        sandbox.start(
            ContainerPlan(
                fetched.built["postgres"].id,
                POSTGRES.argv("serve"),
                uid=SERVICE_UID,
                mounts=(Mount("db", POSTGRES.sockets, writable=True),),
                tmpfs=(Tmpfs(POSTGRES.data, 256 << 20),),
            )
        )
        assert sandbox.listening(5432, timeout=20.0)
        tables = [*filter(str.strip, files["migrations/001.sql"].split(";")), "grant select on product to app"]
        begin = ["create role app login password 'x'", "create database shop owner app"]
        for database, statements in (("postgres", begin), ("shop", tables)):
            assert [reply.error for reply in sandbox.sql(SqlRequest("db", database, statements)) if reply.error] == []
        app = sandbox.start(
            ContainerPlan(
                made.id,
                PHP.argv("serve"),
                env={"PORT": str(PORT), "DATABASE_URL": "postgresql://app:x@127.0.0.1:5432/shop"},
                workdir="/work",
                mounts=(Mount("work", "/work"),),
            )
        )
        assert sandbox.listening(PORT, timeout=20.0), app.tail()
        reply = sandbox.http(HttpRequest(port=PORT, method="GET", target="/products?below=10"))
        said = app.tail()
        app.stop()
    assert reply.status == 200, said
    assert (reply.status, json.loads(reply.body)) == (
        200,
        {"leaf": "2.0.0", "products": [{"name": "tea", "price": "1.50"}]},
    )


# --- calls

FILES = {
    "composer.json": '{"autoload": {"psr-4": {"Acme\\\\": "src/"}}}',
    "src/Shop/OutOfStock.php": r"""<?php
namespace Acme\Shop;

class OutOfStock extends \InvalidArgumentException
{
    public function __construct(public int $left)
    {
        parent::__construct("only $left");
    }
}
""",
    "src/Shop/Size.php": "<?php\nnamespace Acme\\Shop;\nenum Size: int { case Small = 1; case Large = 2; }\n",
    "src/Shop/Cart.php": r"""<?php
namespace Acme\Shop;

final class Cart
{
    public const LIMIT = 7;
    private array $names = [];

    public function __construct(public ?string $owner = null, private int $size = 9)
    {
    }

    public static function of(string ...$names): self
    {
        $made = new self();
        array_map($made->add(...), $names);
        return $made;
    }

    public function add(string $name): static
    {
        $this->names[] = $name;
        return $this;
    }

    public function getNames(): array { return $this->names; }
    public function isFull(): bool { return count($this->names) >= $this->size; }
    public function total_price(): int { return 3; }
    private function secret(): int { return 1; }
}
""",
    "src/Shop/PriceList.php": r"""<?php
namespace Acme\Shop;

final class PriceList
{
    public const RATE = 3;

    public static function total(array $prices): int|float { return array_sum($prices); }
    public static function named(int $first, int $second = 1): string { return "$first$second"; }
    public static function echo(mixed $value): mixed { return $value; }
    public static function kind(mixed $value): string { return get_debug_type($value); }
    public static function many(): array
    {
        return [2 ** 53 + 1, 1.5, 2.0, -INF, NAN, "\xFF", gmp_pow(2, 70),
            new \DateTimeImmutable('2024-02-29T12:00+02:00'),
            Size::Large, null, ['a' => 1], [1 => 'x', 2 => 'y'], ['$' => 1],
            (object) [], [], new \ArrayObject(['b' => [true]])];
    }
    public static function sort(array &$list, array $other): int { sort($list); $other[] = 1; return count($other); }
    public static function failWith(int $left): never { throw new OutOfStock($left); }
    public static function zero(): int { return intdiv(1, 0); }
    public static function leave(): never { exit(0); }
    public static function large(): string { return str_repeat('x', 2_000_000); }
    public static function inner(): int { return strlen(); }
    public static function printIt(): int { echo 'noise'; return 1; }
    public static function adder(): \Closure { return fn (int $one): int => $one + 1; }
}
""",
    "top.php": r"""<?php

const SIZE = 5;
require __DIR__ . '/vendor/autoload.php';

function plain_word(string $word): string { return strtoupper($word); }

class Counter
{
    public int $count = 0;
    public function up(): int { return ++$this->count; }
}
""",
    "spaced.php": "<?php\nnamespace Tea\\Pot;\nfunction brew(): string { return 'tea'; }\nclass Lid {}\n",
    "Tool.php": "<?php\nfinal class Tool { public function turn(int $by): int { return $by * 2; } }\n",
    "broken.php": "<?php\nthrow new DomainException('not today');\n",
    "syntax.php": "<?php\nfunction {\n",
}
LIST = {"$module": "shop.price_list"}
TOP = {"$module": "top"}
CART = {"$handle": 1, "class": "shop.cart:Cart"}
# fmt: off
ASKED: list[tuple[dict[str, Any], object]] = [
    ({"op": "ready"}, "refused: there is no operation"),
    (call("total", [1, 2.5], on=LIST), 3.5),
    (call("named", 1, on=LIST, kwargs={"second": 2}), "12"),
    (get("RATE", on=LIST), 3),
    (call("plainWord", "tea", on=TOP), "TEA"),
    (get("SIZE", on=TOP), 5),
    (call("brew", on={"$module": "spaced"}), "tea"),
    (call("turn", 4, on={"$module": "tool"}), 8),
    # Objects.
    (call("Cart", "ana", on={"$module": "shop.cart"}, kwargs={"size": 2}), CART),
    (call("add", "tea", on={"$handle": 1}), CART),
    (call("Cart.add", {"$handle": 1}, "milk", on={"$module": "shop.cart"}), CART),
    (get("names", on={"$handle": 1}), ["tea", "milk"]),
    (call("isFull", on={"$handle": 1}), True),
    (get("full", on={"$handle": 1}), True),
    (call("totalPrice", on={"$handle": 1}), 3),
    ({"op": "set", "on": {"$handle": 1}, "path": "", "name": "owner", "args": ["eve"]}, None),
    (get("owner", on={"$handle": 1}), "eve"),
    (get("add", on={"$handle": 1}), {"$callable": {"async": False}}),
    (call("Cart.of", "a", on={"$module": "shop.cart"}), {"$handle": 2, "class": "shop.cart:Cart"}),
    (get("Cart.LIMIT", on=LIST), 7),
    (call("Counter", on=TOP), {"$handle": 3, "class": "top:Counter"}),
    (call("up", on={"$handle": 3}), 1),
    ({**call("up", on={"$handle": 3}), "drop": [[2, 1]]}, 2),
    (call("add", "x", on={"$handle": 2}), "refused: there is no object 2"),
    (call("Lid", on={"$module": "spaced"}), {"$handle": 4, "class": "spaced:Lid"}),
    (call("adder", on=LIST), {"$handle": 5, "class": "builtins:Closure"}),
    (call("", 4, on={"$handle": 5}), 5),
    # Values.
    (call("kind", {"$int": str(1 << 70)}, on=LIST), "GMP"),
    (call("kind", {"$int": str(1 << 60)}, on=LIST), "int"),
    (call("kind", {"$decimal": "1.50"}, on=LIST), "string"),
    (call("kind", {"$datetime": "2024-02-29T12:30:00"}, on=LIST), "DateTimeImmutable"),
    (call("kind", 1.0, on=LIST), "float"),
    (call("echo", {"$map": [[1, [2]]]}, on=LIST), {"1": [2]}),
    (call("echo", {"$range": [0, 9, 3]}, on=LIST), [0, 3, 6]),
    (call("echo", {"$enum": ["shop.size:Size", "Small"]}, on=LIST), {"$enum": ["shop.size:Size", "Small"]}),
    (call("echo", {"$datetime": "2024-02-30T10:00"}, on=LIST), "refused: $datetime has a wrong content"),
    (call("echo", {"$unknown": 1}, on=LIST), "refused: $unknown has no like in PHP"),
    (
        call("many", on=LIST),
        [
            {"$int": "9007199254740993"}, 1.5, 2.0, {"$float": "-inf"}, {"$float": "nan"}, {"$bytes": "/w=="},
            {"$int": str(1 << 70)}, {"$datetime": "2024-02-29T12:00:00.000000+02:00"},
            {"$enum": ["shop.size:Size", "Large"]},
            None, {"a": 1}, {"1": "x", "2": "y"}, {"$map": [["$", 1]]}, {}, [], {"b": [True]},
        ],
    ),
    (call("sort", [2, 1], [5], on=LIST), {"value": 2, "changed": [[0, [1, 2]]]}),
    (call("printIt", on=LIST), 1),
    # Errors.
    (call("failWith", 3, on=LIST), ["shop.price_list:OutOfStock", "builtins:InvalidArgumentException"]),
    (call("zero", on=LIST), ["builtins:DivisionByZeroError", "builtins:ArithmeticError"]),
    (call("total", 5, on=LIST), ["builtins:TypeError"]),
    (call("inner", on=LIST), ["builtins:ArgumentCountError"]),
    (call("total", on=LIST), ["gradekit:Absent"]),
    (call("named", 1, on=LIST, kwargs={"third": 2}), ["gradekit:Absent"]),
    (call("absent", on=LIST), ["gradekit:Absent"]),
    (call("system", "id", on=TOP), ["gradekit:Absent"]),
    (call("secret", on={"$handle": 1}), ["gradekit:Absent"]),
    (call("x", on={"$module": "absent"}), ["gradekit:Absent"]),
    (call("x", on={"$module": "../etc"}), ["gradekit:Absent"]),
    (call("x", on={"$module": "broken"}), ["builtins:DomainException"]),
    (call("x", on={"$module": "syntax"}), ["builtins:ParseError"]),
    (call("large", on=LIST), "refused: its value is larger than 1024 KiB"),
    ({"op": "import", "module": "absent"}, None),
    (call("plainWord", "still there", on=TOP), "STILL THERE"),
    (call("leave", on=LIST), "gone"),
]
# fmt: on


def test_calls(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    told = answers(engine, built, PHP, FILES, [request for request, _ in ASKED])
    assert len(told) == len(ASKED)
    for (request, expected), answer in zip(ASKED, told, strict=True):
        if expected == "gone":
            assert answer == {"gone": True}, request
        elif isinstance(expected, str) and expected.startswith("refused: "):
            assert str(answer.get("refused")).startswith(expected.removeprefix("refused: ")), (request, answer)
        elif isinstance(expected, list) and expected and ":" in str(expected[0]) and "error" in answer:
            assert answer["error"]["classes"][: len(expected)] == expected, (request, answer)
        elif isinstance(expected, dict) and "changed" in expected:
            assert {key: answer.get(key) for key in expected} == expected, (request, answer)
        else:
            assert answer.get("value", answer) == expected, (request, answer)
            assert "changed" not in answer


def test_an_error_tells_its_message_and_attributes(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    out_of_stock = {"op": "import", "module": "shop.out_of_stock"}
    *_, told = answers(engine, built, PHP, FILES, [out_of_stock, call("failWith", 3, on=LIST)])
    error = told["error"]
    assert error["classes"][:3] == [
        "shop.out_of_stock:OutOfStock", "builtins:InvalidArgumentException", "builtins:LogicException",
    ]  # fmt: skip
    assert (error["message"], error["attributes"], error["handle"]) == ("only 3", {"left": 3}, 1)

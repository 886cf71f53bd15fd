"""The Ruby runner beyond its smoke cases: packages from a mirror, calls, and a service that needs both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gradekit import runner
from gradekit.sandbox import images
from gradekit.sandbox.docker import DockerEngine, connect
from gradekit.sandbox.image import Image
from gradekit.sandbox.messages import HttpRequest
from gradekit.sandbox.plans import ContainerPlan, Mount, VolumePlan
from tests.runners.calling import answers, call, get
from tests.runners.fetching import Fetching, entries, fetching
from tests.runners.ruby_mirror import filled

FOLDER = Path(__file__).parents[2] / "runners"
SHOP = Path(__file__).parent / "ruby-shop"
RUBY = runner.find(FOLDER, "ruby")
LOCK = "Gemfile.lock"
PORT = 8080
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def built(engine: DockerEngine) -> Mapping[str, Image]:
    return images.ensure(("ruby", "probe"), folder=FOLDER, engine=engine)


@pytest.fixture
def fetched(engine: DockerEngine, built: Mapping[str, Image], tmp_path: Path) -> Iterator[Fetching]:
    with fetching(engine, built, RUBY, "BUNDLE_MIRROR__ALL", filled(tmp_path)) as made:
        yield made


def lock(*specs: str, more: str = "", remote: str = "") -> dict[str, str]:
    """A Gemfile.lock."""
    lines = "".join(f"    {spec}\n" for spec in specs)
    return {LOCK: f"GEM\n{remote}  specs:\n{lines}\n{more}"}


# --- packages

REFUSED: dict[str, tuple[Mapping[str, str], str]] = {
    "a Gemfile alone": ({"Gemfile": 'source "https://a.example"\n\ngem "rack"\n'}, "Gemfile:3: it wants packages, and"),
    "code in a Gemfile alone": ({"Gemfile": "source `id`; exit\n"}, "Gemfile:1: it wants packages, and there is no"),
    "git": ({LOCK: "GIT\n  remote: https://a.example/b.git\n"}, "Gemfile.lock:2: GIT: packages come from the index"),
    "a plug-in": ({LOCK: "PLUGIN SOURCE\n  remote: x\n"}, "Gemfile.lock:2: PLUGIN SOURCE: packages come from"),
    "a path elsewhere": ({LOCK: "PATH\n  remote: ../other\n"}, "Gemfile.lock:2: a path outside of the submission"),
    "another index": (
        lock("rack (2.2.22)", remote="  remote: https://evil.example/\n"),
        "https://evil.example/ is not the index",
    ),
    "two versions": (lock("a (1)", "a (2)"), "Gemfile.lock:4: a has two versions, 1 and 2"),
    "an odd name": (lock("../a (1)"), 'Gemfile.lock:3: no package: "../a (1)"'),
    "an odd version": (lock("a (../1)"), 'Gemfile.lock:3: no package: "a (../1)"'),
    "an odd section": ({LOCK: "<<<<<<< HEAD\n  x\n"}, 'Gemfile.lock:2: an unknown section "<<<<<<< HEAD"'),
    "no lock file": ({LOCK: ""}, "Gemfile.lock: it has no section GEM"),
    "not UTF-8": ({LOCK: "GEM\n  remote: \udcff"}, "Gemfile.lock: it is not UTF-8"),
    "too large": ({LOCK: "GEM\n" + " " * (1 << 20)}, "Gemfile.lock: it is larger than 1024 KiB"),
    "too many": (lock(*(f"a{number} (1)" for number in range(1001))), "it wants 1001 packages; at most 1000"),
    "another platform": (lock("fast (1.0.0-arm64-darwin)"), "run `bundle lock --add-platform x86_64-linux`"),
}


def test_what_is_not_fetched_is_refused_without_network(fetched: Fetching) -> None:
    fetched.refusals_without_network(REFUSED)


def test_versions_are_those_of_the_lock_file_and_its_checksums_hold(fetched: Fetching) -> None:
    data = (fetched.folder / "gems/leaf-1.0.0.gem").read_bytes()
    right, wrong = hashlib.sha256(data).hexdigest(), "0" * 64
    sums = "CHECKSUMS\n  leaf (1.0.0) sha256={}\n"
    script = "require 'leaf'; puts Leaf::VERSION"
    assert fetched.says(lock("leaf (1.0.0)", more=sums.format(right)), "ruby", "-e", script) == "1.0.0\n"
    code, said = fetched.refusal(lock("leaf (1.0.0)", more=sums.format(wrong)))
    assert (code, said) == (2, "Gemfile.lock: leaf-1.0.0.gem: its SHA-256 is not the one of CHECKSUMS\n")


def test_a_variant_with_a_binary_needs_no_compiler(fetched: Fetching) -> None:
    files = lock("fast (1.0.0)", "fast (1.0.0-x86_64-linux)", "fast (1.0.0-arm64-darwin)")
    assert fetched.says(files, "ruby", "-e", "require 'fast'; puts FAST") == "1\n"


def test_what_the_image_has_is_not_fetched(fetched: Fetching) -> None:
    made = fetched.fetch(lock("sinatra (3.0.5)", "rack (2.2.22)"))
    assert isinstance(made, Image)
    assert [path for path in fetched.asked if path != "/gems/rack-2.2.4.gem"] == []


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (
            "fast (1.0.0)",
            "fast 1.0.0: its extension would have to be compiled, and nothing is compiled here; use a gem",
        ),
        ("newer (1.0.0)", "newer 1.0.0: it needs Ruby >= 99.0, and this is 3.1.2"),
        ("liar (1.0.0)", "liar-1.0.0.gem: it says that it is leaf-9.0.0"),
        ("outside (1.0.0)", "outside-1.0.0.gem: it is no gem: installing into parent path"),
        ("broken (1.0.0)", "broken-1.0.0.gem: it is no gem: "),
        ("absent (1.0.0)", "absent-1.0.0.gem: the index has no such gem"),
    ],
)
def test_gems_that_are_refused(spec: str, reason: str, fetched: Fetching) -> None:
    code, said = fetched.refusal(lock(spec))
    assert (code, said[: len(LOCK) + 2 + len(reason)]) == (2, f"{LOCK}: {reason}")


def test_an_index_that_does_not_answer_is_no_fault_of_the_submission(fetched: Fetching) -> None:
    code, said = fetched.refusal(lock("leaf (1.0.0)"), 503)
    assert code == 3
    assert "the index of gems cannot be reached" in said


# --- a service


def test_a_service_with_bundler_starts_without_network(fetched: Fetching) -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in SHOP.iterdir()}
    made = fetched.image({name: files[name] for name in ("Gemfile", LOCK)})
    with fetched.engine.open(fetched.pod(VolumePlan("work", 4 << 20))) as sandbox:
        sandbox.fill("work", entries(files))
        plan = ContainerPlan(
            made.id, RUBY.argv("serve"), env={"PORT": str(PORT)}, workdir="/work", mounts=(Mount("work", "/work"),)
        )
        app = sandbox.start(plan)
        assert sandbox.listening(PORT, timeout=20.0), app.tail()
        reply = sandbox.http(HttpRequest(port=PORT, method="GET", target="/versions"))
        app.stop()
    assert (reply.status, reply.body) == (200, b'{"leaf":"2.0.0","pg":"1.4.5","sinatra":"3.0.5"}')


# --- calls

FILES = {
    "lib/shop/price_list.rb": """
require "bigdecimal"
require "date"
require "set"

module Shop
  class OutOfStock < ArgumentError
    attr_reader :left

    def initialize(left)
      @left = left
      super("only #{left}")
    end
  end

  class Cart
    LIMIT = 7
    attr_accessor :owner
    attr_reader :names

    def self.of(*names) = new.tap { |cart| names.each { |name| cart.add(name) } }

    def initialize(owner = nil, size: 9)
      @owner = owner
      @size = size
      @names = []
    end

    def add(name)
      @names << name
      self
    end

    def full? = @names.length >= @size
    def method_missing(name, *args) = name == :anything ? args : super
    def respond_to_missing?(name, all = false) = name == :anything || super
  end

  Line = Struct.new(:name, :price)

  module PriceList
    RATE = 3

    module_function

    def total(prices) = prices.sum
    def named(first, second: 1) = "#{first}#{second}"
    def echo(value) = value
    def kind(value) = value.class.name
    def many
      [2**53 + 1, 1.5, -Float::INFINITY, Float::NAN, :tea, "\\xFF".b, "caf\\xE9".dup.force_encoding("ISO-8859-1"),
       BigDecimal("1.50"), 1r / 3, 1i, Date.new(2024, 2, 29), Time.utc(2024, 2, 29, 12, 0, 0.5r), Set[1], 1..3, nil,
       { a: 1 }, { 1 => 2 }, { "$" => 1 }, Line.new("tea", 2), [[]]]
    end
    def sort(list, other) = [list.sort!, other.store("a", 1)]
    def back(list) = list
    def strings(list) = list.first.upcase!
    def fail_with(left) = raise(OutOfStock, left)
    def key = {}.fetch("tea")
    def index = [].fetch(3)
    def zero = 1 / 0
    def leave = exit(0)
    def deep = deep
    def large = "x" * 2_000_000
    def round = [].tap { |list| list << list }
    def odd = Class.new(BasicObject).new
    def print_it = puts("noise") || 1
  end
end
""",
    "top.rb": """
def plain(word) = word.upcase
def same?(one, other) = one == other
def found(list) = [{ 1 => 1 }.sum { |_, times| times + 1 }, (1..3).begin, list.find(&:even?)]

class Counter
  def initialize = @count = 0
  def up = @count += 1
end

private def hidden = 1
""",
    "broken.rb": 'raise ArgumentError, "not today"\n',
    "gone.rb": "exit!(0)\n",
}
LIST = {"$module": "shop.price_list"}
TOP = {"$module": "top"}
CART = {"$handle": 1, "class": "shop.price_list:Cart"}
# fmt: off
ASKED: list[tuple[dict[str, Any], object]] = [
    ({"op": "ready"}, "refused: there is no operation"),
    (call("total", [1, 2.5], on=LIST), 3.5),
    (call("named", 1, on=LIST, kwargs={"second": 2}), "12"),
    (get("RATE", on=LIST), 3),
    (call("plain", "tea", on=TOP), "TEA"),
    (call("same", 1, 1, on=TOP), True),
    # No method of ours is in the submission's way.
    (call("found", [1, 2], on=TOP), [2, 1, 2]),
    # Objects, by the class of the module or of the module around it.
    (call("Cart", "ana", on=LIST, kwargs={"size": 2}), CART),
    (call("add", "tea", on={"$handle": 1}), CART),
    (call("Cart.add", {"$handle": 1}, "milk", on=LIST), CART),
    (get("names", on={"$handle": 1}), ["tea", "milk"]),
    (call("names.length", on={"$handle": 1}), 2),
    (call("full", on={"$handle": 1}), True),
    (call("anything", 1, on={"$handle": 1}), [1]),
    ({"op": "set", "on": {"$handle": 1}, "path": "", "name": "owner", "args": ["eve"]}, None),
    (get("owner", on={"$handle": 1}), "eve"),
    (get("add", on={"$handle": 1}), {"$callable": {"async": False}}),
    (call("Cart.of", "a", on=LIST), {"$handle": 2, "class": "shop.price_list:Cart"}),
    (get("Cart.LIMIT", on=LIST), 7),
    (call("Counter", on=TOP), {"$handle": 3, "class": "top:Counter"}),
    (call("up", on={"$handle": 3}), 1),
    ({**call("up", on={"$handle": 3}), "drop": [[2, 1]]}, 2),
    (call("add", "x", on={"$handle": 2}), "refused: there is no object 2"),
    # Values.
    (call("kind", {"$int": str(1 << 70)}, on=LIST), "Integer"),
    (call("kind", {"$decimal": "1.50"}, on=LIST), "BigDecimal"),
    (call("kind", {"$datetime": "2024-02-29T12:30:00"}, on=LIST), "Time"),
    (call("kind", {"$set": [1]}, on=LIST), "Set"),
    (call("echo", {"$map": [[1, [2]]]}, on=LIST), {"$arg": 0}),
    (call("echo", {"$range": [0, 9, 3]}, on=LIST), [0, 3, 6]),
    (call("echo", {"$range": [0, 3, 1]}, on=LIST), {"$range": [0, 3, 1]}),
    (call("echo", {"$date": "2024-02-30"}, on=LIST), "refused: $date has a wrong content"),
    (call("echo", {"$unknown": 1}, on=LIST), "refused: $unknown has no like in Ruby"),
    (
        call("many", on=LIST),
        [
            {"$int": "9007199254740993"}, 1.5, {"$float": "-inf"}, {"$float": "nan"}, "tea", {"$bytes": "/w=="}, "café",
            {"$decimal": "1.5"}, {"$fraction": "1/3"}, {"$complex": [0.0, 1.0]}, {"$date": "2024-02-29"},
            {"$datetime": "2024-02-29T12:00:00.500000+00:00"}, {"$set": [1]}, {"$range": [1, 4, 1]}, None,
            {"a": 1}, {"$map": [[1, 2]]}, {"$map": [["$", 1]]}, {"name": "tea", "price": 2}, [[]],
        ],
    ),
    (call("sort", [2, 1], {"b": 2}, on=LIST),
     {"value": [{"$arg": 0}, 1], "changed": [[0, [1, 2]], [1, {"b": 2, "a": 1}]]}),
    (call("strings", ["tea"], on=LIST), {"value": "TEA", "changed": [[0, ["TEA"]]]}),
    (call("back", [1], on=LIST), {"$arg": 0}),
    (call("odd", on=LIST), {"$handle": 4, "class": ":anonymous"}),
    (call("print_it", on=LIST), 1),
    # Errors.
    (call("fail_with", 3, on=LIST), ["shop.price_list:OutOfStock", "builtins:ArgumentError"]),
    (call("key", on=LIST), ["builtins:KeyError", "builtins:IndexError"]),
    (call("index", on=LIST), ["builtins:IndexError"]),
    (call("zero", on=LIST), ["builtins:ZeroDivisionError"]),
    (call("leave", on=LIST), ["builtins:SystemExit"]),
    (call("deep", on=LIST), ["builtins:SystemStackError"]),
    (call("total", 5, on=LIST), ["builtins:NoMethodError"]),
    (call("total", on=LIST), ["gradekit:Absent"]),
    (call("named", 1, on=LIST, kwargs={"third": 2}), ["gradekit:Absent"]),
    (call("absent", on=LIST), ["gradekit:Absent"]),
    (call("system", "id", on=LIST), ["gradekit:Absent"]),
    (call("x", on={"$module": "absent"}), ["gradekit:Absent"]),
    (call("x", on={"$module": "../etc"}), ["gradekit:Absent"]),
    (call("x", on={"$module": "broken"}), ["builtins:ArgumentError"]),
    (call("large", on=LIST), "refused: its value is larger than 1024 KiB"),
    (call("round", on=LIST), "refused: its value is nested deeper than 64, or contains itself"),
    ({"op": "import", "module": "absent"}, None),
    (call("plain", "still there", on=TOP), "STILL THERE"),
    (call("x", on={"$module": "gone"}), "gone"),
]
# fmt: on


def test_calls(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    told = answers(engine, built, RUBY, FILES, [request for request, _ in ASKED])
    assert len(told) == len(ASKED)
    for (request, expected), answer in zip(ASKED, told, strict=True):
        if expected == "gone":
            assert answer == {"gone": True}, request
        elif isinstance(expected, str) and expected.startswith("refused: "):
            assert answer["refused"].startswith(expected.removeprefix("refused: ")), (request, answer)
        elif isinstance(expected, list) and expected and ":" in str(expected[0]) and "error" in answer:
            assert answer["error"]["classes"][: len(expected)] == expected, (request, answer)
        elif isinstance(expected, dict) and "changed" in expected:
            assert {key: answer.get(key) for key in expected} == expected, request
        else:
            assert answer.get("value", answer) == expected, (request, answer)
            assert "changed" not in answer


def test_an_error_tells_its_message_and_attributes(engine: DockerEngine, built: Mapping[str, Image]) -> None:
    (told,) = answers(engine, built, RUBY, FILES, [call("fail_with", 3, on=LIST)])
    assert told["error"] == {
        "classes": [
            "shop.price_list:OutOfStock", "builtins:ArgumentError", "builtins:StandardError", "builtins:Exception",
            ":OutOfStock", ":ArgumentError", ":StandardError", ":Exception",
        ],
        "message": "only 3", "args": [], "attributes": {"left": 3}, "handle": 1,
    }  # fmt: skip

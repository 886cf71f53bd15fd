/** The call protocol as any other side of it would speak it: lines to a worker of its own. */
import assert from "node:assert";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, test } from "node:test";

const worker = spawn(process.execPath, ["/opt/gradekit/lib/call/worker.mjs"], {
  stdio: ["ignore", "ignore", "inherit", "pipe"],
});
const lines = createInterface({ input: worker.stdio[3] })[Symbol.asyncIterator]();
let number = 0;

after(() => worker.kill("SIGKILL"));

async function ask(fields) {
  worker.stdio[3].write(`${JSON.stringify({ id: ++number, ...fields })}\n`);
  const { id, ...reply } = JSON.parse((await lines.next()).value);
  assert.equal(id, number);
  return reply;
}

const call = (module, path, args = [], more = {}) => ask({ op: "call", on: { $module: module }, path, args, ...more });

test("modules by path, without their ending, and by dotted names", async () => {
  for (const name of ["shop/pricing.js", "shop/pricing", "shop.pricing"])
    assert.deepEqual(await call(name, "total", [[1, 2]]), { value: 3 });
  assert.deepEqual(await call("", "answer"), { value: 42 });
  assert.deepEqual(await ask({ op: "import", module: "absent" }), { value: null });
  for (const [module, path] of [
    ["absent", "total"],
    ["shop.pricing", "absent"],
    ["shop.pricing", "absent.deeper"],
  ]) {
    assert.equal((await call(module, path)).error.classes[0], "gradekit:Absent");
  }
  assert.deepEqual(await call("shop.price_list", "unitPrice", [1]), { value: 1 });
  for (const name of ["../etc/passwd", "shop/../../etc/passwd"])
    assert.ok((await ask({ op: "import", module: name })).refused);
  assert.ok((await ask({ op: "import", module: "shop.pricing" })).value.names.includes("total"));
});
test("names as other languages write them", async () => {
  assert.deepEqual(await call("shop.pricing", "unit_price", [2]), { value: 4 });
  assert.deepEqual(await call("shop.pricing", "total", [[1]], { kwargs: { rate: 2 } }), { value: 2 });
});
test("values", async () => {
  const pairs = [
    [null, null],
    [{ $int: "9007199254740993" }, { $int: "9007199254740993" }],
    [1.5, 1.5],
    [{ $float: "nan" }, { $float: "nan" }],
    [{ $float: "-inf" }, { $float: "-inf" }],
    [{ $bytes: "eA==" }, { $bytes: "eA==" }],
    [{ $date: "2024-02-29" }, { $datetime: "2024-02-29T00:00:00.000Z" }],
    [{ $tuple: [1, 2] }, [1, 2]],
    [{ $frozenset: [1] }, { $set: [1] }],
    [{ $range: [0, 5, 2] }, [0, 2, 4]],
    [{ $undefined: true }, null],
    ["\ud83d\udc4d", "\ud83d\udc4d"],
    [{ $uuid: "00000000-0000-0000-0000-000000000000" }, "00000000-0000-0000-0000-000000000000"],
  ];
  for (const [sent, expected] of pairs) assert.deepEqual((await call("shop.pricing", "echo", [sent])).value, expected);
  assert.deepEqual((await call("shop.pricing", "echo", [{ $map: [[1, "a"]] }])).value, { $arg: 0 });
  assert.deepEqual(await call("shop.pricing", "dollars"), { value: { $map: [["$a", 1]] } });
  assert.deepEqual(await call("shop.pricing", "map"), { value: { $map: [["a", { $set: [1] }]] } });
  for (const tag of ["$decimal", "$fraction", "$complex", "$timedelta"])
    assert.ok((await call("shop.pricing", "echo", [{ [tag]: "1" }])).refused);
});
test("what was changed in place", async () => {
  assert.deepEqual(await call("shop.pricing", "fill", [[1], {}]), {
    value: null,
    changed: [
      [0, [1, 2]],
      [1, { a: 1 }],
    ],
  });
});
test("objects by handles", async () => {
  const { value } = await call("shop.pricing", "Cart", ["me"]);
  assert.match(value.class, /^shop.pricing(\.js)?:Cart$/);
  const on = { $handle: value.$handle };
  assert.deepEqual(await ask({ op: "call", on, path: "add", args: ["tea"] }), { value: 1 });
  assert.deepEqual(await call("shop.pricing", "Cart.add", [on, "milk"]), { value: 2 });
  assert.deepEqual(await ask({ op: "get", on, path: "owner" }), { value: "me" });
  assert.deepEqual(await ask({ op: "set", on, path: "", name: "owner", args: ["you"] }), { value: null });
  assert.deepEqual(await ask({ op: "get", on, path: "owner" }), { value: "you" });
  assert.deepEqual(await ask({ op: "operate", operator: "list", args: [on] }), { value: ["tea", "milk"] });
  assert.deepEqual(await ask({ op: "get", on, path: "add" }), { value: { $callable: { async: false } } });
  assert.ok((await ask({ op: "get", on, path: "owner", drop: [[value.$handle, 1]] })).refused);
});
test("errors", async () => {
  const { error } = await call("shop.pricing", "refuse", ["gold"]);
  assert.deepEqual(
    error.classes.map((name) => name.replace(/.*pricing.*:/, "")),
    ["OutOfStock", "builtins:RangeError", "builtins:Error", ":OutOfStock", ":RangeError", ":Error", ":GOLD"],
  );
  assert.deepEqual([error.message, error.attributes], ["no gold", { item: "gold", code: "GOLD" }]);
  assert.deepEqual((await call("shop.pricing", "later")).error.classes[0], "builtins:TypeError");
  assert.deepEqual((await call("shop.pricing", "throwText")).error, {
    classes: ["builtins:string", ":string"],
    message: "text",
    args: [],
    attributes: {},
  });
  assert.equal(
    (await ask({ op: "get", on: { $module: "shop.pricing" }, path: "absent" })).error.classes[0],
    "gradekit:Absent",
  );
  assert.deepEqual(await ask({ op: "get", on: { $module: "shop.pricing" }, path: "nothing" }), { value: null });
  assert.match((await call("broken", "any")).error.message, /at load/);
});
test("promises, with and without waiting", async () => {
  assert.deepEqual(await call("shop.pricing", "soon", [1]), { value: 1 });
  const { value } = await call("shop.pricing", "later", [], { await: false });
  assert.equal(value.class, "builtins:Promise");
  assert.equal((await ask({ op: "operate", operator: "await", args: [value] })).error.message, "bad");
});
test("too much", async () => {
  assert.ok((await call("shop.pricing", "loop")).refused);
  assert.ok((await call("shop.pricing", "huge")).refused);
  assert.ok((await ask({ op: "dance" })).refused);
});

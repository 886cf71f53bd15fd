/**
 * Split suites: what a test imports from /work stands for a module of the submission, which is in another container.
 *
 * Only data cross. What comes is a stranger's: exact plain values are made of it, and a call that meets no proper answer
 * fails its test, whatever the test makes of it.
 */
import { registerHooks } from "node:module";
import { connect } from "node:net";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";

import { dump, MalformedError, MAX_LINE, Packer, TooMuchError, Unpacker } from "../call/values.mjs";

const SOCKET = "/call/socket";
const ROOT = "file:///work/";
const MAX_JSON_DEPTH = 256;
const MAX_NAMES = 2000;
const OPENING = 20_000;
const ERRORS = Object.fromEntries(
  [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((cls) => [
    `builtins:${cls.name}`,
    cls,
  ]),
);

/** Something of the tests that cannot go to the submission, or of the submission that cannot come. */
export class CannotCrossError extends Error {
  name = "CannotCrossError";
}

/** Whether something listens on the socket, soon. */
export async function waitForListener() {
  const end = Date.now() + OPENING;
  while (Date.now() < end) {
    const found = await new Promise((resolve) => {
      const socket = connect(SOCKET, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (found) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** How deep a line of JSON is nested; measured before it is parsed. */
function depthOf(text) {
  let [depth, most] = [0, 0];
  for (const [bracket] of text.replaceAll(/"(?:[^"\\]|\\.)*"/g, "").matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    most = Math.max(most, depth);
  }
  return most;
}

class Sender extends Packer {
  sent = [];
  bytes = "$bytearray";
  #client;

  constructor(client) {
    super();
    this.#client = client;
  }

  nothing() {
    return { $undefined: true };
  }

  known(value) {
    this.sent.push(value);
    return undefined;
  }

  other(value) {
    const own = this.#client.wireOf(value);
    if (own !== undefined) return own;
    const what = typeof value === "function" ? "a function" : `a ${value?.constructor?.name ?? "thing"}`;
    throw new CannotCrossError(`${what} of the tests cannot be passed to the submission; pass data`);
  }

  pack(value, depth = 0) {
    const own = typeof value === "object" || typeof value === "function" ? this.#client.wireOf(value) : undefined;
    return own ?? super.pack(value, depth);
  }
}

class Answer extends Unpacker {
  #client;
  #sent;

  constructor(client, sent) {
    super();
    this.#client = client;
    this.#sent = sent;
  }

  unpack(data, depth = 0) {
    const made = super.unpack(data, depth);
    const methods =
      typeof made === "object" &&
      made !== null &&
      !this.#client.wireOf(made) &&
      Object.values(made).some((item) => typeof item === "function");
    // Its own code must not decide what it is equal to.
    if (methods)
      Object.defineProperty(made, Symbol.toPrimitive, {
        value: () => this.#client.refuse("an object of the submission"),
      });
    return made;
  }

  argument(place) {
    if (!Number.isInteger(place) || place < 0 || place >= this.#sent.length)
      throw new MalformedError("there is no such argument");
    return this.#sent[place];
  }

  special(tag, data, depth) {
    const content = data[tag];
    if (tag === "$arg") return this.argument(content);
    if (tag === "$class" && typeof content === "string") return this.#client.cls(content);
    if (tag === "$handle" && Number.isInteger(content) && typeof data.class === "string")
      return this.#client.object(content, data.class);
    if (tag === "$exception" && typeof content === "object" && content !== null) return this.error(content, depth);
    throw new MalformedError(`${tag} is none of the protocol`);
  }

  error(data, depth = 0) {
    if (!Array.isArray(data.classes) || !data.classes.every((name) => typeof name === "string"))
      throw new MalformedError("an error has no classes");
    const cls = ERRORS[data.classes.find((name) => Object.hasOwn(ERRORS, name))] ?? Error;
    const message = typeof data.message === "string" ? data.message : "";
    const made = cls === AggregateError ? new cls([], message) : new cls(message);
    const [own] = data.classes;
    const name = own?.slice(own.indexOf(":") + 1);
    if (name && name !== made.name)
      Object.defineProperty(made, "name", { value: name, configurable: true, writable: true });
    for (const [key, value] of Object.entries(data.attributes ?? {})) {
      if (key in made) continue;
      Object.defineProperty(made, key, {
        value: this.unpack(value, depth + 1),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    this.#client.remember(made, data.classes);
    return made;
  }
}

/** Asks the submission's process, and waits. */
class Client {
  faults = [];
  #port;
  #flag = new Int32Array(new SharedArrayBuffer(4));
  #seconds;
  #number = 0;
  #process = 0;
  #wires = new WeakMap();
  #classes = new Map();
  #thrown = new WeakMap();

  constructor(seconds) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#seconds = seconds;
    const workerData = { port: port2, flag: this.#flag, path: SOCKET, seconds };
    const thread = new Worker(new URL("./wire.mjs", import.meta.url), { workerData, transferList: [port2] });
    thread.unref();
  }

  #fail(label, why) {
    const message = `${label}: ${why}`;
    this.faults.push(message);
    throw new CannotCrossError(message);
  }

  /** An object of the submission is looked at as if it were data. */
  refuse(label) {
    return this.#fail(label, "an object of the submission is no data; compare data that its methods give");
  }

  #exchange(label, line) {
    Atomics.store(this.#flag, 0, 0);
    this.#port.postMessage(line);
    Atomics.wait(this.#flag, 0, 0, (this.#seconds + 10) * 1000);
    const told = receiveMessageOnPort(this.#port)?.message ?? { lost: "no answer came" };
    if (told.lost === undefined) return Buffer.from(told.line);
    this.#process += 1;
    return this.#fail(label, told.lost);
  }

  /** Ask; what the submission threw is thrown. */
  ask(label, fields, args = []) {
    const sender = new Sender(this);
    const id = ++this.#number;
    let line;
    try {
      line = dump({ id, undefined: true, ...fields, args: args.map((item) => sender.pack(item)) });
    } catch (error) {
      if (!(error instanceof TooMuchError || error instanceof CannotCrossError)) throw error;
      return this.#fail(label, error.message);
    }
    const text = this.#exchange(label, line).toString();
    const answer = new Answer(this, sender.sent);
    let told;
    try {
      if (text.length > MAX_LINE || depthOf(text) > MAX_JSON_DEPTH) throw new MalformedError("too large or too deep");
      told = this.#read(JSON.parse(text), id, answer);
    } catch (error) {
      if (!(error instanceof MalformedError || error instanceof SyntaxError || error instanceof TypeError)) throw error;
      return this.#fail(label, `the answer is none of the call protocol (${error.message})`);
    }
    if (told.refused !== undefined) return this.#fail(label, told.refused);
    if ("thrown" in told) throw told.thrown;
    return told.value;
  }

  #read(reply, id, answer) {
    if (typeof reply !== "object" || reply === null || reply.id !== id)
      throw new MalformedError("it is no answer to this");
    if (typeof reply.refused === "string") return { refused: reply.refused.slice(0, 1000) };
    if ("value" in reply === "error" in reply) throw new MalformedError("it has neither a value nor an error");
    const { value } = reply;
    const callable = typeof value === "object" && value !== null && "$callable" in value;
    const told =
      "error" in reply
        ? { thrown: answer.error(reply.error) }
        : { value: callable ? new Callable(value.$callable?.async === true) : answer.unpack(value) };
    for (const [place, content] of reply.changed ?? []) refill(answer.argument(place), answer.unpack(content));
    return told;
  }

  // --- what stands for things of the submission

  /** What goes over the wire for something that stands for a thing of the submission. */
  wireOf(value) {
    const own = this.#wires.get(value);
    if (own === undefined) return undefined;
    if (own.process !== undefined && own.process !== this.#process) {
      this.#fail("an object of the submission", "the process that it belonged to has ended");
    }
    return own.wire;
  }

  remember(error, classes) {
    this.#thrown.set(error, classes);
  }

  /** A member: functions come as something that calls them. */
  get(label, on, path) {
    const value = this.ask(label, { op: "get", on: this.#now(on), path });
    return value instanceof Callable ? this.#function(label, on, path, value.isAsync) : value;
  }

  #now(on) {
    return typeof on === "function" ? on() : on;
  }

  #function(label, on, path, isAsync) {
    const call = (...args) => this.ask(`${label}()`, { op: "call", on: this.#now(on), path, await: isAsync }, args);
    // What was asynchronous there is so here: it gives a promise, also of what it throws.
    const made = isAsync ? async (...args) => call(...args) : (...args) => call(...args);
    this.#wires.set(made, { wire: { $ref: this.#now(on), path } });
    return made;
  }

  /** What stands for a class of the submission, or for one of JavaScript's own. */
  cls(name) {
    if (name.startsWith("builtins:") && typeof globalThis[name.slice(9)] === "function")
      return globalThis[name.slice(9)];
    if (!this.#classes.has(name)) this.#classes.set(name, this.#makeClass(name));
    return this.#classes.get(name);
  }

  #makeClass(name) {
    const label = name.slice(name.indexOf(":") + 1);
    const on = { $class: name };
    const isInstance = (value) => {
      if (this.#thrown.has(value)) return this.#thrown.get(value).includes(name);
      return (
        this.#wires.has(value) &&
        this.ask(`instanceof ${label}`, { op: "operate", operator: "instanceof" }, [value, made]) === true
      );
    };
    const made = new Proxy(function Submitted() {}, {
      apply: (_, __, args) => this.ask(`${label}()`, { op: "call", on, path: "" }, args),
      construct: (_, args) => this.ask(`new ${label}`, { op: "call", on, path: "" }, args),
      get: (target, key) => {
        if (key === Symbol.hasInstance) return isInstance;
        if (typeof key === "symbol" || key === "prototype") return target[key];
        return key === "name" ? label : this.get(`${label}.${key}`, on, key);
      },
      set: (_, key, value) => this.ask(label, { op: "set", on, path: "", name: key }, [value]) === null,
    });
    this.#wires.set(made, { wire: on });
    return made;
  }

  /** What stands for an object; a promise is one here, too. */
  object(number, className) {
    const process = this.#process;
    const wire = { $handle: number };
    const label = className.slice(className.indexOf(":") + 1);
    const on = () =>
      process === this.#process ? wire : this.#fail(label, "the process that it belonged to has ended");
    if (className === "builtins:Promise") {
      const promised = {};
      this.#wires.set(promised, { wire, process });
      return (async () => this.ask("await", { op: "operate", operator: "await" }, [promised]))();
    }
    const isFunction = className === "builtins:function";
    const refuse = () => this.refuse(label);
    const made = new Proxy(isFunction ? () => {} : {}, {
      apply: (_, __, args) => this.ask(`${label}()`, { op: "call", on: on(), path: "", await: false }, args),
      get: (target, key) => {
        if (key === Symbol.iterator || key === Symbol.asyncIterator)
          return () => this.ask(label, { op: "operate", operator: "list" }, [made])[Symbol.iterator]();
        if (key === Symbol.toPrimitive) return refuse;
        if (typeof key === "symbol") return undefined;
        return key === "constructor" ? this.cls(className) : this.get(`${label}.${key}`, on, key);
      },
      set: (_, key, value) => this.ask(label, { op: "set", on: on(), path: "", name: key }, [value]) === null,
      deleteProperty: (_, key) => this.ask(label, { op: "delete", on: on(), path: "", name: key }) === null,
      has: (_, key) =>
        typeof key === "string" && this.ask(label, { op: "operate", operator: "keys" }, [made]).includes(key),
      ownKeys: refuse,
      getOwnPropertyDescriptor: refuse,
      getPrototypeOf: () => null,
    });
    this.#wires.set(made, { wire, process });
    return made;
  }

  /** The exports of a module, in the order of their names. */
  module(name) {
    const found = this.ask(`import ${name}`, { op: "import", module: name });
    if (found === null) throw new Error(`Cannot find module '/work/${name}'`);
    const told = Array.isArray(found?.names)
      ? found.names.filter((item) => typeof item === "string" && item.isWellFormed()).slice(0, MAX_NAMES)
      : [];
    const pairs = (names) => names.map((item) => [item, this.get(`${name}: ${item}`, { $module: name }, item)]);
    if (!told.includes("module.exports")) return pairs(told.filter((item) => !item.includes(".")));
    // CommonJS: what it exports as a whole is also its default.
    const parts = pairs(told.filter((item) => !item.includes(".") && item !== "default"));
    const whole = parts.length > 0 ? Object.fromEntries(parts) : pairs(["default"])[0][1];
    return [...parts, ["default", whole], ["module.exports", whole]];
  }
}

/** An answer: a function, which is called by its path. */
class Callable {
  constructor(isAsync) {
    this.isAsync = isAsync;
  }
}

/** Give a container the content that the submission gave it. */
function refill(container, content) {
  if (Array.isArray(container) && Array.isArray(content)) container.splice(0, container.length, ...content);
  else if (container instanceof Uint8Array && content instanceof Uint8Array && container.length === content.length)
    container.set(content);
  else if (container instanceof Set && content instanceof Set)
    replace(container, content, (item) => container.add(item));
  else if (container instanceof Map && content instanceof Map)
    replace(container, content, ([key, value]) => container.set(key, value));
  else if (
    Object.getPrototypeOf(content) === Object.prototype &&
    !(container instanceof Map || container instanceof Set || Array.isArray(container))
  ) {
    for (const key of Object.keys(container)) delete container[key];
    Object.defineProperties(container, Object.getOwnPropertyDescriptors(content));
  } else throw new MalformedError("an argument changed its type");
}

function replace(container, content, add) {
  container.clear();
  for (const item of content) add(item);
}

/** Let imports from /work stand for the submission's modules; a call may take that long. */
export function openRemote(seconds, report) {
  const client = new Client(seconds);
  const exported = new Map();
  Object.defineProperty(globalThis, Symbol.for("gradekit.exported"), { value: exported });
  const record = report.record.bind(report);
  report.record = (path, outcome, message, took) => {
    const [fault] = client.faults.splice(0);
    if (outcome === "passed" && fault !== undefined) record(path, "failed", fault, took);
    else record(path, outcome, message, took);
  };
  registerHooks({
    resolve(specifier, context, next) {
      const url =
        /^(?:\.{1,2}\/|\/|file:)/.test(specifier) && URL.canParse(specifier, context.parentURL)
          ? new URL(specifier, context.parentURL).href
          : "";
      return url.startsWith(ROOT) ? { url, format: "module", shortCircuit: true } : next(specifier, context);
    },
    load(url, context, next) {
      if (!url.startsWith(ROOT)) return next(url, context);
      const pairs = client.module(decodeURIComponent(url.slice(ROOT.length)));
      exported.set(
        url,
        pairs.map(([, value]) => value),
      );
      const own = `globalThis[Symbol.for("gradekit.exported")].get(${JSON.stringify(url)})`;
      const lines = pairs.map(
        ([name], index) => `const v${index} = all[${index}];\nexport { v${index} as ${JSON.stringify(name)} };`,
      );
      return { format: "module", source: `const all = ${own};\n${lines.join("\n")}\n`, shortCircuit: true };
    },
  });
}

/**
 * The submission's side of the call protocol: one connection, one process.
 *
 * Hostile code runs in here and may do with it as it likes: what is answered is a claim about the submission's own
 * values, and the other side reads it as such.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";

import { dump, elements, MalformedError, MAX_LINE, Packer, TooMuchError, Unpacker } from "./values.mjs";

const ROOT = "/work";
const CHANNEL = 3;
const ENDINGS = [
  "",
  ".js",
  ".mjs",
  ".cjs",
  ".ts",
  ".mts",
  ".cts",
  "/index.js",
  "/index.mjs",
  "/index.cjs",
  "/index.ts",
];
const MAX_MESSAGE = 10_000;
const MAX_TOLD = 4_000;
const MAX_ATTRIBUTES = 50;

class RefusedError extends Error {}

/** What a request names is not there: no error of the submission's own. */
class Absent extends Error {}

// --- modules and names

const modules = new Map();
const classNames = new Map([[Absent, "gradekit:Absent"]]);
const classesByName = new Map();

/** The file of a module: a path below /work with or without its ending, or its names with dots between them. */
function fileOf(name) {
  if (typeof name !== "string" || name.split("/").includes(".."))
    throw new RefusedError(`${String(name)} is no module's name`);
  if (name === "" || name === ".") {
    try {
      return createRequire(`${ROOT}/x`).resolve(ROOT);
    } catch {
      return null;
    }
  }
  const dotted = name.replaceAll(".", "/");
  for (const path of [name, dotted, dotted.replaceAll("_", "-"), camel(dotted)]) {
    for (const ending of ENDINGS) {
      const file = join(ROOT, path + ending);
      if (existsSync(file) && statSync(file).isFile() && realpathSync(file).startsWith(`${ROOT}/`)) return file;
    }
  }
  return null;
}

async function load(name) {
  if (modules.has(name)) return modules.get(name);
  const file = fileOf(name);
  if (file === null) return null;
  const made = await import(pathToFileURL(file).href);
  modules.set(name, made);
  for (const exported of [made, made.default]) {
    if (typeof exported !== "object" || exported === null) continue;
    for (const key of Object.keys(exported)) if (isClass(exported[key])) named(exported[key], `${name}:${key}`);
  }
  for (const key of ["default", "module.exports"])
    if (isClass(made[key])) named(made[key], `${name}:${made[key].name || key}`);
  return made;
}

function named(cls, name) {
  if (!classNames.has(cls)) classNames.set(cls, name);
  classesByName.set(name, cls);
}

/** The name of a class by which it is found again. */
function reference(cls) {
  if (!classNames.has(cls)) named(cls, globalThis[cls.name] === cls ? `builtins:${cls.name}` : `:${String(cls.name)}`);
  return classNames.get(cls);
}

function isClass(value) {
  if (typeof value !== "function" || types.isProxy(value)) return false;
  const { prototype } = value;
  if (typeof prototype !== "object" || prototype === null || types.isGeneratorFunction(value)) return false;
  if (!Object.getOwnPropertyDescriptor(value, "prototype").writable) return true;
  // A function that was made a class by hand.
  return Object.getPrototypeOf(prototype) !== Object.prototype || Object.getOwnPropertyNames(prototype).length > 1;
}

/** Whether a module is CommonJS, and what it exports an object of several things. */
function isCommon(made) {
  return "module.exports" in made && typeof made.default === "object" && made.default !== null;
}

function camel(name) {
  return name.replaceAll(/(?<=[^_/])_+([a-z0-9])/gi, (_, letter) => letter.toUpperCase());
}

/** The name that an object has for a name: its own, else in camel case, as JavaScript writes it. */
function nameIn(object, name) {
  const holder = Object(object);
  return name in holder || !(camel(name) in holder) ? name : camel(name);
}

function member(object, name) {
  if (object === null || object === undefined) throw new Absent(`there is no ${name} in ${String(object)}`);
  if (types.isModuleNamespaceObject(object)) {
    const own = nameIn(object, name);
    const whole = object.default;
    return own in object || whole === null || whole === undefined ? object[own] : whole[nameIn(whole, name)];
  }
  return object[nameIn(object, name)];
}

// --- objects that stay here

const objects = new Map();
const numbers = new Map();
const sent = new Map();
let fresh = 0;

function handle(value) {
  if (!numbers.has(value)) {
    numbers.set(value, ++fresh);
    objects.set(fresh, value);
  }
  const number = numbers.get(value);
  sent.set(number, (sent.get(number) ?? 0) + 1);
  return number;
}

function drop(number, count) {
  sent.set(number, (sent.get(number) ?? 0) - count);
  if (sent.get(number) > 0) return;
  numbers.delete(objects.get(number));
  objects.delete(number);
  sent.delete(number);
}

// --- values

class Reader extends Unpacker {
  special(tag, fields, depth) {
    const content = fields[tag];
    switch (tag) {
      case "$handle":
        if (!objects.has(content)) throw new RefusedError(`there is no object ${content}`);
        return objects.get(content);
      case "$class":
        if (!classesByName.has(content)) throw new RefusedError(`there is no class ${content}`);
        return classesByName.get(content);
      case "$module":
        if (!modules.get(content)) throw new Absent(`there is no module ${content}`);
        return modules.get(content);
      case "$ref":
        return find(this.unpack(content, depth + 1), fields.path ?? "").value;
      case "$exception":
        return new (classesByName.get(content.class) ?? Error)(...this.unpack(content.args ?? [], depth + 1));
      default:
        throw new MalformedError(`${tag} has no like in JavaScript`);
    }
  }
}

class Writer extends Packer {
  #places;
  #before;
  #received;
  #inside = false;
  #undefined;

  constructor(received, request) {
    super();
    this.#received = received;
    this.#places = new Map(received.map((item, place) => [item, place]));
    this.#before = received.map(elements);
    this.#undefined = request.undefined === true;
  }

  nothing() {
    return this.#undefined ? { $undefined: true } : null;
  }

  known(value) {
    return this.#places.has(value) ? { $arg: this.#places.get(value) } : undefined;
  }

  other(value, depth) {
    if (isClass(value)) return { $class: reference(value) };
    if (types.isModuleNamespaceObject(value)) {
      const [name] = [...modules].find(([, module]) => module === value) ?? [];
      if (name !== undefined) return { $module: name };
    }
    if (types.isNativeError(value) && !this.#inside) return { $exception: this.error(value, depth) };
    // Whoever waits for it sees how it ends; until then it must not end this process.
    if (types.isPromise(value)) Promise.prototype.then.call(value, undefined, () => {});
    const cls = typeof value === "object" ? Object.getPrototypeOf(value)?.constructor : undefined;
    return { $handle: handle(value), class: typeof cls === "function" ? reference(cls) : `builtins:${typeof value}` };
  }

  /** What was thrown: an error, or anything else. */
  error(error, depth = 0) {
    const classes = [];
    let message = "";
    let attributes = [];
    this.#inside = true;
    try {
      if (typeof error === "object" && error !== null) {
        for (
          let at = Object.getPrototypeOf(error);
          at !== null && at !== Object.prototype;
          at = Object.getPrototypeOf(at)
        ) {
          if (typeof at.constructor === "function") classes.push(reference(at.constructor));
        }
        message = String(error.message ?? "");
        attributes = Object.keys(error)
          .filter((key) => !["message", "stack"].includes(key))
          .slice(0, MAX_ATTRIBUTES);
      } else {
        classes.push(`builtins:${typeof error}`);
        message = String(error);
      }
    } catch {
      message ||= "an error that cannot be shown";
    }
    const packed = {};
    for (const key of attributes) {
      try {
        packed[key] = this.pack(error[key], depth + 1);
      } catch {
        // What cannot cross is left out.
      }
    }
    this.#inside = false;
    // For whoever knows only what such errors are called: the names of its classes, of itself, and its code.
    const names = classes.map((name) => name.slice(name.lastIndexOf(":")));
    for (const key of ["name", "code"]) if (typeof packed[key] === "string") names.push(`:${packed[key]}`);
    classes.push(...new Set(names.slice(0, MAX_ATTRIBUTES)));
    const told = { classes, message: message.slice(0, MAX_MESSAGE).toWellFormed(), args: [], attributes: packed };
    return typeof error === "object" && error !== null ? { ...told, handle: handle(error) } : told;
  }

  /** The containers of the request that were changed, by number, with what they hold now. */
  changed() {
    return this.#received.flatMap((item, place) => {
      const [before, after] = [this.#before[place], elements(item)];
      const same = before.length === after.length && before.every((value, index) => Object.is(value, after[index]));
      return same ? [] : [[place, this.content(item)]];
    });
  }
}

// --- operations

function find(start, path) {
  const names = path === "" ? [] : path.split(".");
  let owner;
  let value = start;
  for (const name of names) [owner, value] = [value, member(value, name)];
  return { owner, value, last: names.at(-1) };
}

/** What a request is about. */
function subject(reader, on, path) {
  return find(reader.unpack(on), path ?? "");
}

function invoke({ owner, value, last }, args) {
  if (value === undefined && isClass(owner) && last !== undefined) {
    // `Class.method` with the object first, as some languages call it.
    const [self, ...rest] = args;
    if (self instanceof owner) return member(self, last).apply(self, rest);
  }
  if (typeof value !== "function") throw new Absent(`${last ?? "it"} is not a function`);
  return isClass(value)
    ? Reflect.construct(value, args)
    : Reflect.apply(value, types.isModuleNamespaceObject(owner) ? undefined : owner, args);
}

const OPERATORS = {
  await: (value) => value,
  instanceof: (value, cls) => value instanceof cls,
  keys: (value) => Reflect.ownKeys(value).filter((key) => typeof key === "string"),
  len: (value) => value.length ?? value.size,
  list: async (value) => (Symbol.asyncIterator in Object(value) ? Array.fromAsync(value) : Array.from(value)),
};

const OPERATIONS = {
  async call(request, writer, args, kwargs, reader) {
    const last = Object.keys(kwargs).length > 0 ? [kwargs] : [];
    const value = invoke(subject(reader, request.on, request.path), [...args, ...last]);
    // Whoever has no word for promises gets what they come to.
    return writer.pack(request.await === false ? value : await value);
  },
  async import(request, writer) {
    const made = await load(request.module);
    if (made === null) return null;
    const whole = isCommon(made) ? Object.keys(made.default) : [];
    return { names: [...new Set([...Object.keys(made), ...whole])] };
  },
  async get(request, writer, _args, _kwargs, reader) {
    const { owner, value, last } = subject(reader, request.on, request.path);
    if (
      value === undefined &&
      last !== undefined &&
      request.undefined !== true &&
      !(nameIn(owner, last) in Object(owner))
    ) {
      throw new Absent(`there is no ${last}`);
    }
    if (typeof value === "function" && !isClass(value)) return { $callable: { async: types.isAsyncFunction(value) } };
    return writer.pack(value);
  },
  async set(request, writer, [value], _kwargs, reader) {
    const { value: object } = subject(reader, request.on, request.path);
    object[nameIn(object, request.name)] = value;
    return null;
  },
  async delete(request, writer, _args, _kwargs, reader) {
    const { value: object } = subject(reader, request.on, request.path);
    delete object[nameIn(object, request.name)];
    return null;
  },
  async operate(request, writer, args) {
    const operator = Object.hasOwn(OPERATORS, request.operator) ? OPERATORS[request.operator] : null;
    if (operator === null) throw new RefusedError(`there is no operator ${request.operator}`);
    return writer.pack(await operator(...args));
  },
};

/** Load the modules that a request names. */
async function preload(data) {
  if (typeof data !== "object" || data === null) return;
  if (typeof data.$module === "string") await load(data.$module);
  const name = typeof data.$class === "string" ? data.$class.slice(0, data.$class.lastIndexOf(":")) : "";
  if (name !== "" && name !== "builtins") await load(name);
  for (const item of Object.values(data)) await preload(item);
}

async function answer(line) {
  let id = null;
  try {
    const request = JSON.parse(line);
    id = request.id ?? null;
    for (const [number, count] of request.drop ?? []) drop(number, count);
    const operation = Object.hasOwn(OPERATIONS, request.op) ? OPERATIONS[request.op] : null;
    if (operation === null) throw new RefusedError(`there is no operation ${request.op}`);
    const reader = new Reader();
    try {
      if (request.op !== "import") await preload([request.on, request.args, request.kwargs]);
    } catch (error) {
      return dump({ id, error: new Writer([], request).error(error) });
    }
    const args = (request.args ?? []).map((item) => reader.unpack(item));
    const kwargs = Object.fromEntries(
      Object.entries(request.kwargs ?? {}).map(([name, item]) => [name, reader.unpack(item)]),
    );
    return await attempt(id, request, operation, reader, args, kwargs);
  } catch (error) {
    if (![Absent, MalformedError, RefusedError, SyntaxError, TooMuchError].some((cls) => error instanceof cls))
      throw error;
    return dump({ id, refused: error instanceof TooMuchError ? `its value is ${error.message}` : error.message });
  }
}

async function attempt(id, request, operation, reader, args, kwargs) {
  const writer = new Writer([...reader.containers], request);
  const outcome = { id };
  try {
    outcome.value = await operation(request, writer, args, kwargs, new Reader());
  } catch (error) {
    if (error instanceof RefusedError || error instanceof MalformedError || error instanceof TooMuchError) throw error;
    console.error(String(error?.stack ?? error).slice(0, MAX_TOLD));
    outcome.error = writer.error(error);
  }
  const changed = writer.changed();
  if (changed.length > 0) outcome.changed = changed;
  return dump(outcome);
}

const socket = new Socket({ fd: CHANNEL, readable: true, writable: true });
process.argv.splice(1);
let rest = Buffer.alloc(0);
let turn = Promise.resolve();
socket.on("data", (data) => {
  rest = Buffer.concat([rest, data]);
  for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
    const line = rest.subarray(0, at).toString();
    rest = rest.subarray(at + 1);
    turn = turn.then(async () => socket.write(await answer(line)));
  }
  if (rest.length > MAX_LINE) process.exit(1);
});
socket.on("error", () => process.exit(1));
socket.on("end", () => process.exit(0));

/** How values are written for the call protocol, and what is made of those that come; runners/README.md has the table. */
export const MAX_LINE = 1 << 20;
export const MAX_DEPTH = 64;
const INT = /^-?\d{1,4300}$/;
const FLOATS = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/** A line or a value that is none of the protocol, or that has no like in JavaScript. */
export class MalformedError extends Error {}

/** A value that the protocol does not carry. */
export class TooMuchError extends Error {}

/** A message as a line; throws `TooMuchError` when it is too long. */
export function dump(message) {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  if (line.length > MAX_LINE) throw new TooMuchError(`larger than ${MAX_LINE >> 10} KiB`);
  return line;
}

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** What a container holds now, to tell later whether it was changed. */
export function elements(value) {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set || ArrayBuffer.isView(value) || Array.isArray(value)) return [...value];
  return Object.entries(value).flat();
}

/** Writes values as JSON; a subclass says what becomes of all that is no data. */
export class Packer {
  /** The tag of byte arrays. */
  bytes = "$bytes";

  /** What to write for a container instead of its content; undefined: the content. */
  known() {
    return undefined;
  }

  /** What to write for `undefined`. */
  nothing() {
    return null;
  }

  pack(value, depth = 0) {
    switch (typeof value) {
      case "undefined":
        return this.nothing();
      case "boolean":
        return value;
      case "string":
        return value;
      case "number":
        return Number.isFinite(value) ? value : { $float: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
      case "bigint":
        return { $int: String(value) };
      default:
        if (value === null) return null;
        return this.#object(value, depth);
    }
  }

  #object(value, depth) {
    if (depth >= MAX_DEPTH) throw new TooMuchError(`nested deeper than ${MAX_DEPTH}, or contains itself`);
    if (typeof value !== "object") return this.other(value, depth);
    if (value instanceof Date && !Number.isNaN(value.getTime())) return { $datetime: value.toISOString() };
    const container =
      Array.isArray(value) ||
      value instanceof Map ||
      value instanceof Set ||
      value instanceof Uint8Array ||
      isPlain(value);
    if (!container) return this.other(value, depth);
    return this.known(value) ?? this.content(value, depth);
  }

  content(value, depth = 0) {
    const below = depth + 1;
    const each = (item) => this.pack(item, below);
    if (Array.isArray(value)) return Array.from(value, each);
    if (value instanceof Uint8Array) return { [this.bytes]: Buffer.from(value).toString("base64") };
    if (value instanceof Set) return { $set: [...value].map(each) };
    if (value instanceof Map) return { $map: [...value].map((pair) => pair.map(each)) };
    const entries = Object.entries(value);
    if (entries.some(([key]) => key.startsWith("$"))) return { $map: entries.map(([key, item]) => [key, each(item)]) };
    return fromEntries(entries.map(([key, item]) => [key, each(item)]));
  }
}

/** An object of entries, whatever their keys are called. */
function fromEntries(entries) {
  const made = {};
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, writable: true, enumerable: true, configurable: true });
  return made;
}

/** Makes values of JSON; a subclass knows the tags that need more than the JSON itself. */
export class Unpacker {
  /** Lists, maps, sets and byte arrays, in the order in which they begin. */
  containers = [];

  unpack(data, depth = 0) {
    if (typeof data !== "object" || data === null) return data;
    if (depth > MAX_DEPTH) throw new MalformedError("a value is nested too deeply");
    const each = (item) => this.unpack(item, depth + 1);
    if (Array.isArray(data)) {
      const made = this.#numbered([]);
      for (const item of data) made.push(each(item));
      return made;
    }
    const keys = Object.keys(data);
    const tag = keys.find((key) => key.startsWith("$"));
    if (tag === undefined) {
      const made = this.#numbered({});
      for (const key of keys)
        Object.defineProperty(made, key, {
          value: each(data[key]),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      return made;
    }
    return this.#tagged(tag, data, each, depth);
  }

  #numbered(made) {
    this.containers.push(made);
    return made;
  }

  #tagged(tag, data, each, depth) {
    const content = data[tag];
    const list = () => {
      if (!Array.isArray(content)) throw new MalformedError(`${tag} needs a list`);
      return content;
    };
    const text = () => {
      if (typeof content !== "string") throw new MalformedError(`${tag} needs a text`);
      return content;
    };
    switch (tag) {
      case "$int":
        if (!INT.test(text())) throw new MalformedError("$int has a wrong content");
        return BigInt(content);
      case "$float":
        if (!Object.hasOwn(FLOATS, text())) throw new MalformedError("$float is nan, inf or -inf");
        return FLOATS[content];
      case "$undefined":
        return undefined;
      case "$bytes":
        return Buffer.from(text(), "base64");
      case "$bytearray":
        return this.#numbered(Buffer.from(text(), "base64"));
      case "$uuid":
      case "$time":
        return text();
      case "$date":
      case "$datetime": {
        const made = new Date(text());
        if (Number.isNaN(made.getTime())) throw new MalformedError(`${tag} has a wrong content`);
        return made;
      }
      case "$tuple":
        return list().map(each);
      case "$range": {
        const [start, stop, step] = list().map((item) => Number(each(item)));
        return Array.from(
          { length: Math.max(0, Math.ceil((stop - start) / step)) },
          (_, index) => start + index * step,
        );
      }
      case "$frozenset":
        return new Set(list().map(each));
      case "$set": {
        const made = this.#numbered(new Set());
        for (const item of list()) made.add(each(item));
        return made;
      }
      case "$map": {
        const made = this.#numbered(new Map());
        for (const pair of list()) {
          if (!Array.isArray(pair) || pair.length !== 2) throw new MalformedError("$map needs a list of pairs");
          made.set(each(pair[0]), each(pair[1]));
        }
        return made;
      }
      default:
        return this.special(tag, data, depth);
    }
  }
}

// Reads requests; whatever is not as it should be is an Invalid with a message for the caller.
const MOST = 100_000_000;
const CHANGEABLE = ["name", "category", "price_cents", "tags"];

export class Invalid extends Error {
  constructor(message, status = 422) {
    super(message);
    this.status = status;
  }
}

export function newProduct(text) {
  const fields = object(text);
  refuseOthers(Object.keys(fields), ["sku", ...CHANGEABLE, "stock"]);
  return {
    sku: sku(fields.sku),
    name: words(fields.name, "name"),
    category: words(fields.category, "category"),
    price_cents: amount(fields.price_cents, "price_cents"),
    tags: tags("tags" in fields ? fields.tags : []),
    stock: "stock" in fields ? amount(fields.stock, "stock") : 0,
  };
}

export function changes(text) {
  const fields = object(text);
  refuseOthers(Object.keys(fields), CHANGEABLE);
  const read = { name: words, category: words, price_cents: amount, tags };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, read[name](value, name)]));
}

export function stockChange(text) {
  const { change } = object(text);
  if (!Number.isInteger(change) || change === 0 || Math.abs(change) > MOST) {
    throw new Invalid(`change: an integer from ${-MOST} to ${MOST} that is not 0 is needed`);
  }
  return change;
}

export function search(parameters) {
  const args = Object.fromEntries(parameters);
  refuseOthers(Object.keys(args), ["category", "tag", "min_price", "max_price", "limit", "after"]);
  const wanted = {};
  if ("category" in args) wanted.category = args.category;
  if ("tag" in args) wanted.tags = args.tag;
  const prices = {};
  if ("min_price" in args) prices.$gte = digits(args.min_price, "min_price", 0, MOST);
  if ("max_price" in args) prices.$lte = digits(args.max_price, "max_price", 0, MOST);
  if (Object.keys(prices).length) wanted.price_cents = prices;
  if ("after" in args) wanted.sku = { $gt: sku(args.after) };
  return { wanted, limit: "limit" in args ? digits(args.limit, "limit", 1, 100) : 20 };
}

function sku(value) {
  if (typeof value !== "string" || !/^[A-Z0-9-]{1,40}$/.test(value)) {
    throw new Invalid("sku: 1 to 40 capital letters, digits and hyphens are needed");
  }
  return value;
}

function object(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Invalid("the body is not a JSON object", 400);
  }
  return body;
}

function refuseOthers(names, known) {
  const other = names.find((name) => !known.includes(name));
  if (other !== undefined) throw new Invalid(`${other}: there is no such field; there are ${known.join(", ")}`);
}

function words(value, name) {
  if (typeof value !== "string" || value.length < 1 || [...value].length > 100) {
    throw new Invalid(`${name}: 1 to 100 characters are needed`);
  }
  return value;
}

function tags(value) {
  const right = (tag) => typeof tag === "string" && tag.length >= 1 && [...tag].length <= 40;
  if (!Array.isArray(value) || value.length > 20 || !value.every(right)) {
    throw new Invalid("tags: up to 20 of 1 to 40 characters are needed");
  }
  return value;
}

function amount(value, name) {
  if (!Number.isInteger(value) || value < 0 || value > MOST) {
    throw new Invalid(`${name}: an integer from 0 to ${MOST} is needed`);
  }
  return value;
}

function digits(text, name, least, most) {
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) < least || Number(text) > most) {
    throw new Invalid(`${name}: an integer from ${least} to ${most} is needed`);
  }
  return Number(text);
}

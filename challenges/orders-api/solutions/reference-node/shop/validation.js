/** What a request may contain, before any table is changed. */
import { couponCode } from "./pricing.js";

export const MAX_ID = 2 ** 31 - 1;
const MAX_LINES = 50;
const MAX_QUANTITY = 1000;
const MAX_LIMIT = 100;

/** Every invalid field of a request, as `{ field, message }`. */
export class ValidationError extends Error {
  constructor(...problems) {
    super("some values are not valid");
    this.problems = problems;
  }
}

const isInteger = (value, minimum, maximum) => Number.isInteger(value) && minimum <= value && value <= maximum;

/** Whether PostgreSQL can hold it: no NUL, no half of a surrogate pair. */
export const isText = (value) => typeof value === "string" && !value.includes("\0") && value.isWellFormed();

/** Throw unless the order is valid; `customerExists` and `knownSkus` look an id and a list of SKUs up. */
export async function checkOrder(body, { customerExists, knownSkus }) {
  const problems = [];
  const report = (field, message) => problems.push({ field, message });
  if (!isInteger(body.customer_id, 1, MAX_ID) || !(await customerExists(body.customer_id)))
    report("customer_id", "must be the id of an existing customer");
  if (!Array.isArray(body.lines) || !isInteger(body.lines.length, 1, MAX_LINES)) {
    report("lines", `must be a list of 1 to ${MAX_LINES} lines`);
  } else {
    const known = await knownSkus(body.lines.map((line) => line?.sku).filter(isText));
    body.lines.forEach((line, index) => {
      if (!known.has(line?.sku)) report(`lines[${index}].sku`, "must be the SKU of an existing product");
      if (!isInteger(line?.quantity, 1, MAX_QUANTITY))
        report(`lines[${index}].quantity`, `must be a whole number from 1 to ${MAX_QUANTITY}`);
    });
  }
  try {
    couponCode(body.coupon);
  } catch {
    report("coupon", "is not known");
  }
  if (problems.length > 0) throw new ValidationError(...problems);
}

/** The number of a path, null for what is no id at all. */
export const pathId = (text) => (/^\d{1,10}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : null);

export function pageLimit(text) {
  if (text === null) return 20;
  if (!/^\d{1,3}$/.test(text) || !isInteger(Number(text), 1, MAX_LIMIT))
    throw new ValidationError({ field: "limit", message: `must be a whole number from 1 to ${MAX_LIMIT}` });
  return Number(text);
}

export const encodeCursor = (...key) => Buffer.from(JSON.stringify(key)).toString("base64url");

/** The key that `encodeCursor` was given: a whole number, after a time where `withTime` is set; null for no cursor. */
export function decodeCursor(text, { withTime = false } = {}) {
  if (text === null) return null;
  let key;
  try {
    key = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    key = null;
  }
  const times = Array.isArray(key) ? key.slice(0, -1) : [];
  const isTime = (time) => typeof time === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time);
  if (
    !Array.isArray(key) ||
    !isInteger(key.at(-1), 0, MAX_ID) ||
    times.length !== (withTime ? 1 : 0) ||
    !times.every((time) => isTime(time) && !Number.isNaN(Date.parse(time)))
  )
    throw new ValidationError({ field: "cursor", message: "is not a cursor of ours" });
  return key;
}

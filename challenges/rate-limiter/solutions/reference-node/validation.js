// Reads requests; whatever is not as it should be is an Invalid with a message for the caller.
export class Invalid extends Error {
  constructor(message, status = 422) {
    super(message);
    this.status = status;
  }
}

export function wanted(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Invalid("the body is not a JSON object", 400);
  }
  return {
    client: name(body.client),
    limit: integer(body, "limit", 1, 1000),
    windowMs: integer(body, "window_ms", 10, 3_600_000),
  };
}

export function name(value) {
  if (typeof value !== "string" || !/^[A-Za-z0-9._-]{1,100}$/.test(value)) {
    throw new Invalid("client: 1 to 100 letters, digits, dots, hyphens and underscores are needed");
  }
  return value;
}

function integer(body, field, least, most) {
  const value = body[field];
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Invalid(`${field}: an integer from ${least} to ${most} is needed`);
  }
  return value;
}

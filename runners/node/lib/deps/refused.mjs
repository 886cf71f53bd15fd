/** Something in the submission's files that is not fetched here; the message is for its author. */
export class RefusedError extends Error {}

/** A text of the submission for a message: short, and without control characters. */
export function quoted(value) {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
}

/** YAML of a stranger. */
import { parseDocument } from "yaml";

import { isMap } from "./manifest.mjs";
import { RefusedError } from "./refused.mjs";

/**
 * The map that a YAML file holds: no anchors, no tags.
 * @throws {RefusedError} it is none.
 */
export function document(file, text) {
  let made;
  try {
    const parsed = parseDocument(text, { schema: "failsafe", uniqueKeys: false, maxAliasCount: 0, strict: false });
    if (parsed.errors.length > 0) throw parsed.errors[0];
    made = parsed.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new RefusedError(`${file}: it is not YAML: ${error.message.split("\n")[0]}`);
  }
  if (!isMap(made)) throw new RefusedError(`${file}: it is not a map; write it again`);
  return made;
}

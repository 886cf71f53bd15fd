/** What load.mjs loads, and whom it tells when that fails. */
export const target = { file: "", failed: () => {} };

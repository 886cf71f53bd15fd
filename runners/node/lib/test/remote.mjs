export async function waitForListener() { return false; }
export function openRemote() {}

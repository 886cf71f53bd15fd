globalThis.GRADEKIT_FORGED = true;
console.error("BREACH: a startup file was run");

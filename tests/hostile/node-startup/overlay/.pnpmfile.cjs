require("/work/evil.cjs");

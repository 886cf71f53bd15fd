import "/work/evil.cjs";

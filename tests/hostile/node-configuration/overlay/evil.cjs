console.error("BREACH: a file that only the settings name was run");
process.exit(0);

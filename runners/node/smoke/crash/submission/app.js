// Ends the process that runs the files of the suite, too: nothing can come after that.
process.kill(process.ppid, "SIGKILL");
process.kill(process.pid, "SIGKILL");

"""The command line: parse, call one function, render, exit code. Nothing else."""

"""The entry point: answers --version at once, everything else by the command line."""

from __future__ import annotations

import gc
import sys

from gradekit import __version__


def main() -> None:
    """Run the command line; the process's exit code is an ``errors.ExitCode``."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"gradekit {__version__}\n")
        return
    # What is imported and read stays: looking for garbage in it so often would take a tenth of a short command.
    gc.set_threshold(100_000, 20, 20)
    from gradekit.cli.app import app  # noqa: PLC0415 - --version must not pay for the command line

    app(prog_name="gradekit")


if __name__ == "__main__":
    main()

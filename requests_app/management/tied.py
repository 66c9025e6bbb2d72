"""Run a program that ends with whoever started it: ``python tied.py PARENT_PID PROGRAM ARGUMENTS...``.

When the supervisor is killed without a chance to stop its programs, Linux sends them SIGTERM; elsewhere they run on.
Uses nothing but the standard library, so that it costs no time.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to its parent and become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)  # it ended in between
    os.execvp(command[0], command)  # noqa: S606 - the supervisor names the program


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

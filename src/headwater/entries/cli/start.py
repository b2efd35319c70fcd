"""Where the process of a command begins: how does Ctrl-C end it while Python is still importing?

It imports nothing until then. Next: `headwater.entries.cli.main`
"""

from __future__ import annotations

import signal
from importlib import import_module


def main() -> None:
    """Run the command line of this process; Ctrl-C ends it silently until it can be answered.

    Most of the start of a short command is the import of libraries, where Python would print a
    traceback of whichever of them it stood in.
    """
    answered = signal.signal(signal.SIGINT, signal.SIG_DFL)
    command_line = import_module("headwater.entries.cli.main")
    signal.signal(signal.SIGINT, answered)
    command_line.main()


if __name__ == "__main__":
    main()

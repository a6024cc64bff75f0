"""The command ``spincat``, also as ``python -m spincat``, which Ctrl-C ends at any time."""

import logging
import os
import signal
from types import FrameType

from spincat.shared import environment


def main() -> None:
    """Run the command line, in surroundings that change no result."""
    if callable(signal.getsignal(signal.SIGINT)):  # not ignored, as in a background job
        signal.signal(signal.SIGINT, _leave)
    environment.prepare()
    from spincat.run.cli import main as command  # which takes long

    # what Dask and others log is for their own terminals: errors reach the user as one sentence
    logging.disable()
    command(prog_name="spincat")


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once, before any work or after all of it."""
    os.write(2, b"Interrupted.\n")
    os._exit(130)


if __name__ == "__main__":
    main()

"""The command ``spincat``, also as ``python -m spincat``, which Ctrl-C ends at any time."""

import logging
import os
import signal
import sys
from types import FrameType

from spincat.shared import environment


def main() -> None:
    """Run the command line, in surroundings that change no result."""
    if callable(signal.getsignal(signal.SIGINT)):  # not ignored, as in a background job
        signal.signal(signal.SIGINT, _leave)
    _open_streams()
    environment.prepare()
    from spincat.run.cli import main as command  # which takes long

    # what Dask and others log is for their own terminals: errors reach the user as one sentence
    logging.disable()
    for stream in (sys.stdout, sys.stderr):  # which may not be able to show a Greek letter
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        try:
            command(prog_name="spincat")
        finally:
            sys.stdout.flush()  # a full disk is found out now, and not by Python's own end
    except FileNotFoundError:  # what else may be missing, the command tells
        os.write(2, b"Error: the current folder is not there any more\n")
        os._exit(1)
    except OSError as error:
        os.write(2, f"Error: the output could not be written: {error.strerror}\n".encode())
        os._exit(1)


def _open_streams() -> None:
    """Let closed streams (``>&-``) lead nowhere: a result must not be opened in their place."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            # which stays open as long as the process
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once, before any work or after all of it."""
    os.write(2, b"Interrupted.\n")
    os._exit(130)


if __name__ == "__main__":
    main()

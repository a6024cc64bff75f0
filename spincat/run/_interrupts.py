"""Ctrl-C that cannot get lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether Ctrl-C was pressed; made by :func:`noticed`."""

    came = False

    def check(self) -> None:
        """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed, whatever became of it."""
        if self.came:
            raise KeyboardInterrupt


@contextmanager
def noticed() -> Iterator[Interrupts]:
    """Remember Ctrl-C, and end by ``KeyboardInterrupt`` after it.

    Compiled code turns the exception of a signal into ``SystemError``, and in a callback of the
    interpreter it is printed and forgotten: an ordinary handler alone is not enough.
    The handler of before, which may end the process at once, is not called.
    """
    found, old = Interrupts(), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(old):
        yield found  # signals are not this thread's, or are ignored, as in a background job
        return

    def note(number: int, frame: FrameType | None) -> None:
        found.came = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield found
    except BaseException:
        found.check()
        raise
    finally:
        signal.signal(signal.SIGINT, old)
    found.check()

"""Independent rows shared out by joblib: among processes of this machine, or a Dask cluster.

Nothing is shared out unless the caller is inside ``joblib.parallel_config`` or :func:`workers`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from numpy.typing import NDArray
from tqdm import tqdm

from spincat.shared import provenance
from spincat.shared.checks import check_positive_integer
from spincat.shared.cluster import SILENCE_LIMIT, check_address, connected

BLOCKS_PER_WORKER = 4
"""More than one, as rows may take different times; few, as each is a message."""


def in_blocks(function: Callable[..., Any], rows: int, *arguments: Any) -> list[Any]:
    """Return ``function(block, *arguments)`` for blocks of the numbers of the rows, in order.

    What is computed for a row must not depend on its block: then no result depends on how many
    workers there are.
    """
    workers = effective_n_jobs(None)
    count = 1 if workers == 1 else min(rows, BLOCKS_PER_WORKER * workers)
    blocks: list[NDArray[np.intp]] = np.array_split(np.arange(rows), count)
    return shared_out(delayed(function)(block, *arguments) for block in blocks)


def shared_out(calls: Iterable[Any]) -> list[Any]:
    """Return what joblib's ``delayed`` calls give, in order, by no more workers than calls."""
    every = list(calls)
    workers = max(1, min(effective_n_jobs(None), len(every)))
    with started(Parallel(workers, return_as="generator"), every) as results:
        return list(results)


@contextmanager
def started(parallel: Parallel, calls: Iterable[Any]) -> Iterator[Generator[Any]]:
    """Yield the results, a generator, of joblib's ``delayed`` calls, and end those still running.

    The processes that are started do not get the Ctrl-C of their terminal.
    """
    results: Generator[Any] | None = None
    try:
        with deaf_to_ctrl_c():
            results = parallel(calls)
        yield results
    finally:
        with warnings.catch_warnings():  # that calls are ended which nobody asks for any more
            warnings.simplefilter("ignore", UserWarning)
            if results is not None:
                results.close()


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes that are started here not get the Ctrl-C of their terminal.

    This process ends them; each of them would report where it was interrupted.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # its start would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which they inherit
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check_workers(jobs: int, scheduler: str | None) -> None:
    """Raise ``ValueError`` unless either processes or the workers of a scheduler are asked for."""
    check_positive_integer("jobs", jobs)
    if scheduler is None:
        return
    check_address(scheduler)
    if jobs != 1:
        raise ValueError(f"jobs = {jobs}; allowed: 1 with a scheduler, whose workers do the work")


@contextmanager
def workers(jobs: int = 1, scheduler: str | None = None) -> Iterator[None]:
    """Let joblib use ``jobs`` processes, or the workers of the Dask scheduler at an address.

    Raises ``ValueError`` for both, ``RuntimeError`` where a worker has another version of the
    package, and what `spincat.shared.cluster.connected` raises.
    """
    check_workers(jobs, scheduler)
    if scheduler is None:
        # by an initializer, so that a worker watches from its start, before any work
        start = {"initializer": _start, "initargs": (os.getpid(),)}
        with parallel_config("loky", n_jobs=jobs, **start):
            yield
        return
    with connected(scheduler) as client:
        hashes = client.run(provenance.code_hash)
        if others := [name for name, code in hashes.items() if code != provenance.code_hash()]:
            raise RuntimeError(f"the worker {others[0]} has another version of spincat")
        # longer than the client waits, which then says what is wrong
        with parallel_config("dask", wait_for_workers_timeout=2 * SILENCE_LIMIT):
            yield


def _start(parent: int) -> None:
    """Let this process end soon after the one that started it, which may be killed.

    A worker with a large result would otherwise wait for ever to write it to a pipe nobody reads.
    """
    # its own lock is shared by processes, and lost, with a warning, by those that Ctrl-C ends
    tqdm.set_lock(threading.RLock())
    if hasattr(signal, "pthread_sigmask"):  # deaf, but without making its own children so
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

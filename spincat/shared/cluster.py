"""A Dask cluster whose scheduler answers and has workers, or a sentence on what is wrong with it.

Dask itself waits for ever for a port that is silent, and for workers that never come.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from spincat.shared.extras import import_extra

START_LIMIT = 20.0
"""Seconds until the scheduler has answered, and again until it has a worker."""
SILENCE_LIMIT = 600.0
"""Seconds without an answer or any worker later: a queue may be about to start other workers."""

_SCHEMES = r"(?:(?:tcp|tls|ws|wss|ucx)://)?"
_ADDRESS = re.compile(rf"{_SCHEMES}(?:[^\s:/@\[\]]+|\[[\da-fA-F:.]+\]):(\d{{1,5}})|inproc://\S+")


def check_address(scheduler: str) -> None:
    """Raise ``ValueError`` unless this can be the address of a Dask scheduler.

    For an encrypted connection, Dask's configuration must name the certificates.
    """
    found = _ADDRESS.fullmatch(scheduler) if isinstance(scheduler, str) else None
    if found is None or int(found[1] or 1) not in range(1, 65536):
        raise ValueError(
            f"scheduler = {scheduler!r}; allowed: an address such as tcp://127.0.0.1:8786"
        )
    if scheduler.startswith(("tls:", "wss:")) and _connection_args()["ssl_context"] is None:
        raise ValueError(
            f"scheduler = {scheduler!r}; allowed: tcp://127.0.0.1:8786 without encryption, or the "
            "certificates in Dask's configuration, as distributed.comm.tls"
        )


def _connection_args() -> Any:
    return import_extra("distributed", "cluster").Security().get_connection_args("client")


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """Yield the client of a Dask scheduler that has workers.

    Raises ``ValueError`` as :func:`check_address`, and ``ConnectionError`` where no scheduler
    answers or no worker comes in time, or if the scheduler or all workers go away.
    """
    check_address(scheduler)
    distributed = import_extra("distributed", "cluster")
    _check_scheduler(distributed, scheduler)
    lost: list[str] = []
    try:
        with distributed.Client(scheduler, timeout=START_LIMIT) as client:
            _wait_for_worker(client, scheduler)
            threading.Thread(target=_watch, args=(client, scheduler, lost), daemon=True).start()
            try:
                yield client
            except Exception as error:
                if client.status == "running" and not lost:
                    raise
                # of what is lost, Dask tells in any words, or by an attribute of None
                raise distributed.comm.CommClosedError from error
    except (CancelledError, asyncio.CancelledError, distributed.comm.CommClosedError) as e:
        # all that Dask tells of a scheduler that it has lost
        why = lost[0] if lost else f"the Dask scheduler at {scheduler} went away"
        raise ConnectionError(why) from e


def _check_scheduler(distributed: Any, scheduler: str) -> None:
    """Raise what :func:`connected` does unless a scheduler answers in time.

    Dask's client has no time limit for the first answer, and takes any answer for Dask's.
    """

    async def identity() -> Any:
        async with distributed.rpc(scheduler, connection_args=_connection_args()) as asked:
            return await asked.identity()

    runner = distributed.utils.LoopRunner()
    runner.start()
    try:
        found = distributed.sync(runner.loop, identity, callback_timeout=START_LIMIT)
    except OSError as error:  # TimeoutError is one
        raise ConnectionError(
            f"no Dask scheduler answers at {scheduler} within {START_LIMIT:g} s"
        ) from error
    except Exception as error:  # whatever comes of reading another protocol as Dask's
        raise ConnectionError(f"what answers at {scheduler} is no Dask scheduler") from error
    finally:
        runner.stop()
    if found["type"] != "Scheduler":
        raise ConnectionError(f"what answers at {scheduler} is a Dask {found['type'].lower()}")


def _wait_for_worker(client: Any, scheduler: str) -> None:
    """Raise ``ConnectionError`` unless the scheduler has a worker in time."""
    try:
        client.wait_for_workers(1, timeout=START_LIMIT)
    except TimeoutError as error:
        raise ConnectionError(
            f"the Dask scheduler at {scheduler} has no worker after {START_LIMIT:g} s; "
            f"start one: dask worker {scheduler}"
        ) from error


def _watch(client: Any, scheduler: str, lost: list[str]) -> None:
    """Cancel all that the client waits for, and say why, where it would wait for ever."""
    seen = time.monotonic()
    while not lost and client.status == "running":
        time.sleep(min(1.0, SILENCE_LIMIT))
        try:
            if client.sync(client.scheduler.ncores, callback_timeout=SILENCE_LIMIT):
                seen = time.monotonic()
            elif time.monotonic() - seen > SILENCE_LIMIT:
                lost.append(f"the Dask scheduler at {scheduler} has lost its last worker")
        except TimeoutError:
            lost.append(f"the Dask scheduler at {scheduler} does not answer any more")
        except Exception:  # of a closed connection, which the client notices by itself
            continue
    if lost:
        client.loop.add_callback(lambda: [state.cancel() for state in [*client.futures.values()]])

"""A Dask scheduler that is wrong, silent, without workers or lost: one sentence, in time."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, nullcontext
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from distributed.security import Security
from test_sweeps import command, wait_for_points

from spincat.figures.registry import EVERY
from spincat.run import sweeps
from spincat.run.cli import main
from spincat.shared import cluster, parallel

NOT_HERE = "tcp://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch):
    monkeypatch.setattr(cluster, "START_LIMIT", 0.5)


def connect(scheduler):
    with cluster.connected(scheduler):
        pytest.fail("nothing answers there")


# -- what cannot be an address


@pytest.mark.parametrize(
    "scheduler",
    [
        "", " ", "8786", "host", "tcp://", "tcp://host", "tcp://host:", "tcp://host:port",
        "tcp://host:0", "tcp://host:65536", "tcp://a b:1", " tcp://host:1", "tcp://host:1\n",
        "ftp://host:1", "http://host:1", "tcp:/host:1", "tcp://::1:1", "tcp://me@host:1", 8786, b"",
    ],
)  # fmt: skip
def test_what_cannot_be_an_address_is_refused(scheduler):
    for refuse in (cluster.check_address, lambda text: parallel.check_workers(1, text), connect):
        with pytest.raises(ValueError, match=r"scheduler = .*; allowed: .*tcp://127"):
            refuse(scheduler)


@pytest.mark.parametrize(
    "scheduler",
    ["tcp://127.0.0.1:8786", "host:1", "tcp://first-node.example:65535", "tcp://[::1]:8786",
     "ws://host:80", "inproc://10.0.0.1/7/1"],
)  # fmt: skip
def test_what_can_be_an_address_is_not_refused(scheduler):
    cluster.check_address(scheduler)


@pytest.mark.parametrize("words", [["figure", "fig4"], ["sweep", "fig1", "--grid", "n_spins=4"]])
@pytest.mark.parametrize("scheduler", ["", "tcp://host", "tls://127.0.0.1:9"])
def test_a_wrong_address_exits_with_2(tmp_path, words, scheduler):
    out = tmp_path / "out"
    shown = CliRunner().invoke(main, [*words, "--scheduler", scheduler, "-o", str(out)])
    assert shown.exit_code == 2
    assert f"scheduler = {scheduler!r}; allowed: " in shown.stderr
    assert not out.exists()


def test_encryption_needs_certificates_which_the_configuration_names(monkeypatch):
    for scheduler in ("tls://127.0.0.1:9", "wss://127.0.0.1:9"):
        with pytest.raises(ValueError, match=rf"{scheduler}.*; allowed: .*certificates"):
            cluster.check_address(scheduler)
    monkeypatch.setattr(Security, "get_connection_args", lambda *_: {"ssl_context": object()})
    cluster.check_address("tls://127.0.0.1:9")
    cluster.check_address("wss://127.0.0.1:9")


# -- what answers wrongly or not at all


@contextmanager
def port(answer):
    """A port of this machine where everyone is sent ``answer``, and nothing more."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        kept = []

        def serve():
            while True:
                try:
                    kept.append(server.accept()[0])
                    kept[-1].sendall(answer)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "no Dask scheduler answers at {} within 0.5 s"),
        (b"HTTP/1.1 400 Bad Request\r\n" + 99 * b"\r\n", "what answers at {} is no Dask scheduler"),
        (b"SSH-2.0-OpenSSH_9.2" + 99 * b"\r\n", "what answers at {} is no Dask scheduler"),
        (bytes(999), "what answers at {} is no Dask scheduler"),
    ],
)
def test_a_port_that_is_no_scheduler(answer, message):
    began = time.monotonic()
    with port(answer) as address, pytest.raises(ConnectionError) as raised:
        connect(address)
    assert str(raised.value) == message.format(address)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("words", [["figure", "fig4"], ["sweep", "fig1", "--grid", "n_spins=4"]])
def test_no_scheduler_exits_with_1_and_one_line(tmp_path, words):
    out = tmp_path / "out"
    shown = CliRunner().invoke(main, [*words, "--scheduler", NOT_HERE, "-o", str(out)])
    assert shown.exit_code == 1
    (line,) = shown.stderr.splitlines()
    assert f"no Dask scheduler answers at {NOT_HERE} within 0.5 s" in line


# -- a scheduler without workers, and one that goes away


@pytest.fixture
def dask(tmp_path):
    """Start parts of a Dask cluster on the loopback interface; they end with the test."""
    started, log = [], (tmp_path / "cluster.log").open("w")
    common = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", tmp_path / "dask.json"]

    def start(part, *more):
        words = [sys.executable, "-m", "dask", part, *common, *more]
        started.append(subprocess.Popen(words, stdout=log, stderr=log, cwd=tmp_path))
        return started[-1]

    yield start
    for process in reversed(started):
        process.kill()
        process.wait()
    log.close()


def address(folder, scheduler):
    """Return the address of the scheduler that has been started, once it answers."""
    file = folder / "dask.json"
    while not file.exists():
        assert scheduler.poll() is None
        time.sleep(0.05)
    return json.loads(file.read_text(encoding="utf-8"))["address"]


IMPATIENT = (
    "from spincat.shared import cluster\n"
    "cluster.START_LIMIT = 6.0\n"
    "from spincat.__main__ import main\n"
    "main()"
)


def test_a_scheduler_that_is_lost_ends_a_sweep_with_one_line(tmp_path, dask):
    scheduler, out = dask("scheduler", "--port", "0"), tmp_path / "out"
    at = address(tmp_path, scheduler)
    dask("worker", "--nthreads", "1", "--no-nanny")
    words = [sys.executable, "-c", IMPATIENT, *command(out, "--scheduler", at)[3:]]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_points(out, process, 2)
    scheduler.kill()
    printed, shown = process.communicate(timeout=60)
    assert (process.returncode, printed) == (1, ""), shown
    (line,) = shown.splitlines()  # and nothing of what Dask logs
    assert line.startswith(f"Error: the Dask scheduler at {at} went away; the points that are done")
    assert 2 <= len(list((out / "points").glob("[!.]*"))) < 16


def wait_for_nothing(at, lose):
    with cluster.connected(at) as client:
        future = client.submit(time.sleep, 60)
        lose()
        future.result()


def test_waiting_for_what_is_lost_has_an_end(tmp_path, dask, monkeypatch):
    monkeypatch.setattr(cluster, "START_LIMIT", 10.0)
    monkeypatch.setattr(cluster, "SILENCE_LIMIT", 1.0)
    scheduler = dask("scheduler", "--port", "0")
    at = address(tmp_path, scheduler)
    worker = dask("worker", "--nthreads", "1", "--no-nanny")
    with pytest.raises(ConnectionError, match="has lost its last worker"):
        wait_for_nothing(at, worker.kill)
    monkeypatch.setattr(cluster, "_wait_for_worker", lambda *_: None)
    with pytest.raises(ConnectionError, match="does not answer any more"):
        wait_for_nothing(at, lambda: scheduler.send_signal(signal.SIGSTOP))


@pytest.mark.parametrize(
    ("status", "raised"), [("connecting", ConnectionError), ("running", AttributeError)]
)
def test_whatever_dask_says_of_a_lost_scheduler_it_went_away(monkeypatch, status, raised):
    for name in ("_check_scheduler", "_wait_for_worker", "_watch"):
        monkeypatch.setattr(cluster, name, lambda *_: None)
    client = nullcontext(SimpleNamespace(status=status))
    monkeypatch.setattr("distributed.Client", lambda *_, **__: client)
    gone = SimpleNamespace()
    with pytest.raises(raised, match=r"went away|'ncores'"), cluster.connected(NOT_HERE):
        _ = gone.ncores


def test_a_worker_without_the_package_is_named_before_it_gets_a_point(tmp_path, dask, monkeypatch):
    other = tmp_path / "other"
    (other / "spincat").mkdir(parents=True)
    (other / "spincat/__init__.py").touch()  # an old one, say
    monkeypatch.setattr(cluster, "START_LIMIT", 10.0)
    at = address(tmp_path, dask("scheduler", "--port", "0"))
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(other))
        patched.setenv("PYTHONSAFEPATH", "1")
        worker = dask("worker", "--nthreads", "1", "--no-nanny")
    with pytest.raises(ConnectionError, match=r"worker tcp://.* has no such spincat.*are kept"):
        sweeps.run("fig1", tmp_path / "out", {"draws": 2}, {"n_spins": [4]}, scheduler=at)
    assert worker.poll() is None


def test_a_scheduler_without_workers(tmp_path, dask):
    at = address(tmp_path, dask("scheduler", "--port", "0"))
    with pytest.raises(
        ConnectionError, match=f"no worker after 0.5 s; start one: dask worker {at}"
    ):
        connect(at)


# -- no more processes than work


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_no_more_processes_than_calls_are_started(monkeypatch, calls):
    asked, shared_out = [], parallel.Parallel

    def counted(workers, **options):
        asked.append(workers)
        return shared_out(1, **options)

    monkeypatch.setattr(parallel, "Parallel", counted)
    with parallel.workers(40):
        found = parallel.shared_out(parallel.delayed(abs)(-number) for number in range(calls))
    assert found == list(range(calls))
    assert asked == [max(1, calls)]


def test_a_sweep_starts_no_more_processes_than_points(monkeypatch, tmp_path):
    asked, workers = [], parallel.workers

    def counted(jobs):
        asked.append(jobs)
        return workers(1)

    monkeypatch.setattr("spincat.run.sweeps.workers", counted)
    words = ["sweep", "fig1", "--grid", "n_spins=4,6", "-p", "draws=2", "-p", "n_times=5"]
    shown = CliRunner().invoke(main, [*words, "--jobs", "40", "-o", str(tmp_path)])
    assert (shown.exit_code, asked) == (0, [2])
    shown = CliRunner().invoke(main, [*words, "--jobs", "40", "-o", str(tmp_path)])
    assert (shown.exit_code, asked) == (0, [2, 1])  # nothing is left to compute


def test_every_figure_shares_out_by_this_function_alone():
    """A use of joblib elsewhere would start more processes than it has work for."""
    for compute, _ in EVERY.values():
        assert "Parallel" not in sys.modules[compute.__module__].__dict__

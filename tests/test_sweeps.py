"""Sweeps: the dataset over the grid, resuming, processes that are killed, and a Dask cluster."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr
from click.testing import CliRunner
from test_notebook_runs import with_parameters, write

from spincat.figures import fig1
from spincat.mean_field import phase_diagram
from spincat.run import figure_runs, notebook_runs, sweeps
from spincat.run.cli import main
from spincat.shared import declarations, parallel, provenance, reach

SMALL = {"draws": 2, "n_times": 5}
GRID = {"n_spins": [4, 6], "delta": [0.5, 1.0, 2.0]}
LARGE = {"n_spins": 5000, "draws": 10, "n_times": 501}  # 148 kB, more than a pipe holds
SEEDS = {"seed": list(range(16))}
ADDRESSES = ["--host", "127.0.0.1"]


@pytest.fixture
def computed(monkeypatch):
    """The values of the points that are computed, in order."""
    values, compute = [], figure_runs.compute_checked

    def counted(name, given):
        values.append(dict(given))
        return compute(name, given)

    monkeypatch.setattr(figure_runs, "compute_checked", counted)
    return values


def points(folder):
    return sorted(path.name for path in (folder / "points").iterdir())


def command(folder, *more):
    """A sweep of sixteen points that take a tenth of a second each."""
    given = [f"-p{name}={value}" for name, value in LARGE.items()]
    grid = ["--grid", "seed=0:15:lin16", "-o", str(folder)]
    return [sys.executable, "-m", "spincat", "sweep", "fig1", *given, *grid, *more]


def wait_for_points(folder, process, count):
    """Wait until a running sweep has kept some points."""
    for _ in range(3000):
        found = len(list((folder / "points").glob("[!.]*")))
        if found >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    pytest.fail("the sweep keeps no points")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The dataset of the sweep of :func:`command` that nothing disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return sweeps.run("fig1", folder, LARGE, SEEDS)["fig1"]


# -- the dataset and the records


def test_the_dataset_holds_every_point(tmp_path):
    datasets = sweeps.run("fig1", tmp_path, SMALL, GRID)
    assert list(datasets) == ["fig1"]
    whole = datasets["fig1"]
    assert dict(whole.sizes) == {"n_spins": 2, "delta": 3, "state": 3, "draw": 2, "time": 5}
    for n_spins in GRID["n_spins"]:
        for delta in GRID["delta"]:
            single = fig1.compute(n_spins=n_spins, delta=delta, **SMALL)
            part = whole.sel(n_spins=n_spins, delta=delta, drop=True)
            xr.testing.assert_equal(part, single)
    assert whole.attrs["seed"] == 1  # the same random numbers at every point
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "fig1.nc"), whole)


def test_every_point_has_a_record(tmp_path):
    sweeps.run("fig1", tmp_path, SMALL, GRID)
    record = json.loads((tmp_path / "fig1.sweep.json").read_text(encoding="utf-8"))
    assert record["grid"] == GRID
    assert record["parameters"] == {"theta": None, "seed": 1, "t_max": 5.0, **SMALL}
    assert record["seed"] == 1
    assert sorted(row["key"] for row in record["points"]) == points(tmp_path)
    for row in record["points"]:
        file = tmp_path / "points" / row["key"] / "fig1.provenance.json"
        point = json.loads(file.read_text(encoding="utf-8"))
        swept = {name: row[name] for name in GRID}
        assert point["parameters"] == {"theta": None, "seed": 1, "t_max": 5.0, **SMALL, **swept}
        assert (row["seconds"], row["started"]) == (point["seconds"], point["started"])
        assert {"seconds", "git_commit", "code_hash", "lock_sha256", "versions"} <= set(point)


@pytest.mark.usefixtures("notebooks_here")
def test_a_notebook_is_swept_with_one_dataset_for_each_of_its_figures(tmp_path):
    cells = (
        with_parameters(
            "from spincat.figures.vocabulary import SeveralSpins as N\n\nn_spins: N = 6"
        )
        + """
```{code-cell} ipython3
import xarray as xr
from pathlib import Path

Path("figures").mkdir()
xr.Dataset({"y": ("x", [n_spins])}).to_netcdf("figures/toy_figure.nc", engine="h5netcdf")
```
"""
    )
    path = write(tmp_path, cells)
    whole = sweeps.run(str(path), tmp_path / "out", {}, {"n_spins": [2, 3]})["toy_figure"]
    assert whole["y"].sel(n_spins=3).item() == 3
    (_, key) = points(tmp_path / "out")
    kept = {p.name for p in (tmp_path / "out/points" / key).iterdir()}
    assert kept == {"toy.ipynb", "toy.provenance.json", "figures"}
    record = json.loads((tmp_path / "out/toy.sweep.json").read_text(encoding="utf-8"))
    assert (record["name"], record["seed"], len(record["points"])) == ("toy", None, 2)
    with pytest.raises(ValueError, match="n_spins = 1"):
        sweeps.run(str(path), tmp_path / "refused", {}, {"n_spins": [2, 1]})
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    ("given", "grid", "message"),
    [
        ({}, {}, "at least one"),
        ({}, {"n_spins": []}, "at least one"),
        ({}, {"n_spins": 4}, "grid of n_spins = 4; allowed: a list"),
        ({}, {"n_spins": [4, 4.0]}, r"grid of n_spins = \[4, 4\]; allowed: each value once"),
        ({"n_spins": 4}, GRID, "'n_spins' is both"),
        ({}, {"n_spins": [4, 0]}, "n_spins = 0; allowed: at least 1"),
        ({}, {"n_spin": [4]}, "'n_spin'.*'n_spins'"),
        ({"draws": "2"}, GRID, "draws = '2'; allowed: int"),
        ({}, {"seed": range(1000), "draws": range(1, 1000)}, "999000 .* at most"),
    ],
)
def test_nothing_is_done_before_a_refusal(tmp_path, given, grid, message, computed):
    with pytest.raises(ValueError, match=message):
        sweeps.run("fig1", tmp_path / "out", given, grid)
    assert computed == []
    assert not (tmp_path / "out").exists()


def test_each_point_is_checked_once(tmp_path, monkeypatch):
    checked, check = [], declarations.check

    def counted(known, given):
        checked.append(given["n_spins"])
        return check(known, given)

    monkeypatch.setattr(declarations, "check", counted)
    datasets = sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [np.int64(4), 6.0]})
    assert checked == [4, 6]
    assert datasets["fig1"]["n_spins"].dtype.kind == "i"  # the type that is declared


def test_a_variable_that_cannot_be_drawn_is_refused_early(tmp_path, computed):
    with pytest.raises(ValueError, match=r"'fidelty'.*'fidelity'"):
        sweeps.run("fig1", tmp_path / "out", SMALL, GRID, variable="fidelty")
    assert computed == []
    assert not (tmp_path / "out").exists()
    # how many dimensions it has is known after the first point
    with pytest.raises(sweeps.SweepError, match=r"'time'.* 2 .*one to four"):
        sweeps.run("fig1", tmp_path / "out", SMALL, GRID, variable="fidelity")
    assert len(computed) == len(points(tmp_path / "out")) == 1


def test_either_processes_or_a_cluster(tmp_path):
    with pytest.raises(ValueError, match="jobs = 2; allowed: 1"):
        sweeps.run("fig1", tmp_path / "out", SMALL, GRID, jobs=2, scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()


def test_an_unknown_name_names_the_nearest_of_both_kinds():
    with pytest.raises(ValueError, match=r"'fig22'.*'fig2'"):
        sweeps.parameters("fig22")
    with pytest.raises(ValueError, match=r"'sec2_modle'.*'sec2_model'.* fig1, .*sec2_model"):
        sweeps.parameters("sec2_modle")


# -- going on where it was


def test_the_same_sweep_computes_nothing_again(tmp_path, computed):
    first = sweeps.run("fig1", tmp_path, SMALL, GRID)["fig1"]
    assert len(computed) == 6
    again = sweeps.run("fig1", tmp_path, SMALL, GRID)["fig1"]
    assert len(computed) == 6
    xr.testing.assert_identical(again, first)


def test_a_longer_grid_computes_what_is_new(tmp_path, computed):
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4, 6]})
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [8, 4]})
    assert [values["n_spins"] for values in computed] == [4, 6, 8]


def test_edited_code_computes_again_what_can_reach_it(tmp_path, computed, monkeypatch):
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4]})
    monkeypatch.setattr(provenance, "code_hash", lambda: "another")  # an edit somewhere
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4]})
    assert len(computed) == 1
    monkeypatch.setattr(reach, "code", lambda *_: "another")
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4]})
    assert len(computed) == 2
    assert len(points(tmp_path)) == 2


def test_code_that_is_edited_during_a_sweep_computes_no_point(tmp_path, computed, monkeypatch):
    monkeypatch.setattr(provenance, "edited", lambda: len(computed) == 1)
    with pytest.raises(sweeps.SweepError, match=r"2 of 2 .*\n.*n_spins = 4: .*edited"):
        sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4, 6]})
    # the first may have imported something late: it is not kept either
    assert len(computed) == 1
    assert len(points(tmp_path)) == 0


def test_a_chapter_during_which_the_code_was_edited_is_no_point(tmp_path, monkeypatch):
    """Its kernel imports some modules in a later cell, from what is there by then."""
    done = []
    monkeypatch.setattr(notebook_runs, "run_checked", lambda *_: done.append(1))
    monkeypatch.setattr(provenance, "edited", lambda: bool(done))
    path = write(tmp_path, with_parameters("x = 1"))
    with pytest.raises(sweeps.SweepError, match=r"1 of 1 .*\n.*x = 1: .*edited"):
        sweeps.run(str(path), tmp_path / "out", {}, {"x": [1]})
    assert points(tmp_path / "out") == []


@pytest.mark.usefixtures("notebooks_here")
def test_datasets_of_one_name_in_two_folders_are_not_one(tmp_path):
    cells = (
        with_parameters("x = 1")
        + """
```{code-cell} ipython3
import xarray as xr
from pathlib import Path

for folder in ("figures", "others"):
    Path(folder).mkdir()
    xr.Dataset({"y": ("t", [x])}).to_netcdf(f"{folder}/a.nc", engine="h5netcdf")
```
"""
    )
    path = write(tmp_path, cells)
    with pytest.raises(sweeps.SweepError, match=r"figures/a\.nc and others/a\.nc"):
        sweeps.run(str(path), tmp_path / "out", {}, {"x": [1]})
    assert not (tmp_path / "out/a.nc").exists()


def test_prose_and_ranges_do_not_name_a_point_of_a_notebook_but_cells_do(tmp_path):
    def key(body):
        path = write(tmp_path, with_parameters(body[0]) + body[1], "toy")
        return sweeps.plan(str(path), {}, {"x": [1.5]})[0].key

    cell = "\n```{code-cell} ipython3\nprint(x)\n```\n"
    first = key(("x = 1.0", cell))
    assert key(("x = 1.0  # what it means [1]", f"Some prose.\n{cell}")) == first
    assert key(("x = 1.0", cell.replace("x)", "2 * x)"))) != first
    assert key(("x = 1.0\ny = 2", cell)) != first


def test_a_worker_with_other_code_is_refused(monkeypatch):
    (point,) = sweeps.plan("fig1", SMALL, {"n_spins": [4]})
    monkeypatch.setattr(provenance, "code_hash", lambda: "another")
    assert "version" in sweeps.compute_point(point)


def test_a_point_that_fails_does_not_end_the_others(tmp_path, monkeypatch):
    compute = figure_runs.compute_checked

    def sometimes(name, given):
        if given["n_spins"] == 6:
            raise RuntimeError("no convergence")
        return compute(name, given)

    with monkeypatch.context() as patched:
        patched.setattr(figure_runs, "compute_checked", sometimes)
        with pytest.raises(
            sweeps.SweepError,
            match=r"1 of 3 .*\n.*n_spins = 6: .*no convergence",
        ):
            sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4, 6, 8]})
    assert len(points(tmp_path)) == 2
    assert not (tmp_path / "fig1.nc").exists()
    assert sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4, 6, 8]})["fig1"].sizes["n_spins"] == 3


def test_a_process_killed_while_it_writes_a_point_leaves_no_half_of_it(tmp_path):
    # Dies by SIGKILL inside the second file of the third point.
    dying = (
        "import os, pathlib\n"
        "write, written = pathlib.Path.write_bytes, []\n"
        "def die(self, content):\n"
        "    written.append(self)\n"
        "    if len(written) == 6:\n"
        "        write(self, content[: len(content) // 2])\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return write(self, content)\n"
        "pathlib.Path.write_bytes = die\n"
        "from spincat.run import sweeps\n"
        f"sweeps.run('fig1', {str(tmp_path)!r}, {SMALL}, {GRID})\n"
    )
    died = subprocess.run([sys.executable, "-c", dying], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    found = points(tmp_path)
    assert [name.startswith(".") for name in found] == [True, False, False]
    whole = sweeps.run("fig1", tmp_path, SMALL, GRID)["fig1"]
    assert len(points(tmp_path)) == 6  # and nothing is left over
    last = whole.sel(n_spins=6, delta=2.0, drop=True)
    xr.testing.assert_equal(last, fig1.compute(6, delta=2.0, **SMALL))


@pytest.mark.parametrize(
    ("number", "code", "jobs"), [(signal.SIGINT, 130, 2), (signal.SIGKILL, -9, 2)]
)
def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path, expected, number, code, jobs):
    with (tmp_path / "shown").open("w+") as shown:  # no pipe: it would wait for the workers too
        process = subprocess.Popen(
            command(tmp_path, "--jobs", str(jobs)), stdout=shown, stderr=shown
        )
        wait_for_points(tmp_path, process, 3)
        workers = psutil.Process(process.pid).children(recursive=True)
        assert len(workers) >= jobs
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert psutil.wait_procs(workers, timeout=20)[1] == []  # nobody works on for nothing
    if number == signal.SIGINT:
        (line,) = (tmp_path / "shown").read_text().splitlines()  # and nothing else
        assert line.startswith("Interrupted")
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "points").glob("[!.]*")}
    assert 3 <= len(done) < 16
    for path in done:
        json.loads((path / "fig1.provenance.json").read_text(encoding="utf-8"))
        xr.load_dataset(path / "fig1.nc")
    whole = sweeps.run("fig1", tmp_path, LARGE, SEEDS)["fig1"]
    assert {path: path.stat().st_mtime_ns for path in done} == done
    record = json.loads((tmp_path / "fig1.sweep.json").read_text(encoding="utf-8"))
    assert record["computed_now"] == 16 - len(done)
    assert record["seed"] == SEEDS["seed"]
    # the times are those of all points, and not only of this process
    seconds = [row["seconds"] for row in record["points"]]
    assert record["seconds_of_points"] == pytest.approx(sum(seconds))
    assert min(seconds) > 0
    xr.testing.assert_identical(whole, expected)  # some by two processes, some by this one


@pytest.mark.parametrize("lost", [True, False])
def test_ctrl_c_inside_compiled_code_is_not_a_failed_point(tmp_path, monkeypatch, lost):
    compute, asked = figure_runs.compute_checked, []

    def interrupted(name, given):
        asked.append(given["n_spins"])
        if given["n_spins"] == 6:
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                if not lost:
                    raise SystemError("returned a result with an exception set") from None
        return compute(name, given)

    monkeypatch.setattr(figure_runs, "compute_checked", interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4, 6, 8]})
    assert signal.getsignal(signal.SIGINT) is before
    assert asked == [4, 6]
    assert len(points(tmp_path)) == 1
    asked.clear()
    shown = CliRunner().invoke(main, ["figure", "fig1", "-p", "n_spins=6", "-o", str(tmp_path)])
    assert (asked, shown.exit_code) == ([6], 130)


# -- progress


def test_a_terminal_sees_how_many_points_are_done(tmp_path):
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    small = ["--grid", "n_spins=4,6", "-p", "draws=2", "-p", "n_times=5", "-o", str(tmp_path)]
    command = [sys.executable, "-m", "spincat", "sweep", "fig1", *small]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=terminal, check=True)
    os.close(terminal)
    shown = os.read(master, 10_000).decode()
    os.close(master)
    assert "2/2 [" in shown


# -- a cluster


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers, processes of their own on the loopback interface."""
    address = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    workers = ["--scheduler-file", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    scheduler = [*ADDRESSES, "--port", "0", "--no-dashboard", "--scheduler-file", address]
    commands = [
        [*dask, "scheduler", *scheduler],
        *[[*dask, "worker", *workers, *ADDRESSES, "--local-directory", tmp_path / n] for n in "ab"],
    ]
    environment = {**os.environ, "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "1s"}
    log = (tmp_path / "cluster.log").open("w")
    started = [subprocess.Popen(c, stdout=log, stderr=log, env=environment) for c in commands]
    try:
        while not address.exists():
            assert started[0].poll() is None, Path(log.name).read_text(encoding="utf-8")
            time.sleep(0.05)
        yield json.loads(address.read_text(encoding="utf-8"))["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        log.close()


def test_a_cluster_that_loses_a_worker_loses_no_point(tmp_path, expected, cluster):
    address, workers = cluster
    eta, delta = np.linspace(2.0, 60.0, 10), np.linspace(0, 0.08, 4)
    alone = phase_diagram.phase_map(1000, eta, delta)
    with parallel.workers(scheduler=address):  # the rows of one figure, too
        xr.testing.assert_identical(phase_diagram.phase_map(1000, eta, delta), alone)
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(out, "--scheduler", address), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_for_points(out, process, 3)
    workers[0].kill()
    assert len(list((out / "points").glob("[!.]*"))) < 16
    printed, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert printed.decode().splitlines() == [f"{out}/fig1.nc"]
    assert workers[1].poll() is None
    xr.testing.assert_identical(xr.load_dataset(out / "fig1.nc"), expected)

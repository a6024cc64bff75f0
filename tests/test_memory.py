"""What this process may use is the least of its limits; what does not fit is refused at once."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from test_notebook_runs import with_parameters, write

from spincat.figures import fig1, fig2
from spincat.free import codewords, dephasing
from spincat.master_equation import (
    cavity_elimination,
    cavity_exchange,
    cavity_levels,
    dicke_amplitude,
    product_space,
    quasi_dark,
)
from spincat.mean_field import phase_diagram
from spincat.model import Gaussian, SpinEnsemble, wigner
from spincat.run import notebook_runs, sweeps
from spincat.shared import checks, memory

TIMES = np.linspace(0, 1, 5000)


def group(folder, text, name="memory.max"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def limits(tmp_path, membership):
    file = tmp_path / "cgroup"
    file.write_text(membership, encoding="utf-8")
    return sorted(memory.control_group_limits(file, tmp_path / "sys"))


def test_the_limits_of_all_groups_above_count(tmp_path):
    top = tmp_path / "sys"
    group(top / "user" / "job" / "step", "max\n")
    group(top / "user" / "job", "4000\n")
    group(top / "user", "6000\n")
    group(tmp_path, "1\n")  # above the top: of something else
    assert limits(tmp_path, "0::/user/job/step\n") == [4000, 6000]


def test_version_1_has_a_tree_of_its_own_for_memory(tmp_path):
    group(tmp_path / "sys" / "memory" / "job", "5000\n", "memory.limit_in_bytes")
    group(tmp_path / "sys" / "cpu" / "job", "1\n", "memory.limit_in_bytes")
    assert limits(tmp_path, "3:cpu,cpuacct:/job\n2:memory:/job\n") == [5000]


def test_in_a_container_the_top_is_the_container(tmp_path):
    group(tmp_path / "sys", "7000\n")
    assert limits(tmp_path, "0::/kubepods/unknown/here\n") == [7000]


def test_no_control_groups_no_limit(tmp_path):
    assert list(memory.control_group_limits(tmp_path / "none", tmp_path)) == []


def test_the_least_limit_counts(monkeypatch):
    for name, value in {
        "_installed": 8e9,
        "_address_space": 3e9,
        "control_group_limits": 5e9,
    }.items():
        monkeypatch.setattr(memory, name, lambda value=value: iter([value]))
    assert memory.usable_memory() == 3e9
    checks.check_memory("n", 1, 2.3e9)
    with pytest.raises(MemoryError, match=r"n = 1 needs 2.5 GB; allowed: 80% of the 3 GB"):
        checks.check_memory("n", 1, 2.5e9)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS is not kept elsewhere")
def test_a_limit_on_addresses_is_seen():
    program = (
        "import resource; from spincat.shared.memory import usable_memory; free = usable_memory(); "
        "resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)); "
        "assert 0 < usable_memory() < min(free, 3 << 30)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Gaussian(0.1).draw(1000, 1000, 1),
        lambda: Gaussian(0.1).realisations(10**6, 1, 1),
        lambda: wigner.wigner(np.eye(4), TIMES, TIMES),
        lambda: dephasing.coherent_fidelity(np.zeros((100, 4)), 0.6, TIMES),
        lambda: dephasing.cat_fidelity(np.zeros((100, 4)), 0.6, TIMES, "even"),
        lambda: codewords.codeword_fidelity(np.zeros((100, 4)), 0.6, TIMES, 0),
        lambda: quasi_dark.quasi_dark_fidelity(np.zeros((100, 4)), 0.2, TIMES, "even"),
        lambda: product_space.cat_fidelity(np.zeros(4), 0.2, TIMES, "even"),
        lambda: product_space.evolve(np.eye(16)[0], np.zeros(4), 0.2, TIMES),
        lambda: dicke_amplitude.amplitude(20, 0.5, TIMES),
        lambda: dicke_amplitude.density_matrix(20, 0.5, TIMES),
        lambda: cavity_exchange.symmetric_weight(np.eye(20), 20, TIMES),
        lambda: cavity_levels.pair_decay(TIMES, 2, 0.03, 0.01, 1e-3, 2.0),
        lambda: phase_diagram.phase_map(1000, np.linspace(1, 9, 1000), TIMES),
        lambda: fig1.compute(draws=1000, n_times=1000),
        lambda: fig1.compute_amplitudes(draws=1000, n_times=1000),
        lambda: fig2.compute(draws=1000, n_times=1000),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(call, monkeypatch):
    monkeypatch.setattr(checks, "usable_memory", lambda: 1e6)
    with pytest.raises(MemoryError, match=r"\w+ = \S+ needs .* GB; allowed: 80% of the 0.001 GB"):
        call()


def test_files_of_a_point_that_do_not_fit_are_refused(tmp_path, monkeypatch):
    """They are read by a worker, and handed on to the process that keeps them."""

    def leaves_a_hole(notebook, folder, *_):
        folder.mkdir()
        with (folder / "hole").open("wb") as file:
            file.truncate(10**12)

    monkeypatch.setattr(notebook_runs, "run_checked", leaves_a_hole)
    point = sweeps.plan(str(write(tmp_path, with_parameters("x = 1"))), {}, {"x": [1]})[0]
    assert "needs 2e+03 GB" in sweeps.compute_point(point)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Gaussian(0.1).draw(1, 10**9, 1),
        lambda: phase_diagram.simulated_edge(1000, [10.0], accuracy=1e-59),
        lambda: cavity_elimination.with_cavity(SpinEnsemble(4, 0.2), 0.1, 2.0, photons=2000),
        lambda: cavity_elimination.with_cavity(SpinEnsemble(4, 0.2), 0.1, 1e5, photons=50),
        lambda: cavity_levels.crossing_levels([2.0], 30_000, 0.01, 0.01, photons=1),
    ],
)
def test_what_would_take_hours_is_refused(call):
    with pytest.raises(ValueError, match=r"(draws|accuracy|photons|t_max|n_spins) = .*; allowed: "):
        call()

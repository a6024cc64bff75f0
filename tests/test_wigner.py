"""Wigner functions, against a formula and against displaced parity."""

from __future__ import annotations

import numpy as np
import pytest
import qutip

from spincat.master_equation import dicke_amplitude
from spincat.model.wigner import wigner

GRID = np.linspace(-10, 10, 201)


def test_vacuum_and_one_quantum():
    rho = np.diag([0.25, 0.75, 0])
    square = GRID[None, :] ** 2 + GRID[:, None] ** 2
    expected = 2 / np.pi * np.exp(-2 * square) * (0.25 + 0.75 * (4 * square - 1))
    np.testing.assert_allclose(wigner(rho, GRID, GRID), expected, atol=1e-12)


def test_norm_amplitude_and_displaced_parity_of_many_excitations():
    rho = dicke_amplitude.density_matrix(60, 7.0, [3.0])[0]
    values, area = wigner(rho, GRID, GRID), (GRID[1] - GRID[0]) ** 2
    assert values.sum() * area == pytest.approx(1, abs=1e-9)
    beta = GRID[None, :] + 1j * GRID[:, None]
    mean = (values * beta).sum() * area
    assert abs(mean) == pytest.approx(dicke_amplitude.amplitude(60, 7.0, [3.0])[0], abs=1e-7)
    assert np.angle(mean) == pytest.approx(-np.pi / 4)
    # W(β) = (2/π) Tr[D(β) (-1)^n D†(β) ρ], in a space large enough for the displacement
    padded = np.zeros((200, 200), dtype=complex)
    padded[:61, :61] = rho
    for i, j in ((100, 100), (75, 125), (90, 60)):
        displaced = qutip.displace(200, -beta[i, j]).full()
        parity = np.diag(displaced @ padded @ displaced.conj().T).real @ (-1.0) ** np.arange(200)
        assert values[i, j] == pytest.approx(2 / np.pi * parity, abs=1e-9)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="rho has shape"):
        wigner(np.ones(3), GRID, GRID)
    with pytest.raises(ValueError, match="real holds nan"):
        wigner(np.eye(2), [np.nan], GRID)

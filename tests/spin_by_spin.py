"""Mean-field equations written out: spin by spin, without any ansatz, and Eqs. 26-28 as printed."""

import numpy as np
import qutip


def paper_rates(sigma, z, detunings, eta):
    """Eqs. 22-23 as printed, spin by spin."""
    n = len(sigma)
    rates = []
    for m in range(n):
        others = [j for j in range(n) if j != m]
        c1, c2 = sum(sigma[others]) / n, sum(1 + z[others]) / (2 * n)
        loss, gain = c2 / n + abs(c1) ** 2, 2 * c2 + n * abs(c1) ** 2
        dsigma = 1j * detunings[m] * sigma[m] - 2j * eta * z[m] * np.conj(c1)
        dsigma += -2 * sigma[m] * loss + z[m] * c1 * gain
        dz = 8 * eta * np.imag(sigma[m] * c1) - 4 * (1 + z[m]) * loss
        rates.append((dsigma, dz - 4 * np.real(sigma[m] * np.conj(c1) * gain)))
    return np.array(rates).T


def printed_rates(state, n, eta, delta):
    """Time derivatives of (A, ζ, z), Eqs. 26-28 as printed."""
    amplitude, zeta, z = np.moveaxis(np.asarray(state), -1, 0)
    cos2, double = np.cos(zeta) ** 2, np.sin(2 * zeta)
    a, b = cos2 - np.cos(2 * zeta) / n, cos2 - 1 / n
    total = 1 + z + (n - 2) * amplitude**2 * cos2
    d_amplitude = amplitude * (-2 * eta * z * a + z * b * total - 2 * amplitude**2 * cos2)
    d_zeta = delta + z * double * (eta * (1 - 2 / n) - total / 2)
    d_z = amplitude**2 * (8 * eta * a - 4 * b * total - 4 * (1 + z) * cos2)
    return np.stack([d_amplitude, d_zeta, d_z], axis=-1)


def master_equation_rates(sigma, z, detunings, eta):
    """d⟨σ⁺⟩/dt and d⟨σᶻ⟩/dt of an uncorrelated state under Eqs. 1-2, with 2^N matrices."""
    n = len(sigma)
    # σ⁺ = |e⟩⟨g| with e first, and ⟨σ⁺⟩ = Tr(ρ σ⁺) is the lower left element of ρ.
    one = [
        np.array([[(1 + w) / 2, np.conj(c)], [c, (1 - w) / 2]])
        for c, w in zip(sigma, z, strict=True)
    ]
    rho = qutip.tensor([qutip.Qobj(matrix) for matrix in one])

    def single(operator, m):
        return qutip.tensor([operator if j == m else qutip.qeye(2) for j in range(n)])

    lower = sum(single(qutip.sigmam(), m) for m in range(n)) ** 2
    hamiltonian = eta / n * (lower + lower.dag())
    hamiltonian += sum(d / 2 * single(qutip.sigmaz(), m) for m, d in enumerate(detunings))
    change = -1j * qutip.commutator(hamiltonian, rho)
    change += (
        lower * rho * lower.dag() - qutip.commutator(lower.dag() * lower, rho, "anti") / 2
    ) / n**2
    return np.array(
        [
            [(change * single(operator, m)).tr() for m in range(n)]
            for operator in (qutip.sigmap(), qutip.sigmaz())
        ]
    )


BRUTE_FORCE = {"paper": paper_rates, "product": master_equation_rates}

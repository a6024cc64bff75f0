"""Free evolution under H₀ = Σ δ_n σᶻ_n / 2, in closed form (Sec. III.1): Eqs. 9-21, and Sec. V.

Fidelities of coherent and cat states for given detunings and their means (`dephasing`, Fig. 1),
the limits that the paper takes of them (`dephasing_limits`), and the codewords of the proposed
qubit (`codewords`, Sec. V).  It may import `spincat.model` and `spincat.shared`.
"""

from spincat.free import codewords, dephasing, dephasing_limits

__all__ = ["codewords", "dephasing", "dephasing_limits"]

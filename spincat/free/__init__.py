"""Free evolution under H₀ = Σ δ_n σᶻ_n / 2, in closed form (Sec. III.1): Eqs. 9-21, and Sec. V.

Fidelities of coherent and cat states for given detunings and their means (`dephasing`, Fig. 1),
the limits that the paper takes of them (`dephasing_limits`), and the codewords of the proposed
qubit (`codewords`, Sec. V).  It may import `spincat.model` and `spincat.shared`.
"""

from spincat.free import codewords, dephasing, dephasing_limits
from spincat.free.codewords import bosonic_codeword_fidelity, codeword_fidelity, logical_overlap
from spincat.free.dephasing import (
    cat_fidelity,
    coherent_fidelity,
    mean_cat_fidelity,
    mean_coherent_fidelity,
    var_coherent_fidelity,
)
from spincat.free.dephasing_limits import (
    bosonic_cat_fidelity,
    bosonic_coherent_fidelity,
    bosonic_overlap,
    odd_cat_floor,
    short_time_cat_fidelity,
    small_coherent_fidelity,
    small_coherent_variance,
)

__all__ = [
    "bosonic_cat_fidelity",
    "bosonic_codeword_fidelity",
    "bosonic_coherent_fidelity",
    "bosonic_overlap",
    "cat_fidelity",
    "codeword_fidelity",
    "codewords",
    "coherent_fidelity",
    "dephasing",
    "dephasing_limits",
    "logical_overlap",
    "mean_cat_fidelity",
    "mean_coherent_fidelity",
    "odd_cat_floor",
    "short_time_cat_fidelity",
    "small_coherent_fidelity",
    "small_coherent_variance",
    "var_coherent_fidelity",
]

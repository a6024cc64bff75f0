"""Types of arguments and results that more than one module names."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]

Parity = Literal["even", "odd"]
"""Of the number of excitations (Eq. 8)."""

Equations = Literal["printed", "paper", "product"]
"""Which mean-field equations.

"printed": those the paper prints for an ansatz (Eq. 24 for identical spins, Eqs. 26-28 for two
halves).  "paper": Eqs. 22-23, with the ansatz if there is one, and nothing dropped.  "product": the
exact time derivatives in a product state.
"""

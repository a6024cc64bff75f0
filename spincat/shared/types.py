"""Types of arguments and results that more than one module names."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]

Parity = Literal["even", "odd"]
"""Of the number of excitations (Eq. 8)."""

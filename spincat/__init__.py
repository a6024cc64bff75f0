"""Spin cat states of N two-level spins under inhomogeneous dephasing (arXiv:2403.16491).

Rates are in units of the two-body loss Γ2 and times in units of 1/Γ2 throughout.

The folders answer "quantum or mean field, finite N or infinite": `spincat.model` is what everything
is about, `spincat.free` the closed forms without drive, `spincat.master_equation` quantum mechanics
at finite N, `spincat.many_spins` from eight spins to infinitely many,
`spincat.mean_field` product states at finite N, `spincat.large_n` the limit N → ∞, and
`spincat.symbolic` the derivations.  `spincat.figures` computes and draws, `spincat.run` is the
command ``spincat``, and `spincat.shared` knows no physics.

``import spincat`` gives every folder and its modules; a folder is loaded when it is first used.
"""

from typing import TYPE_CHECKING

import lazy_loader

__version__ = "0.1.0"

from spincat.shared.environment import give_numba_a_cache
from spincat.shared.errors import ConvergenceError
from spincat.shared.provenance import about

give_numba_a_cache()  # before the first module that is compiled, of which none is above
del give_numba_a_cache

if TYPE_CHECKING:
    from spincat import (
        figures,
        free,
        large_n,
        many_spins,
        master_equation,
        mean_field,
        model,
        run,
        shared,
        symbolic,
    )
    from spincat.model import Cavity, SpinEnsemble

__all__ = [
    "Cavity",
    "ConvergenceError",
    "SpinEnsemble",
    "__version__",
    "about",
    "figures",
    "free",
    "large_n",
    "many_spins",
    "master_equation",
    "mean_field",
    "model",
    "run",
    "shared",
    "symbolic",
]
# neither SciPy nor Numba is loaded before the command has brought its process in order
_of_model = {"Cavity", "SpinEnsemble"}
__getattr__, _, _ = lazy_loader.attach(
    __name__, set(__all__) - set(globals()) - _of_model, {"model": sorted(_of_model)}
)


def __dir__() -> list[str]:
    return __all__

"""All public functions of the physics, with arguments that they answer, for `test_any_arguments`.

A new function is found by itself; only a new name of a parameter needs an example in `EXAMPLES`,
and a function that gives a name another meaning one in `OTHERS`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sparse

import spincat
from spincat.master_equation import cavity_elimination
from spincat.model import Cavity, Gaussian, SpinEnsemble, spin_cat

FOLDERS = "model", "free", "mean_field", "master_equation", "many_spins", "large_n", "symbolic"
PLAIN = {"int", "bool", "Equations", "Parity"}
"""Types of the arguments of a derivation that is tried; the others take expressions of SymPy."""

HALF = [0.2, 0.1, -0.9]
CAVITY = Cavity(2, 1.0, 0.05, 0.02, 2e-3).driven(eta=0.3)

EXAMPLES: dict[str, Any] = {
    "a": 0.03, "accuracy": 1e-3, "adiabaticity": 0.1, "alpha": 0.8, "azimuth": 0.1, "b": 2.0,
    "basis": "dicke", "bodies": 2, "broadening": Gaussian(0.1), "cavities": [1.9, 2.0],
    "cavity": 2.0, "columns": "odd", "count": 2, "conjugates": 1, "correction": True,
    "counter_rotating": False, "coupling": 0.05, "delta": 0.03,
    "detunings": [0.1, -0.1, 0.05, -0.05], "distribution": "uniform", "draws": 8, "drive": 1e-3,
    "ensemble": SpinEnsemble(4, 0.2), "equations": "product", "eta": 0.2, "exact_draws": 2,
    "excitations": 2, "exchange": True, "first": np.eye(4) / 4, "gamma": 0.1, "gap": 0.5,
    "generator": cavity_elimination.spin_liouvillian(SpinEnsemble(6, 0.2)), "guess": -0.01 + 0.03j,
    "h": 0.02, "half": 1, "hamiltonian": np.eye(2), "hamiltonians": None, "imaginary": [0.0],
    "initial": None, "jumps": [np.eye(2)], "kappa": 1e-3,
    "ladder": [0.0, 0.6, 0.0, 0.8], "left": [np.eye(2)], "length": 1.0,
    "line": Gaussian(0.1), "loss": 0.1, "lost": 0, "matrix": np.eye(4),
    "max_actions": 50_000, "mixing": 0.03,
    "multiplicities": None, "n_max": None, "n_spins": 4, "n_times": 2, "noise": 0.01,
    "nonlinearity": 0.01, "observable": "boson", "observables": [np.eye(16)], "omega": 1.0,
    "options": None, "order": 3, "parity": "even", "phase": 0.1, "photons": 1, "populations": 0,
    "printed": False, "rates": [0.1 + 0.1j],
    "ratio": 0.0, "real": [0.0, 1.0], "remainder": 0, "reversal": 0.5, "rho": np.eye(3) / 3,
    "right": [np.eye(2)],
    "rows": "even", "rtol": 1e-4, "second": np.eye(4) / 4, "seed": 1, "sigma": [0.14 + 0.14j] * 4,
    "sigmas": 1, "sites": 3, "spread": 0.1,
    "start": None, "state": HALF, "states": np.eye(4) / 4, "step": 1e-4, "steps": 4,
    "t_max": 2.0, "theta": 0.6, "time": 1.0, "times": [0.0, 1.0], "tol": 1e-4, "tolerance": 1e-6,
    "width": 0.03, "x": np.ones((3, 2)), "z": [-0.9] * 4, "zeta": 0.1,
}  # fmt: skip

OTHERS: dict[str, dict[str, Any]] = {
    "model.ensemble.SpinEnsemble.from_cavity": {"cavity": CAVITY, "detunings": None},
    "model.states.to_qobj": {"state": np.ones(4) / 2},
    "mean_field.all_spins.brute_force_rhs": {
        "sigma": [0.1, 0.1j], "z": [-0.9] * 2, "detunings": [0.1, -0.1],
    },
    "mean_field.mirror_halves": {"n_spins": 1000, "eta": 20.0},
    "mean_field.phase_diagram": {
        "n_spins": 1000, "eta": [10.0, 20.0], "delta": [0.0, 0.05], "t_max": 1e3,
    },
    "mean_field.phase_diagram.fit_ellipse": {
        "n_spins": 10_000, "eta": [150.0, 300.0, 450.0], "delta": [0.05, 0.06, 0.05],
    },
    "mean_field.phase_locking": {"n_spins": 1000, "eta": 20.0},
    "mean_field.spin_groups": {"multiplicities": [2, 2], "detunings": [0.1, -0.1]},
    "mean_field.two_halves": {"state": [HALF, HALF], "n_spins": 100, "eta": 2.0},
    "master_equation.cavity_levels": {"n_spins": 2},
    "master_equation.cavity_levels.driven_spins": {"cavity": CAVITY, "t_max": 0.1},
    "master_equation.multibody_loss": {
        "state": spin_cat(4, 0.9, parity="even", basis="product").real
    },
    "master_equation.multibody_loss.held_fidelity_of_classes": {
        "sizes": [2, 1], "detunings": [0.1, -0.1],
    },
    "master_equation.product_space.evolve": {"state": np.eye(16)[-1]},
    "master_equation.product_space.cat_fidelity_qutip": {"detunings": [0.1, -0.1]},
    "many_spins": {"state": "even", "times": [0.0, 1.0]},
    "many_spins.classes": {"sizes": [2, 1], "detunings": [0.1, -0.1], "state": "even"},
    "many_spins.reversal": {
        "sizes": [2, 1], "detunings": [0.1, -0.1], "times": [0.0, 1.0], "state": "even",
    },
    "large_n.continuum.collective_rate": {"width": 0.07},
    "large_n.critical_linewidths": {"ensemble": SpinEnsemble(4, 0.1)},
    "large_n.finite_n": {"n_spins": 1000},
    "many_spins.zeno": {"state": "odd"},
    "large_n.finite_n.spectrum": {
        "ensemble": SpinEnsemble(20, 0.4), "sigma": [0.14 + 0.14j] * 20, "z": [-0.9] * 20,
    },
    "symbolic.adiabatic_elimination.eliminate": {"order": 2},
    "symbolic.product_state.mean": {"detunings": 0},
    "large_n.planar_flow": {"state": [0.1, -0.9]},
    "large_n.planar_basins.orbit": {"state": [0.1, -0.9]},
    "large_n.planar_basins.synchronises": {"z": -0.9},
    "large_n.planar_basins.unstable_cycle": {"delta": 0.0693},
}  # fmt: skip
"""What a name means in some modules and functions; the longest one that fits is taken."""

MASKED = np.ma.masked_array([0.1, 0.2, 0.3, 0.4], mask=[False, True, False, False])


class Rude:
    """An object that can neither be shown nor be an array."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __array__(self, *args: Any, **more: Any) -> np.ndarray[Any, Any]:
        raise RuntimeError("no array")


class RudeList(list[Any]):
    """A list of which nothing can be asked."""

    def __len__(self) -> int:
        raise RuntimeError("no length")

    __iter__ = __getitem__ = __len__  # type: ignore[assignment]


NESTED: list[Any] = []
for _ in range(100_000):
    NESTED = [NESTED]

ODD_VALUES: dict[str, Any] = {
    "None": None, "a text": "x", "no text": "", "bytes": b"ab", "True": True, "an object": object(),
    "a class": Gaussian, "a function": len, "a dict": {}, "a set": {1}, "an iterator": iter([1, 2]),
    "a date": np.datetime64("2020-01-01"), "no duration": np.timedelta64("NaT"),
    "a duration": np.timedelta64(4, "s"), "a rude object": Rude(), "a nested list": NESTED,
    "complex64": np.complex64(0.1), "2**53": 2**53,
    "an ensemble": SpinEnsemble(3, 0.1, 0.0, [0.1, 0.2, 0.3]),
    "a huge ensemble": SpinEnsemble(10**9, 1e8), "a driven ensemble": SpinEnsemble(4, 1e59),
    "a cavity": CAVITY, "a sparse matrix": sparse.csr_array(np.eye(4)),
    "a rude list": RudeList([1]), "1e-59": 1e-59, "two close numbers": [1.0, np.nextafter(1, 2)],
    "a long double": np.array([0, 10]) ** np.longdouble(400),
    "NaN": np.nan, "inf": np.inf, "-inf": -np.inf, "-1": -1, "0": 0, "1.5": 1.5, "1j": 1j,
    "1e300": 1e300, "1e60": 1e60, "1e9": 1e9, "10**9": 10**9, "2**63": 2**63, "10**5000": 10**5000,
    "1e-60": 1e-60, "5e-324": 5e-324, "float16": np.float16(0.1), "int8": np.int8(4),
    "[]": [], "[1]": [1], "[[1]]": [[1.0]], "a ragged list": [[1, 2], [3]], "mixed": [1, "a"],
    "[None]": [None], "[0, NaN]": [0.0, np.nan], "[0, inf]": [0.0, np.inf], "[0, 1e9]": [0.0, 1e9],
    "[0, 1e300]": [0.0, 1e300], "range(3)": range(3), "four": [-1.0, -0.5, 0.0, 1.0],
    "an array of one": np.array(3), "a stack": np.zeros((2, 3, 4)), "a matrix": np.eye(4),
    "an array of objects": np.array([object()]), "an array of texts": np.array(["a", "b"]),
    "a masked array": MASKED,
}  # fmt: skip


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Names and public functions, classes and methods of the folders."""
    for name in [m.name for m in pkgutil.walk_packages(spincat.__path__, "spincat.")]:
        short = name.removeprefix("spincat.")
        if short.partition(".")[0] not in FOLDERS or "._" in name:
            continue
        module = importlib.import_module(name)
        known = getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")])
        for item in known:
            value = getattr(module, item)
            if getattr(value, "__module__", None) != name or not callable(value):
                continue
            label = f"{short}.{item}"
            if not inspect.isclass(value):
                if is_tried(label, value):
                    yield label, value
            elif not issubclass(value, tuple) and not inspect.isabstract(value):
                yield from with_methods(label, value)


def with_methods(label: str, kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """A class and the public methods of one of its objects; no derivation has one that is tried."""
    if label.startswith("symbolic"):
        return
    yield label, kind
    one = kind(**arguments(label, kind))
    for name in [name for name in dir(kind) if not name.startswith("_")]:
        method = getattr(one, name)
        if inspect.ismethod(method) and inspect.signature(method).parameters:
            yield f"{label}.{name}", method


def is_tried(label: str, function: Callable[..., Any]) -> bool:
    """Whether there is an argument; of a derivation, whether all are of a `PLAIN` type."""
    types = {p.annotation for p in inspect.signature(function).parameters.values()}
    return bool(types) and (not label.startswith("symbolic") or types <= PLAIN)


def arguments(label: str, function: Callable[..., Any]) -> dict[str, Any]:
    """Arguments that the function answers."""
    found = {}
    for name in inspect.signature(function).parameters:
        fitting = [
            key for key in OTHERS if f"{label}.".startswith(f"{key}.") and name in OTHERS[key]
        ]
        found[name] = OTHERS[max(fitting, key=len)][name] if fitting else EXAMPLES[name]
    return found

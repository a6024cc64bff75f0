"""The names of parameters that mean the same in every figure and chapter, each declared once.

A figure takes them as the types of its arguments, and narrows the range where it allows less, or
says more where it means something special: ``Annotated[Draws, Ge(2), Doc("draws to average")]``.
A list is ``Sizes[FewSpins]``: its elements have the range, and the list has the meaning.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal, TypeVar

from annotated_types import Ge, Gt, Le, Len, Lt, MultipleOf, Unit
from typing_extensions import Doc

from spincat.shared.declarations import AtMost

T = TypeVar("T")

# -- the spins

Spins = Annotated[int, Ge(1), Doc("number of spins N"), Unit("1")]
SeveralSpins = Annotated[Spins, Ge(2)]
FewSpins = Annotated[SeveralSpins, Le(10)]
"""As many as the full master equation takes."""
EvenSpins = Annotated[Spins, MultipleOf(2), Ge(4)]
"""For two halves."""
Sizes = Annotated[Sequence[T], Doc("numbers of spins N")]

Theta = Annotated[float, Gt(0), Lt(math.pi), Doc("polar angle θ"), Unit("rad")]
Intensity = Annotated[float, Gt(0), Doc("value of |α|²"), Unit("1")]
Intensities = Annotated[Sequence[T], Doc("values of |α|²")]

# -- the drive

Eta = Annotated[float, Gt(0), Doc("strength η of the two-photon drive"), Unit("Gamma_2")]
Etas = Annotated[Sequence[T], Doc("strengths η of the two-photon drive")]
EtaMax = Annotated[float, Doc("largest strength η of the two-photon drive"), Unit("Gamma_2")]
Phase = Annotated[float, Doc("phase φ of the two-photon drive"), Unit("rad")]
H = Annotated[float, Gt(0), Doc("drive per spin h = η/(NΓ2)"), Unit("1")]
MeanFieldH = Annotated[H, Le(Fraction(1, 16))]
"""Where identical spins have a steady state in mean field (Eq. 25)."""
HeldH = Annotated[H, Lt(Fraction(1, 16))]
"""Where detuned spins can be held together in mean field."""
SphereH = Annotated[H, Le(Fraction(1, 8))]
"""Where a Bloch vector of length 1 has a fixed point."""
Hs = Annotated[Sequence[T], Doc("drives per spin h = η/(NΓ2)")]
HMax = Annotated[MeanFieldH, Doc("largest drive per spin h = η/(NΓ2)")]
DriveNumber = Annotated[int, Ge(1), Le(10_000), Doc("number of drives"), Unit("1")]

# -- detunings and their draws

Delta = Annotated[float, Ge(0), Doc("standard deviation δ of the detunings"), Unit("Gamma_2")]
Deltas = Annotated[Sequence[T], Doc("standard deviations δ of the detunings")]
DeltaMax = Annotated[float, Gt(0), Doc("largest detuning δ"), Unit("Gamma_2")]
DeltaNumber = Annotated[int, Ge(1), Le(10_000), Doc("number of detunings"), Unit("1")]
DeltaTime = Annotated[float, Ge(0), Doc("linewidth times time, δt"), Unit("1")]
Draws = Annotated[int, Ge(1), Doc("sets of random detunings"), Unit("1")]
ManyDraws = Annotated[Draws, Ge(2), Doc("sets of random detunings behind the mean")]
ExactDraws = Annotated[
    Draws, Ge(2), AtMost("draws_many"), Doc("how many of these are solved exactly")
]
Seed = Annotated[int, Ge(0), Doc("seed of the random numbers"), Unit("1")]

# -- times

Time = Annotated[float, Ge(0), Doc("time"), Unit("1/Gamma_2")]
Times = Annotated[Sequence[T], Doc("times")]
TMax = Annotated[float, Ge(0), Doc("last time"), Unit("1/Gamma_2")]
TimeNumber = Annotated[
    int, Ge(1), Le(100_000), Doc("number of times, equally spaced from 0 on"), Unit("1")
]
"""More than a picture can show."""

# -- two halves

InitialState = Literal["identical", "ground"]
"""The steady state of identical spins (δ = 0), or almost no coherence near the ground state."""
Start = Annotated[InitialState, Doc("initial state"), Unit("1")]
PhaseSpread = Annotated[float, Doc("phase spread ζ"), Unit("rad")]
InitialSpread = Annotated[
    PhaseSpread, Ge(-math.pi), Le(math.pi), Doc("phase spread ζ of the initial state")
]
Pairs = Annotated[Sequence[Annotated[Sequence[T], Len(2, 2)]], Doc("pairs of h and δ")]

# -- the cavity

Mixing = Annotated[float, Gt(0), Doc("ε = g/ω₀ of cavity and spins"), Unit("1")]
Nonlinearity = Annotated[float, Gt(0), Doc("nonlinearity χ⁽²⁾/ω₀ of the cavity"), Unit("1")]
Adiabaticity = Annotated[float, Gt(0), Doc("ratio of pair coupling and decay"), Unit("1")]
Frequency = Annotated[float, Gt(0), Doc("frequency"), Unit("MHz")]

NAMES = {
    "n_spins": Spins, "sizes": Sizes[Spins], "theta": Theta, "intensities": Intensities[Intensity],
    "eta": Eta, "etas": Etas[Eta], "eta_max": EtaMax, "phase": Phase,
    "h": H, "h_max": HMax, "n_eta": DriveNumber,
    "delta": Delta, "deltas": Deltas[Delta], "delta_max": DeltaMax, "n_delta": DeltaNumber,
    "delta_t": DeltaTime, "draws": Draws, "draws_many": ManyDraws, "exact_draws": ExactDraws,
    "seed": Seed, "times": Times[Time], "t_max": TMax, "n_times": TimeNumber,
    "initial_state": Start, "initial_spread": InitialSpread,
    "mixing": Mixing, "nonlinearity": Nonlinearity,
}  # fmt: skip
"""What each name of a parameter means, with its widest range."""

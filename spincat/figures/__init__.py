"""The figures: each module has ``compute(...) -> xarray.Dataset`` and ``draw(dataset)``.

One module per figure of the paper (`fig1` to `fig4`, each with what belongs to it), and one per
section for the figures that only the book has; `registry` has all of them by name.  It may import
every folder but `spincat.run`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader
import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from spincat.shared.files import complete
from spincat.shared.types import Parity

if TYPE_CHECKING:
    from spincat.figures import (
        appendix_a,
        appendix_c,
        fig1,
        fig2,
        fig3,
        fig4,
        registry,
        sec2,
        sec3_2,
        sec4_1,
        sec4_2_boundary,
        sec4_2_halves,
        sec5,
        vocabulary,
    )

STYLE = str(Path(__file__).with_name("spincat.mplstyle"))
"""The one Matplotlib style of the book, for ``plt.style.use``."""

COLOURS = {"coherent": "#555555", "even": "#0072b2", "odd": "#d55e00"}
"""Colours of the states, from the colour-blind-safe palette of Okabe and Ito."""

PARITIES: tuple[Parity, Parity] = ("even", "odd")
"""The two cats in the order in which every figure shows them."""


POINT = 100.0
"""Bytes of a point of a line, computed and drawn, in a picture of many."""


def describe(long_name: str, units: str = "1") -> dict[str, str]:
    """The attributes of a variable of a dataset: what it is, and in which unit."""
    return {"long_name": long_name, "units": units}


def save(
    figure: Figure,
    dataset: xr.Dataset,
    name: str,
    folder: str | Path = "figures",
    formats: Sequence[str] = ("pdf",),
) -> Path:
    """Write a figure in these ``formats`` and its data (NetCDF, CSV) to ``folder``; return that.

    Every file is written under a temporary name and then renamed, so none is ever half-written.
    Raises ``ValueError`` for a format other than pdf, svg and png.
    """
    folder = Path(folder)
    # no dates in the files: the same run gives the same bytes
    options: dict[str, dict[str, Any]] = {
        "pdf": {"metadata": {"CreationDate": None}},
        "svg": {"metadata": {"Date": None}},
        "png": {"dpi": 200},
    }
    for wanted in formats:
        if wanted not in options:
            raise ValueError(f"formats holds {wanted!r}; allowed: {', '.join(options)}")
    folder.mkdir(parents=True, exist_ok=True)
    engine = figure.get_layout_engine()
    for wanted in formats:
        with complete(folder / f"{name}.{wanted}") as path:
            figure.savefig(path, format=wanted, **options[wanted])
        # the other formats have the same layout; to find it takes as long as to draw it
        with mpl.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)
    figure.set_layout_engine(engine)
    with complete(folder / f"{name}.nc") as path:
        dataset.to_netcdf(path, engine="h5netcdf")
    with complete(folder / f"{name}.csv") as path:
        dataset.to_dataframe().to_csv(path)
    return folder


__all__ = [
    "COLOURS",
    "PARITIES",
    "STYLE",
    "appendix_a",
    "appendix_c",
    "describe",
    "fig1",
    "fig2",
    "fig3",
    "fig4",
    "registry",
    "save",
    "sec2",
    "sec3_2",
    "sec4_1",
    "sec4_2_boundary",
    "sec4_2_halves",
    "sec5",
    "vocabulary",
]
__getattr__, _, _ = lazy_loader.attach(__name__, set(__all__) - set(globals()))


def __dir__() -> list[str]:
    return __all__

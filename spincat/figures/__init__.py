"""The figures: each module has ``compute(...) -> xarray.Dataset`` and ``draw(dataset)``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

STYLE = str(Path(__file__).with_name("spincat.mplstyle"))
"""The one Matplotlib style of the book, for ``plt.style.use``."""

COLOURS = {"coherent": "#555555", "even": "#0072b2", "odd": "#d55e00"}
"""Colours of the states, from the colour-blind-safe palette of Okabe and Ito."""


def save(figure: Figure, dataset: xr.Dataset, name: str, folder: str | Path = "figures") -> Path:
    """Write a figure (PDF, SVG, PNG) and its data (NetCDF, CSV) to ``folder``, and return that.

    Every file is written under a temporary name and then renamed, so none is ever half-written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path], object]] = {
        # no dates in the files: the same run gives the same bytes
        "pdf": lambda path: figure.savefig(path, format="pdf", metadata={"CreationDate": None}),
        "svg": lambda path: figure.savefig(path, format="svg", metadata={"Date": None}),
        "png": lambda path: figure.savefig(path, format="png", dpi=200),
        "nc": lambda path: dataset.to_netcdf(path, engine="h5netcdf"),
        "csv": lambda path: dataset.to_dataframe().to_csv(path),
    }
    for suffix, write in writers.items():
        temporary = folder / f".{name}.{suffix}.{os.getpid()}"
        try:
            write(temporary)
            temporary.replace(folder / f"{name}.{suffix}")
        finally:
            temporary.unlink(missing_ok=True)
    return folder

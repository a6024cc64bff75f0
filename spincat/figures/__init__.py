"""The figures: each module has ``compute(...) -> xarray.Dataset`` and ``draw(dataset)``.

One module per figure of the paper (`fig1` to `fig4`, each with what belongs to it), and one per
section for the figures that only the book has; `registry` has all of them by name.  It may import
every folder but `spincat.run`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5netcdf
import lazy_loader
import matplotlib as mpl
import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure
from xarray.backends import H5NetCDFStore

from spincat.shared import files
from spincat.shared.types import Parity

if TYPE_CHECKING:
    from spincat.figures import (
        appendix_a,
        appendix_c,
        fig1,
        fig2,
        fig3,
        fig4,
        fixed_amplitude,
        many_spins,
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


MOST_OF_A_STYLE = 100_000
"""Bytes of a file with a style."""


_DRAWING = threading.RLock()


@contextmanager
def drawing() -> Iterator[None]:
    """Draw alone: Matplotlib's settings and its current figure are those of all threads."""
    with _DRAWING:
        yield


@contextmanager
def style(*more: Any) -> Iterator[None]:
    """Draw in the style of the book, whatever the user's own settings of Matplotlib are.

    ``more`` are further styles on top of it: names, paths or dictionaries.
    Other threads wait meanwhile.
    """
    with drawing(), plt.style.context(["default", STYLE, *more]):
        yield


def is_sheet(path: str) -> bool:
    """Tell whether there is a file that can be a style."""
    return os.path.isfile(path) and os.path.getsize(path) <= MOST_OF_A_STYLE


def check_styles(styles: Sequence[str]) -> None:
    """Raise ``ValueError`` for a style that Matplotlib does not have, or cannot read."""
    for wanted in styles:
        # Matplotlib reads whatever has a name: a device has no end, a pipe may never begin
        path = os.path.expanduser(wanted)
        is_name = wanted in ["default", *plt.style.available] or not os.path.exists(path)
        if ":" in wanted or not (is_name or is_sheet(path)):
            raise ValueError(f"style {wanted!r} is no file of at most {MOST_OF_A_STYLE} bytes")
        try:
            with style(wanted):
                pass
        except (OSError, ValueError) as error:
            raise ValueError(f"style {wanted!r}: {error}") from None


def describe(long_name: str, units: str = "1") -> dict[str, str]:
    """The attributes of a variable of a dataset: what it is, and in which unit."""
    return {"long_name": long_name, "units": units}


def netcdf(dataset: xr.Dataset) -> bytes:
    """Return what a NetCDF file of a dataset holds.

    A file that HDF5 writes itself ends the process, by a segmentation fault, where a disk is full.
    """
    buffer = BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        # `to_netcdf` would ask Dask for a lock on the buffer, which no other process knows
        dataset.dump_to_store(H5NetCDFStore(file))
    return buffer.getvalue()


def save(
    figure: Figure,
    dataset: xr.Dataset,
    name: str,
    folder: str | Path = "figures",
    formats: Sequence[str] = ("pdf",),
) -> Path:
    """Write a figure in these ``formats`` and its data (NetCDF, CSV) to ``folder``; return that.

    Every file is complete or as it was, and where one cannot be made or written, all are.
    Raises ``ValueError`` for a format other than pdf, svg and png, and ``OSError`` with the name
    of a file that cannot be written.
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
    contents: dict[Path, bytes] = {}
    engine = figure.get_layout_engine()
    for wanted in formats:
        picture = BytesIO()
        figure.savefig(picture, format=wanted, **options[wanted])
        contents[folder / f"{name}.{wanted}"] = picture.getvalue()
        # the other formats have the same layout; to find it takes as long as to draw it
        with mpl.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)
    figure.set_layout_engine(engine)
    contents[folder / f"{name}.nc"] = netcdf(dataset)
    contents[folder / f"{name}.csv"] = dataset.to_dataframe().to_csv().encode()
    folder.mkdir(parents=True, exist_ok=True)
    files.write(contents)
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
    "fixed_amplitude",
    "many_spins",
    "netcdf",
    "registry",
    "save",
    "sec2",
    "sec3_2",
    "sec4_1",
    "sec4_2_boundary",
    "sec4_2_halves",
    "sec5",
    "style",
    "vocabulary",
]
__getattr__, _, _ = lazy_loader.attach(__name__, set(__all__) - set(globals()))


def __dir__() -> list[str]:
    return __all__

"""Datasets over a grid of parameters: joined from those of the points, and drawn as lines."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from spincat import figures
from spincat.shared.declarations import Value, suggestion
from spincat.shared.types import Floats

NUMBER = "_number"
"""End of the name of a dimension along which coordinates differ from point to point."""
ROUNDING = 1e-12
"""Relative difference of coordinates that are the same but for another processor's rounding."""


def join(datasets: list[xr.Dataset], grid: Mapping[str, Sequence[Value]]) -> xr.Dataset:
    """Return one dataset of those at the points of a grid, the last parameter running fastest.

    Each parameter of the grid is a dimension.  If it is a list, its values have one element each,
    and a dimension of the datasets may hold it already, as ``delta`` does for ``deltas``.
    Real coordinates that differ from point to point, as ``time`` does if ``t_max`` is swept, have a
    row for each point, over a dimension ``time_number``; shorter rows end with NaN.  Others are
    united, with NaN where a point has no value.
    """
    datasets = _numbered(datasets)
    for name, values in reversed(list(grid.items())):
        datasets = [
            _concatenated(datasets[start : start + len(values)], name, values)
            for start in range(0, len(datasets), len(values))
        ]
    return datasets[0]


def check_variable(variable: str, known: Iterable[str]) -> None:
    """Raise ``ValueError`` for an unknown variable, naming the nearest."""
    names = list(known)
    if variable not in names:
        raise ValueError(f"no variable {variable!r}{suggestion(variable, names)}")


def check_dimensions(array: xr.DataArray, more: int = 0) -> None:
    """Raise ``ValueError`` unless one to four dimensions, and ``more``, have several numbers."""
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{array.name} has values of type {array.dtype}; allowed: real numbers")
    dims = array.squeeze().dims
    if not 1 <= len(dims) + more <= 4:
        swept = f" and {more} of the grid" if more else ""
        raise ValueError(
            f"{array.name} has the dimensions {dims}{swept}; allowed: one to four in all"
        )


def plot(dataset: xr.Dataset, variable: str, grid: Mapping[str, object]) -> Figure:
    """Draw a variable of a swept dataset as lines: colours for the swept values, panels for others.

    Raises ``ValueError`` for an unknown variable, or one of more than four dimensions.
    """
    check_variable(variable, map(str, dataset.data_vars))
    check_dimensions(dataset[variable])
    array = dataset[variable].squeeze()
    numeric = [dim for dim in array.dims if array[dim].dtype.kind in "iuf"] or [array.dims[0]]
    axis = max(numeric, key=lambda dim: (dim not in grid, array.sizes[dim]))
    along = str(axis).removesuffix(NUMBER)
    others = sorted((dim for dim in array.dims if dim != axis), key=lambda dim: dim not in grid)
    roles = dict(zip(("hue", "col", "row"), others, strict=False))
    with figures.style({"figure.constrained_layout.use": False}):
        plt.switch_backend("Agg")
        if array.ndim <= 2:
            plt.figure()
        array.plot.line(x=along if along in array.coords else axis, **roles)  # type: ignore[call-overload]
        return plt.gcf()


def _numbered(datasets: list[xr.Dataset]) -> list[xr.Dataset]:
    """Give real coordinates that differ from point to point a dimension of their own."""
    first = datasets[0]
    for dim in [dim for dim in first.dims if dim in first.coords and first[dim].dtype.kind == "f"]:
        rows = [dataset[dim].values for dataset in datasets if dim in dataset.coords]
        if len(rows) < len(datasets) or len(first[dim]) == 1:
            continue
        if all(_same(row, rows[0]) for row in rows):
            datasets = [dataset.assign_coords({dim: first[dim]}) for dataset in datasets]
            continue
        number = f"{dim}{NUMBER}"
        datasets = [dataset.rename_dims({dim: number}).reset_index(dim) for dataset in datasets]
        longest = max(map(len, rows))
        datasets = [
            dataset.pad({number: (0, longest - dataset.sizes[number])}) for dataset in datasets
        ]
    return datasets


def _same(row: Floats, other: Floats) -> bool:
    """Whether these are the same numbers but for rounding."""
    return row.shape == other.shape and np.allclose(row, other, rtol=ROUNDING, atol=0)


def _concatenated(datasets: list[xr.Dataset], name: str, values: Sequence[Value]) -> xr.Dataset:
    labels = [value[0] if isinstance(value, list) else value for value in values]
    known = (dim for dim in datasets[0].dims if _is_axis(datasets, dim, labels))
    dim: Any = next(known, None) if isinstance(values[0], list) else None
    if dim is None:
        taken = {*datasets[0].data_vars, *datasets[0].dims}
        new = f"swept_{name}" if name in taken else name
        datasets = [dataset.drop_vars(new, errors="ignore") for dataset in datasets]
        dim = xr.DataArray(labels, dims=new, name=new, attrs={"long_name": name})
    return xr.concat(
        datasets, dim, join="outer", data_vars="all", coords="different", compat="equals",
        combine_attrs="drop_conflicts",
    )  # fmt: skip


def _is_axis(datasets: list[xr.Dataset], dim: Hashable, labels: list[Any]) -> bool:
    """Tell whether a dimension of length one holds the swept value already."""
    return all(
        dataset.sizes.get(dim) == 1 and dim in dataset.coords and dataset[dim].item() == label
        for dataset, label in zip(datasets, labels, strict=True)
    )

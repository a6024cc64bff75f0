"""What the tests of figures share: their baselines, tolerances and style."""

from pathlib import Path

import pytest

from spincat import figures

BASELINE = Path(__file__).parent / "baseline"
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}

picture = pytest.mark.mpl_image_compare(baseline_dir="baseline", style=figures.STYLE, tolerance=2)


def columns(dataset):
    """Every variable of a dataset as flat columns, one per combination of the other dimensions."""
    frame = dataset.to_dataframe().unstack(list(dataset.sizes)[:-1])
    return {"_".join(map(str, name)): values.to_numpy() for name, values in frame.items()}

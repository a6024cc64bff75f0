"""Fig. 3 and what goes beyond it, by numbers (tests/baseline/*.csv) and by pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import fig3, sec4_1
from spincat.master_equation import coherence_decay, dicke_amplitude
from spincat.shared.declarations import parameters_of

# Modes and steady states come from sparse solves of matrices with a condition number up to 1e6.
TOLERANCE = {"rtol": 1e-6, "atol": 1e-9}

SMALL = {"n_spins": 24, "eta_max": 3.6, "times": (10.0, 1e3), "n_eta": 6}
MAKE = {
    "fig3": lambda: fig3.compute(**SMALL),
    "fig3_wigner": lambda: fig3.compute_wigner(24, (1.2, 2.9), 100.0, 9),
    "coherence_rates": lambda: sec4_1.compute_rates((8, 25), (0.02, 0.06, 0.1)),
    "spin_inversion": lambda: sec4_1.compute_inversion((8, 25), (0.02, 0.06)).drop_dims("line"),
    "spin_length": lambda: sec4_1.compute_length((8, 25), 0.05, 3.0, 5),
    "beyond_eq_25": lambda: sec4_1.compute_beyond(100, (0.05, 0.08), 8.0, 5),
}
DRAW = {
    "fig3": lambda: fig3.draw(MAKE["fig3"]()),
    "fig3_observables": lambda: fig3.draw_observables(MAKE["fig3"]()),
    "fig3_wigner": lambda: fig3.draw_wigner(fig3.compute_wigner(24, (1.2, 2.9), 100.0, 41)),
    "coherence_rates": lambda: sec4_1.draw_rates(MAKE["coherence_rates"]()),
    "spin_inversion": lambda: sec4_1.draw_inversion(
        sec4_1.compute_inversion((8, 25), (0.02, 0.06))
    ),
    "spin_length": lambda: sec4_1.draw_length(sec4_1.compute_length((8, 25), n_times=12)),
    "beyond_eq_25": lambda: sec4_1.draw_beyond(sec4_1.compute_beyond(100, n_times=201)),
}


@pytest.mark.parametrize("name", MAKE)
def test_data(name, num_regression):
    num_regression.check(
        columns(MAKE[name]()), default_tolerance=TOLERANCE, fullpath=BASELINE / f"{name}.csv"
    )


@picture
@pytest.mark.parametrize("name", DRAW)
def test_picture(name):
    with plt.style.context(figures.STYLE):
        return DRAW[name]()


def test_the_paper_s_parameters_are_the_defaults():
    assert parameters_of(fig3.compute)[0].default == 100
    assert [known.default for known in parameters_of(fig3.compute_wigner)[:2]] == [100, [5.0, 12.0]]


def test_datasets_are_complete():
    for make in MAKE.values():
        dataset = make()
        assert "spincat_version" in dataset.attrs
        for variable in dataset.variables.values():
            assert variable.dtype.kind != "f" or {"long_name", "units"} <= set(variable.attrs)


def test_figure_3_is_the_amplitude():
    dataset = fig3.compute(**SMALL).isel(eta=3)
    eta = float(dataset["eta"])
    for name, observable in (("amplitude", "boson"), ("dipole", "dipole")):
        expected = dicke_amplitude.amplitude(24, eta, [10.0, 1e3], observable)
        np.testing.assert_allclose(dataset[name], expected)
    assert dataset["rate"] == pytest.approx(coherence_decay.coherence_decay_rate(24, eta))


def test_the_spins_leave_the_product_state_where_their_fluctuations_have_settled():
    """1 - ℓ = (1 - m)²/(Nm): the loss of a single emitter against the contraction 8ηm."""
    dataset = sec4_1.compute_length((50, 100), 0.05, 10.0, 4)
    m = np.sqrt(1 - 8 * 0.05)
    for n_spins, within in ((50, 0.08), (100, 0.04)):
        end = float(dataset["quantum"].sel(n_spins=n_spins)[-1])
        assert end == pytest.approx((1 - m) ** 2 / (n_spins * m), rel=within)
    early = dataset.isel(time=0)
    np.testing.assert_allclose(early["quantum"], early["product"], rtol=0.03)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="n_eta = 0"):
        fig3.compute(n_eta=0)
    with pytest.raises(ValueError, match="n_grid = 0"):
        fig3.compute_wigner(n_grid=0)
    with pytest.raises(ValueError, match=r"h = 0\.2; allowed: above 0 and at most 1/8"):
        sec4_1.compute_rates((8,), (0.2,))

"""The response, the density and the chain of a line, by quadrature and by Lanczos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from spincat.model.broadening import Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.model.line import density, hops, response

KINDS = [Gaussian, Uniform, Lorentzian, TwoPoint]
WITH_CHAIN = [Gaussian, Uniform, TwoPoint]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@each_kind
@pytest.mark.parametrize("omega", [0.1 + 0.2j, -0.7 + 0.4j, 3.0 + 0.5j])
def test_the_response_is_the_transform_of_the_characteristic_function(kind, omega):
    line = kind(0.4)

    def wave(t, part):
        decay = np.exp(-omega.imag * t) * line.characteristic(t)
        return float(part(omega.real * t) * decay)

    parts = [quad(wave, 0, 80, args=(part,), limit=1000)[0] for part in (np.cos, np.sin)]
    assert response(line, omega) == pytest.approx(-1j * complex(*parts), abs=1e-7)


@each_kind
@given(omega=st.complex_numbers(max_magnitude=3.0).filter(lambda w: w.imag > 0.05))
def test_the_response_is_a_mean_over_the_nodes(kind, omega):
    """Gauss quadrature converges away from the real axis."""
    line = kind(0.02)  # so that the frequencies are outside of most of the line
    nodes, weights = line.nodes(2000 if kind is Lorentzian else 60)
    mean = np.sum(weights / (omega - nodes))
    assert response(line, omega) == pytest.approx(mean, rel=2e-2 if kind is Lorentzian else 1e-7)


@each_kind
@given(real=st.floats(0.01, 5.0), imaginary=st.floats(0.0, 3.0))
def test_the_response_is_causal_and_that_of_a_symmetric_line(kind, real, imaginary):
    line = kind(0.3)
    if imaginary == 0 and min(abs(real - 0.3), abs(real - np.sqrt(0.27))) < 1e-6:
        return  # where it is infinite
    left, right = response(line, [-real + 1j * imaginary, real + 1j * imaginary])
    assert right.imag <= 0
    assert left == pytest.approx(-np.conj(right), rel=1e-12)


@each_kind
@pytest.mark.parametrize("real", [0.1, 0.45, 2.0])
def test_the_real_axis_is_the_limit_from_above(kind, real):
    on, above = response(kind(0.3), [real, real + 1e-9j])
    assert on == pytest.approx(above, abs=1e-6)


@pytest.mark.parametrize(
    ("line", "law"),
    [
        (Gaussian(0.7), stats.norm(0, 0.7)),
        (Uniform(0.7), stats.uniform(-np.sqrt(3) * 0.7, 2 * np.sqrt(3) * 0.7)),
        (Lorentzian(0.7), stats.cauchy(0, 0.7)),
    ],
)
def test_the_density_is_that_of_the_law(line, law):
    detunings = np.linspace(-3, 3, 42)
    np.testing.assert_allclose(density(line, detunings), law.pdf(detunings), rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("kind", WITH_CHAIN)
def test_the_hops_are_those_of_lanczos_on_the_nodes(kind):
    nodes, weights = kind(0.3).nodes(40)
    order = 2 if kind is TwoPoint else 12
    expected = lanczos(nodes, np.sqrt(weights), order)
    np.testing.assert_allclose(hops(kind(0.3), order), expected, rtol=1e-9, atol=1e-15)


def lanczos(diagonal, start, order):
    """Off-diagonal elements of the tridiagonal form, orthogonalised twice."""
    basis, found = [start], []
    for _ in range(order):
        new = diagonal * basis[-1]
        for _ in range(2):
            for vector in basis:
                new = new - (vector @ new) * vector
        found.append(np.linalg.norm(new))
        if found[-1] < 1e-12:
            return [*found[:-1], *[0.0] * (order - len(found) + 1)]
        basis.append(new / found[-1])
    return found


@pytest.mark.parametrize("kind", WITH_CHAIN)
def test_the_chain_has_the_characteristic_function(kind):
    """The amplitude of an excitation that starts on the first site."""
    t = hops(kind(0.3), 60)
    energies, modes = np.linalg.eigh(np.diag(t, 1) + np.diag(t, -1))
    for time in (1.0, 5.0, 12.0):
        amplitude = np.sum(modes[0] ** 2 * np.cos(energies * time))
        assert amplitude == pytest.approx(float(kind(0.3).characteristic(time)), abs=1e-12)


@each_kind
@pytest.mark.parametrize("delta", [0.0, 1e-200, 1e-60])
def test_a_line_without_width_is_a_pole(kind, delta):
    assert response(kind(delta), 0.5 + 0.1j) == pytest.approx(1 / (0.5 + 0.1j))
    assert density(kind(delta), 0.5) == pytest.approx(0, abs=1e-50)


@pytest.mark.parametrize("kind", WITH_CHAIN)
def test_a_line_without_width_has_no_hops(kind):
    assert not hops(kind(0.0), 4).any()


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"-1j.*; allowed: an imaginary part"):
        response(Gaussian(0.1), -1j)
    with pytest.raises(ValueError, match=r"omega = 0.1; .*finite"):
        response(TwoPoint(0.1), 0.1)
    with pytest.raises(ValueError, match=r"omega = 0; .*finite"):
        response(Gaussian(0.0), 0)
    with pytest.raises(ValueError, match=r"detunings = 0\.1.*finite"):
        density(TwoPoint(0.1), 0.1)
    with pytest.raises(ValueError, match=r"Lorentzian.*finite moments"):
        hops(Lorentzian(0.1), 3)
    with pytest.raises(ValueError, match="order = 0"):
        hops(Gaussian(0.1), 0)
    with pytest.raises(ValueError, match="line = 'gaussian'"):
        response("gaussian", 1.0)

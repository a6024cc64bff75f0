"""The exponential of an operator as a Newton series at Leja points."""

import numpy as np

from spincat.shared.leja import coefficients, expansion, leja_points


def test_newton_form_of_the_exponential():
    """The interpolation reproduces exp(tz) on its region, and the integrals bound it."""
    spectrum = np.array([0, -2 + 1j, -2 - 1j, -5, -6 + 2j, -6 - 2j])
    points = leja_points(spectrum, 0.1, 300)
    times = np.array([0.0, 1.0, 30.0, 100.0])
    table, integral = coefficients(points.a, points.beta, points.gamma, 0.3, times)
    q, older = np.ones(6, dtype=complex), np.zeros(6, dtype=complex)
    value = np.zeros((4, 6), dtype=complex)
    for k in range(len(points.a)):
        value += table[:, k, None] * q
        q, older = ((spectrum - points.a[k]) * q + points.beta[k] * older) / points.gamma, q
    np.testing.assert_allclose(value, np.exp(np.outer(times, spectrum)), atol=1e-12)
    assert np.all(integral >= 0)
    plan = expansion(spectrum, 0.1, times[::-1], 1e-8)
    assert plan.segments == 1
    np.testing.assert_allclose(plan.table[-1, :3], [1, 0, 0], atol=1e-15)

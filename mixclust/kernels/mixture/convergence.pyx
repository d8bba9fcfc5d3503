"""Convergence of a run of EM, judged by the gain that is still to come, not by the last gain.

Near its end EM converges linearly: every gain of the bound is the one before times a rate. Aitken's
extrapolation adds up all gains that follow [1]_. The rate here is the largest of the last few, so
that a run does not end where gains grow (a plateau) or shrink unevenly. If gains hardly shrink or
even grow, the gains of the next hundred iterations count.

References
----------
.. [1] G. McLachlan and D. Peel, "Finite Mixture Models", section 2.11, Wiley, 2000.
"""
from libc.math cimport INFINITY, fabs

cdef enum:
    N_RATES = 3     # ratios of consecutive gains, of which the largest counts
    N_AHEAD = 100   # iterations to come that count, at most

# A gain of no more than this share of one plus the bound is rounding.
cdef double ROUNDING = 1e-13


cdef double gain_to_come(
    const double* bounds,       # IN   (n_bounds,) in the order of iterations
    Py_ssize_t n_bounds,
) noexcept nogil:
    """Extrapolated gain after the last bound; infinite if there are too few bounds.

    After a fall, or a gain that is rounding, the gain to come is the size of that change: a fall
    is due to rounding or to the floor.
    """
    cdef Py_ssize_t i
    cdef double before, gain, rate = 0
    if n_bounds < 2:
        return INFINITY
    gain = bounds[n_bounds - 1] - bounds[n_bounds - 2]
    if gain <= ROUNDING * (1 + fabs(bounds[n_bounds - 1])):
        return fabs(gain)
    if n_bounds < N_RATES + 2:
        return INFINITY
    for i in range(n_bounds - N_RATES, n_bounds):
        before = bounds[i - 1] - bounds[i - 2]
        if not before > 0:
            return INFINITY
        rate = max(rate, (bounds[i] - bounds[i - 1]) / before)
    return gain * (rate / (1 - rate) if rate * (N_AHEAD + 1) < N_AHEAD else N_AHEAD)


def extrapolate_gain(const double[::1] bounds):
    """Gain that a run of EM still has to come, in nats a row.

    Parameters
    ----------
    bounds : ndarray of shape (n_bounds,), float64
        Mean log-likelihood of a row in every iteration.

    Returns
    -------
    float
        At least zero; infinite if the run is too short, or fell in one of the last iterations.
    """
    return gain_to_come(&bounds[0], bounds.shape[0]) if bounds.shape[0] else INFINITY

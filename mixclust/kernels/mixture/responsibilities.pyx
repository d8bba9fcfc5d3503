"""From log-densities to responsibilities: log-sum-exp over the components of a strip.

Noise is one more term of the sum, a density that is the same for every row. Without noise its
logarithm is -DBL_MAX.
"""
from ..core.elementary cimport exp_lanes, log_lanes
from ..core.simd cimport (
    F64_LANES, f64v, f64v_load, f64v_max, f64v_set, f64v_store, f64v_sum, f64v_where_less,
)

cdef extern from "<float.h>":
    const double DBL_MAX

cdef enum:
    SIDE = 3    # vectors side by side: each sum waits for its last addition

# exp returns zero below minus this number.
cdef double DEEPEST = 708.05


cdef double normalise(
    double* log_density,        # INOUT (n_components, height) in, weighted responsibilities out
    Py_ssize_t n_components,
    Py_ssize_t height,          # IN    a multiple of SIDE vectors
    const double* weights,      # IN    (height,) 0 behind the last row
    double log_noise,           # IN    log-density plus log weight of noise, or -DBL_MAX
    double* log_prob,           # OUT   (height,) log of the sum of the densities
    double* noise_count,        # INOUT the weighted responsibilities of noise are added; or NULL
) noexcept nogil:
    """Turn log-densities into responsibilities; returns the weighted log-likelihood in nats.

    The row's maximum is subtracted before exp. If every density of a row is zero, since the row is
    too far from all means, or NaN, since the row is not finite, its log-probability is -DBL_MAX
    and its responsibilities are zero.
    """
    cdef Py_ssize_t i = 0, k, v, L = F64_LANES
    cdef f64v largest[SIDE]
    cdef f64v total[SIDE]
    cdef f64v factor[SIDE]
    cdef f64v noise[SIDE]
    cdef f64v value, sums = f64v_set(0), noise_sums = f64v_set(0)
    cdef double* column
    cdef bint has_noise = log_noise > -DBL_MAX
    while i < height:
        for v in range(SIDE):
            largest[v] = f64v_set(log_noise)
            total[v] = f64v_set(0)
        for k in range(n_components):
            column = log_density + k * height + i
            for v in range(SIDE):
                largest[v] = f64v_max(f64v_load(column + v * L), largest[v])
        for k in range(n_components):
            column = log_density + k * height + i
            for v in range(SIDE):
                value = exp_lanes(f64v_load(column + v * L) - largest[v])
                total[v] = total[v] + value
                f64v_store(column + v * L, value)
        if has_noise:
            for v in range(SIDE):
                noise[v] = exp_lanes(f64v_set(log_noise) - largest[v])
                total[v] = total[v] + noise[v]
        for v in range(SIDE):
            # The largest density adds 1; a total below 1 belongs to a row without any density.
            total[v] = f64v_max(total[v], f64v_set(1))
            value = largest[v] + log_lanes(total[v])
            f64v_store(log_prob + i + v * L, value)
            factor[v] = f64v_load(weights + i + v * L)
            sums = sums + factor[v] * value
            factor[v] = factor[v] / total[v]
        for k in range(n_components):
            column = log_density + k * height + i
            for v in range(SIDE):
                f64v_store(column + v * L, factor[v] * f64v_load(column + v * L))
        if has_noise:
            for v in range(SIDE):
                noise_sums = noise_sums + factor[v] * noise[v]
        i += SIDE * L
    if has_noise and noise_count != NULL:
        noise_count[0] += f64v_sum(noise_sums)
    return f64v_sum(sums)


cdef void measure_reach(
    const double* log_prob,     # IN   (height,)
    const double* weights,      # IN   (height,)
    Py_ssize_t height,          # IN   a multiple of the lanes
    double largest,             # IN   largest constant of a log-density
    double* reach,              # OUT  (height,)
) noexcept nogil:
    """Upper bound of the squared distance of each row to a mean, per unit weight.

    A squared distance is ``2 (constant - log density)``. A component with a responsibility above
    zero has a log-density of at least `log_prob` less `DEEPEST`.
    """
    cdef Py_ssize_t i, v, L = F64_LANES
    cdef f64v bound, w, zero = f64v_set(0)
    for v in range(height // L):
        i = v * L
        w = f64v_load(weights + i)
        bound = f64v_set(2 * DEEPEST + 1) + f64v_set(2) * f64v_max(
            f64v_set(largest) - f64v_load(log_prob + i), zero
        )
        f64v_store(reach + i, f64v_where_less(zero, w, bound / w, zero))


cdef double likeliest(
    const double* log_density,  # IN   (n_components, height)
    Py_ssize_t n_components,
    Py_ssize_t height,          # IN   a multiple of the lanes
    Py_ssize_t otherwise,       # IN   the component of rows without a density above zero
    double log_noise,           # IN   log-density plus log weight of noise, or -DBL_MAX
    double* labels,             # OUT  (height,) as doubles
) noexcept nogil:
    """The component of largest density, -1 for noise; the lowest index wins a tie, noise none.

    Returns -DBL_MAX or less if a row of the strip has no density above zero, else 0.
    """
    cdef Py_ssize_t i, k, v, L = F64_LANES
    cdef f64v value, largest, label, lost = f64v_set(0), none = f64v_set(-DBL_MAX)
    for v in range(height // L):
        i = v * L
        largest = f64v_max(f64v_load(log_density + i), none)
        label = f64v_set(0)
        for k in range(1, n_components):
            value = f64v_load(log_density + k * height + i)
            label = f64v_where_less(largest, value, f64v_set(<double>k), label)
            largest = f64v_max(value, largest)
        label = f64v_where_less(none, largest, label, f64v_set(<double>otherwise))
        label = f64v_where_less(largest, f64v_set(log_noise), f64v_set(-1), label)
        f64v_store(labels + i, label)
        lost = lost + f64v_where_less(none, largest, f64v_set(0), none)
    return f64v_sum(lost)

# cython: cdivision=True
"""exp and log of every lane of a vector, by range reduction and a polynomial.

The coefficients interpolate at Chebyshev's nodes, in forty digits: ``exp(r) = 1 + r + r^2 q(r)``
for ``|r| <= log(2) / 2`` to 2e-17, ``log((1 + s) / (1 - s)) = 2 s + s^3 g(s^2)`` for
``|s| <= 0.172`` to 5e-18. The rest is rounding: about one unit in the last place.
"""
from .simd cimport (
    ROUND_TO_INTEGER, f64v, f64v_max, f64v_power_of_two, f64v_set, f64v_split,
)


cdef inline f64v exp_lanes(f64v x) noexcept nogil:
    """``e^x`` for x of at most 709; 0 below -708.05, where doubles begin to lose digits."""
    # Twice the polynomial times half the power: below that n is -1022, and 2^(n - 1) has the bits
    # of zero.
    cdef f64v bounded = f64v_max(x, f64v_set(-708.5))
    cdef f64v shifted = (
        bounded * f64v_set(1.4426950408889634074) + f64v_set(ROUND_TO_INTEGER + 1022.0)
    )
    cdef f64v n = shifted - f64v_set(ROUND_TO_INTEGER + 1022.0)
    # log(2) in two parts, of which the first has so few digits that n times it is exact.
    cdef f64v r = (
        bounded - n * f64v_set(6.93147180369123816490e-01)
        - n * f64v_set(1.90821492927058770002e-10)
    )
    cdef f64v r2 = r * r
    cdef f64v r4 = r2 * r2
    cdef f64v low = (
        (f64v_set(0.50000000000000010221) + r * f64v_set(0.16666666666666667453))
        + r2 * (f64v_set(0.041666666666624127873) + r * f64v_set(0.0083333333333300618325))
    )
    cdef f64v high = (
        (f64v_set(0.0013888888917213716901) + r * f64v_set(0.00019841269863053616878))
        + r2 * (f64v_set(0.000024801521295954375131) + r * f64v_set(2.7557268459997064772e-6))
        + r4 * (f64v_set(2.7620088445409748161e-7) + r * f64v_set(2.5100385495510319078e-8))
    )
    cdef f64v expm1 = r + r2 * (low + r4 * high)
    return (f64v_set(2.0) + f64v_set(2.0) * expm1) * f64v_power_of_two(shifted)


cdef inline f64v log_lanes(f64v x) noexcept nogil:
    """``log(x)`` for positive normal x."""
    cdef f64v exponent
    cdef f64v f = f64v_split(x, &exponent) - f64v_set(1.0)
    cdef f64v s = f / (f64v_set(2.0) + f)
    cdef f64v z = s * s
    cdef f64v z2 = z * z
    cdef f64v g = (
        (f64v_set(0.66666666666666696969) + z * f64v_set(0.39999999999899197894))
        + z2 * (f64v_set(0.28571428626114518292) + z * f64v_set(0.22222211112104947364))
        + z2 * z2 * (
            (f64v_set(0.18182890778026130313) + z * f64v_set(0.15331666676597174341))
            + z2 * f64v_set(0.14617128399807299883)
        )
    )
    # f - f^2/2 + s (f^2/2 + z g) is 2 s + s z g with the digits of f.
    cdef f64v half = f64v_set(0.5) * f * f
    return exponent * f64v_set(6.93147180369123816490e-01) + (
        f - (half - (s * (half + z * g) + exponent * f64v_set(1.90821492927058770002e-10)))
    )

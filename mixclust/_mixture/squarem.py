"""EM in fewer passes: extrapolation from two steps to a third (SQUAREM) [1]_.

With the steps ``r = M(t) - t`` and ``v = M(M(t)) - M(t) - r`` of the map M that an EM iteration is,
``t - 2 a r + a^2 v`` with ``a = -|r| / |v|`` lies farther along their curve. A point of
lower likelihood than M(t) is thrown away, so the likelihood never falls and the fixed points are
EM's. Parameters are extrapolated without bounds: logarithms of weights and of the diagonal of
the precisions' Cholesky factors, means in standard deviations of the features.

References
----------
.. [1] R. Varadhan and C. Roland, "Simple and globally convergent methods for accelerating the
   convergence of any EM algorithm", Scandinavian Journal of Statistics 35, 2008.
"""

import numpy as np

from ..kernels.mixture.convergence import extrapolate_gain

__all__ = ["run_squarem"]


def run_squarem(data, kernel, max_iter, tol, history, stop_at_collapse, watch):
    """Iterate as ``kernel.run`` does, with an extrapolation after every two iterations.

    Convergence is judged by whole rounds of two iterations and an extrapolation, since the gains
    within a round do not shrink at one rate.

    Parameters
    ----------
    data : MixtureData
    kernel : kernels.mixture.em.EM
    max_iter, tol, history, stop_at_collapse, watch
        As for the kernel's `run`. A pass to a point that is thrown away counts as an iteration
        towards `max_iter` alone.

    Returns
    -------
    lower_bounds : list of float
        Without the bounds of points that were thrown away, so that they never fall.
    converged : bool
    n_collapsed : int
    """
    bounds, rounds, to_come = [], list(history[-1:]), np.inf
    n_passes, converged, n_collapsed = 0, False, 0

    def step():
        """One iteration; returns whether it is the last one."""
        nonlocal n_passes, converged, n_collapsed, to_come
        found, _, collapsed = kernel.run(1, 0.0, resume=n_passes > 0)
        n_passes += 1
        if not found:
            to_come = kernel.fell
            converged = to_come < tol
            return True
        n_collapsed = collapsed
        bounds.extend(found)
        stopped = watch is not None and watch(len(bounds), found[0])
        return stopped or (stop_at_collapse and n_collapsed) or n_passes == max_iter

    start = _free(data, data.parameters(kernel))
    while not step():
        first = _free(data, data.parameters(kernel))
        if step():
            break
        rounds.append(bounds[-1])
        to_come = extrapolate_gain(np.array(rounds))
        converged = to_come < tol
        if converged:
            break
        plain = data.parameters(kernel)
        second = _free(data, plain)
        r, v = first - start, second - 2 * first + start
        length, bend = np.linalg.norm(r), np.linalg.norm(v)
        start = second
        if not (np.isfinite(length + bend) and length > bend > 0):
            continue  # no farther than the second step itself
        a = -length / bend
        try:
            # An infinite point is thrown away.
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                farther = _bound(data, first - r - 2 * a * r + a * a * v, plain)
        except np.linalg.LinAlgError:
            continue  # the point is so far away that its precisions are singular
        data.use(kernel, farther)
        trial = _try(kernel, n_collapsed)
        n_passes += 1
        if trial >= bounds[-1]:
            bounds.append(trial)
            if (watch is not None and watch(len(bounds), trial)) or n_passes == max_iter:
                break
            start = _free(data, data.parameters(kernel))
        else:
            data.use(kernel, plain)
            kernel.fell = 0  # the extrapolation did, not the run
            if n_passes == max_iter:
                break
    kernel.gain_to_come = to_come
    return bounds, converged, n_collapsed


def _try(kernel, n_collapsed):
    """One iteration from a point that may be anywhere: its likelihood, or minus infinity where
    that is worse than before, or more components collapse than had already."""
    found, _, n_found = kernel.run(1, 0.0, resume=True)
    good = found and n_found <= n_collapsed and np.isfinite(found[0])
    return found[0] if good else -np.inf


def _free(data, parameters):
    """Parameters as one vector without bounds and without units."""
    scales = data.scales
    weights = parameters.all_weights
    weights = np.log(np.where(weights > 0, weights, 1.0))
    means = (parameters.means - data.shift) / scales
    factors = data.structure.to_free(parameters.precisions_cholesky, scales)
    return np.concatenate([weights, means.ravel(), factors])


def _bound(data, vector, like):
    """Parameters from a vector that `_free` could have made, of the shapes of `like`.

    A component without weight in `like` stays without weight. Covariances are copied from `like`;
    the next iteration computes new ones from the factors.
    """
    scales = data.scales
    n_components, n_features = like.means.shape
    before = like.all_weights
    ends = np.cumsum([len(before), n_components * n_features])
    weights, means, factors = np.split(vector, ends)
    present = before > 0
    weights = np.where(present, np.exp(weights - weights[present].max()), 0.0)
    means = means.reshape(like.means.shape) * scales + data.shift
    factors = data.structure.from_free(factors, like.precisions_cholesky.shape, scales)
    factors = data.structure.keep_absent(factors, like.precisions_cholesky, present[:n_components])
    weights /= weights.sum()
    noise_weight = float(weights[n_components:].sum())
    return like._replace(
        weights=weights[:n_components],
        means=means,
        precisions_cholesky=factors,
        noise_weight=noise_weight,
    )

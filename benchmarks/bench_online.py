"""Online EM against EM: the likelihood that two epochs of `partial_fit` reach, and their time.

    python benchmarks/bench_online.py

A million rows of 10 features from 20 overlapping Gaussians, in batches of 10,000, for some
structures. The stream and EM begin with the parameters that a start on the first batch finds. The
loss is the mean log-likelihood of a row, in nats, that EM has more, which goes on from that start
over all rows until it converges. "steps" takes both epochs with the decreasing steps that are the
default; "exact" takes the second one with ``forgetting_factor=1``, so that all its rows count
alike. The ratio is the time of two epochs over that of two iterations of EM, in interleaved rounds;
the ratio of CPU seconds of all threads is disturbed less by other processes.
The last table is a stream that drifts: the loss of its last batches against a mixture fitted to
these, for several forgetting factors.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import time
import warnings

import numpy as np

from mixclust import ConvergenceWarning, GaussianMixture

N_ROWS, N_FEATURES, N_COMPONENTS, BATCH = 1_000_000, 10, 20, 10_000
N_ROUNDS = 5
STRUCTURES = ("full", "diag", "tied", "spherical")
FACTORS = (None, 1, 0.95, 0.8)
HEADER = (
    "model", "iterations of EM", "loss of the start", "after 1 epoch", "2 epochs, steps",
    "2 epochs, exact", "s, 2 epochs", "s, 2 iterations", "ratio", "of CPU",
)  # fmt: skip


def overlapping_clusters(n_rows, separation, seed):
    """Make rows of Gaussians with axes of their own."""
    rng = np.random.default_rng(seed)
    shape = N_COMPONENTS, N_FEATURES
    means = separation * rng.normal(size=shape)
    axes = 0.3 * rng.normal(size=(*shape, N_FEATURES)) + np.eye(N_FEATURES)
    labels = rng.choice(N_COMPONENTS, n_rows, p=rng.dirichlet(np.full(N_COMPONENTS, 3.0)))
    return means[labels] + np.einsum("ni,nij->nj", rng.normal(size=(n_rows, 10)), axes[labels])


def timed(work):
    """Seconds that a function takes, by the clock and of all threads together."""
    begin = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - begin


def epoch(mixture, X):
    """Pass all rows to a mixture, batch after batch."""
    for start in range(0, len(X), BATCH):
        mixture.partial_fit(X[start : start + BATCH])
    return mixture


def measure(X, covariance_type, n_rounds):
    """A row of the table."""
    options = {"covariance_type": covariance_type, "random_state": 0}
    begun = GaussianMixture(N_COMPONENTS, max_iter=0, **options).fit(X[:BATCH])
    options |= {
        "weights_init": begun.weights_,
        "means_init": begun.means_,
        "precisions_init": begun.precisions_,
    }

    def mixture(**more):
        return GaussianMixture(N_COMPONENTS, **options | more)

    best = mixture(max_iter=2000).fit(X)
    score = best.score(X)
    after_one = epoch(mixture(), X)
    losses = [score - begun.score(X), score - after_one.score(X)]
    losses.append(score - epoch(after_one, X).score(X))
    exact = epoch(mixture(), X).set_params(forgetting_factor=1)
    losses.append(score - epoch(exact, X).score(X))
    online, iterations = [], []
    for _ in range(n_rounds):
        begin = timed(lambda: mixture(max_iter=1, tol=0).fit(X))
        end = timed(lambda: mixture(max_iter=3, tol=0).fit(X))
        iterations.append(end - begin)
        online.append(timed(lambda: epoch(epoch(mixture(), X), X)))
    return best.n_iter_, losses, np.median(online, axis=0), np.median(iterations, axis=0)


def drift(factor):
    """Loss at the end of a stream in which clusters move by a standard deviation in 20 batches."""
    rng = np.random.default_rng(0)
    points = 4 * rng.normal(size=(5, 3))
    mixture = GaussianMixture(5, random_state=0, forgetting_factor=factor)
    for i in range(400):
        moved = points + 0.05 * i
        batch = moved[rng.integers(5, size=1000)] + rng.normal(size=(1000, 3))
        mixture.partial_fit(batch)
    last = moved[rng.integers(5, size=20_000)] + rng.normal(size=(20_000, 3))
    return GaussianMixture(5, random_state=0).fit(last).score(last) - mixture.score(last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, two rounds")
    parser.add_argument("--models", default=",".join(STRUCTURES), help="names, with commas between")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    load = bench.OtherLoad()
    X = overlapping_clusters(N_ROWS // 10 if arguments.quick else N_ROWS, 1.5, 0)
    print(f"{len(X)} x {N_FEATURES}, K = {N_COMPONENTS}, batches of {BATCH}, loss in nats a row\n")
    print(" | ".join(HEADER))
    for name in arguments.models.split(","):
        n_iter, losses, online, iterations = measure(X, name, 2 if arguments.quick else N_ROUNDS)
        numbers = [f"{loss:.6f}" for loss in losses] + [
            f"{s:.3f}" for s in (online[0], iterations[0])
        ]
        ratios = [f"{ratio:.2f}" for ratio in online / iterations]
        print(" | ".join([name, str(n_iter), *numbers, *ratios]))
    print("\nforgetting_factor | loss at the end of a stream that drifts")
    for factor in FACTORS:
        print(f"{factor} | {drift(factor):.4f}")
    print(f"\nother processes used {load.percent()} % of the machine")


if __name__ == "__main__":
    main()

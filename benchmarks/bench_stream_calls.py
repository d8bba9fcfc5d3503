"""One call of `partial_fit` of a mixture: CPU time of batches of 1 to 10,000 rows.

    python benchmarks/bench_stream_calls.py [--against PYTHON]

Streams of 10 features and 20 components, for some structures. A call is an E step over the batch,
an M step and the work around them, so that its time for few rows is that of the work around. Each
number is the least of several rounds, in CPU microseconds of all threads, with two threads; "score"
is the mean log-likelihood of rows that are in no batch, after all batches. `--against` takes the
interpreter of another environment with another build. The rounds of both builds are interleaved,
and "ratio" is the time of the other build over the time of this build.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings

N_FEATURES, N_COMPONENTS, N_ROUNDS = 10, 20, 5
STRUCTURES = ("full", "diag", "spherical", "tied", "VEE")
SIZES = (1, 100, 1000, 10_000)
N_CALLS = {1: 300, 100: 300, 1000: 100, 10_000: 30}


def work(covariance_type, size):
    """Pass batches to a mixture; return CPU microseconds of a call, and the score in the end."""
    import numpy as np

    from mixclust import GaussianMixture

    rng = np.random.default_rng(0)
    points = 2 * rng.normal(size=(N_COMPONENTS, N_FEATURES))
    n_rows = 20_000 + size * N_CALLS[size]
    rows = points[rng.integers(N_COMPONENTS, size=n_rows)] + rng.normal(size=(n_rows, N_FEATURES))
    mixture = GaussianMixture(
        N_COMPONENTS, covariance_type=covariance_type, random_state=0, init_params="kmeans"
    )
    mixture.partial_fit(rows[:10_000])
    batches = np.split(rows[20_000:], N_CALLS[size])
    times = []
    for batch in batches:
        begin = time.process_time()
        mixture.partial_fit(batch)
        times.append(time.process_time() - begin)
    return 1e6 * float(np.median(times)), mixture.score(rows[10_000:20_000])


def ask(python, covariance_type, size):
    """The same in a new process of an environment."""
    command = [python, __file__, "--worker", covariance_type, str(size)]
    environment = os.environ | {"MIXCLUST_NUM_THREADS": "2"}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--against", metavar="PYTHON", help="another environment")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        warnings.simplefilter("ignore")
        print(json.dumps(work(arguments.worker[0], int(arguments.worker[1]))))
        return
    pythons = [python for python in (sys.executable, arguments.against) if python]
    print("model | rows of a batch | us a call | score | us, other build | its score | ratio")
    for name in STRUCTURES:
        for size in SIZES:
            found = [[] for _ in pythons]
            for _ in range(N_ROUNDS):
                for python, answers in zip(pythons, found, strict=True):
                    answers.append(ask(python, name, size))
            best = [min(answers) for answers in found]
            cells = [cell for time_, score in best for cell in (f"{time_:.0f}", f"{score:.12f}")]
            if arguments.against:
                cells.append(f"{best[1][0] / best[0][0]:.2f}")
            print(" | ".join([name, str(size), *cells]), flush=True)


if __name__ == "__main__":
    main()

"""The processes in which benchmarks run other builds and libraries, and their stopwatch."""

import json
import subprocess
import time


class Worker:
    """A process of a benchmark with one build or library, which answers questions in JSON.

    Parameters
    ----------
    python : str
        The interpreter of the environment that has the build.
    script : str
        The file of the benchmark.
    *arguments : str
        Arguments that tell the script to answer lines of its standard input.
    **options
        As for `subprocess.Popen`.
    """

    def __init__(self, python, script, *arguments, **options):
        self._process = subprocess.Popen(
            [python, script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

    def ask(self, *question):
        """Send a question and wait for the answer."""
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("a worker ended; see its message above")
        return json.loads(answer)


def measure(call, of_cpu, min_seconds):
    """Measure the seconds of a call, averaged over as many calls as take `min_seconds`."""
    clock = time.process_time if of_cpu else time.perf_counter
    begin, n_calls = clock(), 0
    while True:
        call()
        n_calls += 1
        elapsed = clock() - begin
        if elapsed > min_seconds:
            return elapsed / n_calls

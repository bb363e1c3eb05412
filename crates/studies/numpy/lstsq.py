"""Least squares by numpy and SciPy, for comparison.

The program reads requests, a line of JSON each, until its input ends, and prints a reply for each:

    {"package": "scipy", "call": 1, "scalar": "f64", "is_timed": false,
     "systems": [{"rows": 3, "cols": 2, "a": [...], "b": [...]}]}

A and b are stored column by column. The calls of a package are those of CALLS. A reply has the minimum-norm solution of
each system, or null for an error. An entry that is not finite is null as well. With "is_timed", it also has the
nanoseconds of one call on the first system: the median of five samples, each of which takes a millisecond or one call.

    {"solved": [[1.0, 2.0]], "nanoseconds": null}

The environment limits the threads: OPENBLAS_NUM_THREADS, MKL_NUM_THREADS, OMP_NUM_THREADS. SciPy is imported by the
first request for it.
"""

import json
import math
import statistics
import sys
import time
import warnings

import numpy as np

SAMPLE = 1e-3
SAMPLES = 5


def scipy_lstsq(driver):
    def solve(a, b):
        import scipy.linalg

        return scipy.linalg.lstsq(a, b, lapack_driver=driver)[0]

    return solve


CALLS = {
    "numpy": [lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0]],
    "scipy": [scipy_lstsq("gelsd"), scipy_lstsq("gelsy")],
}
TYPES = {"f32": np.float32, "f64": np.float64}


def matrices(system, dtype):
    rows, cols = system["rows"], system["cols"]
    a = np.array(system["a"], dtype=dtype).reshape((rows, cols), order="F")
    return a, np.array(system["b"], dtype=dtype).reshape((rows, -1), order="F")


def solution(solve, a, b):
    try:
        x = solve(a, b)
    except (np.linalg.LinAlgError, ValueError):
        return None
    return [xi if math.isfinite(xi) else None for xi in x.ravel(order="F").tolist()]


def nanoseconds(solve, a, b):
    def sample(calls):
        clock = time.perf_counter()
        for _ in range(calls):
            solve(a, b)
        return (time.perf_counter() - clock) / calls

    calls = 1
    while calls < 65536 and calls * sample(calls) < SAMPLE:
        calls *= 2
    return 1e9 * statistics.median(sample(calls) for _ in range(SAMPLES))


def main():
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for line in sys.stdin:
        request = json.loads(line)
        solve = CALLS[request["package"]][request["call"]]
        systems = [matrices(system, TYPES[request["scalar"]]) for system in request["systems"]]
        timed = nanoseconds(solve, *systems[0]) if request["is_timed"] else None
        reply = {"solved": [solution(solve, a, b) for a, b in systems], "nanoseconds": timed}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

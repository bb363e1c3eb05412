"""Seconds of a dense Levenberg-Marquardt step in numpy, for comparison.

The step is that of the published experiment: the whole Jacobian

    J = [ (W2 X)' kron I_m , X' kron W1 ]

of vec(W1 W2 X - Y) with respect to vec(W1) and vec(W2), columns stacked, then the minimum-norm
solution of min ||J d + r|| by numpy.linalg.lstsq (LAPACK's gelsd), and a step of 0.2. A step consists of
the residual, the Jacobian, the solution and the update. Only these are timed, from a point in mid-run.

The program needs only numpy. The flags are the sizes. X, A and the starting weights are drawn as in the
experiment. It prints one line of JSON: the sum of seconds, the number of timed steps, the versions, and
the departure of the last solution from the normal equations, ||J'(J d + r)|| over
||J|| (||J|| ||d|| + ||r||). For a right solution, this is a modest multiple of the unit roundoff.

    OPENBLAS_NUM_THREADS=1 python lm_step.py --outputs 10 --hidden 6 --inputs 6 --samples 1000

The environment limits the threads: OPENBLAS_NUM_THREADS, MKL_NUM_THREADS, OMP_NUM_THREADS.
"""

import argparse
import json
import platform
import time

import numpy as np

STEP = 0.2
# The run starts again after this many steps, so that no step is at the rounding level.
RUN = 12


def draw(m, k, n, s, seed):
    rng = np.random.default_rng(seed)
    a = np.linspace(1, 1e-5, m)[:, None] * rng.random((m, n))
    x = rng.standard_normal((n, s))
    return x, a @ x, rng.standard_normal((m, k)), rng.standard_normal((k, n))


def jacobian(w1, w2, x):
    m = w1.shape[0]
    return np.hstack([np.kron((w2 @ x).T, np.eye(m)), np.kron(x.T, w1)])


def step(w1, w2, x, y):
    """The weights after a step, and the values that check it."""
    m, k = w1.shape
    r = (w1 @ w2 @ x - y).ravel(order="F")
    j = jacobian(w1, w2, x)
    d = np.linalg.lstsq(j, -r, rcond=None)[0]
    d1, d2 = d[: m * k].reshape((m, k), order="F"), d[m * k :].reshape(w2.shape, order="F")
    return w1 + STEP * d1, w2 + STEP * d2, (j, d, r)


def departure(j, d, r):
    size = np.linalg.norm(j)
    scale = size * (size * np.linalg.norm(d) + np.linalg.norm(r))
    return float(np.linalg.norm(j.T @ (j @ d + r)) / scale) if scale else 0.0


def main():
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in [("outputs", 10), ("hidden", 6), ("inputs", 6), ("samples", 1000)]:
        flags.add_argument(f"--{name}", type=int, default=default)
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument(
        "--seconds", type=float, default=0.0015, help="take steps until this many seconds have passed"
    )
    args = flags.parse_args()
    m, k, n, s = args.outputs, args.hidden, args.inputs, args.samples
    x, y, start1, start2 = draw(m, k, n, s, args.seed)
    # The first step is the warm-up. If it takes more than a second, the effect is negligible, and it counts.
    clock = time.perf_counter()
    w1, w2, solved = step(start1, start2, x, y)
    first = time.perf_counter() - clock
    seconds, steps, taken = (first, 1, 1) if first > 1 else (0.0, 0, 1)
    while steps == 0 or seconds < args.seconds:
        if taken == RUN:
            w1, w2, _ = step(start1, start2, x, y)
            taken = 1
        clock = time.perf_counter()
        w1, w2, solved = step(w1, w2, x, y)
        seconds += time.perf_counter() - clock
        steps, taken = steps + 1, taken + 1
    print(
        json.dumps(
            {
                "seconds": seconds,
                "steps": steps,
                "departure": departure(*solved),
                "numpy": np.__version__,
                "python": platform.python_version(),
            }
        )
    )


if __name__ == "__main__":
    main()

"""Seconds of one least-squares problem in numpy, or of one fit in SciPy, for comparison.

    --kind lstsq   min ||A x - b|| by numpy.linalg.lstsq, A of --rows times --columns
    --kind fit     scipy.optimize.curve_fit of a curve with --columns parameters through --rows points
    --kind many    the same for a Gaussian with an offset through 30 points, the mean of 100 fits

The problems are those of the study `tall`, with noise of another generator. The program prints one line of
JSON: the seconds of one call, after a first one that is not timed, and the error of the result as a multiple
of what is allowed. For lstsq, the error is the departure from the normal equations over 30 sqrt(m) u. For fits,
it is the mean of the squared residuals over its largest value at a minimum.

The environment limits the threads: OPENBLAS_NUM_THREADS, MKL_NUM_THREADS, OMP_NUM_THREADS.
"""

import argparse
import json
import time

import numpy as np

NOISE = 0.05
# Calls are repeated until they take as long as this.
SECONDS = 0.1


def noise(rng, count):
    return rng.uniform(-NOISE, NOISE, count) + rng.uniform(-NOISE, NOISE, count)


def timed(call):
    call()
    calls, start = 0, time.perf_counter()
    while True:
        result = call()
        calls += 1
        seconds = time.perf_counter() - start
        if seconds > SECONDS:
            return result, seconds / calls


def lstsq(m, n):
    rng = np.random.default_rng(1)
    a = np.asfortranarray(rng.uniform(-1, 1, (n, m)).T)
    b = a[:, 0] + noise(rng, m)
    x, seconds = timed(lambda: np.linalg.lstsq(a, b, rcond=None)[0])
    size = np.linalg.norm(a)
    scale = size * (size * np.linalg.norm(x) + np.linalg.norm(b))
    allowed = 30 * np.sqrt(m) * np.finfo(float).eps / 2
    return np.linalg.norm(a.T @ (a @ x - b)) / scale / allowed, seconds


def over_noise(squares, m):
    mean = (2 / 3 + 6 * np.sqrt(8 / 3 / m)) * NOISE**2
    return squares / m / mean


def peaks(n):
    def model(t, *p):
        y = np.full_like(t, p[-1] if n % 2 else 0.0)
        for j in range(n // 2):
            u = p[2 * j + 1] * (t * (n // 2) - (j + 0.5))
            y += p[2 * j] * np.exp(-u * u)
        return y

    return model


def fit(m, n):
    from scipy.optimize import curve_fit

    model, rng = peaks(n), np.random.default_rng(2)
    truth = [2.0 if i % 2 else 1 + 0.5 * (i % 3) for i in range(n)]
    start = [p * (1.3 if i % 4 < 2 else 0.8) for i, p in enumerate(truth)]
    t = (np.arange(m) + 0.5) / m
    y = model(t, *truth) + noise(rng, m)
    (p, _), seconds = timed(lambda: curve_fit(model, t, y, p0=start))
    return over_noise(np.sum((model(t, *p) - y) ** 2), m), seconds


def gaussian(t, height, place, width, offset):
    return height * np.exp(-0.5 * ((t - place) / width) ** 2) + offset


def many():
    from scipy.optimize import curve_fit

    rng, t, count = np.random.default_rng(3), np.arange(30) / 2.9, 100
    truth = np.array([5.0, 5.0, 1.2, 1.0])
    data = [gaussian(t, *(truth * (1 + 2 * noise(rng, 4)))) + noise(rng, 30) for _ in range(count)]

    def all_fits():
        return [curve_fit(gaussian, t, y, p0=[4.0, 4.5, 1.5, 0.5])[0] for y in data]

    fits, seconds = timed(all_fits)
    squares = sum(np.sum((gaussian(t, *p) - y) ** 2) for p, y in zip(fits, data))
    return over_noise(squares, 30 * count), seconds / count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=["lstsq", "fit", "many"], required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--columns", type=int, required=True)
    args = parser.parse_args()
    if args.kind == "many":
        error, seconds = many()
    else:
        error, seconds = {"lstsq": lstsq, "fit": fit}[args.kind](args.rows, args.columns)
    print(json.dumps({"error": float(error), "seconds": seconds}))


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# numdifftools 0.11.2 and scipy 1.17.1: the numerical derivative of a 1 MHz sine is 0, with an error estimate near 0.
# f(t) = sin(2 pi 1e6 t), with t in seconds, has the derivative 2 pi 1e6 = 6.28e6 at t = 0. Both libraries choose the
# steps and return an estimate of the error. A user meets it in a Jacobian for a phase, a delay or a frequency.
# Seen, without a warning:
#   Derivative of numdifftools, full_output=True      -4.5e-10, error_estimate 9.9e-25
#   derivative of scipy.differentiate                 -4.5e-10, error 0, success True
#   sin(2 pi t) with t in microseconds                6.283 in both
# The reason: by default, the steps are 2, 1, ..., 2^-13 (numdifftools) or 1/2, 1/4, ... (scipy) in the unit of t.
# A step of 2^-6 s or longer is a whole number of periods, so f is 0 there.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 numdifftools==0.11.2
"$dir/venv/bin/python" - <<'EOF'
import warnings
import numpy as np
from numdifftools import Derivative
from scipy.differentiate import derivative

warnings.simplefilter("error")
as_seen = True
for frequency, wrong in [(1e6, True), (1.0, False)]:
    f = lambda t: np.sin(2 * np.pi * frequency * t)
    truth = 2 * np.pi * frequency
    of_numdifftools, of_scipy = Derivative(f, full_output=True)(0.0), derivative(f, 0.0)
    print(frequency, "truth", truth, of_numdifftools, of_scipy, sep="\n")
    for value, error in [
        (of_numdifftools.estimate, of_numdifftools.error_estimate),
        (of_scipy.df, of_scipy.error),
    ]:
        as_seen &= (abs(value) < 1e-6) == wrong and (abs(value / truth - 1) < 1e-9) == (not wrong) and error < 1e-8
    as_seen &= bool(of_scipy.success)
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

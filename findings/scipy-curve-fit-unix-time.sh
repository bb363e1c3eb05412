#!/usr/bin/env bash
# scipy 1.17.1: curve_fit reports success at the start if a parameter is a time in seconds since 1970.
# The data are a peak 2*exp(-((x - t)/1.5)^2) at t = 1700000002.3 without noise, with one x per second. The
# start is (1, 1, 1700000002).
# Seen: (1, 1, 1700000002), ier = 2, "The relative error between two consecutive iterates is at most 0.000000".
# If 1700000000 is subtracted from x and t, the same call gives (2, 1.5, 2.3). The reason: a finite difference
# steps by 1.5e-8*t = 25 s, past the peak, and xtol = 1.5e-8 relative to t is 25 s as well.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.optimize import curve_fit

model = lambda x, height, width, t: height * np.exp(-(((x - t) / width) ** 2))
x = np.arange(6.0)
fits = []
for epoch in (0.0, 1.7e9):
    p, _, _, message, ier = curve_fit(model, x + epoch, model(x, 2, 1.5, 2.3), p0=[1, 1, epoch + 2], full_output=True)
    print(epoch, p - [0, 0, epoch], ier, message)
    fits.append((p - [0, 0, epoch], ier))
right = np.allclose(fits[0][0], [2, 1.5, 2.3])
if not (right and np.array_equal(fits[1][0], [1, 1, 2]) and fits[1][1] == 2):
    raise SystemExit("The behaviour has changed.")
EOF

#!/usr/bin/env bash
# scipy 1.17.1: curve_fit reports success at the start if the data are small and bounds are given.
# y = 3e-9*exp(-0.7 x), start (1e-9, 1). Without bounds the fit is (3e-9, 0.7).
# Seen with the bounds a >= 0, b >= 0, which are not active: (1e-9, 1) after one evaluation,
# "`gtol` termination condition is satisfied". Data of 1e-4 are fitted with an error of 1 %.
# Bounds select the method trf, whose gtol = 1e-8 is compared with the gradient itself, in the units of the data.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.optimize import curve_fit

x = np.linspace(0, 5, 20)
model = lambda x, a, b: a * np.exp(-b * x)
y = model(x, 3e-9, 0.7)
free, _ = curve_fit(model, x, y, p0=[1e-9, 1])
bounded, _, info, message, ier = curve_fit(
    model, x, y, p0=[1e-9, 1], bounds=([0, 0], [np.inf, np.inf]), full_output=True
)
print("free", free, "bounded", bounded, ier, message, info)
right = np.allclose(free, [3e-9, 0.7], rtol=1e-6, atol=0)
if not (right and ier == 1 and np.array_equal(bounded, [1e-9, 1])):
    raise SystemExit("The behaviour has changed.")
EOF

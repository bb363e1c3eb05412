#!/usr/bin/env bash
# scipy 1.17.1: a lower quantile of Student's t far in the tail is plus infinity, or wrong by a factor of 2.3.
# By symmetry a quantile at p < 1/2 is negative. For p towards 0 it is proportional to p^(-1/nu).
#   nu = 3,    p = 1e-200: -2.4e66 (right)     p = 1e-240: seen +inf, right -5.2e79
#   nu = 2.5,  p = 1e-100: -8.77e39 (right)    p = 1e-150: seen -3.76e59, right -8.77e59
# nu = 1, 2, 4 are right down to 1e-300. cdf is right: cdf(-5.2e79, 3) is 1e-240.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.stats import t

right, positive = t.ppf(1e-200, 3), t.ppf(1e-240, 3)
near, far = t.ppf(1e-100, 2.5), t.ppf(1e-150, 2.5)
true_240 = right * 10 ** (40 / 3)
print("nu = 3:", right, positive, "for", true_240, "whose cdf is", t.cdf(true_240, 3))
print("nu = 2.5:", near, far, "for", near * 1e20)
if not (positive == np.inf and abs(t.cdf(true_240, 3) / 1e-240 - 1) < 1e-6 and far / (near * 1e20) < 0.5):
    raise SystemExit("The behaviour has changed.")
EOF

#!/usr/bin/env bash
# scipy 1.17.1: lower quantiles of Student's t far in the tail are wrong by a factor of 2, or plus infinity.
# By symmetry a quantile at p < 1/2 is negative.
#   3 degrees, p = 1e-200: seen -2.40e66, right -4.80e66 (the cdf, also of scipy, is 1e-200 there)
#   3 degrees, p = 1e-240: seen +inf, right about -1.03e80
# The same happens for 2.5, 5 and 10 degrees, from 1e-140, 1e-270 and 1e-295 on. For 1, 2 and 4 degrees, the
# quantiles are right down to 1e-300.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.stats import t

# Far out the quantile is proportional to p^(-1/3).
truth = t.ppf(1e-20, 3) * 1e60
finite, infinite = t.ppf(1e-200, 3), t.ppf(1e-240, 3)
print("p = 1e-200:", finite, "for", truth, "whose cdf is", t.cdf(truth, 3))
print("p = 1e-240:", infinite, "for", truth * 10 ** (40 / 3))
if not (abs(t.cdf(truth, 3) / 1e-200 - 1) < 1e-9 and abs(finite / truth - 0.5) < 1e-3 and infinite == np.inf):
    raise SystemExit("The behaviour has changed.")
EOF

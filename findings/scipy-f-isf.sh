#!/usr/bin/env bash
# scipy 1.17.1: f.isf is infinite for tail probabilities below 1e-16, and loses half of the digits at 1e-10.
# f.sf is right there, and so is isf of the normal, t and chi-square distributions. For F, isf(q) is ppf(1 - q).
# Seen for 3 and 4 degrees: isf(1e-20) = inf, although sf(1.8257e10) = 1e-20; sf(isf(1e-10)) = 1.00000008e-10.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.stats import chi2, f

found, near = f.isf(1e-20, 3, 4), f.isf(1e-10, 3, 4)
# sf is proportional to x^-2 far out.
truth = near * (f.sf(near, 3, 4) / 1e-20) ** 0.5
loss = f.sf(near, 3, 4) / 1e-10 - 1
print("isf(1e-20)", found, "for", truth, "whose sf is", f.sf(truth, 3, 4), "; relative error at 1e-10", loss)
if not (found == np.inf and abs(f.sf(truth, 3, 4) / 1e-20 - 1) < 1e-4 and abs(loss) > 1e-8 and chi2.isf(1e-20, 3) < 200):
    raise SystemExit("The behaviour has changed.")
EOF

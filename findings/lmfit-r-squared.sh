#!/usr/bin/env bash
# lmfit 1.3.4: R-squared is close to 1 for small data, whatever the fit.
# A straight line through y = 1, -1, 1, -1, 1 has the slope 0 and R-squared 0. The same holds for 1e-9*y.
# Seen: 0 for y, 0.995 for 1e-9*y, and 0.999999995 for 1e-12*y.
# The reason: lmfit replaces the total sum of squares by 1e-15 if it is smaller.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 lmfit==1.3.4
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from lmfit.models import LinearModel

y = np.array([1.0, -1.0, 1.0, -1.0, 1.0])
model = LinearModel()
seen = [model.fit(y * s, x=np.arange(5.0), slope=s, intercept=s).rsquared for s in (1, 1e-9, 1e-12)]
print(seen)
if not (abs(seen[0]) < 1e-10 and seen[1] > 0.99 and seen[2] > 0.999999):
    raise SystemExit("The behaviour has changed.")
EOF

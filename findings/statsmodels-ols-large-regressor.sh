#!/usr/bin/env bash
# statsmodels 0.15.0: OLS returns a zero intercept, with a tiny standard error, if a regressor is large.
# The data are y = 3.1, 4.9, 6.9, 9.1 at x = 2e14, 4e14, 6e14, 8e14, which are frequencies of light in hertz.
# The intercept is 1 with a standard error of 0.17. The slope is 2 per 2e14 with a standard error of 0.06.
# Seen: intercept 1.9e-29 with 9e-31, slope 2.333 with 0.11, rank 2, R2 = 0.965, and no warning.
# The default method "pinv" drops singular values below 1e-15 of the largest. The warning starts at 4e-16.
# method="qr" is right.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
"$dir/venv/bin/python" - <<'EOF'
import warnings
import numpy as np
import statsmodels.api as sm

warnings.simplefilter("error")
x = np.arange(1.0, 5.0)
y = np.array([3.1, 4.9, 6.9, 9.1])
as_seen = True
for unit, method, wrong in [(1, "pinv", False), (2e14, "pinv", True), (2e14, "qr", False)]:
    fit = sm.OLS(y, sm.add_constant(x * unit)).fit(method=method)
    scale = [1, unit]
    print(unit, method, fit.params * scale, fit.bse * scale, "rank", fit.model.rank, "R2", fit.rsquared)
    intercept, error = fit.params[0], fit.bse[0]
    as_seen &= fit.model.rank == 2 and (abs(intercept - 1) > 0.9) == wrong and (error < 1e-20) == wrong
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

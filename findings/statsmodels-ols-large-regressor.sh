#!/usr/bin/env bash
# statsmodels 0.15.0: OLS sets the intercept to zero, with a tiny standard error, if a regressor is large.
# y = 3.1, 4.9, 7.05, 8.95 at x = 1, ..., 4, times 1e14 (a frequency in hertz): intercept 1.1, slope 1.96e-14.
# Seen: intercept 1e-28 with a standard error of 2e-30, another slope, and rank 2, without a warning. method="qr" is right.
# The default method "pinv" drops singular values below 1e-15 of the first, after which x1 explains y without the constant.
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
y = np.array([3.1, 4.9, 7.05, 8.95])
as_seen = True
for scale, method, wrong in [(1, "pinv", False), (1e14, "pinv", True), (1e14, "qr", False)]:
    fit = sm.OLS(y, sm.add_constant(x * scale)).fit(method=method)
    print(scale, method, fit.params * [1, scale], fit.bse * [1, scale], "rank", fit.model.rank, "R2", fit.rsquared)
    as_seen &= fit.model.rank == 2 and (abs(fit.params[0] - 1.1) > 1) == wrong and (fit.bse[0] < 1e-20) == wrong
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

#!/usr/bin/env bash
# statsmodels 0.15.0: for integer data and a model without a constant, R-squared of OLS exceeds 1.
# The data are y = 300, 610, 890, 1210, 1500 at x = 1, ..., 5. Raw counts of an AD converter are such 16-bit integers.
# The documentation of rsquared: "1 - ssr/uncentered_tss if the constant is omitted", which cannot exceed 1.
# Seen, without a warning:
#   y as float64          R2 = 0.99994, F = 70062,  p of F = 1.2e-9
#   y as int16            R2 = 1.023,   F = -179.4, p of F = 1
#   100*y as int32        R2 = 1.0015,  F = -2622,  p of F = 1
#   100*y as float64      R2 = 0.99994, F = 70062,  p of F = 1.2e-9
# The slope and its standard error are right in all of them. The reason: uncentered_tss is the dot product of y with
# itself in the type of y, and it overflows.
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
x = np.arange(1.0, 6.0)
y = np.array([300, 610, 890, 1210, 1500])
as_seen = True
for scale, kind, wrong in [(1, float, False), (1, np.int16, True), (100, np.int32, True), (100, float, False)]:
    fit = sm.OLS((scale * y).astype(kind), x).fit()
    print(scale, kind.__name__, "slope", fit.params, fit.bse, "R2", fit.rsquared, "F", fit.fvalue, "p", fit.f_pvalue)
    as_seen &= np.allclose([fit.params[0], fit.bse[0]], [scale * 300.5454545, scale * 1.135454], rtol=1e-5)
    as_seen &= (fit.rsquared > 1.001) == wrong and (fit.fvalue < 0) == wrong and (fit.f_pvalue > 0.99) == wrong
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

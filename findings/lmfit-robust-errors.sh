#!/usr/bin/env bash
# lmfit 1.3.4: the standard errors of a robust fit grow with the outlier that the fit ignores.
# The data are 1 + 2x at x = 0, ..., 9 with deviations of size 0.3, and one outlier at x = 3. The fit of a line uses
# method="least_squares" with loss="cauchy" and f_scale=0.3, by fit_kws. By its documentation, this method has
# "built-in support for bounds and robust loss functions". A standard error should describe the scatter of the fitted
# slope over repeated data. The scatter is 0.04 for outliers of 30 and of 3000 (200 data sets each).
# Seen for the slope and its standard error:
#   outlier   30    1.984 +- 1.52 (curve_fit of scipy 1.17.1: 0.055)
#   outlier 3000    1.984 +- 153 (curve_fit: 0.072)
# The reason: lmfit scales the covariance by the plain sum of squares, which includes the outlier. R-squared and
# reduced chi-square use this sum too. R-squared is -0.11 for an outlier of 3000.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 lmfit==1.3.4
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from lmfit.models import LinearModel
from scipy.optimize import curve_fit

x = np.arange(10.0)
robust = {"loss": "cauchy", "f_scale": 0.3}

def fit(deviations, outlier):
    y = 1 + 2 * x + deviations + np.where(x == 3, outlier, 0)
    result = LinearModel().fit(y, x=x, slope=1, intercept=0, method="least_squares", fit_kws=robust)
    p, covariance = curve_fit(lambda x, a, b: a * x + b, x, y, [1, 0], method="trf", **robust)
    slope = result.params["slope"]
    return slope.value, slope.stderr, p[0], covariance[0, 0] ** 0.5, result.rsquared

as_seen = True
deviations = np.array([0.15, -0.3, 0.24, -0.09, 0.36, -0.21, 0.03, -0.33, 0.18, -0.03])
for outlier, error in [(30, 1.52), (3000, 152.9)]:
    rng = np.random.default_rng(1)
    scatter = np.std([fit(rng.normal(scale=0.3, size=10), outlier)[0] for _ in range(200)])
    slope, stderr, of_curve_fit, error_of_curve_fit, r2 = fit(deviations, outlier)
    print(outlier, "scatter", scatter, "lmfit", slope, "+-", stderr, "R2", r2)
    print("    curve_fit", of_curve_fit, "+-", error_of_curve_fit)
    as_seen &= 0.03 < scatter < 0.05
    as_seen &= abs(slope - 1.984) < 1e-3 and abs(stderr / error - 1) < 0.05
    as_seen &= abs(of_curve_fit - slope) < 1e-3 and error_of_curve_fit < 0.1
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

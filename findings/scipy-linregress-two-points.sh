#!/usr/bin/env bash
# scipy 1.17.1: linregress through two points returns the p-value 0 and the standard error 0.
# A line through two points leaves no degree of freedom, so the data contain no information on the error. The
# documentation: the p-value is of the hypothesis that the slope is zero, by a "Wald Test with t-distribution". This
# test does not exist with 0 degrees of freedom. A user meets it where short groups of a table are fitted one by one.
# Seen for the points (1, 1) and (2, 3), without a warning:
#   linregress                   p = 0, standard errors of slope and intercept 0
#   pearsonr (the same test)     p = 1
#   OLS of statsmodels 0.15.0    p = NaN, standard errors infinite
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
"$dir/venv/bin/python" - <<'EOF'
import warnings
import numpy as np
import statsmodels.api as sm
from scipy.stats import linregress, pearsonr

x, y = [1.0, 2.0], [1.0, 3.0]
with warnings.catch_warnings():
    warnings.simplefilter("error")
    line, pearson = linregress(x, y), pearsonr(x, y)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ols = sm.OLS(y, sm.add_constant(x)).fit()
    p, errors = ols.pvalues, ols.bse
print(line, pearson, "OLS p", p, "standard errors", errors, sep="\n")
as_seen = line.pvalue == 0 and line.stderr == 0 and line.intercept_stderr == 0 and pearson.pvalue == 1
if not (as_seen and np.isnan(p).all() and np.isinf(errors).all()):
    raise SystemExit("The behaviour has changed.")
EOF

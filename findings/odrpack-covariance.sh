#!/usr/bin/env bash
# odrpack 0.7.0: cov_beta is not the covariance matrix of the parameters. It does not even have their unit.
# The fit is a line, by task="OLS", to y = 1.1, 2.9, 5.2, 6.8, 9.1, 11.2 metres at x = 0, ..., 5. By the textbook
# formula, the slope 2.02 has a standard error of 0.0428. The documentation of the result: sd_beta are the "standard
# deviations of the estimated parameters", and cov_beta is the "covariance matrix of the estimated parameters". So
# the diagonal of cov_beta should be the square of sd_beta.
# Seen for the slope:
#   y in metres       sd_beta 0.0428,    square root of the diagonal of cov_beta 0.239
#   y in kilometres   sd_beta 0.0000428, square root of the diagonal of cov_beta 0.239, for a slope of 0.00202
# The covariance matrix is cov_beta times res_var. A user meets it in error propagation, which needs the covariance.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 odrpack==0.7.0
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from odrpack import odr_fit

x = np.arange(6.0)
A = np.column_stack([np.ones(6), x])
as_seen = True
for unit in (1, 1e-3):
    y = unit * np.array([1.1, 2.9, 5.2, 6.8, 9.1, 11.2])
    fit = odr_fit(lambda x, beta: beta[0] + beta[1] * x, x, y, np.array([unit, 2 * unit]), task="OLS")
    residual = y - A @ np.linalg.lstsq(A, y)[0]
    textbook = np.sqrt(np.diag(np.linalg.inv(A.T @ A)) * (residual @ residual) / 4)
    of_cov = np.sqrt(np.diag(fit.cov_beta))
    print(unit, fit.success, "beta", fit.beta, "sd_beta", fit.sd_beta, "textbook", textbook, "from cov_beta", of_cov)
    as_seen &= bool(fit.success) and np.allclose(fit.sd_beta, textbook, rtol=1e-4, atol=0)
    as_seen &= np.allclose(of_cov, [0.7237, 0.2390], rtol=1e-3, atol=0)
    as_seen &= np.allclose(of_cov * np.sqrt(fit.res_var), textbook, rtol=1e-4, atol=0)
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

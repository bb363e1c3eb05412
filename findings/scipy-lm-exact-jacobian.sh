#!/usr/bin/env bash
# scipy 1.17.1: with the exact Jacobian, least_squares(method="lm") reports success far from a minimum.
# The fit is a*exp(-b x) to the exact values of 3*exp(-0.7 x) at x = 0, ..., 7, from (0.1, 20). The solution
# (3, 0.7) has zero residuals. trf finds it, and lm with finite differences finds it too.
# Seen for lm (MINPACK) with the exact Jacobian: (0.1000, 15.43), success, "`ftol` termination condition is
# satisfied", cost 5.68, although the derivative of the cost by a is -2.9 there. The reason: the step is scaled
# by the norms of columns, and the norm of the column of b is 1e-9 at the start.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.optimize import least_squares

x = np.arange(8.0)
residual = lambda p: p[0] * np.exp(-p[1] * x) - 3 * np.exp(-0.7 * x)
jacobian = lambda p: np.column_stack([np.exp(-p[1] * x), -x * p[0] * np.exp(-p[1] * x)])
as_seen = True
for method, jac, wrong in [("lm", jacobian, True), ("lm", "2-point", False), ("trf", jacobian, False)]:
    fit = least_squares(residual, [0.1, 20.0], jac=jac, method=method)
    gradient = jacobian(fit.x).T @ residual(fit.x)
    print(method, jac if jac == "2-point" else "exact", fit.x, fit.success, fit.message, fit.cost, gradient)
    as_seen &= fit.success and (abs(gradient[0]) > 1) == wrong
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

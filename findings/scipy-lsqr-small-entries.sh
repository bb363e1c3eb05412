#!/usr/bin/env bash
# scipy 1.17.1: lsqr and lsmr stop with success at a wrong solution if the entries are small.
# A = [[1, 2], [3, 4], [5, 7]], b = (4, 6, 12.5). The least squares solution is (-1.786, 3), and the same for
# A*s and b*s. At s = 1 both find it in two iterations.
# Seen at s = 1e-11: lsqr (0.8136, 1.1505), istop = 2 ("the least-squares solution"); lsmr (0.8136, 1.1505),
# istop = 3 (an estimate of cond(A) too large; it is 28). Both add 2e-16 to products that have the units of A and b.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.sparse.linalg import lsmr, lsqr

A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
b = np.array([4.0, 6.0, 12.5])
truth = np.linalg.lstsq(A, b, rcond=None)[0]
as_seen = True
for s, wrong in [(1.0, False), (1e-11, True)]:
    for solver, istop in [(lsqr, 2), (lsmr, 3 if wrong else 2)]:
        x, status = solver(A * s, b * s)[:2]
        print(s, solver.__name__, x, "istop", status, "expected", truth)
        as_seen &= status == istop and (np.abs(x - truth).max() > 1) == wrong
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

#!/usr/bin/env bash
# scipy 1.17.1: lsqr and lsmr stop at a wrong solution if the entries are small.
# A = [[1, 2], [3, 4], [5, 7]], b = (4, 6, 12.5). The least-squares solution is (-1.786, 3). It is the
# same for A*s and b*s. At s = 1, both find it in two iterations.
# Seen at s = 1e-11 after one iteration:
#   lsqr (0.8136, 1.1505) with istop = 2, success: "the least-squares solution is good enough, given atol".
#        The stopping test adds eps = 2e-16 to a product of two norms.
#   lsmr (0.8136, 1.1505) with istop = 3: "The estimate of cond(Abar) has exceeded conlim". The estimate is 1e10,
#        but the condition number is 28. The estimate takes an initial value of 1 for a singular value.
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
        result = solver(A * s, b * s)
        x, status = result[:2]
        print(s, solver.__name__, x, "istop", status, "cond", result[6], "expected", truth)
        as_seen &= status == istop and (np.abs(x - truth).max() > 1) == wrong
if not as_seen:
    raise SystemExit("The behaviour has changed.")
EOF

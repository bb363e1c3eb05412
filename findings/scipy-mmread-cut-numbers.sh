#!/usr/bin/env bash
# scipy 1.17.1: mmread silently cuts off numbers that it cannot parse.
# Matrix Market files written by Fortran have exponents with D.
#   1.5D3 (= 1500) in a real file      read as 1.5
#   1.5 in an integer file             read as 1
#   +1.5 in a real file                refused: "Invalid floating-point value"
# No error and no warning for the first two.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import io
from scipy.io import mmread

def read(field, number):
    text = f"%%MatrixMarket matrix coordinate {field} general\n1 1 1\n1 1 {number}\n"
    try:
        return mmread(io.BytesIO(text.encode())).toarray()[0, 0]
    except ValueError as error:
        return str(error)

seen = read("real", "1.5D3"), read("integer", "1.5"), read("real", "+1.5")
print(seen)
if seen[:2] != (1.5, 1) or "Invalid" not in str(seen[2]):
    raise SystemExit("The behaviour has changed.")
EOF

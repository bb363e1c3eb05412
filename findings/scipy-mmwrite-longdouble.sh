#!/usr/bin/env bash
# scipy 1.17.1: mmwrite writes a longdouble matrix with 6 digits after the point, so that small entries become zero.
# float64 entries are written so that they are read back exactly. The wider type is written as by "%f".
# Seen for [[1/3, 1e-10]]: float64 3.333333333333333E-1 and 1E-10; longdouble 0.333333 and 0.000000.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - <<'EOF'
import io
import numpy as np
from scipy.io import mmread, mmwrite

def round_trip(dtype):
    file = io.BytesIO()
    mmwrite(file, np.array([[1 / 3, 1e-10]], dtype=dtype))
    print(dtype.__name__, file.getvalue().decode().split("\n")[3:])
    return mmread(io.BytesIO(file.getvalue()))[0]

double, wider = round_trip(np.float64), round_trip(np.longdouble)
if not (double[1] == 1e-10 and abs(double[0] - 1 / 3) < 1e-15 and wider[0] == 0.333333 and wider[1] == 0):
    raise SystemExit("The behaviour has changed.")
EOF

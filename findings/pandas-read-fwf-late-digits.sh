#!/usr/bin/env bash
# pandas 3.1.1: read_fwf cuts off leading digits and minus signs after the 100th row.
# The table has right-aligned columns, as Fortran and printf("%3d %7.2f") write them. Line i is i and 9 + i/100.
# A reader should return the numbers of the file, or an error.
# Seen, without an error or a warning:
#   line  99    99    9.99    read as 99 and 9.99
#   line 100   100   10.00    read as 0 and 0.00
#   line 200   200   11.00    read as 0 and 1.00
#   values that start at 1 and become -1 at line 100 are read as +1 there
# The documentation of colspecs: "infer" detects the columns "from the first 100 rows". Characters of later rows that
# are outside of these columns are dropped. infer_nrows=201 reads this table right.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 pandas==3.1.1
"$dir/venv/bin/python" - <<'EOF'
import io
import warnings
import numpy as np
import pandas as pd

warnings.simplefilter("error")

def table(values):
    return io.StringIO("".join(f"{i:3d} {value:7.2f}\n" for i, value in enumerate(values)))

values = 9 + np.arange(201) / 100
read = pd.read_fwf(table(values), header=None)
whole = pd.read_fwf(table(values), header=None, infer_nrows=201)
signs = pd.read_fwf(table(np.where(np.arange(201) < 100, 1, -1)), header=None)
print(read.iloc[[99, 100, 200]], whole.iloc[[99, 100, 200]], signs.iloc[[99, 100, 200]], sep="\n")
right = np.array_equal(whole[0], np.arange(201)) and np.allclose(whole[1], values, rtol=1e-12)
cut = [list(read.iloc[i]) for i in (99, 100, 200)] == [[99, 9.99], [0, 0], [0, 1]]
if not (right and cut and (signs[1] == 1).all()):
    raise SystemExit("The behaviour has changed.")
EOF

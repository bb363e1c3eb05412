#!/usr/bin/env bash
# nalgebra 0.35.0 and linfa-linalg 0.2.1: the Householder QR squares entries without scaling.
# A = [[1, 2], [3, 4], [5, 7]] has R = [[5.9, 8.3], [0, 0.63]] up to signs. If A is multiplied by a power of
# two, R divided by that power should be the same. The SVD of nalgebra does scale its singular values so.
# Seen for R row by row, without an error:
#   2^512   nalgebra [inf, NaN, 0, NaN]    linfa-linalg [inf, NaN, 0, NaN]
#   2^-540  nalgebra [0, 2, 0, 8]          linfa-linalg [0, 2, 0, 8]
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CARGO_TARGET_DIR="${FINDINGS_TARGET:-$dir/target}"
mkdir "$dir/src"
cd "$dir"
cat >Cargo.toml <<'EOF'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
nalgebra = "=0.35.0"
linfa-linalg = "=0.2.1"
ndarray = "=0.16.1"
EOF
cat >src/main.rs <<'EOF'
use linfa_linalg::qr::QR;

fn main() {
    let rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]];
    for (exponent, wrong) in [(0, false), (512, true), (-540, true)] {
        let scale = 2f64.powi(exponent);
        let a = nalgebra::DMatrix::from_fn(3, 2, |i, j| rows[i][j] * scale);
        let r = a.clone().qr().r() / scale;
        let of_nalgebra = [r[(0, 0)], r[(0, 1)], r[(1, 0)], r[(1, 1)]];
        let (_, r) = (ndarray::arr2(&rows) * scale).qr().unwrap().into_decomp();
        let of_linfa = [r[(0, 0)], r[(0, 1)], r[(1, 0)], r[(1, 1)]].map(|x| x / scale);
        for (name, r) in [("nalgebra", of_nalgebra), ("linfa-linalg", of_linfa)] {
            println!("2^{exponent} {name} {r:?}");
            let right = (r[0].abs() - 35f64.sqrt()).abs() < 1e-12 && (r[3].abs() - 0.4f64.sqrt()).abs() < 1e-12;
            assert_eq!(right, !wrong);
        }
        let s = a.try_svd(false, false, f64::EPSILON, 1000).unwrap().singular_values / scale;
        assert!((s[0] - 10.191428257097225).abs() < 1e-12, "{s}");
    }
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

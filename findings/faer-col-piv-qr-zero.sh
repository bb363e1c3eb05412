#!/usr/bin/env bash
# faer 0.24.4: the column-pivoted QR of a zero matrix returns NaN without an error.
# Q = I and R = 0 are a factorisation of it. The plain qr returns R = 0.
# Seen: Q and the upper triangle of R from col_piv_qr of the 3x3 zero matrix are NaN.
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
faer = { version = "=0.24.4", default-features = false, features = ["std", "linalg"] }
EOF
cat >src/main.rs <<'EOF'
use faer::Mat;

fn main() {
    let zero = Mat::<f64>::zeros(3, 3);
    let (plain, pivoted) = (zero.qr(), zero.col_piv_qr());
    println!("qr R = {:?}, col_piv_qr R = {:?}", plain.R(), pivoted.R());
    assert!(plain.R()[(0, 0)] == 0.0);
    assert!(pivoted.R()[(0, 0)].is_nan() && pivoted.compute_Q()[(0, 0)].is_nan());
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

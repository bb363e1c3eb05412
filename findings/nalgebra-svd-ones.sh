#!/usr/bin/env bash
# nalgebra 0.35.0: the SVD of a matrix of ones returns a wrong singular value without an error.
# The 3x5 matrix of ones has the singular values sqrt(15) = 3.873, 0, 0.
# Seen: 4.5415, 8.5e-16, 0. U*S*V^T differs from the matrix accordingly. The issue dimforge/nalgebra#1172
# reports this. 32 of the matrices of ones from 2x2 to 8x21 are affected.
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
EOF
cat >src/main.rs <<'EOF'
use nalgebra::DMatrix;

fn main() {
    let a = DMatrix::<f64>::from_element(3, 5, 1.0);
    let svd = a.try_svd(true, true, 5.0 * f64::EPSILON, 1000).expect("it reports success");
    println!("{:?}, expected {}", svd.singular_values.as_slice(), 15f64.sqrt());
    assert!((svd.singular_values[0] - 15f64.sqrt()).abs() > 0.1);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

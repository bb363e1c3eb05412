#!/usr/bin/env bash
# nalgebra 0.35.0: the symmetric eigendecomposition of the 8x8 matrix of ones in f32 is NaN.
# Its eigenvalues are 8 and 0 (seven times). The result in f64 is right.
# Seen in f32: NaN among the eigenvalues, without an error.
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
    let single = DMatrix::<f32>::from_element(8, 8, 1.0).try_symmetric_eigen(f32::EPSILON, 1000);
    let double = DMatrix::<f64>::from_element(8, 8, 1.0).try_symmetric_eigen(f64::EPSILON, 1000);
    let (single, double) = (single.unwrap().eigenvalues, double.unwrap().eigenvalues);
    println!("f32 {:?}", single.as_slice());
    println!("f64 {:?}", double.as_slice());
    assert!((double.max() - 8.0).abs() < 1e-12);
    assert!(single.iter().any(|w| w.is_nan()));
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

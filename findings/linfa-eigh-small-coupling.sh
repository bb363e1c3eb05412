#!/usr/bin/env bash
# linfa-linalg 0.2.1: eigenvectors of [[1, 1e-7], [1e-7, 2]] are wrong as success.
# V*diag(w)*V^T should be the matrix to about 1e-16.
# Seen: it differs by 2.3e-9: each vector has the entry 9.77e-8 where 1e-7 is right.
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
linfa-linalg = "=0.2.1"
ndarray = "=0.16.1"
EOF
cat >src/main.rs <<'EOF'
use linfa_linalg::eigh::Eigh;
use ndarray::{arr2, Array2};

fn main() {
    let a = arr2(&[[1.0, 1e-7], [1e-7, 2.0]]);
    let (w, v) = a.eigh().expect("it reports success");
    let image = v.dot(&Array2::from_diag(&w)).dot(&v.t());
    let error = (&image - &a).iter().fold(0f64, |max, x: &f64| max.max(x.abs()));
    println!("w = {w}, v = {v}");
    println!("V*diag(w)*V^T = {image:e}, error {error:e}");
    assert!(error > 1e-12);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

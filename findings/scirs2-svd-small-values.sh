#!/usr/bin/env bash
# scirs2-linalg 0.6.5: the SVD is computed from the product of the matrix with its transpose, so that singular values below
# 1.5e-8 of the largest one are lost. The rank of diag(1, 1e-9) becomes 1.
# Expected: 1 and 1e-9, which any SVD by bidiagonalisation or by Jacobi's method gives to 16 digits.
# Seen: 1 and 0. For diag(1, 1e-7), both are right.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CARGO_TARGET_DIR="${FINDINGS_TARGET:-$dir/target}"
mkdir "$dir/src"
cd "$dir"
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
scirs2-linalg = "=0.6.5"
scirs2-core = "=0.6.5"
TOML
cat >src/main.rs <<'RUST'
use scirs2_core::ndarray::arr2;
use scirs2_linalg::svd;

fn main() {
    for small in [1e-3, 1e-7, 1e-9] {
        let a = arr2(&[[1.0, 0.0], [0.0, small]]);
        let (_, s, _) = svd(&a.view(), false, None).unwrap();
        println!("singular values of diag(1, {small:e}): {:e} and {:e}", s[0], s[1]);
        if small == 1e-9 {
            assert!(s[1] < 0.5e-9);
        }
    }
}
RUST
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# mdarray-linalg-faer 0.2.1: solving a singular system returns Ok with infinite entries. The trait has an error for this
# case, SingularMatrix, and the backend over nalgebra of the same authors returns it.
# Expected: Err for [[1, 1], [1, 1]]·x = (1, 2), which has no solution.
# Seen: Ok with the entries -inf and inf.
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
mdarray = "=0.8.1"
mdarray-linalg = "=0.2.1"
mdarray-linalg-faer = "=0.2.1"
mdarray-linalg-nalgebra = "=0.2.1"
TOML
cat >src/main.rs <<'RUST'
use mdarray::Array;
use mdarray_linalg::prelude::*;

fn main() {
    let a = || Array::<f64, _>::from_fn([2, 2], |_| 1.0);
    let b = Array::<f64, _>::from_fn([2, 1], |i| 1.0 + i[0] as f64);
    let by_nalgebra = mdarray_linalg_nalgebra::Nalgebra::default().solve(&mut a(), &b);
    println!("nalgebra: {:?}", by_nalgebra.map(|_| "a solution"));
    let x = mdarray_linalg_faer::Faer::default().solve(&mut a(), &b).unwrap();
    println!("faer: {} and {}", x[[0, 0]], x[[1, 0]]);
    assert!(!x[[0, 0]].is_finite());
}
RUST
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

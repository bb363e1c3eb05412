#!/usr/bin/env bash
# num-dual 0.15.1: the spherical Bessel functions lose all digits near zero.
# j1(x) = x/3 - ..., j2(x) = x^2/15 - ...
#            x      truth                     seen
#   j2       1e-8   6.7e-18                   -1
#   j2'      1e-4   1.3e-5                    -4.4e-4
#   j1'      1e-8   1/3                       1.11
# The reason: the formulas in sin(x) and cos(x) are used down to the machine epsilon, where they cancel.
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
num-dual = "=0.15.1"
EOF
cat >src/main.rs <<'EOF'
use num_dual::{Dual64, DualNum};

fn main() {
    let at = |x: f64| Dual64::from(x).derivative();
    let (value, slope, first) = (at(1e-8).sph_j2().re, at(1e-4).sph_j2().eps, at(1e-8).sph_j1().eps);
    println!("j2(1e-8) = {value}, j2'(1e-4) = {slope}, j1'(1e-8) = {first}");
    assert!((value - 1e-16 / 15.0).abs() > 0.5);
    assert!((slope - 2e-4 / 15.0).abs() > 1e-4);
    assert!((first - 1.0 / 3.0).abs() > 0.5);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

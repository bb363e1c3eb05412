#!/usr/bin/env bash
# num-dual 0.15.1: the value, not only the derivative, of common functions is NaN.
#   x^2.5 at x = 0:   value 0, derivative 0.   Seen: NaN and NaN. (powf(2.0) is right.)
#   tanh at x = 800:  value 1, derivative 0.   Seen: NaN and NaN.
# A fitted model that uses them becomes NaN at a parameter of zero, or in saturation.
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
    let (power, tanh) = (at(0.0).powf(2.5), at(800.0).tanh());
    println!("0^2.5 = {power}, 0^2 = {}, tanh(800) = {tanh}", at(0.0).powf(2.0));
    assert!(power.re.is_nan() && tanh.re.is_nan());
    assert!(0f64.powf(2.5) == 0.0 && 800f64.tanh() == 1.0);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# statrs 0.19.1: the regularized incomplete beta function loses digits for a large first argument, without an error.
# The tails of Student's t and of F with many degrees of freedom are this function, with a = degrees/2 and b = 1/2.
# Truth: a quadrature with 40 digits (mpmath), which agrees with scipy 1.17.1. Each x is exact in binary.
#   degrees   x            statrs       truth
#   1e7       1 - 2^-22    0.12256871040 0.12256872509827540
#   1e9       1 - 2^-28    0.0535943703  0.053594310677439273
#   1e12      1 - 2^-38    0.0563549735  0.056475456419707039
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
statrs = { version = "=0.19.1", default-features = false }
EOF
cat >src/main.rs <<'EOF'
use statrs::function::beta::beta_reg;

fn main() {
    for (degrees, bits, truth, least_error) in [
        (1e7, 22, 0.12256872509827540, 1e-9),
        (1e9, 28, 0.053594310677439273, 1e-7),
        (1e12, 38, 0.056475456419707039, 1e-3),
    ] {
        let x = 1.0 - 2f64.powi(-bits);
        let found = beta_reg(0.5 * degrees, 0.5, x);
        let error = (found / truth - 1.0).abs();
        println!("{degrees:e} degrees: {found} for {truth}, relative error {error:.1e}");
        assert!(error > least_error);
    }
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

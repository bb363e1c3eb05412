#!/usr/bin/env bash
# linregress 0.5.4: the results of a regression depend on the unit of x, because tolerances are absolute.
# y = 3.1, 4.9, 6.9, 9.1, 11.0, 13.05 at x = 1, ..., 6 units: intercept 0.98, R2 = 0.9994, p of the slope 1.3e-7.
# R2, p and the intercept should not depend on the unit. Seen, without an error:
#   unit 1e17    intercept 0,    R2 = 0.984,  p of the slope 0.92 (its standard error, 5e-19, is taken as 2.2e-16)
#   unit 1e-17   intercept 8.01, R2 = -3.2,   p of the slope 0.38
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
linregress = "=0.5.4"
EOF
cat >src/main.rs <<'EOF'
use linregress::{FormulaRegressionBuilder, RegressionDataBuilder};

fn main() {
    let fit = |unit: f64| {
        let x = (1..=6).map(|i| f64::from(i) * unit).collect();
        let y = vec![3.1, 4.9, 6.9, 9.1, 11.0, 13.05];
        let data = RegressionDataBuilder::new().build_from(vec![("Y", y), ("X", x)]).unwrap();
        let model = FormulaRegressionBuilder::new().data(&data).formula("Y ~ X").fit().unwrap();
        let (intercept, r2, p) = (model.parameters()[0], model.rsquared(), model.p_values()[1]);
        println!("unit {unit:e}: intercept {intercept}, R2 {r2}, p of the slope {p}");
        (intercept, r2, p)
    };
    let (right, large, small) = (fit(1.0), fit(1e17), fit(1e-17));
    assert!((right.0 - 0.98333).abs() < 1e-4 && right.1 > 0.999 && right.2 < 1e-6);
    assert!(large.0 == 0.0 && large.1 > 0.98 && large.2 > 0.5);
    assert!((small.0 - 8.00833).abs() < 1e-4 && small.1 < 0.0);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# faer 0.24.4: least squares by the plain QR drops a nearly collinear column without an error.
# b is the sum of the two columns, so the solution is (1, 1). The columns have 1000 entries: +-1, and
# +-1 +- 1e-3 in f32 or +-1 +- 1e-12 in f64. A backward stable QR has an error of at most 1e-3 in both.
# Seen: qr gives (2.0326, -0.0326) in both; col_piv_qr gives (0.9999, 1.0001) and (1.0003, 0.9997).
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
use faer::linalg::solvers::SolveLstsq;
use faer::Mat;

fn main() {
    let first = |i: usize| if i % 2 == 0 { 1.0 } else { -1.0 };
    let second = |i: usize| if i % 4 < 2 { 1.0 } else { -1.0 };
    let m = 1000;

    let a = Mat::from_fn(m, 2, |i, j| (first(i) + 1e-3 * j as f64 * second(i)) as f32);
    let b = Mat::from_fn(m, 1, |i, _| a[(i, 0)] + a[(i, 1)]);
    let (plain, pivoted) = (a.qr().solve_lstsq(&b), a.col_piv_qr().solve_lstsq(&b));
    println!("f32: qr {plain:?}, col_piv_qr {pivoted:?}");
    assert!((plain[(0, 0)] - 1.0).abs() > 0.5 && (pivoted[(0, 0)] - 1.0).abs() < 1e-2);

    let a = Mat::from_fn(m, 2, |i, j| first(i) + 1e-12 * j as f64 * second(i));
    let b = Mat::from_fn(m, 1, |i, _| a[(i, 0)] + a[(i, 1)]);
    let (plain, pivoted) = (a.qr().solve_lstsq(&b), a.col_piv_qr().solve_lstsq(&b));
    println!("f64: qr {plain:?}, col_piv_qr {pivoted:?}");
    assert!((plain[(0, 0)] - 1.0).abs() > 0.5 && (pivoted[(0, 0)] - 1.0).abs() < 1e-2);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# oxiblas 0.2.2: least squares drop every column after a repeated one, and report success.
# The columns are 1, t, t, t^2 at t = 1, ..., 8, and b = 1 + 2t + 3t^2, so a residual of zero is possible.
# Expected: a solution, such as (1, 2, 0, 3) or the shortest one, (1, 1, 1, 3), or an error.
# Seen: (-44, 29, 0, 0), with a residual of norm 39. Without the repeated column, the answer is (1, 2, 3).
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
oxiblas = { version = "=0.2.2", default-features = false, features = ["std"] }
EOF
cat >src/main.rs <<'EOF'
use oxiblas::lapack::solve::lstsq;
use oxiblas::prelude::Mat;

fn solve(powers: &[i32]) -> (Vec<f64>, f64) {
    let mut a: Mat<f64> = Mat::zeros(8, powers.len());
    let mut b: Mat<f64> = Mat::zeros(8, 1);
    for i in 0..8 {
        let t = (i + 1) as f64;
        for (j, &power) in powers.iter().enumerate() {
            a[(i, j)] = t.powi(power);
        }
        b[(i, 0)] = 1.0 + 2.0 * t + 3.0 * t * t;
    }
    let found = lstsq(a.as_ref(), b.as_ref()).expect("it reports success");
    let x: Vec<f64> = (0..powers.len()).map(|j| found.solution[(j, 0)]).collect();
    let residual = (0..8).map(|i| {
        let ax: f64 = (0..powers.len()).map(|j| a[(i, j)] * x[j]).sum();
        (ax - b[(i, 0)]).powi(2)
    });
    let norm = residual.sum::<f64>().sqrt();
    (x, norm)
}

fn main() {
    let (x, norm) = solve(&[0, 1, 2]);
    println!("1, t, t^2:    {x:.3?}, residual {norm:.1e}");
    assert!(norm < 1e-10);
    let (x, norm) = solve(&[0, 1, 1, 2]);
    println!("1, t, t, t^2: {x:.3?}, residual {norm:.1e}");
    assert!(norm > 10.0);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# faer 0.24.4: the SVD of a 12x12 matrix of small integers does not converge.
# The matrix has the entries of a 4x4 block three times, so each singular value is repeated three times.
# Seen: thin_svd and singular_values return Err(NoConvergence). With the columns in reverse order both succeed, with the
# singular values of the block.
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
use faer::{Mat, Par};

const BLOCK: [[f64; 4]; 4] =
    [[2.0, -2.0, -2.0, 0.0], [-1.0, 2.0, -1.0, 1.0], [2.0, -2.0, 0.0, 0.0], [-1.0, -2.0, -2.0, 1.0]];

fn main() {
    faer::set_global_parallelism(Par::Seq);
    // Row i belongs to copy i % 3, column j to copy j / 4.
    let entry = |i: usize, j: usize| if i % 3 == j / 4 { BLOCK[i / 3][j % 4] } else { 0.0 };
    let a = Mat::<f64>::from_fn(12, 12, entry);
    let reversed = Mat::<f64>::from_fn(12, 12, |i, j| entry(i, 11 - j));
    let block = Mat::<f64>::from_fn(4, 4, |i, j| BLOCK[i][j]).singular_values().unwrap();
    println!("{:?}, reversed {:?}", a.singular_values(), reversed.singular_values());
    assert!(a.thin_svd().is_err() && a.singular_values().is_err());
    assert!(reversed.thin_svd().is_ok());
    for (i, s) in reversed.singular_values().unwrap().iter().enumerate() {
        assert!((s - block[i / 3]).abs() < 1e-14, "{s} {block:?}");
    }
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

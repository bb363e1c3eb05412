#!/usr/bin/env bash
# faer 0.24.4: the SVD of a matrix of half rank is wrong from 128x128 on, without an error.
# A = G*G^T has n/2 zero singular values, where G is n x n/2 with uniform entries.
# Seen at n = 127 (implicit-shift QR): the largest singular value that should be zero is 4e-14, and the error
# of U*S*V^T is 8e-15. Seen at n = 128 (divide and conquer): it is 5e-4, which is 4e-6 of the first singular
# value, and the error of U*S*V^T is 4e-4.
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
use faer::Mat;

fn main() {
    for (n, wrong) in [(127, false), (128, true)] {
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as f64 / (1u64 << 30) as f64 - 1.0
        };
        let g = Mat::from_fn(n, n / 2, |_, _| uniform());
        let a = &g * g.transpose();
        let svd = a.thin_svd().expect("it reports success");
        let s = svd.S().column_vector();
        let should_be_zero = s[n / 2] / s[0];
        let image = svd.U() * svd.S() * svd.V().transpose();
        let error = (image - &a).norm_l2() / a.norm_l2();
        println!("n = {n}: s[n/2]/s[0] = {should_be_zero:.1e}, error of U*S*V^T = {error:.1e}");
        assert_eq!(should_be_zero > 1e-8, wrong);
        assert_eq!(error > 1e-8, wrong);
    }
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

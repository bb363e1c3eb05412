#!/usr/bin/env bash
# statrs 0.19.1: quantiles of Student's t are wrong for ordinary arguments, without an error.
# Truth: scipy 1.17.1 (Boost), which agrees with the closed form at 1 and 2 degrees of freedom.
#   degrees   p           statrs       truth
#   1         1e-10       -8.856e7     -1/tan(1e-10 pi) = -3.183e9
#   100       0.5000001    1.825e-7     2.5129e-7
#   1e6       0.975        1.9598477    1.9599664    (6e-5)
#   1e7       0.975        1.8265564    1.9599642    (7 %)
# The cdf of the true quantile equals p to 4e-10, except near 1/2: at 100 degrees, cdf(2.5e-7) is exactly 0.5.
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
use statrs::distribution::{ContinuousCDF, StudentsT};

fn main() {
    for (degrees, p, truth, least_error) in [
        (1.0, 1e-10, -3183098861.8379064, 0.9),
        (100.0, 0.5000001, 2.512902579048325e-7, 0.2),
        (1e6, 0.975, 1.959966356814107, 5e-5),
        (1e7, 0.975, 1.959964221767205, 0.05),
    ] {
        let t = StudentsT::new(0.0, 1.0, degrees).unwrap();
        let quantile = t.inverse_cdf(p);
        let error = (quantile / truth - 1.0).abs();
        println!("{degrees} degrees, p = {p}: {quantile} for {truth}, relative error {error:.1e}");
        println!("    cdf of the true quantile: {}", t.cdf(truth));
        assert!(error > least_error);
    }
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

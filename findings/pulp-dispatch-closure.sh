#!/usr/bin/env bash
# pulp 0.22.3, rustc 1.95.0, x86-64: Arch::dispatch of a closure can run code without the vector instructions it detects.
# The documentation shows dispatch with a closure as its "Autovectorization example". rustc need not inline the closure
# into the function that enables the instructions, and does not for a kernel of four dot products. Then the loop is
# compiled for the baseline. The same loop as an implementor of WithSimd with #[inline(always)] is vectorised.
# Seen in the assembly: 0 instructions with 256-bit registers for the closure, 80 for the implementor.
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
[features]
closure = []
[dependencies]
pulp = "=0.22.3"
[profile.release]
codegen-units = 1
EOF
cat >src/lib.rs <<'EOF'
use pulp::{Arch, Simd, WithSimd};

/// Four dot products, each in eight partial sums.
#[inline(always)]
fn kernel(columns: &[Vec<f64>; 4], v: &[f64], sums: &mut [f64; 4]) {
    for (column, sum) in columns.iter().zip(sums) {
        let mut partial = [0.0; 8];
        for (x, y) in column.chunks_exact(8).zip(v.chunks_exact(8)) {
            for lane in 0..8 {
                partial[lane] += x[lane] * y[lane];
            }
        }
        *sum = partial.iter().sum();
    }
}

pub struct Kernel<'a>(&'a [Vec<f64>; 4], &'a [f64], &'a mut [f64; 4]);

impl WithSimd for Kernel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        kernel(self.0, self.1, self.2);
    }
}

pub fn run(columns: &[Vec<f64>; 4], v: &[f64], sums: &mut [f64; 4]) {
    if cfg!(feature = "closure") {
        Arch::new().dispatch(|| kernel(columns, v, sums));
    } else {
        Arch::new().dispatch(Kernel(columns, v, sums));
    }
}
EOF
count() {
    rm -f "$CARGO_TARGET_DIR"/release/deps/finding-*.s
    cargo rustc --quiet --release "$@" -- --emit asm
    cat "$CARGO_TARGET_DIR"/release/deps/finding-*.s | grep -c 'ymm' || true
}
closure=$(count --features closure)
implementor=$(count)
echo "instructions with 256-bit registers: closure $closure, implementor $implementor"
[ "$closure" = 0 ] && [ "$implementor" -gt 0 ] || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# indicatif 0.18.6: the remaining time of a progress bar is not the one that its mean speed gives. The speed forgets all but
# the last fifteen seconds, so that it falls by about a factor of ten for every fifteen seconds without an update. A bar that has
# done half of its work in two seconds, and then waits for a long part, states hours after 70 s, and years after minutes.
# Expected: at most the time that has passed, 72 s, because half of the work is done.
# Seen after 2 s of steps and a pause of 70 s: 175746 s, which are 49 hours.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CARGO_TARGET_DIR="${FINDINGS_TARGET:-$dir/target}"
mkdir "$dir/src"
cd "$dir"
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
indicatif = "=0.18.6"
TOML
cat >src/main.rs <<'RUST'
use std::thread::sleep;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};

fn main() {
    let bar = ProgressBar::with_draw_target(Some(40), ProgressDrawTarget::hidden());
    for _ in 0..20 {
        sleep(Duration::from_millis(100));
        bar.inc(1);
    }
    println!("half of the work took {:.0?}; remaining: {:.0?}", bar.elapsed(), bar.eta());
    sleep(Duration::from_secs(70));
    println!("after {:.0?}, still half of the work: remaining {:.0?}", bar.elapsed(), bar.eta());
    assert!(bar.eta() > Duration::from_secs(3600));
}
RUST
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

#!/usr/bin/env bash
# linfa-linalg 0.2.1 and nalgebra 0.35.0: decompositions of [[1, 1e-8], [1e-8, 2]] ignore the 1e-8.
# They return no error. The product of the factors should equal the matrix to about 1e-16.
# Seen as the largest error of an entry of the product:
#   eigh of linfa-linalg           1.0e-8: the eigenvectors are (1, 0) and (0, 1)
#   svd of nalgebra                7.8e-9
#   symmetric_eigen of nalgebra    2e-24, right
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
nalgebra = "=0.35.0"
linfa-linalg = "=0.2.1"
ndarray = "=0.16.1"
EOF
cat >src/main.rs <<'EOF'
use linfa_linalg::eigh::Eigh;
use nalgebra::DMatrix;
use ndarray::{arr2, Array2};

fn main() {
    let small = 1e-8;
    let a = DMatrix::from_row_slice(2, 2, &[1.0, small, small, 2.0]);
    let svd = a.clone().try_svd(true, true, 5.0 * f64::EPSILON, 1000).unwrap().recompose().unwrap();
    let eigen = a.clone().symmetric_eigen().recompose();
    let (svd, eigen) = ((svd - &a).amax(), (eigen - &a).amax());

    let a = arr2(&[[1.0, small], [small, 2.0]]);
    let (w, v) = a.eigh().unwrap();
    let image = v.dot(&Array2::from_diag(&w)).dot(&v.t());
    let linfa = (image - &a).iter().fold(0f64, |max, x: &f64| max.max(x.abs()));
    println!("linfa-linalg eigh {linfa:.1e} (vectors {v}), nalgebra svd {svd:.1e}, symmetric_eigen {eigen:.1e}");
    assert!(linfa > 1e-10 && svd > 1e-10 && eigen < 1e-14);
}
EOF
cargo run --quiet || { echo "The behaviour has changed, or the build failed." >&2; exit 1; }

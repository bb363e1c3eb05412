//! Measures the time of the reference solution and the verdict of a system, without the solves of
//! the libraries.
//!
//! `cargo run --release -p leastwise-conformance --example certificate_times -- 300x300 2000x200`,
//! and with `long` as the first argument for the reference in extended precision. κ = 10¹², one
//! thread.

use std::time::Instant;

use leastwise_conformance::verdict::{self, Answer, Truth};
use leastwise_conformance::{Certificate, LeastSquaresTruth};
use leastwise_core::{LeastSquares, LstsqOptions, Mat, Method};
use leastwise_faer::Faer;
use leastwise_testset::standard_normal;

/// U·diag(s)·Vᵀ with products of three reflectors for U and V: O(m·n) operations.
fn system(m: usize, n: usize, kappa: f64) -> Mat<f64> {
    let smaller = m.min(n);
    let mut a = Mat::zeros(m, n);
    for i in 0..smaller {
        a[(i, i)] = kappa.powf(-(i as f64) / (smaller.max(2) - 1) as f64);
    }
    for k in 0..3 {
        let mut v = standard_normal::<f64>(m, 1, 1, k).into_vec();
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        for x in &mut v {
            *x /= length;
        }
        for j in 0..n {
            let column = a.col_mut(j);
            let along: f64 = column.iter().zip(&v).map(|(x, y)| x * y).sum();
            column
                .iter_mut()
                .zip(&v)
                .for_each(|(x, y)| *x -= 2.0 * along * y);
        }
        let w = standard_normal::<f64>(n, 1, 2, k).into_vec();
        let square: f64 = w.iter().map(|x| x * x).sum();
        let mut image = vec![0.0; m];
        for (j, wj) in w.iter().enumerate() {
            let column = image.iter_mut().zip(a.col(j));
            column.for_each(|(y, x)| *y += x * wj);
        }
        for (j, wj) in w.iter().enumerate() {
            let factor = 2.0 * wj / square;
            let column = a.col_mut(j).iter_mut().zip(&image);
            column.for_each(|(x, y)| *x -= factor * y);
        }
    }
    a
}

/// Seconds on the clock and on the processor since `start`; the latter from Linux.
fn report(what: &str, start: (Instant, f64)) {
    let (wall, cpu) = (
        start.0.elapsed().as_secs_f64(),
        processor_seconds() - start.1,
    );
    println!("  {what}: {wall:.2} s, {cpu:.2} s of processor time");
}

fn now() -> (Instant, f64) {
    (Instant::now(), processor_seconds())
}

fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    nanoseconds.unwrap_or(f64::NAN) * 1e-9
}

fn main() {
    let mut long = false;
    for argument in std::env::args().skip(1) {
        if argument == "long" {
            long = true;
            continue;
        }
        let size = |text: &str| text.parse::<usize>().expect("a shape such as 300x300");
        let (m, n) = argument.split_once('x').expect("a shape such as 300x300");
        let (m, n) = (size(m), size(n));
        let a = system(m, n, 1e12);
        let b = Mat::from_fn(m, 1, |i, _| (0..n).map(|j| a[(i, j)]).sum());
        println!("{m}x{n}");
        let faer = Faer::default();
        let start = now();
        let certificate;
        let truth;
        let judge: &dyn Truth<f64> = if long {
            truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), m.min(n));
            &truth
        } else {
            certificate =
                Certificate::<f64>::new(a.as_ref(), b.as_ref(), &[&faer]).expect("factors");
            &certificate
        };
        report("truth", start);
        let s = judge.singular_values();
        println!(
            "  σ₁ is known to {:.1}u",
            (s[0].high - s[0].low) / s[0].value * 4.5e15
        );
        let solution = faer
            .lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(Method::Svd))
            .expect("a solution");
        let answer = Answer {
            x: &solution.x,
            rank: Some(solution.rank),
            residual_norms: solution.residual_norms.as_deref(),
            singular_values: solution.singular_values.as_deref(),
        };
        // As many as three libraries give.
        let start = now();
        for _ in 0..11 {
            let verdict = verdict::judge(Method::Svd, judge, &answer);
            assert!(verdict.fault().is_none(), "{:?}", verdict.fault());
            if let Some(open) = verdict.open() {
                println!("  open: {open}");
                break;
            }
        }
        report("11 verdicts", start);
        if verdict::rank_is_open(judge) {
            println!("  the rank is open");
        }
    }
}

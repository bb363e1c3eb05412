//! The answers to random small matrices of integers.

use leastwise_conformance::LeastSquaresTruth;
use leastwise_core::norm::euclidean;
use leastwise_core::{Backend, LstsqOptions, Mat, Method};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::model::{Call, Counts, Plan, Rates, STEP};
use crate::libraries::{Hand, Solved, drawn};

/// The number of draws in one request.
const REQUEST: u64 = 1000;
/// Two backends that differ by less than this are right. Their algorithms and their libraries are different.
const AGREED: f64 = 1e-9;
/// X is wrong if it differs from the solution by more than this share of its norm. Nonzero singular values of these
/// matrices are rarely below 1e-3, so stable methods are far more accurate.
const WRONG: f64 = 1e-6;
const GROSS: f64 = 1e-2;

/// A call that takes longer than this for the draws of a step, or of a part of it, has no further ones. A million draws
/// would take an hour by this call alone.
const LONGEST: Duration = Duration::from_secs(30);

/// The minimum-norm solution of a draw.
struct Reference {
    x: Vec<f64>,
    norm: f64,
    is_full_rank: bool,
}

/// The counts of the draws from `from` on. `slow` are the calls that have no further draws.
pub(super) fn take(
    plan: &Plan,
    hands: &mut [Hand],
    slow: &mut BTreeSet<usize>,
    from: u64,
) -> anyhow::Result<Rates> {
    let mut counts = vec![Counts::default(); plan.calls.len()];
    let mut elapsed = vec![Duration::ZERO; plan.calls.len()];
    let backends = leastwise_backends::all::<f64>(1);
    let end = (from + STEP).min(plan.draws);
    for start in (from..end).step_by(usize::try_from(REQUEST)?) {
        let count = REQUEST.min(end - start);
        let references: Vec<Reference> = (start..start + count)
            .map(|number| reference(&backends, number))
            .collect();
        for (number, call) in plan.calls.iter().enumerate() {
            // The backends of contenders have no row in the table of the rates.
            if (call.ours && call.library >= plan.registered) || slow.contains(&number) {
                continue;
            }
            let clock = Instant::now();
            let solved = hands[call.library].solve_draws(&call.way, start, count);
            elapsed[number] += clock.elapsed();
            if elapsed[number] > LONGEST {
                slow.insert(number);
            }
            counts[number].drawn += count;
            for (solved, reference) in solved.iter().zip(&references) {
                judge(call, solved, reference, &mut counts[number])?;
            }
        }
    }
    Ok(Rates { from, counts })
}

fn reference(backends: &[Box<dyn Backend<f64>>], number: u64) -> Reference {
    let (a, b) = drawn(number);
    let smaller = a.rows().min(a.cols());
    // Integers of this size are exact. Rounding errors must not count as a solution.
    let correlates = |j: usize| {
        let products = (0..a.rows()).map(|i| a[(i, j)] * b[(i, 0)]);
        products.sum::<f64>() != 0.0
    };
    let is_zero = !(0..a.cols()).any(correlates);
    let solve = |backend: &dyn Backend<f64>, method| {
        backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method))
    };
    let first = solve(&*backends[0], Method::Svd);
    let second = solve(&*backends[1], Method::CompleteOrthogonal);
    if let (Ok(first), Ok(second)) = (first, second)
        && first.rank == second.rank
    {
        let (x, y) = (first.x.data(), second.x.data());
        let norm = if is_zero { 0.0 } else { euclidean(x) };
        if is_zero || distance(x, y) <= AGREED * norm {
            return Reference {
                x: if is_zero {
                    vec![0.0; x.len()]
                } else {
                    x.to_vec()
                },
                norm,
                is_full_rank: first.rank == smaller,
            };
        }
    }
    let truth = LeastSquaresTruth::<f64>::new(a.as_ref(), b.as_ref(), smaller);
    let truth = truth.with_numerical_rank();
    let x: Mat<f64> = truth.solution();
    Reference {
        norm: euclidean(x.data()),
        is_full_rank: truth.rank() == smaller,
        x: x.into_vec(),
    }
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    let difference: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    euclidean(&difference)
}

/// Counts an answer, unless the method need not solve the system.
fn judge(
    call: &Call,
    solved: &Solved,
    reference: &Reference,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let method = Method::from_str(&call.method)?;
    let has_to_solve = reference.is_full_rank || method.handles_rank_deficiency();
    if *solved == Solved::NotOffered || !has_to_solve {
        return Ok(());
    }
    counts.judged += 1;
    match solved {
        Solved::X(x, _) if x.iter().all(|xi| xi.is_finite()) => {
            let error = distance(x, &reference.x);
            // If the solution is zero, the norm is that of b, which is at least 1 or zero as well.
            let norm = if reference.norm > 0.0 {
                reference.norm
            } else {
                1.0
            };
            counts.wrong += u64::from(error > WRONG * norm);
            counts.gross += u64::from(error > GROSS * norm);
        }
        Solved::X(..) => counts.not_finite += 1,
        Solved::Refused => counts.refused += 1,
        Solved::Panicked => counts.panicked += 1,
        Solved::Died | Solved::TimedOut => counts.lost += 1,
        Solved::NotOffered => {}
    }
    Ok(())
}

/// The 95 % interval of a rate by E. Wilson's score (*J. Amer. Statist. Assoc.* 22 (1927)).
pub(super) fn wilson(count: u64, of: u64) -> (f64, f64) {
    /// The two-sided 95 % quantile of the normal distribution.
    const Z: f64 = 1.959_964;
    let n = of as f64;
    let p = count as f64 / n;
    let center = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((center - half) / scale).max(0.0), (center + half) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of Brown, Cai and DasGupta, Statist. Sci. 16 (2001), and the closed form n/(n + z²) at the ends.
    #[test]
    fn the_interval_is_that_of_wilson() {
        let (low, high) = wilson(0, 10);
        assert!(low == 0.0 && (high - 0.2775).abs() < 1e-4, "{high}");
        let (low, high) = wilson(10, 20);
        assert!((low - 0.2993).abs() < 1e-4 && (high - 0.7007).abs() < 1e-4);
    }

    /// For some draws, Aᵀb = 0. A solution of rounding size is right there.
    #[test]
    fn an_answer_of_rounding_size_is_right_if_the_solution_is_zero() {
        let backends = leastwise_backends::all::<f64>(1);
        let zeros = (0..2000).filter(|&number| {
            let reference = reference(&backends, number);
            reference.norm == 0.0
        });
        let call = Call {
            label: String::new(),
            library: 0,
            ours: true,
            method: "svd".to_owned(),
            way: crate::libraries::Way::Call(0),
        };
        let mut counts = Counts::default();
        for number in zeros {
            let reference = reference(&backends, number);
            let solved = Solved::X(vec![1e-16; reference.x.len()], None);
            judge(&call, &solved, &reference, &mut counts).unwrap();
        }
        assert!(counts.judged > 0 && counts.wrong == 0, "{counts:?}");
    }

    #[test]
    fn references_solve_their_draws() {
        let backends = leastwise_backends::all::<f64>(1);
        for number in 0..200 {
            let (a, b) = drawn(number);
            let reference = reference(&backends, number);
            let residual: Vec<f64> = (0..a.rows())
                .map(|i| {
                    (0..a.cols())
                        .map(|j| a[(i, j)] * reference.x[j])
                        .sum::<f64>()
                        - b[(i, 0)]
                })
                .collect();
            for j in 0..a.cols() {
                let gradient: f64 = (0..a.rows()).map(|i| a[(i, j)] * residual[i]).sum();
                assert!(gradient.abs() < 1e-8, "draw {number}: {gradient}");
            }
        }
    }
}

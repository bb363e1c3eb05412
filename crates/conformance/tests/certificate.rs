//! The verdict of a certificate equals the verdict in extended precision, or is open.

use leastwise_conformance::verdict::{self, Answer, Truth, Verdict};
use leastwise_conformance::{Certificate, LeastSquaresTruth, Widen};
use leastwise_core::{LeastSquares, LstsqOptions, Mat, Method, Solution, norm};
use leastwise_faer::Faer;
use leastwise_testset::{standard_normal, with_singular_values};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};

const SYSTEMS: u64 = 500;

/// A system of any shape, rank, condition and scale.
struct System {
    name: String,
    a: Mat<f64>,
    b: Mat<f64>,
}

fn integers(rows: usize, cols: usize, seed: u64, stream: u32) -> Mat<f64> {
    let drawn = standard_normal::<f64>(rows, cols, seed, stream);
    Mat::from_fn(rows, cols, |i, j| (2.0 * drawn[(i, j)]).round())
}

fn product(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    Mat::from_fn(a.rows(), b.cols(), |i, j| {
        (0..a.cols()).map(|k| a[(i, k)] * b[(k, j)]).sum()
    })
}

impl System {
    /// `range`: powers of two of the scales; `decades`: of the condition number at most.
    fn draw(seed: u64, range: i32, decades: f64) -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        let m = random.random_range(1..=24);
        let n = random.random_range(1..=24);
        let smaller = m.min(n);
        let rank = random.random_range(0..=smaller);
        let kind = random.random_range(0..6);
        let decade = random.random_range(0.0..decades);
        let spectrum = |count: usize| -> Vec<f64> {
            let place = |i: usize| i as f64 / (count.max(2) - 1) as f64;
            (0..count).map(|i| 10f64.powf(-decade * place(i))).collect()
        };
        let a = match kind {
            0 | 1 => with_singular_values(m, n, &spectrum(smaller), seed, 0),
            2 => with_singular_values(m, n, &spectrum(rank), seed, 0),
            3 => product(&integers(m, rank, seed, 0), &integers(rank, n, seed, 1)),
            4 => {
                let row = standard_normal::<f64>(1, n, seed, 0);
                Mat::from_fn(m, n, |_, j| row[(0, j)])
            }
            _ => {
                let columns = standard_normal::<f64>(m, n, seed, 0);
                Mat::from_fn(m, n, |i, j| {
                    columns[(i, j)] * 10f64.powf(-decade * (j % 5) as f64 / 4.0)
                })
            }
        };
        let k = random.random_range(1..=3);
        let b_kind = random.random_range(0..3);
        let b = match b_kind {
            0 => product(&a, &standard_normal(n, k, seed, 2)),
            1 => standard_normal(m, k, seed, 3),
            _ => Mat::zeros(m, k),
        };
        let p = random.random_range(-1..=1) * range;
        let times = |a: &Mat<f64>, p: i32| {
            Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * 2f64.powi(p))
        };
        Self {
            name: format!(
                "seed {seed}: {m}x{n}, kind {kind}, rank {rank}, 1e{decade:.1}, b {b_kind}, 2^{p}"
            ),
            a: times(&a, p),
            b: times(&b, p),
        }
    }
}

/// How often a certificate decided, and how often it was open.
#[derive(Default)]
struct Tally {
    decided: usize,
    wrong: usize,
    open: usize,
    /// Answers as computed that were open.
    right_but_open: usize,
    /// Systems with a singular value as near the limit of a rank as its error.
    edges: usize,
}

/// Whether a singular value lies within a factor of 2 of a limit by which a method decides its rank, or so near the
/// rounding errors of factors in f64 that they show no gap behind it.
fn is_at_the_edge<T: Widen>(truth: &LeastSquaresTruth<T>) -> bool {
    let s = truth.singular_values();
    let rcond = Truth::<T>::larger_dimension(truth) as f64 * T::EPSILON.as_f64();
    let pivots = (s.len() as f64).sqrt();
    let limits = [rcond, rcond.sqrt()].map(|threshold| {
        [1.0 / (8.0 * pivots), 0.125, 8.0, 8.0 * pivots].map(|factor| threshold * factor * s[0])
    });
    let rounding = 4.0 * f64::EPSILON * s[0]..200.0 * f64::EPSILON * s[0];
    s.iter().any(|si| {
        if rounding.contains(si) {
            return true;
        }
        let limits = limits.iter().flatten();
        limits
            .clone()
            .any(|limit| *si >= limit / 2.0 && *si <= 2.0 * limit)
    })
}

struct Judges<'a, T: Widen> {
    name: &'a str,
    certificate: &'a Certificate<T>,
    truth: &'a LeastSquaresTruth<T>,
}

impl<T: Widen> Judges<'_, T> {
    fn hold_singular_values(&self) {
        let exact = self.truth.singular_values();
        let found = Truth::<T>::singular_values(self.certificate);
        // Rounding of the truth: in double-double, or in f64 for f32.
        let unit = if T::NAME == "f32" { 1e-14 } else { 1e-28 };
        let slack = unit * exact[0];
        for (i, (found, exact)) in found.iter().zip(exact).enumerate() {
            let name = self.name;
            assert!(
                found.low <= exact + slack && exact <= found.high + slack,
                "{name}, {}, singular value {i}: {exact:e} is not in {found:?}",
                T::NAME
            );
            assert!(
                found.low <= found.value && found.value <= found.high,
                "{name}, {i}: {found:?}"
            );
        }
    }

    fn hold(&self, method: Method, answer: &Answer<'_, T>, what: &str, tally: &mut Tally) {
        let name = self.name;
        let exact = verdict::judge(method, self.truth, answer);
        let found = verdict::judge(method, self.certificate, answer);
        if let Some(reason) = found.open() {
            assert!(!reason.is_empty());
            tally.open += 1;
            tally.right_but_open += usize::from(what == "as computed");
        } else {
            let faults = [&found, &exact].map(Verdict::fault);
            let [found, exact] = &faults;
            assert_eq!(
                found.is_some(),
                exact.is_some(),
                "{name}, {T}, {method}, {what}: {found:?}, {exact:?}",
                T = T::NAME
            );
            tally.decided += 1;
            tally.wrong += usize::from(exact.is_some());
        }
        let Some(rank) = answer.rank else { return };
        if rank > self.truth.singular_values().len() {
            return;
        }
        let found = self.certificate.figures(rank, answer.x);
        let exact = Truth::figures(self.truth, rank, answer.x);
        // The truth of an f32 system is computed in f64 and has no such singular values.
        if T::NAME == "f32" && exact.condition.value > 1e10 {
            return;
        }
        for (metric, found, exact) in [
            (
                "backward error",
                found.backward_error_u,
                exact.backward_error_u.value,
            ),
            (
                "forward error",
                found.forward_over_bound,
                exact.forward_over_bound.value,
            ),
            (
                "null part",
                found.min_norm_excess,
                exact.min_norm_excess.value,
            ),
            ("condition", found.condition, exact.condition.value),
            ("gap", found.relative_gap, exact.relative_gap.value),
            ("scale", found.residual_scale, exact.residual_scale.value),
        ] {
            let slack = if T::NAME == "f32" { 1e-4 } else { 1e-9 };
            let tiny = if metric == "forward error" {
                1e-12
            } else {
                1e-16
            } * if T::NAME == "f32" { 1e6 } else { 1.0 };
            let holds = found.low <= exact * (1.0 + slack) + tiny
                && exact * (1.0 - slack) <= found.high + tiny;
            assert!(
                holds || exact.is_nan(),
                "{name}, {}, rank {rank}, {what}, {metric}: {exact:e} is not in {found:?}",
                T::NAME
            );
        }
    }
}

fn reported<'a, T>(x: &'a Mat<T>, solution: &'a Solution<T>) -> Answer<'a, T> {
    Answer {
        x,
        rank: Some(solution.rank),
        residual_norms: solution.residual_norms.as_deref(),
        singular_values: solution.singular_values.as_deref(),
    }
}

/// Right answers, and answers that are wrong by more and more, in every way.
fn judge_all<T: Widen>(system: &System, tally: &mut Tally)
where
    Faer: LeastSquares<T>,
{
    let narrow = |a: &Mat<f64>| Mat::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)]));
    let (a, b) = (narrow(&system.a), narrow(&system.b));
    let faer = Faer::default();
    let certificate = Certificate::<T>::new(a.as_ref(), b.as_ref(), &[&faer]);
    let certificate = certificate.unwrap_or_else(|| panic!("{}: no certificate", system.name));
    let smaller = a.rows().min(a.cols());
    let truth = LeastSquaresTruth::new(a.as_ref(), b.as_ref(), smaller);
    let judges = Judges {
        name: &system.name,
        certificate: &certificate,
        truth: &truth,
    };
    judges.hold_singular_values();
    if verdict::rank_is_open(&certificate) {
        tally.edges += 1;
        assert!(is_at_the_edge(&truth), "{}, {}", system.name, T::NAME);
    }
    for method in Method::ALL {
        let allowed = verdict::may_refuse(method, &certificate);
        if allowed.is_some() {
            assert_eq!(
                allowed,
                verdict::may_refuse(method, &truth),
                "{}, {method}",
                system.name
            );
        }
        let Ok(solution) =
            LeastSquares::<T>::lstsq(&faer, a.as_ref(), b.as_ref(), &LstsqOptions::new(method))
        else {
            continue;
        };
        judges.hold(
            method,
            &reported(&solution.x, &solution),
            "as computed",
            tally,
        );
        if method != Method::Svd {
            continue;
        }
        let direction = standard_normal::<f64>(a.cols(), b.cols(), 7, 0);
        let size = norm::euclidean(solution.x.data()).as_f64();
        let shifted = |t: f64, d: &Mat<f64>| {
            Mat::from_fn(a.cols(), b.cols(), |i, j| {
                T::of(solution.x[(i, j)].as_f64() + t * size * d[(i, j)])
            })
        };
        for exponent in -17..0 {
            let x = shifted(10f64.powi(exponent), &direction);
            judges.hold(method, &reported(&x, &solution), "shifted", tally);
        }
        // Right but for the rank.
        for rank in [solution.rank + 1, solution.rank.saturating_sub(1)] {
            let wrong = Answer {
                rank: Some(rank),
                ..reported(&solution.x, &solution)
            };
            judges.hold(method, &wrong, "rank", tally);
        }
        // Out of minimum norm: what A maps to nothing, from x − A⁺A·x.
        let image = {
            let wide =
                |d: &Mat<f64>| Mat::from_fn(d.rows(), d.cols(), |i, j| T::of(d[(i, j)] * size));
            let d = wide(&direction);
            Mat::from_fn(a.rows(), d.cols(), |i, j| {
                T::of(
                    (0..a.cols())
                        .map(|k| a[(i, k)].as_f64() * d[(k, j)].as_f64())
                        .sum(),
                )
            })
        };
        if let Ok(part) = LeastSquares::<T>::lstsq(
            &faer,
            a.as_ref(),
            image.as_ref(),
            &LstsqOptions::new(method),
        ) {
            let null = Mat::from_fn(a.cols(), b.cols(), |i, j| {
                let part = part.x[(i, j)].as_f64();
                if size == 0.0 {
                    0.0
                } else {
                    direction[(i, j)] - part / size
                }
            });
            for exponent in -16..1 {
                let x = shifted(10f64.powi(exponent), &null);
                judges.hold(method, &reported(&x, &solution), "null vectors", tally);
            }
        }
        hold_at_the_limit(&judges, &solution, |t| shifted(t, &direction), tally);
    }
}

/// Answers on both sides of the limit of the backward error.
fn hold_at_the_limit<T: Widen>(
    judges: &Judges<'_, T>,
    solution: &Solution<T>,
    shifted: impl Fn(f64) -> Mat<T>,
    tally: &mut Tally,
) {
    let figures = |t: f64| Truth::figures(judges.truth, solution.rank, &shifted(t));
    let limit = Truth::<T>::stable_backward_error(judges.truth);
    let (mut below, mut above) = (-18.0, 0.0);
    for _ in 0..40 {
        let middle = 0.5 * (below + above);
        if figures(10f64.powf(middle)).backward_error_u.value > limit {
            above = middle;
        } else {
            below = middle;
        }
    }
    for factor in [0.5, 0.9, 0.99, 0.999, 1.001, 1.01, 1.1, 2.0] {
        let x = shifted(factor * 10f64.powf(below));
        let answer = reported(&x, solution);
        judges.hold(Method::Svd, &answer, "at the limit", tally);
    }
}

#[test]
fn verdicts_are_those_of_the_long_way() {
    let mut tally = Tally::default();
    for seed in 0..SYSTEMS {
        judge_all::<f64>(&System::draw(seed, 900, 15.0), &mut tally);
        judge_all::<f32>(&System::draw(seed, 90, 7.0), &mut tally);
    }
    let Tally {
        decided,
        wrong,
        open,
        right_but_open,
        edges,
    } = tally;
    println!(
        "{decided} verdicts were decided, {wrong} of them against the answer; {open} were open, {right_but_open} of \
         them on answers as computed; {edges} systems have a rank at the edge"
    );
    // If every answer were right, or every verdict open, the test would prove nothing.
    assert!(
        wrong > decided / 10 && open < decided / 100 && right_but_open < 5,
        "{decided}, {wrong}, {open}, {right_but_open}"
    );
}

/// Whatever the shape and the rank, a gap decides: only a rank at the edge is open.
#[test]
fn every_rank_with_a_gap_is_decided() {
    let (mut systems, mut edges) = (0, 0);
    for (m, n) in [
        (5, 5),
        (24, 24),
        (24, 12),
        (12, 24),
        (40, 7),
        (7, 40),
        (36, 36),
    ] {
        for rank in 0..=m.min(n) {
            for decades in [0.0, 3.0, 9.0] {
                let seed = (1000 * m + 10 * n + rank) as u64;
                let place = |i: usize| i as f64 / (rank.max(2) - 1) as f64;
                let s: Vec<f64> = (0..rank).map(|i| 10f64.powf(-decades * place(i))).collect();
                let a = with_singular_values(m, n, &s, seed, 0);
                for b in [
                    product(&a, &standard_normal(n, 1, seed, 2)),
                    standard_normal(m, 1, seed, 3),
                ] {
                    let name = format!("{m}x{n} of rank {rank}, 1e{decades}");
                    systems += 1;
                    edges += usize::from(!holds_without_the_long_way(&name, &a, &b));
                }
            }
        }
    }
    println!("{systems} systems, {edges} of them have a rank at the edge");
    assert!(edges < systems / 20, "{edges} of {systems}");
}

/// Sums of m equal terms lose up to m·u in f64. The limits allow this error, and the certificate does not have it.
#[test]
fn equal_rows_are_right() {
    for m in [2, 7, 23, 64, 128, 200, 300, 500, 1000] {
        for n in [1, 5, 13, 40] {
            for seed in 0..4 {
                let row = standard_normal::<f64>(1, n, seed, 0);
                let a = Mat::from_fn(m, n, |_, j| row[(0, j)]);
                for b in [
                    product(&a, &standard_normal(n, 1, seed, 2)),
                    standard_normal(m, 1, seed, 3),
                ] {
                    let name = format!("{m}x{n} of equal rows, seed {seed}");
                    assert!(holds_without_the_long_way(&name, &a, &b), "{name}");
                }
            }
        }
    }
    let System { name, a, b } = System::draw(251, 900, 15.0);
    assert!(holds_without_the_long_way(&name, &a, &b), "{name}");
}

/// Whether every verdict on answers as computed is decided; if not, the rank must be at the edge.
fn holds_without_the_long_way(name: &str, a: &Mat<f64>, b: &Mat<f64>) -> bool {
    let faer = Faer::default();
    let certificate = Certificate::<f64>::new(a.as_ref(), b.as_ref(), &[&faer]);
    let certificate = certificate.unwrap_or_else(|| panic!("{name}: no certificate"));
    if verdict::rank_is_open(&certificate) {
        let smaller = a.rows().min(a.cols());
        let truth = LeastSquaresTruth::<f64>::new(a.as_ref(), b.as_ref(), smaller);
        let s = truth.singular_values();
        assert!(is_at_the_edge(&truth), "{name}: {s:?}");
        return false;
    }
    for method in Method::ALL {
        let options = LstsqOptions::new(method);
        let Ok(solution) = LeastSquares::<f64>::lstsq(&faer, a.as_ref(), b.as_ref(), &options)
        else {
            assert_eq!(
                verdict::may_refuse(method, &certificate),
                Some(true),
                "{name}, {method}"
            );
            continue;
        };
        let answer = reported(&solution.x, &solution);
        let verdict = verdict::judge(method, &certificate, &answer);
        let found = (verdict.fault(), verdict.open());
        assert_eq!(found, (None, None), "{name}, {method}");
    }
    true
}

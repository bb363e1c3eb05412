//! Curves through points with bounds, held parameters and a robust loss, from starts at zero, at a bound, with equal
//! parameters, and far away. None may claim success at a point from which a polish in double-double, within
//! the bounds, finds a lower loss.
//!
//! `LEASTWISE_STARTS=10000 cargo test --release -p leastwise-backends --test all restricted_starts:: -- --nocapture`
//! makes as many and prints the outcomes. `LEASTWISE_FIRST_SEED` chooses other starts.

use leastwise_conformance::Judge;
use leastwise_core::Error;
use leastwise_faer::Faer;
use leastwise_optim::{Bounds, Curve, FiniteDifferences, Fit, Fitted, Parameters, RobustLoss};
use leastwise_testset::GenericResidual;
use leastwise_testset::curves::{CurveThroughPoints, Model};
use leastwise_testset::number::Number;

use crate::draws::Draws;

struct Case {
    model: Model,
    x: Vec<f64>,
    y: Vec<f64>,
    /// The scale of a soft-L1 loss, if there is one.
    scale: Option<f64>,
    bounds: Bounds<f64>,
    held: Vec<usize>,
    start: Vec<f64>,
}

/// The residuals whose squares the fit minimises: s·√ρ((rᵢ/s)²), with ρ(z) = 2·(√(1 + z) − 1).
impl GenericResidual for Case {
    fn residuals(&self) -> usize {
        self.y.len()
    }

    fn parameters(&self) -> usize {
        self.model.parameters()
    }

    fn evaluate<N: Number>(&self, p: &[N], r: &mut [N]) {
        let (one, two) = (N::one(), N::of(2.0));
        for (ri, (&x, &y)) in r.iter_mut().zip(self.x.iter().zip(&self.y)) {
            let r = self.model.value(p, x) - N::of(y);
            *ri = match self.scale {
                None => r,
                Some(scale) => {
                    let ratio = r / N::of(scale);
                    // √(1 + ρ²) of a ρ whose square may overflow.
                    let root = if ratio > one || ratio < -one {
                        let inverse = one / ratio;
                        let size = if ratio < N::zero() { -ratio } else { ratio };
                        size * (one + inverse * inverse).sqrt()
                    } else {
                        (one + ratio * ratio).sqrt()
                    };
                    r * (two / (one + root)).sqrt()
                }
            };
        }
    }

    fn magnitudes(&self) -> Vec<f64> {
        self.y.iter().map(|y| y.abs()).collect()
    }
}

impl Case {
    fn draw(seed: u64) -> Self {
        let mut draws = Draws(seed);
        let model = Model::ALL[draws.index(Model::ALL.len())];
        let n = model.parameters();
        let truth: Vec<f64> = (0..n).map(|_| 0.3 + 2.0 * draws.draw()).collect();
        let x: Vec<f64> = (0..25).map(|i| f64::from(i) / 6.0).collect();
        let noise = |draws: &mut Draws| 0.03 * (draws.draw() + draws.draw() - 1.0);
        let y = x
            .iter()
            .map(|&x| model.value(&truth, x) + noise(&mut draws));
        let mut y: Vec<f64> = y.collect();
        let scale = (draws.index(4) == 0).then_some(0.05);
        if scale.is_some() {
            for _ in 0..2 {
                y[draws.index(25)] += 3.0 * draws.draw();
            }
        }
        let mut bounds = Bounds::none(n);
        for (j, &t) in truth.iter().enumerate() {
            let none = f64::INFINITY;
            let (lower, upper) = match draws.index(8) {
                0 => (0.0, none),
                1 => (0.0, 5.0),
                2 => (-none, 0.8 * t),
                3 => (1.2 * t, none),
                _ => continue,
            };
            bounds = bounds
                .with(j, lower, upper)
                .expect("the bounds are in order");
        }
        let mut held = Vec::new();
        let mut start: Vec<f64> = Vec::new();
        for (j, &t) in truth.iter().enumerate() {
            let value = match draws.index(4) {
                0 => 0.0,
                1 if j > 0 => start[draws.index(j)],
                _ => t * 10f64.powf(3.0 * draws.draw() - 1.5),
            };
            start.push(value.clamp(bounds.lower()[j], bounds.upper()[j]));
            // At least one parameter is free.
            if draws.index(8) == 0 && held.len() + 1 < n {
                held.push(j);
                start[j] = t.clamp(bounds.lower()[j], bounds.upper()[j]);
            }
        }
        Self {
            model,
            x,
            y,
            scale,
            bounds,
            held,
            start,
        }
    }

    fn fit(&self, by_differences: bool) -> Result<Fitted<f64>, Error> {
        let backend = Faer::default();
        let mut fit = Fit::new(&backend);
        let start = Parameters::from(&self.start)
            .with_bounds(self.bounds.clone())
            .with_held(&self.held);
        if let Some(scale) = self.scale {
            fit = fit.with_loss(RobustLoss::soft_l1(scale).expect("the scale is positive"));
        }
        if by_differences {
            let model = |x: f64, p: &[f64]| self.model.value(p, x);
            let curve = Curve::new(self.start.len(), model, &self.x, &self.y).unwrap();
            fit.run(&FiniteDifferences::central(curve), start)
        } else {
            let curve = CurveThroughPoints::new(self.model, self.x.clone(), self.y.clone());
            fit.run(&curve.unwrap(), start)
        }
    }

    /// The bounds of the judge, which fix held parameters.
    fn limits(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut lower, mut upper) = (self.bounds.lower().to_vec(), self.bounds.upper().to_vec());
        for &j in &self.held {
            (lower[j], upper[j]) = (self.start[j], self.start[j]);
        }
        (lower, upper)
    }
}

fn count() -> u64 {
    std::env::var("LEASTWISE_STARTS").map_or(400, |count| count.parse().unwrap())
}

fn first_seed(default: u64) -> u64 {
    std::env::var("LEASTWISE_FIRST_SEED").map_or(default, |seed| seed.parse().unwrap())
}

fn no_success_is_beaten(by_differences: bool, seeds: impl Iterator<Item = u64>) {
    let (mut fits, mut successes, mut minima) = (0, 0, 0_u32);
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    for seed in seeds {
        let case = Case::draw(seed);
        let fitted = match case.fit(by_differences) {
            Ok(fitted) => fitted,
            // A start on a pole.
            Err(Error::NonFinite { .. }) => continue,
            Err(error) => panic!("seed {seed}: {error}"),
        };
        fits += 1;
        successes += usize::from(fitted.is_success());
        assert!(case.bounds.contains(&fitted.parameters), "seed {seed}");
        let (lower, upper) = case.limits();
        let judgement = Judge::new(&case)
            .within(&lower, &upper)
            .judge(&fitted.parameters);
        let mut ends = fitted.parameters.iter().zip(&judgement.polished);
        let stays = ends.all(|(p, polished)| (p - polished).abs() <= 0.01 * p.abs().max(1e-6));
        let is_near = fitted.parameters.iter().all(|p| p.abs() <= 1e12);
        let is_at_minimum = judgement.is_minimum() && stays && is_near;
        minima += u32::from(is_at_minimum);
        let line = || {
            format!(
                "seed {seed}, {:?}, {:?}, bounds {lower:?} {upper:?}, from {:?}: {} at {:?}, {:?} {:e} -> {:e} at {:?}",
                case.model,
                case.scale,
                case.start,
                fitted.termination,
                fitted.parameters,
                judgement.claim,
                judgement.loss,
                judgement.polished_loss,
                judgement.polished
            )
        };
        if fitted.is_success() && !judgement.is_minimum() {
            wrong.push(line());
        } else if !fitted.is_success() && is_at_minimum {
            refused.push(line());
        }
    }
    println!(
        "{fits} fits: {successes} successes, {minima} at a minimum, {} of them no success, {} false successes",
        refused.len(),
        wrong.len()
    );
    for line in &refused {
        println!("refused: {line}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // One in a hundred, and two standard deviations of such a count in a sample of this size.
    let share = f64::from(minima) / 100.0;
    assert!(
        refused.len() as f64 <= share + 2.0 * share.sqrt(),
        "{}",
        refused.join("\n")
    );
}

/// Seeds beyond the first 400 for which a run by differences once claimed success away from a minimum.
///
/// - 1002789, 1009442, 3045378: a height was at its bound 0, where the other parameters have no effect. Its column was that
///   of the offset, so that the sign of its slope was an error of J.
/// - 1001756, 1002328: the width of a peak was at its bound 0, and no other parameter alone had an effect.
/// - 3020074: the amplitude of a peak was minus its offset, up to nine digits. So the loss could not show how it fell.
/// - 3037266, 3046883: the differences reached from a plateau to a distant peak of height 1e162. So r seemed to be rounding.
const FOUND_BY_DIFFERENCES: [u64; 8] = [
    1_001_756, 1_002_328, 1_002_789, 1_009_442, 3_020_074, 3_037_266, 3_045_378, 3_046_883,
];

#[test]
fn no_success_is_beaten_by_a_polish() {
    let first = first_seed(0);
    no_success_is_beaten(false, first..first + count());
}

/// Other seeds, so that the two tests cover more starts.
#[test]
fn no_success_by_differences_is_beaten_by_a_polish() {
    let first = first_seed(1_000_000);
    let seeds = first..first + count();
    let found = FOUND_BY_DIFFERENCES.into_iter();
    let found = found.filter(|seed| !seeds.contains(seed));
    no_success_is_beaten(true, seeds.clone().chain(found));
}

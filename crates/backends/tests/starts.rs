//! Fits from random starts. None may claim success at a point from which a polish in double-double
//! finds a lower loss.
//!
//! `LEASTWISE_STARTS=10000 cargo test --release -p leastwise-backends --test all starts:: -- --nocapture` makes as many
//! and prints what came of them. `LEASTWISE_FIRST_SEED` chooses other starts.

use leastwise_conformance::Judge;
use leastwise_core::norm::euclidean;
use leastwise_faer::Faer;
use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
use leastwise_optim::{
    Budget, FiniteDifferences, LeastSquaresProblem, LevenbergMarquardt, Report, WithoutJacobian,
    minimize,
};
use leastwise_testset::curves::{CurveThroughPoints, Model};
use leastwise_testset::far_starts::{Curve, CurveFit};
use leastwise_testset::more_garbow_hillstrom::{TestProblem, minpack_runs};
use leastwise_testset::{WideResidual, nist, standard_normal};

enum Source {
    Curve(CurveThroughPoints),
    MoreGarbowHillstrom(Box<dyn TestProblem<f64>>),
    Nist(&'static nist::DataSet),
    Far(CurveFit),
}

impl Source {
    fn problem(&self) -> &dyn LeastSquaresProblem<f64> {
        match self {
            Self::Curve(fit) => fit,
            Self::MoreGarbowHillstrom(problem) => &**problem,
            Self::Nist(data_set) => *data_set,
            Self::Far(fit) => fit,
        }
    }

    fn wide(&self) -> &dyn WideResidual {
        match self {
            Self::Curve(fit) => fit,
            Self::MoreGarbowHillstrom(problem) => problem.wide(),
            Self::Nist(data_set) => *data_set,
            Self::Far(fit) => fit,
        }
    }
}

/// Numbers in [0, 1): fractional parts of large multiples of normal deviates.
struct Draws {
    values: Vec<f64>,
    next: usize,
}

impl Draws {
    fn new(seed: u64) -> Self {
        let normal = standard_normal::<f64>(256, 1, seed, 7);
        Self {
            values: normal
                .data()
                .iter()
                .map(|z| (z.abs() * 1e6).fract())
                .collect(),
            next: 0,
        }
    }

    fn draw(&mut self) -> f64 {
        self.next += 1;
        self.values[(self.next - 1) % self.values.len()]
    }

    fn index(&mut self, count: usize) -> usize {
        let drawn = self.draw() * count as f64;
        (1..count).take_while(|&i| i as f64 <= drawn).count()
    }
}

/// The curve that is fitted, and parameters of typical size.
fn source(draws: &mut Draws, seed: u64) -> (String, Source, Vec<f64>) {
    match draws.index(4) {
        0 => {
            let model = Model::ALL[draws.index(Model::ALL.len())];
            let truth: Vec<f64> = (0..model.parameters())
                .map(|_| 0.3 + 2.0 * draws.draw())
                .collect();
            let x: Vec<f64> = (0..25).map(|i| f64::from(i) / 6.0).collect();
            let noise = standard_normal::<f64>(x.len(), 1, seed, 8);
            let data = x.iter().zip(noise.data());
            let y = data
                .map(|(&x, z)| model.value(&truth, x) + 0.01 * z)
                .collect();
            let fit = CurveThroughPoints::new(model, x, y).unwrap();
            (format!("{model:?}"), Source::Curve(fit), truth)
        }
        1 => {
            let mut runs = minpack_runs::<f64>();
            let problem = runs.swap_remove(draws.index(runs.len())).problem;
            let sizes = problem.scaled_start(1.0);
            (
                problem.name().to_owned(),
                Source::MoreGarbowHillstrom(problem),
                sizes,
            )
        }
        2 => {
            let data_sets = nist::data_sets();
            let data_set = &data_sets[draws.index(data_sets.len())];
            let sizes = data_set.certified.parameters.to_vec();
            (data_set.name.to_owned(), Source::Nist(data_set), sizes)
        }
        _ => {
            let curve = Curve::ALL[draws.index(Curve::ALL.len())];
            let fit = CurveFit::draw(curve, seed);
            (
                curve.name().to_owned(),
                Source::Far(fit),
                curve.truth().to_vec(),
            )
        }
    }
}

/// Each parameter is 0 with probability ¼ or that of another with probability ¼, and off by up to 30 otherwise.
fn start(draws: &mut Draws, sizes: &[f64]) -> Vec<f64> {
    let mut start: Vec<f64> = Vec::new();
    for (j, &size) in sizes.iter().enumerate() {
        let value = match draws.index(4) {
            0 => 0.0,
            1 if j > 0 => start[draws.index(j)],
            _ => size * 10f64.powf(3.0 * draws.draw() - 1.5),
        };
        start.push(value);
    }
    start
}

fn fit(problem: &dyn LeastSquaresProblem<f64>, start: &[f64]) -> Report<f64> {
    let backend = Faer::default();
    let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
    minimize(&mut lm, problem, start, &Budget::steps(1000), &mut []).unwrap()
}

fn fit_by_differences(problem: &dyn LeastSquaresProblem<f64>, start: &[f64]) -> Report<f64> {
    let problem = FiniteDifferences::central(WithoutJacobian(problem));
    fit(&problem, start)
}

fn count() -> u64 {
    std::env::var("LEASTWISE_STARTS").map_or(400, |count| count.parse().unwrap())
}

fn first_seed(default: u64) -> u64 {
    std::env::var("LEASTWISE_FIRST_SEED").map_or(default, |seed| seed.parse().unwrap())
}

/// Seeds beyond the first 400 for which a run once claimed success away from a minimum.
///
/// 8277: the last step to Lanczos1's data was negligible compared with the parameters, and predicted a visible decrease of
/// a loss of which a third is rounding.
const FOUND: [u64; 1] = [8277];

/// The same by differences.
///
/// - 1000606: the rate of a logistic curve was at 4·10²², where only a step past the whole curve changes r. The difference
///   over that step was a combination of the other columns.
/// - 1003411: beside dependent parameters, no others were tried. 1005702: a parameter without effect had one only with others.
/// - 1005129, 1009632: a rational function whose terms had grown until its constant 1 did not matter.
/// - 1007813: terms of 10⁵ cancelled, so that a difference had a step beyond 0, and its column the wrong sign.
/// - 1001243, 1001387, 1003763, 1004273, 1008495, 1009739, 1009819: an exponential on the way to a straight line.
/// - 1006190: two rates on the way to the same one.
/// - 1006704: the derivative by a factor of 10⁻¹⁷⁶ is 10¹⁷⁸. The judge could not square it.
/// - 1009878: a pole of a rational function between the data. Differences near it were off by 10⁻⁴.
const FOUND_BY_DIFFERENCES: [u64; 16] = [
    1_000_606, 1_001_243, 1_001_387, 1_003_411, 1_003_763, 1_004_273, 1_005_129, 1_005_702,
    1_006_190, 1_006_704, 1_007_813, 1_008_495, 1_009_632, 1_009_739, 1_009_819, 1_009_878,
];

#[test]
fn no_success_is_beaten_by_a_polish() {
    let first = first_seed(0);
    let seeds = first..first + count();
    let found = FOUND.into_iter().filter(|seed| !seeds.contains(seed));
    no_success_of_a_fit_is_beaten(fit, false, seeds.clone().chain(found));
}

/// Other seeds, so that the two say more than one.
#[test]
fn no_success_by_differences_is_beaten_by_a_polish() {
    let first = first_seed(1_000_000);
    let seeds = first..first + count();
    let found = FOUND_BY_DIFFERENCES.into_iter();
    let found = found.filter(|seed| !seeds.contains(seed));
    no_success_of_a_fit_is_beaten(fit_by_differences, true, seeds.clone().chain(found));
}

fn no_success_of_a_fit_is_beaten(
    fit: fn(&dyn LeastSquaresProblem<f64>, &[f64]) -> Report<f64>,
    has_differences: bool,
    seeds: impl Iterator<Item = u64>,
) {
    let mut count = 0;
    let (mut successes, mut minima, mut refused, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for seed in seeds {
        count += 1;
        let mut draws = Draws::new(seed);
        let (name, source, sizes) = source(&mut draws, seed);
        let start = start(&mut draws, &sizes);
        let report = fit(source.problem(), &start);
        if report.termination.is_divergence() {
            continue;
        }
        let judgement = Judge::new(source.wide()).judge(&report.parameters);
        let is_success = report.termination.is_success();
        // Differences know J to ε^⅔ and r to ε: what is left of a residual that goes to zero is the error of both.
        let mut r = vec![f64::NAN; source.problem().residuals()];
        source.problem().residual(&start, &mut r).unwrap();
        if has_differences && report.root_of_loss <= f64::EPSILON * euclidean(&r) {
            minima += 1;
            successes += usize::from(is_success);
            continue;
        }
        successes += usize::from(is_success);
        // A polish that goes on to quite other parameters has found a valley without an end, and not a minimum.
        let mut ends = report.parameters.iter().zip(&judgement.polished);
        let stays = ends.all(|(p, polished)| (p - polished).abs() <= 0.01 * p.abs().max(1e-6));
        // So far away, the effects are too small for the judge to see.
        let mut sized = report.parameters.iter().zip(&sizes);
        let is_near = sized.all(|(p, size)| p.abs() <= 1e12 * (1.0 + size.abs()));
        let is_at_minimum = judgement.is_minimum() && stays && is_near;
        minima += usize::from(is_at_minimum);
        let line = || {
            format!(
                "seed {seed}, {name} from {start:?}: {} at {:?}, {:?} {:e} -> {:e} at {:?}",
                report.termination,
                report.parameters,
                judgement.claim,
                judgement.loss,
                judgement.polished_loss,
                judgement.polished
            )
        };
        if is_success && !judgement.is_minimum() {
            wrong.push(line());
        } else if !is_success && is_at_minimum {
            refused.push(line());
        }
    }
    println!(
        "{count} fits: {successes} successes, {minima} at a minimum, {} of them no success, {} false successes",
        refused.len(),
        wrong.len()
    );
    for line in &refused {
        println!("refused: {line}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // One in a hundred, and two standard deviations of such a count in a sample of this size.
    let share = minima as f64 / 100.0;
    let allowed = share + 2.0 * share.sqrt();
    assert!(refused.len() as f64 <= allowed, "{}", refused.join("\n"));
}

//! Fits from a guess end at the best minimum.

use leastwise_faer::Faer;
use leastwise_models::Model;
use leastwise_optim::{Fit, Fitted, Parameters};
use rand::rngs::ChaCha12Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::draws::{Draw, draw, models};

/// The random starts, which decide where the best minimum is.
const STARTS: usize = 20;

/// Minima are the same if their losses differ by less than this share.
const SAME: f64 = 1e-6;

fn run(model: &Model, data: &Draw, start: &[f64]) -> Option<Fitted<f64>> {
    let curve = model.curve(&data.x, &data.y).ok()?;
    let bounds = model.bounds();
    let mut start = start.to_vec();
    for (p, (&lower, &upper)) in start
        .iter_mut()
        .zip(bounds.lower().iter().zip(bounds.upper()))
    {
        *p = p.clamp(lower, upper);
    }
    let start = Parameters::from(&start).with_bounds(bounds);
    Fit::new(&Faer::default()).run(&curve, start).ok()
}

/// The smallest loss from the true parameters, and from random starts around them: each parameter is multiplied by a
/// log-normal factor, near 1 or wide.
fn best_loss(model: &Model, data: &Draw, seed: u64) -> f64 {
    let mut rng = ChaCha12Rng::seed_from_u64(seed ^ 0x5eed);
    let mut starts = vec![data.truth.clone()];
    for _ in 0..STARTS {
        let moved = data.truth.iter().map(|p| {
            let z: f64 = StandardNormal.sample(&mut rng);
            let wide = if rng.random_bool(0.5) { 0.1 } else { 1.0 };
            p * (wide * z).exp()
        });
        starts.push(moved.collect());
    }
    let losses = starts
        .iter()
        .filter_map(|start| Some(run(model, data, start)?.loss));
    losses
        .filter(|loss| loss.is_finite())
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn fits_from_a_guess_end_at_the_best_minimum() {
    // 1000 draws take ten minutes on one core:
    // LEASTWISE_DRAWS=1000 cargo test --release -p leastwise-models -- --nocapture starts
    let draws = std::env::var("LEASTWISE_DRAWS").map_or(20_u64, |draws| draws.parse().unwrap());
    println!(
        "{:<18}{:>8}{:>8}{:>12}",
        "model", "draws", "best", "converged"
    );
    for model in models() {
        let outcomes: Vec<(u64, bool, bool)> = (0..draws)
            .into_par_iter()
            .map(|seed| {
                let data = draw(&model, seed);
                let fitted = model
                    .guess(&data.x, &data.y)
                    .ok()
                    .and_then(|p| run(&model, &data, &p));
                let best = best_loss(&model, &data, seed);
                let is_best = fitted
                    .as_ref()
                    .is_some_and(|f| f.loss <= best * (1.0 + SAME));
                (seed, is_best, fitted.is_some_and(|f| f.is_success()))
            })
            .collect();
        let best = outcomes.iter().filter(|outcome| outcome.1).count();
        let converged = outcomes.iter().filter(|outcome| outcome.2).count();
        let missed: Vec<u64> = outcomes
            .iter()
            .filter(|o| !o.1)
            .map(|o| o.0)
            .take(10)
            .collect();
        println!(
            "{:<18}{draws:>8}{best:>8}{converged:>12}  {missed:?}",
            model.name()
        );
        // At least 99 % of many draws, and all but one of 20.
        let least = if draws < 100 {
            draws.saturating_sub(1)
        } else {
            draws * 99 / 100
        };
        let count = |number: usize| u64::try_from(number).unwrap();
        assert!(
            count(best) >= least && count(converged) >= least,
            "{model:?}: {best}, {converged}"
        );
    }
}

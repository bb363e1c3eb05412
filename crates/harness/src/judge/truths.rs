//! The reference solution of every case, before any library runs.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::known::Known;
use crate::error::{Result, failed};
use crate::model::{Case, ScalarType};

/// Solves the cases. Nothing is timed meanwhile, so all processors may be used.
pub(crate) fn solve(
    pending: &[(&Case, ScalarType)],
    seed: u64,
    budget: Duration,
) -> Result<Vec<Known>> {
    let progress = ProgressBar::new(pending.len() as u64);
    let style = ProgressStyle::with_template("solving in extended precision {bar:32} {pos}/{len}");
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let next = Mutex::new(pending.iter().enumerate());
    let found = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let take = || next.lock().ok().and_then(|mut next| next.next());
                while let Some((place, (case, scalar))) = take() {
                    let known = match scalar {
                        ScalarType::F32 => Known::new::<f32>(case, seed, budget),
                        ScalarType::F64 => Known::new::<f64>(case, seed, budget),
                    };
                    if let Ok(mut found) = found.lock() {
                        found.push((place, known));
                    }
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_by_key(|(place, _)| *place);
    let known: Vec<Known> = found
        .into_iter()
        .map(|(_, known)| known)
        .collect::<Result<_>>()?;
    if known.len() != pending.len() {
        return Err(failed("a case could not be solved in extended precision"));
    }
    Ok(known)
}

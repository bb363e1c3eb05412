//! Carrying the studies out.

use indicatif::{ProgressBar, ProgressStyle};
use leastwise_core::{Backend, Result};
use serde::Serialize;

use super::args::Plan;
use super::contender::{Contender, Rival};
use super::problem::Problem;
use super::run::{Limits, Run, run};
use super::study::{Case, Study};
use super::tune::{CANDIDATES, Tuned, tune};
use crate::error::bad_input;

/// Everything that the outputs show.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Results {
    pub(super) sizes: Sizes,
    pub(super) seed: u64,
    pub(super) draws: u64,
    pub(super) seconds: f64,
    pub(super) backend: &'static str,
    pub(super) engine: &'static str,
    pub(super) version: &'static str,
    pub(super) threads: usize,
    pub(super) studies: Vec<StudyResults>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sizes {
    pub(super) xdim: usize,
    pub(super) wdim: usize,
    pub(super) ydim: usize,
    pub(super) samples: usize,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct StudyResults {
    pub(super) study: Study,
    pub(super) cases: Vec<CaseResults>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct CaseResults {
    pub(super) label: String,
    pub(super) tuned: Vec<Tuned>,
    pub(super) entries: Vec<Entry>,
}

/// A method on a case: a run for each draw.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Entry {
    pub(super) contender: Contender,
    pub(super) runs: Vec<Run>,
}

pub(super) struct Bench<'p> {
    plan: &'p Plan,
    backend: Box<dyn Backend<f64>>,
    bar: ProgressBar,
}

impl<'p> Bench<'p> {
    /// Finds the backend and tries a draw of each case.
    pub(super) fn prepare(plan: &'p Plan) -> anyhow::Result<Self> {
        let backend = leastwise_backends::find::<f64>(&plan.backend, plan.threads)
            .map_err(|error| bad_input(format!("--backend: {error}")))?;
        for study in &plan.studies {
            for case in study.cases(plan.spec) {
                Problem::draw(&case, plan.spec.seed, &*backend)
                    .map_err(|error| bad_input(error.to_string()))?;
            }
        }
        Ok(Self {
            plan,
            backend,
            bar: ProgressBar::hidden(),
        })
    }

    pub(super) fn run_all(&mut self) -> Result<Results> {
        let (plan, info) = (self.plan, self.backend.info());
        self.bar = progress_bar(plan);
        let studies = plan.studies.iter().map(|&study| self.study(study));
        let studies = studies.collect::<Result<_>>()?;
        self.bar.finish_and_clear();
        Ok(Results {
            sizes: Sizes {
                xdim: plan.spec.xdim,
                wdim: plan.spec.wdim,
                ydim: plan.spec.ydim,
                samples: plan.spec.nsamples,
            },
            seed: plan.spec.seed,
            draws: plan.seeds,
            seconds: plan.seconds,
            backend: info.name,
            engine: info.engine,
            version: info.version,
            threads: info.threads,
            studies,
        })
    }

    fn study(&self, study: Study) -> Result<StudyResults> {
        let cases = study.cases(self.plan.spec).into_iter();
        let cases = cases.map(|case| self.case(study, &case));
        Ok(StudyResults {
            study,
            cases: cases.collect::<Result<_>>()?,
        })
    }

    /// Tunes and judges; the draws for the one come after those for the other.
    fn case(&self, study: Study, case: &Case) -> Result<CaseResults> {
        let limits = Limits {
            seconds: self.plan.seconds,
            steps: study.steps(),
            goal: study.goal(),
        };
        let tuning_limits = Limits {
            steps: 0,
            goal: Some(study.tuning_goal()),
            ..limits
        };
        let first = self.plan.spec.seed;
        let judging = self.draws(case, first, self.plan.seeds)?;
        let next = first.wrapping_add(self.plan.seeds);
        let tuning = self.draws(case, next, tuning_draws(study))?;
        let backend = &*self.backend;
        let tuned: Vec<_> = tuned_rivals(study)
            .iter()
            .map(|&rival| {
                self.say(study, case, "tuning", rival.name());
                tune(rival, &tuning, backend, tuning_limits, || self.bar.inc(1))
            })
            .collect();
        let contenders = tuned.iter().map(|tuned| tuned.contender);
        let entries = contenders
            .chain(untuned(study))
            .map(|contender| {
                self.say(study, case, "running", contender.rival.name());
                let runs = judging.iter().map(|(seed, problem)| {
                    self.bar.inc(1);
                    run(contender, problem, *seed, backend, limits)
                });
                let runs = runs.collect();
                Entry { contender, runs }
            })
            .collect();
        Ok(CaseResults {
            label: case.label.clone(),
            tuned,
            entries,
        })
    }

    fn draws(&self, case: &Case, first: u64, count: u64) -> Result<Vec<(u64, Problem)>> {
        (0..count)
            .map(|i| {
                let seed = first.wrapping_add(i);
                Ok((seed, Problem::draw(case, seed, &*self.backend)?))
            })
            .collect()
    }

    fn say(&self, study: Study, case: &Case, what: &str, name: &str) {
        let message = format!("{} {}: {what} {name}", study.name(), case.label);
        self.bar.set_message(message);
    }
}

fn tuned_rivals(study: Study) -> &'static [Rival] {
    match study {
        Study::Tuning => &Rival::ALL,
        Study::Scale | Study::Condition | Study::Noise => &Rival::FIRST_ORDER,
    }
}

fn untuned(study: Study) -> Vec<Contender> {
    match study {
        Study::Tuning => Vec::new(),
        Study::Scale | Study::Condition | Study::Noise => Contender::untuned().to_vec(),
    }
}

fn tuning_draws(study: Study) -> u64 {
    match study {
        Study::Tuning => 2,
        Study::Scale | Study::Condition | Study::Noise => 1,
    }
}

/// In runs, all of which may last as long. indicatif hides it where stderr is no terminal.
fn progress_bar(plan: &Plan) -> ProgressBar {
    let runs = plan.studies.iter().map(|&study| {
        let tuned = tuned_rivals(study).len() as u64;
        let judged = tuned + untuned(study).len() as u64;
        let case = tuned * CANDIDATES * tuning_draws(study) + judged * plan.seeds;
        case * study.cases(plan.spec).len() as u64
    });
    let bar = ProgressBar::new(runs.sum());
    let style = ProgressStyle::with_template("{msg:42} {bar:24} {percent:>3} %, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

//! The calls of a contender, and the part of a call that is timed.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{bail, ensure};
use leastwise_core::{Backend, Mat, MatRef, Svd, Workspace};
use leastwise_optim::{Counts, Optimizer, Progress};
use leastwise_peers::PeerRun;
use leastwise_two_factor::TwoLayerNet;

use super::size::Subject;

/// A contender after its first call, the warm-up.
pub(super) struct Started<'a> {
    pub(super) run: Box<dyn Run + 'a>,
    /// x₁ − x₀, if the contender takes steps.
    pub(super) first_step: Option<Vec<f64>>,
    /// The time before the first step.
    pub(super) init_seconds: Option<f64>,
    /// The time of the first call.
    pub(super) call_seconds: f64,
}

pub(super) trait Run {
    /// Makes the next call.
    ///
    /// # Errors
    /// The errors of the contender, and a wrong answer.
    fn call(&mut self) -> anyhow::Result<Timing>;
}

/// The seconds for `count` units of the contender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timing {
    pub(super) seconds: f64,
    pub(super) count: usize,
}

/// The steps of an optimiser. A new run begins before the loss comes near the rounding floor, because damped steps
/// are refused again and again there.
pub(super) struct Steps<'a> {
    subject: &'a Subject,
    optimizer: Box<dyn Optimizer<f64, TwoLayerNet<f64>> + 'a>,
    x: Vec<f64>,
    first_loss: f64,
    taken: usize,
    is_over: bool,
}

/// The number of steps of a run. The first step is not timed, because it is not in mid-run. After an evaluation of the
/// data, the cache does not hold what a step in mid-run finds there.
const RUN: usize = 12;
/// The loss at which a run ends, relative to the loss at its start.
const FLOOR: f64 = 1e-20;

impl<'a> Steps<'a> {
    pub(super) fn start(
        subject: &'a Subject,
        optimizer: Box<dyn Optimizer<f64, TwoLayerNet<f64>> + 'a>,
    ) -> anyhow::Result<Started<'a>> {
        let mut steps = Self {
            subject,
            optimizer,
            x: Vec::new(),
            first_loss: f64::NAN,
            taken: 0,
            is_over: false,
        };
        let clock = Instant::now();
        steps.init()?;
        let init_seconds = clock.elapsed().as_secs_f64();
        let first = steps.step()?;
        ensure!(!steps.is_over, "the first step is the last: {first:?}");
        let moved = steps.x.iter().zip(&subject.start);
        Ok(Started {
            first_step: Some(moved.map(|(x, start)| x - start).collect()),
            init_seconds: Some(init_seconds),
            call_seconds: first.seconds,
            run: Box::new(steps),
        })
    }

    fn init(&mut self) -> anyhow::Result<()> {
        self.x.clone_from(&self.subject.start);
        let (net, counts) = (&self.subject.net, &mut Counts::default());
        self.first_loss = self.optimizer.init(net, &self.x, counts)?.loss;
        (self.taken, self.is_over) = (0, false);
        Ok(())
    }

    fn step(&mut self) -> anyhow::Result<Timing> {
        let mut counts = Counts::default();
        let clock = Instant::now();
        let Progress { evaluation, stop } =
            self.optimizer
                .step(&self.subject.net, &mut self.x, &mut counts)?;
        let seconds = clock.elapsed().as_secs_f64();
        self.taken += 1;
        let goes_on = evaluation.loss.is_finite() && evaluation.loss > FLOOR * self.first_loss;
        self.is_over = stop.is_some() || !goes_on || self.taken == RUN;
        // A refused step does not count.
        let count = if stop.is_none() { counts.solves } else { 0 };
        Ok(Timing { seconds, count })
    }
}

impl Run for Steps<'_> {
    fn call(&mut self) -> anyhow::Result<Timing> {
        for _ in 0..2 {
            if self.is_over {
                self.init()?;
                self.step()?;
                if self.is_over {
                    break;
                }
            }
            let timing = self.step()?;
            if timing.count > 0 {
                return Ok(timing);
            }
        }
        bail!("a run ends before its second step")
    }
}

/// Singular value decompositions of W₁ at the start, in storage that is reused.
pub(super) struct Decompositions<'a> {
    backend: &'a dyn Backend<f64>,
    matrix: MatRef<'a, f64>,
    overwritten: Mat<f64>,
    svd: Svd<f64>,
    workspace: Workspace,
}

impl Decompositions<'_> {
    pub(super) fn start<'a>(
        subject: &'a Subject,
        backend: &'a dyn Backend<f64>,
    ) -> anyhow::Result<Started<'a>> {
        let (m, k) = (subject.size.outputs, subject.size.hidden);
        let mut run = Decompositions {
            backend,
            matrix: MatRef::from_col_major(&subject.start[..m * k], m, k)?,
            overwritten: Mat::zeros(m, k),
            svd: Svd::default(),
            workspace: Workspace::default(),
        };
        let call_seconds = run.call()?.seconds;
        Ok(Started {
            run: Box::new(run),
            first_step: None,
            init_seconds: None,
            call_seconds,
        })
    }
}

impl Run for Decompositions<'_> {
    fn call(&mut self) -> anyhow::Result<Timing> {
        let clock = Instant::now();
        self.overwritten.as_mut().copy_from(self.matrix)?;
        let Self {
            overwritten,
            svd,
            workspace,
            ..
        } = self;
        self.backend.svd_overwriting(overwritten, svd, workspace)?;
        black_box(&svd.s);
        Ok(Timing {
            seconds: clock.elapsed().as_secs_f64(),
            count: 1,
        })
    }
}

/// Whole runs of a peer, each from the start.
pub(super) struct PeerRuns<'a> {
    subject: &'a Subject,
    minimize: Minimize,
    start_loss: f64,
}

type Minimize = fn(&Subject) -> leastwise_core::Result<PeerRun>;

impl<'a> PeerRuns<'a> {
    pub(super) fn start(subject: &'a Subject, minimize: Minimize) -> anyhow::Result<Started<'a>> {
        use leastwise_optim::Objective;
        let mut gradient = vec![0.0; subject.start.len()];
        let start_loss = subject
            .net
            .value_and_gradient(&subject.start, &mut gradient)?;
        let mut run = Self {
            subject,
            minimize,
            start_loss,
        };
        let call_seconds = run.call()?.seconds;
        Ok(Started {
            run: Box::new(run),
            first_step: None,
            init_seconds: None,
            call_seconds,
        })
    }
}

impl Run for PeerRuns<'_> {
    fn call(&mut self) -> anyhow::Result<Timing> {
        let run = (self.minimize)(self.subject)?;
        // With this comparison, NaN fails.
        let descends = run.loss < self.start_loss;
        ensure!(
            descends,
            "{} leaves a loss of {:e}",
            run.termination,
            run.loss
        );
        Ok(Timing {
            seconds: run.seconds,
            count: run.evaluations,
        })
    }
}

#[cfg(test)]
mod tests {
    use leastwise_optim::levenberg_marquardt::AdaptiveDamping;
    use leastwise_optim::{Evaluation, LevenbergMarquardt, Termination};
    use leastwise_two_factor::Kronecker;

    use super::super::size::Sweep;
    use super::*;

    #[test]
    fn runs_begin_again_before_the_rounding_floor() {
        let subject = Subject::draw(Sweep::Samples.size(50)).unwrap();
        let backend = leastwise_backends::find::<f64>("faer", 1).unwrap();
        let optimizer = LevenbergMarquardt::new(AdaptiveDamping::new(), Kronecker::new(&*backend));
        let mut started = Steps::start(&subject, Box::new(optimizer)).unwrap();
        for _ in 0..100 {
            let timing = started.run.call().unwrap();
            assert!(
                timing.seconds > 0.0 && (1..=4).contains(&timing.count),
                "{timing:?}"
            );
        }
    }

    /// An optimiser that stops at its second step.
    struct Stubborn(usize);

    impl Optimizer<f64, TwoLayerNet<f64>> for Stubborn {
        fn dimension(&self, _: &TwoLayerNet<f64>) -> usize {
            96
        }

        fn init(
            &mut self,
            _: &TwoLayerNet<f64>,
            _: &[f64],
            _: &mut Counts,
        ) -> leastwise_core::Result<Evaluation<f64>> {
            self.0 = 0;
            let (loss, gradient_norm) = (1.0, 1.0);
            Ok(Evaluation::new(loss, gradient_norm))
        }

        fn step(
            &mut self,
            _: &TwoLayerNet<f64>,
            _: &mut [f64],
            counts: &mut Counts,
        ) -> leastwise_core::Result<Progress<f64>> {
            self.0 += 1;
            counts.solves += 1;
            let (loss, gradient_norm) = (1.0, 1.0);
            Ok(Progress {
                evaluation: Evaluation::new(loss, gradient_norm),
                stop: (self.0 == 2).then_some(Termination::Stalled),
            })
        }
    }

    #[test]
    fn a_step_that_is_not_taken_is_not_timed() {
        let subject = Subject::draw(Sweep::Samples.size(50)).unwrap();
        let mut started = Steps::start(&subject, Box::new(Stubborn(0))).unwrap();
        let error = started.run.call().err().unwrap();
        assert!(error.to_string().contains("before its second step"));
    }
}

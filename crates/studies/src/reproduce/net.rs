//! The net that is trained: as published, on reduced data, or deep.

use leastwise_core::{Backend, Mat, Result, Scalar};
use leastwise_optim::levenberg_marquardt::{
    AdaptiveDamping, DampedStepSolver, Dense, FixedStep, MatrixFree,
};
use leastwise_optim::{
    Adam, Budget, GradientDescent, LevenbergMarquardt, Objective, Observer, Optimizer, Report,
    minimize,
};
use leastwise_two_factor::Kronecker;
use leastwise_two_factor::reduce;
use leastwise_two_factor::{LinearNet, TwoFactorNet, TwoLayerNet, TwoLayerNetInstance};

use super::plan::{Data, Family, Reproduce, StepSize, StepSolverKind};

type Shared<T> = dyn Backend<T>;

/// The net whose loss is minimised.
pub(super) enum Net<'b, T> {
    /// The published net, with all samples and the arithmetic of the published experiment.
    Published(&'b TwoLayerNet<T>),
    /// A net of two layers. The backend computes its products.
    Two(TwoFactorNet<'b, T, Shared<T>>),
    /// A net with any other number of layers.
    Deep(LinearNet<'b, T, Shared<T>>),
}

/// One optimiser with its step size, its start and its end.
pub(super) struct Job<'a, T> {
    pub(super) family: Family,
    pub(super) step: StepSize,
    pub(super) start: &'a [T],
    pub(super) budget: Budget<T>,
}

impl<'b, T: Scalar> Net<'b, T> {
    pub(super) fn new(
        flags: &Reproduce,
        backend: &'b Shared<T>,
        drawn: &'b TwoLayerNetInstance<T>,
    ) -> Result<Self> {
        let net = &drawn.net;
        if flags.has_published_arithmetic() {
            return Ok(Self::Published(net));
        }
        let (x, y, constant): (Mat<T>, Mat<T>, T) = match flags.data {
            Data::Full => (net.x().to_mat(), net.y().to_mat(), T::zero()),
            Data::Reduced => {
                let reduced = reduce(backend, net.x(), net.y())?;
                (reduced.x, reduced.y, reduced.constant_norm)
            }
        };
        let hidden = flags.hidden();
        if let [hidden] = hidden[..] {
            let net = TwoFactorNet::on(backend, x, y, hidden)?;
            return Ok(Self::Two(net.with_constant_norm(constant)?));
        }
        let net = LinearNet::new(backend, x, y, &hidden)?;
        Ok(Self::Deep(net.with_constant_norm(constant)?))
    }

    /// The number of samples of the net.
    pub(super) fn samples(&self) -> usize {
        match self {
            Self::Published(net) => net.samples(),
            Self::Two(net) => net.as_linear_net().samples(),
            Self::Deep(net) => net.samples(),
        }
    }

    pub(super) fn minimize(
        &self,
        flags: &Reproduce,
        backend: &Shared<T>,
        job: &Job<'_, T>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Report<T>> {
        if job.family != Family::LevenbergMarquardt {
            return match self {
                Self::Published(net) => first_order(*net, job, observers),
                Self::Two(net) => first_order(net, job, observers),
                Self::Deep(net) => first_order(net, job, observers),
            };
        }
        let dense = Dense::new(backend, flags.method);
        let structured = Kronecker::new(backend);
        let unsupported = || unreachable!("the flags were checked for {:?}", flags.step_solver);
        match (self, flags.step_solver) {
            (Self::Published(net), StepSolverKind::Dense) => lm(*net, dense, job, observers),
            (Self::Published(net), StepSolverKind::Kronecker) => {
                lm(*net, structured, job, observers)
            }
            (Self::Two(net), StepSolverKind::Dense) => lm(net, dense, job, observers),
            (Self::Two(net), StepSolverKind::Kronecker) => lm(net, structured, job, observers),
            (Self::Two(net), StepSolverKind::MatrixFree) => {
                lm(net, MatrixFree::new(), job, observers)
            }
            (Self::Deep(net), StepSolverKind::Dense) => lm(net, dense, job, observers),
            (Self::Deep(net), StepSolverKind::MatrixFree) => {
                lm(net, MatrixFree::new(), job, observers)
            }
            (Self::Published(_), StepSolverKind::MatrixFree)
            | (Self::Deep(_), StepSolverKind::Kronecker) => unsupported(),
        }
    }
}

fn first_order<T: Scalar, P: Objective<T> + ?Sized>(
    net: &P,
    job: &Job<'_, T>,
    observers: &mut [&mut dyn Observer<T>],
) -> Result<Report<T>> {
    let step = T::of(job.step.fixed().unwrap_or(f64::NAN));
    let mut optimizer: Box<dyn Optimizer<T, P>> = if job.family == Family::Adam {
        Box::new(Adam::new(step)?)
    } else {
        Box::new(GradientDescent::new(step)?)
    };
    minimize(&mut *optimizer, net, job.start, &job.budget, observers)
}

fn lm<T: Scalar, P: ?Sized, S: DampedStepSolver<T, P>>(
    net: &P,
    solver: S,
    job: &Job<'_, T>,
    observers: &mut [&mut dyn Observer<T>],
) -> Result<Report<T>> {
    let mut optimizer: Box<dyn Optimizer<T, P> + '_> = match job.step {
        StepSize::Fixed(step) => {
            let control = FixedStep::new(T::of(step))?;
            Box::new(LevenbergMarquardt::new(control, solver))
        }
        StepSize::Adaptive => Box::new(LevenbergMarquardt::new(AdaptiveDamping::new(), solver)),
    };
    minimize(&mut *optimizer, net, job.start, &job.budget, observers)
}

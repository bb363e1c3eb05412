//! One backend, computing one case.

use std::collections::HashMap;
use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

use leastwise_backends::{AdapterScalar, controls};
use leastwise_conformance::Widen;
use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Solution};
use leastwise_optim::levenberg_marquardt::{Dense, FixedStep};
use leastwise_optim::{Budget, LevenbergMarquardt, Report, minimize};
use leastwise_two_factor::TwoLayerNetInstance;

use super::counting;
use super::protocol::Reply;
use super::work::Work;
use crate::cases::{FIT_LOSS, FIT_STEP, FIT_STEPS, Input};
use crate::error::{Result, failed};
use crate::library;
use crate::model::{Contender, Fault, Outcome};

/// The length of a sample. It is so long that the clock and the loop are negligible.
const SAMPLE: Duration = Duration::from_micros(1500);
/// How long a contender runs before its first sample. In this time, caches, branch predictors and the clock
/// frequency settle.
const WARM_UP: Duration = Duration::from_millis(4);

pub(super) struct Bench<T> {
    backend: Box<dyn Backend<T>>,
    /// The calls of a library that is called directly. They replace the least squares of the backend.
    calls: Vec<library::Call<T>>,
    input: Input<T>,
    /// The number of calls in a sample, for each contender after its warm-up.
    repetitions: HashMap<Contender, u32>,
    fault: Option<Fault>,
}

/// The calls that are solved and timed.
enum Call<T> {
    System(Method),
    SystemDirectly(library::Solve<T>),
    SystemByHand(controls::Solve<T>),
    Product,
    ProductByHand(controls::Multiply<T>),
    Fit(Method),
}

impl<T: AdapterScalar + Widen> Bench<T> {
    pub(super) fn new(
        backend: Box<dyn Backend<T>>,
        calls: Vec<library::Call<T>>,
        input: Input<T>,
        fault: Option<Fault>,
    ) -> Self {
        Self {
            backend,
            calls,
            input,
            repetitions: HashMap::new(),
            fault,
        }
    }

    fn fault_of(&self, contender: &Contender) -> Option<&Fault> {
        self.fault.as_ref().filter(|fault| fault.hits(contender))
    }

    fn call(&self, contender: &Contender) -> Result<Call<T>> {
        let name = self.backend.info().name;
        let method = contender
            .method
            .as_deref()
            .map(Method::from_str)
            .transpose()
            .map_err(failed)?;
        let no_control = || failed(format!("{name} has no control for this method"));
        Ok(match (&self.input, method, contender.control) {
            (Input::System { .. }, Some(method), false) => {
                match self.calls.iter().find(|call| call.method == method) {
                    Some(call) => Call::SystemDirectly(call.solve),
                    None => Call::System(method),
                }
            }
            (Input::System { .. }, Some(method), true) => {
                let mut controls = T::least_squares_by_hand().into_iter();
                let of_method = |c: &controls::Control<T>| (c.backend, c.method) == (name, method);
                Call::SystemByHand(controls.find(of_method).ok_or_else(no_control)?.solve)
            }
            (Input::Product { .. }, None, false) => Call::Product,
            (Input::Product { .. }, None, true) => {
                let mut controls = T::products_by_hand().into_iter();
                let found = controls.find(|control| control.backend == name);
                Call::ProductByHand(found.ok_or_else(no_control)?.multiply)
            }
            (Input::Fit(_), Some(method), false) => Call::Fit(method),
            _ => return Err(failed(format!("{contender:?} does not fit the case"))),
        })
    }

    /// Calls several times, and returns how long that took.
    fn repeat(&self, contender: &Contender, call: &Call<T>, repetitions: u32) -> Duration {
        let start = Instant::now();
        let elapsed = self.repeat_faultless(call, repetitions);
        if let Some(fault) = self.fault_of(contender) {
            fault.delay(elapsed);
            return start.elapsed();
        }
        elapsed
    }

    fn repeat_faultless(&self, call: &Call<T>, repetitions: u32) -> Duration {
        match (&self.input, call) {
            (Input::System { a, b }, Call::System(method)) => {
                let options = LstsqOptions::new(*method);
                time(repetitions, || {
                    self.backend.lstsq(a.as_ref(), b.as_ref(), &options)
                })
            }
            (Input::System { a, b }, Call::SystemDirectly(solve)) => {
                time(repetitions, || solve(a, b))
            }
            (Input::System { a, b }, Call::SystemByHand(solve)) => {
                time(repetitions, || solve(a, b))
            }
            (Input::Product { a, b }, Call::Product) => {
                let mut c = Mat::zeros(a.rows(), b.cols());
                time(repetitions, || {
                    let (a, b) = (a.as_ref(), b.as_ref());
                    let done = self.backend.matmul(T::one(), a, b, T::zero(), c.as_mut());
                    black_box(c.data());
                    done
                })
            }
            (Input::Product { a, b }, Call::ProductByHand(multiply)) => {
                let mut c = Mat::zeros(a.rows(), b.cols());
                time(repetitions, || {
                    multiply(a.as_ref(), b.as_ref(), c.as_mut());
                    black_box(c.data());
                })
            }
            (Input::Fit(drawn), Call::Fit(method)) => {
                time(repetitions, || fit(&*self.backend, *method, drawn))
            }
            _ => Duration::ZERO,
        }
    }

    fn outcome(&self, contender: &Contender) -> Result<Outcome> {
        let call = self.call(contender)?;
        Ok(match (&self.input, call) {
            (Input::System { a, b }, Call::System(method)) => {
                let options = LstsqOptions::new(method);
                let lacks = !self.backend.info().has(method);
                match self.backend.lstsq(a.as_ref(), b.as_ref(), &options) {
                    Ok(solution) => {
                        let backend = &*self.backend;
                        let count =
                            counting::factorizations(backend, a.as_ref(), b.as_ref(), method);
                        solution_outcome(&solution, count)
                    }
                    Err(Error::Unsupported { .. }) if lacks => Outcome::Unsupported,
                    Err(error @ Error::RankDeficient { .. }) => Outcome::Refused(error.to_string()),
                    Err(error) => Outcome::Failed(error.to_string()),
                }
            }
            (Input::System { a, b }, Call::SystemDirectly(solve)) => match solve(a, b) {
                library::Answer::X(x) => matrix_outcome(&x),
                library::Answer::Refused => Outcome::Refused("the library refuses".to_owned()),
                library::Answer::NotOffered => Outcome::Unsupported,
            },
            (Input::System { a, b }, Call::SystemByHand(solve)) => match solve(a, b) {
                Ok(x) => matrix_outcome(&x),
                Err(refusal) => Outcome::Failed(refusal),
            },
            (Input::Product { a, b }, call) => {
                // With β = 0, the product must not read C.
                let mut c = Mat::from_fn(a.rows(), b.cols(), |_, _| T::nan());
                let (a, b) = (a.as_ref(), b.as_ref());
                if let Call::ProductByHand(multiply) = call {
                    multiply(a, b, c.as_mut());
                } else if let Err(error) =
                    self.backend.matmul(T::one(), a, b, T::zero(), c.as_mut())
                {
                    return Ok(match error {
                        Error::Unsupported { .. } => Outcome::Unsupported,
                        error => Outcome::Failed(error.to_string()),
                    });
                }
                matrix_outcome(&c)
            }
            (Input::Fit(drawn), Call::Fit(method)) => {
                if !self.backend.info().has(method) {
                    return Ok(Outcome::Unsupported);
                }
                match fit(&*self.backend, method, drawn) {
                    Ok(report) => Outcome::Fit {
                        parameters: as_f64(&report.parameters),
                        termination: report.termination.to_string(),
                        solves: report.counts.solves,
                        evaluations: report.counts.residuals + report.counts.jacobians,
                    },
                    Err(Error::Unsupported { .. }) => Outcome::Unsupported,
                    Err(error) => Outcome::Failed(error.to_string()),
                }
            }
            _ => Outcome::Unsupported,
        })
    }
}

fn time<R>(repetitions: u32, mut call: impl FnMut() -> R) -> Duration {
    let start = Instant::now();
    for _ in 0..repetitions {
        black_box(call());
    }
    start.elapsed()
}

fn fit<T: AdapterScalar>(
    backend: &dyn Backend<T>,
    method: Method,
    drawn: &TwoLayerNetInstance<T>,
) -> leastwise_core::Result<Report<T>> {
    let control = FixedStep::new(T::of(FIT_STEP))?;
    let mut optimizer = LevenbergMarquardt::new(control, Dense::new(backend, method));
    let budget = Budget::steps(FIT_STEPS).with_target_loss(T::of(FIT_LOSS));
    minimize(&mut optimizer, &drawn.net, &drawn.start, &budget, &mut [])
}

fn solution_outcome<T: AdapterScalar>(solution: &Solution<T>, factorizations: usize) -> Outcome {
    Outcome::Matrix {
        rows: solution.x.rows(),
        cols: solution.x.cols(),
        entries: as_f64(solution.x.data()),
        rank: Some(solution.rank),
        residual_norms: solution.residual_norms.as_deref().map(as_f64),
        singular_values: solution.singular_values.as_deref().map(as_f64),
        factorizations: Some(factorizations),
    }
}

fn matrix_outcome<T: AdapterScalar>(x: &Mat<T>) -> Outcome {
    Outcome::Matrix {
        rows: x.rows(),
        cols: x.cols(),
        entries: as_f64(x.data()),
        rank: None,
        residual_norms: None,
        singular_values: None,
        factorizations: None,
    }
}

/// The number of threads of this process, if Linux reports it.
fn process_threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

fn as_f64<T: AdapterScalar>(x: &[T]) -> Vec<f64> {
    x.iter().map(|xi| xi.as_f64()).collect()
}

impl<T: AdapterScalar + Widen> Work for Bench<T> {
    fn solve(&mut self, contender: &Contender) -> Result<Reply> {
        if let Some(fault) = self.fault_of(contender) {
            fault.before();
        }
        let mut outcome = self.outcome(contender)?;
        if let Some(fault) = self.fault_of(contender) {
            fault.spoil(&mut outcome);
        }
        Ok(Reply::Solved(outcome))
    }

    fn warm_up(&mut self, contender: &Contender) -> Result<Reply> {
        let call = self.call(contender)?;
        let mut elapsed = Duration::ZERO;
        let allocated = allocation_counter::measure(|| {
            elapsed = self.repeat(contender, &call, 1);
        });
        let mut repetitions = 1;
        let start = Instant::now();
        // If one call fills a sample, the counted call has warmed it up.
        while elapsed < SAMPLE || (repetitions > 1 && start.elapsed() < WARM_UP) {
            if elapsed < SAMPLE {
                repetitions *= 2;
            }
            elapsed = self.repeat(contender, &call, repetitions);
        }
        self.repetitions.insert(contender.clone(), repetitions);
        Ok(Reply::Warm {
            sample_seconds: elapsed.as_secs_f64(),
            allocations: allocated.count_total,
            allocated_bytes: allocated.bytes_total,
            process_threads: process_threads(),
        })
    }

    fn sample(&mut self, contender: &Contender) -> Result<Reply> {
        let call = self.call(contender)?;
        let repetitions = *self
            .repetitions
            .get(contender)
            .ok_or_else(|| failed(format!("{contender:?} was not warmed up")))?;
        let elapsed = self.repeat(contender, &call, repetitions);
        let nanoseconds = elapsed.as_secs_f64() * 1e9 / f64::from(repetitions);
        Ok(Reply::Sampled(nanoseconds))
    }
}

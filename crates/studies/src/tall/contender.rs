//! The contenders, and what each computes.

use std::hint::black_box;

use leastwise_core::norm::dot;
use leastwise_core::{Backend, LstsqOptions, MatRef, Method};
use leastwise_optim::{
    Curve, FiniteDifferences, Fit, FittedMany, LeastSquaresProblem, Many, Starts,
};
use leastwise_peers::{self as peer, PeerRun, Task};
use serde::{Deserialize, Serialize};

use super::data::{self, Peaks, SMALL, SMALL_START};
use super::work::{Kind, Work};
use crate::by_size;
use crate::python::Python;
use crate::study::Desk;
use crate::study::number::Number;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Contender {
    /// The least that a computation needs: it reads A, or evaluates the model once.
    Least,
    Backend(String),
    /// Fits by differences, as the function `leastwise::fit`.
    Differences,
    /// Fits with the derivatives of the model.
    Derivatives,
    LevenbergMarquardt,
    Rmpfit,
    Python(Python),
}

/// A contender that takes part and has computed a result.
#[derive(Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) error: Number,
    pub(super) ns: f64,
}

/// The output of the script.
#[derive(Deserialize)]
struct Printed {
    error: f64,
    seconds: f64,
}

const SCRIPT: &str = include_str!("../../numpy/tall.py");

/// The number of small fits in one call.
const FITS: usize = 1000;

impl Contender {
    pub(super) fn all(python: Option<Python>) -> Vec<Self> {
        let backends = leastwise_backends::names().into_iter();
        let mut all = vec![Self::Least];
        all.extend(backends.map(|name| Self::Backend(name.to_owned())));
        all.extend([
            Self::Differences,
            Self::Derivatives,
            Self::LevenbergMarquardt,
            Self::Rmpfit,
        ]);
        all.extend(python.map(Self::Python));
        all
    }

    pub(super) fn name(&self, kind: Kind) -> String {
        let name = match self {
            Self::Least if kind == Kind::Lstsq => "reading A",
            Self::Least => "the model",
            Self::Backend(name) => name,
            Self::Differences => "differences",
            Self::Derivatives => "derivatives",
            Self::LevenbergMarquardt => "levenberg-marquardt",
            Self::Rmpfit => "rmpfit",
            Self::Python(_) if kind == Kind::Lstsq => "numpy",
            Self::Python(_) => "SciPy",
        };
        name.to_owned()
    }

    pub(super) fn takes_part(&self, work: Work) -> bool {
        let is_one_thread = work.size == 1;
        match work.kind {
            Kind::Lstsq => matches!(self, Self::Least | Self::Backend(_) | Self::Python(_)),
            Kind::Fit => !matches!(self, Self::Backend(_)),
            Kind::Many => match self {
                Self::Least | Self::Backend(_) => false,
                Self::Differences | Self::Derivatives => true,
                Self::LevenbergMarquardt | Self::Rmpfit | Self::Python(_) => is_one_thread,
            },
        }
    }

    /// Serves samples, and returns the seconds of one call.
    ///
    /// # Errors
    /// Those of the computation or the pipes.
    pub(super) fn serve(&self, work: Work, desk: &mut Desk) -> anyhow::Result<f64> {
        let (n, size) = (work.columns as usize, work.size as usize);
        match (self, work.kind) {
            (Self::Python(python), _) => serve_python(python, work, desk),
            (Self::Backend(name), _) => serve_lstsq(name, (size, n), desk),
            (Self::Least, Kind::Lstsq) => {
                let (a, _) = data::system(size, n);
                let call = || Ok(black_box(dot(a.data(), a.data())));
                serve(desk, 1, call, |_| 0.0)
            }
            (_, Kind::Lstsq | Kind::Fit) => self.serve_fit((size, n), desk),
            (_, Kind::Many) => self.serve_many(size, desk),
        }
    }

    fn serve_fit(&self, (m, n): (usize, usize), desk: &mut Desk) -> anyhow::Result<f64> {
        let blocks = blocks()?;
        let peaks = Peaks(n);
        let ((t, y), start) = (peaks.points(m), peaks.start());
        let curve = Curve::new(n, move |t, p: &[f64]| peaks.value(t, p), &t, &y)?;
        let error = |&loss: &f64| data::loss_over_noise(loss, m);
        if *self == Self::Differences {
            let problem = FiniteDifferences::central(curve);
            let call = || Ok(Fit::new(&*blocks).run(&problem, &start)?.loss);
            return serve(desk, 1, call, error);
        }
        let problem = curve.with_gradient(move |t, p, g| peaks.gradient(t, p, g));
        let call = || match self {
            Self::Derivatives => Ok(Fit::new(&*blocks).run(&problem, &start)?.loss),
            Self::Least => {
                let points = t.iter().zip(&y);
                Ok(points
                    .map(|(&t, y)| (peaks.value(t, &start) - y).powi(2))
                    .sum())
            }
            _ => Ok(self.run_peer(&problem, &start)?.loss),
        };
        let is_least = *self == Self::Least;
        serve(
            desk,
            1,
            call,
            |loss| if is_least { 0.0 } else { error(loss) },
        )
    }

    fn serve_many(&self, threads: usize, desk: &mut Desk) -> anyhow::Result<f64> {
        let blocks = blocks()?;
        let (t, y) = data::small(FITS);
        let curve = |k: usize| {
            Curve::new(
                SMALL_START.len(),
                data::gaussian,
                &t,
                &y[k * SMALL..][..SMALL],
            )
        };
        let exact = |k: usize| Ok(curve(k)?.with_gradient(data::gaussian_gradient));
        let (starts, many) = (
            Starts::Shared(&SMALL_START),
            Many::new().with_threads(threads),
        );
        let loss = |fits: FittedMany<f64>| fits.losses.iter().sum::<f64>();
        let call = || match self {
            Self::Differences => {
                let problem = |k: usize| Ok(FiniteDifferences::central(curve(k)?));
                Ok(loss(
                    Fit::new(&*blocks).run_many(FITS, problem, starts, &many)?,
                ))
            }
            Self::Derivatives => Ok(loss(
                Fit::new(&*blocks).run_many(FITS, exact, starts, &many)?,
            )),
            _ => {
                let mut sum = 0.0;
                for k in 0..FITS {
                    sum += self.run_peer(&exact(k)?, &SMALL_START)?.loss;
                }
                Ok(sum)
            }
        };
        let error = |&loss: &f64| data::loss_over_noise(loss, FITS * SMALL);
        serve(desk, FITS, call, error)
    }

    fn run_peer(
        &self,
        problem: &dyn LeastSquaresProblem<f64>,
        start: &[f64],
    ) -> leastwise_core::Result<PeerRun> {
        let task = Task {
            problem,
            start,
            max_evaluations: 1000,
            tolerance: None,
        };
        match self {
            Self::Rmpfit => peer::rmpfit::minimize(&task),
            _ => peer::levenberg_marquardt::minimize(&task),
        }
    }
}

/// The backend of the function `leastwise::fit`.
fn blocks() -> anyhow::Result<Box<dyn Backend<f64>>> {
    Ok(leastwise_backends::find("blocks", 1)?)
}

/// Serves the time of a call over `count`, and returns the seconds of a call. `error` judges a result.
fn serve<A>(
    desk: &mut Desk,
    count: usize,
    mut call: impl FnMut() -> anyhow::Result<A>,
    error: impl FnOnce(&A) -> f64,
) -> anyhow::Result<f64> {
    let error = Number(error(&call()?));
    let mut sample = by_size::sampler(|| call().map(drop))?;
    let mut sample = || Ok(sample()? / count as f64);
    let ns = sample()?;
    desk.serve(&Some(Ready { error, ns }), |_| sample())?;
    Ok(1e-9 * ns * count as f64)
}

fn serve_lstsq(name: &str, (m, n): (usize, usize), desk: &mut Desk) -> anyhow::Result<f64> {
    let (a, b) = data::system(m, n);
    let backend = leastwise_backends::find::<f64>(name, 1)?;
    let options = LstsqOptions::new(Method::Qr);
    let call = || {
        Ok(backend
            .lstsq(a.as_ref(), MatRef::from_column(&b), &options)?
            .x)
    };
    serve(desk, 1, call, |x| data::error_of(a.as_ref(), &b, x.data()))
}

fn serve_python(python: &Python, work: Work, desk: &mut Desk) -> anyhow::Result<f64> {
    let kind = match work.kind {
        Kind::Lstsq => "lstsq",
        Kind::Fit => "fit",
        Kind::Many => "many",
    };
    let [rows, columns] = [work.size, work.columns].map(|size| size.to_string());
    let flags = [("--kind", kind), ("--rows", &rows), ("--columns", &columns)];
    let call = || python.run::<Printed>(SCRIPT, &flags);
    let Printed { error, seconds } = call()?;
    let ready = Ready {
        error: Number(error),
        ns: 1e9 * seconds,
    };
    desk.serve(&Some(ready), |_| Ok(1e9 * call()?.seconds))?;
    Ok(seconds)
}

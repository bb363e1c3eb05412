//! Computes profiles.

use leastwise_core::norm::euclidean;
use leastwise_core::{Result, Scalar};

use rayon::prelude::*;

use super::builder::of_untied;
use super::{Fit, Fitted, Profile, ProfilePoint, ThreadedFit};
use crate::ties::Ties;
use crate::{LeastSquaresProblem, check};

const OPERATION: &str = "profile";

/// An interval is open if τ does not reach q within this many standard errors.
const FARTHEST: f64 = 1e6;

/// The relative error of an end, as a part of its distance from the estimate.
const ACCURACY: f64 = 1e-8;

/// The points on each side between the estimate and the end.
const BETWEEN: usize = 3;

impl<T: Scalar> Fit<'_, T> {
    /// The profile of the parameter with index `parameter`, counted from 0, for an interval with probability `level`.
    ///
    /// `fitted` is the result of [`run`](Self::run) with the same options and the same problem. Its bounds and its held and
    /// tied parameters hold here, too. The other parameters are
    /// fitted again for each point, from those of the point before. An interval takes some ten to twenty fits.
    ///
    /// ```
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::{Curve, FiniteDifferences, Fit};
    ///
    /// # fn main() -> leastwise_core::Result<()> {
    /// let (t, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [5.1, 3.0, 1.9, 1.1, 0.7]);
    /// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
    /// let problem = FiniteDifferences::central(Curve::new(2, decay, &t, &y)?);
    /// let backend = Faer::default();
    /// let fit = Fit::new(&backend);
    /// let fitted = fit.run(&problem, &[1.0, 1.0])?;
    /// let rate = fit.profile(&problem, &fitted, 1, 0.95)?;
    /// assert!(rate.lower < Some(fitted.parameters[1]) && Some(fitted.parameters[1]) < rate.upper);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](leastwise_core::Error::InvalidArgument) unless `parameter` is free and determined,
    /// `fitted` is a success without a robust loss and with degrees of freedom, and 0 < `level` < 1. Also if a point has a
    /// lower loss than `fitted`, with its parameters: then `fitted` is another minimum, and a fit from there is better.
    /// Also the errors of [`run`](Self::run) at the estimate.
    pub fn profile<P>(
        &self,
        problem: &P,
        fitted: &Fitted<T>,
        parameter: usize,
        level: f64,
    ) -> Result<Profile<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        self.profile_of(&problem, fitted, parameter, level)
    }

    pub(super) fn profile_of(
        &self,
        problem: &dyn LeastSquaresProblem<T>,
        fitted: &Fitted<T>,
        parameter: usize,
        level: f64,
    ) -> Result<Profile<T>> {
        if let Some((ties, untied)) = fitted.ties(OPERATION)? {
            return self.profile_tied(problem, (fitted, untied), (&ties, parameter), level);
        }
        let (low, high) = checked(fitted, parameter, level)?;
        let quantile = T::of(fitted.quantile(level));
        let side = |direction: T| {
            let mut search = Search::new(self, problem, fitted, parameter, direction);
            let end = search.end(quantile)?;
            Ok((end, search.points))
        };
        let (lower, mut points) = side(-T::one())?;
        points.reverse();
        points.push(ProfilePoint {
            value: fitted.parameters[parameter],
            tau: T::zero(),
            parameters: fitted.parameters.clone(),
        });
        let (upper, above) = side(T::one())?;
        points.extend(above);
        Ok(Profile {
            name: fitted.names[parameter].clone(),
            estimate: fitted.parameters[parameter],
            lower,
            upper,
            linear: (low, high),
            points,
        })
    }

    /// The profile by the fit of the untied parameters.
    fn profile_tied(
        &self,
        problem: &dyn LeastSquaresProblem<T>,
        (fitted, untied): (&Fitted<T>, &Fitted<T>),
        (ties, parameter): (&Ties<T>, usize),
        level: f64,
    ) -> Result<Profile<T>> {
        let place = ties.untied().iter().position(|&j| j == parameter);
        let Some(place) = place else {
            let n = fitted.parameters.len();
            let detail = match fitted.names.get(parameter) {
                Some(name) => format!("must be free, but {name} is tied to others"),
                None => {
                    format!("must be below the number of parameters, {n}, but it is {parameter}")
                }
            };
            return Err(check::invalid(OPERATION, "parameter", detail));
        };
        let mut profile = of_untied(problem, ties, |problem| {
            self.profile_of(problem, untied, place, level)
        })?;
        for point in &mut profile.points {
            let mut all = Vec::new();
            ties.expand(&point.parameters, &mut all);
            point.parameters = all;
        }
        Ok(profile)
    }
}

impl<T: Scalar> ThreadedFit<'_, T> {
    /// The [profiles](Fit::profile) of all free parameters. Each thread takes whole profiles, so all bits are those of one
    /// thread.
    ///
    /// # Errors
    /// As [`Fit::profile`], of the first parameter that has no profile, and as [`run`](Self::run).
    pub fn profiles<P>(
        &self,
        problem: &P,
        fitted: &Fitted<T>,
        level: f64,
    ) -> Result<Vec<Profile<T>>>
    where
        P: LeastSquaresProblem<T> + Sync + ?Sized,
    {
        let problem: &(dyn LeastSquaresProblem<T> + Sync) = &problem;
        let states = fitted.states.iter().enumerate();
        let free: Vec<usize> = states
            .filter_map(|(j, state)| state.is_free().then_some(j))
            .collect();
        let of = |&j: &usize| self.fit().profile_of(problem, fitted, j, level);
        let profiles: Vec<Result<_>> = self.pool()?.install(|| free.par_iter().map(of).collect());
        profiles.into_iter().collect()
    }
}

/// The interval by the standard error, if the parameter has a profile.
fn checked<T: Scalar>(fitted: &Fitted<T>, parameter: usize, level: f64) -> Result<(T, T)> {
    let invalid = |argument, detail: String| Err(check::invalid(OPERATION, argument, detail));
    let n = fitted.parameters.len();
    if parameter >= n {
        let detail = format!("must be below the number of parameters, {n}, but it is {parameter}");
        return invalid("parameter", detail);
    }
    let intervals = fitted.confidence_intervals(level)?;
    if !fitted.is_success() {
        return invalid("fitted", "must be a success, but it is not".to_owned());
    }
    if fitted.robust_loss.is_some() {
        let detail = "must have no robust loss, whose differences are no likelihood".to_owned();
        return invalid("fitted", detail);
    }
    let (low, high) = intervals[parameter];
    if !(low < high && low.is_finite() && high.is_finite()) {
        let name = &fitted.names[parameter];
        let error = fitted.standard_errors()[parameter];
        let detail = format!(
            "must have a positive and finite standard error, but that of {name} is {error}"
        );
        return invalid("parameter", detail);
    }
    Ok((low, high))
}

/// The search for one end.
struct Search<'a, T: Scalar> {
    fit: &'a Fit<'a, T>,
    problem: &'a dyn LeastSquaresProblem<T>,
    fitted: &'a Fitted<T>,
    parameter: usize,
    /// 1 or −1.
    direction: T,
    /// The points beyond the estimate, by distance.
    points: Vec<ProfilePoint<T>>,
}

impl<'a, T: Scalar> Search<'a, T> {
    fn new(
        fit: &'a Fit<'a, T>,
        problem: &'a dyn LeastSquaresProblem<T>,
        fitted: &'a Fitted<T>,
        parameter: usize,
        direction: T,
    ) -> Self {
        Self {
            fit,
            problem,
            fitted,
            parameter,
            direction,
            points: Vec::new(),
        }
    }

    /// The distance from the estimate at which |τ| = `quantile`, as a value of the parameter.
    fn end(&mut self, quantile: T) -> Result<Option<T>> {
        let error = self.fitted.standard_errors()[self.parameter];
        let limit = self.distance_to_bound().min(error * T::of(FARTHEST));
        let (mut near, mut near_tau) = (T::zero(), T::zero());
        let mut far = (error * quantile).min(limit);
        let mut far_tau;
        // Doubles the distance until τ is beyond the quantile.
        loop {
            far_tau = self.tau(far)?;
            if far_tau >= quantile {
                break;
            }
            if far >= limit {
                return Ok(None);
            }
            (near, near_tau) = (far, far_tau);
            far = (far + far).min(limit);
        }
        self.solve((near, near_tau), (far, far_tau), quantile)
            .map(Some)
    }

    /// Regula falsi with the weights of Anderson and Björck, BIT 13 (1973). It halves where τ is infinite.
    fn solve(&mut self, near: (T, T), far: (T, T), quantile: T) -> Result<T> {
        const STEPS: usize = 60;
        let (mut near, mut f_near) = (near.0, near.1 - quantile);
        let (mut far, mut f_far) = (far.0, far.1 - quantile);
        for _ in 0..STEPS {
            if far - near <= T::of(ACCURACY) * far || f_far == T::zero() {
                break;
            }
            let half = T::of(0.5);
            let secant = far - f_far * (far - near) / (f_far - f_near);
            let middle = if f_far.is_finite() && secant > near && secant < far {
                secant
            } else {
                near + half * (far - near)
            };
            let f = self.tau(middle)? - quantile;
            let is_close = f.abs() <= T::of(ACCURACY) * quantile;
            if f >= T::zero() {
                let ratio = T::one() - f / f_far;
                f_near *= if ratio > T::zero() { ratio } else { half };
                (far, f_far) = (middle, f);
            } else {
                let ratio = T::one() - f / f_near;
                f_far *= if ratio > T::zero() { ratio } else { half };
                (near, f_near) = (middle, f);
            }
            if is_close {
                return self.complete(middle);
            }
        }
        self.complete(far)
    }

    /// Adds points between the estimate and the end at this distance, and returns the end.
    fn complete(&mut self, distance: T) -> Result<T> {
        self.points.retain(|point| {
            (point.value - self.fitted.parameters[self.parameter]).abs() <= distance
        });
        for k in 1..=BETWEEN {
            self.tau(distance * T::of(k as f64 / (BETWEEN + 1) as f64))?;
        }
        let estimate = self.fitted.parameters[self.parameter];
        Ok(estimate + self.direction * distance)
    }

    /// The distance from the estimate to the bound.
    fn distance_to_bound(&self) -> T {
        let estimate = self.fitted.parameters[self.parameter];
        let j = self.parameter;
        let bounds = [self.problem.bounds(), self.fitted.given.bounds()];
        let distance = |bounds: &crate::Bounds<T>| {
            if self.direction > T::zero() {
                bounds.upper()[j] - estimate
            } else {
                estimate - bounds.lower()[j]
            }
        };
        let distances = bounds.into_iter().flatten().map(distance);
        distances.fold(T::infinity(), T::min)
    }

    /// |τ| at this distance. It is infinite where the model has no finite value. The point is stored.
    fn tau(&mut self, distance: T) -> Result<T> {
        let j = self.parameter;
        let value = self.fitted.parameters[j] + self.direction * distance;
        let Some((root, parameters)) = self.minimum(value) else {
            return Ok(T::infinity());
        };
        let best = self.fitted.root_of_loss;
        // S̃ − S = (√S̃ − √S)·(√S̃ + √S), whose squares stay in range.
        let s = self.fitted.covariance.deviation();
        let square = (root - best) / s * ((root + best) / s);
        let rounding = T::of(1e-6).max(T::of(100.0) * T::EPSILON.sqrt());
        if square < -rounding {
            let detail = format!(
                "must be the best minimum, but the loss is lower at {parameters:?}: fit again from there"
            );
            return Err(check::invalid(OPERATION, "fitted", detail));
        }
        let tau = square.max(T::zero()).sqrt();
        let at = self
            .points
            .partition_point(|point| (point.value - self.fitted.parameters[j]).abs() < distance);
        let point = ProfilePoint {
            value,
            tau: self.direction * tau,
            parameters,
        };
        self.points.insert(at, point);
        Ok(tau)
    }

    /// √loss and the parameters at the minimum with this value held, from the nearest point and from the estimate.
    fn minimum(&self, value: T) -> Option<(T, Vec<T>)> {
        let nearest = self
            .points
            .iter()
            .min_by(|a, b| {
                let distance = |point: &ProfilePoint<T>| (point.value - value).abs();
                distance(a).as_f64().total_cmp(&distance(b).as_f64())
            })
            .map(|point| &point.parameters);
        let starts = nearest.into_iter().chain([&self.fitted.parameters]);
        let mut best: Option<(T, Vec<T>)> = None;
        for start in starts {
            let mut start = start.clone();
            start[self.parameter] = value;
            let Some((root, parameters, is_success)) = self.run(&start) else {
                continue;
            };
            if best.as_ref().is_none_or(|(smallest, _)| root < *smallest) {
                best = Some((root, parameters));
            }
            if is_success {
                break;
            }
        }
        best
    }

    fn run(&self, start: &[T]) -> Option<(T, Vec<T>, bool)> {
        let given = &self.fitted.given;
        if given.held_indices().len() + 1 < start.len() {
            let held = given.holding(self.parameter, start);
            return self.fit.end_of_run(self.problem, held).ok();
        }
        // All parameters are held.
        let mut residual = vec![T::nan(); self.problem.residuals()];
        self.problem.residual(start, &mut residual).ok()?;
        let root = euclidean(&residual).hypot(self.problem.constant_norm());
        root.is_finite().then(|| (root, start.to_vec(), true))
    }
}

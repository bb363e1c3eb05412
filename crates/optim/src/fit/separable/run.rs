//! The run of a separable fit, and its statistics.

use leastwise_core::{Backend, Error, Mat, Result, Scalar, Workspace};

use super::basis::Basis;
use super::design::Design;
use super::model::Separable;
use super::reduced::{Here, Reduced};
use super::statistics;
use crate::fit::builder::{Fit, Outcome, beyond_range, rank_tolerance, states, without_held};
use crate::fit::parameters::check_names;
use crate::fit::{Fitted, ParameterState, Parameters};
use crate::levenberg_marquardt::DenseQr;
use crate::{
    FiniteDifferences, LeastSquaresProblem, LevenbergMarquardt, Termination, check, minimize,
};

const OPERATION: &str = "Fit::run_separable";

impl<T: Scalar> Fit<'_, T> {
    /// Minimises Σᵢₛ ((Σₖ cₖₛ·φₖ(xᵢ; α) − yᵢₛ)/σᵢₛ)² over α and c, from α = `start`, by variable projection.
    ///
    /// The parameters of the result are the q entries of α, and then the p coefficients of each set of data. So are its
    /// standard errors and correlations: they are those of a fit of all parameters together, and take the square of
    /// their number in memory. The residuals are those of the first set, then those of the second, and so on.
    ///
    /// **Options.** `start` is a slice of numbers, or [`Parameters`] with the bounds of α and which of them are held. Names are
    /// the q of α, or these followed by the p of the coefficients, to which several sets of data add their numbers. A robust
    /// loss is refused, because the best c would not follow from linear least squares.
    ///
    /// **Derivatives** ∂Φ/∂α are those of [`Separable::with_derivatives`], or else [central
    /// differences](crate::FiniteDifferences::central) of the functions. The linear problem is not part of the differences,
    /// which would cost digits.
    ///
    /// **Rank.** If the functions depend on each other at some α, the coefficients are those of minimum norm, for functions
    /// of length 1 to 2. If they depend on each other at the end, the standard errors of these coefficients are infinite.
    /// If α has no effect there, but has one elsewhere, the run ends with
    /// [`Termination::Plateau`](crate::Termination::Plateau), as any other.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a robust loss, ties, several starts and profiles, if there are fewer data than free
    /// parameters, if the start is outside the bounds, if a name occurs twice, and for invalid held parameters.
    /// [`Error::Shape`] unless `start` and the bounds have q entries, and the names q or q + p. [`Error::NonFinite`] for NaN or an infinity in `start`, and in the functions there, with their entry.
    /// [`Error::Panic`] with the message of a panic of the functions or derivatives. Also the errors of the backend.
    pub fn run_separable<X, F>(
        &self,
        model: &Separable<'_, T, X, F>,
        start: impl Into<Parameters<T>>,
    ) -> Result<Fitted<T>>
    where
        X: Copy,
        F: Fn(X, &[T], &mut [T]),
    {
        let (basis, parameters) = (Basis::new(model), start.into());
        if let Some(exact) = basis.exact() {
            return self.run_reduced(model.design(), &exact, &parameters);
        }
        let differences = FiniteDifferences::central(basis);
        self.run_reduced(model.design(), &differences, &parameters)
    }

    /// `functions` are Φ(α), m×p, column by column.
    fn run_reduced(
        &self,
        design: &Design<'_, T>,
        functions: &dyn LeastSquaresProblem<T>,
        parameters: &Parameters<T>,
    ) -> Result<Fitted<T>> {
        let names = self.check_separable(design, parameters)?;
        let parameters = self.resumed(parameters.without_names(), parameters.bounds())?;
        let start = parameters.start();
        let bounds = parameters.bounds().cloned();
        let problem = Reduced::new(design, functions, self.backend(), bounds);
        let fixed = without_held(&problem, &parameters)?;
        let (target, free_start): (&dyn LeastSquaresProblem<T>, _) = match &fixed {
            Some(fixed) => (fixed, fixed.free_start(start)?),
            None => (&problem, start.to_vec()),
        };
        let solver = DenseQr::new(self.backend());
        let mut lm = LevenbergMarquardt::new(self.control(), solver);
        let mut report = minimize(&mut lm, target, &free_start, &self.budget(), &mut [])?;
        if let Some(fixed) = &fixed {
            report.parameters = fixed.expand(&report.parameters)?;
        }
        let mut residuals = vec![T::nan(); problem.residuals()];
        let here = problem.evaluated(&report.parameters, &mut residuals)?;
        report.counts.residuals += 1;
        if report.termination.is_divergence() || !here.is_finite() {
            return Err(not_finite(&here));
        }
        if report.termination.is_success()
            && !problem.is_solved(report.root_of_loss)
            && problem.is_on_plateau(&report.parameters, &here)?
        {
            report.termination = Termination::Plateau;
        }
        let mut states = states(problem.bounds(), &parameters, &report.parameters);
        report
            .parameters
            .extend_from_slice(here.coefficients.data());
        states.resize(report.parameters.len(), ParameterState::Free);
        let outcome = Outcome {
            given: parameters.followed(&report.parameters, names),
            states,
            influences: None,
            rows: residuals.len(),
            observations: residuals.len(),
            residuals,
            jacobian: self
                .keeps_jacobian()
                .then(|| full_jacobian(&problem, &here)),
            report,
        };
        let triangles = triangles(self.backend(), &problem, &here)?;
        let free = outcome.free();
        let size = (outcome.residuals.len(), free.len());
        let rcond = rank_tolerance(size, functions.jacobian_error());
        let unscaled =
            statistics::unscaled(self.backend(), (&triangles, design.linear), &free, rcond)?;
        Ok(self.outcome(outcome, &unscaled))
    }

    /// The names of all parameters, if `parameters` are those that the model needs.
    fn check_separable(
        &self,
        design: &Design<'_, T>,
        parameters: &Parameters<T>,
    ) -> Result<Vec<String>> {
        if self.loss().is_some() {
            let detail = "must be that of least squares, but it is robust".to_owned();
            return Err(check::invalid(OPERATION, "loss", detail));
        }
        self.refuse_several("of a separable model", parameters)?;
        let (q, p, sets) = (design.nonlinear, design.linear, design.sets());
        check::entries(OPERATION, "start", q, parameters.start().len())?;
        parameters.without_names().check(parameters.bounds())?;
        let data = design.y.len();
        let free = parameters.free_count() + p * sets;
        if data < free {
            let detail = format!(
                "must have at least as many data as its {free} free parameters, but it has {data}"
            );
            return Err(check::invalid(OPERATION, "model", detail));
        }
        names(design, parameters)
    }
}

/// The names of α, and of the coefficients of each set of data.
fn names<T: Scalar>(design: &Design<'_, T>, parameters: &Parameters<T>) -> Result<Vec<String>> {
    let (q, p, sets) = (design.nonlinear, design.linear, design.sets());
    let mut names: Vec<String> = match parameters.names() {
        Some(names) => names.to_vec(),
        None => (0..q).map(|j| format!("alpha[{j}]")).collect(),
    };
    if names.len() == q {
        names.extend((0..p).map(|k| format!("c[{k}]")));
    }
    check::entries(OPERATION, "names", q + p, names.len())?;
    check_names(&names)?;
    if sets == 1 {
        return Ok(names);
    }
    let (alpha, c) = names.split_at(q);
    let of_set = |set: usize| c.iter().map(move |name| format!("{name}[{set}]"));
    let coefficients = (0..sets).flat_map(of_set);
    Ok(alpha.iter().cloned().chain(coefficients).collect())
}

/// Φ and ∂(Φ·c)/∂α of a set of data, m×(p + q), in units of its standard deviations.
fn columns_of_set<T: Scalar>(problem: &Reduced<'_, T>, here: &Here<T>, set: usize) -> Mat<T> {
    let design = problem.design();
    let (m, q, p) = (design.rows, design.nonlinear, design.linear);
    let mut columns = Mat::zeros(m, p + q);
    columns.data_mut()[..m * p].copy_from_slice(here.phi.data());
    for j in 0..q {
        let column = columns.col_mut(p + j);
        for (k, derivative) in here.derivatives.col(j).chunks_exact(m).enumerate() {
            let factor = here.coefficients[(k, set)];
            for (entry, &d) in column.iter_mut().zip(derivative) {
                // Prevents 0·∞.
                if d != T::zero() {
                    *entry += factor * d;
                }
            }
        }
    }
    design.weigh(columns.data_mut(), set / design.sets_per_block());
    columns
}

/// The triangle of [Φ ∂(Φ·c)/∂α] of each set of data.
fn triangles<T: Scalar>(
    backend: &dyn Backend<T>,
    problem: &Reduced<'_, T>,
    here: &Here<T>,
) -> Result<Vec<Mat<T>>> {
    let design = problem.design();
    let size = design.linear + design.nonlinear;
    let mut workspace = Workspace::default();
    let triangle = |set| {
        let columns = columns_of_set(problem, here, set);
        let m = columns.rows();
        let mut tall = if m < size {
            Mat::from_fn(
                size,
                size,
                |i, j| {
                    if i < m { columns[(i, j)] } else { T::zero() }
                },
            )
        } else {
            columns
        };
        backend.r_overwriting(&mut tall, &mut workspace)?;
        Ok(Mat::from_fn(size, size, |i, j| {
            if i <= j { tall[(i, j)] } else { T::zero() }
        }))
    };
    (0..design.sets()).map(triangle).collect()
}

/// The Jacobian of all parameters.
fn full_jacobian<T: Scalar>(problem: &Reduced<'_, T>, here: &Here<T>) -> Mat<T> {
    let design = problem.design();
    let (m, q, p) = (design.rows, design.nonlinear, design.linear);
    let sets = design.sets();
    let mut jacobian = Mat::zeros(m * sets, q + p * sets);
    for set in 0..sets {
        let columns = columns_of_set(problem, here, set);
        for j in 0..p + q {
            let target = if j < p { q + p * set + j } else { j - p };
            jacobian.col_mut(target)[set * m..][..m].copy_from_slice(columns.col(j));
        }
    }
    jacobian
}

/// The first entry of Φ that is not finite, or else of ∂φₖ/∂αⱼ, which is entry (k, j).
fn not_finite<T: Scalar>(here: &Here<T>) -> Error {
    let first = |argument, matrix: &Mat<T>, rows_of_entry: usize| {
        let position = matrix.data().iter().position(|entry| !entry.is_finite())?;
        Some(Error::NonFinite {
            operation: OPERATION,
            argument,
            row: position % matrix.rows() / rows_of_entry,
            col: position / matrix.rows(),
            value: matrix.data()[position].as_f64(),
        })
    };
    first("basis at the start", &here.phi, 1)
        .or_else(|| {
            first(
                "derivatives at the start",
                &here.derivatives,
                here.phi.rows(),
            )
        })
        .unwrap_or_else(beyond_range::<T>)
}

//! Residuals for every kind of number.

use leastwise_core::{MatMut, Result, Scalar, check};

use crate::number::{DoubleDouble, Dual, Number};

/// A residual r: ℝⁿ → ℝᵐ that is written once for every kind of number.
pub trait GenericResidual {
    /// The number of residuals, m.
    fn residuals(&self) -> usize;

    /// The number of parameters, n.
    fn parameters(&self) -> usize;

    /// Writes r(p). `p` has n entries and `r` has m.
    fn evaluate<N: Number>(&self, p: &[N], r: &mut [N]);

    /// The size of the numbers whose difference is rᵢ: |yᵢ| if rᵢ = fᵢ − yᵢ. Without data, it is |rᵢ| at a
    /// standard start.
    fn magnitudes(&self) -> Vec<f64>;
}

/// r(x) for a problem of that name.
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) unless `x` has n entries and `r` has m.
pub(crate) fn checked<T: Scalar, F: GenericResidual>(
    name: &'static str,
    problem: &F,
    x: &[T],
    r: &mut [T],
) -> Result<()> {
    check::entries(name, "x", problem.parameters(), x.len())?;
    check::entries(name, "r", problem.residuals(), r.len())?;
    problem.evaluate(x, r);
    Ok(())
}

/// m and n of a problem of that name, for `x` and a Jacobian `j`.
///
/// # Errors
/// [`Error::Shape`](leastwise_core::Error::Shape) unless `x` has n entries and `j` is m×n.
pub(crate) fn checked_sizes<T: Scalar, F: GenericResidual>(
    name: &'static str,
    problem: &F,
    x: &[T],
    j: &MatMut<'_, T>,
) -> Result<(usize, usize)> {
    let (m, n) = (problem.residuals(), problem.parameters());
    check::entries(name, "x", n, x.len())?;
    check::size(name, "j", (m, n), j)?;
    Ok((m, n))
}

/// A [`GenericResidual`] with twice the digits of f64 and with exact derivatives, as a trait object.
///
/// ```
/// use leastwise_testset::WideResidual;
/// use leastwise_testset::more_garbow_hillstrom::Rosenbrock;
/// use leastwise_testset::number::{DoubleDouble, Number};
///
/// let rosenbrock: &dyn WideResidual = &Rosenbrock;
/// let p = [1.1, 1.0].map(DoubleDouble::of);
/// // r₁ = 10·(p₂ − p₁²), with the digits of 1.1² that f64 drops.
/// let r1 = rosenbrock.values(&p)[0];
/// assert!(r1.high() == -2.1000000000000019 && r1.low() != 0.0);
/// // ∂r₁/∂p₁ = −20·p₁, ∂²r₁/∂p₁² = −20
/// assert_eq!(rosenbrock.slopes(&p, 0)[0].high(), -22.0);
/// assert_eq!(rosenbrock.curvatures(&p, 0, 0)[0].high(), -20.0);
/// ```
pub trait WideResidual {
    /// The number of residuals, m.
    fn residuals(&self) -> usize;

    /// The number of parameters, n.
    fn parameters(&self) -> usize;

    /// As [`GenericResidual::magnitudes`].
    fn magnitudes(&self) -> Vec<f64>;

    /// r(p)
    ///
    /// # Panics
    /// If `p` does not have n entries. The other functions also panic then.
    fn values(&self, p: &[DoubleDouble]) -> Vec<DoubleDouble>;

    /// ∂r/∂pⱼ
    fn slopes(&self, p: &[DoubleDouble], j: usize) -> Vec<DoubleDouble>;

    /// ∂²r/∂pⱼ∂pₖ
    fn curvatures(&self, p: &[DoubleDouble], j: usize, k: usize) -> Vec<DoubleDouble>;
}

impl<F: GenericResidual> WideResidual for F {
    fn residuals(&self) -> usize {
        GenericResidual::residuals(self)
    }

    fn parameters(&self) -> usize {
        GenericResidual::parameters(self)
    }

    fn magnitudes(&self) -> Vec<f64> {
        GenericResidual::magnitudes(self)
    }

    fn values(&self, p: &[DoubleDouble]) -> Vec<DoubleDouble> {
        evaluated(self, p)
    }

    fn slopes(&self, p: &[DoubleDouble], j: usize) -> Vec<DoubleDouble> {
        let r = evaluated(self, &along(p, j));
        r.into_iter().map(|ri| ri.slope).collect()
    }

    fn curvatures(&self, p: &[DoubleDouble], j: usize, k: usize) -> Vec<DoubleDouble> {
        let mut p: Vec<_> = along(p, j).into_iter().map(Dual::constant).collect();
        p[k].slope = Dual::one();
        let r = evaluated(self, &p);
        r.into_iter().map(|ri| ri.slope.slope).collect()
    }
}

fn along<N: Number>(p: &[N], j: usize) -> Vec<Dual<N>> {
    let mut p: Vec<_> = p.iter().map(|&pk| Dual::constant(pk)).collect();
    p[j].slope = N::one();
    p
}

fn evaluated<N: Number, F: GenericResidual>(residual: &F, p: &[N]) -> Vec<N> {
    assert_eq!(p.len(), residual.parameters(), "entries of p");
    let mut r = vec![N::nan(); residual.residuals()];
    residual.evaluate(p, &mut r);
    r
}

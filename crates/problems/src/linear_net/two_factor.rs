//! Two layers, for solvers that know their structure.

use leastwise_core::{Mat, MatMul, MatMut, MatRef, Result, Scalar};
use leastwise_optim::{JacobianProducts, LeastSquaresProblem, Objective, TwoFactorProblem};

use super::{LinearNet, LinearNetPoint};

/// A [`LinearNet`] of two layers, which is a [`TwoFactorProblem`] too.
///
/// As there, the factors are counted from the output side: min ‖W₁·W₂·X − Y‖²_F + c over W₁ m×k and
/// W₂ k×n, with the parameters vec(W₁), vec(W₂).
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_faer::Faer;
/// use leastwise_optim::{Objective, TwoFactorProblem};
/// use leastwise_problems::TwoFactorNet;
/// let (x, y) = (Mat::from_fn(3, 4, |i, j| (i * j) as f64), Mat::zeros(2, 4));
/// let backend = Faer::default();
/// let net = TwoFactorNet::new(&backend, x, y, 5)?.with_constant_norm(0.5)?;
/// assert_eq!((net.outputs(), net.hidden(), net.inputs()), (2, 5, 3));
/// let mut gradient = [f64::NAN; 25];
/// assert_eq!(net.value_and_gradient(&[0.0; 25], &mut gradient)?, 0.25);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TwoFactorNet<'b, T, B: ?Sized> {
    net: LinearNet<'b, T, B>,
}

impl<'b, T: Scalar, B: MatMul<T> + ?Sized> TwoFactorNet<'b, T, B> {
    /// The net with `hidden` = k hidden units for the samples `x` (n×s) and `y` (m×s).
    ///
    /// # Errors
    /// Those of [`LinearNet::new`].
    pub fn new(backend: &'b B, x: Mat<T>, y: Mat<T>, hidden: usize) -> Result<Self> {
        let net = LinearNet::new(backend, x, y, &[hidden])?;
        Ok(Self { net })
    }

    /// Adds `constant`² to the loss.
    ///
    /// # Errors
    /// Those of [`LinearNet::with_constant_norm`].
    pub fn with_constant_norm(self, constant: T) -> Result<Self> {
        let net = self.net.with_constant_norm(constant)?;
        Ok(Self { net })
    }

    /// The same net without a promise on its depth.
    #[must_use]
    pub fn as_linear_net(&self) -> &LinearNet<'b, T, B> {
        &self.net
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> TwoFactorProblem<T> for TwoFactorNet<'_, T, B> {
    fn outputs(&self) -> usize {
        self.net.y.rows()
    }

    fn hidden(&self) -> usize {
        self.net.sizes[1]
    }

    fn inputs(&self) -> usize {
        self.net.x.rows()
    }

    fn x(&self) -> MatRef<'_, T> {
        self.net.x()
    }

    fn y(&self) -> MatRef<'_, T> {
        self.net.y()
    }

    fn constant_norm(&self) -> T {
        self.net.constant
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> Objective<T> for TwoFactorNet<'_, T, B> {
    fn dimension(&self) -> usize {
        self.net.dimension()
    }

    fn value_and_gradient(&self, x: &[T], gradient: &mut [T]) -> Result<T> {
        self.net.value_and_gradient(x, gradient)
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> LeastSquaresProblem<T> for TwoFactorNet<'_, T, B> {
    fn residuals(&self) -> usize {
        self.net.residuals()
    }

    fn parameters(&self) -> usize {
        self.net.parameters()
    }

    fn constant_norm(&self) -> T {
        self.net.constant
    }

    fn residual(&self, x: &[T], r: &mut [T]) -> Result<()> {
        self.net.residual(x, r)
    }

    fn jacobian(&self, x: &[T], j: MatMut<'_, T>) -> Result<()> {
        self.net.jacobian(x, j)
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> JacobianProducts<T> for TwoFactorNet<'_, T, B> {
    type Point = LinearNetPoint<T>;

    fn linearize(&self, x: &[T], r: &mut [T], point: &mut LinearNetPoint<T>) -> Result<()> {
        self.net.linearize(x, r, point)
    }

    fn jacobian_times(&self, point: &mut LinearNetPoint<T>, v: &[T], jv: &mut [T]) -> Result<()> {
        self.net.jacobian_times(point, v, jv)
    }

    fn transposed_jacobian_times(
        &self,
        point: &mut LinearNetPoint<T>,
        u: &[T],
        jtu: &mut [T],
    ) -> Result<()> {
        self.net.transposed_jacobian_times(point, u, jtu)
    }
}

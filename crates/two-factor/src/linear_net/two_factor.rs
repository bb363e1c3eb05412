//! A net of two layers, for solvers that use this structure.

use leastwise_core::{Factorizations, Mat, MatMul, MatMut, MatRef, Result, Scalar};
use leastwise_optim::{JacobianProducts, LeastSquaresProblem, Objective};

use super::loops::Loops;
use super::samples::Layout;
use super::{LinearNet, LinearNetPoint};
use crate::{Reduced, TwoFactorProblem, reduce};

/// A [`LinearNet`] of two layers, which is also a [`TwoFactorProblem`].
///
/// As in that trait, the factors are counted from the output side: min ‖W₁·W₂·X − Y‖²_F + c² over W₁ m×k and
/// W₂ k×n. There are mk + kn parameters, vec(W₁) and then vec(W₂). The residual is vec(W₁·(W₂·X) − Y), with
/// ms entries. Its Jacobian is
///
/// J = [ (W₂X)ᵀ ⊗ I_m , Xᵀ ⊗ W₁ ].
///
/// (W₁·G, G⁻¹·W₂) has the same product for every invertible G. So J has a null space of at least k²
/// dimensions, spanned by (W₁·G, −G·W₂), and **every linear subproblem is rank-deficient**.
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_faer::Faer;
/// use leastwise_optim::Objective;
/// use leastwise_two_factor::TwoFactorNet;
/// let (x, y) = (Mat::from_fn(3, 4, |i, j| (i * j) as f64), Mat::zeros(2, 4));
/// let backend = Faer::default();
/// let net = TwoFactorNet::on(&backend, x, y, 5)?.with_constant_norm(0.5)?;
/// assert_eq!((net.outputs(), net.hidden(), net.inputs()), (2, 5, 3));
/// let mut gradient = [f64::NAN; 25];
/// assert_eq!(net.value_and_gradient(&[0.0; 25], &mut gradient)?, 0.25);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TwoFactorNet<'b, T, B: ?Sized> {
    net: LinearNet<'b, T, B>,
}

/// A [`TwoFactorNet`] that computes its products by [`Loops`]. It is meant for few inputs, hidden units and
/// outputs, and any number of samples.
///
/// Samples pass through a small work space block by block. So the value and the gradient need neither J nor
/// an allocation. Several threads may call at once; then all but one of them allocate a work space.
///
/// ```
/// use leastwise_core::Mat;
/// use leastwise_optim::Objective;
/// use leastwise_two_factor::TwoLayerNet;
/// // One sample, all sizes 1: f = (w₁·w₂·3 − 6)².
/// let (x, y) = (Mat::from_fn(1, 1, |_, _| 3.0), Mat::from_fn(1, 1, |_, _| 6.0));
/// let net = TwoLayerNet::new(&x, &y, 1)?;
/// assert_eq!(net.dimension(), 2);
/// let mut gradient = [0.0; 2];
/// assert_eq!(net.value_and_gradient(&[1.0, 1.0], &mut gradient)?, 9.0);
/// assert_eq!(gradient, [-18.0, -18.0]);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
pub type TwoLayerNet<T> = TwoFactorNet<'static, T, Loops>;

/// The number of samples that pass through the work space at once. They stay in the first-level cache, and
/// are enough to amortise the overhead of a loop.
const BLOCK: usize = 128;

impl<T: Scalar> TwoLayerNet<T> {
    /// The net with `hidden` = k hidden units for the samples `x` (n×s) and `y` (m×s).
    ///
    /// # Errors
    /// Those of [`LinearNet::new`].
    pub fn new(x: &Mat<T>, y: &Mat<T>, hidden: usize) -> Result<Self> {
        let (x, y) = (x.clone(), y.clone());
        let net = LinearNet::with_layout(&Loops, x, y, &[hidden], Layout::Features, BLOCK)?;
        Ok(Self { net })
    }

    /// The net with `hidden` = k hidden units for reduced data.
    ///
    /// # Errors
    /// As [`TwoLayerNet::new`] and [`TwoFactorNet::with_constant_norm`].
    pub fn from_reduced(data: &Reduced<T>, hidden: usize) -> Result<Self> {
        Self::new(&data.x, &data.y, hidden)?.with_constant_norm(data.constant_norm)
    }

    /// The net on min(n, s) samples with the same loss, gradient and Gauss-Newton steps at every W₁ and W₂.
    /// [`Reduction`](crate::Reduction) describes the method and its accuracy.
    ///
    /// A step then costs the same for any number of samples.
    ///
    /// ```
    /// use leastwise_optim::Objective;
    /// use leastwise_two_factor::TwoLayerNetSpec;
    /// let drawn = TwoLayerNetSpec::default().draw::<f64>()?;
    /// let reduced = drawn.net.reduced(&leastwise_faer::Faer::default())?;
    /// assert_eq!((drawn.net.samples(), reduced.samples()), (1000, 6));
    /// let mut gradient = vec![0.0; reduced.dimension()];
    /// let loss = drawn.net.value_and_gradient(&drawn.start, &mut gradient)?;
    /// let same = reduced.value_and_gradient(&drawn.start, &mut gradient)?;
    /// assert!((same / loss - 1.0).abs() < 1e-12);
    /// # Ok::<(), leastwise_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NonFinite`](leastwise_core::Error::NonFinite) if X or Y is not finite,
    /// [`Error::Overflow`](leastwise_core::Error::Overflow) if c exceeds the range of `T`, and errors of the
    /// backend.
    pub fn reduced<B: Factorizations<T> + ?Sized>(&self, backend: &B) -> Result<Self> {
        let data = reduce(backend, self.x(), self.y())?;
        let constant_norm = self.net.constant.hypot(data.constant_norm);
        Self::from_reduced(&data, self.hidden())?.with_constant_norm(constant_norm)
    }
}

impl<'b, T: Scalar, B: MatMul<T> + ?Sized> TwoFactorNet<'b, T, B> {
    /// The net with `hidden` = k hidden units for the samples `x` (n×s) and `y` (m×s). `backend` computes the
    /// products.
    ///
    /// # Errors
    /// Those of [`LinearNet::new`].
    pub fn on(backend: &'b B, x: Mat<T>, y: Mat<T>, hidden: usize) -> Result<Self> {
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

    /// The same net as a [`LinearNet`], whose type does not fix the depth.
    #[must_use]
    pub fn as_linear_net(&self) -> &LinearNet<'b, T, B> {
        &self.net
    }

    /// The number of inputs, n.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.net.sizes[0]
    }

    /// The number of hidden units, k.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.net.sizes[1]
    }

    /// The number of outputs, m.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.net.sizes[2]
    }

    /// The number of samples, s.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.net.samples()
    }

    /// X, n×s.
    #[must_use]
    pub fn x(&self) -> MatRef<'_, T> {
        self.net.x()
    }

    /// Y, m×s.
    #[must_use]
    pub fn y(&self) -> MatRef<'_, T> {
        self.net.y()
    }

    /// W₁ and W₂ as views of the parameters.
    ///
    /// # Errors
    /// [`Error::Shape`](leastwise_core::Error::Shape) unless `parameters` has mk + kn entries.
    pub fn weights<'a>(&self, parameters: &'a [T]) -> Result<(MatRef<'a, T>, MatRef<'a, T>)> {
        let weights = self.net.split("weights", parameters)?;
        Ok((weights.layer(2)?, weights.layer(1)?))
    }
}

impl<T: Scalar, B: MatMul<T> + ?Sized> TwoFactorProblem<T> for TwoFactorNet<'_, T, B> {
    fn outputs(&self) -> usize {
        self.outputs()
    }

    fn hidden(&self) -> usize {
        self.hidden()
    }

    fn inputs(&self) -> usize {
        self.inputs()
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

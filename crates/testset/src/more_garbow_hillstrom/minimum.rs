//! The known minima.

/// The kind of a [`KnownMinimum`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinimumKind {
    /// No smaller loss is known.
    Global,
    /// A minimum, but another one is smaller.
    Local,
    /// A limit of the loss as x goes to infinity, which traps optimisers.
    AtInfinity,
    /// A point with Jᵀ·r = 0 that is not a minimum. Every Gauss-Newton or Levenberg-Marquardt step is zero
    /// there.
    Stationary,
}

/// A value of ‖r‖² at which a run may end.
///
/// ```
/// use leastwise_testset::more_garbow_hillstrom::{Bard, MinimumKind, TestProblem};
/// let minima = TestProblem::<f64>::minima(&Bard);
/// assert_eq!((minima[0].kind, minima[0].loss), (MinimumKind::Global, 8.21487e-3));
/// assert_eq!(minima[0].loss_uncertainty, 1e-8);
/// assert_eq!(minima[1].kind, MinimumKind::AtInfinity);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KnownMinimum {
    /// The kind.
    pub kind: MinimumKind,
    /// ‖r‖².
    pub loss: f64,
    /// The true ‖r‖² is between `loss` and `loss` + `loss_uncertainty`. If `loss` is a printed and truncated
    /// value, this is one unit of its last digit. If `loss` is correctly rounded, it is 0.
    pub loss_uncertainty: f64,
    /// Points where the loss is attained, correctly rounded. Some points represent a continuum. The list is
    /// empty if no point is known so accurately.
    pub minimisers: Vec<Vec<f64>>,
}

impl KnownMinimum {
    pub(super) fn exact(kind: MinimumKind, loss: f64, minimisers: &[&[f64]]) -> Self {
        Self {
            kind,
            loss,
            loss_uncertainty: 0.0,
            minimisers: minimisers.iter().map(|x| x.to_vec()).collect(),
        }
    }

    /// `loss` as it is printed and truncated; `unit` is that of its last digit.
    pub(super) fn printed(kind: MinimumKind, loss: f64, unit: f64) -> Self {
        Self {
            kind,
            loss,
            loss_uncertainty: unit,
            minimisers: Vec::new(),
        }
    }
}

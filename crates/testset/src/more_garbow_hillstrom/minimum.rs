//! What is known of the minima.

/// What a [`KnownMinimum`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinimumKind {
    /// No smaller loss is known.
    Global,
    /// A minimum with a smaller one elsewhere.
    Local,
    /// A value that the loss tends to as x goes to infinity, and that traps optimisers there.
    AtInfinity,
    /// A point that is no minimum and has Jᵀ·r = 0, where every Gauss-Newton or
    /// Levenberg-Marquardt step is zero.
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
    /// What it is.
    pub kind: MinimumKind,
    /// ‖r‖².
    pub loss: f64,
    /// The true ‖r‖² is between `loss` and `loss` + `loss_uncertainty`: one unit of the last digit
    /// where `loss` is printed, with the digits behind cut off, and 0 where it is correctly rounded.
    pub loss_uncertainty: f64,
    /// Points where it is attained, known to all digits and rounded. A continuum is represented by
    /// some of its points, and the list is empty where no point is known so well.
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

    /// `loss` as printed, with `unit` that of its last digit and the digits behind cut off.
    pub(super) fn printed(kind: MinimumKind, loss: f64, unit: f64) -> Self {
        Self {
            kind,
            loss,
            loss_uncertainty: unit,
            minimisers: Vec::new(),
        }
    }
}

//! Functions that a problem forwards to the problem that it wraps.

/// Implements functions of a problem that only call those of another: `forward! { self => self.problem; residuals,
/// parameters }`.
macro_rules! forward {
    (@residuals $self:ident $problem:expr) => {
        fn residuals(&$self) -> usize {
            $problem.residuals()
        }
    };
    (@parameters $self:ident $problem:expr) => {
        fn parameters(&$self) -> usize {
            $problem.parameters()
        }
    };
    (@bounds $self:ident $problem:expr) => {
        fn bounds(&$self) -> Option<&crate::Bounds<T>> {
            $problem.bounds()
        }
    };
    (@draft_error $self:ident $problem:expr) => {
        fn draft_error(&$self) -> Option<T> {
            $problem.draft_error()
        }
    };
    (@constant_norm $self:ident $problem:expr) => {
        fn constant_norm(&$self) -> T {
            $problem.constant_norm()
        }
    };
    (@term_norm $self:ident $problem:expr) => {
        fn term_norm(&$self) -> T {
            $problem.term_norm()
        }
    };
    (@data_sizes $self:ident $problem:expr) => {
        fn data_sizes(&$self, sizes: &mut [T]) -> bool {
            $problem.data_sizes(sizes)
        }
    };
    (@is_observation $self:ident $problem:expr) => {
        fn is_observation(&$self, row: usize) -> bool {
            $problem.is_observation(row)
        }
    };
    (@jacobian_error $self:ident $problem:expr) => {
        fn jacobian_error(&$self) -> T {
            $problem.jacobian_error()
        }
    };
    (@jacobian_evaluations $self:ident $problem:expr) => {
        fn jacobian_evaluations(&$self) -> usize {
            $problem.jacobian_evaluations()
        }
    };
    (@evaluate_ahead $self:ident $problem:expr) => {
        fn evaluate_ahead(
            &$self,
            x: &[T],
            quality: crate::levenberg_marquardt::Quality,
            bounds: Option<&crate::Bounds<T>>,
            col: usize,
        ) -> leastwise_core::Result<()> {
            $problem.evaluate_ahead(x, quality, bounds, col)
        }
    };
    (@residual $self:ident $problem:expr) => {
        fn residual(&$self, x: &[T], r: &mut [T]) -> leastwise_core::Result<()> {
            $problem.residual(x, r)
        }
    };
    ($self:ident => $problem:expr; $($function:ident),+) => {
        $(crate::forward::forward! { @$function $self $problem })+
    };
}
pub(crate) use forward;

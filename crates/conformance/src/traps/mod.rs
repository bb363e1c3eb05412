//! The traps, with one module per topic. A function panics if the backend fails its trap.
//!
//! They are called through [`traps!`](crate::traps!).
//!
//! A trap is an input for which a linear-algebra library is known to fail: it returns a wrong
//! answer, refuses a problem that it should solve, panics, loops for ever, or writes out of bounds.
//! Each trap tests every method that the backend lists. The method must return the right answer or
//! refuse. The right answer is exact by construction, has a closed form, or follows from the
//! definition of a decomposition. Plain loops in f64 check it. Bounds are derived from u, the
//! dimensions and the condition number.
#![expect(
    clippy::missing_panics_doc,
    reason = "each is a test: to panic where the backend is wrong is all it does"
)]

pub(crate) mod bounds;
mod draw;
mod exact;
pub mod factorizations;
pub mod input;
pub mod iterations;
pub mod least_squares;
mod measure;
pub mod products;
pub mod rank;

use std::panic::{AssertUnwindSafe, catch_unwind};

use leastwise_core::{Backend, Error, LstsqOptions, Mat, Method, Result, Scalar, Solution};

/// The functions that [`traps!`](crate::traps!) calls. They are not generic, so its callers do not compile the traps.
#[doc(hidden)]
pub mod compiled {
    crate::traps!(@all compiled f32);
    crate::traps!(@all compiled f64);
}

/// lstsq with the default rcond.
fn solve<T: Scalar>(
    backend: &dyn Backend<T>,
    a: &Mat<T>,
    b: &Mat<T>,
    method: Method,
) -> Result<Solution<T>> {
    backend.lstsq(a.as_ref(), b.as_ref(), &LstsqOptions::new(method))
}

fn methods<T: Scalar>(backend: &dyn Backend<T>) -> impl Iterator<Item = Method> {
    let info = backend.info();
    info.methods.iter().map(|(method, _)| *method)
}

#[track_caller]
fn assert_refused<T: Scalar>(case: &str, result: &Result<Solution<T>>) {
    assert!(
        matches!(result, Err(Error::RankDeficient { .. })),
        "{case}: must be refused as rank-deficient, but gave {result:?}"
    );
}

/// The solution by a method that handles rank deficiency. Every other method must refuse.
#[track_caller]
fn solved_or_refused<T: Scalar>(
    case: &str,
    method: Method,
    result: Result<Solution<T>>,
) -> Option<Solution<T>> {
    if method.handles_rank_deficiency() {
        return Some(result.unwrap_or_else(|error| panic!("{case}: {error}")));
    }
    assert_refused(case, &result);
    None
}

/// Runs a trap, or checks that a known gap still exists. `gaps` are pairs of the name of a trap, as
/// in `f64::rank::zero_matrices`, and the reason.
///
/// For [`traps!`](crate::traps!).
pub fn run(name: &str, gaps: &[(&str, &str)], trap: impl FnOnce()) {
    let Some((_, reason)) = gaps.iter().find(|(gap, _)| *gap == name) else {
        return trap();
    };
    let passed = catch_unwind(AssertUnwindSafe(trap)).is_ok();
    assert!(
        !passed,
        "{name} passes: it is a known gap no longer ({reason})"
    );
}

/// Makes one test for each trap and scalar type. The expression creates the backend.
///
/// Known gaps follow, each with the reason why the backend fails the trap. The test of a gap fails
/// once the backend passes the trap.
///
/// ```text
/// leastwise_conformance::traps!(
///     leastwise_faer::Faer::default(),
///     gaps: [("f64::rank::zero_matrices", "a reason")]
/// );
/// ```
///
/// Every test evaluates the expression again, in a module of its own, so the expression must give
/// the full path of the backend.
#[macro_export]
macro_rules! traps {
    ($backend:expr) => {
        $crate::traps!($backend, gaps: []);
    };
    ($backend:expr, gaps: $gaps:expr) => {
        $crate::traps!(@scalar f32, $backend, $gaps);
        $crate::traps!(@scalar f64, $backend, $gaps);
    };
    (@scalar $scalar:ident, $backend:expr, $gaps:expr) => {
        mod $scalar {
            $crate::traps!(@all tests $scalar, $backend, $gaps);
        }
    };
    // Calls another arm with the names of all traps.
    (@all $arm:ident $($arguments:tt)*) => {
        $crate::traps!(@$arm $($arguments)*,
            input: [
                decompositions_refuse_bad_shapes,
                decompositions_refuse_what_is_not_finite,
                indefinite_matrices_are_no_cholesky_products,
                least_squares_refuses_a_bad_rcond,
                least_squares_refuses_bad_shapes,
                least_squares_refuses_what_is_not_finite,
                missing_methods_are_unsupported,
                products_refuse_bad_shapes,
            ],
            products: [
                beta_minus_one_half_scales_c,
                beta_one_adds_to_c,
                beta_zero_never_reads_c,
                empty_dimensions,
                what_is_not_finite_stays_in_its_row_and_column,
            ],
            rank: [
                hidden_deficiency_of_kahans_matrix,
                kahans_matrix,
                matrices_of_ones,
                nearly_collinear_columns,
                prescribed_conditions,
                published_jacobian,
                rank_deficient,
                wide_with_many_right_hand_sides,
                zero_matrices,
            ],
            least_squares: [
                damping_against_the_closed_form,
                entries_near_the_ends_of_the_range,
                overwriting_gives_the_same_answer,
            ],
            factorizations: [
                cholesky,
                eigenvalues_known_exactly,
                entries_near_the_ends_of_the_range,
                qr,
                svd_of_half_rank,
                svd_of_many_small,
                svd_of_ones,
                svd_of_zero,
                svd_overwriting,
                svd_thin,
                symmetric_eigen,
                what_is_not_read_does_not_matter,
            ],
            iterations: [
                least_squares_by_svd_ends,
                svd_ends,
                symmetric_eigen_ends,
            ],
        );
    };
    // The traps of a scalar type, which are compiled here.
    (@compiled $scalar:ident, $($topic:ident: [$($trap:ident,)*],)*) => {
        pub mod $scalar {
            $(
                pub mod $topic {
                    $(
                        pub fn $trap(backend: &'static dyn ::leastwise_core::Backend<$scalar>) {
                            $crate::traps::$topic::$trap(backend);
                        }
                    )*
                }
            )*
        }
    };
    (@tests $scalar:ident, $backend:expr, $gaps:expr, $($topic:ident: [$($trap:ident,)*],)*) => {
        $(
            mod $topic {
                $(
                    #[test]
                    fn $trap() {
                        // The backend is leaked, because a trap can leave a thread that does not
                        // end.
                        let backend = ::std::boxed::Box::leak(::std::boxed::Box::new($backend));
                        let name = concat!(
                            stringify!($scalar), "::", stringify!($topic), "::", stringify!($trap)
                        );
                        $crate::traps::run(name, &$gaps, || {
                            $crate::traps::compiled::$scalar::$topic::$trap(backend);
                        });
                    }
                )*
            }
        )*
    };
}

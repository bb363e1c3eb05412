//! The tests of this crate as one program, which builds and links faster than many.

mod adaptive_damping;
#[cfg(feature = "autodiff")]
mod autodiff;
mod bounded;
mod bounded_problems;
mod bounds;
mod check_jacobian;
mod first_order;
mod fit_input;
mod fit_many;
mod fit_reference;
mod fit_restricted;
mod fit_scales;
mod fit_statistics;
mod fit_summary;
mod fit_tall;
mod fit_threads;
mod fit_units;
mod geodesic_acceleration;
mod levenberg_marquardt;
mod matrix_free;
mod numeric_jacobian;
mod ranks;
mod robust_loss;
mod separable;
mod trust_region;
mod wrappers;

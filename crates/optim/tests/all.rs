//! The tests of this crate as one program, which builds and links faster than many.

mod adaptive_damping;
#[cfg(feature = "autodiff")]
mod autodiff;
mod bounded;
mod bounded_problems;
mod bounds;
mod check_jacobian;
mod correlated;
mod first_order;
mod fit_input;
mod fit_many;
mod fit_parameters;
mod fit_profiles;
mod fit_reference;
mod fit_restricted;
mod fit_scales;
mod fit_starts;
mod fit_statistics;
mod fit_summary;
mod fit_tall;
mod fit_threads;
mod fit_units;
mod geodesic_acceleration;
mod last_jacobian;
mod levenberg_marquardt;
mod matrix_free;
mod numeric_jacobian;
mod ranks;
mod robust_loss;
mod separable;
#[cfg(feature = "serde")]
mod serde;
mod squared_parameters;
mod trust_region;
mod underdetermined;
mod wrappers;

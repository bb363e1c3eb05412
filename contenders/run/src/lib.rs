//! The only list of contenders. Each has a feature, so that one that does not build leaves the others.

pub mod defects;

use leastwise_contender::Library;

/// Every contender of this build.
#[must_use]
pub fn all() -> Vec<Library> {
    vec![
        #[cfg(feature = "oxiblas")]
        leastwise_contender_oxiblas::library(),
        #[cfg(feature = "scirs2")]
        leastwise_contender_scirs2::library(),
        #[cfg(feature = "mdarray-faer")]
        leastwise_contender_mdarray_faer::library(),
        #[cfg(feature = "mdarray-nalgebra")]
        leastwise_contender_mdarray_nalgebra::library(),
        #[cfg(feature = "nalgebra-lapack")]
        leastwise_contender_nalgebra_lapack::library(),
        #[cfg(feature = "ndarray-linalg")]
        leastwise_contender_ndarray_linalg::library(),
        #[cfg(feature = "russell")]
        leastwise_contender_russell::library(),
        #[cfg(feature = "rlst")]
        leastwise_contender_rlst::library(),
        #[cfg(feature = "rulinalg")]
        leastwise_contender_rulinalg::library(),
        #[cfg(feature = "smartcore")]
        leastwise_contender_smartcore::library(),
        #[cfg(feature = "mathru")]
        leastwise_contender_mathru::library(),
        #[cfg(feature = "nabled")]
        leastwise_contender_nabled::library(),
        #[cfg(feature = "lstsq")]
        leastwise_contender_lstsq::library(),
        #[cfg(feature = "numeris")]
        leastwise_contender_numeris::library(),
        #[cfg(feature = "peroxide")]
        leastwise_contender_peroxide::library(),
    ]
}

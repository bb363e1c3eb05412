//! The nonlinear regression problems of NIST's Statistical Reference Datasets.

mod data_set;
mod digits;
mod files;
mod model;

pub use data_set::{Certified, DataSet, Difficulty};

/// The 27 data sets, in NIST's order: from lower to higher difficulty.
///
/// Each has a curve with 2 to 9 parameters, data of 6 to 250 observations, a start far from the minimum, a
/// start close to it, and the minimum to 11 digits. They are a standard test of statistics packages. They
/// contain exponentials with nearly dependent parameters (Lanczos), a residual that is zero except for the
/// rounding of the data (Lanczos1), and rational functions with poles. They also contain parameters of very
/// different size (MGH10), and starts where the model overflows or is flat (MGH17, BoxBOD).
///
/// ```
/// use leastwise_core::Result;
/// use leastwise_faer::Faer;
/// use leastwise_optim::levenberg_marquardt::{DenseQr, TrustRegion};
/// use leastwise_optim::{Budget, LevenbergMarquardt, minimize};
/// use leastwise_testset::nist::data_sets;
///
/// let backend = Faer::default();
/// let mut lm = LevenbergMarquardt::new(TrustRegion::new(), DenseQr::new(&backend));
/// let thurber = &data_sets()[20];
/// assert_eq!(thurber.name, "Thurber");
/// let report = minimize(&mut lm, thurber, thurber.starts[0], &Budget::steps(200), &mut [])?;
/// assert!((report.parameters[0] / thurber.certified.parameters[0] - 1.0).abs() < 1e-9);
/// # Ok::<(), leastwise_core::Error>(())
/// ```
///
/// Source: *Statistical Reference Datasets: Nonlinear Regression*, Information Technology Laboratory,
/// National Institute of Standards and Technology. They are works of the government of the United States. The
/// data are those of its files, digit by digit.
#[must_use]
pub fn data_sets() -> &'static [DataSet] {
    &files::DATA_SETS
}

impl DataSet {
    /// The data set of that name. Upper and lower case differ.
    ///
    /// ```
    /// use leastwise_testset::nist::{DataSet, Difficulty};
    /// assert_eq!(DataSet::find("Rat43").unwrap().difficulty, Difficulty::Higher);
    /// assert_eq!(DataSet::find("Rat44"), None);
    /// ```
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        data_sets().iter().find(|set| set.name == name)
    }
}

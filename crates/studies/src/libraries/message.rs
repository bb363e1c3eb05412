//! The requests to the process of a library, and its replies.

use leastwise_core::{Mat, Scalar};
use leastwise_harness::model::ScalarType;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) scalar: ScalarType,
    pub(crate) way: Way,
    pub(crate) task: Task,
}

/// A way to solve least squares with a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Way {
    /// The own call with this number.
    Call(usize),
    /// The method of this name, of its backend.
    Backend(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    Solve(System),
    /// Solve the systems of [`drawn`] with these numbers.
    Draws {
        from: u64,
        count: u64,
    },
    /// Take the time of one call.
    Time(System),
}

/// min ‖A·X − B‖_F. Entries are f64, which represents each f32.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct System {
    rows: usize,
    cols: usize,
    a: Vec<f64>,
    b: Vec<f64>,
}

impl System {
    pub(crate) fn new<T: Scalar>(a: &Mat<T>, b: &Mat<T>) -> Self {
        let wide = |of: &Mat<T>| of.data().iter().map(|x| x.as_f64()).collect();
        Self {
            rows: a.rows(),
            cols: a.cols(),
            a: wide(a),
            b: wide(b),
        }
    }

    pub(super) fn matrices<T: Scalar>(&self) -> leastwise_core::Result<(Mat<T>, Mat<T>)> {
        let narrow = |of: &[f64]| of.iter().map(|&x| T::of(x)).collect();
        let sides = self.b.len() / self.rows.max(1);
        Ok((
            Mat::from_col_major(narrow(&self.a), self.rows, self.cols)?,
            Mat::from_col_major(narrow(&self.b), self.rows, sides)?,
        ))
    }
}

/// The largest number of rows and columns of a drawn matrix.
const LARGEST: usize = 7;

/// The system with this number: A has 1 to 7 rows and columns and entries from −2 to 2, and b has entries from −5 to 5.
pub(crate) fn drawn(number: u64) -> (Mat<f64>, Mat<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(18);
    rng.set_stream(number);
    let (m, n) = (rng.random_range(1..=LARGEST), rng.random_range(1..=LARGEST));
    let a = Mat::from_fn(m, n, |_, _| f64::from(rng.random_range(-2..=2_i32)));
    let b = Mat::from_fn(m, 1, |_, _| f64::from(rng.random_range(-5..=5_i32)));
    (a, b)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Solved(Vec<Solved>),
    /// Nanoseconds of a call.
    Time(f64),
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Solved {
    /// X column by column, and the rank if it was reported.
    X(Vec<f64>, Option<usize>),
    Refused,
    NotOffered,
    Panicked,
    /// The process ended.
    Died,
    /// The process took longer than the budget.
    TimedOut,
}

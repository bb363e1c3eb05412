//! A library of linear algebra: the calls that its users write to solve least squares, and the backend that wraps it.

use leastwise_core::{Backend, Mat, Method, Scalar};

/// A library, with its own calls and its backend.
pub struct Library {
    /// The name of its backend, which flags and records use.
    pub name: &'static str,
    /// The name of the library.
    pub library: &'static str,
    /// The version that is built.
    pub version: &'static str,
    /// Its calls for f64, in the order of a table.
    pub double: Vec<Call<f64>>,
    /// Its calls for f32.
    pub single: Vec<Call<f32>>,
    /// The backend under the contract, if the library has the parts of one.
    pub backend: Option<Wrapped>,
}

/// Makes the backend of a library, for one thread.
pub struct Wrapped {
    double: Make<f64>,
    single: Make<f32>,
}

type Make<T> = Box<dyn Fn() -> Box<dyn Backend<T>> + Send + Sync>;

impl Wrapped {
    /// The backend that these functions make.
    #[must_use]
    pub fn new(
        double: impl Fn() -> Box<dyn Backend<f64>> + Send + Sync + 'static,
        single: impl Fn() -> Box<dyn Backend<f32>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            double: Box::new(double),
            single: Box::new(single),
        }
    }
}

/// A call of a library, as its users write it. The answer is neither checked nor corrected.
#[derive(Clone, Copy)]
pub struct Call<T> {
    /// The function that is called, by the name that its users know.
    pub name: &'static str,
    /// The method by which a backend offers the same.
    pub method: Method,
    /// The call.
    pub solve: Solve<T>,
}

/// Computes X of min ‖A·X − B‖_F, or returns the refusal of the library.
pub type Solve<T> = fn(&Mat<T>, &Mat<T>) -> Answer<T>;

/// The result of a call.
pub enum Answer<T> {
    /// The solution.
    X(Mat<T>),
    /// The library returns an error, or `None`.
    Refused,
    /// The library has no function for a matrix of this shape.
    NotOffered,
}

impl<T> From<Option<Mat<T>>> for Answer<T> {
    fn from(x: Option<Mat<T>>) -> Self {
        x.map_or(Self::Refused, Self::X)
    }
}

/// The calls that a table of names, methods and functions lists.
#[must_use]
pub fn calls<T>(table: &[(&'static str, Method, Solve<T>)]) -> Vec<Call<T>> {
    let call = |&(name, method, solve)| Call {
        name,
        method,
        solve,
    };
    table.iter().map(call).collect()
}

/// max(m, n)·ε relative to σ₁, the default of LAPACK users, numpy and MATLAB.
#[must_use]
pub fn rcond<T: Scalar>(a: &Mat<T>) -> T {
    T::of(a.rows().max(a.cols()) as f64) * T::EPSILON
}

/// A scalar type of the calls.
pub trait Called: Scalar {
    /// The calls of the library for this type.
    fn calls(library: &Library) -> &[Call<Self>];

    /// The backend of the library for this type.
    fn backend(library: &Library) -> Option<Box<dyn Backend<Self>>>;
}

impl Called for f64 {
    fn calls(library: &Library) -> &[Call<Self>] {
        &library.double
    }

    fn backend(library: &Library) -> Option<Box<dyn Backend<Self>>> {
        library.backend.as_ref().map(|wrapped| (wrapped.double)())
    }
}

impl Called for f32 {
    fn calls(library: &Library) -> &[Call<Self>] {
        &library.single
    }

    fn backend(library: &Library) -> Option<Box<dyn Backend<Self>>> {
        library.backend.as_ref().map(|wrapped| (wrapped.single)())
    }
}

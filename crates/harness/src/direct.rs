//! A library that is called directly, in the place of a backend.

use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Scalar, Svd,
};

use crate::library::Library;

/// The description of a library, for which every operation of a backend is [`Error::Unsupported`]. Its calls solve least
/// squares instead.
#[derive(Clone, Copy)]
pub(crate) struct Direct {
    name: &'static str,
    library: &'static str,
    version: &'static str,
    methods: &'static [(Method, &'static str)],
}

impl Direct {
    /// The description has the first call of each method. It is leaked, because that of a backend is static.
    pub(crate) fn new(library: &Library) -> Self {
        let first = |method| library.double.iter().find(|call| call.method == method);
        let calls = Method::ALL.into_iter().filter_map(first);
        let methods: Vec<_> = calls.map(|call| (call.method, call.name)).collect();
        Self {
            name: library.name,
            library: library.library,
            version: library.version,
            methods: methods.leak(),
        }
    }

    fn lacks<R>(&self, operation: &'static str) -> Result<R> {
        Err(Error::Unsupported {
            operation,
            backend: self.name,
        })
    }
}

impl Engine for Direct {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: self.name,
            engine: self.library,
            version: self.version,
            threads: 1,
            product_kernel: "none",
            methods: self.methods,
        }
    }
}

impl<T: Scalar> MatMul<T> for Direct {
    fn matmul_impl(
        &self,
        _alpha: T,
        _a: MatRef<'_, T>,
        _b: MatRef<'_, T>,
        _beta: T,
        _c: MatMut<'_, T>,
    ) -> Result<()> {
        self.lacks("matmul")
    }
}

impl<T: Scalar> Factorizations<T> for Direct {
    fn qr_impl(&self, _a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
        self.lacks("qr")
    }

    fn triangularize_impl(&self, _a: Mat<T>, _b: Mat<T>) -> Result<Triangularized<T>> {
        self.lacks("triangularize")
    }

    fn pivoted_qr_impl(&self, _a: Mat<T>, _c: Mat<T>) -> Result<PivotedQr<T>> {
        self.lacks("pivoted_qr")
    }

    fn svd_impl(&self, _a: Mat<T>) -> Result<Svd<T>> {
        self.lacks("svd")
    }

    fn symmetric_eigen_impl(&self, _a: Mat<T>) -> Result<Eigen<T>> {
        self.lacks("symmetric_eigen")
    }

    fn cholesky_impl(&self, _a: Mat<T>) -> Result<Mat<T>> {
        self.lacks("cholesky")
    }

    fn solve_triangular_impl(
        &self,
        _t: MatRef<'_, T>,
        _triangle: Triangle,
        _x: MatMut<'_, T>,
    ) -> Result<()> {
        self.lacks("solve_triangular")
    }
}

impl<T: Scalar> LeastSquares<T> for Direct {}

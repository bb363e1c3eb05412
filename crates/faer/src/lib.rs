#![doc = include_str!("../README.md")]

mod convert;
mod qr;

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::cholesky::llt::factor as llt;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::householder;
use faer::linalg::matmul::matmul;
use faer::linalg::qr::col_pivoting::factor as col_piv_qr;
use faer::linalg::svd::{self, ComputeSvdVectors, SvdParams};
use faer::linalg::temp_mat_scratch;
use faer::linalg::triangular_solve;
use faer::{Accum, Conj, Par};
use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Scalar, Stack, Svd, Workspace, blocks, for_f32_and_f64, norm, verify,
};

pub use convert::{AdapterScalar, from_faer, to_faer, to_faer_mut};

/// The backend that uses faer's dense kernels.
#[derive(Clone, Copy, Debug)]
pub struct Faer {
    par: Par,
}

impl Faer {
    /// The backend with `threads` threads of rayon's pool. 0 counts as 1.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        let par = if threads > 1 {
            Par::rayon(threads)
        } else {
            Par::Seq
        };
        Self { par }
    }
}

impl Default for Faer {
    /// One thread.
    fn default() -> Self {
        Self::with_threads(1)
    }
}

impl Engine for Faer {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "faer",
            engine: "faer",
            version: "0.24.4",
            threads: self.par.degree(),
            product_kernel: "gemm",
            methods: &[
                (
                    Method::Svd,
                    "recursive Householder QR, bidiagonalisation, divide and conquer",
                ),
                (
                    Method::CompleteOrthogonal,
                    "recursive QR, QR pivoted on column norms, QR",
                ),
                (Method::Qr, "recursive Householder QR"),
                (Method::Cholesky, "product AᵀA, LLᵀ"),
            ],
        }
    }
}

for_f32_and_f64! {
    impl MatMul<T> for Faer {
        fn matmul_impl(
            &self,
            alpha: T,
            a: MatRef<'_, T>,
            b: MatRef<'_, T>,
            beta: T,
            mut c: MatMut<'_, T>,
        ) -> Result<()> {
            let accum = if beta == 0.0 {
                Accum::Replace
            } else {
                Accum::Add
            };
            if accum == Accum::Add && beta != 1.0 {
                c.for_each(|entry| *entry *= beta);
            }
            matmul(
                to_faer_mut(c),
                accum,
                to_faer(a),
                to_faer(b),
                alpha,
                self.par,
            );
            Ok(())
        }
    }
}

impl<T: AdapterScalar> QrFactors<T> for qr::Factors<T> {
    fn r(&self) -> Mat<T> {
        upper_triangle(&self.packed)
    }

    fn mul_q(&self, y: Mat<T>) -> Result<Mat<T>> {
        let mut x = Mat::zeros(self.packed.rows(), y.cols());
        for j in 0..y.cols() {
            x.col_mut(j)[..y.rows()].copy_from_slice(y.col(j));
        }
        self.apply(to_faer_mut(x.as_mut()));
        Ok(x)
    }
}

for_f32_and_f64! {
    impl Factorizations<T> for Faer {
        fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
            Ok(Box::new(qr::Factors::new(a, self.par)))
        }

        fn triangularize_impl(&self, a: Mat<T>, mut b: Mat<T>) -> Result<Triangularized<T>> {
            let n = a.cols();
            let factors = qr::Factors::new(a, self.par);
            factors.apply_transpose(to_faer_mut(b.as_mut()));
            let residual_norms = (0..b.cols())
                .map(|j| norm::euclidean(&b.col(j)[n..]))
                .collect();
            let (r, c, a, b) = if b.rows() == n {
                let mut r = factors.packed;
                clear_below_diagonal(&mut r);
                (r, b, Mat::default(), Mat::default())
            } else {
                (factors.r(), b.top_rows(n), factors.packed, b)
            };
            Ok(Triangularized {
                r,
                c,
                residual_norms,
                a_storage: a.into_vec(),
                b_storage: b.into_vec(),
            })
        }

        fn rows_per_block(&self, m: usize, n: usize) -> Option<usize> {
            blocks::rows_below_triangle(m, n)
        }

        fn reduce_stack_impl(&self, stack: &mut Stack<T>, workspace: &mut Workspace) -> Result<()> {
            let storage = workspace.get_or_insert_with(QrStorage::<T>::default);
            storage.reduce(stack, self.par)?;
            stack.clear_below_diagonal();
            stack.measure_outside();
            Ok(())
        }

        fn pivoted_qr_impl(&self, mut a: Mat<T>, mut c: Mat<T>) -> Result<PivotedQr<T>> {
            let n = a.cols();
            let block = col_piv_qr::recommended_block_size::<T>(n, n);
            let mut t = faer::Mat::zeros(block, n);
            let (mut permutation, mut inverse) = (vec![0; n], vec![0; n]);
            let scratch =
                col_piv_qr::qr_in_place_scratch::<usize, T>(n, n, block, self.par, Default::default());
            col_piv_qr::qr_in_place(
                to_faer_mut(a.as_mut()),
                t.as_mut(),
                &mut permutation,
                &mut inverse,
                self.par,
                MemStack::new(&mut MemBuffer::new(scratch)),
                Default::default(),
            );
            let scratch =
                householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<T>(
                    n,
                    block,
                    c.cols(),
                );
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
                to_faer(a.as_ref()),
                t.as_ref(),
                Conj::No,
                to_faer_mut(c.as_mut()),
                self.par,
                MemStack::new(&mut MemBuffer::new(scratch)),
            );
            Ok(PivotedQr {
                r: upper_triangle(&a),
                c,
                permutation,
            })
        }

        fn svd_impl(&self, mut a: Mat<T>) -> Result<Svd<T>> {
            let (mut svd, mut workspace) = (Svd::default(), Workspace::default());
            self.svd_overwriting_impl(&mut a, &mut svd, &mut workspace)?;
            Ok(svd)
        }

        fn r_overwriting_impl(&self, a: &mut Mat<T>, workspace: &mut Workspace) -> Result<()> {
            let n = a.cols();
            self.leading_r_overwriting_impl(a, n, workspace)
        }

        fn leading_r_overwriting_impl(
            &self,
            a: &mut Mat<T>,
            count: usize,
            workspace: &mut Workspace,
        ) -> Result<()> {
            let m = a.rows();
            if qr::block_size(m, a.cols()) == 1 {
                qr::triangularize_unblocked(to_faer_mut(a.as_mut()), count, self.par);
            } else {
                let storage = workspace.get_or_insert_with(QrStorage::<T>::default);
                storage.factorize(a, count, self.par);
            }
            Ok(())
        }

        fn svd_overwriting_impl(
            &self,
            a: &mut Mat<T>,
            svd: &mut Svd<T>,
            workspace: &mut Workspace,
        ) -> Result<()> {
            let storage = workspace.get_or_insert_with(SvdStorage::<T>::default);
            self.checked_svd(a, svd, &mut storage.buffer)
        }

        fn right_svd_overwriting_impl(
            &self,
            a: &mut Mat<T>,
            svd: &mut Svd<T>,
            workspace: &mut Workspace,
        ) -> Result<()> {
            let storage = workspace.get_or_insert_with(SvdStorage::<T>::default);
            let is_tall = a.rows() > a.cols();
            if is_tall {
                storage.triangularize(a, self.par);
            }
            let SvdStorage { buffer, r, .. } = storage;
            let square = if is_tall { &*r } else { &*a };
            if square.cols() > QR_ITERATION {
                // The check needs the left vectors.
                return self.checked_svd(square, svd, buffer);
            }
            self.svd_by(square, svd, Left::Without, QR_ITERATION, buffer)
        }

        fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
            let n = a.cols();
            let (mut vectors, mut values) = (Mat::zeros(n, n), vec![0.0; n]);
            let scratch = evd::self_adjoint_evd_scratch::<T>(
                n,
                ComputeEigenvectors::Yes,
                self.par,
                Default::default(),
            );
            evd::self_adjoint_evd(
                to_faer(a.as_ref()),
                DiagMut::from_slice_mut(&mut values),
                Some(to_faer_mut(vectors.as_mut())),
                self.par,
                MemStack::new(&mut MemBuffer::new(scratch)),
                Default::default(),
            )
            .map_err(|_| Error::NoConvergence {
                operation: "symmetric_eigen",
                backend: "faer",
            })?;
            Ok(Eigen { values, vectors })
        }

        fn cholesky_impl(&self, mut a: Mat<T>) -> Result<Mat<T>> {
            let n = a.cols();
            let scratch = llt::cholesky_in_place_scratch::<T>(n, self.par, Default::default());
            llt::cholesky_in_place(
                to_faer_mut(a.as_mut()),
                Default::default(),
                self.par,
                MemStack::new(&mut MemBuffer::new(scratch)),
                Default::default(),
            )
            .map_err(|_| Error::NotPositiveDefinite {
                operation: "cholesky",
                argument: "a",
            })?;
            for j in 1..n {
                a.col_mut(j)[..j].fill(0.0);
            }
            Ok(a)
        }

        fn solve_triangular_impl(
            &self,
            t: MatRef<'_, T>,
            triangle: Triangle,
            x: MatMut<'_, T>,
        ) -> Result<()> {
            let (t, x) = (to_faer(t), to_faer_mut(x));
            match triangle {
                Triangle::Upper => triangular_solve::solve_upper_triangular_in_place(t, x, self.par),
                Triangle::Lower => triangular_solve::solve_lower_triangular_in_place(t, x, self.par),
            }
            Ok(())
        }
    }

    impl LeastSquares<T> for Faer {}
}

/// The largest size for which only implicit-shift QR diagonalises the bidiagonal form.
///
/// faer 0.24.4 uses divide and conquer from 128 on. If about half of the singular values are zero,
/// it returns values that are wrong by up to 1.5e-5·σ₁, as success. This was observed from n = 128
/// to 200, for example for the 128×128 Jacobian of a net. Up to this size, divide and conquer is
/// not faster. Beyond it, answers of divide and conquer are checked, and wrong ones are computed
/// again without it.
const QR_ITERATION: usize = 512;

/// Whether left singular vectors are wanted.
#[derive(Clone, Copy, PartialEq)]
enum Left {
    With,
    Without,
}

impl Faer {
    /// The thin SVD of a tall A.
    fn checked_svd<T: AdapterScalar>(
        self,
        a: &Mat<T>,
        svd: &mut Svd<T>,
        buffer: &mut MemBuffer,
    ) -> Result<()> {
        if a.cols() <= QR_ITERATION {
            return self.svd_by(a, svd, Left::With, QR_ITERATION, buffer);
        }
        let params = <SvdParams as faer::Auto<T>>::auto();
        self.svd_by(a, svd, Left::With, params.recursion_threshold, buffer)?;
        if verify::check_svd("faer", a, svd).is_err() {
            self.svd_by(a, svd, Left::With, usize::MAX, buffer)?;
            verify::check_svd("faer", a, svd)?;
        }
        Ok(())
    }

    /// The thin SVD, by divide and conquer above `recursion_threshold`.
    ///
    /// faer's iteration gives up on some matrices whose singular values repeat. It succeeds if the columns come in
    /// another order: A·P = U·Σ·(Pᵀ·V)ᵀ has the same U and Σ, without a rounding error.
    fn svd_by<T: AdapterScalar>(
        self,
        a: &Mat<T>,
        svd: &mut Svd<T>,
        left: Left,
        recursion_threshold: usize,
        buffer: &mut MemBuffer,
    ) -> Result<()> {
        let outcome = self.svd_in_order(a, svd, left, recursion_threshold, buffer);
        if outcome.is_ok() {
            return outcome;
        }
        let n = a.cols();
        let reversed: Vec<usize> = (0..n).rev().collect();
        let even_first = (0..n).step_by(2).chain((1..n).step_by(2)).collect();
        for order in [reversed, even_first] {
            let permuted = Mat::from_fn(a.rows(), n, |i, j| a[(i, order[j])]);
            if self
                .svd_in_order(&permuted, svd, left, recursion_threshold, buffer)
                .is_ok()
            {
                let v = svd.v.clone();
                for (j, &to) in order.iter().enumerate() {
                    for k in 0..n {
                        svd.v[(to, k)] = v[(j, k)];
                    }
                }
                return Ok(());
            }
        }
        outcome
    }

    /// As [`svd_by`](Self::svd_by), with the columns as they are.
    ///
    /// The whole of a tall A is bidiagonalised. faer would run its own QR first if A has a ratio of
    /// at least 11:6, but this QR skips columns (see [`mod@qr`]).
    fn svd_in_order<T: AdapterScalar>(
        self,
        a: &Mat<T>,
        svd: &mut Svd<T>,
        left: Left,
        recursion_threshold: usize,
        buffer: &mut MemBuffer,
    ) -> Result<()> {
        let (m, n) = (a.rows(), a.cols());
        let mut params = <SvdParams as faer::Auto<T>>::auto();
        params.qr_ratio_threshold = f64::INFINITY;
        params.recursion_threshold = recursion_threshold;
        let thin = ComputeSvdVectors::Thin;
        let (left_vectors, u) = match left {
            Left::With => {
                svd.u.reshape_for_overwrite(m, n);
                (thin, Some(to_faer_mut(svd.u.as_mut())))
            }
            Left::Without => (ComputeSvdVectors::No, None),
        };
        svd.v.reshape_for_overwrite(n, n);
        svd.s.resize(n, T::zero());
        let scratch = svd::svd_scratch::<T>(m, n, left_vectors, thin, self.par, params.into());
        svd::svd(
            to_faer(a.as_ref()),
            DiagMut::from_slice_mut(&mut svd.s),
            u,
            Some(to_faer_mut(svd.v.as_mut())),
            self.par,
            stack(buffer, scratch),
            params.into(),
        )
        .map_err(no_convergence)
    }
}

fn no_convergence(_: svd::SvdError) -> Error {
    Error::NoConvergence {
        operation: "svd",
        backend: "faer",
    }
}

/// Storage that singular value decompositions keep between calls.
struct SvdStorage<T> {
    buffer: MemBuffer,
    qr: QrStorage<T>,
    r: Mat<T>,
}

impl<T: AdapterScalar> Default for SvdStorage<T> {
    fn default() -> Self {
        Self {
            buffer: MemBuffer::new(StackReq::EMPTY),
            qr: QrStorage::default(),
            r: Mat::default(),
        }
    }
}

impl<T: AdapterScalar> SvdStorage<T> {
    /// The R of a tall A, which is overwritten.
    fn triangularize(&mut self, a: &mut Mat<T>, par: Par) {
        let n = a.cols();
        self.qr.factorize(a, n, par);
        self.r.reshape_for_overwrite(n, n);
        for j in 0..n {
            let (above, below) = self.r.col_mut(j).split_at_mut(j + 1);
            above.copy_from_slice(&a.col(j)[..=j]);
            below.fill(T::zero());
        }
    }
}

struct QrStorage<T> {
    buffer: MemBuffer,
    /// The T of the reflectors.
    t: faer::Mat<T>,
}

impl<T: AdapterScalar> Default for QrStorage<T> {
    fn default() -> Self {
        Self {
            buffer: MemBuffer::new(StackReq::EMPTY),
            t: faer::Mat::new(),
        }
    }
}

impl<T: AdapterScalar> QrStorage<T> {
    /// Overwrites the first `count` columns of `a`, which has at least as many rows, by R and the reflectors, and multiplies
    /// the others by Qᵀ.
    fn factorize(&mut self, a: &mut Mat<T>, count: usize, par: Par) {
        let size = (qr::block_size(a.rows(), count), count);
        self.factorize_by(size, to_faer_mut(a.as_mut()), par);
    }

    /// Overwrites the first n columns by R and the reflectors, and multiplies the others by Qᵀ.
    fn reduce(&mut self, stack: &mut Stack<T>, par: Par) -> Result<()> {
        let size = (qr::block_size_of_stack(stack.n()), stack.n());
        self.factorize_by(size, to_faer_mut(stack.as_mut()?), par);
        Ok(())
    }

    /// Factorises with a T of this size.
    fn factorize_by(&mut self, size: (usize, usize), a: faer::MatMut<'_, T>, par: Par) {
        if (self.t.nrows(), self.t.ncols()) != size {
            self.t = faer::Mat::zeros(size.0, size.1);
        }
        let scratch = temp_mat_scratch::<T>(size.0, a.ncols());
        qr::factorize(a, self.t.as_mut(), par, stack(&mut self.buffer, scratch));
    }
}

/// The buffer as a stack of at least this size.
fn stack(buffer: &mut MemBuffer, scratch: StackReq) -> &mut MemStack {
    if buffer.len() < scratch.size_bytes() {
        *buffer = MemBuffer::new(scratch);
    }
    MemStack::new(buffer)
}

/// The leading square of `packed` with zeros below its diagonal.
fn upper_triangle<T: Scalar>(packed: &Mat<T>) -> Mat<T> {
    let mut r = packed.top_rows(packed.cols());
    clear_below_diagonal(&mut r);
    r
}

fn clear_below_diagonal<T: Scalar>(a: &mut Mat<T>) {
    for j in 0..a.cols() {
        a.col_mut(j)[j + 1..].fill(T::zero());
    }
}

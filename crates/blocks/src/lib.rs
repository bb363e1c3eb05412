#![doc = include_str!("../README.md")]

mod columns;
mod householder;
mod jacobi;
mod reduce;
mod simd;

use columns::{axpy, dot};
use householder::Householder;
use leastwise_core::factor::{PivotedQr, QrFactors, Triangle, Triangularized};
use leastwise_core::{
    Eigen, Engine, EngineInfo, Error, Factorizations, LeastSquares, Mat, MatMul, MatMut, MatRef,
    Method, Result, Stack, Svd, Workspace, blocks, for_f32_and_f64,
};

pub use simd::Real as AdapterScalar;

/// The backend that uses the kernels of this crate. It is single-threaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocks;

const ENGINE: &str = "blocks";

impl Engine for Blocks {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "blocks",
            engine: ENGINE,
            version: env!("CARGO_PKG_VERSION"),
            threads: 1,
            product_kernel: "blocks",
            methods: &[
                (
                    Method::Svd,
                    "Householder QR in blocks of rows, one-sided Jacobi SVD",
                ),
                (
                    Method::CompleteOrthogonal,
                    "Householder QR in blocks of rows, pivoted QR, QR",
                ),
                (Method::Qr, "Householder QR in blocks of rows"),
                (Method::Cholesky, "product AᵀA, LLᵀ"),
            ],
        }
    }
}

/// The rows of a block.
///
/// A group of reflectors and a panel stay in the nearest cache, and the block in the next one. Fewer
/// rows cost more passes over the triangle. A few columns are read faster in long pieces. The numbers
/// were measured.
fn rows_of_block(n: usize) -> usize {
    if n <= 8 { 2048 } else { 512 }
}

/// Up to this number of entries, a matrix is reduced in its own storage, and not by blocks. This is faster on the problems of
/// MINPACK, of up to 780 entries. The best number was not searched for.
const SMALL: usize = 1024;

for_f32_and_f64! {
    impl MatMul<T> for Blocks {
        fn matmul_impl(
            &self,
            alpha: T,
            a: MatRef<'_, T>,
            b: MatRef<'_, T>,
            beta: T,
            mut c: MatMut<'_, T>,
        ) -> Result<()> {
            if !c.columns_are_contiguous() {
                return self.matmul_impl(alpha, b.transpose(), a.transpose(), beta, c.transpose());
            }
            if beta == 0.0 {
                c.fill(0.0);
            } else if beta != 1.0 {
                c.for_each(|entry| *entry *= beta);
            }
            let copy;
            let a = if a.columns_are_contiguous() {
                a
            } else {
                copy = a.to_mat();
                copy.as_ref()
            };
            columns::add_product(alpha, a, b, c);
            Ok(())
        }
    }

    impl Factorizations<T> for Blocks {
        fn qr_impl(&self, a: Mat<T>) -> Result<Box<dyn QrFactors<T>>> {
            Ok(Box::new(Householder::new(a, |_, _| ())))
        }

        fn triangularize_impl(&self, a: Mat<T>, b: Mat<T>) -> Result<Triangularized<T>> {
            let rows = rows_of_block(a.cols());
            let mut split = blocks::triangularize(self, a.as_ref(), b.as_ref(), rows)?;
            (split.a_storage, split.b_storage) = (a.into_vec(), b.into_vec());
            Ok(split)
        }

        fn rows_per_block(&self, _m: usize, n: usize) -> Option<usize> {
            Some(rows_of_block(n))
        }

        fn reduce_stack_impl(&self, stack: &mut Stack<T>, workspace: &mut Workspace) -> Result<()> {
            reduce::reduce(stack, workspace.get_or_insert_with(Vec::new));
            Ok(())
        }

        fn r_overwriting_impl(&self, a: &mut Mat<T>, workspace: &mut Workspace) -> Result<()> {
            let n = a.cols();
            self.leading_r_overwriting_impl(a, n, workspace)
        }

        fn leading_r_overwriting_impl(
            &self,
            a: &mut Mat<T>,
            count: usize,
            _workspace: &mut Workspace,
        ) -> Result<()> {
            let n = a.cols();
            if a.rows() * n <= SMALL {
                householder::triangularize(a, count);
                return Ok(());
            }
            let none = MatRef::from_col_major(&[], a.rows(), 0)?;
            let split = blocks::triangularize(self, a.as_ref(), none, rows_of_block(n))?;
            a.reshape_for_overwrite(n, n);
            a.data_mut().copy_from_slice(split.r.data());
            Ok(())
        }

        fn pivoted_qr_impl(&self, a: Mat<T>, mut c: Mat<T>) -> Result<PivotedQr<T>> {
            let mut permutation: Vec<usize> = (0..a.cols()).collect();
            let qr = Householder::new(a, |a, k| {
                let longest = householder::longest_column(a, k);
                householder::swap_columns(a, k, longest);
                permutation.swap(k, longest);
            });
            qr.apply_transposed(&mut c);
            Ok(PivotedQr {
                r: qr.r(),
                c,
                permutation,
            })
        }

        fn svd_impl(&self, a: Mat<T>) -> Result<Svd<T>> {
            jacobi::svd(ENGINE, a)
        }

        /// For c = ‖A‖_F, A + c·I has no negative eigenvalue, so its SVD is its eigendecomposition.
        fn symmetric_eigen_impl(&self, a: Mat<T>) -> Result<Eigen<T>> {
            let n = a.rows();
            let shift = a.frobenius_norm();
            let shifted = |i, j| a[(i, j)] + if i == j { shift } else { 0.0 };
            let Svd { s, v, .. } = jacobi::svd(ENGINE, Mat::from_fn(n, n, shifted))?;
            Ok(Eigen {
                values: s.iter().rev().map(|&si| si - shift).collect(),
                vectors: Mat::from_fn(n, n, |i, j| v[(i, n - 1 - j)]),
            })
        }

        /// Column by column. Each column immediately updates the columns on its right.
        fn cholesky_impl(&self, mut a: Mat<T>) -> Result<Mat<T>> {
            let n = a.rows();
            for j in 0..n {
                a.col_mut(j)[..j].fill(0.0);
                let pivot = a[(j, j)].sqrt();
                // With this comparison NaN fails.
                if !(pivot > 0.0) {
                    return Err(Error::NotPositiveDefinite {
                        operation: "cholesky",
                        argument: "a",
                    });
                }
                a.col_mut(j)[j..].iter_mut().for_each(|x| *x /= pivot);
                let (done, rest) = a.data_mut().split_at_mut((j + 1) * n);
                let l = &done[j * n..];
                for (i, column) in (j + 1..n).zip(rest.chunks_exact_mut(n)) {
                    axpy(-l[i], &l[i..], &mut column[i..]);
                }
            }
            Ok(a)
        }

        /// Uses the columns of T if they are contiguous, and its rows otherwise.
        fn solve_triangular_impl(
            &self,
            t: MatRef<'_, T>,
            triangle: Triangle,
            mut x: MatMut<'_, T>,
        ) -> Result<()> {
            let n = t.rows();
            let mut y = vec![0.0; n];
            for j in 0..x.cols() {
                (0..n).for_each(|i| y[i] = x[(i, j)]);
                for step in 0..n {
                    let (i, solved, open) = match triangle {
                        Triangle::Upper => (n - 1 - step, n - step..n, 0..n - 1 - step),
                        Triangle::Lower => (step, 0..step, step + 1..n),
                    };
                    if let Some(column) = t.try_col(i) {
                        y[i] /= column[i];
                        let yi = y[i];
                        axpy(-yi, &column[open.clone()], &mut y[open]);
                    } else {
                        let row = &t.data()[i * t.row_stride()..][..n];
                        y[i] = (y[i] - dot(&row[solved.clone()], &y[solved])) / row[i];
                    }
                }
                (0..n).for_each(|i| x[(i, j)] = y[i]);
            }
            Ok(())
        }
    }

    impl LeastSquares<T> for Blocks {}
}

//! Products by loops, for nets that are too small for a library.

use leastwise_core::norm::{combine, dot};
use leastwise_core::{Engine, EngineInfo, MatMul, MatMut, MatRef, Result, Scalar};

/// Matrix products by loops over the contiguous dimension, which the compiler vectorises. A
/// [`TwoLayerNet`](crate::TwoLayerNet) computes with them.
///
/// The overhead of a call is negligible. So these loops are faster than a library for factors of a few rows
/// and columns, with any number of samples. They do not block for the cache.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loops;

impl Engine for Loops {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "loops",
            engine: "loops",
            version: env!("CARGO_PKG_VERSION"),
            threads: 1,
            product_kernel: "loops",
            methods: &[],
        }
    }
}

impl<T: Scalar> MatMul<T> for Loops {
    fn matmul_impl(
        &self,
        alpha: T,
        a: MatRef<'_, T>,
        b: MatRef<'_, T>,
        beta: T,
        c: MatMut<'_, T>,
    ) -> Result<()> {
        let has_rows = |m: MatRef<'_, T>| m.transpose().columns_are_contiguous();
        let by_rows = has_rows(b) && has_rows(c.as_ref());
        let by_dots = has_rows(a) && b.columns_are_contiguous();
        if by_rows && (!by_dots || b.cols() >= b.rows()) {
            combine_rows(alpha, a, b, beta, c);
        } else if by_dots {
            take_dots(alpha, a, b, beta, c);
        } else if a.columns_are_contiguous() && c.as_ref().columns_are_contiguous() {
            // Cᵀ = Bᵀ·Aᵀ by rows is C by columns.
            combine_rows(alpha, b.transpose(), a.transpose(), beta, c.transpose());
        } else {
            take_sums(alpha, a, b, beta, c);
        }
        Ok(())
    }
}

/// Computes each row of C as a combination of rows of B.
fn combine_rows<T: Scalar>(
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    c: MatMut<'_, T>,
) {
    let (b, mut c) = (b.transpose(), c.transpose());
    for p in 0..c.cols() {
        let row = c.try_col_mut(p).unwrap_or_default();
        let terms = columns(b).enumerate().map(|(q, v)| (alpha * a[(p, q)], v));
        if beta == T::zero() {
            combine(row, terms);
            continue;
        }
        for entry in &mut *row {
            *entry *= beta;
        }
        for (factor, v) in terms {
            for (entry, &vi) in row.iter_mut().zip(v) {
                *entry += factor * vi;
            }
        }
    }
}

/// Computes each entry of C as the dot product of a row of A and a column of B.
fn take_dots<T: Scalar>(
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    mut c: MatMut<'_, T>,
) {
    let a = a.transpose();
    for (j, column) in columns(b).enumerate() {
        let products = columns(a).map(|row| alpha * dot(row, column));
        // If rows are short, a slice is several times faster than single entries.
        if let Some(entries) = c.try_col_mut(j) {
            for (entry, product) in entries.iter_mut().zip(products) {
                store(entry, beta, product);
            }
            continue;
        }
        for (i, product) in products.enumerate() {
            store(&mut c[(i, j)], beta, product);
        }
    }
}

/// The columns of a matrix with contiguous columns.
fn columns<T>(a: MatRef<'_, T>) -> impl Iterator<Item = &[T]> {
    let rows = a.rows();
    // A single column may have any stride.
    let stride = a.col_stride().max(rows).max(1);
    let chunks = a.data().chunks(stride).take(a.cols());
    chunks.map(move |chunk| &chunk[..rows])
}

/// Computes the product for any strides.
fn take_sums<T: Scalar>(
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    mut c: MatMut<'_, T>,
) {
    for j in 0..c.cols() {
        for i in 0..c.rows() {
            let product: T = (0..a.cols()).map(|l| a[(i, l)] * b[(l, j)]).sum();
            store(&mut c[(i, j)], beta, alpha * product);
        }
    }
}

/// Stores an entry. With β = 0, the entry is never read.
fn store<T: Scalar>(entry: &mut T, beta: T, product: T) {
    *entry = if beta == T::zero() {
        product
    } else {
        beta * *entry + product
    };
}

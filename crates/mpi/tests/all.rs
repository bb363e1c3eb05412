//! The tests of this crate as one program, which builds and links faster than many.

mod efficiency;
mod nist;
#[cfg(feature = "parquet")]
mod parquet_rows;
#[path = "../examples/nist/part.rs"]
mod part;
mod programs;
mod tables;

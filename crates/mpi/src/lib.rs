#![doc = include_str!("../README.md")]

#[cfg(feature = "mpi")]
mod checkpoint;
#[cfg(feature = "mpi")]
mod curve;
#[cfg(feature = "parquet")]
mod parquet_rows;
#[cfg(feature = "mpi")]
mod table;
#[cfg(feature = "mpi")]
mod world;

#[cfg(feature = "mpi")]
pub use checkpoint::{Checkpoint, Checkpoints};
#[cfg(feature = "mpi")]
pub use curve::TableCurve;
#[cfg(feature = "parquet")]
pub use parquet_rows::ParquetRows;
#[cfg(feature = "mpi")]
pub use table::{Files, Generated, NpyRows, Resident, Selected, Table, share};
#[cfg(feature = "mpi")]
pub use world::{main, run};

#![allow(dead_code, reason = "no example uses all functions")]

//! Drawing functions of the examples, beside `leastwise_report`.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use leastwise_report::{Chart, Figure};

/// The path of the picture: the first argument of the program, or a file beside the program.
pub(crate) fn path() -> std::io::Result<PathBuf> {
    match std::env::args_os().nth(1) {
        Some(argument) => Ok(argument.into()),
        None => Ok(std::env::current_exe()?.with_extension("png")),
    }
}

/// `count` numbers from one end of `range` to the other.
pub(crate) fn spaced(range: &Range<f64>, count: usize) -> impl Iterator<Item = f64> + use<> {
    let (low, step) = (range.start, (range.end - range.start) / (count - 1) as f64);
    (0..count).map(move |i| low + step * i as f64)
}

/// Writes charts beside each other to a PNG.
pub(crate) fn write(
    path: &Path,
    title: &str,
    charts: impl IntoIterator<Item = Chart>,
) -> Result<(), Box<dyn Error>> {
    let figure = Figure::charts("example", title, charts).layout(2, (700.0, 430.0));
    let written = fs::write(path, figure.to_png("")?);
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(())
}

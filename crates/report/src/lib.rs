//! Documents of prose, tables and figures, rendered for a terminal, and as Markdown, HTML, JSON, SVG and PNG.
//!
//! A [`Document`] is data: sections of [`Prose`], [`Table`]s and [`Figure`]s, and the [`Provenance`], which
//! names the machine, the build and the command. All figures share one kind of axis, legend and style, and
//! all tables share one format. The crate contains no knowledge of what it shows.
//!
//! ```
//! use leastwise_report::{Axis, Chart, Document, Figure, Kind, Look, Section, Series, Table, Unit};
//!
//! let times = [(4.0, 80.0), (32.0, 4e3), (256.0, 9e5)];
//! let mut table = Table::of_numbers(["n", "time"]);
//! for (n, nanoseconds) in times {
//!     table.push([n.to_string(), leastwise_report::format::human_time(nanoseconds)]);
//! }
//! let chart = Chart::new(
//!     "matmul",
//!     Axis::logarithmic("n").at([4.0, 32.0, 256.0]),
//!     Axis::logarithmic("time of one call").unit(Unit::Nanoseconds),
//! );
//! let series = Series::new("faer", Look::new(0), times).kind(Kind::MarkedLine);
//! let figure = Figure::charts("products", "Time by size", [chart.with(series)]);
//! let document = Document::new("Products").with(Section::new("Times").with(table).with(figure));
//!
//! assert!(document.to_text().contains("256   900 µs"));
//! assert!(document.to_markdown().contains("900 µs |"));
//! assert!(document.to_html()?.contains("<svg"));
//! # Ok::<(), leastwise_report::Error>(())
//! ```

mod axis;
mod chart;
mod color;
mod document;
mod error;
mod export;
mod figure;
mod grid;
mod html;
mod label;
mod look;
mod markdown;
pub mod markers;
mod path;
mod picture;
mod plot;
mod prose;
mod render;
mod table;
mod terminal;
mod write;

pub use leastwise_format as format;

pub use axis::{Axis, Unit};
pub use chart::{Chart, Kind, Point, Rule, Series};
pub use color::LOOKS;
pub use document::{Block, Document, Place, Provenance, Section};
pub use error::Error;
pub use figure::{Body, Figure, Legend};
pub use grid::{Band, Grid, GridPanel, GridRow, Tile};
pub use look::Look;
pub use prose::{Prose, Span, Text};
pub use table::{Cell, Column, Group, Row, Shown, Table, Tone};
pub use write::write;

//! The look of every table that is printed.

use comfy_table::{LineStyle, Row, Table, presets};

/// A table with rules above, below and under its header, and none between rows.
pub(crate) fn text_table(header: impl Into<Row>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_header(header);
    table
}

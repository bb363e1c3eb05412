//! Tables: typed columns, rows in groups, and cells with a text and a value.

use serde::Serialize;

/// A column.
///
/// ```
/// use leastwise_report::Column;
///
/// let column = Column::number("null").long("null part");
/// assert!(column.is_number && !column.page_only);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Column {
    /// The short heading.
    pub name: String,
    /// The heading on a page, if it differs.
    pub long: Option<String>,
    /// Whether the column has numbers, which are aligned to the right and sorted by value.
    pub is_number: bool,
    /// Whether the terminal and Markdown omit the column.
    pub page_only: bool,
}

impl Column {
    /// A column of words.
    pub fn text(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            long: None,
            is_number: false,
            page_only: false,
        }
    }

    /// A column of numbers.
    pub fn number(name: impl Into<String>) -> Self {
        Self {
            is_number: true,
            ..Self::text(name)
        }
    }

    /// Sets the heading on a page.
    pub fn long(mut self, name: impl Into<String>) -> Self {
        self.long = Some(name.into());
        self
    }

    /// Omits the column in the terminal and in Markdown.
    pub fn page_only(mut self) -> Self {
        self.page_only = true;
        self
    }
}

/// The content of a row in a column.
///
/// ```
/// use leastwise_report::Cell;
///
/// let time = Cell::number(5.59e6, "5.59 ms ±1.2%").small("5.52–5.66 ms");
/// assert_eq!(time.value, Some(5.59e6));
/// assert_eq!(Cell::maybe(None::<f64>, |x| Cell::from(x.to_string())).text, "–");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Cell {
    /// The text that is shown.
    pub text: String,
    /// A second line, on a page.
    pub small: Option<String>,
    /// The number by which a page sorts. Without it, the page sorts by the text.
    pub value: Option<f64>,
    /// The number of the look whose colour is shown beside the text.
    pub look: Option<usize>,
    /// The name of the section to which the text links.
    pub link: Option<String>,
    /// Whether the text is pale, because the value may be meaningless.
    pub is_muted: bool,
    /// Whether a page may break the text into lines.
    pub is_prose: bool,
    /// Further cells in the same place. A page shows them below each other.
    pub more: Vec<Cell>,
}

impl Cell {
    /// A number with its text.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        Self {
            value: Some(value),
            ..Self::from(text)
        }
    }

    /// The value as `show` formats it, or a dash if there is none.
    pub fn maybe<V>(value: Option<V>, show: impl FnOnce(V) -> Self) -> Self {
        value.map_or_else(|| Self::from("–"), show)
    }

    /// Several cells in one place. Without any, the cell is empty.
    pub fn list(cells: impl IntoIterator<Item = Self>) -> Self {
        let mut cells = cells.into_iter();
        let mut first = cells.next().unwrap_or_default();
        first.more = cells.collect();
        first
    }

    /// Sets a second line, on a page.
    pub fn small(mut self, text: impl Into<String>) -> Self {
        self.small = Some(text.into());
        self
    }

    /// Sets a look, whose colour is shown beside the text.
    pub fn look(mut self, look: usize) -> Self {
        self.look = Some(look);
        self
    }

    /// Sets a link to a section.
    pub fn link(mut self, section: impl Into<String>) -> Self {
        self.link = Some(section.into());
        self
    }

    /// Makes the text pale if `is_muted`.
    pub fn muted(self, is_muted: bool) -> Self {
        Self { is_muted, ..self }
    }

    /// Allows a page to break the text into lines.
    pub fn prose(mut self) -> Self {
        self.is_prose = true;
        self
    }

    /// The cell in one line.
    pub(crate) fn line(&self) -> String {
        match &self.more[..] {
            [] => self.text.clone(),
            [one] => format!("{}, {}", self.text, one.text),
            more => format!("{}, {} more", self.text, more.len()),
        }
    }
}

impl<S: Into<String>> From<S> for Cell {
    fn from(text: S) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// How a page highlights a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// No highlight.
    #[default]
    Plain,
    /// Among the fastest. The row has the mark "fastest".
    Best,
    /// There is no answer, and none is expected.
    Absent,
    /// The answer is wrong, or an error occurred.
    Wrong,
}

/// A row, whose first cell is its heading. The last cell of a short row spans the remaining columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// The cells: one per column, or fewer.
    pub cells: Vec<Cell>,
    /// How a page highlights the row.
    pub tone: Tone,
    /// A text that the terminal and Markdown show after the heading, instead of the other cells.
    pub verdict: Option<String>,
}

/// Rows below a title. A page sorts each group separately.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// A line above the rows.
    pub title: Option<String>,
    /// The rows, from top to bottom.
    pub rows: Vec<Row>,
}

/// A heading, and the function that formats a row's cell below it; see [`Table::by`].
pub type Shown<'f, R> = (&'f str, &'f dyn Fn(&R) -> String);

/// A table.
///
/// ```
/// use leastwise_report::Table;
///
/// let mut table = Table::of_numbers(["", "solved", "time"]);
/// table.push(["faer", "53", "1.00×"]);
/// assert_eq!(table.rows().count(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[must_use]
pub struct Table {
    /// The content of the table, for readers who do not see its position on the page.
    pub caption: String,
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The groups, from top to bottom.
    pub groups: Vec<Group>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A table whose first column is words and whose others are numbers.
    pub fn of_numbers<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let column = |(place, name): (usize, S)| match place {
            0 => Column::text(name),
            _ => Column::number(name),
        };
        Self::new(names.into_iter().enumerate().map(column))
    }

    /// A table from its columns. Each is a heading and the function that formats the cell of a row. The first
    /// `words` columns contain words, and the others numbers.
    ///
    /// ```
    /// use leastwise_report::Table;
    ///
    /// let table = Table::by(1, [2, 3], &[("n", &|n: &i32| n.to_string()), ("n²", &|n| (n * n).to_string())]);
    /// assert_eq!(table.rows().count(), 2);
    /// ```
    pub fn by<R>(
        words: usize,
        rows: impl IntoIterator<Item = R>,
        columns: &[Shown<'_, R>],
    ) -> Self {
        let mut table = Self::of_numbers(columns.iter().map(|(name, _)| *name));
        for column in table.columns.iter_mut().take(words) {
            column.is_number = false;
        }
        for row in rows {
            table.push(columns.iter().map(|(_, show)| show(&row)));
        }
        table
    }

    /// Sets the caption.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Appends a row to the last group.
    pub fn push<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.push_row(Row {
            cells: cells.into_iter().map(Into::into).collect(),
            ..Row::default()
        });
    }

    /// Appends a row with its tone to the last group.
    pub fn push_row(&mut self, row: Row) {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        if let Some(group) = self.groups.last_mut() {
            group.rows.push(row);
        }
    }

    /// Begins a group.
    pub fn begin(&mut self, title: impl Into<String>) {
        self.groups.push(Group {
            title: Some(title.into()),
            rows: Vec::new(),
        });
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }
}

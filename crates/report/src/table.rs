//! Tables: typed columns, rows in groups, cells with a text and a value.

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
    /// The heading where room is short.
    pub name: String,
    /// The heading on a page, if it is another.
    pub long: Option<String>,
    /// Numbers are aligned to the right and sorted by value.
    pub is_number: bool,
    /// The terminal and Markdown leave the column out.
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

    /// With this heading on a page.
    pub fn long(mut self, name: impl Into<String>) -> Self {
        self.long = Some(name.into());
        self
    }

    /// Left out by the terminal and Markdown.
    pub fn page_only(mut self) -> Self {
        self.page_only = true;
        self
    }
}

/// What stands in a row and a column.
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
    /// What is shown.
    pub text: String,
    /// A second line, on a page.
    pub small: Option<String>,
    /// The number by which a page sorts, if not the text.
    pub value: Option<f64>,
    /// The number of the look whose colour stands beside the text.
    pub look: Option<usize>,
    /// The section that the text leads to, by its name.
    pub link: Option<String>,
    /// Whether the text stands back: it may mean nothing.
    pub is_muted: bool,
    /// Whether a page may break the text into lines.
    pub is_prose: bool,
    /// Further cells in the same place, one below the other on a page.
    pub more: Vec<Cell>,
}

impl Cell {
    /// A number by its text.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        Self {
            value: Some(value),
            ..Self::from(text)
        }
    }

    /// A dash where there is no value.
    pub fn maybe<V>(value: Option<V>, show: impl FnOnce(V) -> Self) -> Self {
        value.map_or_else(|| Self::from("–"), show)
    }

    /// Several in one place; empty without any.
    pub fn list(cells: impl IntoIterator<Item = Self>) -> Self {
        let mut cells = cells.into_iter();
        let mut first = cells.next().unwrap_or_default();
        first.more = cells.collect();
        first
    }

    /// With a second line on a page.
    pub fn small(mut self, text: impl Into<String>) -> Self {
        self.small = Some(text.into());
        self
    }

    /// Beside a spot in the colour of a look.
    pub fn look(mut self, look: usize) -> Self {
        self.look = Some(look);
        self
    }

    /// Leads to a section.
    pub fn link(mut self, section: impl Into<String>) -> Self {
        self.link = Some(section.into());
        self
    }

    /// Stands back if `is_muted`.
    pub fn muted(self, is_muted: bool) -> Self {
        Self { is_muted, ..self }
    }

    /// May be broken into lines.
    pub fn prose(mut self) -> Self {
        self.is_prose = true;
        self
    }

    /// In one line.
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

/// How a row stands out on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// Among the best: it has the mark "fastest".
    Best,
    /// There is no answer, as there should be none.
    Absent,
    /// Something is wrong.
    Wrong,
}

/// A row, whose first cell is its heading. The last cell of a short row spans the columns that are left.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// One for each column, or fewer.
    pub cells: Vec<Cell>,
    /// How it stands out.
    pub tone: Tone,
    /// The terminal and Markdown show this after the heading and no other cell.
    pub verdict: Option<String>,
}

/// Rows under a title. A page sorts each group by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// A line above the rows.
    pub title: Option<String>,
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// A heading, and what stands below it in a row: see [`Table::by`].
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
    /// What it shows, for those who do not see its place.
    pub caption: String,
    /// From left to right.
    pub columns: Vec<Column>,
    /// From top to bottom.
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

    /// A table from its columns, each a heading and what it shows of a row. The first `words` columns are words, the
    /// others numbers.
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

    /// With a caption.
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

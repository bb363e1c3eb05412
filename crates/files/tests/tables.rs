//! Tables as programs and people write them. Each is read correctly, or refused with its line and the flag
//! that decides.

use leastwise_files::{Decimal, Delimiter, Format, Options, Table, parse};

/// A file, as bytes.
struct File {
    what: &'static str,
    text: &'static str,
    options: fn(&mut Options),
    expected: Expected,
}

enum Expected {
    /// The rows, and a part of the description of how they were read.
    Read(&'static [&'static [f64]], &'static str),
    /// Parts of the message.
    Refused(&'static [&'static str]),
}

fn auto(_: &mut Options) {}

const fn read(
    what: &'static str,
    text: &'static str,
    rows: &'static [&'static [f64]],
    how: &'static str,
) -> File {
    File {
        what,
        text,
        options: auto,
        expected: Expected::Read(rows, how),
    }
}

const fn refused(what: &'static str, text: &'static str, parts: &'static [&'static str]) -> File {
    File {
        what,
        text,
        options: auto,
        expected: Expected::Refused(parts),
    }
}

impl File {
    const fn with(mut self, options: fn(&mut Options)) -> Self {
        self.options = options;
        self
    }
}

const HALVES: &[&[f64]] = &[&[1.5, 2.5], &[3.5, 4.5]];
const WHOLE: &[&[f64]] = &[&[1.0, 2.0], &[3.0, 4.0]];

/// Files that are not ambiguous.
const READ: &[File] = &[
    read(
        "whole numbers of three digits",
        "120,130,140\n150,160,170\n",
        &[&[120.0, 130.0, 140.0], &[150.0, 160.0, 170.0]],
        "no header, separated by commas",
    ),
    read(
        "whole numbers of three digits between blanks",
        "120 130\n150 160\n",
        &[&[120.0, 130.0], &[150.0, 160.0]],
        "no header, separated by blanks",
    ),
    read(
        "a column in quotes for its decimal commas",
        "\"1,5\",2\n\"3,25\",4\n",
        &[&[1.5, 2.0], &[3.25, 4.0]],
        "no header, separated by commas, decimal commas",
    ),
    // The first line.
    read(
        "numbers",
        "1.5,2.5\n3.5,4.5\n",
        HALVES,
        "no header, separated by commas",
    ),
    read(
        "names",
        "x,y\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped, separated by commas",
    ),
    read(
        "names with units",
        "\"x, in m\",y (s)\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped",
    ),
    read(
        "names beyond ASCII",
        "größe,значение\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped",
    ),
    read(
        "a column without a name",
        "x,,z\n1,2,3.5\n4,5,6.5\n",
        &[&[1.0, 2.0, 3.5], &[4.0, 5.0, 6.5]],
        "header skipped, sep",
    ),
    read(
        "comments of MATLAB and Octave",
        "% Created by Octave\n%\n 1.5 2.5\n 3.5 4.5\n",
        HALVES,
        "no header, 2 comment lines skipped, separated by blanks",
    ),
    read(
        "names under a comment",
        "# made by hand\nx,y\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped, 1 comment line skipped",
    ),
    read(
        "savetxt with a header",
        "# x y\n1.5 2.5\n3.5 4.5\n",
        HALVES,
        "no header, 1 comment line skipped, separated by blanks",
    ),
    read(
        "decimal commas before whole numbers",
        "1,5;2,5\n3;4\n",
        &[&[1.5, 2.5], &[3.0, 4.0]],
        "no header, separated by semicolons, decimal commas",
    ),
    read(
        "exponents of Fortran",
        "1.0D+00,2.0D0\n3.5d-1,4\n",
        &[&[1.0, 2.0], &[0.35, 4.0]],
        "no header",
    ),
    read(
        "whole numbers",
        "1,2,3\n4,5,6\n",
        &[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]],
        "no header",
    ),
    read(
        "whole numbers that count down the first column",
        "0,1,7\n1,1,8\n2,1,9\n",
        &[&[0.0, 1.0, 7.0], &[1.0, 1.0, 8.0], &[2.0, 1.0, 9.0]],
        "no header",
    ),
    read(
        "rows of two whole numbers",
        "1,2\n3,4\n",
        WHOLE,
        "no header, separated by commas",
    ),
    read(
        "rows of two whole numbers of several lengths",
        "1,9\n1,10\n",
        &[&[1.0, 9.0], &[1.0, 10.0]],
        "no header, separated by commas",
    ),
    read(
        "a column that begins with a whole number",
        "7\n8.5\n9.25\n",
        &[&[7.0], &[8.5], &[9.25]],
        "no header",
    ),
    read(
        "one row",
        "1.5 2.5 3\n",
        &[&[1.5, 2.5, 3.0]],
        "no header, separated by blanks",
    ),
    read("one entry", "7", &[&[7.0]], "no header"),
    read(
        "one entry under a name",
        "x\n7",
        &[&[7.0]],
        "header skipped",
    ),
    // Index columns.
    read(
        "pandas",
        ",x,y\n0,1.5,2.5\n1,3.5,4.5\n",
        HALVES,
        "header and index column skipped, separated by commas",
    ),
    read(
        "pandas without names",
        ",0,1\n0,1.5,2.5\n1,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "pandas after a filter",
        ",x,y\n3,1.5,2.5\n12,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "pandas, read and written again",
        "Unnamed: 0,x,y\n0,1.5,2.5\n1,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "pandas by dates",
        ",x,y\n2024-01-01,1.5,2.5\n2024-01-02,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "pandas, one column",
        ",x\n0,15\n1,17\n",
        &[&[15.0], &[17.0]],
        "header and index column skipped",
    ),
    read(
        "pandas with decimal commas",
        ",x,y\n0,\"1,5\",\"2,5\"\n1,\"3,5\",\"4,5\"\n",
        HALVES,
        "header and index column skipped, separated by commas, decimal commas",
    ),
    read(
        "write.csv of R",
        "\"\",\"V1\",\"V2\"\n\"1\",1.5,2.5\n\"2\",3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "write.table of R",
        "\"V1\" \"V2\"\n\"1\" 1.5 2.5\n\"2\" 3.5 4.5\n",
        HALVES,
        "header and index column skipped, separated by blanks",
    ),
    read(
        "write.table with a corner",
        "\"\" \"V1\" \"V2\"\n\"1\" 1.5 2.5\n\"2\" 3.5 4.5\n",
        HALVES,
        "header and index column skipped, separated by blanks",
    ),
    read(
        "write.table with names of rows",
        "x\ty\nfirst one\t1.5\t2.5\nsecond\t3.5\t4.5\n",
        HALVES,
        "header and index column skipped, separated by tabs",
    ),
    read(
        "write.table without quotes",
        "x y\n1 1.5 2.5\n2 3.5 4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "write.csv2 of R",
        "\"\";\"V1\";\"V2\"\n\"1\";1,5;2,5\n\"2\";3,5;4,5\n",
        HALVES,
        "header and index column skipped, separated by semicolons, decimal commas",
    ),
    read(
        "names of rows",
        "name,x,y\nanna,1.5,2.5\nbert,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    ),
    read(
        "names of rows without a header",
        "anna,1.5,2.5\nbert,3.5,4.5\n",
        HALVES,
        "no header, index column skipped",
    ),
    read(
        "a variable that counts",
        "t,y\n0,2.5\n1,4.5\n",
        &[&[0.0, 2.5], &[1.0, 4.5]],
        "header skipped",
    ),
    // Delimiters.
    read(
        "semicolons",
        "x;y\n1.5;2.5\n3.5;4.5\n",
        HALVES,
        "header skipped, separated by semicolons",
    ),
    read(
        "semicolons and decimal commas",
        "x;y\n1,5;2,5\n3,5;4,5\n",
        HALVES,
        "header skipped, separated by semicolons, decimal commas",
    ),
    read(
        "semicolons with names that have commas",
        "x, in m;y\n1,5;2,5\n3,5;4,5\n",
        HALVES,
        "header skipped, separated by semicolons, decimal commas",
    ),
    read(
        "tabs and decimal commas",
        "x\ty\n1,5\t2,5\n3,5\t4,5\n",
        HALVES,
        "header skipped, separated by tabs, decimal commas",
    ),
    read(
        "blanks and decimal commas",
        "1,5 2,5\n3,5 4,5\n",
        HALVES,
        "no header, separated by blanks, decimal commas",
    ),
    read(
        "bars",
        "x|y\n1.5|2.5\n3.5|4.5\n",
        HALVES,
        "header skipped, separated by pipes",
    ),
    read(
        "columns aligned by blanks",
        "  1.5   2.5\n  3.5   4.5  \n",
        HALVES,
        "no header, separated by blanks",
    ),
    read(
        "blanks and tabs",
        "1.5 \t2.5\n3.5\t 4.5\n",
        HALVES,
        "no header, separated by",
    ),
    read(
        "commas and blanks",
        "1.5, 2.5\n3.5 ,4.5\n",
        HALVES,
        "no header, separated by commas",
    ),
    read(
        "commas and blanks around whole numbers",
        "1, 2\n3, 4\n",
        WHOLE,
        "no header, separated by commas",
    ),
    read(
        "negative whole numbers after commas",
        "1,-2\n3,4\n",
        &[&[1.0, -2.0], &[3.0, 4.0]],
        "no header, separated by commas",
    ),
    read(
        "the first line of Excel",
        "sep=;\nx;y\n1,5;2,5\n3,5;4,5\n",
        HALVES,
        "header skipped, separated by semicolons",
    ),
    read(
        "a column of decimal commas in quotes",
        "\"x\"\n\"1,5\"\n\"2,25\"\n",
        &[&[1.5], &[2.25]],
        "header skipped, decimal commas",
    ),
    read(
        "blanks in comments",
        "# of two whole numbers\n1,2\n3,4\n",
        WHOLE,
        "no header, 1 comment line skipped, separated by commas",
    ),
    read(
        "a column",
        "x\n1.5\n-2\n",
        &[&[1.5], &[-2.0]],
        "header skipped",
    ),
    read(
        "a column under a name of two words",
        "my values\n1.5\n-2\n",
        &[&[1.5], &[-2.0]],
        "header skipped",
    ),
    // Lines.
    read(
        "the mark of UTF-8",
        "\u{feff}x,y\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped",
    ),
    read(
        "the mark of UTF-8 before quotes",
        "\u{feff}\"x\",\"y\"\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped",
    ),
    read("CR", "x,y\r1.5,2.5\r3.5,4.5\r", HALVES, "header skipped"),
    read(
        "CR LF",
        "x,y\r\n1.5,2.5\r\n3.5,4.5\r\n",
        HALVES,
        "header skipped",
    ),
    read(
        "CR CR LF",
        "x,y\r\r\n1.5,2.5\r\r\n3.5,4.5\r\r\n",
        HALVES,
        "header skipped",
    ),
    read(
        "no end of the last line",
        "1.5,2.5\n3.5,4.5",
        HALVES,
        "no header",
    ),
    read(
        "blank lines",
        "\n\nx,y\n\n1.5,2.5\n  \t \n3.5,4.5\n\n",
        HALVES,
        "header skipped",
    ),
    read(
        "comments",
        "# a, \"b\n1.5,2.5\n#3,4\n## x\n3.5,4.5\n#\n",
        HALVES,
        "no header, 4 comment lines skipped",
    ),
    // Entries.
    read(
        "quoted numbers",
        "\"x\",\"y\"\n\"1.5\",\"2.5\"\n\"3.5\",\"4.5\"\n",
        HALVES,
        "header skipped",
    ),
    read(
        "quoted numbers after blanks",
        "x, y\n\"1.5\", \"2.5\"\n\"3.5\", \" 4.5 \"\n",
        HALVES,
        "header skipped",
    ),
    read(
        "a delimiter at each end",
        "1.5,2.5,\n3.5,4.5,\n",
        HALVES,
        "no header, 1 empty column at the end skipped",
    ),
    read(
        "a delimiter at each end but the header's",
        "x,y\n1.5,2.5,\n3.5,4.5,\n",
        HALVES,
        "header skipped, 1 empty column",
    ),
    read(
        "empty columns of a spreadsheet",
        "x;y;;\n1,5;2,5;;\n3,5;4,5;;\n",
        HALVES,
        "header skipped, 2 empty columns at the end skipped",
    ),
    read(
        "tabs at each end",
        "1.5\t2.5\t\n3.5\t4.5\t\n",
        HALVES,
        "no header, 1 empty column",
    ),
    read(
        "signs, points and exponents",
        "+1.5,2.5e0\n.35E+1,45.e-1\n",
        HALVES,
        "no header",
    ),
    read(
        "thousandths with a comma",
        "x;y\n1,250;0,125\n",
        &[&[1.25, 0.125]],
        "decimal commas",
    ),
    // Flags.
    read(
        "--header yes over numbers",
        "0,1\n1.5,2.5\n3.5,4.5\n",
        HALVES,
        "header skipped",
    )
    .with(|o| o.header = Some(true)),
    read(
        "--header yes over missing entries",
        "NA,NA\n1,2\n3,4\n",
        WHOLE,
        "header skipped",
    )
    .with(|o| o.header = Some(true)),
    read(
        "--header no",
        "0,1\n1.5,2.5\n",
        &[&[0.0, 1.0], &[1.5, 2.5]],
        "no header",
    )
    .with(|o| o.header = Some(false)),
    read(
        "--index-column yes",
        "id,x,y\n0,1.5,2.5\n1,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    )
    .with(|o| o.index_column = Some(true)),
    read(
        "--index-column no",
        "id,x\n0,1.5\n1,3.5\n",
        &[&[0.0, 1.5], &[1.0, 3.5]],
        "header skipped",
    )
    .with(|o| o.index_column = Some(false)),
    read(
        "--index-column no and no name",
        ",x\n0,1.5\n1,3.5\n",
        &[&[0.0, 1.5], &[1.0, 3.5]],
        "header skipped",
    )
    .with(|o| o.index_column = Some(false)),
    read(
        "--index-column yes over dates",
        "day,x,y\n2024-01-01,1.5,2.5\n2024-01-02,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    )
    .with(|o| o.index_column = Some(true)),
    read(
        "--index-column yes over dates without a header",
        "2024-01-01,1.5,2.5\n2024-01-02,3.5,4.5\n",
        HALVES,
        "no header, index column skipped",
    )
    .with(|o| o.index_column = Some(true)),
    read(
        "--index-column yes, a name short",
        "x,y\n7,1.5,2.5\n3,3.5,4.5\n",
        HALVES,
        "header and index column skipped",
    )
    .with(|o| o.index_column = Some(true)),
    read(
        "--delimiter comma",
        "1,5\n2,25\n",
        &[&[1.0, 5.0], &[2.0, 25.0]],
        "no header, separated by commas",
    )
    .with(|o| o.delimiter = Some(Delimiter::Comma)),
    read(
        "--decimal comma",
        "1,5\n2,25\n",
        &[&[1.5], &[2.25]],
        "no header, decimal commas",
    )
    .with(|o| o.decimal = Some(Decimal::Comma)),
    read(
        "--decimal comma in a column",
        "1,5\n2,5\n",
        &[&[1.5], &[2.5]],
        "no header, decimal commas",
    )
    .with(|o| (o.decimal, o.column) = (Some(Decimal::Comma), true)),
    read(
        "--decimal point in a column",
        "1,5\n2,5\n",
        &[&[1.0, 5.0], &[2.0, 5.0]],
        "no header, separated by commas",
    )
    .with(|o| (o.decimal, o.column) = (Some(Decimal::Point), true)),
    read(
        "--decimal comma before three digits",
        "1,250;2,500\n",
        &[&[1.25, 2.5]],
        "no header, separated by semicolons, decimal commas",
    )
    .with(|o| o.decimal = Some(Decimal::Comma)),
];

/// Files that are wrong or ambiguous.
const REFUSED: &[File] = &[
    // Lines that may have one column or two.
    refused(
        "a name with a blank over an index and a column between tabs",
        "my data\n7\t1.5\n",
        &[
            "line 2: \"7\\t1.5\" may be separated by tab or blank",
            "--delimiter tab",
        ],
    ),
    refused(
        "a title over two columns",
        "my data\n1,2\n3,4\n",
        &[
            "line 2: \"1,2\" may be several entries, or one number",
            "--delimiter comma",
        ],
    ),
    refused(
        "a column of decimal commas and whole numbers",
        "1,5\n2\n3,25\n",
        &[
            "line 1: \"1,5\" may be several entries, or one number",
            "--delimiter comma",
        ],
    ),
    refused(
        "rows of two that are cut off",
        "1,2\n3,4\n5\n",
        &[
            "line 1: \"1,2\" may be several entries, or one number",
            "--delimiter comma",
        ],
    ),
    refused(
        "a column with points for thousands",
        "1.234,56\n7.890,12\n",
        &[
            "line 2: \"7.890,12\" may be several entries, or one number",
            "--delimiter comma",
        ],
    ),
    refused(
        "a column with commas for thousands",
        "1,234.56\n7,890.12\n",
        &[
            "line 2: \"7,890.12\" may be several entries, or one number",
            "--delimiter comma",
        ],
    ),
    refused(
        "a column of whole thousands",
        "1,234\n7,890\n",
        &[
            "line 2: \"7,890\" may be several entries, or one number",
            "--delimiter comma",
        ],
    ),
    refused(
        "a column with blanks for thousands",
        "1 234,50\n2 345,75\n",
        &[
            "line 2: \"2 345,75\" may be separated by comma or blank",
            "--delimiter blank",
        ],
    ),
    refused(
        "whole thousands where a column is expected",
        "1 234\n2 345\n",
        &["line 2: \"2 345\" may be several entries, or one; choose with --delimiter blank"],
    )
    .with(|o| o.column = true),
    refused(
        "thousands in Swiss",
        "1'234.5\n2'345.5\n",
        &["line 1: \"1'234.5\" has separators of thousands"],
    ),
    refused(
        "millions in a column",
        "x\n\"1,234,567\"\n",
        &["line 2: \"1,234,567\" has separators of thousands"],
    ),
    refused(
        "decimal commas without a zero",
        ",5\n2,3\n",
        &["line 1, column 1: is missing"],
    ),
    refused(
        "dashes before commas",
        "-,1\n2,3\n",
        &["line 1, column 1: \"-\""],
    ),
    refused(
        "tabs before each line",
        "\t1\t2\n\t3\t4\n",
        &["line 1, column 1: is missing"],
    ),
    refused(
        "a first entry that is missing",
        ",1,2\n0,3,4\n5,6,7\n",
        &["line 1, column 1: is missing", "--header yes"],
    ),
    refused(
        "a delimiter at the end of some rows",
        "1,2\n3,4,\n",
        &["line 2 has 3 entries"],
    ),
    // First lines that are neither names nor numbers.
    refused(
        "missing entries first",
        "NA,NA\n1,2\n",
        &[
            "line 1, column 1: \"NA\" is a missing entry",
            "--header yes",
        ],
    ),
    refused(
        "missing entries of a spreadsheet first",
        "#N/A,2\n1,2\n",
        &[
            "line 1, column 1: \"#N/A\" is a missing entry",
            "--header yes",
        ],
    ),
    refused(
        "missing entries in one column",
        "#N/A\n1.5\n",
        &["line 1, column 1: \"#N/A\" is a missing"],
    ),
    refused(
        "missing entries of another language",
        "1,2\n#NV,2\n#BEZUG!,4\n",
        &["line 2, column 1: \"#NV\""],
    ),
    refused(
        "missing names in capitals",
        "1.5,2\n#WERT,2\n",
        &["line 2, column 1: \"#WERT\""],
    ),
    refused(
        "missing entries within",
        "1.5,2\n#DIV/0!,2\n",
        &["line 2, column 1: \"#DIV/0!\" is a missing entry"],
    ),
    refused(
        "null",
        "null,null\n1,2\n",
        &["line 1, column 1", "--header yes"],
    ),
    refused(
        "nan",
        "nan,nan\n1,2\n",
        &["line 1: the entry in row 1, column 1 is NaN"],
    ),
    refused(
        "infinity",
        "x,y\n1,2\n3,-inf\n",
        &["line 3: the entry in row 2, column 2 is -inf"],
    ),
    refused(
        "overflow",
        "1.5,2\n3,1e999\n",
        &["line 2: the entry in row 2, column 2 is inf"],
    ),
    refused(
        "truth values first",
        "TRUE,FALSE\n1,0\n",
        &["line 1, column 1: \"TRUE\"", "--header yes"],
    ),
    refused(
        "percentages first",
        "50%,60%\n1,2\n",
        &["line 1, column 1: \"50%\" is not a number"],
    ),
    refused(
        "underscores first",
        "1_000,2_000\n3,4\n",
        &["line 1, column 1: \"1_000\""],
    ),
    refused(
        "hexadecimals first",
        "0x1F,0x2\n3,4\n",
        &["line 1, column 1: \"0x1F\""],
    ),
    refused(
        "the minus sign of typesetters first",
        "\u{2212}5,\u{2212}6\n3,4\n",
        &["line 1, column 1: \"\u{2212}5\""],
    ),
    refused(
        "currencies first",
        "$5,$6\n3,4\n",
        &["line 1, column 1: \"$5\""],
    ),
    refused(
        "dates first",
        "2024-01-01,2024-01-02\n3,4\n",
        &["line 1, column 1"],
    ),
    refused(
        "one entry that is no number",
        "1,two\n3,4\n",
        &["line 1, column 2: \"two\" is not a number", "--header yes"],
    ),
    refused("dashes", "-,-\n3,4\n", &["line 1, column 1: \"-\""]),
    // First lines that may be names.
    refused(
        "0, 1, 2 over fractions",
        "0,1,2\n0.5,1.5,2.5\n3.5,1.5,2.5\n",
        &[
            "line 1: \"0,1,2\" may be names or entries",
            "--header yes or --header no",
        ],
    ),
    refused(
        "0, 1, 2 over whole numbers",
        "0,1,2\n3,4,5\n",
        &["line 1", "--header yes or --header no"],
    ),
    refused(
        "0, 1 over whole numbers",
        "0;1\n3;4\n",
        &["line 1", "--header yes or --header no"],
    ),
    refused(
        "years",
        "2022,2023,2024\n5,7,9\n6,1,3\n",
        &["line 1", "--header yes or --header no"],
    ),
    refused(
        "wavelengths",
        "400,410,450\n0.5,0.7,0.9\n0.6,0.1,0.3\n",
        &["line 1", "--header yes or --header no"],
    ),
    refused(
        "1, 2 over fractions",
        "1 2\n1.5 2.5\n",
        &["line 1", "--header yes or --header no"],
    ),
    refused(
        "a year over a column of fractions",
        "2024\n1.5\n-2.25\n3.5\n",
        &["line 1: \"2024\" may be", "--header yes or --header no"],
    ),
    refused(
        "an index with a name that does not count",
        "id,x\n17,1.5\n4,2.5\n",
        &[
            "line 1: column 1 may number the rows",
            "--index-column yes or --index-column no",
        ],
    ),
    refused(
        "0 over a column of fractions",
        "0\n1.5\n2.5\n",
        &["line 1: \"0\" may be", "--header yes or --header no"],
    ),
    refused(
        "quoted numbers over others",
        "\"5\",\"3\"\n1,2\n3,4\n",
        &["line 1", "--header yes or --header no"],
    ),
    refused(
        "names of rows and years",
        "anna,2023,2024\nbert,5,7\n",
        &["line 1", "--header yes or --header no"],
    ),
    // First columns.
    refused(
        "an index with a name",
        "id,x\n0,1.5\n1,2.5\n",
        &[
            "line 1: column 1 may number the rows",
            "--index-column yes or --index-column no",
        ],
    ),
    refused(
        "an index without a header",
        "0,1.5,2.5\n1,3.5,4.5\n2,5.5,6.5\n",
        &[
            "line 1: column 1 may number the rows",
            "--index-column yes or --index-column no",
        ],
    ),
    refused(
        "an index in quotes",
        "\"key\",\"x\"\n\"17\",2.5\n\"4\",3.5\n",
        &["in quotes", "--index-column yes or --index-column no"],
    ),
    refused(
        "fractions without a name",
        ",x\n0.5,1.5\n0.7,3.5\n",
        &[
            "column 1 has no name",
            "--index-column yes or --index-column no",
        ],
    ),
    refused(
        "two columns without names",
        ",,x\n0,1,1.5\n0,2,3.5\n",
        &["no name", "--index-column yes or --index-column no"],
    ),
    refused(
        "dates",
        "day,x\n2024-01-01,1.5\n2024-01-02,2.5\n",
        &[
            "line 2, column 1: \"2024-01-01\" is not a number",
            "--index-column yes",
        ],
    ),
    refused(
        "a name short over numbers that do not count",
        "x,y\n7,1.5,2.5\n3,3.5,4.5\n",
        &[
            "line 2 has 3 entries, but line 1 has 2",
            "--index-column yes",
        ],
    ),
    refused(
        "--index-column yes of one column",
        "1.5\n2.5\n",
        &["line 1 has one column"],
    )
    .with(|o| o.index_column = Some(true)),
    refused(
        "--index-column yes and an entry that is no number",
        "1,two,3\n4,5,6\n",
        &["line 1, column 2: \"two\" is not a number"],
    )
    .with(|o| o.index_column = Some(true)),
    refused(
        "--index-column no, a name short",
        "x,y\nanna,1.5,2.5\n",
        &["line 2 has 3 entries, but line 1 has 2"],
    )
    .with(|o| o.index_column = Some(false)),
    refused(
        "--header no over names",
        "x,y\n1.5,2.5\n",
        &["line 1, column 1: \"x\" is not a number"],
    )
    .with(|o| o.header = Some(false)),
    // Delimiters and decimals.
    refused(
        "a column of decimal commas",
        "1,5\n2,5\n3,25\n",
        &[
            "line 2: \"2,5\" may be several entries, or one number with a comma",
            "--delimiter comma or --decimal comma",
        ],
    ),
    refused(
        "decimal commas of one length",
        "1,50\n2,25\n",
        &["--delimiter comma or --decimal comma"],
    ),
    refused(
        "decimal commas and zeros",
        "1,5\n1,05\n",
        &["--delimiter comma or --decimal comma"],
    ),
    refused(
        "a column of decimal commas, where one is expected",
        "1,5\n2,5\n",
        &["--delimiter comma or --decimal comma"],
    )
    .with(|o| o.column = true),
    refused(
        "a column of decimal commas under a name",
        "x\n1,5\n2,5\n",
        &["--delimiter comma or --decimal comma"],
    ),
    refused(
        "names of rows beside decimal commas or numbers",
        "x\nr1 8,5\nr2 7,25\n",
        &["line 2: \"r1 8,5\" may be separated by comma or blank; choose with --delimiter"],
    ),
    refused(
        "commas before three digits",
        "x;y\n1,250;2,500\n",
        &[
            "line 2: \"1,250\" may have a decimal comma or a separator of thousands",
            "--decimal comma",
        ],
    ),
    refused(
        "quoted thousands",
        "x,y\n\"1,250\",\"2,500\"\n",
        &[
            "line 2: \"1,250\" may have a decimal comma or",
            "--decimal comma",
        ],
    ),
    refused(
        "thousands and points",
        "x,y\n\"1,234.5\",2\n",
        &["line 2: \"1,234.5\" has separators of thousands"],
    ),
    refused(
        "points and commas",
        "x;y\n1.234,5;2,5\n",
        &["line 2: \"1.234,5\" has separators of thousands"],
    ),
    refused(
        "several thousands",
        "x;y\n1.234.567;2,5\n",
        &["line 2: \"1.234.567\" has separators of thousands"],
    ),
    refused(
        "blanks between thousands",
        "x;y\n1 234,5;2,5\n",
        &["line 2: \"1 234,5\" has separators of thousands"],
    ),
    refused(
        "apostrophes",
        "x;y\n1'234;2\n",
        &["line 2: \"1'234\" has separators of thousands"],
    ),
    refused(
        "points and commas in one table",
        "x;y\n1,5;2\n1.5;2\n",
        &["line 3, column 1: \"1.5\" has a point, but line 2 has a decimal comma"],
    ),
    refused(
        "--decimal point",
        "x;y\n1,5;2\n",
        &["line 2, column 1: \"1,5\" has no decimal point"],
    )
    .with(|o| o.decimal = Some(Decimal::Point)),
    refused(
        "--decimal comma",
        "x;y\n1.5;2\n",
        &["line 2, column 1: \"1.5\" has no decimal comma"],
    )
    .with(|o| o.decimal = Some(Decimal::Comma)),
    refused(
        "an unknown delimiter of Excel",
        "sep=:\n1:2\n",
        &["line 1: the delimiter must be comma"],
    ),
    // Lines that do not fit.
    refused(
        "a long row",
        "1.5,2\n3,4\n5,6,7\n",
        &["line 3 has 3 entries, but line 2 has 2"],
    ),
    refused(
        "a short row",
        "x,y\n1,2\n\n# c\n3\n",
        &["line 5 has 1 entries, but line 2 has 2"],
    ),
    refused(
        "a missing entry",
        "x,y\n1,2\n3,\n",
        &["line 3, column 2: is missing"],
    ),
    refused(
        "a column without entries",
        "x,y,z\n1,2,\n3,4,\n",
        &["line 2, column 3: is missing"],
    ),
    refused(
        "a missing entry between tabs",
        "1\t\t2\n3\t\t4\n",
        &["column 2: is missing"],
    ),
    refused(
        "empty rows of a spreadsheet",
        "x,y\n1,2\n,\n",
        &["line 3, column 1: is missing"],
    ),
    refused(
        "an entry that is no number",
        "x,y\n1,2\n3,abc\n",
        &["line 3, column 2: \"abc\" is not a number"],
    ),
    refused(
        "a percentage",
        "x,y\n1,2\n3,5%\n",
        &["line 3, column 2: \"5%\" is not a number"],
    ),
    refused(
        "a total",
        "x,y\n1.5,2\ntotal,2\n",
        &["line 3, column 1: \"total\" is not a number"],
    ),
    refused(
        "two headers",
        "x,y\nm,s\n1.5,2\n",
        &["line 2, column 1: \"m\" is not a number"],
    ),
    refused("a title", "measured in May\n\nx,y\n1.5,2\n", &["line 3"]),
    refused("a header alone", "x,y\n", &["it has 0 rows and 2 columns"]),
    refused("nothing", "", &["it has 0 rows and 0 columns"]),
    refused(
        "a file in Matrix Market format",
        "%%MatrixMarket matrix coordinate real general\n% by hand\n2 2 2\n1 1 1.5\n2 2 3.5\n",
        &["line 1"],
    ),
    refused("comments alone", "# x\n", &["it has 0 rows and 0 columns"]),
    refused(
        "a quote that does not end",
        "x,y\n1,\"2\n3,4\n",
        &["line 2 has a quote that does not end"],
    ),
    refused(
        "a header whose quote does not end",
        "x,\"y\n1,2\n3,\"4\n",
        &["line 1 has a quote that does not end"],
    ),
    refused(
        "a quote within an entry",
        "x,y\n\"1\"5,2\n",
        &["line 2 has a quote within an entry"],
    ),
    refused(
        "quotes of programmers",
        "x,y\n'1','2'\n",
        &["line 2, column 1: \"'1'\" is not a number"],
    ),
    refused("a backslash", "x,y\n1\\,5,2\n", &["line 2"]),
    refused(
        "a zero byte",
        "x,y\n1,\u{0}2\n",
        &["line 2 has a zero byte"],
    ),
];

fn parsed(file: &File) -> Result<Table, String> {
    let mut options = Options::default();
    (file.options)(&mut options);
    parse(Format::Text, file.text.as_bytes(), &options).map_err(|refused| refused.to_string())
}

fn rows(table: &Table) -> Vec<Vec<f64>> {
    let matrix = &table.matrix;
    let row = |i| (0..matrix.cols()).map(|j| matrix[(i, j)]).collect();
    (0..matrix.rows()).map(row).collect()
}

#[test]
fn each_table_is_read_right_or_refused_with_its_line() {
    let mut faults = Vec::new();
    for file in READ.iter().chain(REFUSED) {
        let outcome = parsed(file);
        let fits = match (&file.expected, &outcome) {
            (Expected::Read(expected, how), Ok(table)) => {
                rows(table) == *expected && table.how.starts_with(how)
                    || rows(table) == *expected
                        && table.how.contains(how)
                        && !how.contains("skipped")
            }
            (Expected::Refused(parts), Err(message)) => {
                parts.iter().all(|part| message.contains(part))
                    && !message.contains('\n')
                    && message.len() < 200
            }
            _ => false,
        };
        if !fits {
            faults.push(format!("{}: {:?}: {outcome:?}", file.what, file.text));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The end of the lines, a byte order mark, blank lines and comments never change what is read.
#[test]
fn the_form_of_the_lines_changes_nothing() {
    for file in READ.iter().chain(REFUSED) {
        if file.text.contains(['\r', '\u{feff}']) {
            continue;
        }
        let expected = parsed(file).map(|table| table.matrix);
        for (end, before) in [
            ("\r", ""),
            ("\r\n", ""),
            ("\n", "\u{feff}"),
            ("\r", "\u{feff}"),
        ] {
            let text = format!("{before}{}", file.text.replace('\n', end));
            let mut options = Options::default();
            (file.options)(&mut options);
            let outcome = parse(Format::Text, text.as_bytes(), &options);
            let outcome = outcome
                .map(|t| t.matrix)
                .map_err(|refused| refused.to_string());
            assert_eq!(outcome, expected, "{}: {text:?}", file.what);
        }
    }
}

#[test]
fn what_is_not_utf_8_says_how_to_save_it() {
    let utf_16: Vec<u8> = "\u{feff}x,y\n1,2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big_endian: Vec<u8> = "\u{feff}1,2\n"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let unmarked: Vec<u8> = "1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], &str); 6] = [
        (&utf_16, "is text in UTF-16; save it as UTF-8"),
        (&big_endian, "is text in UTF-16; save it as UTF-8"),
        (
            &unmarked,
            "is not a text file in UTF-8: line 1 has a zero byte",
        ),
        (
            b"gr\xf6\xdfe,y\n1,2\n",
            "is not a text file in UTF-8: line 1",
        ),
        (
            b"x,y\r1,2\r3,\xa04\r",
            "is not a text file in UTF-8: line 3",
        ),
        (
            b"PK\x03\x04\x14\x00\x06\x00",
            "is not a text file in UTF-8: line 1 has a zero byte",
        ),
    ];
    for (bytes, expected) in cases {
        let refused = parse(Format::Text, bytes, &Options::default()).unwrap_err();
        assert!(
            refused.to_string().starts_with(expected),
            "{refused}, not {expected}"
        );
    }
}

#[test]
fn a_header_is_kept_as_it_is() {
    let header = |text: &str| {
        let table = parse(Format::Text, text.as_bytes(), &Options::default()).unwrap();
        table.header
    };
    assert_eq!(
        header("\u{feff}, x ,y\n0,1.5,2\n").as_deref(),
        Some(", x ,y")
    );
    assert_eq!(header("1.5,2\n"), None);
}

#[test]
fn the_columns_of_the_matrix_have_names() {
    let names = |text: &str| {
        let options = Options {
            header: Some(true),
            ..Options::default()
        };
        parse(Format::Text, text.as_bytes(), &options).map(|table| table.names())
    };
    for (text, expected) in [
        ("t,counts\n0.5,1.5\n1,2.5\n", ["t", "counts"]),
        ("\"time (s)\";y\n0.5;1.5\n1;2.5\n", ["time (s)", "y"]),
        // The index column of pandas, that of R without a name, and one of words.
        (",t,y\n0,0.5,1.5\n1,1,2.5\n", ["t", "y"]),
        ("\"t\" \"y\"\n\"1\" 0.5 1.5\n\"2\" 1 2.5\n", ["t", "y"]),
        ("name,t,y\na,0.5,1.5\nb,1,2.5\n", ["t", "y"]),
        // Empty columns at the end.
        ("t,y,,\n0.5,1.5,,\n1,2.5,,\n", ["t", "y"]),
    ] {
        assert_eq!(names(text).unwrap(), expected, "{text}");
    }
    let table = parse(Format::Text, b"1.5,2\n", &Options::default()).unwrap();
    assert!(table.names().is_empty());
}

#[test]
fn a_matrix_has_no_more_entries_than_told() {
    let options = Options {
        max_entries: 3,
        ..Options::default()
    };
    let file = b"%%MatrixMarket matrix coordinate real general\n2 2 0\n";
    for (format, bytes) in [
        (Format::Text, &b"1.5 2\n3 4\n"[..]),
        (Format::MatrixMarket, file),
    ] {
        let refused = parse(format, bytes, &options).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("is 2x2, but a dense one may have at most 3")
        );
    }
}

/// Rows of two digits are read, and the message names the other way to read them.
#[test]
fn rows_that_may_be_decimals_name_the_option_that_decides() {
    let read =
        |text: &str, options: &Options| parse(Format::Text, text.as_bytes(), options).unwrap();
    let auto = Options::default();
    let comma = Options {
        decimal: Some(Decimal::Comma),
        ..auto.clone()
    };
    for text in ["1,5\n2,5\n", "1,2\n3,4\n", "1,50\n2,5\n"] {
        let rows = read(text, &auto);
        assert_eq!(rows.matrix.cols(), 2, "{text:?}");
        let how =
            "no header, separated by commas; if these are decimal commas, use --decimal comma";
        assert_eq!(rows.how, how, "{text:?}");
        let column = read(text, &comma);
        assert_eq!(column.matrix.cols(), 1, "{text:?}");
        assert_eq!(column.how, "no header, decimal commas", "{text:?}");
    }
    for text in ["1,2,3\n4,5,6\n", "1,-2\n3,4\n", "1.5,2\n3,4\n"] {
        assert_eq!(
            read(text, &auto).how,
            "no header, separated by commas",
            "{text:?}"
        );
    }
}

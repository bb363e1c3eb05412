//! Tables of numbers.

use leastwise_core::Mat;

use crate::{Format, Options, parse};

fn read_bytes(text: &[u8]) -> Result<Mat<f64>, String> {
    parse(Format::Text, text, &Options::default())
        .map(|table| table.matrix)
        .map_err(|refused| refused.to_string())
}

#[test]
fn every_separator_header_and_comment_gives_the_same_matrix() {
    let expected = Mat::from_fn(2, 3, |i, j| [[1.0, -2.5, 3e-3], [4.0, 0.0, 6.0]][i][j]);
    for text in [
        "1,-2.5,3e-3\n4,0,6\n",
        "1,-2.5,3e-3\n4,0,6",
        "1;-2.5;3e-3\r\n4;0;6\r\n",
        "1\t-2.5\t3e-3\n4\t0\t6\n",
        "  1 -2.5   3e-3  \n 4    0      6\n",
        "1, -2.5 ,3e-3\n4, 0, 6\n",
        "x,y,z\n1,-2.5,3e-3\n4,0,6\n",
        "\"x 1\";\"y\";z\n\"1\";-2.5;3e-3\n4;0;6\n",
        "# by hand, 2024\n\nx y z\n1 -2.5 3e-3\n# half\n4 0 6\n   \n",
        "\u{feff}1,-2.5,3e-3\n4,0,6\n",
    ] {
        assert_eq!(
            read_bytes(text.as_bytes()).as_ref(),
            Ok(&expected),
            "{text:?}"
        );
    }
}

#[test]
fn one_number_a_line_is_a_column() {
    let expected = Mat::from_fn(3, 1, |i, _| (i + 1) as f64);
    assert_eq!(read_bytes(b"1\n2\n3\n").as_ref(), Ok(&expected));
    assert_eq!(read_bytes(b"b\n1\n\n2\n3\n").as_ref(), Ok(&expected));
}

#[test]
fn what_cannot_be_read_says_where() {
    let garbage: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let cases: [(&[u8], &str); 13] = [
        (b"", "it has 0 rows and 0 columns"),
        (b"# nothing\n\n", "it has 0 rows and 0 columns"),
        (b"x,y\n", "it has 0 rows and 2 columns"),
        (b"1,2\n3,4,5\n", "line 2 has 3 entries, but line 1 has 2"),
        (
            b"# c\n\n1 2\n\n# d\n3\n",
            "line 6 has 1 entries, but line 3 has 2",
        ),
        (b"x,y\n1,2,3\n", "line 2 has 3 entries, but line 1 has 2"),
        (
            b"1,2\n3,four\n",
            "line 2, column 2: \"four\" is not a number",
        ),
        (b"1,two\n3,4\n", "line 1, column 2: \"two\" is not a number"),
        (b"1,2\nx,y\n", "line 2, column 1: \"x\" is not a number"),
        (b"1,,3\n", "line 1, column 2: is missing"),
        (b"1.5;2,5\n", "line 1, column 2: \"2,5\" has a comma"),
        (b"1,2\n3,\xff\n", "is not a text file in UTF-8"),
        (&garbage, "is not"),
    ];
    for (text, expected) in cases {
        let problem = read_bytes(text).unwrap_err();
        assert!(problem.contains(expected), "{problem}, not {expected}");
        assert!(!problem.contains('\n') && problem.len() < 200, "{problem}");
    }
}

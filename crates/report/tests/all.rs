//! Random documents, each rendered for every medium.

use leastwise_report::{
    Axis, Cell, Chart, Column, Document, Figure, Kind, Look, Point, Provenance, Row, Rule, Section,
    Series, Table, Unit,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A value of any size. Some values have no position on an axis.
fn value(rng: &mut StdRng) -> f64 {
    match rng.random_range(0..12) {
        0 => 0.0,
        1 => f64::NAN,
        2 => f64::INFINITY,
        3 => -1.0,
        4 => 10f64.powf(rng.random_range(-300.0..300.0)),
        _ => 10f64.powf(rng.random_range(-4.0..4.0)),
    }
}

/// Words with characters that have a meaning in Markdown, HTML and SVG.
fn words(rng: &mut StdRng) -> String {
    let pieces = [
        "a", "|", "<b>", "&", "κ₂(A)", " ", "*", "\n", "/", "\"", "longer",
    ];
    let count = rng.random_range(1..6);
    (0..count)
        .map(|_| pieces[rng.random_range(0..pieces.len())])
        .collect()
}

fn axis(rng: &mut StdRng) -> Axis {
    let mut axis = Axis::linear(words(rng));
    axis.is_logarithmic = rng.random();
    axis.unit = [Unit::Plain, Unit::Nanoseconds, Unit::Times][rng.random_range(0..3)];
    axis.ceiling = rng.random::<bool>().then(|| value(rng));
    axis.depth = rng.random::<bool>().then_some(1e7);
    let mut at: Vec<f64> = (0..rng.random_range(0..4)).map(|_| value(rng)).collect();
    at.sort_by(f64::total_cmp);
    axis.at(at)
}

fn chart(rng: &mut StdRng) -> Chart {
    let mut chart = Chart::new(words(rng), axis(rng), axis(rng));
    for place in 0..rng.random_range(0..4) {
        let points = (0..rng.random_range(0..6)).map(|_| Point {
            interval: rng.random::<bool>().then(|| (value(rng), value(rng))),
            is_hollow: rng.random(),
            label: rng.random::<bool>().then(|| words(rng)),
            ..Point::from((value(rng), value(rng)))
        });
        let points: Vec<Point> = points.collect();
        let kinds = [Kind::Line, Kind::MarkedLine, Kind::Markers, Kind::Band];
        let kind = kinds[rng.random_range(0..4)];
        chart = chart.with(Series::new(words(rng), Look::new(place), points).kind(kind));
    }
    chart.rules.push(Rule::level(value(rng), words(rng)));
    let strip = (0..rng.random_range(0..3)).map(|_| (value(rng), vec![Look::new(0)]));
    chart.strip = strip.collect();
    chart.has_names = rng.random();
    chart
}

/// The number of cells in a row of Markdown, not counting escaped bars.
fn columns(line: &str) -> usize {
    line.replace("\\|", "").matches('|').count() - 1
}

#[test]
fn whatever_a_document_holds_every_medium_shows_it() {
    for seed in 0..60 {
        let mut rng = StdRng::seed_from_u64(seed);
        let rng = &mut rng;
        let count = rng.random_range(1..5);
        let mut table = Table::new((0..count).map(|place| match place {
            0 => Column::text(words(rng)),
            _ => Column::number(words(rng)),
        }));
        for _ in 0..rng.random_range(1..4) {
            let cells = (0..rng.random_range(1..=count)).map(|_| {
                let number = value(rng);
                Cell::number(number, words(rng)).muted(rng.random())
            });
            let cells = cells.collect();
            table.push_row(Row {
                cells,
                verdict: rng.random::<bool>().then(|| "refused".to_owned()),
                ..Row::default()
            });
        }
        let figure = Figure::charts("figure", words(rng), [chart(rng), chart(rng)]);
        let svg = figure
            .to_svg()
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(svg.ends_with("</svg>\n"), "seed {seed}");
        assert!(
            !svg.contains("NaN") && !svg.contains("<b>"),
            "seed {seed}: {svg}"
        );
        let document = Document {
            provenance: Some(Provenance::default()),
            ..Document::new(words(rng))
        };
        let section = Section::new("Section")
            .paragraph(words(rng))
            .with(table)
            .with(figure);
        let document = document.with(section);
        let text = document.to_text();
        let is_narrow = |line: &str| line.chars().count() <= 100;
        assert!(text.lines().all(is_narrow), "seed {seed}: {text}");
        let markdown = document.to_markdown();
        let rows = markdown.lines().filter(|line| line.starts_with("| "));
        for row in rows {
            assert_eq!(columns(row), count, "seed {seed}: {markdown}");
        }
        let page = document
            .to_html()
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(!page.contains("<b>"), "seed {seed}");
        assert!(document.to_json()["sections"].is_array(), "seed {seed}");
    }
}

#[test]
fn a_figure_carries_where_it_comes_from() {
    let folder = std::env::temp_dir().join(format!("leastwise-report-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let mut rng = StdRng::seed_from_u64(0);
    let figure = Figure::charts("figure", "Title", [chart(&mut rng)]);
    let mut document = Document::new("Title").with(Section::new("Figures").with(figure));
    document.provenance = Some(Provenance {
        command: "cargo xtask <a>".to_owned(),
        ..Provenance::default()
    });
    let [svg, png] = document
        .write_figures(&folder)
        .expect("two files")
        .try_into()
        .expect("two");
    let svg = std::fs::read_to_string(svg).expect("an SVG");
    assert!(
        svg.contains("<desc>1970-01-01T00:00:00Z: cargo xtask &lt;a&gt;</desc>"),
        "{svg}"
    );
    let png = std::fs::read(png).expect("a PNG");
    let words = b"cargo xtask <a>";
    assert!(png.starts_with(b"\x89PNG") && png.windows(words.len()).any(|part| part == words));
    std::fs::remove_dir_all(folder).expect("the folder is there");
}

#[test]
fn sections_of_one_name_have_addresses_of_their_own() {
    let section = |title: &str| Section::new(title).paragraph("Words.");
    let mut outer = section("Times");
    outer.parts = vec![section("Times"), Section::default().paragraph("Words.")];
    let document = Document::new("Title")
        .with(outer)
        .with(section("Times"))
        .with(section(""));
    let page = document.to_html().expect("a page");
    let ids = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next());
    let mut ids: Vec<_> = ids.collect();
    assert!(ids.len() >= 5 && ids.iter().all(|id| id.is_some_and(|id| !id.is_empty())));
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{page}");
    for link in page.split("href=\"#").skip(1) {
        assert!(ids.contains(&link.split('"').next()), "{link}");
    }
}

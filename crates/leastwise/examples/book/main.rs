//! The book: ten worked examples. The program writes the pages of `docs/book` and their pictures.
//!
//! ```console
//! $ cargo run --release -p leastwise --example book -- docs/book
//! ```

use std::error::Error;
use std::path::Path;

mod calibration;
mod decay_counts;
mod dose_response;
mod enzyme;
mod fluorescence;
mod growth;
mod isotherm;
mod page;
mod pendulum;
mod sine;
mod spectrum;

use page::{Chapter, Page};

/// A chapter of this name: its text, its code, and its function.
macro_rules! chapter {
    ($module:ident, $file:literal) => {
        Chapter {
            file: $file,
            title: $module::TITLE,
            question: $module::QUESTION,
            watch: $module::WATCH,
            source: include_str!(concat!(stringify!($module), ".rs")),
            run: $module::run,
        }
    };
}

/// All chapters, in their order.
pub(crate) const CHAPTERS: [Chapter; 10] = [
    chapter!(dose_response, "dose-response"),
    chapter!(spectrum, "spectrum"),
    chapter!(decay_counts, "decay-counts"),
    chapter!(enzyme, "enzyme"),
    chapter!(calibration, "calibration"),
    chapter!(pendulum, "pendulum"),
    chapter!(fluorescence, "fluorescence"),
    chapter!(isotherm, "isotherm"),
    chapter!(growth, "growth"),
    chapter!(sine, "sine"),
];

/// Runs a chapter. Returns its page in Markdown, and its picture as PNG.
pub(crate) fn run(chapter: &Chapter) -> Result<(String, Vec<u8>), Box<dyn Error>> {
    let mut page = Page::default();
    (chapter.run)(&mut page)?;
    Ok((chapter.markdown(&page), chapter.picture(&page)?))
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1);
    let folder = folder.ok_or("give the folder of the pages, such as docs/book")?;
    for chapter in &CHAPTERS {
        let (text, picture) = run(chapter)?;
        let path = |extension| {
            Path::new(&folder)
                .join(chapter.file)
                .with_extension(extension)
        };
        std::fs::write(path("md"), text)?;
        std::fs::write(path("png"), picture)?;
    }
    Ok(())
}

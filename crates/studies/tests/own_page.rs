//! Runs the example as its readers do. A program outside Leastwise renders the page of its own backend.

use std::path::Path;
use std::process::Command;

#[test]
fn a_program_with_a_backend_of_its_own_renders_the_page_of_compare() {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    // Cargo builds the examples of a package with its tests, and puts them beside the tests.
    let name = format!("own_page{}", std::env::consts::EXE_SUFFIX);
    let example = folder.join("examples").join(name);
    let out = std::env::temp_dir().join(format!("leastwise-own-page-{}", std::process::id()));
    let flags = "--unoptimised --quick --case product-4 --backend plain,faer --out";
    let output = Command::new(example)
        .args(flags.split(' '))
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for report in ["report.md", "report.html"] {
        let shown = std::fs::read_to_string(out.join(report)).unwrap();
        assert!(shown.contains("plain") && shown.contains("faer"), "{shown}");
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let rows = printed.lines().filter(|line| line.starts_with("plain"));
    assert!(rows.count() > 0, "{printed}");
    std::fs::remove_dir_all(out).unwrap();
}

//! Every command answers bad input with one clear line and exit code 2.

use std::path::Path;
use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .expect("the binary under test runs")
}

/// The flag with which a test build may measure.
const UNOPTIMISED: &str = "--unoptimised";

#[test]
fn bad_input_exits_with_2_and_one_line_that_names_the_flag() {
    let unwritable = "/dev/null/out";
    for (arguments, flag) in [
        (&["reproduce", "--samples", "0"][..], "--samples"),
        (&["reproduce", "--backend", "blas"], "--backend"),
        (&["reproduce", "--method", "lu"], "--method"),
        (&["reproduce", "--lm-steps", "0"], "--lm-steps"),
        (&["reproduce", "--gd-steps", "-1e-3"], "--gd-steps"),
        (&["reproduce", "--adam-steps", "nan"], "--adam-steps"),
        (&["reproduce", "--start-scale", "inf"], "--start-scale"),
        (&["reproduce", "--out", unwritable], unwritable),
        (&["compare", "--check", "--backend", "blas"], "--backend"),
        (&["compare", "--check", "--method", "svd,lu"], "--method"),
        (&["compare", "--check", "--scalar", "f16"], "--scalar"),
        (&["compare", "--check", "--case", "cube"], "--case"),
        (&["compare", "--check", "--threads", "0"], "--threads"),
        (&["compare", "--check", "--threads", "100000"], "--threads"),
        (&["reproduce", "--threads", "100000"], "--threads"),
        (&["rivals", "--threads", "100000"], "--threads"),
        (&["compare", "--check", "--solution", "x.npy"], "--a"),
        (&["reproduce", "--samples", "100000000000"], "--samples"),
        (&["rivals", "--samples", "100000000000"], "--samples"),
        (&["compare", "--unoptimised", "--out", unwritable], "--out"),
        (&["report", "nowhere"], "nowhere"),
        (&["compare", "--check", "--seed", "-1"], "-1"),
        (&["reproduce", "--sample", "3"], "--samples"),
        (&["reproduce", "--samples", "many"], "--samples"),
        (&["conformance", "--backend", "blas"], "--backend"),
        (&["rivals", "--samples", "5"], "--samples"),
        (&["rivals", "--ydim", "0"], "--ydim"),
        (&["rivals", "--seeds", "0"], "--seeds"),
        (&["rivals", "--seconds", "-1"], "--seconds"),
        (&["rivals", "--study", "scale,speed"], "--study"),
        (&["rivals", "--xdim", "1"], "--xdim"),
        (&["rivals", "--backend", "blas"], "--backend"),
        (&["rivals", "--out", unwritable], "--out"),
        (&["rivals", "--page", "nowhere.md"], "--page"),
        (&["rivals", "--page", "Cargo.toml"], "--page"),
        (&["rivals", "--resume", "--out", "nowhere"], "--resume"),
        (&["reproduce", "--page", "nowhere.md"], "--page"),
        (&["reproduce", "--resume", "--out", "nowhere"], "--resume"),
        (&["reproduce", "--layers", "6,0"], "--layers"),
        (&["study-worker", "map", "0"], "map"),
        (&["map", UNOPTIMISED, "--draws", "0"], "--draws"),
        (&["map", UNOPTIMISED, "--contenders"], "--contenders"),
        (&["conformance", "--contenders", "none"], "--contenders"),
        (&["compare", "--check", "--contenders"], "--contenders"),
        (&["conformance", "--page", "x.md"], "--contenders"),
        (&["library-worker", "none"], "none"),
        (&["minpack", UNOPTIMISED, "--rounds", "0"], "--rounds"),
        (&["minpack", UNOPTIMISED, "--page", "nowhere.md"], "--page"),
        (&["nist", UNOPTIMISED, "--rounds", "0"], "--rounds"),
        (&["nist", UNOPTIMISED, "--page", "nowhere.md"], "--page"),
        (&["cholesky", UNOPTIMISED, "--sizes", "0"], "--sizes"),
        (&["cholesky", UNOPTIMISED, "--rounds", "0"], "--rounds"),
        (&["cholesky", UNOPTIMISED, "--out", unwritable], "--out"),
        (
            &["cholesky", UNOPTIMISED, "--resume", "--out", "nowhere"],
            "--resume",
        ),
        (&["far-starts", "--draws", "0"], "--draws"),
        (&["far-starts", "--page", "nowhere.md"], "--page"),
        (&["map", UNOPTIMISED, "--python", "nowhere"], "--python"),
        (&["separable", UNOPTIMISED, "--starts", "0"], "--starts"),
        (&["separable", UNOPTIMISED, "--rounds", "0"], "--rounds"),
        (&["tall", UNOPTIMISED, "--rows", "0"], "--rows"),
        (&["tall", UNOPTIMISED, "--columns", "5,1"], "--columns"),
        (&["tall", UNOPTIMISED, "--threads", "100000"], "--threads"),
        (&["tall", UNOPTIMISED, "--seconds", "-1"], "--seconds"),
        (&["tall", UNOPTIMISED, "--rounds", "0"], "--rounds"),
        (&["tall", UNOPTIMISED, "--python", "nowhere"], "--python"),
        (&["scaling", UNOPTIMISED, "--widths", "0"], "--widths"),
        (&["scaling", UNOPTIMISED, "--samples", "1e3,x"], "--samples"),
        (&["scaling", UNOPTIMISED, "--backend", "blas"], "--backend"),
        (&["scaling", UNOPTIMISED, "--numpy", "/nowhere"], "--numpy"),
        (&["scaling", UNOPTIMISED, "--out", unwritable], "--out"),
        (&["scaling", UNOPTIMISED, "--page", "nowhere.md"], "--page"),
        (&["scaling", "--quick", "--full"], "--quick"),
        (&["measure"], "measure"),
        (&["reproduce", "compare"], "compare"),
    ] {
        let output = xtask(arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(
            message.trim_end().lines().count(),
            1,
            "{arguments:?}: {message}"
        );
        assert!(message.contains(flag), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty());
    }
}

/// Under a limit such as that of a batch system, an allocation that fails ends the process without a word.
#[cfg(target_os = "linux")]
#[test]
fn what_needs_more_memory_than_a_limit_leaves_is_refused_with_its_size() {
    for (arguments, flag) in [
        ("reproduce --samples 10000000", "--samples 10000000"),
        ("reproduce --samples 100000 --data full", "--samples 100000"),
        ("reproduce --xdim 3000", "--xdim 3000"),
        ("reproduce --wdim 200000", "--wdim 200000"),
        ("reproduce --ydim 300000 --samples 10", "--ydim 300000"),
        ("reproduce --layers 2000,2000", "--layers 2000,2000"),
        (
            "reproduce --lm-iterations 10000000",
            "--lm-iterations 10000000",
        ),
        ("rivals --samples 10000000", "--samples 10000000"),
        (
            "scaling --unoptimised --widths none --samples 1e7",
            "--samples 10000000",
        ),
        (
            "scaling --unoptimised --samples none --widths 4096",
            "--widths 4096",
        ),
    ] {
        // The limit is 600 MB of addresses.
        let limited = r#"ulimit -v 600000 && exec "$0" "$@""#;
        let output = Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_xtask")])
            .args(arguments.split_whitespace())
            .output()
            .expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(
            message.contains(flag) && message.contains("iB of memory, but "),
            "{message}"
        );
    }
}

/// The header of a sparse file states the shape, and so the memory of the dense matrix.
#[cfg(target_os = "linux")]
#[test]
fn a_sparse_file_that_would_not_fit_is_refused_before_it_is_read() {
    let folder = std::env::temp_dir().join(format!("leastwise-sparse-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for size in [200_000, 16_000, 3000] {
        let file = folder.join("huge.mtx");
        let text = format!(
            "%%MatrixMarket matrix coordinate real general\n{size} {size} 3\n1 1 1\n2 2 1\n3 3 1\n"
        );
        std::fs::write(&file, text).unwrap();
        // The limit is 600 MB of addresses. 16000×16000 entries take 2 GB, and the copies of 3000×3000 take 1 GB.
        let limited = r#"ulimit -v 600000 && exec "$0" "$@""#;
        let output = Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_xtask")])
            .args(["compare", "--check", "--a"])
            .arg(&file)
            .output()
            .expect("a shell");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(message.contains(&format!("{size}x{size}")), "{message}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_backends_agree_on_the_published_problem() {
    let output = xtask(&["compare", "--check", "--scalar", "f32"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        report.contains("10000x96 of rank 60")
            && report.contains("are right. Solutions of the same rank agree")
    );
}

#[test]
fn a_method_that_the_backend_lacks_is_said_to_be_unsupported() {
    let arguments = [
        "compare",
        "--check",
        "--scalar",
        "f32",
        "--method",
        "complete-orthogonal",
    ];
    let output = xtask(&[&arguments[..], &["--backend", "ndarray"]].concat());
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("unsupported"));
}

#[test]
fn a_study_of_rivals_writes_its_tables_into_a_page() {
    let name = format!("leastwise-rivals-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let page = folder.join("page.md");
    let text = "above\n<!-- rivals-tuning: begin -->\n<!-- rivals-tuning: end -->\nbelow\n";
    std::fs::write(&page, text).unwrap();
    let (folder_name, page_name) = (folder.to_str().unwrap(), page.to_str().unwrap());
    let small = "rivals --study tuning --samples 20 --seeds 1 --seconds 1e-3";
    let output = xtask(
        &small
            .split(' ')
            .chain(["--out", folder_name, "--page", page_name])
            .collect::<Vec<_>>(),
    );
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    // If stderr is a pipe, the progress is not shown.
    assert!(message.is_empty(), "{message}");

    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    // Without the command, which contains the path of the page.
    let lines = || {
        let lines = table.lines().filter(|line| !line.starts_with("wrote"));
        lines.filter(|line| !line.contains(folder_name))
    };
    assert!(lines().all(|line| line.chars().count() <= 100), "{table}");
    let updated = std::fs::read_to_string(&page).unwrap();
    assert!(updated.starts_with("above\n") && updated.ends_with("below\n"));
    assert!(lines().all(|line| updated.contains(line)), "{updated}");
    assert_shown_again(&folder, &page, &small.split(' ').collect::<Vec<_>>());

    let rows = rows(&folder);
    let [case] = &rows[..] else {
        panic!("{rows:?}");
    };
    for tuned in case["tuned"].as_array().unwrap() {
        assert_eq!(tuned["candidates"].as_array().unwrap().len(), 13);
    }
    for entry in case["entries"].as_array().unwrap() {
        assert_eq!(entry["runs"][0]["seed"], 0);
        assert!(entry["runs"][0]["trace"][0]["excess"].as_f64() > Some(0.0));
    }
    let png = std::fs::read(folder.join("rivals-tuning.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(debug_assertions)]
#[test]
fn an_unoptimised_build_refuses_to_measure() {
    for command in ["compare", "scaling"] {
        let output = xtask(&[command, "--quick"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(message.contains("unoptimised") && message.trim_end().lines().count() == 1);
    }
}

/// The rows of a record.
fn rows(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("record.jsonl")).unwrap();
    let rows = text.lines().skip(1);
    rows.map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Checks that the stored record gives the same page again, and that the continued run does not change it.
fn assert_shown_again(folder: &Path, page: &Path, arguments: &[&str]) {
    let text = std::fs::read_to_string(page).unwrap();
    let [folder, file] = [folder, page].map(|path| path.to_str().unwrap());
    let resume = ["--out", folder, "--resume", "--page", file];
    // A folder that is not there yet.
    let plots = format!("{folder}/plots");
    for arguments in [
        vec!["report", folder, "--readme", file, "--plots", &plots],
        [arguments, &resume].concat(),
    ] {
        let again = xtask(&arguments);
        assert_eq!(again.status.code(), Some(0), "{again:?}");
        assert_eq!(std::fs::read_to_string(page).unwrap(), text);
    }
}

/// The flags of a command that measures time.
const ONCE: [&str; 3] = [UNOPTIMISED, "--rounds", "1"];

/// Runs the command with the flags and a page of its own. Checks the tables in the page, and returns the output.
fn suite_with_page(command: &str, flags: &[&str]) -> Output {
    let name = format!("leastwise-{command}-{}.md", std::process::id());
    let page = std::env::temp_dir().join(name);
    let markers = format!("<!-- {command}: begin -->\nold\n<!-- {command}: end -->\n");
    std::fs::write(&page, markers).unwrap();
    let file = page.to_str().unwrap();
    let out = page.with_extension("");
    let folder = ["--out", out.to_str().unwrap()];
    let output = xtask(&[&[command], flags, &folder, &["--page", file]].concat());
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("trust region, faer") && !text.contains("old"));
    // Without the command, which contains the path of the page.
    let mut tables = text.lines().filter(|line| !line.contains("--page"));
    assert!(tables.all(|line| line.chars().count() <= 100), "{text}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_shown_again(&out, &page, &[&[command], flags].concat());
    std::fs::remove_file(page).unwrap();
    std::fs::remove_dir_all(out).unwrap();
    output
}

#[test]
fn minpack_meets_its_bars_and_writes_its_tables_into_a_page() {
    let output = suite_with_page("minpack", &ONCE);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(message.is_empty(), "{message}");
}

#[test]
fn nist_meets_its_bars_and_writes_its_tables_into_a_page() {
    let output = suite_with_page("nist", &ONCE);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(message.is_empty(), "{message}");
}

#[test]
fn far_starts_meets_its_bars_and_writes_its_tables_into_a_page() {
    let output = suite_with_page("far-starts", &["--draws", "10"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(message.is_empty(), "{message}");
    let tables = String::from_utf8_lossy(&output.stdout);
    assert!(
        tables.contains("50 runs") && tables.contains("radius 100"),
        "{tables}"
    );
}

#[test]
fn sums_of_exponentials_are_solved_beside_varpro() {
    let name = format!("leastwise-separable-{}", std::process::id());
    let out = std::env::temp_dir().join(name);
    let folder = out.to_str().unwrap();
    let flags = ["--starts", "4", "--rounds", "1", "--out", folder];
    let output = xtask(&[&["separable", UNOPTIMISED], &flags[..]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    // Few starts decide nothing about who solves more.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{message}");
    let shown = String::from_utf8_lossy(&output.stdout);
    for part in ["Lanczos, 3 decays", "64 sets of 1024, 2 decays", "varpro"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn tall_problems_are_timed_beside_what_limits_them() {
    let name = format!("leastwise-tall-{}", std::process::id());
    let out = std::env::temp_dir().join(name);
    let folder = out.to_str().unwrap();
    let sizes = ["--rows", "100,1000", "--columns", "2,5", "--threads", "1,2"];
    let flags = [&sizes[..], &["--rounds", "1", "--out", folder]].concat();
    let output = xtask(&[&["tall", UNOPTIMISED], &flags[..]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let shown = String::from_utf8_lossy(&output.stdout);
    for part in [
        "n = 5, m = 1000: the fit with",
        "as reading A",
        "2 threads:",
        "rmpfit",
        "–",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(out.join("tall-fit.png").exists());
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn the_example_of_a_study_is_timed_checked_drawn_and_shown_again() {
    let name = format!("leastwise-cholesky-{}", std::process::id());
    let out = std::env::temp_dir().join(name);
    let folder = out.to_str().unwrap();
    let flags = ["--sizes", "1,7,30", "--rounds", "3", "--out", folder];
    let output = xtask(&[&["cholesky", UNOPTIMISED], &flags[..]].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let png = std::fs::read(out.join("cholesky.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let again = xtask(&["report", folder]);
    let [shown, again] = [&output, &again].map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
    assert!(again.contains("±") && shown.starts_with(&again), "{again}");

    // An incomplete row is measured again. Other flags are another run. A line of another form is not a record.
    let record = out.join("record.jsonl");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, &text[..text.len() - 9]).unwrap();
    let resume = |sizes: &str| {
        let flags = [
            "--sizes", sizes, "--rounds", "3", "--out", folder, "--resume",
        ];
        xtask(&[&["cholesky", UNOPTIMISED], &flags[..]].concat())
    };
    let other = resume("1,7");
    assert_eq!(other.status.code(), Some(2), "{other:?}");
    assert!(String::from_utf8_lossy(&other.stderr).contains("--resume"));
    let resumed = resume("1,7,30");
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    let whole = std::fs::read_to_string(&record).unwrap();
    let first = |text: &str| text.lines().take(3).collect::<Vec<_>>().join("\n");
    assert_eq!(whole.lines().count(), 4);
    assert_eq!(first(&whole), first(&text));
    let fewer = r#"{"n":9,"errors":[],"samples_ns":[]}"#;
    for line in ["{}", fewer] {
        std::fs::write(&record, format!("{whole}{line}\n")).unwrap();
        let edited = xtask(&["report", folder]);
        assert_eq!(edited.status.code(), Some(2), "{edited:?}");
        assert!(String::from_utf8_lossy(&edited.stderr).contains("record.jsonl, line 5: "));
    }
    std::fs::write(&record, whole.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(xtask(&["report", folder]).status.code(), Some(2));
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn scaling_times_what_agrees_and_writes_tables_json_picture_and_page() {
    let name = format!("leastwise-scaling-{}", std::process::id());
    let out = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&out).unwrap();
    let page = out.join("page.md");
    let markers = "<!-- scaling: begin -->\nold\n<!-- scaling: end -->\n";
    std::fs::write(&page, markers).unwrap();
    let flags = ["--quick", "--widths", "6,7,12", "--samples", "100,200"];
    let [folder, file] = [&out, &page].map(|path| path.to_str().unwrap());
    let files = ["--out", folder, "--page", file];
    let output = xtask(&[&["scaling", UNOPTIMISED], &flags[..], &files].concat());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(message.is_empty(), "{message}");
    let tables = String::from_utf8_lossy(&output.stdout);
    assert!(tables.contains("Checked first"), "{tables}");
    let arguments = [&["scaling", UNOPTIMISED], &flags[..]].concat();
    assert_shown_again(&out, &page, &arguments);
    let rows = rows(&out);
    let all = |name: &str| -> Vec<serde_json::Value> {
        let of_row = |row: &serde_json::Value| row[name].as_array().unwrap().clone();
        rows.iter().flat_map(of_row).collect()
    };
    let measurements = all("measurements");
    // Each of two backends measures two forms of kronecker, matrix-free, dense, and svd only by width. The peer
    // measures once.
    assert_eq!(measurements.len(), 3 * (2 * 5 + 1) + 2 * (2 * 4 + 1));
    for measurement in measurements {
        let samples = measurement["samples_ns"].as_array().unwrap();
        assert!(samples.iter().all(|s| s.as_f64() > Some(0.0)));
        assert!(samples.len() >= 2, "{measurement}");
    }
    // Each of two backends computes the undamped step in three ways everywhere. It computes the damped step in two
    // ways at widths 6 and 7 and at both numbers of samples.
    let agreements = all("agreements");
    assert_eq!(
        agreements.len(),
        2 * 3 * (3 + 2) + 2 * 2 * (2 + 2),
        "{agreements:?}"
    );
    assert!(agreements.iter().any(|a| a["step"] == "damped"));
    assert!(
        std::fs::read(out.join("scaling.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains("kronecker") && !page.contains("old"),
        "{page}"
    );
    std::fs::remove_dir_all(out).unwrap();
}

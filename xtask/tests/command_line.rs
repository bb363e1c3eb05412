//! Bad input is one clear line and exit code 2, whatever the command.

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .expect("the binary under test runs")
}

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
        (&["compare", "--unoptimised", "--out", unwritable], "--out"),
        (&["report", "nowhere"], "nowhere"),
        (&["compare", "--check", "--seed", "-1"], "-1"),
        (&["reproduce", "--sample", "3"], "--samples"),
        (&["reproduce", "--samples", "many"], "--samples"),
        (&["conformance", "--backend", "blas"], "--backend"),
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

#[test]
fn the_backends_agree_on_the_published_problem() {
    let output = xtask(&["compare", "--check", "--scalar", "f32"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("10000x96 of rank 60") && report.contains("are right and agree"));
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

#[cfg(debug_assertions)]
#[test]
fn an_unoptimised_build_refuses_to_measure() {
    let output = xtask(&["compare", "--quick"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("unoptimised") && message.trim_end().lines().count() == 1);
}

//! Stored results that were edited. Each is refused with the line of the fault, or every report can be made from it.

use std::fs;
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use leastwise_harness::diff;
use leastwise_harness::model::{Operation, Status};
use leastwise_harness::store::{self, Store};

use super::record::{CellRecord, Results};
use super::samples::{cell, product, run, timed};
use super::{analysis, report};

/// The lines of a run of a user's own system, with a cell of every kind.
fn whole(folder: &Path) -> Vec<Value> {
    let mut run = run();
    run.options.input = Some("00000000075bcd15".to_owned());
    run.options.cases = vec![
        "mine.npy".to_owned(),
        "product-4".to_owned(),
        "fit".to_owned(),
    ];
    let mut by_hand = timed(cell("mine.npy", "faer", "svd"), 2e6, 0.01, 3);
    by_hand.control = true;
    let mut solved = timed(cell("mine.npy", "faer", "svd"), 1e6, 0.01, 1);
    solved.x_head = Some(vec![vec![1.0, -2.5]]);
    let mut refused = cell("mine.npy", "ndarray", "qr");
    refused.status = Status::Refused;
    let system: Vec<CellRecord> = vec![
        solved,
        timed(cell("mine.npy", "nalgebra", "svd"), 3e6, 0.01, 2),
        refused,
        by_hand,
    ];
    let products = vec![product(4, "faer", 50.0), product(4, "ndarray", 60.0)];
    let mut fit = timed(cell("fit", "nalgebra", "svd"), 1e7, 0.01, 4);
    (fit.op, fit.solves, fit.evaluations) = (Operation::LmFit, Some(9), Some(20));
    let mut store = Store::create(folder, &run).unwrap();
    for cells in [&system, &products, &vec![fit]] {
        store.append(cells).unwrap();
    }
    let text = fs::read_to_string(store.path()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Counts the values within a value, including itself.
fn count(value: &Value) -> usize {
    let inner: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    };
    1 + inner
}

/// Replaces the value with this number, counted from the outermost value.
fn replace(value: &mut Value, number: &mut usize, edit: &mut dyn FnMut(&mut Value)) {
    if *number == 0 {
        edit(value);
        *number = usize::MAX;
        return;
    }
    *number -= 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in inner {
        if *number == usize::MAX {
            return;
        }
        replace(value, number, edit);
    }
}

fn edited(value: &Value, rng: &mut ChaCha8Rng) -> Value {
    let number = value.as_f64().unwrap_or(1.0);
    let nasty = [
        json!(null),
        json!(true),
        json!(""),
        json!("x|y"),
        json!("speed"),
        json!(-1),
        json!(0),
        json!(1),
        json!(-0.0),
        json!(5e-324),
        json!(1e308),
        json!(-1e308),
        json!(1u64 << 63),
        json!(u64::MAX),
        json!([]),
        json!([0.0]),
        json!({}),
        json!(number * 2.0),
        json!(number * (1.0 + 1e-6)),
        json!(-number),
        json!(value.as_u64().map(|n| n.wrapping_add(1))),
        json!(value.as_u64().map(|n| n.wrapping_sub(1))),
    ];
    nasty[rng.random_range(0..nasty.len())].clone()
}

/// Edits one value, or one line.
fn edit(lines: &[Value], rng: &mut ChaCha8Rng) -> String {
    let mut lines = lines.to_vec();
    let at = rng.random_range(0..lines.len());
    let other = rng.random_range(0..lines.len());
    match rng.random_range(0..20) {
        0 => lines.insert(at, lines[other].clone()),
        1 => lines.swap(at, other),
        2 => drop(lines.remove(at)),
        3 => {
            if let Some(fields) = lines[at].as_object_mut() {
                let names: Vec<String> = fields.keys().cloned().collect();
                fields.remove(&names[rng.random_range(0..names.len())]);
            }
        }
        _ => {
            let mut number = rng.random_range(0..count(&lines[at]));
            replace(&mut lines[at], &mut number, &mut |value| {
                *value = edited(value, rng);
            });
        }
    }
    let mut text: Vec<String> = lines.iter().map(Value::to_string).collect();
    text.push(String::new());
    text.join("\n")
}

/// Every report of a stored result.
fn reports(results: &Results) -> [String; 4] {
    assert!(diff::changes(results, results, 0.03).regressions.is_empty());
    let groups = analysis::groups(results);
    let recommended: Vec<String> = groups.iter().map(analysis::recommendation).collect();
    [
        report::pages::terminal(results, true).to_text() + &recommended.join("\n"),
        report::pages::markdown(results).to_markdown(),
        report::document::render(results).unwrap(),
        report::pages::page(results).to_html().unwrap(),
    ]
}

#[test]
fn whatever_is_edited_is_refused_with_its_line_or_reported() {
    let folder = format!("leastwise-edited-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    let _ = fs::remove_dir_all(&folder);
    let lines = whole(&folder);
    reports(&store::read(&folder).unwrap());
    let (mut refused, mut read) = (0, 0);
    for seed in 0..150 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let text = edit(&lines, &mut rng);
        let count = text.lines().count();
        fs::write(folder.join("results.jsonl"), &text).unwrap();
        match store::read(&folder) {
            Err(error) => {
                refused += 1;
                let message = error.to_string();
                assert!(error.is_bad_input(), "seed {seed}: {message}");
                assert!(!message.contains('\n'), "seed {seed}: {message}");
                let numbered = |n| message.contains(&format!(", line {n}: "));
                assert!((1..=count).any(numbered), "seed {seed}: {message}");
            }
            Ok(results) => {
                read += 1;
                for report in reports(&results) {
                    // The script of a page may contain these words.
                    let shown = report.split("<script>").next().unwrap_or_default();
                    for nonsense in ["NaN", "inf "] {
                        let line = shown.lines().find(|line| line.contains(nonsense));
                        assert_eq!(line, None, "seed {seed}: {nonsense}");
                    }
                }
            }
        }
    }
    // Both outcomes occur. Names and figures of the machine may have any value, but measurements may not.
    assert!(refused > 50 && read >= 5, "{refused} refused, {read} read");
    fs::remove_dir_all(folder).unwrap();
}

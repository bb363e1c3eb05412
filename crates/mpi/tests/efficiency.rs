//! The picture of the model of cost.

use std::fs;
use std::process::Command;

use crate::programs::program;
use crate::tables::Folder;

/// Steps that follow the model are those of the model, whatever the costs are.
#[test]
fn a_machine_that_follows_the_model_is_recognised() {
    let folder = Folder::new("efficiency");
    let (message, shared) = (1e-6, 3e-6);
    let (bandwidth, operations) = (10e9, 2e9);
    let mut lines = vec!["a line of another program".to_owned()];
    for ranks in 1..=4u32 {
        let levels = f64::from(ranks).log2().ceil();
        let (message, busiest) = if ranks > 2 {
            (shared, 2.0)
        } else {
            (message, 1.0)
        };
        for (rows, alone) in [(1e3, 1e-4), (1e5, 6e-3), (1e7, 0.5)] {
            // The core with two ranks of three takes 2/3 of the time. A message has 8·(n + 1)·(n + 2)/2 = 80 bytes, and a
            // merge 2·n³ = 54 operations, for n = 3.
            let time = alone * busiest / f64::from(ranks)
                + 2.0 * levels * (4.0 * message + 80.0 / bandwidth)
                + levels * 54.0 / operations;
            let nanoseconds = time * 1e9;
            // A slower run of the same step does not count.
            for nanoseconds in [3.0 * nanoseconds, nanoseconds] {
                lines.push(format!(
                    "step of {rows} rows, 3 parameters, {ranks} ranks: {nanoseconds:.0} ns"
                ));
            }
        }
    }
    let (measured, picture) = (folder.file("measured.txt"), folder.file("scale.png"));
    fs::write(&measured, lines.join("\n")).unwrap();
    let run = || {
        let mut command = Command::new(program("efficiency"));
        command.arg(&measured).arg(&picture).output().unwrap()
    };
    let output = run();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let off = text.lines().filter_map(|line| line.rsplit_once(" s, "));
    let off: Vec<&str> = off.map(|(_, off)| off).collect();
    assert_eq!(off.len(), 9, "{text}");
    assert!(
        off.iter().all(|off| ["+0 %", "-0 %"].contains(off)),
        "{text}"
    );
    let page = include_str!("../../../docs/scale.md");
    let table = text.lines().filter(|line| line.starts_with("| 10"));
    let table: Vec<&str> = table.collect();
    assert!(
        table.len() == 9 && page.contains(&table.join("\n")),
        "{table:?}"
    );
    assert!(fs::read(&picture).unwrap().starts_with(b"\x89PNG"));

    fs::write(&measured, "nothing\n").unwrap();
    let output = run();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
}

//! Dependencies have one direction: between the crates of the workspace, and between the files of each crate.
//!
//! An arrow is such a dependency. It goes from a file to the file that defines a name which the first file uses: by
//! `use`, by a path that begins with `crate`, `super` or `self`, or by the name of a module that the file declares.
//! Re-exports are followed, and are not arrows themselves. Tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates of this workspace on which each crate may depend. A crate comes after its dependencies in this list.
const LAYERS: [(&str, &[&str]); 28] = [
    ("core", &[]),
    ("format", &[]),
    ("expression", &[]),
    ("report", &["format"]),
    ("launch", &[]),
    ("random", &["core"]),
    ("files", &["core"]),
    ("faer", &["core"]),
    ("nalgebra", &["core"]),
    ("ndarray", &["core"]),
    ("lapack", &["core"]),
    ("plain", &["core"]),
    ("blocks", &["core"]),
    (
        "backends",
        &["core", "faer", "nalgebra", "ndarray", "lapack", "blocks"],
    ),
    ("optim", &["core"]),
    ("models", &["core", "optim"]),
    ("mpi", &["core", "files", "optim"]),
    (
        "fit-file",
        &[
            "core",
            "report",
            "expression",
            "files",
            "faer",
            "optim",
            "models",
            "mpi",
        ],
    ),
    ("leastwise", &["core", "faer", "optim", "models"]),
    ("peers", &["core", "optim"]),
    ("two-factor", &["core", "random", "files", "optim"]),
    ("testset", &["core", "random", "optim"]),
    ("conformance", &["core", "optim", "two-factor", "testset"]),
    (
        "harness",
        &[
            "core",
            "format",
            "files",
            "faer",
            "nalgebra",
            "lapack",
            "backends",
            "optim",
            "two-factor",
            "testset",
            "conformance",
        ],
    ),
    (
        "studies",
        &[
            "core",
            "report",
            "faer",
            "nalgebra",
            "backends",
            "optim",
            "fit-file",
            "mpi",
            "peers",
            "two-factor",
            "testset",
            "conformance",
            "harness",
        ],
    ),
    ("leastwise-cli", &["studies"]),
    ("xtask", &["studies"]),
    ("benches", &["core", "backends", "two-factor", "testset"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of each crate, by the last part of its name.
fn crates() -> Vec<(String, PathBuf)> {
    let root = root();
    let folders = fs::read_dir(root.join("crates")).expect("the folder of the crates");
    let mut folders: Vec<PathBuf> = folders
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.extend(["benches", "xtask", "xtask/launch"].map(|name| root.join(name)));
    folders.sort();
    let named = folders
        .into_iter()
        .filter(|folder| folder.join("Cargo.toml").exists());
    let name = |folder: &Path| {
        let name = folder.file_name().expect("a name");
        name.to_str().expect("UTF-8").to_owned()
    };
    named.map(|folder| (name(&folder), folder)).collect()
}

#[test]
fn crates_depend_on_those_of_lower_layers_alone() {
    let layers = BTreeMap::from(LAYERS);
    let crates = crates();
    assert!(crates.len() >= LAYERS.len());
    for (name, folder) in crates {
        let allowed = layers
            .get(&name[..])
            .unwrap_or_else(|| panic!("{name} has no layer here"));
        for used in dependencies(&folder) {
            assert!(
                allowed.contains(&&used[..]),
                "{name} depends on {used}, which is not in a layer below it"
            );
        }
    }
    for (at, (name, allowed)) in LAYERS.iter().enumerate() {
        let is_lower = |used: &&str| LAYERS[..at].iter().any(|(lower, _)| lower == used);
        assert!(
            allowed.iter().all(is_lower),
            "{name} depends on what stands after it"
        );
    }
}

/// The dependencies of a crate in this workspace, without those of its tests.
fn dependencies(folder: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    let mut section = "";
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        if matches!(section, "[dependencies]" | "[build-dependencies]")
            && let Some(rest) = line.strip_prefix("leastwise-")
        {
            names.push(
                rest.split(['.', ' ', '='])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
    }
    names
}

/// The path of a module: `["a", "b"]` is `crate::a::b`.
type ModulePath = Vec<String>;

/// The path of a name. It ends with `*` if everything is imported.
type Named = Vec<String>;

/// A file of a crate.
#[derive(Debug, Default)]
struct Module {
    children: BTreeSet<String>,
    /// The meaning of each name in the file, from its imports, including re-exports.
    imports: BTreeMap<String, Named>,
    globs: Vec<Named>,
    /// All names that the file uses, without re-exports.
    named: Vec<Named>,
    tokens: BTreeSet<String>,
}

type Modules = BTreeMap<ModulePath, Module>;

#[test]
fn no_files_of_a_crate_form_a_circle() {
    let mut found = Vec::new();
    let mut files = 0;
    for (name, folder) in crates() {
        for start in ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file)) {
            if start.exists() {
                let mut modules = Modules::new();
                read(&start, Vec::new(), &mut modules);
                files += modules.len();
                let circles = circles(&arrows(&modules));
                found.extend(circles.iter().map(|c| format!("{name}: {}", c.join(", "))));
            }
        }
    }
    assert!(files > 200, "{files} files were read");
    assert!(found.is_empty(), "the circles are\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_found_through_imports_paths_and_re_exports() {
    let sources = [
        ("", "mod a; mod b; mod c; mod d; pub use c::Shown;"),
        (
            "a",
            "use super::{b::{One as Uno, Two}, d};\n#[cfg(test)]\nmod tests { use crate::c::Three; }",
        ),
        (
            "b",
            "fn f() { let text = \"crate::d\"; crate::Shown::new(); } // crate::d",
        ),
        ("c", "struct Shown { of: crate::a::Kind }"),
        ("d", "use std::fmt;"),
    ];
    let path = |name: &str| {
        name.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let modules: Modules = sources
        .map(|(name, source)| (path(name), parse(source)))
        .into();
    let arrows = arrows(&modules);
    let to: Vec<&ModulePath> = arrows[&path("a")].iter().collect();
    assert_eq!(to, [&path("b"), &path("d")]);
    assert!(arrows[&path("d")].is_empty() && arrows[&path("")].is_empty());
    assert_eq!(circles(&arrows), [["a", "b", "c"]]);
}

/// Reads a module, and the modules that it declares.
fn read(file: &Path, path: ModulePath, modules: &mut Modules) {
    let source = fs::read_to_string(file).expect("a source file");
    let module = parse(&source);
    let is_root = matches!(
        file.file_name().and_then(|name| name.to_str()),
        Some("lib.rs" | "main.rs" | "mod.rs")
    );
    let folder = if is_root {
        file.parent().expect("a folder").to_owned()
    } else {
        file.with_extension("")
    };
    for child in &module.children {
        let inner = [&path[..], std::slice::from_ref(child)].concat();
        let candidates = [
            folder.join(format!("{child}.rs")),
            folder.join(child).join("mod.rs"),
        ];
        let file = candidates.iter().find(|candidate| candidate.exists());
        read(
            file.unwrap_or_else(|| panic!("{inner:?} has no file")),
            inner,
            modules,
        );
    }
    modules.insert(path, module);
}

/// The tokens of a source: names, `::`, and single characters. Comments and strings are left out.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(text) = rest.strip_prefix("r\"") {
            2 + text.find('"').map_or(text.len(), |end| end + 1)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            3
        } else if rest.starts_with("'\\") {
            3 + rest[3..].find('\'').map_or(0, |end| end + 1)
        } else {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let length = if is_name(first) {
                rest.find(|c| !is_name(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a string, including both quotation marks.
fn string_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    rest.len()
}

fn parse(source: &str) -> Module {
    let tokens = tokens(source);
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut module = Module {
        tokens: tokens.iter().cloned().collect(),
        ..Module::default()
    };
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let attribute: Vec<&str> = (at..at + 7).map(token).collect();
        if attribute.concat() == "#[cfg(test)]" {
            at = end_of_item(&tokens, at + 7);
        } else if token(at) == "use" {
            let end = (at..tokens.len())
                .find(|&at| token(at) == ";")
                .unwrap_or(tokens.len());
            let is_re_export = at > 0 && matches!(token(at - 1), "pub" | ")");
            let mut trees = Vec::new();
            expand(&tokens[at + 1..end], &mut Vec::new(), &mut trees);
            for (path, name) in trees {
                if name == "*" {
                    module.globs.push(path.clone());
                } else {
                    module.imports.insert(name, path.clone());
                }
                if !is_re_export {
                    paths.push(path);
                }
            }
            at = end;
        } else if token(at) == "mod" && token(at + 2) == ";" {
            module.children.insert(token(at + 1).to_owned());
            at += 3;
        } else if token(at + 1) == "::" && (at == 0 || token(at - 1) != "::") {
            let mut path = vec![token(at).to_owned()];
            while token(at + 1) == "::"
                && token(at + 2).starts_with(|c: char| c.is_alphabetic() || c == '_')
            {
                path.push(token(at + 2).to_owned());
                at += 2;
            }
            paths.push(path);
            at += 1;
        } else {
            at += 1;
        }
    }
    module.named = paths;
    module
}

/// The place after the `;` or the braces that end the item. The attributes belong to the item.
fn end_of_item(tokens: &[String], mut at: usize) -> usize {
    let mut depth = 0;
    while at < tokens.len() {
        match &tokens[at][..] {
            "{" | "(" | "[" => depth += 1,
            "}" => {
                depth -= 1;
                if depth == 0 && tokens.get(at + 1).map(String::as_str) != Some(";") {
                    return at + 1;
                }
            }
            ")" | "]" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The paths in a tree of imports, each with the name that it gets.
fn expand(tree: &[String], prefix: &mut Named, paths: &mut Vec<(Named, String)>) {
    let before = prefix.len();
    let mut at = 0;
    let mut name = None;
    while at < tree.len() {
        match &tree[at][..] {
            "::" => {}
            "{" => {
                let mut depth = 0;
                let mut start = at + 1;
                for end in at..tree.len() {
                    match &tree[end][..] {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 || depth == 1 && tree[end] == "," {
                        if start < end {
                            expand(&tree[start..end], prefix, paths);
                        }
                        start = end + 1;
                    }
                    if depth == 0 {
                        break;
                    }
                }
                prefix.truncate(before);
                return;
            }
            "as" => {
                name = tree.get(at + 1).cloned();
                at += 1;
            }
            "self" if at > 0 || before > 0 => {}
            part => prefix.push(part.to_owned()),
        }
        at += 1;
    }
    if let Some(last) = prefix.last().cloned() {
        paths.push((prefix.clone(), name.unwrap_or(last)));
    }
    prefix.truncate(before);
}

/// The file that defines the meaning of `named` in the module `from`. It is `None` if that is outside the crate.
fn resolve(
    modules: &Modules,
    from: &ModulePath,
    named: &[String],
    depth: usize,
) -> Option<ModulePath> {
    let first = named.first()?;
    let mut current = from.clone();
    if !matches!(&first[..], "crate" | "super" | "self") && !modules[from].children.contains(first)
    {
        return None;
    }
    for (at, part) in named.iter().enumerate() {
        match &part[..] {
            "crate" => current.clear(),
            "super" => drop(current.pop()),
            "self" | "*" => {}
            name => {
                let module = &modules[&current];
                if module.children.contains(name) {
                    current.push(name.to_owned());
                    continue;
                }
                if depth == 0 {
                    return Some(current);
                }
                if let Some(import) = module.imports.get(name) {
                    let path = [&import[..], &named[at + 1..]].concat();
                    return resolve(modules, &current, &path, depth - 1);
                }
                let has = |glob: &Named| {
                    let target = resolve(modules, &current, glob, depth - 1)?;
                    modules[&target].tokens.contains(name).then_some(target)
                };
                return module.globs.iter().find_map(has).or(Some(current));
            }
        }
    }
    Some(current)
}

type Arrows = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

fn arrows(modules: &Modules) -> Arrows {
    let of = |(path, module): (&ModulePath, &Module)| {
        let targets = module
            .named
            .iter()
            .filter_map(|named| resolve(modules, path, named, 8));
        (
            path.clone(),
            targets.filter(|target| target != path).collect(),
        )
    };
    modules.iter().map(of).collect()
}

/// The sets of files in which every file leads to every other file.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached = |from: &ModulePath| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&ModulePath> = arrows[from].iter().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next.clone()) {
                open.extend(&arrows[next]);
            }
        }
        seen
    };
    let reached: BTreeMap<&ModulePath, BTreeSet<ModulePath>> =
        arrows.keys().map(|from| (from, reached(from))).collect();
    let mut circles = BTreeSet::new();
    for (from, seen) in &reached {
        if seen.contains(*from) {
            let back = seen.iter().filter(|other| reached[other].contains(*from));
            circles.insert(back.map(|path| path.join("/")).collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

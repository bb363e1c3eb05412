//! Compares the versions that a backend reports with those that are built.

use leastwise_core::Engine;

/// Asserts that the versions which `backend` reports, joined by `+`, are locked for `packages`, in the same order. The lock
/// file is the nearest Cargo.lock at the current folder or above, which is that of the tested workspace under `cargo test`.
///
/// # Panics
/// If they are not locked, or there is no lock file.
pub fn assert_versions(backend: &dyn Engine, packages: &[&str]) {
    let info = backend.info();
    let folder = std::env::current_dir().expect("tests run in a folder");
    let mut files = folder.ancestors().map(|folder| folder.join("Cargo.lock"));
    let lock = files.find_map(|file| std::fs::read_to_string(file).ok());
    let lock = lock.expect("tests run in a workspace with a lock file");
    let versions: Vec<&str> = info.version.split('+').collect();
    assert_eq!(versions.len(), packages.len(), "{}", info.version);
    for (package, version) in packages.iter().zip(versions) {
        let entry = format!("name = \"{package}\"\nversion = \"{version}\"\n");
        assert!(
            lock.replace("\r\n", "\n").contains(&entry),
            "{} reports {package} {version}, which Cargo.lock does not have",
            info.name
        );
    }
}

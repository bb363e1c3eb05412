//! Compares the versions that a backend reports with those that are built.

use leastwise_core::Engine;

const LOCK: &str = include_str!("../../../Cargo.lock");

/// Asserts that the versions which `backend` reports, joined by `+`, are locked in Cargo.lock for
/// `packages`, in the same order.
///
/// # Panics
/// If they are not locked.
pub fn assert_versions(backend: &dyn Engine, packages: &[&str]) {
    let info = backend.info();
    let versions: Vec<&str> = info.version.split('+').collect();
    assert_eq!(versions.len(), packages.len(), "{}", info.version);
    for (package, version) in packages.iter().zip(versions) {
        let entry = format!("name = \"{package}\"\nversion = \"{version}\"\n");
        assert!(
            LOCK.replace("\r\n", "\n").contains(&entry),
            "{} reports {package} {version}, which Cargo.lock does not have",
            info.name
        );
    }
}

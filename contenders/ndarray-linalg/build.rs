//! Links the system's OpenBLAS, which also contains LAPACK.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = pkg_config::Config::new()
        .atleast_version("0.3.0")
        .probe("openblas")
    {
        println!("cargo::error=this contender needs OpenBLAS and pkg-config: {error}");
    }
}

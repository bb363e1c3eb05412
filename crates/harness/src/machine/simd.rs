//! The vector extensions of the processor for which linear algebra is written.
//!
//! faer and matrixmultiply choose their kernels by them at run time. So they explain the times better than
//! the features that the build was allowed to use.

/// By name, whether the processor and the system support it.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn detected() -> Vec<(&'static str, bool)> {
    vec![
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512dq", is_x86_feature_detected!("avx512dq")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
        ("avx512vl", is_x86_feature_detected!("avx512vl")),
    ]
}

/// By name, whether the processor and the system support it.
#[cfg(target_arch = "aarch64")]
fn detected() -> Vec<(&'static str, bool)> {
    use std::arch::is_aarch64_feature_detected;
    vec![
        ("neon", is_aarch64_feature_detected!("neon")),
        ("sve", is_aarch64_feature_detected!("sve")),
        ("sve2", is_aarch64_feature_detected!("sve2")),
    ]
}

/// Stable Rust has no run-time detection for other architectures.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn detected() -> Vec<(&'static str, bool)> {
    Vec::new()
}

pub(super) fn extensions() -> Vec<String> {
    detected()
        .into_iter()
        .filter(|(_, supported)| *supported)
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_the_build_may_use_is_detected() {
        let extensions = super::extensions();
        for feature in super::super::Build::read().target_features {
            let known = super::detected().iter().any(|(name, _)| *name == feature);
            assert!(!known || extensions.contains(&feature), "{feature}");
        }
    }
}

//! What holds where a drill file says nothing.

/// Where a drill states no limit.
pub const DEFAULT_LIMIT_MS: u64 = 5_000;
/// Who issues where a drill does not say.
pub const DEFAULT_AUTHORITY: &str = "quay.io/openbao/openbao:2.7.2";

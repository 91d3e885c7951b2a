//! The unprintable secret and the redactor.
use std::sync::Arc;
use zeroize::Zeroizing;
/// Redacts.
#[derive(Clone, Default)]
pub struct Redactor;
/// A secret.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);
impl Secret {
    /// New.
    pub fn new(s: String, _r: &Redactor) -> Self {
        Self(Arc::new(Zeroizing::new(s)))
    }
    /// Random.
    pub fn random(r: &Redactor) -> Self {
        use rand::RngExt;
        let s: String = rand::rng()
            .sample_iter(rand::distr::Alphanumeric)
            .take(32)
            .map(char::from)
            .collect();
        Self::new(s, r)
    }
    /// Expose.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

//! Secrets that cannot be printed, and the one boundary that every output passes.
//!
//! A [`Secret`] has no `Display` and no `Serialize`, its `Debug` says `[secret]`, and its text is wiped when the last clone is dropped.
//! Whoever makes one hands over the run's [`Redactor`], so that there is no secret that the boundary does not know:
//! ```
//! use drill::secret::{Redactor, Secret};
//! let redactor = Redactor::default();
//! let password = Secret::new("k7-Hq2mZ", &redactor);
//! assert_eq!(format!("{password:?}"), "[secret]");
//! assert_eq!(redactor.clean("login as v-1 with k7-Hq2mZ"), "login as v-1 with [redacted]");
//! ```
//! It does not print:
//! ```compile_fail
//! # use drill::secret::{Redactor, Secret};
//! println!("{}", Secret::new("k7-Hq2mZ", &Redactor::default()));
//! ```
//! and it does not serialize:
//! ```compile_fail
//! # use drill::secret::{Redactor, Secret};
//! serde_json::to_string(&Secret::new("k7-Hq2mZ", &Redactor::default()));
//! ```

mod panic;
mod patterns;
mod redactor;
mod views;
mod writer;

pub use panic::install_panic_hook;
pub use redactor::{PLACEHOLDER, Redactor, SHORTEST};
pub use writer::RedactingWriter;

use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A password, token, key or connection string. Clones share one text.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes the text over and makes it known to the redactor.
    pub fn new(text: impl Into<String>, redactor: &Redactor) -> Self {
        let secret = Self(Arc::new(Zeroizing::new(text.into())));
        redactor.register(&secret);
        secret
    }

    /// A new one of 32 letters and digits (190 bits), for what drill itself sets up.
    pub fn random(redactor: &Redactor) -> Self {
        use rand::RngExt;
        let text: String = rand::rng().sample_iter(rand::distr::Alphanumeric).take(32).map(char::from).collect();
        Self::new(text, redactor)
    }

    /// The lines of the private key that it holds, or of a secret of several parts: a log may break it up, and each line is as secret.
    pub fn key_lines(&self) -> impl Iterator<Item = &str> {
        let begins = |line: &str| line.starts_with("-----BEGIN ") && line.ends_with("PRIVATE KEY-----");
        // Without a key in it each line is a part by itself; of one line nothing is broken up.
        let parts = !self.0.contains("-----BEGIN ") && self.0.lines().nth(1).is_some();
        let from = self.0.lines().skip_while(move |line| !(parts || begins(line))).skip(usize::from(!parts));
        from.take_while(|line| !line.starts_with("-----END ")).filter(|line| line.len() >= SHORTEST)
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

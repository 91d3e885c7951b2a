//! What a credential of an object store is made of: a key's public name, its secret, and, of a session, its token. One that was bought
//! with an identity token has that too: it is what the door `sts` is asked with.

use crate::backend::Credential;
use crate::secret::{Redactor, Secret};

/// The parts of a credential, each on a line of its secret.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The public name.
    pub access: &'a str,
    /// What signs.
    pub secret: &'a str,
    /// Of a session.
    pub session: Option<&'a str>,
    /// What bought the session.
    pub identity: Option<&'a str>,
}

impl<'a> Keys<'a> {
    /// Of a credential.
    pub fn of(credential: &'a Credential) -> Self {
        let mut lines = credential.secret.expose().lines();
        let secret = lines.next().unwrap_or_default();
        let mut part = || lines.next().filter(|line| !line.is_empty());
        let (session, identity) = (part(), part());
        Self { access: &credential.name, secret, session, identity }
    }

    /// As a credential. Each part is known to the redactor by itself.
    pub fn pack(&self, redactor: &Redactor) -> Credential {
        let (session, identity) = (self.session.unwrap_or_default(), self.identity.unwrap_or_default());
        for part in [self.secret, session, identity].into_iter().filter(|part| !part.is_empty()) {
            drop(Secret::new(part, redactor));
        }
        let text = match (session, identity) {
            ("", "") => self.secret.to_string(),
            _ => format!("{}\n{session}\n{identity}", self.secret),
        };
        Credential { name: self.access.to_string(), secret: Secret::new(text, redactor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_no_part_passes_the_redactor() {
        let all =
            [(None, None), (Some("token-of-a-session"), None), (Some("token-of-a-session"), Some("identity-token"))];
        for (session, identity) in all {
            let redactor = Redactor::default();
            let packed = Keys { access: "AKIA", secret: "k7-Hq2mZ-secret", session, identity }.pack(&redactor);
            let keys = Keys::of(&packed);
            assert_eq!(
                (keys.access, keys.secret, keys.session, keys.identity),
                ("AKIA", "k7-Hq2mZ-secret", session, identity)
            );
            for part in [Some(keys.secret), session, identity].into_iter().flatten() {
                assert!(!redactor.clean(&format!("x {part} y")).contains(part), "{part}");
            }
        }
    }
}

//! What every server has whose users drill makes: who works at it, what it is called, what is known of it since it came up.

use super::attempt::Attempt;
use super::{BackendError, Credential, Place};
use crate::environment::{Container, ContainerSpec};
use crate::observation::{Saw, Stage};
use crate::secret::{Redactor, Secret};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who sees users and sessions.
pub const INSPECTOR: &str = "drill_inspector";

/// Who works at a server, before there is one.
pub struct Crew {
    /// May do everything.
    pub administrator: Credential,
    /// Sees users and sessions.
    pub inspector: Credential,
    /// What set-up calls the server. No secret: an identity that nobody can guess before.
    pub marker: String,
}

impl Crew {
    /// New passwords, and a name that no other server has.
    pub fn new(administrator: &str, redactor: &Redactor) -> Self {
        let user = |name: &str| Credential { name: name.into(), secret: Secret::random(redactor) };
        let marker = format!("drill-{}", Secret::random(&Redactor::default()).expose());
        Self { administrator: user(administrator), inspector: user(INSPECTOR), marker }
    }
}

/// A started server. `T` is how it is reached.
pub struct Base<T> {
    pub(super) container: Container,
    pub(super) crew: Crew,
    redactor: Redactor,
    known: Mutex<Known<T>>,
}

struct Known<T> {
    target: Option<T>,
    version: String,
    own: BTreeSet<String>,
}

impl<T: Clone> Base<T> {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn start(place: &Place<'_>, spec: ContainerSpec, crew: Crew) -> Result<Self, BackendError> {
        let container = place.start(spec).await?;
        let known = Known { target: None, version: String::new(), own: BTreeSet::new() };
        Ok(Self { container, crew, redactor: place.redactor.clone(), known: Mutex::new(known) })
    }
    fn known(&self) -> MutexGuard<'_, Known<T>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// It came up, and is this.
    pub fn is_up(&self, target: T, version: String) {
        let mut known = self.known();
        (known.target, known.version) = (Some(target), version);
    }
    /// How it is reached.
    ///
    /// # Errors
    /// It has not come up yet.
    pub fn target(&self) -> Result<T, BackendError> {
        self.known().target.clone().ok_or_else(|| BackendError("the server is not ready".into()))
    }
    /// The same for an attempt: who cannot be reached refuses nobody.
    ///
    /// # Errors
    /// It has not come up yet.
    pub fn reached(&self) -> Attempt<T> {
        self.target().map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))
    }
    /// As the server states it.
    pub fn version(&self) -> String {
        self.known().version.clone()
    }
    /// A parent for each of these names, as the server's own names go: with `-`, or with `_`.
    pub fn parents(&self, names: &[String], joint: &str) -> Vec<Credential> {
        let named = |name: &String| format!("{}{joint}bao", name.replace('-', joint));
        let parent = |name| Credential { name: named(name), secret: Secret::random(&self.redactor) };
        names.iter().map(parent).collect()
    }
    /// Remembers who is there before anything is issued.
    pub fn remember(&self, parents: &[Credential], others: &[&str]) {
        let crew = [&self.crew.administrator, &self.crew.inspector].into_iter().chain(parents);
        let own = crew.map(|user| user.name.clone()).chain(others.iter().map(ToString::to_string));
        self.known().own = own.collect();
    }
    /// Of these users those that set-up did not make.
    pub fn strangers(&self, users: &BTreeSet<String>) -> Vec<String> {
        users.difference(&self.known().own).cloned().collect()
    }
}

/// The answers of a server with a `base`.
macro_rules! answers_by_its_base {
    () => {
        fn container(&self) -> &Container {
            &self.base.container
        }
        fn into_container(self) -> Container {
            self.base.container
        }
        fn administrator(&self) -> &Credential {
            &self.base.crew.administrator
        }
        fn inspector(&self) -> &Credential {
            &self.base.crew.inspector
        }
        fn version(&self) -> String {
            self.base.version()
        }
        fn identity(&self) -> String {
            self.base.crew.marker.clone()
        }
    };
}
pub(super) use answers_by_its_base;

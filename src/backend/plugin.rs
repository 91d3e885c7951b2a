//! Where the plugins of OpenBao's database engine differ, as data: each backend that has one names its own.

/// The kind of credential that is a user who stays, and whose password the engine changes.
pub const STATIC: &str = "static-role";

/// A plugin of the database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plugin {
    /// As the connection at the authority names it.
    pub name: &'static str,
    /// In which form a role says what its users may.
    pub form: Form,
    /// The lists of a role that it runs, by their keys. What it does not run would be accepted and do nothing.
    pub runs: &'static [&'static str],
    /// The templates that it fills in. What it does not fill in would become a name.
    pub fills: &'static [&'static str],
}

/// Statements of a role by which whoever holds another parent would reach for a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostileStatements {
    /// That end it, hidden among those that make another.
    pub creation: Vec<String>,
    /// That end what was made, where the plugin's own would not.
    pub revocation: Vec<String>,
}

/// The form of a role's statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// SQL with templates, one statement an item.
    Sql,
    /// Access rules: a JSON array of texts, in a text. The plugin makes name and password up by itself.
    Rules,
}

/// What a plugin fills in that knows all templates.
pub const EVERY_TEMPLATE: &[&str] = &["name", "username", "password", "expiration"];

impl Plugin {
    /// Whether it runs a role's own list of this key.
    pub fn runs(&self, key: &str) -> bool {
        self.runs.contains(&key)
    }
}

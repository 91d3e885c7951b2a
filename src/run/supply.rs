//! What a probe presents: the same credential every time, or, where one works once, another of a stock each time. Who takes one spends
//! it, whatever comes of it: none is presented twice, since a spent one is refused whatever the trigger did.

use crate::backend::Credential;
use crate::credential::Issued;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where nothing is left to be presented. No answer of a server's.
pub const NONE_LEFT: &str = "none of the stock is left that was not presented before";

/// What the probes of a series present. Clones take from the same stock.
#[derive(Clone)]
pub enum Supply {
    /// Always this one.
    Same(Credential),
    /// Each once, in the order of their issue.
    Stock(Arc<Stock>),
}

/// Credentials that work once, and how many were taken.
pub struct Stock {
    all: Vec<Credential>,
    taken: AtomicUsize,
}

/// How long a stock lasts.
#[derive(Debug, Clone, Copy)]
pub struct Remainder {
    /// How many there were.
    pub total: usize,
    /// How many were not presented yet.
    pub left: usize,
}

impl Supply {
    /// A stock of these.
    pub fn stock(issued: &[Issued]) -> Self {
        let all = issued.iter().map(|issued| issued.credential.clone()).collect();
        Self::Stock(Arc::new(Stock { all, taken: AtomicUsize::new(0) }))
    }

    /// What is presented next, and which of the stock that is; none where the stock is used up.
    pub fn take(&self) -> Option<(Credential, Option<u32>)> {
        match self {
            Self::Same(credential) => Some((credential.clone(), None)),
            Self::Stock(stock) => {
                let n = stock.taken.fetch_add(1, Ordering::AcqRel);
                Some((stock.all.get(n)?.clone(), Some(u32::try_from(n).ok()?)))
            }
        }
    }

    /// What is left of a stock; none where the same credential is presented every time.
    pub fn remainder(&self) -> Option<Remainder> {
        let Self::Stock(stock) = self else { return None };
        let total = stock.all.len();
        Some(Remainder { total, left: total.saturating_sub(stock.taken.load(Ordering::Acquire)) })
    }
}

impl From<&Credential> for Supply {
    fn from(credential: &Credential) -> Self {
        Self::Same(credential.clone())
    }
}

impl From<&Supply> for Supply {
    fn from(supply: &Supply) -> Self {
        supply.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Redactor, Secret};

    #[test]
    fn each_is_taken_once_whoever_takes_it() {
        let credential = |name: &str| Credential { name: name.into(), secret: Secret::random(&Redactor::default()) };
        let all = vec![credential("a"), credential("b"), credential("c")];
        let stock = Supply::Stock(Arc::new(Stock { all, taken: AtomicUsize::new(0) }));
        let other = Supply::from(&stock);
        let taken: Vec<(String, Option<u32>)> =
            [&stock, &other, &stock].map(|s| s.take().map(|(c, n)| (c.name, n)).expect("one is left")).into();
        assert_eq!(taken, [("a".into(), Some(0)), ("b".into(), Some(1)), ("c".into(), Some(2))]);
        assert!(other.take().is_none() && stock.take().is_none());
        assert!(stock.remainder().is_some_and(|r| r.total == 3 && r.left == 0));
        let same = Supply::from(&credential("d"));
        assert!(same.remainder().is_none());
        assert_eq!(same.take().map(|(c, n)| (c.name, n)), same.take().map(|(c, n)| (c.name, n)));
    }
}

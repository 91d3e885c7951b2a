//! Leases are looked up where they are kept: at the authority, or at the broker that issues in its stead.

use crate::authority::broker::{Broker, BrokerReader};
use crate::authority::records::{BrokersRecord, Lease};
use crate::authority::{AuthorityError, Bao, Reader};
use std::sync::Arc;

/// The auditor's way to them.
#[derive(Clone)]
pub struct Leases {
    /// The auditor.
    pub auditor: Bao,
    /// Where there is one.
    pub broker: Option<Arc<Broker>>,
}

impl Leases {
    /// At the authority.
    pub fn reader(&self) -> Reader {
        Reader(self.auditor.clone())
    }

    /// A living lease, with the broker's record of it. None: the broker says that there is none.
    ///
    /// # Errors
    /// No answer; the authority does not know it.
    pub async fn read(
        &self,
        id: &str,
        namespace: &str,
    ) -> Result<Option<(Lease, Option<BrokersRecord>)>, AuthorityError> {
        match &self.broker {
            None => self.reader().lease(id, namespace).await.map(|lease| Some((lease, None))),
            Some(broker) => {
                let read = BrokerReader { broker, auditor: &self.auditor }.record(id, namespace).await?;
                Ok(read.map(|(lease, record)| (lease, Some(record))))
            }
        }
    }

    /// Whether a lease is known.
    ///
    /// # Errors
    /// No answer, or one that says neither.
    pub async fn knows(&self, id: &str, namespace: &str) -> Result<bool, AuthorityError> {
        match &self.broker {
            None => self.reader().knows_lease(id, namespace).await,
            Some(_) => Ok(self.read(id, namespace).await?.is_some()),
        }
    }
}

//! Events to disk as they happen, and back.

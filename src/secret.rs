//! The unprintable secret and the redactor.

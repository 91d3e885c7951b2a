//! The closed table of codes.

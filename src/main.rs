//! Arguments → lib → exit code.

fn main() {}

//! Reports: one file a format. Writers only format what `verdict` decided; all formats of a run say the same.

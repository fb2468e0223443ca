"""The document: types that are the specification."""

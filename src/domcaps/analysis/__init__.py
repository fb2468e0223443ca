"""What people ask of documents: pure functions with findings as data."""

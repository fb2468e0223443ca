"""Which label, trait, flag or metric follows from which value of the document: tables, rows only."""

"""The document in and out: XML, JSON, text. Walks over the schema that name no element."""

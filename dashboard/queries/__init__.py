"""What the screens and the REST API read: one file a record, each with the shape it has in JSON. Writes nothing."""

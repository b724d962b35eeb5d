"""Lambda handlers: each translates one kind of event to a use case and back. Importing one does nothing."""

"""Routes: parse, call a use case, answer. Nothing is decided here."""

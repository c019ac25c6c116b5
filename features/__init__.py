"""What a case is, and what is known of it on a day."""

"""From recordings to sessions."""

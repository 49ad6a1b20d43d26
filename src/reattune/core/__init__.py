"""The nouns: sessions, streams, attunement, ruptures. No analysis, no files."""

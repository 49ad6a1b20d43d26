"""Everything people look at: words, pictures, the report, tables for other programs."""

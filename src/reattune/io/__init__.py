"""Reading and writing files: one format, one small room."""

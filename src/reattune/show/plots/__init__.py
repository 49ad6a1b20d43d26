"""Pictures, one file each; none of them computes anything."""

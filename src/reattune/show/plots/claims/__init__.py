"""Pictures of the claims: one file per picture."""

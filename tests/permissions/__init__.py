"""Who may do what: one table, tested against every address and printed in docs/security.md."""

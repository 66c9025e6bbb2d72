"""Mail that comes in: read from a mailbox over IMAP, understood, and kept as a proposal until somebody says what it is."""

"""Keys, sealing and keyed hashes: what makes stored personal data unreadable without the environment's keys."""

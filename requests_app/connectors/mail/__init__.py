"""Reading mailboxes and mails: for what comes in, and for the search in mailboxes that are systems."""

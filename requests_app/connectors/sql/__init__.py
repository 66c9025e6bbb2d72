"""The ``sql`` kind of connector: a person's rows out of a PostgreSQL, MySQL, MariaDB or SQLite database, as a description says."""

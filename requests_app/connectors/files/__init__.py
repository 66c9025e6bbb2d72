"""The ``files`` kind of connector: a person's rows out of exports that lie in a folder or on an SFTP server, as a description says."""

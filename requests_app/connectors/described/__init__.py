"""Descriptions of systems: what an administrator writes instead of a program, read, checked and followed the same way by every kind."""

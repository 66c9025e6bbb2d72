"""Backup and restore of the database, the case files and, in an archive of their own, the keys."""

from .making import Made, make
from .manifest import BackupError
from .restoring import Restored, restore

__all__ = ["BackupError", "Made", "Restored", "make", "restore"]

"""A mailbox that mails are taken from: new mails by UID, then flagged or moved. Nothing else in it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from requests_app.connectors.mail.session import (
    MAX_BYTES as MAX_BYTES,
    Account,
    Fetched as Fetched,
    MailboxFault as MailboxFault,
    Session,
    on_this_machine as on_this_machine,
)
from requests_app.services.keys import open_text

if TYPE_CHECKING:
    from requests_app.models import MailSource

KEYWORD = b"$Hemdsr"


def secret_of(source: MailSource) -> str:
    """The password; ``MailboxFault`` when none is set."""
    if not source.secret_enc:
        raise MailboxFault("no_secret")
    return open_text(source.secret_enc, "mail-source", source.key)


class Mailbox(Session):
    """A connection that is logged in. Use as a context manager. Codes of its faults stand in ``words.FAULTS``."""

    timed_out: ClassVar[str] = ""

    def __init__(self, source: MailSource) -> None:
        super().__init__(Account(source.host, source.port, source.security, source.user), secret_of(source))
        self._source = source
        self._keeps_keyword = False

    def open_folder(self, *, readonly: bool = False) -> int:
        """Open the folder; gives its UIDVALIDITY. ``MailboxFault`` when it, or where mails are moved, is not there."""
        validity, told = self.open_named(self._source.folder, readonly=readonly)
        kept = {bytes(flag).lower() for flag in told.get(b"PERMANENTFLAGS", ())}
        self._keeps_keyword = bool(kept & {b"\\*", KEYWORD.lower()})
        done = self._source.done_folder
        if done and not self.ask("done_folder", lambda: self.client.folder_exists(done)):
            raise MailboxFault("done_folder")
        return validity

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs of the mails that came after ``uid``, in their order."""
        there = self.ask("refused", lambda: self.client.search(["UID", f"{uid + 1}:*"]))
        # the last mail always is in "n:*", however small its UID
        return sorted(found for found in there if found > uid)

    def count(self) -> int:
        """How many mails the open folder holds."""
        return len(self.ask("refused", lambda: self.client.search(["ALL"])))

    def mark(self, uid: int) -> None:
        """Tell the mailbox that a mail has been taken: by moving it, else by a keyword where the server keeps such. May be repeated."""
        if self._source.done_folder:
            self.ask("done_folder", lambda: self._move(uid))
        elif self._keeps_keyword:
            self.ask("refused", lambda: self.client.add_flags([uid], [KEYWORD], silent=True))

    def _move(self, uid: int) -> None:
        if self.client.has_capability("MOVE"):
            self.client.move([uid], self._source.done_folder)
            return
        there = self.client.get_flags([uid]).get(uid)
        if there is None:
            return
        if KEYWORD not in there:  # copied already, and the end was never reached
            self.client.copy([uid], self._source.done_folder)
            if self._keeps_keyword:
                self.client.add_flags([uid], [KEYWORD], silent=True)
        self.client.add_flags([uid], [b"\\Deleted"], silent=True)
        if self.client.has_capability("UIDPLUS"):  # a plain EXPUNGE would remove what others have marked
            self.client.uid_expunge([uid])

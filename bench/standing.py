"""What suggestions and standing rules cost on a case of 50,000 chat messages, on SQLite: CPU seconds and peak memory.

    python -m bench.standing [records]

The messages are those of the labelled set of ``bench.suggest`` over and over, every third from an employee. The longest transaction is
the longest time that the standing rules hold the lock of the case.
"""

from __future__ import annotations

import resource
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.database import throw_away
from bench.suggest import texts
from requests_app.domain.records import CategorySpec, Kind, Record
from requests_app.models import Mask
from requests_app.services import policy, standing, suggestions
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from tests.world import identified, make_world, open_case, put_records

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)
SPEC = CategorySpec("chatt", Kind.CONVERSATION, "Chatt", "Chat")


def messages(n: int) -> Iterator[Record]:
    """So many chat messages, twelve to a conversation."""
    pool = texts()
    for i in range(n):
        staff = i % 3 == 1
        sender = {"from": "Karin Öberg", "role": "staff"} if staff else {"from": "V1", "role": "person"}
        fields = {**sender, "text": pool[i % len(pool)].text}
        yield Record(str(i), SPEC.key, SPEC.kind, START + timedelta(minutes=i), fields, group=f"V{i // 12}")


@contextmanager
def measured(what: str) -> Iterator[dict[str, Any]]:
    """Print CPU, wall and what the block says it found."""
    cpu, wall, said = time.process_time(), time.perf_counter(), {}
    yield said
    took = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<34} CPU {took[0]:6.2f} s  wall {took[1]:6.2f} s  peak {peak:4.0f} MB  {said}")


def main() -> None:
    """Print one line per step."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with throw_away():
        world = make_world()
        policy.change(actor=Actor.staff(world.lena), values={"standing_masks": ["staff_names", "third_party_contacts"]})
        case = identified(world, open_case(world))
        with measured(f"write {n:,} records"):
            put_records(case, "fakturering", messages(n))
            put_records(case, "arkiv", [])
        case = type(case).objects.select_related("policy").get(pk=case.pk)
        first = list(messages(200))
        with measured("suggestions of a page of 200") as said:
            said["suggestions"] = len(suggestions.for_page(case, Vault(case), SPEC, "fakturering", first))
        with measured("survey of 5,000 records") as said:
            said["others"] = suggestions.survey(case, Vault(case)).others
        longest = [0.0]
        lay = standing._Applying._lay

        def timed(*args: Any) -> bool:
            began = time.perf_counter()
            done = lay(*args)
            longest[0] = max(longest[0], time.perf_counter() - began)
            return done

        standing._Applying._lay = timed  # type: ignore[method-assign]
        with measured("standing rules") as said:
            said["masks"] = standing.run(case.pk)
        print(f"longest transaction with its sealing {longest[0]:.2f} s")
        with measured("suggestions of a page, masked") as said:
            said["suggestions"] = len(suggestions.for_page(case, Vault(case), SPEC, "fakturering", first))
        assert Mask.objects.count() > 0


if __name__ == "__main__":
    main()

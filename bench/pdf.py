"""CPU, wall time, memory and pages of the extract, beside one plain table of the same records.

Run ``python -m bench.pdf``; give numbers of records to measure others than 100, 500 and 2,000. Data: 70 % hourly readings, 20 % chat,
9 % log-ins, 1 % newsletter. Each measurement is a process of its own with libraries and fonts loaded beforehand, as in a worker.
The plain table is what one would write first: a row for each record, tagged, nothing tuned. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from html import escape
from typing import TYPE_CHECKING

from weasyprint import HTML

from requests_app.documents.pdf import render_extract
from tests.documents import world

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.values import Extract

RECORDS = (100, 500, 2_000)
AIM_RECORDS, AIM_CPU = 500, 2.0
"""500 records in less than 2 seconds of CPU."""


def product(extract: Extract) -> int:
    """The product's own extract; returns its pages."""
    return render_extract(extract).pages


def plain_table(extract: Extract) -> int:
    """One table with a row for each record; returns its pages."""
    rows = "".join(
        f"<tr><td>{escape(section.name)}</td><td>{record.occurred_at}</td><td>{escape(record.group)}</td>"
        f"<td>{escape(json.dumps(dict(record.fields), ensure_ascii=False))}</td></tr>"
        for section in extract.sections
        for category in section.categories
        for record in category.records()
    )
    html = f'<html lang="sv"><title>x</title><table><tr><th>System<th>Tid<th>Grupp<th>Uppgifter</tr>{rows}</table>'
    document = HTML(string=html).render()
    document.write_pdf(pdf_variant="pdf/ua-1")
    return len(document.pages)


HOW: dict[str, Callable[[Extract], int]] = {"product": product, "plain table": plain_table}


def measure(how: str, records: int) -> dict[str, float]:
    """One rendering in this process."""
    HOW[how](world.mixed(20))  # loads libraries and fonts
    extract = world.mixed(records)
    cpu, wall = time.process_time(), time.perf_counter()
    pages = HOW[how](extract)
    return {
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "pages": pages,
    }


def in_own_process(how: str, records: int) -> dict[str, float]:
    """The same in a process of its own, so that memory and caches are its own too."""
    command = [sys.executable, "-m", "bench.pdf", "--how", how, str(records)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> int:
    """Measure all and print a table; the exit status says whether the aim was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", nargs="*", type=int, default=list(RECORDS))
    parser.add_argument("--how", choices=list(HOW), help="measure only this, in this process")
    arguments = parser.parse_args()
    if arguments.how:
        for records in arguments.records:
            print(json.dumps(measure(arguments.how, records)))
        return 0
    found: dict[str, dict[str, dict[str, float]]] = {}
    print(f"{'records':>8}  {'how':<12} {'cpu s':>7} {'wall s':>7} {'peak MB':>8} {'pages':>6}  cpu to plain table")
    for records in arguments.records:
        results = found[str(records)] = {how: in_own_process(how, records) for how in HOW}
        for how, r in results.items():
            ratio = r["cpu_s"] / results["plain table"]["cpu_s"]
            line = f"{records:>8,}  {how:<12} {r['cpu_s']:>7.2f} {r['wall_s']:>7.2f} {r['peak_mb']:>8.0f} {r['pages']:>6.0f}"
            print(f"{line}  {ratio:.2f}")
    print(json.dumps(found))
    aimed = found.get(str(AIM_RECORDS))
    return int(aimed is not None and aimed["product"]["cpu_s"] >= AIM_CPU)


if __name__ == "__main__":
    sys.exit(main())

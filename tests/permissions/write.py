"""Print the matrix into docs/security.md: ``python -m tests.permissions.write``."""

from __future__ import annotations

from pathlib import Path

from tests.permissions.table import ACTION_ROWS, ACTORS, ENTRIES

BEGIN, END = "<!-- matrix: made by python -m tests.permissions.write -->", "<!-- end of matrix -->"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"


def rendered() -> str:
    """The matrix as a table: one line for each action on each kind of object."""
    head = ["Object", "Action", *(actor.title for actor in ACTORS)]
    lines = [_line(head), _line(["---"] * 2 + [":-:"] * len(ACTORS))]
    rows = [(entry.object, entry.action, entry.may) for entry in ENTRIES]
    rows += [(row.object, row.action, row.may) for row in ACTION_ROWS]
    before, said = "", set()
    for name, action, may in rows:
        if (name, action, may) in said or not may:
            continue
        said.add((name, action, may))
        lines.append(
            _line(["" if name == before else name, action, *("yes" if actor.key in may else "" for actor in ACTORS)])
        )
        before = name
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Write it."""
    text = PAGE.read_text(encoding="utf-8")
    before, _begin, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{rendered()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Tables of plain text: as wide as they are in a pipe, in a terminal so that no row is longer than its lines."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence
from io import StringIO
from typing import Final

_GAP: Final = 2
"""Spaces between columns."""
_LEAST: Final = 40
"""Width below which nothing is folded any more."""
_NAME: Final = 24
"""Least width of the first column beside a last one that is folded."""
_LAST: Final = 20
"""Least width of a last column that is folded."""


def columns(rows: Sequence[Sequence[str]], width: int = 0) -> Iterator[str]:
    """Lines of cells that stand below each other; cells are folded, at commas first, where ``width`` is too little.

    Args:
        rows: cells, in each row as many.
        width: characters of a line; 0 for as many as it takes.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if not width or sum(widths) + _GAP * (len(widths) - 1) <= width:
        for row in rows:
            yield (" " * _GAP).join(f"{cell:<{most}}" for cell, most in zip(row, widths, strict=True)).rstrip()
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False)
    for _ in widths:
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell.replace(", ", ",\n")) for cell in row))
    out = StringIO()
    Console(file=out, width=max(width, _LEAST), color_system=None, legacy_windows=False, _environ={}).print(table)
    yield from (line.rstrip() for line in out.getvalue().splitlines())


def named(rows: Sequence[Sequence[str]], width: int = 0, right: Collection[int] = ()) -> Iterator[Sequence[str]]:
    """For each row the lines of a name and of what there is to say of it, which stand below each other.

    A name that leaves too little room has a line of its own, whole, so that it can be copied; of the others only the
    last cell is folded.

    Args:
        rows: a name and some cells, in each row as many.
        width: as in ``columns``.
        right: indices of cells that stand at the right of their column.
    """
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(*(row[1:] for row in rows), strict=True)]
    before = sum(widths[:-1]) + _GAP * len(widths)
    if width:
        widths[-1] = min(widths[-1], max(width - before - _NAME, _LAST))
    room = max(width - before - widths[-1], _NAME) if width else max(len(row[0]) for row in rows)
    first = max((len(row[0]) for row in rows if len(row[0]) <= room), default=0)
    for name, *cells in rows:
        folded = textwrap.wrap(cells[-1], max(widths[-1], 1), break_on_hyphens=False) or [""]
        parts = [f"{name if len(name) <= first else '':<{first}}"]
        for index, cell in enumerate(cells[:-1], 1):
            parts.append(f"{cell:{'>' if index in right else '<'}{widths[index - 1]}}")
        lines = [(" " * _GAP).join([*parts, folded[0]]).rstrip()]
        lines += (f"{'':<{first + before}}{more}" for more in folded[1:])
        yield lines if len(name) <= first else [name, *lines]

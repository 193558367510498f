"""A table wider than a phone is read there row by row, each cell under the one before, behind its head.

A table with room for its longest words stays one: a page's HTML tells how long they are.
"""

from __future__ import annotations

import html
import re

ROOM = 42
"""The letters of a row on the narrowest phone."""
MARGIN = 2
"""The letters that the margins of a column take."""

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(t[hd])\b[^>]*>(.*?)</\1>", re.DOTALL)
LATER = re.compile(r"(?<=</td>)\s*<td\b")
TAG = re.compile(r"<[^>]+>")
OTHERWISE = re.compile(r"<td[^>]*><a [^>]*><code>")
"""What stands in tables that a phone shows in a way of their own: those of commands."""
ENGLISH = '<div lang="en"'
"""How a page in English begins."""
PROOFS = re.compile(r"<time\b")
"""What stands in those of the proofs: their cells are so short that they go on in one line."""


def on_page_content(content: str, /, **_: object) -> str:
    """Give the cells of wide tables their heads, which a phone shows."""
    colon = ": " if ENGLISH in content else "\u00a0: "
    return TABLE.sub(lambda found: stacked(found[0], colon), content)


def stacked(table: str, colon: str = "\u00a0: ") -> str:
    r"""The table; if it is wide, each cell but those of the first column with its head and a colon.

    >>> stacked("<table><tr><th>A</th><th>B</th></tr> <tr><td>a</td><td>b</td></tr></table>")
    '<table><tr><th>A</th><th>B</th></tr> <tr><td>a</td><td>b</td></tr></table>'
    >>> heads = "<tr><th>Outil</th><th>Pour qui ?</th><th>Réglage</th></tr>"
    >>> row = "<tr><td>minikube</td><td>l’apprentissage</td><td>--kubernetes-version</td></tr>"
    >>> re.findall("data-head=.*?>", stacked(f"<table>{heads}{row}</table>"))
    ['data-head="Pour qui ? ">', 'data-head="Réglage\xa0: ">']
    >>> on_page_content(f'<div lang="en"><table>{heads}{row}</table></div>').count('data-head="Réglage: "')
    1
    """
    rows = [[_text(cell) for _, cell in CELL.findall(row)] for row in ROW.findall(table)]
    columns = list(zip(*rows, strict=False))
    wide = sum(MARGIN + max(map(len, " ".join(column).split(" "))) for column in columns) > ROOM
    if len(columns) < 3 or not wide or OTHERWISE.search(table):
        return table
    heads = [f"{head} " if head.endswith(("?", "…")) else f"{head}{colon}" for head in rows[0][1:]]

    def headed(row: re.Match[str]) -> str:
        left = iter(heads)
        return LATER.sub(lambda _: f'<td data-head="{html.escape(next(left))}"', row[0])

    way = ' data-stacked="line"' if PROOFS.search(table) else " data-stacked"
    return ROW.sub(headed, table.replace("<table>", f"<table{way}>", 1))


def _text(cell: str) -> str:
    return " ".join(html.unescape(TAG.sub("", cell)).split())

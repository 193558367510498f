"""Where `preuve.meaning.table` finds cells."""

from __future__ import annotations

import pytest

from preuve.meaning.table import tables


def cells(text: str) -> list[list[dict[str, str]]]:
    return [
        [{cell.column: text[cell.start : cell.end] for cell in row.cells} for row in table.rows]
        for table in tables(text)
    ]


def test_empty_cells_and_words_with_spaces() -> None:
    """Cells are what stands under a header, though it be nothing."""
    text = (
        "NAME        SHORTNAMES   APIVERSION   NOMINATED NODE\n"
        "bindings                 v1           <none>\n"
        "configmaps  cm           v1           3 (5s ago)\n"
    )
    assert cells(text) == [
        [
            {"NAME": "bindings", "SHORTNAMES": "", "APIVERSION": "v1", "NOMINATED NODE": "<none>"},
            {"NAME": "configmaps", "SHORTNAMES": "cm", "APIVERSION": "v1", "NOMINATED NODE": "3 (5s ago)"},
        ]
    ]


def test_several_tables() -> None:
    """`kubectl get all` prints one after the other."""
    text = "NAME      READY\npod/web   1/1\n\nNAME      TYPE        PORT(S)\nsvc/web   ClusterIP   80/TCP\n"
    assert cells(text) == [
        [{"NAME": "pod/web", "READY": "1/1"}],
        [{"NAME": "svc/web", "TYPE": "ClusterIP", "PORT(S)": "80/TCP"}],
    ]


def test_rows_that_came_later_are_read_by_their_gaps() -> None:
    """`kubectl get -w` does not widen the columns for a longer cell."""
    text = "NAME   STATUS    AGE\nweb    Pending   0s\nweb    ContainerCreating   0s\n"
    assert cells(text)[0][1] == {"NAME": "web", "STATUS": "ContainerCreating", "AGE": "0s"}


def test_tables_of_describe() -> None:
    """They are indented, over a line of dashes, and end where the indentation does."""
    text = (
        "Events:\n"
        "  Type    Reason   Age               From     Message\n"
        "  ----    ------   ----              ----     -------\n"
        "  Normal  Created  9s (x2 over 10s)  kubelet  Container created  twice\n"
        "Other:  x\n"
    )
    assert cells(text) == [
        [
            {
                "TYPE": "Normal",
                "REASON": "Created",
                "AGE": "9s (x2 over 10s)",
                "FROM": "kubelet",
                "MESSAGE": "Container created  twice",
            }
        ]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello world\n",
        "NAME\nweb\n",
        "Name:   web\nAge:    9s\n",
        "-rw-r--r--  1 root\n",
        "  ----  --\n",
        "WARNING  this is  not a header\nNAME   web\n",
    ],
)
def test_what_is_no_table(text: str) -> None:
    """Key and value, prose, one column."""
    assert [row for table in cells(text) for row in table] == []


def test_lines_that_fit_no_column_are_no_rows() -> None:
    """Another command's answer, in the same output."""
    text = "NAME   READY   AGE\nweb    1/1     9s\ndone\ndeployment.apps/web created\n"
    assert len(cells(text)[0]) == 1


def test_a_table_of_describe_that_is_not_indented() -> None:
    """As of a LimitRange, of a ResourceQuota: its title stands over dashes too."""
    text = (
        "Name:       crew\n"
        "Type        Resource  Min  Default Request\n"
        "----        --------  ---  ---------------\n"
        "Container   cpu       -    100m\n"
    )
    assert cells(text) == [[{"TYPE": "Container", "RESOURCE": "cpu", "MIN": "-", "DEFAULT REQUEST": "100m"}]]
    for line in ("---", "--- /tmp/a", "-----  x"):
        assert not tables(f"Name  of\n{line}\na  b\n")

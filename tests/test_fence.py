"""The formatter: what it draws is what it was given, told apart."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from markdown import Markdown

from preuve.fence import Formatter

LINE = st.text(
    st.sampled_from("ab 019.-_:/<>&\"'`$|~#*[](){}é宽🚀\u0301\u2028\x85\t") | st.characters(codec="utf-8"),
    max_size=40,
).map(lambda line: line.replace("\n", "").replace("\r", ""))
TABLES = st.sampled_from([
    "NAME                   READY   STATUS    RESTARTS      AGE   IP           NODE",
    "web-5fc9f4bf66-86zl7   0/1     Error     3 (5s ago)    8s    10.244.1.4   node2",
    "pod/web-5fc9f4bf66-86zl7 condition met, sha256:" + 64 * "a",
    '  "uid": "12921cd7-6436-43a2-95db-1027b6774312", <b>10.0.0.1</b>',
])  # fmt: skip
COMMANDS = st.sampled_from(["kubectl get pods", "kubectl get pod web -o yaml", "x -o json", "echo '<b>' &"])


class Text(HTMLParser):
    """The text of a page, without its notes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(page.partition("<pre>")[2])
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


@given(COMMANDS, st.lists(LINE | TABLES, max_size=6), st.sampled_from(["0", "1", ""]))
@example("kubectl get pods", ["", "", ""], "0")
def test_no_character_is_lost_added_or_moved(command: str, output: list[str], code: str) -> None:
    """Marks and colours are laid over an output: its columns keep their widths, a table stays a table."""
    told = {"data-exchanges": f"1,{len(output)},{code},{'5' if code else ''}", "data-state": "executed"}
    source = "\n".join([f"$ {command}", *output])
    drawn = Formatter("fr").format(source, "console", "preuve", told, Markdown())
    assert Text(drawn).text == f"{source}\n"


def test_a_long_output_says_how_long_it_is() -> None:
    """It can be folded, and the count is told without a script."""
    source = "\n".join(["$ seq 41", *map(str, range(41))])
    told = {"data-exchanges": "1,41,0,5", "data-state": "executed"}
    assert 'data-long="41 lines"' in Formatter("en").format(source, "console", "preuve", told, Markdown())

"""The formatter: what it draws is what it was given, told apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from markdown import Markdown

from played import spans
from preuve.show.fence import Formatter
from preuve.show.marks import written

LINE = st.text(
    st.sampled_from("ab 019.-_:/<>&\"'`$|~#*[](){}é宽🚀\u0301\u2028\x85\t") | st.characters(codec="utf-8"),
    max_size=40,
).map(lambda line: line.replace("\n", "").replace("\r", ""))
TABLES = st.sampled_from([
    "NAME      SHORTNAMES   APIVERSION   NAMESPACED   KIND",
    "  Type    Reason     Age    From      Message",
    "  ----    ------     ----   ----      -------",
    "  Normal  Scheduled  5m12s  default-scheduler  Successfully assigned web to node2",
    "",
    "NAME                   READY   STATUS    RESTARTS      AGE   IP           NODE",
    "web-5fc9f4bf66-86zl7   0/1     Error     3 (5s ago)    8s    10.244.1.4   node2",
    "pod/web-5fc9f4bf66-86zl7 condition met, sha256:" + 64 * "a",
    '  "uid": "12921cd7-6436-43a2-95db-1027b6774312", <b>10.0.0.1</b>',
])  # fmt: skip
COMMANDS = st.sampled_from(["kubectl get pods", "kubectl get pod web -o yaml", "x -o json", "echo '<b>' &"])


class Text(HTMLParser):
    """The text of a page, without its notes and its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.within: list[str] = []
        self.feed(page.partition("<pre>")[2].partition("</pre>")[0])
        self.close()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.within.pop() == tag

    def handle_data(self, data: str) -> None:
        if "button" not in self.within:
            self.text += data


@given(COMMANDS, st.lists(LINE | TABLES, max_size=6), st.sampled_from(["0", "1", ""]))
@example("kubectl get pods", ["", "", ""], "0")
@example(
    "kubectl get pods", ["NAME      SHORTNAMES   KIND", "  --   -----", "web   b   Pod and more words"], "0"
)
def test_no_character_is_lost_added_or_moved(command: str, output: list[str], code: str) -> None:
    """Marks and colours are laid over an output: its columns keep their widths, a table stays a table."""
    told = {"data-exchanges": f"1,{len(output)},{code},{'5' if code else ''}", "data-state": "executed"}
    told |= {"data-columns": "NODE,KIND", "data-hl": "web|5f"}
    source = "\n".join([f"$ {command}", *output])
    text = "\n".join(output) + "\n"
    told["data-marks"] = written(text, spans(text))
    drawn = Formatter("fr").format(source, "console", "preuve", told, Markdown())
    assert Text(drawn).text == f"{source}\n"


def drawn(*output: str, command: str = "kubectl get pods", **more: str) -> str:
    """What is drawn of an answer; `more` are the header's."""
    told = {"data-exchanges": f"1,{len(output)},0,5", "data-state": "executed"}
    told |= {f"data-{name}": value for name, value in more.items()}
    return Formatter("en").format("\n".join([f"$ {command}", *output]), "console", "preuve", told, Markdown())


def folded(page: str) -> str:
    """The text of what a page folds."""
    rest = page.partition('<span class="preuve-rest">')[2]
    return Text(f"<pre>{rest.partition('</span>')[0]}</pre>").text


def test_a_long_output_is_folded_and_says_how_long_it_is() -> None:
    """Eighteen lines are shown; of more, twelve."""
    assert "preuve-rest" not in drawn(*map(str, range(18)))
    page = drawn(*map(str, range(19)))
    assert ">Show all (19 lines)</button>" in page
    assert folded(page).split() == list(map(str, range(12, 19)))


def test_what_the_lesson_speaks_of_is_not_folded() -> None:
    page = drawn(*map(str, range(40)), hl="23")
    assert '<mark class="preuve-hl">23</mark>' in page
    assert folded(page).split() == list(map(str, range(25, 40)))


WIDE = (
    "NAME                                 STATUS             READY   AGE   IP            NODE    OWNER",
    "my-app-deployment-5d8c7d9b4d-x7k2p   ImagePullBackOff   0/1     8s    10.244.1.12   node2   <none>",
)


def needs(page: str) -> dict[str, int]:
    """By column, the letters that a line must hold for it to be shown; 0 if it always is."""
    header = re.search(r'<span class="preuve-row">(.*?)\n', page)
    assert header
    names = [re.sub("<.*?>", "", cell).strip() for cell in re.split("</span><span", f"<{header[1]}")]
    told = dict(re.findall(r"--c(\d+):(\d+)", page))
    return {name.rpartition(">")[2]: int(told.get(str(n), 0)) for n, name in enumerate(names, 1)}


def test_columns_give_way_one_by_one_and_those_that_say_nothing_first() -> None:
    """The first stays; how it fares is the last to go."""
    wanted = needs(drawn(*WIDE))
    assert wanted.pop("NAME") == 0
    assert sorted(wanted, key=wanted.__getitem__) == [*wanted]
    assert min(wanted.values()) > len("my-app-deployment-5d8c7d9b4d-x7k2p")
    assert max(wanted.values()) == max(map(len, WIDE))


def test_a_column_that_the_lesson_speaks_of_never_gives_way() -> None:
    """Nor one in which a word stands that it speaks of."""
    assert {name for name, need in needs(drawn(*WIDE, columns="NODE")).items() if not need} == {
        "NAME",
        "NODE",
    }
    by_word = needs(drawn(*WIDE, hl="ImagePull"))
    assert {name for name, need in by_word.items() if not need} == {"NAME", "STATUS"}


def test_a_gap_that_rows_left_behind_is_closed() -> None:
    page = drawn(
        "NAME                   KIND", "po                     Pod", command="kubectl api-resources | grep"
    )
    assert "--w" not in page, "a narrow table stays as it is"
    page = drawn(
        "NAME                                     KIND", "po                                       Pod"
    )
    assert "--w1:7" in page


def test_colour_says_how_it_fares() -> None:
    page = drawn("NAME   STATUS", "a      Running", "b      ErrImagePull", "c      Active", "error: no")
    states = re.findall(r'data-state="(\w+)">([^<]*)<', page.partition("<code")[2])
    assert states == [("healthy", "Running"), ("broken", "ErrImagePull"), ("broken", "error: no")]


def test_options_are_quieter_than_the_command() -> None:
    page = drawn("x", command="kubectl logs -f --tail=5 web-5d -- cat")
    assert re.findall(r'<span class="preuve-option">([^<]*)</span>', page) == ["-f", "--tail=5"]


def test_no_word_of_a_command_is_cut_behind_a_dash() -> None:
    """Nor `--` from what it announces. A line that is never cut needs nothing."""
    source = "kubectl exec deployment/my-app -- curl -sS -w '%{http_code}' http://web/a-b"
    whole = re.findall(r'<span class="preuve-word">([^<]*)</span>', drawn("x", command=source))
    assert whole == ["deployment/my-app", "-- curl", "&#x27;%{http_code}&#x27;", "http://web/a-b"]
    assert "preuve-word" not in drawn("x", command="kubectl logs web-5d -- cat")


def test_marks_are_where_chance_is_though_markdown_has_made_spaces_of_tabs() -> None:
    """They count letters; what they tell of nothing is no mark, and no fault."""
    output = "web\t9s ago"
    told = {
        "data-exchanges": "1,1,0,5",
        "data-state": "executed",
        "data-marks": written(output, spans(output)),
    }
    source = f"$ kubectl get pods\n{output}".expandtabs(4)
    drawn = Formatter("en").format(source, "console", "preuve", told, Markdown())
    assert re.findall(r'data-kind="age"[^>]*>([^<]*)<', drawn) == ["9s"]
    for wrong in ("99+9age", "3+2<b>", "3+2ages", "5+2age,3+2age", "3+0age", "٣+2age"):
        drawn = Formatter("en").format(source, "console", "preuve", told | {"data-marks": wrong}, Markdown())
        assert Text(drawn).text == f"{source}\n"
        assert "<b>" not in drawn

"""What of a page is of a moment that nobody chose: what was seen by who watched, how far a log has come."""

from __future__ import annotations

import pytest

from played import alike as same
from preuve.meaning.chance import Chance
from preuve.meaning.compare import PagePlay
from preuve.meaning.moments import answers, growing, watching
from preuve.meaning.spans import marked

COUNTER = "kubectl logs -f counter", "0: Mon Nov 30 10:00:00 UTC 2026\n1: Mon Nov 30 10:00:01 UTC 2026\n"
SEEN = """\
NAME    READY   STATUS    RESTARTS   AGE
skiff   0/1     Pending   0          0s
skiff   0/1     Pending   0          0s
skiff   0/1     ContainerCreating   0          0s
skiff   1/1     Running             0          1s
skiff   0/1     Completed           0          2s
"""
LESS_SEEN = """\
NAME    READY   STATUS    RESTARTS   AGE
skiff   0/1     ContainerCreating   0          0s
skiff   1/1     Running             0          1s
skiff   0/1     Completed           0          2s
skiff   0/1     Completed           0          2s
"""


def run(*said: tuple[str, str], stopped: frozenset[int] = frozenset()) -> PagePlay:
    return PagePlay(answers(said, stopped), "\n".join(source for source, _ in said))


@pytest.mark.parametrize(
    "watch",
    [
        "kubectl get pods -w > seen &",
        "kubectl get pods --watch >> seen 2>&1 &",
        "kubectl get pods -Aw &> seen &",
        "(kubectl get pods --watch-only > seen) &",
        "kubectl get pods -w | tee seen > /dev/null &",
        "timeout 5 kubectl get pods -w > seen",
    ],
)
@pytest.mark.parametrize("look", ["cat seen", "sort < seen | head -n 9", "cd . && tail -n +2 seen"])
def test_a_file_in_which_a_watch_is_kept_is_read_like_the_watch(watch: str, look: str) -> None:
    """A row may have come twice, or a state have passed unseen; where a Pod came to is the lesson's."""
    one, other, wrong = (
        run((watch, ""), (look, output))
        for output in (SEEN, LESS_SEEN, LESS_SEEN.replace("Completed", "Error    "))
    )
    assert same(one, other)
    assert not same(one, wrong)


@pytest.mark.parametrize(
    "page",
    [
        ["kubectl get pods > seen", "cat seen"],
        ["kubectl get pods -w > seen &", "cat other"],
        ["kubectl get pods -w > /dev/null &", "ls /dev/null"],
        ["cat seen", "kubectl get -o wide pods > seen"],
        ["kubectl get pods -w > pods &", "kubectl get pods | wc -l"],
        ["kubectl get pods -w > seen &", "kubectl get nodes > seen", "cat seen"],
    ],
)
def test_nothing_else_is_of_a_moment(page: list[str]) -> None:
    """What a command said once it had ended is no watch; nor is what is read before or instead of one."""
    assert not watching(page) - {0} or "-w " not in page[0]
    assert 1 not in watching(page)


def test_what_is_made_of_such_a_file_is_read_like_it() -> None:
    """Until it is written anew."""
    page = ["kubectl get pods -w > seen &", "sort seen > states", "tail -n 2 states", "date > states"]
    assert sorted(watching([*page, "cat states"])) == [0, 1, 2]


def test_how_often_something_was_seen_is_chance() -> None:
    """Rows may have come twice: their number is marked."""
    one, other = (
        run(("kubectl get pods -w > seen &", ""), ("grep -c Completed seen", f"{n}\n")) for n in (1, 2)
    )
    assert same(one, other)


def test_how_far_a_log_has_come_is_chance() -> None:
    """Of a log that the page follows until it has seen enough, the reader sees more, and so does a check."""
    pages = [
        run(
            COUNTER,
            ("kubectl logs counter --tail=1", f"{n}: Mon Nov 30 10:00:0{n} UTC 2026\n"),
            ("kubectl logs counter | wc -l", f"{n + 1}\n"),
            stopped=frozenset({0}),
        )
        for n in (4, 7)
    ]
    assert same(*pages)
    marks = marked(pages[0].answers, pages[0].public)
    assert [{str(span.kind) for span in found} for found in marks[1:]] == [
        {Chance.COUNT, Chance.TIME},
        {Chance.COUNT},
    ]
    assert not any(span.kind == Chance.COUNT for span in marks[0])


def test_a_number_that_does_not_go_up_is_compared() -> None:
    """It numbers no line: it is what was answered, say."""
    one, other = (
        run(
            ("kubectl logs -f web", "200 GET /\n"),
            ("kubectl logs web", f"200 GET /\n200 GET /a\n{code} GET /b\n"),
            stopped=frozenset({0}),
        )
        for code in (404, 500)
    )
    assert not same(one, other)


def test_another_log_is_compared_to_its_last_line() -> None:
    """As is one that is followed to its end."""
    said = [("kubectl logs -f web", "0: up\n"), ("kubectl logs api | wc -l", "4\n")]
    assert growing([source for source, _ in said], frozenset({0})) == frozenset()
    one = run(*said, stopped=frozenset({0}))
    assert not same(one, run(said[0], ("kubectl logs api | wc -l", "5\n"), stopped=frozenset({0})))


@pytest.mark.parametrize(
    ("followed", "read"),
    [
        ("kubectl logs -f web -c clock", "kubectl logs web -c app"),
        ("kubectl logs -f web", "kubectl logs web --previous"),
        ("kubectl logs -f web", "kubectl logs web -n shop"),
        ("kubectl logs -f -l app=web", "kubectl logs -l app=api"),
        ("kubectl exec web -- tail -f logs", "kubectl exec web -- ls logs"),
    ],
)
def test_which_log_it_is_does_not_depend_on_the_pod_alone(followed: str, read: str) -> None:
    """The log of another container, or of the one before, goes on no more for that."""
    assert not growing([followed, read], frozenset({0}))
    assert "exec" in read or growing([followed, followed.replace("-f", "--tail 1")], frozenset({0}))


def test_who_looks_for_processes_may_find_those_that_look() -> None:
    """``ps | grep`` in a container: the one may be there before the other; what else runs is the lesson's."""
    source = "kubectl exec web -- sh -c 'ps | grep nginx'"
    nginx = "    1 root      0:00 nginx: master process nginx -g daemon off;\n"
    itself = "   31 root      0:00 grep nginx\n"
    assert same(run((source, nginx + itself)), run((source, nginx)))
    more = "root        31  0.0  0.1   3324  1536 ?        S    10:00   0:00 grep nginx\n"
    assert same(run((source.replace("ps", "ps aux"), more)), run((source.replace("ps", "ps aux"), "")))
    assert not same(run((source, nginx + itself)), run((source, itself)))
    assert not same(run((source, nginx)), run((source, nginx.replace("nginx -g", "nginx -t"))))
    counting = source.replace("grep nginx", "grep -c nginx")
    said = 'Targeting container "hull".\n{}\n'
    assert same(run((counting, said.format(5))), run((counting, said.format(4))))
    head = "kubectl logs web | head -4", "ready\n"  # its number is another
    assert same(run(head, (counting, said.format(5))), run(head, (counting, said.format(4))))
    assert not same(
        run(("kubectl exec web -- ls | grep -c nginx", "5\n")),
        run(("kubectl exec web -- ls | grep -c nginx", "4\n")),
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("ps aux | grep nginx | grep -v grep | wc -l", "{}\n"),
        ("ps | grep -c [n]ginx", "{}\n"),
        ("cat ps.log | grep -c nginx", "{}\n"),
        ("ps | grep nginx; ls | wc -l", "    1 root      0:00 nginx\n{}\n"),
        ("cat /replicas; ps | grep -c nginx", "{}\n5\n"),
        ("ps | grep log", "    1 root      0:00 sh -c tail -F /log | grep {}\n"),
    ],
)
def test_what_cannot_be_who_looks_is_compared(script: str, said: str) -> None:
    """Who leaves himself out is not found; nor is he another number, or the first of all processes."""
    source = f"kubectl exec web -- sh -c '{script}'"
    assert not same(run((source, said.format(3))), run((source, said.format(2))))

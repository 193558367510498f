"""« Que va-t-il se passer ? »: what the outputs say makes an answer right, and exactly one is."""

from __future__ import annotations

import pytest

from course.predictions import answerable, predictions

PAGE = """# T

??? question "Que va-t-il se passer ?"
    Regardez bien.

    - Deux. <!-- vrai="2 × Running" -->
    - **Trois**. <!-- vrai="3 × Running" -->
    - Aucun. <!-- vrai="^No resources" -->

    ```{ .console data-state=executed data-exchanges="1,1,0,9 2,3,0,9" }
    $ kubectl label pod $POD a-
    pod/2 Running Running unlabeled
    $ kubectl \\
    >   get pods
    a Running
    b Running
    c Pending
    ```

    Voilà.

Suite.
"""


def unfolding(markdown: str) -> str:
    """A rendered page as a reader is to meet it."""
    return answerable(markdown, list(predictions(markdown)))


def problems(markdown: str) -> list[str]:
    """What is wrong with the questions of a rendered page."""
    return [each.problem() for each in predictions(markdown)]


def test_the_outputs_say_which_answer_is_right() -> None:
    """Lines are counted in what was answered, not in what was typed."""
    (one,) = predictions(PAGE)
    assert [choice.right(one.output or "") for choice in one.choices] == [False, True, False]
    assert problems(PAGE) == [""]
    (other,) = predictions(
        PAGE.replace("c Pending", "c Pending (Running)").replace("pod/2 Running Running", "pod/2")
    )
    assert [choice.right(other.output or "") for choice in other.choices] == [False, True, False]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("b Running", "b Pending", ""),
        ("3 × Running", "4 × Running", "by the outputs beneath, none of the answers would be right"),
        ("2 × Running", "1 × Pending", "by the outputs beneath, « Deux. » and « **Trois**. » would be right"),
        ('vrai="2 × Running"', "vrai", "« Deux. »: say what the outputs hold if it is right"),
        ("```{ .console", "```{ .yaml", "« Deux. »: nothing is run beneath it, so write <!-- vrai -->"),
        (
            '    - **Trois**. <!-- vrai="3 × Running" -->\n    - Aucun. <!-- vrai="^No resources" -->\n',
            "",
            "one answer leaves nothing to pick",
        ),
    ],
)
def test_a_question_without_one_right_answer_is_told(old: str, new: str, told: str) -> None:
    """Also one that was true when it was written: the outputs changed."""
    (problem,) = problems(PAGE.replace(old, new))
    assert problem.startswith(told) if told else problem == ""


def test_a_drawing_that_gives_the_answer_away_is_told() -> None:
    """It shows what the outputs say, and nobody has to unfold it."""
    drawing = "```{ .cluster data-state=executed }\nPod a Running\n```\n"
    beneath, within = (PAGE.replace("Suite.\n", f"{drawing}\nSuite.\n"), PAGE.replace("Suite.\n", ""))
    assert [problem.partition(":")[0] for problem in problems(beneath)] == [
        "the drawing beneath it gives the answer away"
    ]
    indented = "".join(f"    {line}\n" for line in drawing.splitlines())
    assert problems(f"{within}{indented}\nSuite.\n") == [""]


def test_what_the_author_judges_is_right_where_nothing_is_run() -> None:
    """One of them, too."""
    page = '??? question "Q"\n    - Oui. <!-- vrai -->\n    - Non. <!-- faux -->\n\n    Voilà.\n'
    assert problems(page) == [""]
    assert problems(page.replace("faux", "vrai"))[0].startswith(
        "by the outputs beneath, « Oui. » and « Non. »"
    )


def test_a_question_unfolds_to_verdicts_and_then_to_the_outputs() -> None:
    """The introduction stands before the answers; what follows them is folded one level deeper."""
    shown = unfolding(PAGE)
    order = [
        '!!! question "Que va-t-il se passer ?"\n    Regardez bien.\n',
        '\n    ??? choix faux "Deux."\n        **Non.** ',
        '\n    ??? choix juste "**Trois**."\n        **Oui.** ',
        '\n    ??? choix faux "Aucun."\n',
        '\n    ??? reponse "Voir ce qui se passe"\n\n        ```{ .console ',
        "\n        a Running\n",
        "\n        ```\n\n        Voilà.\n\nSuite.\n",
    ]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)
    assert "vrai=" not in shown


def test_an_answer_that_is_not_known_yet_is_not_judged() -> None:
    """While a page is being written, nothing is called right that was not answered."""
    for state in ("unplayed", "stale", "error"):
        page = PAGE.replace("data-state=executed", f"data-state={state}")
        assert problems(page) == [""]
        assert "choix" not in unfolding(page)
        assert "    - Deux.\n" in unfolding(page)


def test_what_is_quoted_is_no_question() -> None:
    """Nor is a question that has no answers to pick from: it stays as it is."""
    quoted = f"`````text\n{PAGE}`````\n"
    bare = '??? question "Et si ?"\n    ```console\n    $ ls\n    ```\n'
    assert list(predictions(quoted + bare)) == []
    assert unfolding(quoted + bare) == quoted + bare

"""Plans: what a page does, and all that is wrong in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from mkdocs.utils.meta import get_data

from preuve.errors import PreuveError
from preuve.plan import Console, Diagram, Include, Options, Plan, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POD = "apiVersion: v1\nkind: Pod\n"


@pytest.fixture
def planned(tmp_path: Path) -> Callable[[str], Plan]:
    """Plan a page beside `pods/pod.yaml`, `pods/web.yml` and `other/pod.yaml`."""
    for name, text in {
        "pods/pod.yaml": POD,
        "pods/web.yml": POD + "#",
        "other/pod.yaml": "kind: Other\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return lambda text: plan("p.md", text, [tmp_path])


def sources(one: Plan) -> list[str]:
    """What a plan runs or draws."""
    return [action.source for action in one.actions()]


INCLUDE = '```yaml\n--8<-- "pods/pod.yaml"\n```\n'


def test_steps_come_in_page_order(planned: Callable[[str], Plan]) -> None:
    """A page is played from top to bottom, whatever the kinds of its fences."""
    one = planned(
        f'# T\n\n{INCLUDE}\n```cluster by="node"\npods,\n  services\n```\n\n```console\n$ a\nout\n$ b\n```\n'
    )
    assert [type(step) for step in one.steps] == [Include, Diagram, Console]
    assert sources(one) == ["kubectl apply -f pod.yaml", "pods, services by=node", "a", "b"]
    assert [str(action.where) for action in one.actions()] == ["p.md:4", "p.md:7", "p.md:13", "p.md:15"]


@pytest.mark.parametrize(
    "command",
    [
        "kubectl create -f pod.yaml",
        "kubectl apply -f .",
        "kubectl apply -f ./",
        "kubectl replace --filename=pod.yaml",
        "kubectl apply -f '*.yaml'",
        "kubectl diff -f web.yml -f ./pod.yaml",
        "kubectl create -fpod.yaml",
        "KUBE_EDITOR=ed kubectl edit -f pod.yaml",
        "kubectl apply -Rf .",
        "kubectl apply -k .",
        "kubectl diff --kustomize=./",
        "kubectl get -wf pod.yaml",
        "kubectl apply -f $PWD",
        "kubectl apply -f ${PWD}/pod.yaml",
        "kubectl apply -f {web,pod}.yaml",
        "kubectl apply -f web.yml,pod.yaml",
        "kubectl apply -f - <pod.yaml",
        "cat pod.yaml | kubectl apply -f -",
        "time kubectl -n x apply --filename pod.yaml",
        "cat <<EOF >note\n> it's odd\n> EOF\n$ kubectl apply -f pod.yaml",
    ],
)
def test_a_manifest_that_a_command_is_given_is_not_applied_twice(
    planned: Callable[[str], Plan], command: str
) -> None:
    """The author's own command is what runs the manifest, before or after the include."""
    for page in (f"{INCLUDE}\n```console\n$ {command}\n```\n", f"```console\n$ {command}\n```\n\n{INCLUDE}"):
        assert "\n".join(sources(planned(page))) == re.sub(r"\n[$>] ", "\n", command)


@pytest.mark.parametrize(
    "fence",
    [
        "```{ .console exec=no }\n$ kubectl create -f pod.yaml\n```\n",
        "```console\n$ kubectl apply -f web.yaml\n```\n",
        "```console\n$ tail -f pod.yaml\n```\n",
        "```console\n$ kubectl logs -f pod.yaml\n```\n",
        "````text\n```console\n$ kubectl create -f pod.yaml\n```\n````\n",
    ],
)
def test_a_manifest_that_no_run_command_is_given_is_applied(
    planned: Callable[[str], Plan], fence: str
) -> None:
    """What is only shown, or about another file, does not run the manifest: the step does."""
    assert "kubectl apply -f pod.yaml" in sources(planned(f"{INCLUDE}\n{fence}"))


def test_a_manifest_is_applied_where_it_first_stands(planned: Callable[[str], Plan]) -> None:
    """Showing a manifest again applies nothing again."""
    assert sources(planned(f"{INCLUDE}\n{INCLUDE}")) == ["kubectl apply -f pod.yaml"]


def test_apply_no_shows_only(planned: Callable[[str], Plan]) -> None:
    """`apply=no` runs nothing and is marked, unless a command uses the file all the same."""
    shown = '```{ .yaml apply=no }\n--8<-- "pods/pod.yaml"\n```\n'
    one = planned(shown)
    assert sources(one) == []
    assert [step.shown_only for step in one.steps if isinstance(step, Include)] == [True]
    used = planned(f"{shown}\n```console\n$ kubectl create -f pod.yaml\n```\n")
    assert [step.shown_only for step in used.steps if isinstance(step, Include)] == [False]


def test_both_forms_of_snippets_include(planned: Callable[[str], Plan]) -> None:
    """The block form includes several files; a part of a file, or an escaped mark, includes none."""
    one = planned("```yaml\n--8<--\npods/pod.yaml\npods/web.yml\n--8<--\n```\n")
    assert sources(one) == ["kubectl apply -f pod.yaml", "kubectl apply -f web.yml"]
    assert [file.name for file in one.files] == ["pod.yaml", "web.yml"]
    for body in ('--8<-- "pods/pod.yaml:1:2"', '--8<-- "pods/pod.yaml:part"', ';--8<-- "pods/pod.yaml"'):
        assert planned(f"```yaml\n{body}\n```\n") == Plan("p.md")


def test_options_have_the_values_of_the_table(planned: Callable[[str], Plan]) -> None:
    """Each option is read, in both header forms."""
    want = Options(exit=1, hidden=True, timeout=1.5, settle=False, until="Ready|Done", tty=True)
    for header in (
        'console exit="1" hidden="yes" timeout="1.5s" settle="no" until="Ready|Done" tty="yes"',
        '{ .console exit=1 hidden=yes timeout=1.5s settle=no until="Ready|Done" tty=yes }',
    ):
        assert [action.options for action in planned(f"```{header}\n$ a\n```\n").actions()] == [want]


def test_all_problems_are_told_at_once(planned: Callable[[str], Plan]) -> None:
    """One run tells every mistake of the page, each at its line, with the nearest known name."""
    page = """---
preuve: {cluster: shared, klaster: 1}
---
```{ .console exti=1 }
$ a
```

```{ .console exit=many timeout=soon until="(" }
$ b
```

```console
only output
```

```yaml
--8<-- "pods/pood.yaml"
--8<-- "pods/pod.yaml"
--8<-- "other/pod.yaml"
```

```cluster
```
"""
    with pytest.raises(PreuveError) as told:
        planned(page)
    lines = str(told.value).split("\n")
    assert [line.split(": ")[0] for line in lines] == [
        *["p.md:1"] * 2, "p.md:4", *["p.md:8"] * 3, "p.md:12", "p.md:17", "p.md:19", "p.md:22",
    ]  # fmt: skip
    assert "did you mean 'exit'?" in lines[2]
    assert "did you mean 'pods/pod.yaml'?" in lines[7]
    assert "different files with one name" in lines[8]


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ("exit=-1", "from 0 to 255"),
        ("exit=256", "from 0 to 255"),
        ("exit=²", "from 0 to 255"),
        ("exit=٣", "from 0 to 255"),
        ("exec=true", "write yes or no"),
        ("hidden=1", "write yes or no"),
        ("settle=non", "write yes or no"),
        ("tty=Yes", "write yes or no"),
        ("timeout=30", "a duration such as"),
        ("timeout=0s", "a duration such as"),
        ("timeout=1h", "a duration such as"),
        ("timeout=-1s", "a duration such as"),
        ('until="["', "not a regular expression"),
        ('until=""', "would match at once"),
        ("titel=x", "did you mean"),
        ("why=dangerous", "add exec=no"),
        ("exec=no hidden=yes", "leave out one of them"),
    ],
)
def test_options_that_do_not_fit_are_told(planned: Callable[[str], Plan], options: str, remedy: str) -> None:
    """Alone on their fence, so that nothing else is wrong; of two that contradict, one is asked for."""
    with pytest.raises(PreuveError, match=rf"^p\.md:1: [^\n]*{remedy}[^\n]*$"):
        planned(f"```{{ .console {options} }}\n$ a\n```\n")


@pytest.mark.parametrize(
    "option",
    ["exit=255", "exit=0", "timeout=300ms", "timeout=2m", "title=x", "data-state=x", "why=x exec=no"],
)
def test_a_value_that_an_option_takes_is_fine(planned: Callable[[str], Plan], option: str) -> None:
    """The last of its range, or what others than preuve act on."""
    assert planned(f"```{{ .console {option} }}\n$ a\n```\n").steps


def test_the_options_of_a_manifest_are_few(planned: Callable[[str], Plan]) -> None:
    """It is applied or not, and looks as the author likes."""
    assert planned(INCLUDE.replace("yaml\n", '{ .yaml title="x" data-x=y apply=yes }\n', 1)).steps
    for option, remedy in (("apply=maybe", "write yes or no"), ("exit=1", "'exit' of an included")):
        with pytest.raises(PreuveError, match=rf"^p\.md:1: [^\n]*{remedy}[^\n]*$"):
            planned(INCLUDE.replace("yaml\n", f"{{ .yaml {option} }}\n", 1))


def test_an_account_has_its_parts(planned: Callable[[str], Plan]) -> None:
    """The nearest is told where there is none of that name."""
    assert planned("```proofs\npages\n```\n").steps
    with pytest.raises(PreuveError, match=r"^p\.md:1: .*'page'.*did you mean 'pages'"):
        planned("```proofs\npage\n```\n")


@pytest.mark.parametrize(
    ("settings", "told"),
    [("exclusive", "'exclusive' in the front matter: write"), ("{klaster: exclusive}", "preuve.klaster")],
)
def test_settings_that_nobody_knows_are_told(
    planned: Callable[[str], Plan], settings: str, told: str
) -> None:
    """The page would share the cluster that it asks to have to itself."""
    with pytest.raises(PreuveError, match=rf"^p\.md:1: [^\n]*{told}[^\n]*$"):
        planned(f"---\npreuve: {settings}\n---\n")


def test_a_fence_that_is_only_shown_needs_no_command(planned: Callable[[str], Plan]) -> None:
    """It may be an output from elsewhere."""
    assert not sources(planned("```{ .console exec=no }\nonly output\n```\n"))


def test_a_wanted_failure_is_an_exit_code_of_the_command_s_own(planned: Callable[[str], Plan]) -> None:
    """What `until` stops has none."""
    headers = {"exit=1": True, "exit=0": False, "exit=1 until=x": False}
    for header, wanted in headers.items():
        (action,) = planned(f"```{{ .console {header} }}\n$ a\n```\n").actions()
        assert action.options.failure == wanted


def test_a_page_is_played_through_a_line(planned: Callable[[str], Plan]) -> None:
    """All that begins there or above: of a fence, the commands that do."""
    page = (
        "```console\n$ a\nout\n$ b\n```\n"  # a on 2, b on 4
        "```cluster\npods\n```\n"  # 6
        "```yaml\n--8<--\npods/pod.yaml\npods/web.yml\n--8<--\n```\n"  # 11, 12
        "```proofs\npages\n```\n"  # 15
    )
    one, pod, web = planned(page), "kubectl apply -f pod.yaml", "kubectl apply -f web.yml"
    everything = ["a", "b", "pods", pod, web]
    counts = [0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5]
    assert [sources(one.through(line)) for line in range(1, 16)] == [everything[:count] for count in counts]
    assert [len(one.through(line).steps) for line in (5, 6, 9, 14, 15)] == [1, 2, 3, 3, 4]
    assert {len(one.through(line).files) for line in (1, 16)} == {2}


def test_a_manifest_that_is_no_utf_8_is_told(planned: Callable[[str], Plan], tmp_path: Path) -> None:
    """The page could not show it, and whoever reads the page would see no reason."""
    (tmp_path / "pods/pod.yaml").write_bytes(POD.encode("utf-16"))
    with pytest.raises(PreuveError, match=r"^p\.md:2: pods/pod\.yaml is not UTF-8 at byte 0: save"):
        planned(INCLUDE)


@pytest.mark.parametrize(
    ("language", "body", "meant"),
    [
        ("consle", "$ date", "console"),
        ("Console", "Thu\n$ date", "console"),
        ("clusters", "pods,\nservices", "cluster"),
    ],
)
def test_a_slip_of_a_language_is_told(
    planned: Callable[[str], Plan], language: str, body: str, meant: str
) -> None:
    """A fence that nobody runs looks like one that says something; other languages are left alone."""
    with pytest.raises(PreuveError, match=rf"^p\.md:1: .*'{language}'.*did you mean '{meant}'"):
        planned(f"```{language}\n{body}\n```\n")
    for other, text in ((language, "x <- 1"), ("bash", "$ date"), ("rconsole", "> date")):
        assert not planned(f"```{other}\n{text}\n```\n").steps


def test_front_matter_gives_the_whole_cluster(planned: Callable[[str], Plan]) -> None:
    """`preuve: {cluster: exclusive}` is read; a page without it shares the cluster."""
    assert planned("---\npreuve: {cluster: exclusive}\n---\n```console\n$ a\n```\n").exclusive
    assert not planned("---\ntitle: preuve\n---\n```console\n$ a\n```\n").exclusive


@pytest.mark.parametrize(
    "text",
    [
        "---\npreuve: {cluster: exclusive}\n\n# Pods\n",
        "---\ntitle: Pods\ntags:\n  - a\n# for drain\npreuve:\n  cluster: exclusive\n# Pods\n",
        "\ufeff---  \npreuve: {cluster: exclusive}\n-- -\n",
    ],
)
def test_front_matter_that_nobody_closed_is_told(planned: Callable[[str], Plan], text: str) -> None:
    """The page would share the cluster that it asks to have to itself, and show its settings as text."""
    assert get_data(text)[1] == {}
    with pytest.raises(PreuveError, match=r"^p\.md:1: .*never closed.*end it with a line ---"):
        planned(text)


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nWhat follows a rule.\n",
        "---\npreuve: a word of French, after a rule\n",
        "---\ntitle: a rule, and a line of text\n",
        "---\nOne.\npreuve: {}\n",
        "---\n\npreuve: {cluster: exclusive}\n",
        "preuve: {cluster: exclusive}\n",
    ],
)
def test_a_page_that_begins_with_a_rule_is_a_page(planned: Callable[[str], Plan], text: str) -> None:
    """It is legal Markdown; so are lines with a colon."""
    assert not planned(text).exclusive


def test_front_matter_that_is_not_yaml_is_told(planned: Callable[[str], Plan]) -> None:
    """A tab in the front matter is an error at its line, not a setting lost."""
    with pytest.raises(PreuveError, match=r"p\.md:2: the front matter is not YAML"):
        planned("---\n\tpreuve: {cluster: exclusive}\n---\n")

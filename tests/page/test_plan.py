"""Plans: what a page does, and all that is wrong in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from preuve.errors import PreuveError
from preuve.page.plan import Console, Diagram, Include, Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
        "kubectl replace -f web.yml -f ./pod.yaml",
        "kubectl create -fpod.yaml",
        "kubectl create -f pod.yaml; kubectl get -f pod.yaml",
        "kubectl auth reconcile -f pod.yaml",
        "kubectl apply --dry-run=none -f pod.yaml",
        "kubectl apply -Rf .",
        "kubectl apply -k .",
        "mkdir base && mv pod.yaml base/ && kubectl apply -k base",
        "mv pod.yaml base/\n$ kubectl apply -k production",
        "cp pod.yaml base/web/renamed.yaml\n$ kubectl apply -Rf base",
        "kubectl create --kustomize=./",
        "kubectl apply -Rwf pod.yaml",
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
        *(
            f"```console\n$ {command}\n```\n"
            for command in (
                "kubectl delete -f pod.yaml",
                "kubectl get -wf pod.yaml",
                "kubectl diff -f pod.yaml",
                "sed s/1.22/1.26/ pod.yaml | kubectl diff -f - | grep '^[-+] '",
                "kubectl describe -f ./pod.yaml",
                "kubectl wait --for=condition=Ready -f pod.yaml",
                "KUBE_EDITOR=ed kubectl edit -f pod.yaml",
                "kubectl label -f pod.yaml tier=front",
                "kubectl diff -k .",
                "mv pod.yaml base/; kubectl kustomize base",
                "mv pod.yaml bases/; kubectl apply -f base",
                "mv web.yml base/; kubectl apply -k base",
                "kubectl apply -k base",
                "kubectl apply -f pod.yaml --dry-run=server",
                "kubectl create --dry-run=client -f pod.yaml -o yaml",
                "kubectl apply view-last-applied -f pod.yaml",
            )
        ),
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


SCRIPT = '```sh title="check.sh"\n--8<-- "pods/check.sh"\n```\n'


@pytest.mark.parametrize(
    "command", ["sh check.sh", "kubectl create cm x --from-file=pods/check.sh", "./check.sh"]
)
def test_another_file_that_a_command_names_is_the_page_s(
    planned: Callable[[str], Plan], command: str
) -> None:
    """A script is there for the commands, as manifests are, and nothing applies it."""
    one = planned(f"{SCRIPT}\n```console\n$ {command}\n```\n")
    assert sources(one) == [command]
    assert [(file.name, file.manifest) for file in one.files] == [("check.sh", False)]
    assert [step.shown_only for step in one.steps if isinstance(step, Include)] == [False]


@pytest.mark.parametrize(
    "fence", ["", "```console\n$ ls check.sh.old\n```\n", "```{ .console exec=no }\n$ sh check.sh\n```\n"]
)
def test_another_file_that_no_run_command_names_is_only_shown(
    planned: Callable[[str], Plan], fence: str
) -> None:
    """It is the author's business what it is for."""
    assert planned(f"{SCRIPT}\n{fence}").files == ()


def test_both_forms_of_snippets_include(planned: Callable[[str], Plan]) -> None:
    """The block form includes several files; a part of a file, or an escaped mark, includes none."""
    one = planned("```yaml\n--8<--\npods/pod.yaml\npods/web.yml\n--8<--\n```\n")
    assert sources(one) == ["kubectl apply -f pod.yaml", "kubectl apply -f web.yml"]
    assert [file.name for file in one.files] == ["pod.yaml", "web.yml"]
    for body in ('--8<-- "pods/pod.yaml:1:2"', '--8<-- "pods/pod.yaml:part"', ';--8<-- "pods/pod.yaml"'):
        assert planned(f"```yaml\n{body}\n```\n") == Plan("p.md")


def test_all_problems_are_told_at_once(planned: Callable[[str], Plan]) -> None:
    """One run tells every mistake of the page, each at its line, with the nearest known name."""
    page = """---
preuve: {cluster: shared, klaster: 1}
---
```{ .console exti=1 tty=yes tty=no }
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
        *["p.md:2"] * 2, *["p.md:4"] * 2, *["p.md:8"] * 3, "p.md:12", "p.md:17", "p.md:19", "p.md:22",
    ]  # fmt: skip
    assert "did you mean 'exit'?" in lines[2]
    assert "'tty' stands here twice" in lines[3]
    assert "did you mean 'pods/pod.yaml'?" in lines[8]
    assert "different files with one name" in lines[9]


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
    with pytest.raises(PreuveError, match=r"^p\.md:1: .* takes no option: leave part out$"):
        planned('```{ .proofs part="run" }\npages\n```\n')


def test_a_fence_that_is_only_shown_needs_no_command(planned: Callable[[str], Plan]) -> None:
    """It may be an output from elsewhere."""
    assert not sources(planned("```{ .console exec=no }\nonly output\n```\n"))


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
    (tmp_path / "pods/pod.yaml").write_bytes("kind: Pod\n".encode("utf-16"))
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

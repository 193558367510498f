"""Why a command is not false, though it came to something else."""

from __future__ import annotations

import pytest

from preuve.audit.hindrance import Reason, before
from preuve.audit.pages import Typed
from preuve.audit.verdict import Finding, Played, Verdict
from preuve.errors import Where
from preuve.transcript import Exchange

BEFORE = {
    "kubectl describe pod <pod-name>": Reason.PLACEHOLDER,
    "kubectl get pods ...": Reason.PLACEHOLDER,
    "kubectl apply -f https://example.com/pod.yaml": Reason.NETWORK,
    "git clone https://github.com/someone/something": Reason.NETWORK,
    "kubectl exec -it web -- /bin/bash": Reason.INTERACTIVE,
    "kubectl exec --stdin --tty web -- sh": Reason.INTERACTIVE,
    "kubectl edit deployment web": Reason.INTERACTIVE,
    "kubectl get pods --watch": Reason.ENDLESS,
    "kubectl logs -f web": Reason.ENDLESS,
    "kubectl port-forward web 8080:80": Reason.ENDLESS,
    "gcloud container clusters list": Reason.CLOUD,
    "echo 'never ends": Reason.UNREADABLE,
}

RUNS = (
    "kubectl apply -f - <<EOF\nname: <none>\nEOF",
    "kubectl port-forward web 8080:80 &",
    "curl http://localhost:8080",
    "curl 10.0.0.1:80/x...y",
    "kubectl run x -it --rm --image=busybox -- sh -c 'echo hi'",
    "KUBE_EDITOR='sed -i s/a/b/' kubectl edit deploy web",
    "cat < file > other",
    "kubectl get pods -l 'app in (a, b)'",
)


@pytest.mark.parametrize("source", BEFORE)
def test_what_cannot_be_run_is_told_before(source: str) -> None:
    found = before(source)
    assert found
    assert found.cause == BEFORE[source]


@pytest.mark.parametrize("source", RUNS)
def test_what_can_be_run_is(source: str) -> None:
    assert before(source) is None


def judged(*asked: tuple[str, str | None, str, int]) -> list[Finding]:
    """The findings on commands: what each is, what was typed, what it answered, with which code."""
    typed = [
        Typed(source, at := Where("p.md", number), None if output is None else tuple(output.splitlines()), at)
        for number, (source, output, _, _) in enumerate(asked, 1)
    ]
    hindrances = {number: why for number, one in enumerate(typed) if (why := before(one.source))}
    exchanges = {
        number: Exchange(source, answer, code)
        for number, (source, _, answer, code) in enumerate(asked)
        if number not in hindrances
    }
    return list(Played(typed, hindrances, exchanges).findings())


def test_a_command_without_output_is_not_compared() -> None:
    assert [each.verdict for each in judged(("date", None, "Monday\n", 0))] == [Verdict.UNCOMPARED]


def test_a_command_that_fails_is_false() -> None:
    [found] = judged(("kubectl get pod x", None, "Error: no such pod\n", 1))
    assert (found.verdict, found.why, found.line) == (Verdict.FALSE, "exit code 1: Error: no such pod", 1)


def test_a_failure_that_the_page_shows_is_true() -> None:
    [found] = judged(("kubectl get pod x", "Error: no such pod", "Error: no such pod\n", 1))
    assert found.verdict == Verdict.TRUE


def test_a_program_that_is_not_installed() -> None:
    [found] = judged(("helm ls", None, "bash: helm: command not found\n", 127))
    assert (found.verdict, found.cause, found.why) == (Verdict.IMPOSSIBLE, Reason.TOOL, "tool helm")


def test_an_image_that_is_not_there_explains_pods_and_not_names() -> None:
    create, get = judged(
        (
            "kubectl create deployment db --image=mysql:5.6",
            "deployment xx created",
            "deployment db created\n",
            0,
        ),
        ("kubectl get pods", "NAME   READY\ndb     1/1", "NAME   READY\ndb     0/1\n", 0),
    )
    assert create.verdict == Verdict.FALSE
    assert (get.verdict, get.why) == (Verdict.IMPOSSIBLE, "image mysql:5.6")


def test_what_follows_from_what_could_not_be_run() -> None:
    _, found = judged(
        ("kubectl apply -f https://example.com/x.yaml", "pod/x created", "", 0),
        ("kubectl get pods", "NAME", "No resources found\n", 0),
    )
    assert (found.verdict, found.cause) == (Verdict.IMPOSSIBLE, Reason.FOLLOWS)
    assert found.why == "line 1 could not be run: no network: example.com"


def test_an_api_that_kubernetes_has_taken_away_is_the_page_s_fault() -> None:
    gone = 'error: resource mapping not found: no matches for kind "Deployment" in version "apps/v1beta1"\n'
    foreign = gone.replace("apps/v1beta1", "cert-manager.io/v1")
    assert [judged(("kubectl apply -f x.yaml", None, each, 1))[0].verdict for each in (gone, foreign)] == [
        Verdict.FALSE,
        Verdict.IMPOSSIBLE,
    ]


def test_another_cluster_s_nodes_are_not_false() -> None:
    [found] = judged(("kubectl get nodes", "NAME\nminikube", "NAME\nnode1\nnode2\n", 0))
    assert (found.verdict, found.cause) == (Verdict.IMPOSSIBLE, Reason.ELSEWHERE)


def test_an_object_that_the_page_does_not_make_comes_from_elsewhere() -> None:
    gone = 'Error from server (NotFound): pods "{}" not found\n'
    made, other, chance = judged(
        ("kubectl run web --image=nginx", None, "pod/web created\n", 0),
        ("kubectl get pod api", "NAME", gone.format("api"), 1),
        ("kubectl delete pod web-431080787-9r0lx", 'pod "x" deleted', gone.format("web-431080787-9r0lx"), 1),
    )
    assert made.verdict == Verdict.UNCOMPARED
    assert (other.cause, other.why) == (Reason.ABSENT, 'the page makes no pods "api"')
    assert chance.cause == Reason.PLACEHOLDER
    [_, lost] = judged(
        ("kubectl run web --image=nginx", None, "pod/web created\n", 0),
        ("kubectl get pod web", "NAME", gone.format("web"), 1),
    )
    assert lost.verdict == Verdict.FALSE


def test_a_moment_that_passes_is_not_false() -> None:
    [found] = judged(("kubectl get pods", "web 0/1 ContainerCreating", "web 1/1 Running\n", 0))
    assert (found.verdict, found.cause) == (Verdict.IMPOSSIBLE, Reason.MOVING)

"""What a command does to the cluster, told from its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preuve.page.verbs import awaits, changes, listens, reads
from preuve.page.verbs import given as files

NOTHING = [
    "cd manifests",
    "export NAME=web",
    "NAME=web",
    "ls -l; cat pod.yaml | head -3",
    "sed -i s/1.22/1.26/ deployment.yaml",
    "cat > pod.yaml <<EOF\nkind: Pod\nmetadata: {name: it's}\nEOF",
    "cat <<'END' > a\nkubectl delete pod web\nEND\nls",
    "cat <<A - <<B\nkubectl delete pod a\nA\nkubectl delete pod b\nB",
    "cat > x <<'THE-END'\nkubectl delete pod web\n  THE-END\nTHE-END",
    "bash -c 'ls\ncat > x <<EOF\nkubectl delete pod web\nEOF'",
    "for i in 1 2 3; do echo $((i + 1)); done",
    "if [ -f x ]; then echo yes; else echo no; fi",
    "kubectl config view",
    "kubectl version --client",
    "kubectl explain pod.spec",
    "kubectl --help",
    "kubectl",
    "# kubectl delete pod web",
    "echo one 2>&1 >/dev/null",
    "kill %1; sleep 1",
    "time ls",
    "find . -name '*.yaml' -exec cat {} ';'",
    "awk '{print $1 | 2}' names",
    "trap 'rm -f x' EXIT",
    "kubectl cluster-info",
    "FIRST=${NODES%% *}",
    "greet() {\n  echo hello\n}",
    "function clean { kubectl delete pod web; }",
    "printf '`whoami`\\n'",
    "echo it # kubectl delete pod web",
    "cat <<'EOF'\n$(kubectl delete pod web)\nEOF",
]
LOOKS = [
    "kubectl get pods",
    "kubectl -n web get pods -o wide",
    "kubectl --namespace web describe pod web | grep -A3 Events",
    "/usr/bin/kubectl logs deploy/web",
    "kubectl rollout status deployment/web",
    "kubectl rollout history deployment web",
    "kubectl auth can-i create pods",
    "kubectl diff -f pod.yaml",
    "kubectl run web --image=nginx --dry-run=client -o yaml > pod.yaml",
    "kubectl port-forward pod/web 8080:80 &",
    "echo $(kubectl get pods -o name)",
    'NAME="$(kubectl get pods -o name)"',
    "echo `kubectl get pods -o name`",
    "kubectl logs $(kubectl get pod -o name | head -1) --tail=1",
    "while kubectl get pod web; do sleep 1; done",
    "bash -c 'kubectl get pods'",
    "nslookup web",
    "cat <<EOF\nThere are $(kubectl get pods -o name | wc -l).\nEOF",
    "kubectl cluster-info dump",
    "timeout 5 kubectl wait --for=condition=Ready pod/web",
]
ORDERS = [
    "kubectl apply -f pod.yaml",
    "kubectl -n get delete pod web",
    "kubectl rollout undo deployment/web",
    "kubectl rollout restart deployment/web",
    "KUBE_EDITOR='sed -i s/1.22/1.26/' kubectl edit deployment web",
    "cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF",
    "cd x\nkubectl apply -f .",
    "for pod in a b; do kubectl delete pod $pod; done",
    "(cd x; kubectl apply -f .)",
    "! kubectl create -f pod.yaml",
    "kubectl apply \\\n  -f pod.yaml",
    'echo "$(kubectl delete pod web)"',
    'bash -c "kubectl delete pod web"',
    "eval kubectl delete pod web",
    "eval 'kubectl delete -f - <<EOF'",
    "kubectl apply --dry-run=none -f pod.yaml",
]
CHANGES = [
    "kubectl run web --image=nginx --rm -i -- date",
    "kubectl get pods && kubectl delete pod web",
    "kubectl get pods -o name | xargs kubectl delete",
    "find . -name '*.yaml' -exec kubectl delete -f {} ';'",
    """awk '{system("kubectl delete pod " $1)}' names""",
    "trap 'kubectl delete pod web' EXIT",
    "kubectl get pods -o name | xargs -n 1 kubectl delete",
    "kubectl exec web -- kill 1",
    "curl http://web/crash",
    "preuve cluster node stop node2",
    "./anything",
    """awk 'BEGIN {system("curl http://web")}'""",
    "exec 3<>/dev/tcp/web/80",
    "kubectl delete pods -l app=web",
    "kubectl label pods --all tier=front",
    "sudo kubectl drain node1",
    "echo 'a quote left open",
]


@pytest.mark.parametrize("source", NOTHING)
def test_what_never_meets_the_cluster_waits_for_nothing(source: str) -> None:
    """A command of the shell's own neither reads nor changes."""
    assert (reads(source), changes(source)) == (False, False)


@pytest.mark.parametrize("source", LOOKS)
def test_a_look_reads_and_changes_nothing(source: str) -> None:
    """What only looks waits for rest, and leaves it."""
    assert (reads(source), changes(source)) == (True, False)


@pytest.mark.parametrize("source", ORDERS)
def test_an_order_changes_and_does_not_wait(source: str) -> None:
    """An author can delete what never comes to rest."""
    assert (reads(source), changes(source)) == (False, True)


@pytest.mark.parametrize("source", CHANGES)
def test_what_may_change_the_cluster_is_waited_for(source: str) -> None:
    """A change is one wherever it stands in a command; what is unknown may be one."""
    assert (reads(source), changes(source)) == (True, True)


def test_a_definition_runs_nothing_yet() -> None:
    """Nobody waits for a port that is not asked for; but what a function is given is given by the page."""
    forward = "forward() {\n  kubectl port-forward svc/web 8080:80 &\n  wait\n}"
    assert not list(listens(forward))
    assert not awaits(forward)
    assert list(listens(f"{forward}\nkubectl proxy &")) == ["8001"]
    assert reads("forward")
    assert list(files("deploy() { kubectl apply -f pod.yaml; }")) == ["pod.yaml"]


@given(st.text("abk$()`;|&<>'\"\\\n #{}=-", max_size=40))
def test_any_source_has_an_answer(source: str) -> None:
    """Shell code that nobody can read is no reason to fail."""
    assert {reads(source), changes(source)} <= {True, False}


@given(
    st.sampled_from(ORDERS + CHANGES[:4]),
    st.sampled_from(NOTHING[:1] + LOOKS[:5]),
    st.sampled_from([" && ", "\n", "; "]),
)
def test_a_change_is_seen_beside_anything(change: str, other: str, joint: str) -> None:
    """What stands before a change in a command does not hide it."""
    assert changes(other + joint + change)

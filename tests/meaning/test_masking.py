"""What `preuve.meaning.masking` masks, and what it leaves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from preuve.meaning.masking import MASK, known, mask

Dump = Callable[[object], str]

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl_-"

CONFIG_MAP = {
    "apiVersion": "v1",
    "data": {"password": "shown"},
    "kind": "ConfigMap",
    "metadata": {"name": "c"},
}


def secret(**values: str) -> dict[str, object]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    metadata = {"annotations": {"kubernetes.io/service-account.name": "default"}, "name": "s"}
    return {"apiVersion": "v1", "data": data, "kind": "Secret", "metadata": metadata, "type": "Opaque"}


def as_yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=True)


def as_json(value: object) -> str:
    return json.dumps(value, indent=4, sort_keys=True) + "\n"


def as_compact_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n"


FORMATS = pytest.mark.parametrize("dump", [as_yaml, as_json, as_compact_json])


@FORMATS
def test_values_of_a_secret_are_masked_and_nothing_else(dump: Dump) -> None:
    """Keys, names, annotations and layout stay; each value goes, in all that kubectl can print."""
    shown = mask(dump(secret(key="hunter2", user="ünïcode")), public="")
    expected = secret()
    expected["data"] = {"key": MASK, "user": MASK}
    assert yaml.safe_load(shown) == expected
    assert shown.count("\n") == dump(secret(key="hunter2", user="ünïcode")).count("\n")


@FORMATS
def test_in_a_list_only_secrets_are_masked(dump: Dump) -> None:
    """A ConfigMap beside a Secret is the lesson."""
    many = {"apiVersion": "v1", "items": [CONFIG_MAP, secret(a="b1", c="d2"), CONFIG_MAP], "kind": "List"}
    shown = yaml.safe_load(mask(dump(many), public=""))
    assert shown["items"][0] == shown["items"][2] == CONFIG_MAP
    assert set(shown["items"][1]["data"].values()) == {MASK}


@FORMATS
def test_the_copy_that_apply_keeps_is_masked_too(dump: Dump) -> None:
    """`kubectl apply` writes the object, its data too, into an annotation."""
    value = secret(key="hunter2")
    value["metadata"] = {
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": as_compact_json(value)},
        "name": "s",
    }
    shown = mask(dump(value), public="")
    assert "aHVudGVyMg==" not in shown
    copy = yaml.safe_load(shown)["metadata"]["annotations"]
    assert json.loads(copy["kubectl.kubernetes.io/last-applied-configuration"])["data"] == {"key": MASK}


@FORMATS
@pytest.mark.parametrize("public", ["--from-literal=password=hunter2", "data:\n  password: aHVudGVyMg==\n"])
def test_what_the_page_spells_out_is_no_secret(dump: Dump, public: str) -> None:
    """A lesson that types a password shows how it is stored; one made by the shell stays hidden."""
    shown = mask(dump(secret(key="hunter2", made="x9!kQ")), public)
    assert yaml.safe_load(shown)["data"] == {"key": "aHVudGVyMg==", "made": MASK}


def test_values_of_several_lines_keep_their_lines() -> None:
    """A block of text is masked line by line."""
    text = "apiVersion: v1\nkind: Secret\nstringData:\n  key: |-\n    one\n\n    two words\n  last: x\n"
    assert mask(text, "") == (
        f"apiVersion: v1\nkind: Secret\nstringData:\n  key: |-\n    {MASK}\n\n    {MASK}\n  last: {MASK}\n"
    )
    assert mask(text, public="key: |-\n      one\n\n      two words\nlast: x") == text


def test_a_secret_that_is_cut_off_is_still_masked() -> None:
    """After `| head` the kind is not there to say what it was."""
    assert "aHVudGVyMg" not in mask("apiVersion: v1\ndata:\n  password: aHVudGVyMg==\n", "")
    cut = as_json(secret(key="hunter2")).splitlines(keepends=True)[:4]
    assert "aHVudGVyMg" not in mask("".join(cut), "")


def test_a_secret_among_other_output_is_masked() -> None:
    """Several commands may answer in one output."""
    text = f"secret/s created\n{as_yaml(secret(a='hunter2'))}pod/web created\n"
    shown = mask(text, "")
    assert "aHVudGVyMg" not in shown
    assert shown.startswith("secret/s created\n")
    assert shown.endswith("pod/web created\n")


@FORMATS
def test_credentials_of_a_kubeconfig_are_masked(dump: Dump) -> None:
    """Certificates and addresses are no secrets."""
    user = {
        "client-certificate-data": "LS0tLS1=",
        "client-key-data": "c2VjcmV0",
        "token": "abc",
        "password": "p",
    }
    config = {
        "apiVersion": "v1",
        "clusters": [{"cluster": {"server": "https://192.168.1.2:6443"}, "name": "preuve"}],
        "kind": "Config",
        "users": [{"name": "admin", "user": user}, {"name": "b", "user": {"token": "REDACTED"}}],
    }
    shown = yaml.safe_load(mask(dump(config), public=""))
    masked = {"client-certificate-data": "LS0tLS1=", "client-key-data": MASK, "token": MASK, "password": MASK}
    assert shown["users"] == [{"name": "admin", "user": masked}, {"name": "b", "user": {"token": "REDACTED"}}]
    assert shown["clusters"] == config["clusters"]


@FORMATS
def test_what_a_kubeconfig_gives_to_a_program_is_masked(dump: Dump) -> None:
    """`kubectl config view` prints it as it is; the program, its arguments and the variables' names stay."""
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "args": ["get-token"],
        "command": "fetch",
        "env": [{"name": "SECRET_KEY", "value": "hunter2"}, {"name": "PROFILE", "value": "typed"}],
        "interactiveMode": "Never",
    }
    config = {"apiVersion": "v1", "kind": "Config", "users": [{"name": "admin", "user": {"exec": program}}]}
    shown = yaml.safe_load(mask(dump(config), public="--exec-env=PROFILE=typed"))
    [user] = shown["users"]
    variables = [{"name": "SECRET_KEY", "value": MASK}, {"name": "PROFILE", "value": "typed"}]
    assert user["user"]["exec"] == {**program, "env": variables}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{JWT}\n", f"{MASK}\n"),
        (f"token:      {JWT}\n", f"token:      {MASK}\n"),
        (f'curl -H "Authorization: Bearer {JWT}"', f'curl -H "Authorization: Bearer {MASK}"'),
        ("> Authorization: Bearer abcdef123456\n", f"> Authorization: Bearer {MASK}\n"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nIJ0=\n-----END EC PRIVATE KEY-----\n",
            f"-----BEGIN EC PRIVATE KEY-----\n{MASK}\n{MASK}\n-----END EC PRIVATE KEY-----\n",
        ),
        (
            "    -----BEGIN PRIVATE KEY-----\n    MHcCAQEE\n",
            f"    -----BEGIN PRIVATE KEY-----\n    {MASK}\n",
        ),
        ("    client-key-data: c2VjcmV0\n", f"    client-key-data: {MASK}\n"),
    ],
)
def test_shapes_of_secrets_are_masked_anywhere(text: str, expected: str) -> None:
    """Tokens and private keys are known by their shape."""
    assert mask(text, "") == expected


@pytest.mark.parametrize(
    "text",
    [
        as_yaml(CONFIG_MAP),
        "Name:         s\nType:  Opaque\n\nData\n====\npassword:  8 bytes\n",
        "-----BEGIN CERTIFICATE-----\nMHcCAQEE\n-----END CERTIFICATE-----\n",
        "kind: Pod\napiVersion: v1\nspec:\n  volumes:\n  - name: token\n    secret: {secretName: s}\n",
        "client-key-data: DATA+OMITTED\n",
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}',
        "metadata: data: {broken",
        "",
    ],
)
def test_what_is_no_secret_is_left(text: str) -> None:
    """Masking what is public would hide the lesson."""
    assert mask(text, "") == text


@given(st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9.-]{0,9}\Z"), st.text(min_size=1), max_size=4))
def test_no_value_survives_and_masking_twice_is_masking_once(values: dict[str, str]) -> None:
    """Whatever the bytes, in each format."""
    for dump in (as_yaml, as_json, as_compact_json):
        shown = mask(dump(secret(**values)), public="")
        assert set(yaml.safe_load(shown)["data"].values()) <= {MASK}
        assert mask(shown, public="") == shown


@given(st.text(alphabet='apiVersion: v1\nkindSecretdata"{}[],|-#&*!\\ é', max_size=80))
def test_any_text_can_be_masked(text: str) -> None:
    """What is not YAML is no reason to fail, and has as many lines as before."""
    document = "apiVersion: v1\ndata:\n" + text
    assert mask(document, "").count("\n") == document.count("\n")


def test_a_secret_is_masked_without_its_api_version() -> None:
    """`grep -v apiVersion` does not make it public."""
    cut = "kind: Secret\nmetadata:\n  name: db\ndata:\n  password: aHVudGVyMg==\n"
    assert "aHVudGVyMg" not in mask(cut, public="")


def test_what_a_secret_has_in_common_with_any_file_is_shown() -> None:
    """A Secret made of a whole file hides its long lines, and no word of another output."""
    file = "apiVersion: v1\nkind: Config\nsecret-of-many-letters: 3xcFh2kLq\n"
    hidden = known([secret(config=file, user="nobody")])
    shown = mask(
        "apiVersion: v1\nkind: ConfigMap\nnobodys: x\n  secret-of-many-letters: 3xcFh2kLq\n", "", hidden
    )
    assert shown == f"apiVersion: v1\nkind: ConfigMap\nnobodys: x\n  {MASK}\n"


def test_a_value_that_has_an_alias_is_masked_once() -> None:
    """The line that says it again stays a line."""
    text = "apiVersion: v1\nkind: Secret\ndata:\n  a: &x aHVudGVyMg==\n  b: *x\n"
    shown = mask(text, "")
    assert "aHVudGVyMg" not in shown
    assert shown.splitlines()[-1] == "  b: *x"


def test_a_bearer_is_masked_however_the_header_is_written() -> None:
    """HTTP/2 writes names in lower case, and `curl -v` shows them."""
    assert mask("> authorization: Bearer abc.def\n", "") == f"> authorization: Bearer {MASK}\n"


def test_the_items_of_a_raw_list_are_of_its_kind() -> None:
    """`kubectl get --raw` gives a SecretList, whose items do not say what they are."""
    said = {"apiVersion", "kind"}
    items = [{key: value for key, value in secret(key="hunter2").items() if key not in said}]
    for kind, hidden in (("SecretList", True), ("ConfigMapList", False)):
        shown = mask(as_compact_json({"kind": kind, "apiVersion": "v1", "items": items}), "")
        assert (MASK in shown, "aHVudGVyMg==" in shown) == (hidden, not hidden)

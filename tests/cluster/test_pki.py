"""The certification authority: what it signs is accepted, and says who is who."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from preuve.cluster.embedded.pki import Authority

if TYPE_CHECKING:
    from pathlib import Path

    from preuve.cluster.embedded.pki import Identity


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def context(side: int, authority: Authority, identity: Identity, folder: Path) -> ssl.SSLContext:
    """OpenSSL with an identity, which asks the other side for one."""
    made = ssl.SSLContext(side)
    made.load_verify_locations(cadata=authority.identity.certificate.decode())
    made.verify_mode = ssl.CERT_REQUIRED
    file = folder / f"{side}.pem"
    file.write_bytes(identity.certificate + identity.key)
    made.load_cert_chain(file)
    return made


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """Both sides verify each other; the server's, as it was left."""
    ours, theirs = socket.socketpair()
    accepted: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: accepted.append(server.wrap_socket(ours, server_side=True)))
    thread.start()
    try:
        with client.wrap_socket(theirs, server_hostname=name):
            thread.join()
            return accepted[0]
    except ssl.SSLError:
        ours.close()
        thread.join()
        raise


@pytest.mark.parametrize("name", ["kubernetes.default.svc", "10.96.0.1"])
def test_both_sides_verify_each_other(authority: Authority, name: str, tmp_path: Path) -> None:
    """A server is known by its host names and addresses, a client by its user and its group."""
    server = authority.issue("kube-apiserver", serves=("kubernetes.default.svc", "10.96.0.1"))
    client = authority.issue("system:node:node1", "system:nodes")
    with handshake(
        context(ssl.PROTOCOL_TLS_SERVER, authority, server, tmp_path),
        context(ssl.PROTOCOL_TLS_CLIENT, authority, client, tmp_path),
        name,
    ) as connection:
        peer = connection.getpeercert()
        assert peer
        assert peer["subject"] == (
            (("organizationName", "system:nodes"),),
            (("commonName", "system:node:node1"),),
        )


def test_two_clusters_do_not_know_each_other(authority: Authority) -> None:
    """A certificate of one authority is nothing to another."""
    own = x509.load_pem_x509_certificate(authority.identity.certificate)
    foreign = x509.load_pem_x509_certificate(
        Authority().issue("kubernetes-admin", "system:masters").certificate
    )
    with pytest.raises(InvalidSignature):
        foreign.verify_directly_issued_by(own)


def test_a_client_cannot_serve(authority: Authority) -> None:
    """What an identity is for is written in it."""
    client = x509.load_pem_x509_certificate(authority.issue("kubernetes-admin").certificate)
    uses = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [use._name for use in uses] == ["clientAuth"]


def test_a_kubeconfig_holds_everything(authority: Authority) -> None:
    """One context, and no path to a file that could go away."""
    text = authority.kubeconfig("https://192.168.1.2:6443", "admin", authority.issue("admin"))
    config = json.loads(text)
    assert len(config["contexts"]) == len(config["clusters"]) == len(config["users"]) == 1
    assert set(config["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert set(config["clusters"][0]["cluster"]) == {"server", "certificate-authority-data"}

"""What a reader sees, in the languages that preuve speaks: one table keyed by ``theme.language``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}


@dataclass(frozen=True, slots=True)
class Strings:
    """The words of one language."""

    language: str
    executed: str
    """Takes ``version``, ``date`` (HTML or text) and ``script`` (a link)."""
    script: str
    stale: str
    not_executed: str
    not_applied: str
    expected_failure: str
    """Takes ``code``."""
    download: str
    """Takes ``name``."""
    lines: str
    """Takes ``count``."""
    volatile: str
    """What a mark says; takes ``what``."""
    kinds: dict[str, str]
    """What each kind of volatile value is."""

    def date(self, moment: datetime) -> str:
        """A date as a person writes it.

        >>> from datetime import datetime
        >>> FRENCH.date(datetime(2026, 12, 1)), ENGLISH.date(datetime(2026, 11, 23))
        ('1er décembre 2026', '23 November 2026')
        """
        day = "1er" if self.language == "fr" and moment.day == 1 else str(moment.day)
        return f"{day} {MONTHS[self.language][moment.month - 1]} {moment.year}"


FRENCH = Strings(
    language="fr",
    executed="Exécuté sur Kubernetes {version} le {date} · {script}",
    script="le script de la page",
    stale="Périmé : la page a changé depuis cette exécution",
    not_executed="Non exécuté",
    not_applied="Montré sans être appliqué",
    expected_failure="Échec attendu : code de sortie {code}",
    download="Télécharger {name}",
    lines="{count} lignes",
    volatile="{what} : différera chez vous",
    kinds={
        "pod": "nom de Pod engendré",
        "hash": "empreinte engendrée",
        "age": "âge",
        "duration": "durée",
        "time": "date",
        "ip": "adresse IP",
        "address": "adresse",
        "passing": "dépend du moment",
        "machine": "propre à cette machine",
        "pid": "numéro de processus",
        "random": "tiré au hasard",
        "repeated": "nombre de répétitions",
        "steps": "étapes dépendant du moment",
        "certificate": "certificat",
        "uid": "identifiant unique",
        "version": "version de la ressource",
        "digest": "empreinte d’image",
        "container-id": "identifiant de conteneur",
        "node": "nœud choisi par le planificateur",
        "port": "port choisi au hasard",
        "restarts": "nombre de redémarrages",
        "token": "jeton",
        "pulled": "image téléchargée ou déjà présente",
    },
)

ENGLISH = Strings(
    language="en",
    executed="Run on Kubernetes {version} on {date} · {script}",
    script="this page’s script",
    stale="Out of date: the page has changed since this run",
    not_executed="Not run",
    not_applied="Shown, not applied",
    expected_failure="Expected failure: exit code {code}",
    download="Download {name}",
    lines="{count} lines",
    volatile="{what}: will differ on your side",
    kinds={
        "pod": "generated Pod name",
        "hash": "generated hash",
        "age": "age",
        "duration": "duration",
        "time": "date",
        "ip": "IP address",
        "address": "address",
        "passing": "depends on timing",
        "machine": "of this machine",
        "pid": "process number",
        "random": "chosen at random",
        "repeated": "number of repetitions",
        "steps": "steps that depend on timing",
        "certificate": "certificate",
        "uid": "unique identifier",
        "version": "resource version",
        "digest": "image digest",
        "container-id": "container identifier",
        "node": "node that the scheduler chose",
        "port": "port chosen at random",
        "restarts": "restart count",
        "token": "token",
        "pulled": "image pulled or already there",
    },
)

LANGUAGES = {"fr": FRENCH, "en": ENGLISH}


def strings(language: str) -> Strings:
    """The words for a site's language; English for those that preuve does not speak.

    >>> strings("fr-CA").language, strings("de").language
    ('fr', 'en')
    """
    return LANGUAGES.get(language.partition("-")[0].partition("_")[0].lower(), ENGLISH)

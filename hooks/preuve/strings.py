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
    not_executed_because: str
    """Takes ``why``."""
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
    columns: tuple[str, ...]
    """Of the table of pages: page, commands, manifests, wanted failures, version, date, duration."""
    total: str
    all_executed: str
    run_title: str
    run_story: str
    """Takes ``pages``, ``duration``, ``longest``, ``its_duration`` and ``cluster``."""
    run_caption: str
    """Takes ``date``, ``version``, ``pages``, ``duration`` and ``sum``."""
    run_absent: str
    """Takes ``pages``."""
    no_run: str
    cluster_ready: str

    def number(self, value: float) -> str:
        """A number, with a decimal below ten.

        >>> FRENCH.number(1.04), ENGLISH.number(12.3)
        ('1,0', '12')
        """
        text = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
        return text.replace(".", ",") if self.language == "fr" else text

    def duration(self, seconds: float) -> str:
        r"""A duration as a person tells it.

        >>> FRENCH.duration(4.6), FRENCH.duration(59.7), FRENCH.duration(164.9)
        ('4,6\xa0s', '1\xa0min\xa000\xa0s', '2\xa0min\xa045\xa0s')
        """
        if round(seconds) < 60:
            return f"{self.number(seconds)}\xa0s"
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}\xa0min\xa0{rest:02}\xa0s"

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
    not_executed_because="Non exécuté : {why}",
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
    columns=("Page", "Commandes", "Manifestes", "Échecs attendus", "Kubernetes", "Exécutée le", "Durée"),
    total="Total",
    all_executed="Tout ce que les pages montrent a été exécuté.",
    run_title="Les pages de la dernière exécution complète, au fil du temps",
    run_story=(
        "Le cluster est prêt en {cluster}. Puis viennent {pages} pages, plusieurs à la fois. "
        "La plus longue, « {longest} », a pris {its_duration}. En tout : {duration}."
    ),
    run_caption=(
        "Le {date}, sur Kubernetes {version} : {pages} pages en {duration}. L’une après l’autre, elles "
        "auraient pris {sum}."
    ),
    run_absent="Absentes de cette exécution, jouées depuis : {pages}.",
    no_run="Aucune exécution complète n’a été consignée : il n’y a rien à dessiner.",
    cluster_ready="Cluster prêt",
)

ENGLISH = Strings(
    language="en",
    executed="Run on Kubernetes {version} on {date} · {script}",
    script="this page’s script",
    stale="Out of date: the page has changed since this run",
    not_executed="Not run",
    not_executed_because="Not run: {why}",
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
    columns=("Page", "Commands", "Manifests", "Expected failures", "Kubernetes", "Run on", "Duration"),
    total="Total",
    all_executed="All that the pages show was run.",
    run_title="The pages of the last whole run, over time",
    run_story=(
        "The cluster is ready in {cluster}. Then come {pages} pages, several at once. "
        "The longest, “{longest}”, took {its_duration}. In all: {duration}."
    ),
    run_caption=(
        "On {date}, on Kubernetes {version}: {pages} pages in {duration}. One after the other, they would "
        "have taken {sum}."
    ),
    run_absent="Not in this run, played since: {pages}.",
    no_run="No whole run is on record: there is nothing to draw.",
    cluster_ready="Cluster ready",
)

LANGUAGES = {"fr": FRENCH, "en": ENGLISH}


def strings(language: str) -> Strings:
    """The words for a site's language; English for those that preuve does not speak.

    >>> strings("fr-CA").language, strings("de").language
    ('fr', 'en')
    """
    return LANGUAGES.get(language.partition("-")[0].partition("_")[0].lower(), ENGLISH)

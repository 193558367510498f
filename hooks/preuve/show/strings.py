"""What a reader sees, in the languages that preuve speaks: `LANGUAGES`, by what ``theme.language`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preuve.page.script import Remarks

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class DrawingStrings:
    """The words of a drawing, in one language: nearly all to a screen reader."""

    title: str
    """Takes ``kinds``."""
    owns: str
    """Takes ``owner`` and ``owned``."""
    selects: str
    """Takes ``service`` and ``pods``."""
    runs: str
    """Takes ``node`` and ``pods``."""
    arrived: str
    """Takes ``names``."""
    left: str
    """Takes ``names``."""
    new: str
    """The badge of an object that was not in the drawing before this one."""
    gone: str
    """The status of one that is there no more."""
    nothing: str
    enlarge: str
    """On the button beneath one that a phone shows in another layout."""


@dataclass(frozen=True, slots=True)
class Strings:
    """The words of one language."""

    language: str
    decimal: str
    """What stands before the decimals of a number."""
    day: str
    """Takes ``day``, ``month`` and ``year``."""
    first: str
    """The first day of a month."""
    months: str
    """From January on, with spaces between."""
    executed: str
    """Takes ``version``, ``date`` (HTML or text) and ``proofs`` (links)."""
    script: str
    archive: str
    transcript: str
    source: str
    remarks: Remarks
    stale: str
    not_executed: str
    not_executed_because: str
    """Takes ``why``."""
    not_applied: str
    expected_failure: str
    """Takes ``code``."""
    failed: str
    """What stopped the page; takes ``code``."""
    killed: str
    """What stopped the page, for it did not end."""
    download: str
    """Takes ``name``."""
    lines: str
    """The button of a folded answer; takes ``count``."""
    all_columns: str
    """The button of a table of which some columns gave way; takes ``count``."""
    legend: str
    """What the marks are, beneath the first answer that has any."""
    changed: str
    """Of the lines of a manifest that are highlighted; takes ``name``, the one it is compared with."""
    volatile: str
    """What a mark says; takes ``what``."""
    kinds: dict[str, str]
    """What each kind of volatile value is."""
    columns: tuple[str, ...]
    """Of the table of pages: page, commands, manifests, wanted failures, version, date, duration."""
    history: tuple[str, ...]
    """Of the table of whole runs: date, version, pages, duration."""
    figures: tuple[tuple[str, str, str], ...]
    """What is counted of all pages: commands, wanted failures, pages that no longer show what is answered.
    Each is said of none, of one, and of several."""
    last_run: str
    """Of any page. Takes ``version`` and ``date`` (HTML)."""
    last_whole_run: str
    """Of all of them. Takes the same."""
    total: str
    all_executed: str
    run_title: str
    run_story: str
    """Takes ``pages``, ``duration``, ``longest``, ``its_duration`` and ``cluster``."""
    run_caption: str
    """Takes ``date``, ``version``, ``pages``, ``duration`` and ``sum``."""
    run_images: str
    """What images were made of: ``images``."""
    run_absent: str
    """Takes ``pages``."""
    no_run: str
    cluster_ready: str
    drawing: DrawingStrings

    def failure(self, code: int | None) -> str:
        """What a command came to that stopped its page.

        >>> ENGLISH.failure(1), FRENCH.failure(None)
        ('Failed: exit 1', 'Échec : arrêtée, faute de finir à temps')
        """
        return self.killed if code is None else self.failed.format(code=code)

    def number(self, value: float) -> str:
        """A number, with a decimal below ten.

        >>> FRENCH.number(1.04), ENGLISH.number(12.3)
        ('1,0', '12')
        """
        text = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
        return text.replace(".", self.decimal)

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
        >>> FRENCH.date(datetime(2026, 12, 1)), SPANISH.date(datetime(2026, 11, 23))
        ('1er décembre 2026', '23 de noviembre de 2026')
        """
        day = self.first if moment.day == 1 else str(moment.day)
        return self.day.format(day=day, month=self.months.split()[moment.month - 1], year=moment.year)

    def time(self, moment: datetime) -> str:
        """The same as HTML."""
        return f'<time datetime="{moment.date().isoformat()}">{self.date(moment)}</time>'


FRENCH = Strings(
    language="fr",
    decimal=",",
    day="{day} {month} {year}",
    first="1er",
    months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    executed="Exécuté sur Kubernetes {version} le {date} · {proofs}",
    script="script",
    archive="script et fichiers",
    transcript="transcript",
    source="source",
    remarks=Remarks(
        files="Fichiers, à côté de ce script :",
        namespace="À lancer dans un namespace vide : bash {script}",
        rest="Attend que rien ne change pendant trois secondes, et pas plus que le nombre de secondes donné.",
        wanted="le code de sortie {code} est voulu",
        until="arrêtée à : {pattern}",
        ours="seul le cluster de preuve sait le faire : faites-le à l’un de vos nœuds",
    ),
    stale="Périmé : la page a changé depuis cette exécution",
    not_executed="Non exécuté",
    not_executed_because="Non exécuté : {why}",
    not_applied="Montré sans être appliqué",
    expected_failure="Échec attendu : code de sortie {code}",
    failed="Échec : code {code}",
    killed="Échec : arrêtée, faute de finir à temps",
    download="Télécharger {name}",
    lines="Tout afficher ({count} lignes)",
    all_columns="Toutes les colonnes ({count})",
    legend="Souligné ainsi : ce qui différera chez vous",
    changed="Surligné : ce qui change par rapport à {name}",
    volatile="{what} : différera chez vous",
    kinds={
        "pod": "nom de Pod généré",
        "hash": "empreinte générée",
        "age": "âge",
        "duration": "durée",
        "time": "date",
        "ip": "adresse IP",
        "address": "adresse",
        "passing": "dépend du moment",
        "machine": "propre à cette machine",
        "pid": "numéro de processus",
        "random": "choisi au hasard",
        "tally": "nombre de tirages au sort",
        "repeated": "nombre de répétitions",
        "count": "nombre à cet instant",
        "steps": "étapes qui dépendent du moment",
        "certificate": "certificat",
        "uid": "identifiant unique",
        "version": "version de la ressource",
        "digest": "empreinte d’image",
        "container-id": "identifiant de conteneur",
        "node": "nœud choisi par l’ordonnanceur",
        "port": "port choisi au hasard",
        "restarts": "nombre de redémarrages",
        "token": "jeton",
        "pulled": "image téléchargée ou déjà présente",
    },
    columns=("Page", "Commandes", "Manifestes", "Échecs attendus", "Kubernetes", "Exécutée le", "Durée"),
    history=("Exécution du", "Kubernetes", "Pages", "Durée"),
    figures=(
        ("commande exécutée", "commande exécutée", "commandes exécutées"),
        ("échec montré exprès", "échec montré exprès", "échecs montrés exprès"),
        (
            "écart entre les pages et le cluster",
            "écart entre les pages et le cluster",
            "écarts entre les pages et le cluster",
        ),
    ),
    last_run="dernière exécution le {date}, sur Kubernetes {version}",
    last_whole_run="dernière exécution complète le {date}, sur Kubernetes {version}",
    total="Total",
    all_executed="Tout ce que les pages montrent a été exécuté.",
    run_title="Les pages de la dernière exécution complète, dans le temps",
    run_story=(
        "Le cluster est prêt en {cluster}. Ensuite, {pages} pages sont exécutées, plusieurs en même temps. "
        "La plus longue, « {longest} », a pris {its_duration}. En tout : {duration}."
    ),
    run_caption=(
        "Le {date}, sur Kubernetes {version} : {pages} pages en {duration}. L’une après l’autre, elles "
        "auraient pris {sum}."
    ),
    run_images="Les images servies étaient faites de ces paquets de Debian : {images}.",
    run_absent="Absentes de cette exécution, exécutées depuis : {pages}.",
    no_run="Aucune exécution complète n’a été enregistrée : il n’y a rien à dessiner.",
    cluster_ready="Cluster prêt",
    drawing=DrawingStrings(
        title="Objets du cluster : {kinds}",
        owns="{owner} possède {owned}.",
        selects="{service} sélectionne {pods}.",
        runs="Sur {node} : {pods}.",
        arrived="Nouveaux : {names}.",
        left="Disparus : {names}.",
        new="nouveau",
        gone="disparu",
        nothing="Aucun objet",
        enlarge="Agrandir",
    ),
)

ENGLISH = Strings(
    language="en",
    decimal=".",
    day="{day} {month} {year}",
    first="1",
    months="January February March April May June July August September October November December",
    executed="Run on Kubernetes {version} on {date} · {proofs}",
    script="script",
    archive="script and files",
    transcript="transcript",
    source="source",
    remarks=Remarks(),
    stale="Out of date: the page has changed since this run",
    not_executed="Not run",
    not_executed_because="Not run: {why}",
    not_applied="Shown, not applied",
    expected_failure="Expected failure: exit code {code}",
    failed="Failed: exit {code}",
    killed="Failed: stopped, as it did not end in time",
    download="Download {name}",
    lines="Show all ({count} lines)",
    all_columns="All columns ({count})",
    legend="Underlined so: what will differ on your side",
    changed="Highlighted: what changed since {name}",
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
        "tally": "times drawn by lot",
        "repeated": "number of repetitions",
        "count": "number at that moment",
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
    history=("Run of", "Kubernetes", "Pages", "Duration"),
    figures=(
        ("commands run", "command run", "commands run"),
        ("wanted failures", "wanted failure", "wanted failures"),
        ("differences", "difference", "differences"),
    ),
    last_run="last run on {date}, on Kubernetes {version}",
    last_whole_run="last whole run on {date}, on Kubernetes {version}",
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
    run_images="The images that were served were made of these packages of Debian: {images}.",
    run_absent="Not in this run, played since: {pages}.",
    no_run="No whole run is on record: there is nothing to draw.",
    cluster_ready="Cluster ready",
    drawing=DrawingStrings(
        title="Objects of the cluster: {kinds}",
        owns="{owner} owns {owned}.",
        selects="{service} selects {pods}.",
        runs="On {node}: {pods}.",
        arrived="New: {names}.",
        left="Gone: {names}.",
        new="new",
        gone="gone",
        nothing="No object",
        enlarge="Enlarge",
    ),
)

SPANISH = Strings(
    language="es",
    decimal=",",
    day="{day} de {month} de {year}",
    first="1",
    months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    executed="Ejecutado en Kubernetes {version} el {date} · {proofs}",
    script="script",
    archive="script y archivos",
    transcript="transcripción",
    source="fuente",
    remarks=Remarks(
        files="Archivos, junto a este script:",
        namespace="Ejecútelo en un namespace vacío: bash {script}",
        rest="Espera a que nada cambie durante tres segundos, y como mucho los segundos indicados.",
        wanted="el código de salida {code} es el esperado",
        until="detenido en: {pattern}",
        ours="solo el clúster de preuve sabe hacerlo: haga lo mismo en uno de sus nodos",
    ),
    stale="Desactualizado: la página ha cambiado desde esta ejecución",
    not_executed="No ejecutado",
    not_executed_because="No ejecutado: {why}",
    not_applied="Mostrado sin aplicarse",
    expected_failure="Fallo esperado: código de salida {code}",
    failed="Fallo: código {code}",
    killed="Fallo: detenido, no terminó a tiempo",
    download="Descargar {name}",
    lines="Mostrar todo ({count} líneas)",
    all_columns="Todas las columnas ({count})",
    legend="Subrayado así: lo que será distinto en su entorno",
    changed="Resaltado: lo que cambia respecto a {name}",
    volatile="{what}: será distinto en su entorno",
    kinds={
        "pod": "nombre de Pod generado",
        "hash": "hash generado",
        "age": "antigüedad",
        "duration": "duración",
        "time": "fecha",
        "ip": "dirección IP",
        "address": "dirección",
        "passing": "depende del momento",
        "machine": "propio de esta máquina",
        "pid": "número de proceso",
        "random": "elegido al azar",
        "tally": "veces sacado al azar",
        "repeated": "número de repeticiones",
        "count": "número en ese momento",
        "steps": "pasos que dependen del momento",
        "certificate": "certificado",
        "uid": "identificador único",
        "version": "versión del recurso",
        "digest": "digest de la imagen",
        "container-id": "identificador de contenedor",
        "node": "nodo elegido por el planificador",
        "port": "puerto elegido al azar",
        "restarts": "número de reinicios",
        "token": "token",
        "pulled": "imagen descargada o ya presente",
    },
    columns=(
        "Página",
        "Comandos",
        "Manifiestos",
        "Fallos esperados",
        "Kubernetes",
        "Ejecutada el",
        "Duración",
    ),
    history=("Ejecución del", "Kubernetes", "Páginas", "Duración"),
    figures=(
        ("comandos ejecutados", "comando ejecutado", "comandos ejecutados"),
        ("fallos esperados", "fallo esperado", "fallos esperados"),
        ("diferencias", "diferencia", "diferencias"),
    ),
    last_run="última ejecución el {date}, en Kubernetes {version}",
    last_whole_run="última ejecución completa el {date}, en Kubernetes {version}",
    total="Total",
    all_executed="Todo lo que muestran las páginas se ha ejecutado.",
    run_title="Las páginas de la última ejecución completa, en el tiempo",
    run_story=(
        "El clúster está listo en {cluster}. Después se ejecutan {pages} páginas, varias a la vez. "
        "La más larga, «{longest}», tardó {its_duration}. En total: {duration}."
    ),
    run_caption=(
        "El {date}, en Kubernetes {version}: {pages} páginas en {duration}. Una tras otra "
        "habrían tardado {sum}."
    ),
    run_images="Las imágenes servidas se hicieron con estos paquetes de Debian: {images}.",
    run_absent="Ausentes de esta ejecución, ejecutadas después: {pages}.",
    no_run="No hay ninguna ejecución completa registrada: no hay nada que dibujar.",
    cluster_ready="Clúster listo",
    drawing=DrawingStrings(
        title="Objetos del clúster: {kinds}",
        owns="{owner} es propietario de {owned}.",
        selects="{service} selecciona {pods}.",
        runs="En {node}: {pods}.",
        arrived="Nuevos: {names}.",
        left="Desaparecidos: {names}.",
        new="nuevo",
        gone="desaparecido",
        nothing="Ningún objeto",
        enlarge="Ampliar",
    ),
)

LANGUAGES = {each.language: each for each in (FRENCH, ENGLISH, SPANISH)}


def strings(language: str) -> Strings:
    """The words for a site's language; English for those that preuve does not speak.

    >>> strings("fr-CA").language, strings("de").language
    ('fr', 'en')
    """
    return LANGUAGES.get(language.partition("-")[0].partition("_")[0].lower(), ENGLISH)

"""Write a sample of every mail for developers to look at: `python -m services.notify.previews <folder>`."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.contracts.values import Language
from services.notify.content.renderer import OTHER_LANGUAGE, MailRenderer, RenderedMail

BASE_URL = "https://melanissimo.example"
AT = datetime(2026, 3, 3, 13, 5, tzinfo=UTC)
ENDS_AT = AT + timedelta(days=14)
TOKEN = "Zb7mXq3N0c1s8VtR5hKpY2wLdJ6aUeGf4oTiBvPzQxE"  # noqa: S105 - as long as a real one, and opens nothing
CAMILLE = {"address": "camille.durand@mairie-de-saint-aubin.example", "name": "Camille Durand"}
DOMINIQUE = {"address": "dominique.leroy@ministere.example", "name": "Dominique Leroy"}
FIRM = "marches.publics@entreprise-tres-longue-a-ecrire.example"
SUBJECT = "Plans de la salle des fêtes et devis de l'entreprise"
TEXT = """Bonjour Dominique,

voici les plans corrigés, avec le devis de l'entreprise.
Le plan de masse est à valider avant vendredi : https://mairie-de-saint-aubin.example/plans

Bien à vous,
Camille"""
FILES = [
    {"path": "Plans/plan de masse.pdf", "size_bytes": 48_200_000},
    {"path": "Plans/élévations/façade-nord_version-définitive-corrigée-2.dwg", "size_bytes": 1_250_000_000},
    {"path": "devis.ods", "size_bytes": 83_000},
]
RECIPIENTS = [
    {"address": DOMINIQUE["address"], "role": "agent", "field": "to"},
    {"address": FIRM, "role": "external", "field": "to"},
    {"address": "archives@departement.example", "role": "external", "field": "bcc"},
]


class Sample(NamedTuple):
    """A rendered mail, and its file name without the extension."""

    name: str
    kind: str
    language: Language
    mail: RenderedMail


def samples(renderer: MailRenderer) -> Iterator[Sample]:
    """Yield every variant of every kind, in both languages."""
    for name, context in variants().items():
        kind = name.split("-")[0]
        for language in OTHER_LANGUAGE:
            yield Sample(f"{name}.{language}", kind, language, renderer.render(kind, language, context))


def variants() -> dict[str, dict[str, Any]]:
    """Return the context of each sample, by `kind` or `kind-variant`."""
    return {**_about_access(), **_about_sending(), **_about_deciding(), **_about_downloading()}


def _about_access() -> dict[str, dict[str, Any]]:
    context = {"link": f"{BASE_URL}/access/{TOKEN}", "key": "7ZK3M-9QW2B-4XR8T-0VHNC-5DJ6P-G", "reply_to": None}
    return {"access": {**context, "until": AT + timedelta(hours=1)}}


def _about_sending() -> dict[str, dict[str, Any]]:
    counts = {"recipient_count": 3, "external_count": 2, "approver_count": 1, "file_count": 3, "ends_at": ENDS_AT}
    receipt = {**_transfer(), **counts, "total_bytes": 1_298_283_000}
    refusal = "550 5.1.1 <marches.publics@entreprise>: Recipient address rejected: User unknown in virtual table"
    return {
        "sent": receipt,
        "waiting": receipt,
        "withdrawn": {**_transfer(), "at": AT},
        "quarantined": {**_transfer(), "files": FILES[1:2], "at": AT},
        "undeliverable": {**_transfer(), "recipient": FIRM, "reason": refusal},
    }


def _about_deciding() -> dict[str, dict[str, Any]]:
    request = {**_transfer(), "recipients": RECIPIENTS, "files": FILES, "decide_by": AT + timedelta(days=7)}
    by = {**_transfer(), "by": DOMINIQUE, "at": AT}
    return {
        "to_approve": {**request, "quoted": TEXT, "ends_at": ENDS_AT, "link": f"{BASE_URL}/approve/{TOKEN}"},
        "approved": {**by, "external_count": 2, "ends_at": ENDS_AT},
        "refused": {**by, "quoted": "Le devis contient des données personnelles.\nMerci de le refaire sans elles."},
        "lapsed": {**_transfer(), "at": AT},
        "decided-approved": {**by, "outcome": "approved"},
        "decided-refused": {**by, "outcome": "refused"},
        "decided-lapsed": {**by, "outcome": "lapsed", "by": None},
    }


def _about_downloading() -> dict[str, dict[str, Any]]:
    offer = {**_transfer(), "link": f"{BASE_URL}/download/{TOKEN}", "ends_at": ENDS_AT, "reply_to": CAMILLE}
    many = [{"path": f"Photos/IMG_{number:04}.jpg", "size_bytes": number * 10_300} for number in range(1, 1001)]
    report = [(DOMINIQUE["address"], 3), (FIRM, 1), ("archives@departement.example", 0)]
    return {
        "link": {**offer, "files": FILES, "quoted": TEXT, "downloads_per_file": 3},
        "link-one": {**offer, "files": FILES[:1], "quoted": "", "downloads_per_file": 3},
        "link-many": {**offer, "files": many, "quoted": TEXT, "downloads_per_file": 3},
        "reminder": {**offer, "files": FILES, "asked": False},
        "reminder-asked": {**offer, "files": FILES, "asked": True},
        "extended": {**offer, "files": FILES},
        "downloaded": {**_transfer(), "recipient": FIRM, "file": FILES[0], "at": AT},
        "suspended": {**_transfer(), "recipient": FIRM, "file": FILES[1], "at": AT},
        "daily_summary": {
            **_transfer(),
            "downloads": [{"recipient": FIRM, "path": file["path"], "at": AT} for file in FILES],
        },
        "expired": {
            **_transfer(),
            "report": [{"recipient": who, "files_downloaded": some, "files_in_all": 3} for who, some in report],
            "at": ENDS_AT,
        },
    }


def _transfer() -> dict[str, Any]:
    return {
        "sender": CAMILLE,
        "subject": SUBJECT,
        "subject_start": SUBJECT,
        "tracking": f"{BASE_URL}/tracking/0b8f5c1e-3d1f-4a57-9c1b-2f6f0c6f7d11",
        "reply_to": None,
    }


def write(folder: Path) -> list[str]:
    """Write the HTML and the text of each sample, and an index; return the names without extension."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for sample in samples(MailRenderer(ZoneInfo("Europe/Paris"))):
        (folder / f"{sample.name}.html").write_text(sample.mail.html, encoding="utf-8")
        (folder / f"{sample.name}.txt").write_text(sample.mail.text, encoding="utf-8")
        links = " ".join(f'<a href="{sample.name}.{form}">{form}</a>' for form in ("html", "txt"))
        entries.append(f"<li>{sample.name} — {escape(sample.mail.subject)} {links}</li>")
    page = '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Courriels</title><ul>{}</ul></html>'
    (folder / "index.html").write_text(page.format("\n".join(entries)), encoding="utf-8")
    return [entry.partition(" ")[0].removeprefix("<li>") for entry in entries]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m services.notify.previews <folder>")
    sys.stdout.write(f"{len(write(Path(sys.argv[1])))} samples in {sys.argv[1]}\n")

"""What each mail looks like, with an invented practice: HTML and text, before anybody gets it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from desk.mail_samples import sample_context
from desk.playbook_summary import rules
from playbooks.engine.model import Playbook
from playbooks.registry import PLAYBOOKS
from templates.render import RenderedMail, kinds, render
from web.authorization import Viewer
from web.pages import page
from web.problem import Problem
from web.security import framed
from web.services import Services, Web

router = APIRouter(prefix="/mails/templates")

OTHERS = {
    "address_changed": [("contact at the former address", "they give a new address on the practice's page")],
    "assigned": [("colleague", "somebody else starts onboardings that are assigned to them")],
    "contact_declined": [("primary contact", "another contact says that they are not the right person")],
    "contact_replaced": [("former contact", "somebody else has the role, or it is taken from them")],
    "digest": [("the team and its managers", "every business morning")],
    "forwarded": [("colleague of a contact", "the contact forwards the practice's page to them")],
    "hand_over_taken_back": [("colleague", "a hand-over to them is taken back")],
    "handed_over": [("colleague", "onboardings are handed over to them")],
    "mentioned": [("colleague", "a note names them with an @")],
    "prescribers_changed": [("primary contact", "a prescriber is changed after the practice confirmed them")],
    "prescription_notice": [
        ("owner", "a request is approved or declined, or it ends, or the prescription expires"),
        ("prescriber", "a request waits for the decision, or has ended"),
    ],
    "member_link": [("person of a practice", "they get access, or ask for a new password")],
    "practice_said": [("assignee", "a contact says something on the practice's page")],
    "sharing_email_refused": [("who asked", "a request for record sharing by e-mail is refused")],
    "sharing_ended": [("owners and admins of both clinics", "record sharing between two clinics ends")],
    "sharing_request_withdrawn": [("owners and admins of the clinics", "a request for record sharing is withdrawn")],
    "reminder": [("contact whose turn it is", "an integration has no reminder of its own")],
}
"""What is known of the mails that no playbook names."""


@dataclass(frozen=True)
class Template:
    """A kind of mail, its subject for the invented practice, and who gets it when."""

    kind: str
    subject: str
    occasions: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        return _title(self.kind)


@router.get("")
async def templates(request: Request, web: Web, person: Viewer) -> Response:
    counts = Counter(kind for book in PLAYBOOKS.values() for kind in set(book.mail_kinds))
    groups = [(book.title, [kind for kind in book.mail_kinds if counts[kind] == 1]) for book in PLAYBOOKS.values()]
    groups.append(("Several integrations", sorted(kind for kind, books in counts.items() if books > 1)))
    groups.append(("Besides", sorted(kinds() - set(counts))))
    shown = [(title, [_template(web, kind) for kind in theirs]) for title, theirs in groups]
    return await page(request, "console/templates.html", groups=shown)


@router.get("/{kind}")
async def template(request: Request, web: Web, person: Viewer, kind: str) -> Response:
    return await page(request, "console/template.html", letter=_letter(web, kind), shown=_template(web, kind))


@router.get("/{kind}/html")
async def template_html(web: Web, person: Viewer, kind: str) -> Response:
    """Its HTML, for a frame."""
    return framed(_letter(web, kind).html)


def _letter(web: Services, kind: str) -> RenderedMail:
    if kind not in kinds():
        raise Problem(404, "There is nothing here", f"There is no mail '{kind[:60]}'.", code="not-found")
    return render(kind, sample_context(kind), web.settings.brand)


def _template(web: Services, kind: str) -> Template:
    found = [(book, mail) for book in PLAYBOOKS.values() for mail in rules(book).mails if mail.kind == kind]
    occasions = [(mail.to, _in_words(book, mail.when)) for book, mail in found] or OTHERS.get(kind, [])
    return Template(kind, _letter(web, kind).subject, tuple(occasions))


def _title(kind: str) -> str:
    return kind.replace("_", " ").capitalize().replace(" eula", " EULA")


def _in_words(book: Playbook, when: str) -> str:
    """An occasion with the titles of facts, stages and other mails in place of their names."""
    titles = {kind: _title(kind) for kind in book.mail_kinds}
    titles |= {fact.name: fact.title for fact in book.facts} | {stage.name: stage.title for stage in book.stages}
    return re.sub(r"[a-z_]+", lambda name: f"“{titles[name[0]]}”" if name[0] in titles else name[0], when)

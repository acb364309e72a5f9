"""Opens the form of a fact or a command with exactly what its address names chosen, and says why if that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request

from desk.attention.status import is_current
from desk.onboarding_detail import FactDetail, MailDetail, OnboardingDetail
from desk.practice_files import playbook_called
from playbooks.engine.model import FactType
from playbooks.engine.retraction import retractable_report
from playbooks.engine.stages import position_of
from playbooks.engine.transition import Refused
from web.console.choices import (
    FactForm,
    OrderForm,
    fact_form,
    fact_option,
    mail_option,
    order_form,
    why_not,
    with_usual,
)
from web.console.commands import Order
from web.problem import sentence_of
from web.services import Services
from web.sessions import Visit

NAMES = ("fact", "of", "kind", "mail", "role")
"""What an address may name: a fact and its key, a kind of mail or one mail by its key, and a role."""


@dataclass(frozen=True)
class OpenedForm:
    """A form with what is filled in, by the names of its inputs, and why it does not open as asked. `idle`: nothing can
    be done with it now."""

    form: FactForm | OrderForm
    given: Mapping[str, str]
    problem: str | None = None
    idle: bool = False


def asked_of(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name in NAMES}


async def open_form(
    visit: Visit, what: FactType | Order, detail: OnboardingDetail, given: Mapping[str, str]
) -> OpenedForm:
    """`given` is what was typed before, or what an address names."""
    if isinstance(what, FactType):
        opened = _fact(what, detail, given)
        assert isinstance(opened.form, FactForm)
        return replace(opened, form=await with_usual(visit, detail, opened.form))
    form = await order_form(visit, what, detail)
    reason = why_not(what, detail)
    match what.takes:
        case "fact" if given.get("fact"):
            return await _retraction(visit.services, form, detail, given)
        case "kind" if given.get("kind") or given.get("mail"):
            return _resending(form, detail, given)
    return OpenedForm(form, given, reason or None, idle=bool(reason))


def _fact(kind: FactType, detail: OnboardingDetail, given: Mapping[str, str]) -> OpenedForm:
    book = playbook_called(detail.playbook)
    reports = [fact for fact in detail.facts if fact.name == kind.name and is_current(fact)]
    known = reports[-1].data if reports else None
    mail, problem = _mail(detail, given), None
    of = mail.of if mail else given.get("of")
    named = next((fact.data for fact in reports if fact.of == of), None) if mail or of else None
    if named is None and of and kind.per:
        named = {kind.per: of}
    if mail and named and mail.to and named.get("email") not in (None, mail.to):
        problem = f"That mail went to {mail.to}; on record now is {named.get('name')}, {named.get('email')}."
    return OpenedForm(fact_form(book, kind, known, detail.closing, named), given, problem)


async def _retraction(web: Services, form: OrderForm, detail: OnboardingDetail, given: Mapping[str, str]) -> OpenedForm:
    name, of = given["fact"], given.get("of")
    wanted = fact_option(name, of)
    values = [value for value, _ in form.options]
    if wanted not in values:
        # The key is not needed where there is one report.
        alike = [value for value in values if value.partition(" ")[0] == name and not of]
        if len(alike) != 1:
            # Of several nothing is chosen for the person; of none nothing else is offered.
            return OpenedForm(form, {**given, "fact": ""}, await _reason(web, detail.id, wanted), idle=not alike)
        wanted = alike[0]
    return OpenedForm(form, {**given, "fact": wanted})


async def _reason(web: Services, identity: str, wanted: str) -> str:
    name, _, of = wanted.partition(" ")
    state = await web.desk.state(identity)
    book = playbook_called(identity.partition("/")[0])
    try:
        retractable_report(book, state.onboarding, position_of(book, state.onboarding), name, of or None)
    except Refused as refused:
        return sentence_of(refused)
    return "This has just changed; look again."


def _resending(form: OrderForm, detail: OnboardingDetail, given: Mapping[str, str]) -> OpenedForm:
    values = [value for value, _ in form.options]
    if mail := _mail(detail, given):
        return OpenedForm(form, {**given, "kind": mail_option(mail)})
    wanted = given.get("kind", "")
    alike = [value for value in values if value == wanted or value.partition(" ")[0] == wanted]
    if len(alike) == 1:
        return OpenedForm(form, {**given, "kind": alike[0]})
    problem = "That mail does not belong to this onboarding." if not alike else None
    return OpenedForm(form, {**given, "kind": ""}, problem, idle=not alike)


def _mail(detail: OnboardingDetail, given: Mapping[str, str]) -> MailDetail | None:
    return next((mail for mail in detail.mails if mail.key == given.get("mail")), None)


def chosen_fact(form: Mapping[str, str], detail: OnboardingDetail) -> FactDetail | None:
    """Returns the fact that a form as filled in would take back."""
    wanted = form.get("fact")
    alike = (fact for fact in detail.facts if fact.retractable and fact_option(fact.name, fact.of) == wanted)
    return next(alike, None)

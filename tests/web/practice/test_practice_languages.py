"""The page in the reader's language: by their browser or their choice, at every stage, with nothing left in English."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser as Chromium

from tests.web.browser import Browser, text_of
from tests.web.looking import EVERY_WINDOW, look
from tests.web.practice.world import Clinic, ask, card, confirm

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
ENGLISH_WORDS = re.compile(r"\b(?:the|you|your|we|our|and|of|with|has|have|this|is)\b", re.IGNORECASE)


async def in_spanish(phone: Browser, path: str) -> str:
    answer = await phone.get(path, headers=SPANISH)
    assert '<html lang="es">' in answer.text, text_of(answer.text)
    return answer.text


def check(html: str) -> str:
    """What the page says, which is all Spanish."""
    main = re.search(r"<main.*</footer>", html, re.DOTALL)
    assert main
    # The other language is offered under its own name.
    told = text_of(main[0])
    assert ENGLISH_WORDS.findall(told) == [], told
    return told


async def test_the_browsers_language_is_spoken_unless_another_is_chosen(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert '<html lang="en">' in (await phone.get(path)).text
    html = await in_spanish(phone, path)
    assert f'href="{path}?language=en" lang="en"' in html and "Su turno" in check(html)
    chosen = await phone.get(f"{path}?language=en", headers=SPANISH)
    assert '<html lang="en">' in chosen.text and f'href="{path}?language=es" lang="es"' in chosen.text
    # Remembered in this browser, also for the next link and the forms.
    assert '<html lang="en">' in (await phone.get(f"{path}/help", headers=SPANISH)).text
    await phone.get(f"{path}?language=es")
    assert '<html lang="es">' in (await phone.get(f"{path}/help")).text
    assert '<html lang="es">' in (await phone.get(f"{path}?language=xx")).text
    assert '<html lang="es">' in (await phone.get("/p/wrong")).text


async def test_every_stage_of_datapoint_is_told_in_spanish(clinic: Clinic, phone: Browser) -> None:
    await clinic.start(name="Clínica Roble")
    await clinic.record("queued")
    danas = await clinic.link(clinic.contact)
    assert "DataPoint tiene hasta el" in check(await in_spanish(phone, danas))
    await clinic.record("invitation_sent")
    assert "Nombre a su contacto técnico" in check(await in_spanish(phone, danas))
    await clinic.record("technical_contact_designated", name="Lee Park", email=clinic.lee)
    lees = await clinic.link(clinic.lee)
    assert "Díganos que lo asume" in check(await in_spanish(phone, lees))
    await clinic.record("practice_information_given", client_count=12_000)
    await clinic.record("eula_accepted", version="3.1", accepted_by="Dana Reyes")
    assert "El contrato de licencia (EULA) de DataPoint está aceptado" in check(await in_spanish(phone, danas))
    for fact in ("technical_contact_reached", "agent_installed"):
        await clinic.record(fact)
        for path in (danas, lees):
            check(await in_spanish(phone, path))
    assert "aproximadamente dos semanas desde el" in card(await in_spanish(phone, danas))
    await clinic.record("data_received", clients=800)
    await clinic.handle.result()
    assert "Están conectados" in check(await in_spanish(phone, danas))


async def test_what_a_contact_does_is_asked_and_answered_in_spanish(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await phone.get(f"{path}?language=es")
    for action in ("technical-contact", "address", "forward", "not-received", "not-me", "pause-reminders", "help"):
        check((await phone.get(f"{path}/{action}")).text)
    wrong = await ask(phone, path, "technical-contact", name="Lee 4", email="nobody", phone="12")
    told = check(wrong.text)
    assert "Nombre debe ser el nombre de una persona" in told and "Correo electrónico: no es válido" in told
    question = await ask(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    check(question.text)
    assert "Lee Park es ahora el contacto técnico." in text_of((await confirm(phone, question)).text)
    gone = await ask(phone, path, "not-me", name="Uma Cho")
    check(gone.text)
    assert "Su enlace ya no funciona." in check((await confirm(phone, gone)).text)
    check((await phone.get(path)).text)
    check((await phone.get(f"{path}/take-back")).text)
    # The team reads English.
    assert "Named instead: Uma Cho." in str((await registering.told("Named instead: Uma Cho.")).as_string())


async def test_the_calendar_speaks_the_readers_language(clinic: Clinic, phone: Browser) -> None:
    await clinic.start(name="Roble")
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    answer = await phone.get(f"{path}/calendar.ics", headers=SPANISH)
    told = answer.text.replace("\r\n ", "")
    assert "SUMMARY:DataPoint escribe al contacto principal (Roble)" in told and "Usted no tiene ningún plazo." in told


@pytest.mark.parametrize("language", ["es"])
async def test_spanish_fits_into_every_window(
    registering: Clinic, phone: Browser, chromium: Chromium, language: str
) -> None:
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    paths = [await registering.link(each) for each in (registering.contact, registering.lee)]
    async with look(chromium, phone, windows=EVERY_WINDOW) as seen:
        for path in paths:
            await seen.go(f"{path}?language={language}")
            await seen.check()
        await seen.go(f"{paths[0]}/forward")
        await seen.check()

"""The words of the practice's page in every language: none is missing, and dates and numbers are the language's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog

from templates.languages import ENGLISH, LANGUAGES, listed, number, preferred, say, speaking
from tests import catalogues
from web.pages import environment
from web.practice.times import Clock

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
RENEW = "run `python -m tests.catalogues`"


def ids(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def test_the_sentences_are_found() -> None:
    assert len(ids(catalogues.extracted())) > 400


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated_with_its_places_for_values(code: str) -> None:
    catalogue = catalogues.read(code)
    assert ids(catalogue) == ids(catalogues.extracted()), RENEW
    assert [message.id for message in catalogues.untranslated(catalogue)] == []
    assert [message.id for message in catalogues.changed_places(catalogue)] == []


def test_what_is_missing_fuzzy_or_changed_is_found() -> None:
    catalogue = Catalog(locale="es")
    catalogue.add("Hello %(name)s", "Hola %(nombre)s")
    catalogue.add("Open the <strong>newest</strong>", "Abra el más reciente")
    catalogue.add("Good", "Bien", flags=["fuzzy"])
    catalogue.add(("%(count)s pet", "%(count)s pets"), ("una mascota", "%(count)s mascotas", "%(count)s mascotas"))
    catalogue.add("Missing", "")
    assert [message.id for message in catalogues.untranslated(catalogue)] == ["Good", "Missing"]
    assert len(catalogues.changed_places(catalogue)) == 3


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,es;q=0.5", "es"),
        ("fr, de;q=0.5", "en"),
        ("es;q=0, en;q=0.1", "en"),
        ("es;q=nonsense", "en"),
        (",;;q=,\x00", "en"),
        ("en;q=0.5,es;q=0.5", "en"),
    ],
)
def test_the_browsers_language_that_ranks_highest_is_taken(accepted: str, code: str) -> None:
    assert preferred(accepted) == code


def test_dates_and_numbers_are_written_as_the_language_does() -> None:
    now = datetime(2026, 3, 5, 16, 12, tzinfo=UTC)
    clock, at = Clock(ZoneInfo("America/Chicago"), now), now - timedelta(days=2)
    assert clock.moment(at).striptags() == "Tuesday 3 March, 10:12 AM CST"
    assert (clock.ago(at), clock.amount("48 hours"), number(12500)) == ("2 days ago", "48 hours", "12,500")
    with speaking("es"):
        assert clock.moment(at).striptags().replace("\u00a0", " ") == "martes 3 de marzo, 10:12 a.m. CST"
        assert clock.day(at.replace(year=2027)).striptags() == "miércoles 3 de marzo de 2027"
        assert (clock.ago(at), clock.ago(now)) == ("hace 2 días", "ahora mismo")
        assert clock.amount("1 business day") == "1 día hábil" and clock.amount("one week") == "una semana"
        assert (number(12500), listed(["a", "b", "c"])) == ("12,500", "a, b y c")
    assert say("Done") == "Done"


def test_a_value_is_escaped_and_never_read_as_words_or_places() -> None:
    template = (
        '{{ _("%(holder)s has answered", holder=name) }}|{{ words(name) }}|{% trans x=name %}For {{ x }}{% endtrans %}'
    )
    with speaking("es"):
        said = environment().from_string(template).render(name="<b> 100 %(x)s & %")
    assert said.split("|")[:2] == ["&lt;b&gt; 100 %(x)s &amp; % ha contestado", "&lt;b&gt; 100 %(x)s &amp; %"]
    assert environment().from_string("{{ words('') }}").render() == ""

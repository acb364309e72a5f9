"""Roles, figures and workflows that a playbook declares itself."""

from __future__ import annotations

import pytest

from playbooks.engine.onboarding import Handover
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ANA, MONDAY, Practice, days, hours
from tests.playbooks.trials.storefront import STOREFRONT

BEA, CAL = "bea@design.test", "cal@design.test"


@pytest.fixture
def shop() -> Practice:
    return Practice(playbook=STOREFRONT)


def launched(shop: Practice) -> list[Handover]:
    return [effect for effect in shop.effects if isinstance(effect, Handover)]


def test_mails_go_to_the_holder_who_was_named_last(shop: Practice) -> None:
    assert STOREFRONT.practice_roles == ("primary_contact", "designer")
    shop.record("designer_named", name="Bea", email=BEA, products=10)
    shop.record("preview_built", pages=4)
    assert [mail.email for mail in shop.live(days(2))] == [BEA]
    shop.record("designer_named", name="Cal", email=CAL, products=10)
    assert [(mail.kind, mail.email) for mail in shop.mails[-1:]] == [("contact_replaced", BEA)]
    (mail, *_) = shop.live(days(40))
    assert mail.email == CAL
    assert mail.context["contacts"] == {
        "primary_contact": {"name": "Ana Ruiz", "email": ANA, "phone": None},
        "designer": {"name": "Cal", "email": CAL, "phone": None},
    }


def test_without_anybody_in_the_role_the_journal_says_so(shop: Practice) -> None:
    shop.record("designer_named", name="Bea", email=BEA, products=10)
    shop.order("retract", fact="designer_named")
    assert shop.view().stage == "naming"
    with pytest.raises(Refused, match="Nobody is named as designer, so there is nobody to remind"):
        shop.order("quiet", role="designer", until=MONDAY + days(9))
    with pytest.raises(Refused, match=r"\('role'\): primary_contact or designer\.$"):
        shop.order("quiet", role="technical_contact", until=MONDAY + days(9))
    shop.record("preview_built", pages=4)
    assert shop.mails[-1].context["contacts"]["designer"] is None


@pytest.mark.parametrize(("products", "given"), [(99, 24), (100, 72)])
def test_the_deadline_depends_on_the_size_that_the_playbook_declares(shop: Practice, products: int, given: int) -> None:
    shop.record("designer_named", name="Bea", email=BEA, products=products)
    assert shop.due_at() == MONDAY + hours(given)


def test_figures_reach_mails_by_their_field(shop: Practice) -> None:
    shop.record("preview_built", pages=4)
    assert shop.mails[-1].context["figures"] == {"pages": 4}
    assert shop.mails[-1].context["size"] is None


def test_a_fact_launches_a_workflow_with_its_handover(shop: Practice) -> None:
    assert launched(shop) == []
    shop.record("designer_named", name="Bea", email=BEA, products=10)
    (given,) = launched(shop)
    assert (given.workflow, given.id, given.on, given.by) == (
        "TrialPreview",
        "preview/riverside-vet",
        "designer_named",
        "storefront/riverside-vet",
    )
    assert {role: person.email for role, person in given.contacts.items()} == {"primary_contact": ANA, "designer": BEA}
    assert [(fact.name, fact.data["products"]) for fact in given.facts] == [("designer_named", 10)]


def test_a_revision_and_the_completion_launch_but_a_repeat_does_not(shop: Practice) -> None:
    shop.record("designer_named", name="Bea", email=BEA, products=10)
    shop.record("designer_named", name="Bea", email=BEA, products=10)
    assert len(launched(shop)) == 1
    shop.record("designer_named", name="Cal", email=CAL, products=10)
    assert [given.contacts["designer"].email for given in launched(shop)] == [BEA, CAL]
    shop.records("approved").record("preview_built", pages=4)
    assert [(given.id, given.on) for given in launched(shop)[2:]] == [("shop/riverside-vet", None)]


def test_only_a_report_that_counts_launches_also_after_a_retraction(
    shop: Practice,
) -> None:
    shop.record("designer_named", name="Bea", email=BEA, products=10)
    shop.record("designer_named", at=MONDAY - hours(1), name="Old", email="old@design.test", products=10)
    assert len(launched(shop)) == 1
    shop.order("retract", fact="designer_named")
    assert [given.contacts["designer"].name for given in launched(shop)] == ["Bea", "Old"]

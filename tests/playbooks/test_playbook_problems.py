"""A playbook that cannot work is refused: every problem is one sentence that says what is wrong and where."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks.calendar.values import Elapsed
from playbooks.datapoint import DATAPOINT
from playbooks.engine.checks import PlaybookError, check_templates, checked
from playbooks.engine.model import (
    ClockFact,
    Details,
    EscalationStep,
    FactType,
    Launch,
    MailRule,
    Party,
    Playbook,
    Preparation,
    Reminders,
    Role,
    Side,
    Stage,
    Target,
)
from playbooks.feed_watch.values import TECHNICAL_CONTACT

US = Party(name="team", title="us", side=Side.US)
THEM = Party(name=TECHNICAL_CONTACT, title="whoever is at the server", side=Side.PRACTICE)
ONE, TWO = (FactType(name=name, title=name.title(), reported_by="team") for name in ("one", "two"))
FIRST = Stage(name="first", title="First", waits_on="team", until=("one",))
SECOND = Stage(name="second", title="Second", waits_on="team", until=("two",))
END = Stage(name="over", title="Over")


class Person(Details):
    name: str
    email: str


def build(**other: Any) -> Playbook:
    rules: dict[str, Any] = {
        "name": "trial",
        "title": "Trial",
        "summary": "",
        "parties": (US, THEM),
        "facts": (ONE, TWO),
        "stages": (FIRST, SECOND, END),
    }
    return next(iter(checked(Playbook(**rules | other)).values()))


def fact(name: str = "three", **other: Any) -> FactType:
    return FactType(**{"name": name, "title": name.title(), "reported_by": "team"} | other)


def first(**other: Any) -> Stage:
    return FIRST.model_copy(update=other)


def by_clock(name: str) -> ClockFact:
    return ClockFact(fact=name, after=Elapsed(hours=1))


def mail(**other: Any) -> MailRule:
    return MailRule(**{"kind": "news", "to": Role.TEAM, "on": "one"} | other)


HOLDER = fact(contact=TECHNICAL_CONTACT, payload=Person)
LEGAL = fact(legal=True)
PROBLEMS: list[tuple[dict[str, Any], str]] = [
    (
        {"name": "Trial 1"},
        "its name must be lower-case letters, digits, hyphens or underscores, and begin with a letter",
    ),
    ({"facts": (ONE, TWO, ONE)}, "two facts are called 'one'"),
    ({"stages": (FIRST, SECOND, first(until=("two",)), END)}, "two stages are called 'first'"),
    ({"parties": (US, US)}, "two parties are called 'team'"),
    ({"facts": (ONE, TWO, fact("Done", contact=None))}, "fact name 'Done' is no identifier in lower case"),
    ({"facts": (ONE, TWO, fact("3rd", contact=None))}, "fact name '3rd' is no identifier in lower case"),
    ({"stages": (first(name="to do"), SECOND, END)}, "stage name 'to do' is no identifier in lower case"),
    ({"mail_rules": (mail(kind="good-news"),)}, "mail name 'good-news' is no identifier in lower case"),
    ({"facts": (ONE, TWO, fact("hold"))}, "fact 'hold' has the name of a command; call it something else"),
    ({"stages": ()}, "it has no stage"),
    ({"stages": (FIRST, SECOND)}, "the last stage 'second' waits for 'two': end with a stage without 'until'"),
    (
        {"stages": (FIRST, SECOND, END.model_copy(update={"target": Target(duration=Elapsed(hours=1))}))},
        "the last stage 'over' has a deadline or reminders, but it is the end: nothing is waited for",
    ),
    (
        {"stages": (first(until=()), SECOND, END)},
        "stage 'first' has no way out ('until' is empty), so 'second' is never reached",
    ),
    ({"stages": (first(waits_on=None), SECOND, END)}, "stage 'first' does not say whom it waits on"),
    ({"stages": (first(waits_on="them"), SECOND, END)}, "stage 'first' waits on 'them', which is no party of it"),
    ({"stages": (first(until=("none",)), SECOND, END)}, "stage 'first' waits for 'none', which is no fact of it"),
    (
        {"stages": (FIRST, SECOND.model_copy(update={"until": ("two", "one")}), END)},
        "fact 'one' ends both 'first' and 'second'; the second would be skipped",
    ),
    ({"facts": (ONE, fact("two", reported_by="them"))}, "fact 'two' is reported by 'them', which is no party of it"),
    ({"facts": (ONE, fact("two", implies=("none",)))}, "fact 'two' implies 'none', which is no fact of it"),
    (
        {"facts": (ONE, fact("two", implies=("three",)), LEGAL)},
        "fact 'two' implies 'three', but a legal fact is never implied",
    ),
    ({"facts": (fact("one", implies=("two",)), fact("two", implies=("one",)))}, "fact 'one' implies itself"),
    ({"facts": (ONE, fact("two", renews=True))}, "fact 'two' renews, but it cannot be revised"),
    (
        {"facts": (ONE, TWO, fact(contact=Role.PRIMARY_CONTACT, payload=Person))},
        "fact 'three' names the primary contact, who is not named by a fact",
    ),
    (
        {"facts": (ONE, TWO, fact(contact="prescriber", payload=Person))},
        "fact 'three' says who is prescriber, which is no party of it at the practice",
    ),
    (
        {"facts": (ONE, TWO, fact(figures=("boxes",)))},
        "fact 'three' has the figure 'boxes', which is no field of its payload",
    ),
    (
        {"facts": (ONE, TWO, fact(per="clinic"))},
        "fact 'three' is reported per 'clinic', which must be a required field of its payload",
    ),
    (
        {"facts": (ONE, TWO, fact(each_of="one.clinics"))},
        "fact 'three' is reported for each of 'one.clinics': say 'per' which field of its payload",
    ),
    (
        {"facts": (ONE, TWO, fact(payload=Person, per="name", each_of="one.clinics"))},
        "fact 'three' is reported for each of 'one.clinics', which is no FACT.FIELD with a list",
    ),
    (
        {"stages": (first(clock_facts=(by_clock("none"),)), SECOND, END)},
        "stage 'first' has the clock record 'none', which is no fact that it reports",
    ),
    (
        {"stages": (first(clock_facts=(by_clock("two"),)), SECOND, END)},
        "stage 'first' has the clock record 'two', which is no fact that it reports",
    ),
    (
        {"facts": (ONE, TWO, fact(reported_by="clock", payload=Person))},
        "fact 'three' is reported by the clock, which knows no details: leave out its payload",
    ),
    (
        {"facts": (ONE, TWO, fact(reported_by="clock"))},
        "fact 'three' is reported by the clock, but no stage has it recorded",
    ),
    (
        {"parties": (US, THEM, US.model_copy(update={"name": "clock"}))},
        "the party 'clock' is there already; call yours something else",
    ),
    (
        {"facts": (ONE, TWO, fact(size="boxes"))},
        "fact 'three' has the figure 'boxes', which is no field of its payload",
    ),
    (
        {"launches": (Launch(workflow="Check", prefix="check", on="none"),)},
        "the launch of 'Check' depends on 'none', which is no fact of it",
    ),
    (
        {"facts": (ONE, TWO, fact(contact=TECHNICAL_CONTACT))},
        "fact 'three' says who is technical contact, so its payload needs 'name' and 'email'",
    ),
    ({"facts": (ONE, TWO, fact())}, "fact 'three' is used by no stage, no mail and no other fact"),
    ({"mail_rules": (mail(on="none"),)}, "mail 'news' depends on 'none', which is no fact of it"),
    ({"mail_rules": (mail(unless=("none",)),)}, "mail 'news' depends on 'none', which is no fact of it"),
    ({"mail_rules": (mail(lacking="none"),)}, "mail 'news' depends on 'none', which is no fact of it"),
    (
        {"mail_rules": (mail(on="two", unless=("one",)),), "facts": (ONE, fact("two", implies=("one",)))},
        "mail 'news' is never sent: 'one' is always known once 'two' is",
    ),
    ({"mail_rules": (mail(lacking="one"),)}, "mail 'news' is never sent: 'one' is always known once 'one' is"),
    (
        {"mail_rules": (mail(to=TECHNICAL_CONTACT),)},
        "mail 'news' goes to the technical contact, but no fact says who that is",
    ),
    (
        {"stages": (first(reminders=Reminders(kind="ask", to=TECHNICAL_CONTACT)), SECOND, END)},
        "mail 'ask' goes to the technical contact, but no fact says who that is",
    ),
    (
        {
            "stages": (
                first(target=Target(duration=Elapsed(hours=1), notify=(("late", TECHNICAL_CONTACT),))),
                SECOND,
                END,
            )
        },
        "mail 'late' goes to the technical contact, but no fact says who that is",
    ),
    (
        {
            "stages": (
                first(
                    target=Target(
                        duration=Elapsed(hours=1),
                        ladder=(EscalationStep(after=1, to=Role.MANAGER), EscalationStep(after=0, to=Role.ASSIGNEE)),
                    )
                ),
                SECOND,
                END,
            )
        },
        "stage 'first' escalates after [1, 0] business days: give them in order, none below 0",
    ),
    (
        {"stages": (first(reminders=Reminders(kind="ask", to=Role.PRIMARY_CONTACT, days=())), SECOND, END)},
        "stage 'first' reminds after [] days: give whole days in order, none below 0",
    ),
    (
        {"stages": (first(reminders=Reminders(kind="ask", to=Role.PRIMARY_CONTACT, days=(7, 3))), SECOND, END)},
        "stage 'first' reminds after [7, 3] days: give whole days in order, none below 0",
    ),
    (
        {"stages": (first(reminders=Reminders(kind="ask", to=Role.PRIMARY_CONTACT, then_every=0)), SECOND, END)},
        "stage 'first' reminds every 0 days: give at least 1",
    ),
    (
        {"stages": (first(preparation=Preparation(fact="one", asks="-")), SECOND, END)},
        "stage 'first' is prepared by 'one', which is no earlier fact in its 'until'",
    ),
    (
        {"stages": (first(reminders=Reminders(kind="ask", to=Role.TEAM)), SECOND, END)},
        "stage 'first' reminds the team: reminders are for the practice",
    ),
    (
        {"stages": (first(until=("three",)), SECOND, END), "facts": (ONE, TWO, fact(ends="refused"))},
        "stage 'first' waits for 'three', which ends the onboarding",
    ),
    (
        {"facts": (ONE, fact("two", implies=("three",)), fact(ends="refused"))},
        "fact 'two' implies 'three', which ends the onboarding: such a fact is never implied",
    ),
]


@pytest.mark.parametrize(("other", "sentence"), PROBLEMS, ids=[sentence for _, sentence in PROBLEMS])
def test_a_playbook_that_cannot_work_says_what_is_wrong(other: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PlaybookError) as error:
        build(**other)
    assert str(error.value).startswith(f"Playbook '{other.get('name', 'trial')}': ")
    assert f"{sentence};" in str(error.value) or f"{sentence}." in str(error.value)


def test_a_playbook_without_problems_is_built() -> None:
    assert build(facts=(ONE, TWO, HOLDER), mail_rules=(mail(to=TECHNICAL_CONTACT),)).stage("first") is FIRST


def test_several_problems_are_listed_together() -> None:
    with pytest.raises(PlaybookError, match=r"^Playbook 'trial': two facts are called 'one'; the last stage .*\.$"):
        build(facts=(ONE, TWO, ONE), stages=(FIRST, SECOND))


def test_a_fact_that_only_leads_to_a_used_one_over_several_steps_is_used() -> None:
    chain = (ONE, TWO, fact("three", implies=("two",)), fact("four", implies=("three",)))
    assert build(facts=chain).implied("four") == ("three", "two")


def test_facts_that_only_hold_mails_back_are_used() -> None:
    assert build(facts=(ONE, TWO, fact()), mail_rules=(mail(unless=("three",)),)).fact("three")


def test_two_playbooks_of_one_name_are_refused() -> None:
    assert list(checked(DATAPOINT, build())) == ["datapoint", "trial"]
    with pytest.raises(PlaybookError, match=r"^Two playbooks are called 'trial'\.$"):
        checked(build(), build())


def test_every_mail_has_a_template() -> None:
    kinds = DATAPOINT.mail_kinds
    check_templates(DATAPOINT, kinds)
    with pytest.raises(PlaybookError) as error:
        check_templates(DATAPOINT, [kind for kind in kinds if kind not in ("escalation", "data_received")])
    assert str(error.value) == (
        "Playbook 'datapoint': no template for 'data_received', 'escalation';"
        " add templates/email/data_received.mjml or name a mail that exists."
    )


def test_the_mails_of_datapoint_are_those_of_the_requirements() -> None:
    assert set(DATAPOINT.mail_kinds) == {
        "queue_confirmation",
        "invitation_overdue",
        "registration_reminder",
        "technical_briefing",
        "installation_overdue",
        "installation_reminder",
        "import_begun",
        "data_received",
        "data_without_eula",
        "escalation",
    }

"""Contacts of before the search knew former ones: the migration takes them from the mails."""

from __future__ import annotations

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from machine.postgres import PostgresServer
from store.database import MIGRATIONS, connect, migrate
from store.journal.alike import recognize
from store.journal.contacts import found_contacts
from tests.postgres import fresh_database, plain

BEFORE = "0038"
ONBOARDING = (
    "INSERT INTO onboardings (id, run, playbook, practice, practice_name, status, stage, stage_title, sla, headline,"
    " entered_at, requested_at, started_at, version, visits, contacts)"
    " VALUES ('datapoint/oak', 'run', 'datapoint', 'oak', 'Oak Hill & Sons', 'open', 'queue', 'Queue', 'none', '',"
    " now(), now(), now(), 1, '[]', 'Dana Reyes new@oak.test Lee Park lee@it.test')"
)
AGAIN = """INSERT INTO onboardings
    SELECT (jsonb_populate_record(o, '{"id": "datapoint-reconnection/oak"}')).* FROM onboardings o"""
MAIL = (
    "INSERT INTO mails (key, onboarding, kind, role, to_name, to_email, subject, text, html, message_id, state,"
    " created_at) VALUES (%s, 'datapoint/oak', 'x', %s, %s, %s, '', '', '', %s, 'sent', now())"
)
MAILS = (
    ("primary_contact", "Dana Reyes", "old@oak.test"),
    ("primary_contact", "Dana Reyes", "NEW@oak.test"),
    ("technical_contact", "Tom Ortiz", "tom@it.test"),
    ("assignee", "Ana", "ana@pharmacy.test"),
)


async def test_contacts_of_before_are_taken_from_the_mails(postgres_server: PostgresServer) -> None:
    url = fresh_database(postgres_server)
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, BEFORE)
    engine.dispose()
    with psycopg.connect(plain(url), autocommit=True) as old:
        old.execute(ONBOARDING)
        for number, (role, name, address) in enumerate(MAILS):
            old.execute(MAIL, (str(number), role, name, address, str(number)))
    migrate(url)
    database = connect(url)
    wanted = {
        "ortiz": {"datapoint/oak": "Tom Ortiz tom@it.test"},
        "old@oak": {"datapoint/oak": "Dana Reyes old@oak.test"},
        "new@oak": {},
        "ana@pharmacy": {},
    }
    for search, found in wanted.items():
        there = await found_contacts(database, ["datapoint/oak"], search)
        assert {id: each.line for id, [each] in there.items() if each.place is None} == found, search
    # What is published next is of one line a person, and makes nobody a former contact.
    with psycopg.connect(plain(url), autocommit=True) as now:
        now.execute("UPDATE onboardings SET contacts = E'Dana Reyes new@oak.test\nLee Park lee@it.test'")
    there = await found_contacts(database, ["datapoint/oak"], "lee@it")
    assert [(each.name, each.place) for each in there["datapoint/oak"]] == [("Lee Park", 1)]
    with psycopg.connect(plain(url), autocommit=True) as now:
        now.execute(AGAIN)
    [known] = await recognize(database, [("oak-2", "OAK HILL and Sons", "")])
    assert [each.id for each in known.alike] == ["datapoint/oak"], "a practice is named once"
    await database.dispose()

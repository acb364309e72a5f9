"""The metadata of all tables: importing this module imports every module that defines tables."""

from integrations.ezyvet import choice_tables, reconciliation_tables
from integrations.ezyvet import tables as ezyvet_tables
from integrations.record_sharing import tables as sharing_request_tables
from pharmacy.billing import tables as billing_tables
from pharmacy.contacts import tables as contact_tables
from pharmacy.inventory import tables as inventory_tables
from pharmacy.prescriptions import tables as prescription_tables
from pharmacy.products import tables as product_tables
from pharmacy.records import feed_tables, link_tables, tables
from pharmacy.reminders import tables as reminder_tables
from pharmacy.sharing import tables as sharing_tables
from pharmacy.tasks import tables as task_tables
from store.accounts import tables as account_tables
from store.columns import metadata
from store.conversation import tables as conversation_tables
from store.inbox import tables as inbox_tables
from store.journal import tables as journal_tables
from store.mail import tables as mail_tables
from store.secrets import tables as secret_tables

__all__ = [
    "account_tables",
    "billing_tables",
    "choice_tables",
    "contact_tables",
    "conversation_tables",
    "ezyvet_tables",
    "feed_tables",
    "inbox_tables",
    "inventory_tables",
    "journal_tables",
    "link_tables",
    "mail_tables",
    "metadata",
    "prescription_tables",
    "product_tables",
    "reconciliation_tables",
    "reminder_tables",
    "secret_tables",
    "sharing_request_tables",
    "sharing_tables",
    "tables",
    "task_tables",
]

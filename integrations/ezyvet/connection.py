"""The way to ezyVet by the settings."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from integrations.ezyvet.gateway import Gateway
from partners.ezyvet.http import Http
from store.secrets.keyring import secrets_keyring

NOT_SET_UP = "ezyVet is not set up here: set ONBOARD_EZYVET_URL, and a key (ONBOARD_PAYLOAD_KEYS or SECRET_KEY)."


def gateway(engine: AsyncEngine, settings: Settings) -> Gateway | None:
    """Returns the way to all practices' ezyVet; None without its address, or without a key for the credentials."""
    keyring = secrets_keyring(settings)
    return Gateway(engine, keyring, Http(settings.ezyvet_url)) if keyring and settings.ezyvet_url else None

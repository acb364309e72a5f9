"""What a practice gives us to reach its ezyVet site."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


def _one_line(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value().strip()
    if not value or not value.isprintable():
        raise ValueError("must be one line of text")
    return SecretStr(value)


Secret = Annotated[SecretStr, Field(max_length=1000), AfterValidator(_one_line)]


class Credentials(BaseModel):
    """Reads the file that ezyVet's API user page gives. No repr and no error shows a value.

    `partner_id` is ours and not every file has it; `site_uid` is mandatory since ezyVet 44.4.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    client_id: Secret
    client_secret: Secret
    site_uid: Secret
    partner_id: Secret | None = None

    @property
    def values(self) -> dict[str, str]:
        """The plain values by name, for the token request and for sealing."""
        secrets: dict[str, SecretStr | None] = dict(self)
        return {name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None}

    @property
    def site(self) -> str:
        """Names the site's database, which the limits belong to, without telling its `site_uid`."""
        return _fingerprint("site", self.site_uid.get_secret_value())

    @property
    def fingerprint(self) -> str:
        """Names this set of credentials, which has one token, and tells nothing of it."""
        return _fingerprint("credentials", *(f"{name}={value}" for name, value in sorted(self.values.items())))


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(("ezyvet", *parts)).encode()).hexdigest()[:32]

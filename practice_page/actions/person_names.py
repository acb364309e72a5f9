"""Tells a person's name from a message or an address, which the practice's page must not mail to strangers."""

from __future__ import annotations

import re

MAX_WORDS = 5
"""Words that a name has at most, besides particles and initials."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ADDRESS = re.compile(
    r"\w\.\w\w|www|https?\b|\w\s+\W?(?:dot|punto|punkt|point|ponto)\W?\s+\w"
    r"|[\s(.-](?:com|net|org|info|biz|xyz|online|shop|www)\W*$",
    re.IGNORECASE,
)
"""A domain, also spelled out: evil dot com."""
_PARTICLES = frozenset(
    (
        *("de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "las", "le", "los", "el", "al", "y", "e"),
        *("van", "von", "der", "den", "ter", "ten", "zu", "bin", "ben", "ibn", "bint", "mac", "mc", "st", "san", "and"),
    )
)
_OF_MESSAGES = frozenset(
    """
bitcoin bitcoins crypto wallet click clicks clicking clickhere prize prizes winner winners jackpot lottery casino
viagra password passwords login username http https url website invoice paypal refund voucher discount promo coupon
unsubscribe congratulations urgent urgently immediately asap your yours you please here below download install verify
confirm account accounts selected exclusive limited guaranteed investment profit loan loans gratis gratuit kostenlos
klick klicken klicke hier jetzt bitte gewonnen gewinn konto clic aqui aquí ahora ganar ganado premio dinero cuenta
haga cliquez ici maintenant compte argent gagne gagné clique agora ganhe dinheiro clicca adesso vinci soldi subscribe
telegram whatsapp
""".split()  # noqa: SIM905
)
"""Words that are in no name."""
_ALSO_IN_MESSAGES = frozenset(
    """
a this that is are have had was were for from with by on in at of or if it we our us my me not no yes win won free
cash money gift card bank pay buy order offer deal sale sell send get give call text mail email reply visit open see
read look go come take make try help save now today tonight new best big good great only just all any some dear hello
hi hey sir madam friend customer client user member team support service message link page site web phone number code
key pin letter hot sexy girl girls dating meet single singles online shop store pills earn double must should does did
act claim collect receive transfer work job jobs home hurry quick fast cheap wire expire expires
""".split()  # noqa: SIM905
)
"""Words of messages that may be part of a name: two of them are not."""


def has_address(text: str) -> bool:
    """Returns whether a text has a domain in it, also one in words."""
    return _ADDRESS.search(text) is not None


def is_message(text: str) -> bool:
    """Returns whether a text in the place of a name reads as a sentence, or as an address in words."""
    if has_address(text):
        return True
    words = [word.casefold() for word in _WORD.findall(text)]
    if len([word for word in words if len(word) > 1 and word not in _PARTICLES]) > MAX_WORDS:
        return True
    suspicious = {word for word in words if word in _ALSO_IN_MESSAGES and len(word) > 1}
    return any(word in _OF_MESSAGES for word in words) or len(suspicious) > 1

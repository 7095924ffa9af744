"""Telephone numbers: their one form, and which of them an SMS may go to.

What a number is, Google's libphonenumber knows (phonenumbers). A number without its country is read only
where the shop says which country is meant: a guess would join strangers, or write to one.
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from heimta.model.event import Customer
from heimta.model.providers.sms import Sms

# A landline that hears nothing costs nothing; a premium number costs much, which is why people type them in.
_HEARS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
MAX_LENGTH = 40  # characters of what somebody typed; the longest number has 15 digits


@lru_cache(maxsize=4096)
def e164(raw: str, country: str | None = None) -> str:
    """`+491701234567`, or '' for what is no valid number. country: ISO 3166, of numbers without a +."""
    number = _parse(raw, country)
    return "" if number is None else phonenumbers.format_number(number, PhoneNumberFormat.E164)


def in_one_form(phone: str, sms: Sms | None) -> str:
    """In E.164 where it can be told which number it is, else as it was told: then it joins nobody."""
    return e164(phone, sms.country if sms is not None else None) or phone


def customer_of(told: Customer, sms: Sms | None) -> Customer:
    """Who ordered, with the number in the form that hubs are named by."""
    return Customer(told.id, told.email, in_one_form(told.phone, sms))


@lru_cache(maxsize=4096)
def why_not_sms(number: str, sms: Sms) -> str:
    """'' if a message may go there, else why not. number: as e164 gives it."""
    parsed = _parse(number, None)
    if parsed is None:
        return "no telephone number"
    if phonenumbers.number_type(parsed) not in _HEARS:
        return "number takes no SMS"
    return "" if phonenumbers.region_code_for_number(parsed) in countries(sms) else "country not served"


def countries(sms: Sms) -> tuple[str, ...]:
    """Where a shop's messages may go."""
    if sms.countries:
        return sms.countries
    if sms.country is not None:
        return (sms.country,)
    sender = _parse(sms.sender, None)
    region = phonenumbers.region_code_for_number(sender) if sender is not None else None
    return (region,) if region else ()


def _parse(raw: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    if len(raw) > MAX_LENGTH:
        return None
    try:
        number = phonenumbers.parse(raw, country)
    except NumberParseException:
        return None
    # An extension is dialled by hand: no machine can write to it.
    return number if phonenumbers.is_valid_number(number) and not number.extension else None

"""Read documents from a file's text: YAML or JSON, one or many, with errors by field and the way out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from typing import Any, NoReturn
from zoneinfo import available_timezones

import msgspec
import yaml

from heimta.model.campaign import Campaign
from heimta.model.contents import CheckoutContent, PopupContent, SurveyContent
from heimta.model.documents import AnyDocument, ShopDoc
from heimta.model.journey import Journey
from heimta.rules.addresses import cookie_faults, path_faults
from heimta.rules.attention import attention_faults, attention_notes
from heimta.rules.conditions import when_faults
from heimta.rules.coupons import offer_faults
from heimta.rules.delivery import delivery_faults
from heimta.rules.journeys import journey_faults, journey_notes
from heimta.rules.locales import language_notes
from heimta.rules.mail.addresses import email_faults, email_notes
from heimta.rules.popups import popup_faults, popup_notes, prize_faults
from heimta.rules.selectors import selector_faults
from heimta.rules.sendable import address_faults, provider_faults
from heimta.rules.shapes import shape_faults
from heimta.rules.surveys import survey_faults
from heimta.rules.themes import theme_faults
from heimta.rules.words import words_faults


class BadDocument(ValueError):
    """One line for each thing that is wrong: place, value, rule, way out."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: true and false. In 1.1 `on:`, `no:` and the language `no` are booleans too.

    A day stays the text it is written as: documents are JSON too, which has no days.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Raises BadDocument for a field that is there twice, of which YAML would take the last."""
        names: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    raise BadDocument(f"line {key.start_mark.line + 1}: {_twice(key.value)}")
                names.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """JSON may write an emoji as two halves, which YAML leaves so. Raises BadDocument for one alone."""
        value = super().construct_scalar(node)
        try:
            return value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise BadDocument(f"line {node.start_mark.line + 1}: {_HALF}") from None


class _Dumper(yaml.SafeDumper):
    """Writes what _Loader reads."""


_HALF = "there is half a character in it (\\ud800 to \\udfff); write it whole"
_LANGUAGE = re.compile(r"[a-z]{2,3}")  # as model/document.py's Language
_PARTING = re.compile(r"^---[ \t]*$", re.MULTILINE)
_BOOL = "tag:yaml.org,2002:bool"
_DAY = "tag:yaml.org,2002:timestamp"
for _side in (_Loader, _Dumper):
    _side.yaml_implicit_resolvers = {
        first: [(tag, rule) for tag, rule in rules if tag not in (_BOOL, _DAY)]
        for first, rules in _side.yaml_implicit_resolvers.items()
    }
    _side.add_implicit_resolver(_BOOL, re.compile("^(?:true|false)$"), list("tf"))


def read_documents(text: str, *, trusted: Collection[str] = ()) -> list[AnyDocument]:
    """All documents of a text, checked one by one and together. Raises BadDocument; installs nothing.

    trusted: origins that may stand in them though private or without TLS (HEIMTA_OUTSIDE_ORIGINS).
    """
    raw = _parts(text)
    if not raw:
        raise BadDocument("no document in the file; a document starts with `kind: shop | campaign | journey`")
    documents: list[AnyDocument] = []
    errors: list[str] = []
    for number, part in enumerate(raw, 1):
        try:
            document = msgspec.convert(part, AnyDocument, strict=True)
        except msgspec.ValidationError as error:
            errors += [f"{_name(part, number)}: {fault}" for fault in _explain(part, error)]
            continue
        errors += [f"{_name(part, number)}: {fault}" for fault in check(document)]
        if isinstance(document, ShopDoc):
            errors += [f"{_name(part, number)}: {fault}" for fault in address_faults(document, trusted)]
        documents.append(document)
    if errors:
        raise BadDocument("\n".join(errors))
    return documents


def _parts(text: str) -> list[Any]:
    """Each document as it was written. Raises BadDocument."""
    try:
        written = [part for part in _PARTING.split(text.removeprefix("\ufeff")) if part.strip()]
        raw = [json.loads(part, object_pairs_hook=_fields, parse_constant=_no_number) for part in written]
        json.dumps(raw, ensure_ascii=False).encode()
        return raw
    except json.JSONDecodeError:  # YAML, which JSON is too, but for its tabs
        pass
    except UnicodeEncodeError:
        raise BadDocument(_HALF) from None
    try:
        return [part for part in yaml.load_all(text, Loader=_Loader) if part is not None]
    except yaml.YAMLError as error:
        raise BadDocument(f"not YAML or JSON: {_where(error)}") from None


def _where(error: yaml.YAMLError) -> str:
    """The line, and what the reader says of it, in one line."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark, said = error.problem_mark, ", ".join(part for part in (error.context, error.problem) if part)
    way = "; indent by spaces" if "'\\t'" in said else ""
    return f"line {mark.line + 1}, column {mark.column + 1}: {said}{way}"


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises BadDocument for a field that is there twice."""
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise BadDocument(_twice(name))
    return dict(pairs)


def _no_number(word: str) -> NoReturn:
    """NaN and the like, which Python reads and JSON does not have."""
    raise BadDocument(f"{word} is no number")


def _twice(name: str) -> str:
    return f"{name!r} is there twice, so that one of both would be lost; leave one out"


def check(document: AnyDocument) -> list[str]:
    """What a type cannot say. Each fault names the field, the value and the rule."""
    match document:
        case ShopDoc():
            return _check_shop(document)
        case Campaign():
            return _check_campaign(document)
        case Journey():
            return journey_faults(document)


def notes(document: AnyDocument) -> list[str]:
    """What the merchant should know though nothing is wrong; `heimta apply` prints it."""
    if isinstance(document, Journey):
        told = journey_notes(document) if document.live else []
        return [f"journey {document.id!r}: {note}" for note in told]
    if isinstance(document, ShopDoc):
        mail = email_notes(document.email) if document.email is not None else []
        found = (*language_notes(document.languages), *attention_notes(document), *mail)
        return [f"shop {document.id!r}: {note}" for note in found]
    if not document.live:
        return []
    return [
        f"campaign {document.id!r}, variant {variant.id!r} {note}"
        for variant in document.variants
        if isinstance(variant.content, PopupContent)
        for note in popup_notes(variant.content)
    ]


def _check_shop(shop: ShopDoc) -> list[str]:
    faults = []
    if shop.timezone not in available_timezones():
        faults.append(f"timezone is {shop.timezone!r}; it must be an IANA name, for example Europe/Berlin")
    for language in shop.languages:
        if not _LANGUAGE.fullmatch(language):
            rule = "it must be the language alone, in small letters, as texts have it: en, de, pt"
            faults.append(f"languages has {language!r}; {rule}")
    if "{lines}" not in shop.urls.restore:
        faults.append(f"urls.restore is {shop.urls.restore!r}; it needs {{lines}}, as in /cart/{{lines}}")
    if "{code}" not in shop.urls.apply:
        faults.append(f"urls.apply is {shop.urls.apply!r}; it needs {{code}}, as in /discount/{{code}}")
    if shop.email is not None:
        faults += email_faults(shop.email)
    return [
        *faults,
        *selector_faults(shop),
        *path_faults(shop),
        *cookie_faults(shop),
        *theme_faults(shop.theme),
        *words_faults(shop),
        *provider_faults(shop),
        *attention_faults(shop.attention),
    ]


def _check_campaign(campaign: Campaign) -> list[str]:
    faults = when_faults(campaign)
    names = [variant.id for variant in campaign.variants]
    if len(set(names)) < len(names):
        faults.append(f"variants have the ids {names}; each must be its own")
    if "holdout" in names:
        faults.append("a variant is named 'holdout'; that name is taken, choose another")
    weights = sum(variant.weight for variant in campaign.variants)
    if weights != 100:
        faults.append(f"variant weights add to {weights}; make them 100")
    if campaign.offer is not None:
        faults += offer_faults(campaign.offer, "offer")
    faults += prize_faults(campaign)
    for variant in campaign.variants:
        content = variant.content
        if isinstance(content, PopupContent):
            faults += [f"variant {variant.id!r}: {fault}" for fault in popup_faults(content, campaign)]
        if isinstance(content, SurveyContent):
            faults += [f"variant {variant.id!r}: {fault}" for fault in survey_faults(content)]
        if isinstance(content, CheckoutContent) and content.delivery is not None:
            faults += [f"variant {variant.id!r}: {fault}" for fault in delivery_faults(content.delivery)]
    return faults


_KINDS: dict[Any, type[msgspec.Struct]] = {"shop": ShopDoc, "campaign": Campaign, "journey": Journey}


def _name(part: Any, number: int) -> str:
    if isinstance(part, dict) and "kind" in part:
        return f"{part['kind']} {part.get('id', '?')!r}"
    return f"document {number}"


def _explain(part: Any, error: msgspec.ValidationError) -> list[str]:
    """Every field that is wrong, with its value; msgspec itself stops at the first."""
    kind = _KINDS.get(part.get("kind")) if isinstance(part, dict) else None
    if kind is None:
        is_named = isinstance(part, dict) and "kind" in part
        what = f"kind is {part['kind']!r}" if is_named else "it has no kind"
        return [f"{what}; start it with `kind: shop`, `kind: campaign` or `kind: journey`"]
    return shape_faults(part, kind) or [str(error)]


def write_document(document: AnyDocument) -> str:
    """The document as YAML, as `apply` reads it."""
    return write_plain(json.loads(msgspec.json.encode(document)))


def write_plain(plain: Any) -> str:
    """A part of a document, as `apply` reads it."""
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)

"""A popup, as the browser needs it: one of two builds of the widget, and blocks with all that they draw."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents.popup import (
    Block,
    CartBlock,
    CountdownBlock,
    FieldBlock,
    HtmlBlock,
    ListBlock,
    OfferBlock,
    PictureBlock,
    PopupContent,
    ReassuranceBlock,
    RevealBlock,
    TextBlock,
)
from heimta.model.document import Text
from heimta.rules.contents.fill import Json, Spoken, fill, labels
from heimta.rules.contents.icons import ICONS
from heimta.rules.contents.worth import terms, worth
from heimta.rules.popups import BARS

# What the plain build (widgets/src/popup.ts) can do; all else takes popup-blocks.ts in its place.
PLAIN = frozenset({"modal", "corner"})
# Blocks that take a file besides the widget's.
OWN_FILES: dict[type, str] = {
    CartBlock: "pictures",
    PictureBlock: "pictures",
    RevealBlock: "reveal",
    HtmlBlock: "html",
}
# What only blocks say: other popups are not sent it.
OF_BLOCKS = frozenset({"thanks", "over", "agree", "email", "phone", "odds"})
# As the edge takes them (model/event.py); in the browser's own words, where ( ) / - in a class are escaped.
PATTERNS = {
    "email": r"(?=.{6,254}$)[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}",
    "phone": r"\+?[0-9][0-9 \(\)\.\/\-]{4,30}",
}


def compile_content(content: PopupContent, tongue: Spoken, campaign: Campaign, currency: str) -> Json:
    """Field by field: what is not named here stays on the server."""
    is_plain = _is_plain(content)
    blocks = _blocks(content)
    field = next((block for block in blocks if isinstance(block, FieldBlock)), None)
    claims = campaign.offer is not None or bool(campaign.prizes)
    compiled: Json = {
        "widget": "popup",
        "title": content.title,
        "body": content.body,
        "show_cart": any(isinstance(block, CartBlock) for block in blocks),
        "layout": content.layout,
        "accept": fill(content.accept, "popup", _accept(claims, campaign, field), tongue),
        "decline": fill(content.decline, "popup", "decline", tongue),
        "labels": {
            name: text
            for name, text in labels("popup", tongue).items()
            if not (is_plain and name in OF_BLOCKS)
        },
    }
    if claims:
        compiled["claims"] = True
    if claims or field is not None:
        compiled["asks"] = True
    # To plain ones too: where another campaign has more, theirs is the large build as well.
    compiled["blocks"] = [_block(block, tongue, campaign, currency) for block in blocks]
    return compiled


def needs(content: PopupContent, campaign: Campaign) -> set[str]:
    """The files that must have come besides the widget's own."""
    parts = {file for block in _blocks(content) if (file := OWN_FILES.get(type(block)))}
    if campaign.offer is not None or campaign.prizes:
        parts.add("apply")
    return parts


def files(content: PopupContent, campaign: Campaign) -> set[str]:
    """All that the page has to fetch."""
    return {"popup" if _is_plain(content) else "popup-blocks"} | needs(content, campaign)


def _blocks(content: PopupContent) -> tuple[Block, ...]:
    """A popup without blocks is a cart; a bar has no room for one."""
    has_cart = content.show_cart and content.layout not in BARS
    return content.blocks or ((CartBlock(),) if has_cart else ())


def _is_plain(content: PopupContent) -> bool:
    return not content.blocks and content.layout in PLAIN


def _accept(claims: bool, campaign: Campaign, field: FieldBlock | None) -> str:
    """Which default text the main button has."""
    if campaign.prizes:
        return "spin"
    if claims:
        return "accept"
    return "go" if field is None else field.wants


def _block(block: Block, tongue: Spoken, campaign: Campaign, currency: str) -> Json:
    match block:
        case CartBlock():
            return {"block": "cart"}
        case CountdownBlock():
            return {"block": "countdown"}
        case TextBlock():
            return {"block": "text", "text": block.text}
        case OfferBlock():
            return {"block": "offer", "text": block.text or _worth(campaign, currency, tongue)}
        case PictureBlock():
            return {
                "block": "picture",
                "src": block.src,
                "alt": block.alt,
                "width": block.width,
                "height": block.height,
            }
        case ListBlock():
            return {"block": "list", "items": [{"d": ICONS["check"], "text": item} for item in block.items]}
        case ReassuranceBlock():
            return {
                "block": "reassurance",
                "items": [{"d": ICONS[item.icon], "text": item.text} for item in block.items],
            }
        case FieldBlock():
            return _field(block, tongue, campaign)
        case HtmlBlock():
            return {"block": "html", "html": block.html, "title": block.title, "height": block.height_px}
        case RevealBlock():
            return {
                "block": "reveal",
                "prizes": [
                    {"odds": prize.odds, "text": worth(prize.offer, currency, tongue)}
                    for prize in campaign.prizes
                ],
            }


def _worth(campaign: Campaign, currency: str, tongue: Spoken) -> Text:
    return terms(campaign.offer, currency, tongue) if campaign.offer is not None else ""


def _field(block: FieldBlock, tongue: Spoken, campaign: Campaign) -> Json:
    claims = campaign.offer is not None or bool(campaign.prizes)
    return {
        "block": "field",
        "name": block.field,
        "type": "email" if block.field == "email" else "tel",
        "pattern": PATTERNS[block.field],
        "wants": block.wants,
        "label": fill(block.label, "popup", block.field, tongue),
        "consent": block.consent,
        "version": block.version,
        "required": block.required or not claims,  # else the button would thank for nothing
    }

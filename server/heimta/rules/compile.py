"""From documents to the public config that rides inside the snippet.

What is left out of a document is filled (rules/contents): default texts in the shop's languages, labels
of each widget. Nothing secret passes: the result is built field by field from an allow-list, never by
dumping a document.
"""

from __future__ import annotations

from collections.abc import Collection

from heimta.model.campaign import Campaign
from heimta.model.currency import exponent_of
from heimta.model.documents import Selectors, ShopDoc
from heimta.rules.checkout_pages import checkout_pattern, marked
from heimta.rules.contents import compile_content, files, push
from heimta.rules.contents.fill import Json, spoken
from heimta.rules.themes import compile_theme, merged
from heimta.rules.when import compile_attention, compile_when, is_rare

BUCKETS_PER_PERCENT = 100
# Platforms with a way of their own to put a code on the cart; the others have an address for it (urls.apply).
APPLY = frozenset({"shopify", "woocommerce"})
# What a shop's cart adapter fetches later: itself, where it reads whole pages, and what reads product pages.
LATER: dict[str, set[str]] = {
    "api": set(),
    "datalayer": set(),
    "selectors": {"selectors", "schema"},
    "opencart": {"opencart"},
}


# Before a survey shows that is asked by mail too: the page does not know who has answered there.
MAILED = "answered"


def compile_campaign(
    campaign: Campaign, version: int, shop: ShopDoc, now: int, mailed: Collection[str] = ()
) -> Json:
    """One campaign as the browser needs it. theme: whole, so that no page has to merge it."""
    when = compile_when(campaign, shop.timezone)
    compiled: Json = {
        "id": campaign.id,
        "salt": campaign.id,
        "version": version,
        **when,
        "audience": marked(when["audience"], shop),
        "priority": campaign.priority,
        "holdout": campaign.holdout_pct * BUCKETS_PER_PERCENT,
        "variants": [
            {
                "id": v.id,
                "weight": v.weight,
                "content": compile_content(
                    v.content, spoken(shop), campaign, shop.timezone, shop.currency, now
                ),
            }
            for v in campaign.variants
        ],
    }
    if campaign.id in mailed:
        for variant in compiled["variants"]:
            if variant["content"]["widget"] == "survey":
                variant["content"]["with"] = sorted([*variant["content"].get("with", ()), MAILED])
    if campaign.offer is not None:
        offer = campaign.offer
        compiled["offer"] = {
            "kind": offer.kind,
            "value": offer.value,
            "expires_min": offer.expires_min,
            "min_cart_minor": offer.min_cart_minor,
        }
    if campaign.theme is not None:
        compiled["theme"] = compile_theme(merged(shop.theme, campaign.theme))
    return compiled


def compile_config(
    shop: ShopDoc,
    campaigns: list[tuple[Campaign, int]],
    *,
    revision: int,
    vapid_public: str,
    widgets: dict[str, tuple[str, str]],
    now: int = 0,
    mailed: Collection[str] = (),
) -> Json:
    """The public config of a shop (snippet/src/types.ts, Config).

    campaigns: with their versions; only live ones are taken.
    widgets: name -> (path on the edge, SRI); only those that a live campaign can need are named.
    now: ms; without it no day of delivery is promised. mailed: surveys that journeys ask by mail as well.
    """
    live = sorted(
        ((c, version) for c, version in campaigns if c.live), key=lambda pair: (-pair[0].priority, pair[0].id)
    )
    needed = _needed(shop, [campaign for campaign, _ in live], mailed)
    config: Json = {
        "shop": shop.id,
        "rev": str(revision),
        "consent": shop.consent,
        "languages": list(shop.languages),
        "currency": shop.currency,
        "exponent": exponent_of(shop.currency),
        "adapter": shop.cart,
        "urls": {name: getattr(shop.urls, name) for name in shop.urls.__struct_fields__},
        "checkout": checkout_pattern(shop),
        "theme": compile_theme(shop.theme),
        "widgets": {
            name: list(widgets[file])
            for name, file in sorted(_built(needed, shop.cart).items())
            if file in widgets
        },
        "campaigns": [compile_campaign(c, version, shop, now, mailed) for c, version in live],
        **compile_attention(shop.attention),
    }
    if shop.selectors is not None and shop.cart == "selectors":
        config["selectors"] = {
            name: given for name in Selectors.__struct_fields__ if (given := getattr(shop.selectors, name))
        }
    if shop.free_shipping_minor is not None:
        config["free_shipping_minor"] = shop.free_shipping_minor
    if shop.own_path is not None:
        config["path"] = shop.own_path
    if shop.cookie_domain is not None:
        config["cookie"] = shop.cookie_domain
    if shop.push is not None:
        config["push"] = push.compile_shop(shop.push, vapid_public)
    if push.writes(shop):
        config["preferences"] = push.compile_centre(spoken(shop))
    return config


def _needed(shop: ShopDoc, live: list[Campaign], mailed: Collection[str]) -> set[str]:
    """The later files that a page of the shop may ask for, by their names."""
    needed = {name for c in live for v in c.variants for name in files(v.content, c)}
    needed.add("debug")  # a merchant may look at any shop (widgets/src/debug.ts)
    needed.add("watch")  # every shop has a checkout (widgets/src/watch.ts)
    needed.add("banner")  # one may speak TCF or Consent Mode (snippet/src/banner.ts)
    needed |= LATER.get(shop.cart, {"schema"})
    # Who said yes once keeps that, whether anybody is asked now or not; where there is no push, nobody is.
    needed = needed | push.FILES if shop.push is not None else needed - push.ASKING
    if push.writes(shop):
        needed.add(push.CENTRE)
    if live:
        needed |= {"stage", "mount"}  # what decides, and what makes what is shown (snippet/src)
    if any(c.id in mailed for c in live):
        needed.add(MAILED)
    if any(is_rare(c) for c in live):
        needed.add("rules")  # the conditions that few ask for (snippet/src/rules.ts)
    return needed


def _built(needed: set[str], cart: str) -> dict[str, str]:
    """name on the page -> file: some are built in several ways; a shop gets the one that does all."""
    built = {name: name for name in needed}
    if built.pop("popup-blocks", None):
        built["popup"] = "popup-blocks"
    if "apply" in built:
        built["apply"] = f"apply-{cart}" if cart in APPLY else "apply-own"
    return built

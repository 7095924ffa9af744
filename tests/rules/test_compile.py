"""The public config: what the browser needs, in the shop's languages, and nothing else."""

from __future__ import annotations

import json

import msgspec

from heimta.model.campaign import Variant
from heimta.model.contents import CheckoutContent, SurveyContent
from heimta.model.providers import Email, Sms
from heimta.rules.compile import compile_config
from heimta.rules.texts import DEFAULTS, LABELS
from tests.worker.shop import CAMPAIGN, SHOP

WIDGETS = {
    name: (f"/w/{name}.js", "sha384-x") for name in ("stage", "mount", "popup", "checkout", "push", "survey")
}


def compiled(*campaigns: object) -> dict[str, object]:
    pairs = [(campaign, 3) for campaign in campaigns]
    return compile_config(SHOP, pairs, revision=9, vapid_public="key", widgets=WIDGETS)  # type: ignore[arg-type]


def test_only_live_campaigns_travel_the_larger_priority_first():
    off = msgspec.structs.replace(CAMPAIGN, id="off", live=False)
    first = msgspec.structs.replace(CAMPAIGN, id="first", priority=500)
    config = compiled(CAMPAIGN, off, first)
    assert [campaign["id"] for campaign in config["campaigns"]] == ["first", "exit-offer"]  # type: ignore[attr-defined]


def test_only_widgets_that_can_be_needed_are_named():
    assert set(compiled()["widgets"]) == {"stage"}  # SHOP has push
    assert set(compiled(CAMPAIGN)["widgets"]) == {"stage", "mount", "popup"}  # type: ignore[call-overload]


def test_what_every_shop_needs_is_always_named():
    always = {name: (f"/w/{name}.js", "sha384-x") for name in ("watch", "banner", "debug")}
    config = compile_config(SHOP, [], revision=1, vapid_public="PUBLIC", widgets={**WIDGETS, **always})
    assert set(config["widgets"]) == {*always, "stage"}


CALLED = {name: (f"/w/{name}.js", "sha384-x") for name in ("stage", "renew", "unsubscribe", "preferences")}


def test_subscribers_are_kept_and_may_choose_also_while_no_campaign_is_live():
    config = compile_config(SHOP, [], revision=1, vapid_public="PUBLIC", widgets=CALLED)
    assert set(config["widgets"]) == set(CALLED)


def test_the_preference_centre_is_there_where_messages_go_by_any_channel():
    silent = msgspec.structs.replace(SHOP, push=None)
    for change in ({"email": Email("a@shop.is", "mail.shop.is")}, {"sms": Sms("AC1", "Demo", country="DE")}):
        shop = msgspec.structs.replace(silent, **change)
        config = compile_config(shop, [], revision=1, vapid_public="PUBLIC", widgets=CALLED)
        assert set(config["widgets"]) == {"preferences"} and "push" not in config
        assert config["preferences"]["close"] == {"en": "Close", "de": "Schließen"}
    config = compile_config(silent, [], revision=1, vapid_public="PUBLIC", widgets=CALLED)
    assert config["widgets"] == {} and "preferences" not in config


def test_texts_that_are_left_out_come_in_the_shops_languages():
    [campaign] = compiled(CAMPAIGN)["campaigns"]  # type: ignore[misc]
    content = campaign["variants"][0]["content"]
    assert content["decline"] == {"en": "No thanks", "de": "Nein danke"}
    assert content["labels"]["copy"] == {"en": "Copy", "de": "Kopieren"}


def test_a_popup_without_an_offer_leads_to_the_checkout():
    reminder = msgspec.structs.replace(CAMPAIGN, offer=None)
    [campaign] = compiled(reminder)["campaigns"]  # type: ignore[misc]
    assert campaign["variants"][0]["content"]["accept"]["en"] == "Go to checkout"


def test_the_config_holds_what_it_may_hold_and_nothing_else():
    """An allow-list: whoever adds a field to the public config adds it here, and thinks."""
    config = compiled(CAMPAIGN)
    assert set(config) == {
        "shop", "rev", "consent", "languages", "currency", "exponent", "adapter", "urls", "checkout", "theme",
        "widgets", "campaigns", "push", "preferences",
    }  # fmt: skip
    [campaign] = config["campaigns"]  # type: ignore[misc]
    assert set(campaign) == {
        "id", "salt", "version", "trigger", "audience", "frequency", "priority", "holdout", "variants",
        "offer",
    }  # fmt: skip
    assert set(campaign["offer"]) == {"kind", "value", "expires_min", "min_cart_minor"}
    assert "mailto" not in json.dumps(config)


def test_the_config_names_the_shops_own_path_and_domain_where_it_has_them():
    shop = msgspec.structs.replace(SHOP, own_path="/assets/k7", cookie_domain="shop.example")
    config = compile_config(shop, [], revision=1, vapid_public="PUBLIC", widgets={})
    assert (config["path"], config["cookie"]) == ("/assets/k7", "shop.example")


def test_a_checkout_tweak_compiles():
    calm = CheckoutContent(hide=(".nav",), progress_before=".summary")
    tweak = msgspec.structs.replace(CAMPAIGN, variants=(Variant("calm", calm),), offer=None)
    [campaign] = compiled(tweak)["campaigns"]  # type: ignore[misc]
    assert campaign["variants"][0]["content"]["hide"] == [".nav"]


def test_every_text_of_ours_is_there_in_all_three_languages():
    for widget in (*DEFAULTS.values(), *LABELS.values()):
        for texts in widget.values():
            assert set(texts) == {"en", "de", "is"}


def test_a_survey_that_is_asked_by_mail_waits_for_who_has_answered_there():
    ask = msgspec.structs.replace(
        CAMPAIGN, id="ask", offer=None, variants=(Variant("a", SurveyContent("How?")),)
    )
    files = {**WIDGETS, "answered": ("/w/answered.js", "sha384-x")}
    pairs = [(ask, 1), (CAMPAIGN, 1)]
    for mailed, waits in (({"ask", "gone"}, {"with": ["answered"]}), ((), {})):
        config = compile_config(SHOP, pairs, revision=1, vapid_public="", widgets=files, mailed=mailed)
        told = {c["id"]: c["variants"][0]["content"] for c in config["campaigns"]}
        assert {name: told["ask"][name] for name in told["ask"] if name == "with"} == waits
        assert "answered" not in told["exit-offer"].get("with", [])
        assert ("answered" in config["widgets"]) is bool(waits)

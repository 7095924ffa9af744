"""What a shop still lacks before its messages can leave: providers that no document names, secrets that were
never given. Asked by `heimta doctor` and `heimta shop secret`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from heimta.model.channel import Channel
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, Send, all_steps

# Every secret that `heimta shop secret` takes, and what it is.
SECRETS = {
    "smtp_password": "the password of email.user at the mail server",
    "dkim_key": "the private key that signs mail, PEM",
    "mail_login": "name:password, with which Postmark and Amazon SNS log in to tell of bounces",
    "mailgun_webhook": "Mailgun's HTTP webhook signing key, which signs its word on bounces",
    "sendgrid_webhook": "SendGrid's public verification key, which signs its word on bounces",
    "sms_token": "the gateway's auth token; it also signs what the gateway tells us",
    "facebook_token": "the page's access token, for Messenger",
    "facebook_app": "the app's secret, which signs what the page hears",
    "facebook_verify": "a word of your own, which Meta repeats when it asks whether the webhook is yours",
    "facebook_ads_token": "a system user's access token, for ad audiences",
    "facebook_ads_app": "the secret of that token's app, if the app wants a proof of it with each call",
    "hook_secret": "signs what is sent to the shop's own webhook",
    "shopify_token": "the app's CLIENT_ID:CLIENT_SECRET, or an access token, for coupons made at the shop",
    "woocommerce_key": "the REST API's key and secret, ck_...:cs_..., for coupons made at the shop",
    "shopify_webhook": "signs Shopify's order webhooks",
    "woocommerce_webhook": "signs WooCommerce's order webhooks",
}

# Where in the shop's document a channel's provider stands.
_PROVIDER: dict[Channel, str] = {
    "push": "push",
    "email": "email",
    "sms": "sms",
    "messenger": "facebook",
    "webhook": "hook",
}


def secrets_of(shop: ShopDoc) -> list[str]:
    """The secrets that the shop's document makes necessary."""
    wanted = []
    if shop.email is not None:
        wanted += ["smtp_password"] if shop.email.user else []
        wanted += ["dkim_key"] if shop.email.dkim is not None else []
    if shop.sms is not None:
        wanted.append("sms_token")
    if shop.facebook is not None:
        wanted += ["facebook_token", "facebook_app", "facebook_verify"]
    if any(audience.meta for audience in shop.ad_audiences.values()):  # one for Google is a file
        wanted.append("facebook_ads_token")
    if shop.hook is not None:
        wanted.append("hook_secret")
    if shop.shop_api is not None:
        wanted.append(shop.shop_api.secret)
    return wanted


def lacking(shop: ShopDoc, journeys: Iterable[Journey], held: Collection[str]) -> list[str]:
    """What keeps messages from leaving, each with the way out. held: names of the secrets that are kept."""
    found = [
        f"its document needs the secret {name}: `heimta shop secret {shop.id} {name}`"
        for name in secrets_of(shop)
        if name not in held
    ]
    for journey in journeys:
        if not journey.live:
            continue
        channels = {step.channel for step in all_steps(journey.steps) if isinstance(step, Send)}
        for channel in sorted(channels):
            if getattr(shop, _PROVIDER[channel]) is None:
                place = _PROVIDER[channel]
                found.append(
                    f"journey {journey.id} sends by {channel} and the shop's document has no `{place}`: "
                    "those messages are skipped"
                )
    return found

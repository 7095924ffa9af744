"""The push question, as the browser needs it; the files of those who said yes; the preference centre."""

from __future__ import annotations

from heimta.model.campaign import Campaign
from heimta.model.contents import PushContent
from heimta.model.documents import Push, ShopDoc
from heimta.rules.contents.fill import Json, Spoken, fill, labels, pick
from heimta.rules.texts.preferences import WORDS

# Of labels: only where the Home Screen is explained (widgets/src/home.ts).
HOME = ("home", "share", "add", "open", "got")
# For those who are subscribed: a new address after a changed key, the end of it. What calls for the first is
# the stage, whether there is a campaign to play or not (snippet/src/stage.ts).
FILES = frozenset({"renew", "unsubscribe", "stage"})
CENTRE = "preferences"  # for all who get messages, by whatever channel
# What would ask for a yes.
ASKING = frozenset({"push", "home"})


def compile_content(content: PushContent, tongue: Spoken, campaign: Campaign) -> Json:
    """Field by field: what is not named here stays on the server."""
    said = labels("push", tongue)
    if not content.home_screen:
        said = {name: text for name, text in said.items() if name not in HOME}
    return {"widget": "push", **words(content, tongue), "labels": said}


def compile_shop(push: Push, key: str) -> Json:
    """What all of a shop's pages need."""
    return {"key": key, "sw": push.service_worker}


def compile_centre(tongue: Spoken) -> Json:
    """What the preference centre says when the edge, which has its other words, does not answer."""
    return {name: pick(f"preferences.{name}", WORDS[name], tongue) for name in ("close", "failed")}


def writes(shop: ShopDoc) -> bool:
    """Whether there is a channel that the shop's messages go by: then shoppers have something to choose."""
    return any(way is not None for way in (shop.push, shop.email, shop.sms, shop.facebook, shop.hook))


def words(content: PushContent, tongue: Spoken) -> Json:
    """What stands on the card: the words that are said yes or no to."""
    return {
        name: fill(getattr(content, name), "push", name, tongue) for name in ("title", "body", "yes", "no")
    }


def needs(content: PushContent) -> set[str]:
    """The files that it takes besides the widget's own, on every device."""
    return set()


def files(content: PushContent) -> set[str]:
    """All that some device may take."""
    return {"push", "home"} if content.home_screen else {"push"}

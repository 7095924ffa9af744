"""The shop that the made-up stories happen in: its documents, and the names that facts draw from."""

from __future__ import annotations

from heimta.model.campaign import Campaign, Offer, Trigger, Variant
from heimta.model.contents import PopupContent, SurveyContent
from heimta.model.contents.survey import Choice, MultipleChoice, Slider, Words
from heimta.model.documents import Push, ShopDoc
from heimta.model.journey import Journey, Send, Wait
from heimta.worker.effects import ShopContext

SHOP_ID = "demo"
JOURNEY = "cart-push"
MESSAGES = [("cart-push", "remind"), ("cart-push", "last"), ("slow-push", "ask")]  # journey and step

# Carts have few names, so that one is often told of by several pages; (id, currency, exponent as told).
CARTS = [
    ("cart-a-----", "EUR", 2),
    ("cart-b-----", "EUR", 2),
    ("cart-c-----", "HUF", 0),
    ("cart-d-----", "KWD", 2),
]
ENDPOINTS = ["https://push.example/a", "https://push.example/b"]
OTHERS = ["other-visitor-a-------", "other-visitor-b-------"]
TOKENS = {f"{SHOP_ID}.{other}": other for other in OTHERS}  # whose cart it restores
AGENTS = [
    b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    b"",
]
ARMS = [("exit-offer", ["ten", "twenty", "holdout"]), ("nosuch", ["ten"])]

SHOP = ShopDoc(
    id=SHOP_ID,
    name="Demo",
    origins=("http://localhost:1",),
    currency="EUR",
    languages=("en", "de"),
    abandoned_after_min=30,
    push=Push(subject="mailto:me@example.com"),
)
_offer = Campaign(
    id="exit-offer",
    shop=SHOP_ID,
    name="Exit offer",
    live=True,
    trigger=Trigger("exit"),
    variants=(Variant("ten", PopupContent("Wait")), Variant("twenty", PopupContent("Wait"))),
    offer=Offer("percent", 10),
)
QUESTIONS = (
    Slider("How easy was it?", "main"),
    MultipleChoice(
        "What is it?", "why", choices=(Choice("price", "Price"), Choice("rival", "Rival")), other=True
    ),
    Words("What happened?", "words"),
)
_survey = Campaign(
    id="ask",
    shop=SHOP_ID,
    name="Ask",
    live=True,
    trigger=Trigger("exit"),
    variants=(Variant("slider", SurveyContent(questions=QUESTIONS)),),
)
_journey = Journey(
    id=JOURNEY,
    shop=SHOP_ID,
    name="Cart push",
    live=True,
    trigger="cart_abandoned",
    holdout_pct=30,
    steps=(
        Send("remind", "push", {"en": "Your cart waits"}, "{item}"),
        Wait("pause", 60),
        Send("last", "push", {"en": "Still there"}, "{item}"),
    ),
)
_slow = Journey(
    id="slow-push",
    shop=SHOP_ID,
    name="Slow push",
    live=True,
    trigger="cart_abandoned",
    holdout_pct=10,
    steps=(Wait("patience", 90), Send("ask", "push", {"en": "Still thinking?"}, "{item}")),
)
CONTEXT = ShopContext(
    SHOP, {"exit-offer": (_offer, 1), "ask": (_survey, 1)}, {JOURNEY: (_journey, 1), "slow-push": (_slow, 1)}
)

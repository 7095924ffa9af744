"""What the worker knows of a shop is what its documents say."""

from __future__ import annotations

import msgspec

from heimta.model.campaign import Variant
from heimta.store import documents, secrets
from heimta.store.connect import Client
from heimta.worker.contexts import Contexts
from tests.journeys.shopper import SECRETS
from tests.worker.shop import CAMPAIGN, SHOP, T0


async def test_the_fold_knows_which_arms_were_taken_out_lately(redis: Client) -> None:
    await secrets.create(redis, "demo", SECRETS)
    contexts = Contexts(redis)
    other = msgspec.structs.replace(CAMPAIGN, variants=(Variant("nine", CAMPAIGN.variants[0].content),))
    for document in (SHOP, CAMPAIGN, other):
        await documents.put(redis, document, now=T0)
        await contexts.refresh()
    assert {name: set(arms) for name, arms in contexts.shops["demo"].gone.items()} == {"exit-offer": {"ten"}}

"""Every channel's carrier, made once a process. A new channel is a line here and a file beside this one."""

from __future__ import annotations

from collections.abc import Mapping

from heimta.channels.webpush import WebPush
from heimta.model.channel import Channel
from heimta.worker.carriers.job import Carrier
from heimta.worker.carriers.push import PushCarrier

Carriers = Mapping[Channel, Carrier]


def all_carriers(push: WebPush) -> Carriers:
    """push: holds the connections to the push services."""
    return {"push": PushCarrier(push)}


async def close(carriers: Carriers) -> None:
    """Hang up everywhere. Call it when nothing is on the wire any more."""
    for carrier in carriers.values():
        await carrier.close()

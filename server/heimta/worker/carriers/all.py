"""Every channel's carrier, made once a process. A new channel is a line here and a file beside this one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from heimta.channels.email import Smtp
from heimta.channels.outside import Outside
from heimta.channels.webpush import WebPush
from heimta.model.channel import Channel
from heimta.worker.carriers.email import EmailCarrier
from heimta.worker.carriers.job import Carrier
from heimta.worker.carriers.messenger import MessengerCarrier
from heimta.worker.carriers.push import PushCarrier
from heimta.worker.carriers.sms import SmsCarrier
from heimta.worker.carriers.webhook import WebhookCarrier

Carriers = Mapping[Channel, Carrier]


def all_carriers(push: WebPush, *, edge_url: str = "", trusted: Collection[str] = ()) -> Carriers:
    """push: holds the connections to the push services. edge_url: where providers reach us.

    trusted: origins that may be private (HEIMTA_OUTSIDE_ORIGINS). Connections are nobody's in common: a
    merchant's webhook that hangs must not hold up the SMS.
    """
    return {
        "push": PushCarrier(push),
        "email": EmailCarrier(Smtp()),
        "sms": SmsCarrier(Outside(trusted=trusted), edge_url),
        "messenger": MessengerCarrier(Outside(trusted=trusted)),
        "webhook": WebhookCarrier(Outside(trusted=trusted)),
    }


async def close(carriers: Carriers) -> None:
    """Hang up everywhere. Call it when nothing is on the wire any more."""
    for carrier in carriers.values():
        await carrier.close()

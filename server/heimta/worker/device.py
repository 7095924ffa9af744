"""What kind of device a User-Agent header tells of. Behind a cache: an unseen one costs as much as 20
requests.
"""

from __future__ import annotations

from functools import lru_cache

from user_agents import parse


@lru_cache(maxsize=4096)
def device_of(agent: str) -> str:
    """desktop, phone, tablet, bot, or '' when the header was missing."""
    if not agent:
        return ""
    told = parse(agent)
    if told.is_bot:
        return "bot"
    if told.is_tablet:
        return "tablet"
    return "phone" if told.is_mobile else "desktop"

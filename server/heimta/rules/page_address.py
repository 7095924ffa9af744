"""A page's address without what opens something to whoever has it.

The snippet sends none (snippet/src/page.ts); old snippets and strangers may. Asked where an address is kept
for longer than the log, or shown.
"""

from __future__ import annotations

import re

# Order keys (WooCommerce, PrestaShop, BigCommerce), a cart's session (WooCommerce's checkout links), a
# payment's secret (Stripe), a new password's token or hash.
_opening = re.compile(r"(\bt|session|hash|key|token|secret)=[^&#]*", re.IGNORECASE)


def closed(address: str) -> str:
    """address: path and query. The letters before such a name stay, as they say nothing."""
    return _opening.sub("", address) if "=" in address else address

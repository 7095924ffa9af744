"""What shows Meta that whoever has a token has the secret of its app, too. An app can be set to ask for it
with each call ("Require app secret").

https://developers.facebook.com/docs/graph-api/guides/secure-requests
"""

from __future__ import annotations

import hmac
from hashlib import sha256


def appsecret_proof(token: str, app_secret: str) -> str:
    return hmac.new(app_secret.encode(), token.encode(), sha256).hexdigest()

"""Through whom a shop sends: what of it may stand in a document. Passwords and tokens are secrets
(`heimta shop secret`), never here. A file a provider.
"""

from heimta.model.providers.email import Email
from heimta.model.providers.facebook import Facebook
from heimta.model.providers.hook import Hook
from heimta.model.providers.shop_api import ShopApi
from heimta.model.providers.sms import Sms

__all__ = ["Email", "Facebook", "Hook", "ShopApi", "Sms"]

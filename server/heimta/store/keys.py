"""Every key and every lifetime, in one place.

`{p07}` and `{shop:demo}` are hash tags: keys that change together in one atomic step share one, so the
same program runs on Redis Cluster. Ids in keys match model.ids patterns and hold no braces or colons.

| key | type | holds |
|---|---|---|
| `{p07}:log` | stream | what was accepted for the partition's visitors: the truth |
| `{p07}:at` | string | id of the last log entry folded into state |
| `{p07}:lease` | string | `<term>.<name>/<life>` of the worker that owns the partition |
| `{p07}:term` | hash | `number` grows with each owner; `by` is the owner that did not give it back yet |
| `{p07}:suspect` | hash | entries begun alone after a crash, and how often |
| `{p07}:dead` | stream | entries, timers and messages that were passed over, and why |
| `{p07}:dead-gone` | string | dead letters dropped for age or number, unread |
| `{p07}:v:<shop>:<visitor>` | string | a visitor's state, msgpack |
| `{p07}:due` | zset | `<shop>:<visitor>` scored by when the visitor's next timer is due, ms |
| `{p07}:swept` | hash | for which journeys its visitors were last looked through, by shop |
| `{p07}:out` | hash | messages decided and not yet sent, by message id |
| `{p07}:relay` | stream | facts on their way to other partitions |
| `{p07}:ads` | stream | who is in or out of an ad audience, on its way into the shop's table |
| `{p07}:roll:<shop>:<yyyymmdd>` | hash | counters of a UTC day, `<hour>:<metric>` |
| `{p07}:lift:<shop>:<campaign>` | hash | sums per arm for the lift |
| `{p07}:answered:<shop>:<campaign>` | zset | visitors who answered a survey, by when, ms; the newest |
| `{p07}:watch:<shop>:<hash>` | zset | visitors who looked at a product or carted it, by when, ms |
| `{p07}:product:<shop>:<hash>` | string | what the shop said last of a product's price and stock, json |
| `{p07}:order:<shop>:<hash>` | string | the visitor whose an order is |
| `{p07}:claim:<shop>:<visitor>:<campaign>` | string | the code claimed by a visitor |
| `{p07}:coupon:<shop>:<code>` | hash | one coupon; `order` that used it, `names` of who has it |
| `{p07}:wallet:<shop>:<name>` | hash | coupons a person was given under one of their names, by ref |
| `{p07}:tries:<shop>:<who>` | string | claims or guesses of codes within some minutes |
| `{p07}:restore:<shop>:<id>` | string | a cart to restore, json |
| `{p07}:proof:<shop>:<visitor>` | zset | what they said to being written to, json, scored by when, ms |
| `{shop:demo}:ledgers` | set | offers that coupons were asked of |
| `{shop:demo}:ledger:<offer>` | hash | what an offer handed out, its ceilings, and `$<ref>` of each coupon |
| `{shop:demo}:ledger-due:<offer>` | zset | refs by when the coupon expires, ms |
| `{shop:demo}:pools` | set | pools of imported codes |
| `{shop:demo}:pool:<pool>` | list | codes that nobody has yet |
| `{shop:demo}:pool-codes` | set | every code that was ever in a pool |
| `{shop:demo}:minting` | string | the worker that makes codes at the shop now |
| `{shop:demo}:mintrests` | hash | by pool: until when the shop is not asked for codes, ms, failures |
| `{shop:demo}:sms-sent` | zset | SMS of the last day below the shop's ceiling, by when, ms |
| `{shop:demo}:email-sent` | zset | the same of e-mails |
| `{shop:demo}:sms-days`, `{shop:demo}:email-days` | hash, hash | how many, by UTC day: of 16 days |
| `{p07}:spent:<shop>:<name>` | string | what claimed a person's attention lately, msgpack |
| `{p07}:ordering:<shop>:<hub>` | string | when the person ordered, which their browsers may not know, ms |
| `{p07}:asked:<shop>:<name>` | zset | mails that asked a mailbox to confirm a yes, by when, ms |
| `{p07}:why:<shop>:<visitor>` | zset | the send log: decisions with their facts, json, scored by when, ms |
| `{p07}:psid:<shop>:<hash>` | zset | visitors that somebody at Messenger is, by when they came, ms |
| `{p07}:told:<shop>:<hash>` | string | nothing: a provider told it once, and signs no time |
| `{shop:demo}:words` | hash | texts that visitors said yes to, by the name that proofs call them |
| `{shop:demo}:docs` | hash | documents by `<kind>:<id>` |
| `{shop:demo}:older` | hash | versions of journeys that were replaced, by `<id>:<version>` |
| `{shop:demo}:rev` | string | grows with each change of a document |
| `{shop:demo}:secrets` | hash | webhook secret, signing key, VAPID key |
| `{shop:demo}:ads` | hash | ad audiences: `<name>:<key>` -> who should be in, and who was told to be |
| `{shop:demo}:ads-todo` | zset | rows of it that the network must be told, scored by since when, ms |
| `{shop:demo}:ads-not` | set | keys of people in remarketing elsewhere: never taken in |
| `{shop:demo}:ads-run` | hash | how the telling and the nightly comparison go |
| `{shop:demo}:ads-seen` | hash | who is in by the visitors' own states, while they are compared |
| `{shop:demo}:ads-lease` | string | the worker that tells the network |
| `{shop:demo}:sample:<id>` | string | what became of a sample, json |
| `{shop:demo}:samples-lately` | string | samples asked for within a minute |
| `heimta:shops` | set | ids of the shops |
| `heimta:deleting` | set | ids of shops whose deletion has begun and has not come to its end |
| `heimta:workers` | zset | names of workers that live, scored by when they last said so, ms by Redis' clock |
| `heimta:edges` | zset | the same of the edges: nothing is restored while one lives |
| `heimta:partitions` | string | number of partitions, fixed at first start |
| `heimta:samples` | list | samples that a worker is to send, json |
| `heimta:probe` | string | nothing: written to see whether writing works |
| `heimta:restoring` | string | there while a backup is read in: nothing may start on half a store |
| `heimta:hold` | string | ms: steps that were due before are not sent, since they may have been (restore) |
| `heimta:backup` | hash | `at` and `file` of the last backup, for `heimta doctor` |
| `user:<email>` | hash | a console user |
| `login:<id>` | string | a console session, by the hash of its cookie |
| `tries:<id>`, `wait:<id>` | string, string | tries to log in, and the back-off that follows them |
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import urlsafe_b64encode

DAY_S = 24 * 3600
STATE_TTL_S = 90 * DAY_S  # a visitor not seen for this long is forgotten
ROLLUP_TTL_S = 800 * DAY_S
RESTORE_TTL_S = 7 * DAY_S
PROOF_TTL_S = 3 * 365 * DAY_S  # as long as somebody may ask for it (§ 195 BGB)
HUB_TTL_S = STATE_TTL_S + 30 * DAY_S  # longer than its browsers', which tell it again every 30 days
SAID_TTL_S = PROOF_TTL_S  # of a hub that heard a no: what was said holds as long as it is proven
SPENT_TTL_S = 8 * DAY_S  # longer than the longest window
ORDERING_TTL_S = 60  # within which an order has come by the relay stream, also where a log waits
# So long that nobody is flooded, and so short that no stranger keeps anybody out for good.
ASKED_TTL_S = 90 * DAY_S
WHY_TTL_S = 90 * DAY_S
TOLD_TTL_S = 7 * DAY_S  # providers try again for two days at most
LOG_KEEP_MS = 48 * 3600 * 1000  # folded entries are kept this long, for replay and for the live view
LEASE_MS = 10_000
WORKER_MS = 5_000  # who is silent for longer has no share; shorter than a lease, so both end in time
DEAD_KEEP = 10_000  # dead letters of a partition, about; older ones make room
DEAD_KEEP_MS = 30 * 24 * 3600 * 1000
LOGIN_TTL_S = 12 * 3600  # of silence
TRIES_TTL_S = 15 * 60

SHOPS = "heimta:shops"
DELETING = "heimta:deleting"
PARTITIONS = "heimta:partitions"
WORKERS = "heimta:workers"
EDGES = "heimta:edges"
PROBE = "heimta:probe"
SAMPLES = "heimta:samples"
RESTORING = "heimta:restoring"
HOLD = "heimta:hold"
BACKUP = "heimta:backup"

# Patterns for all of a kind, told from what another program may keep in the same database: `user:42`.
EVERY_USER = "user:*@*"
EVERY_CONSOLE_KEY = (EVERY_USER, "login:" + 64 * "?", "tries:[aid]:" + 32 * "?", "wait:[aid]:" + 32 * "?")


def partition_of(shop: str, visitor: str, partitions: int) -> int:
    """Which partition a visitor lives in, 0 to partitions - 1. Never changes while `partitions` does not."""
    return zlib.crc32(f"{shop}:{visitor}".encode()) % partitions


def tag(partition: int) -> str:
    return f"{{p{partition:02d}}}"


def log(partition: int) -> str:
    return f"{tag(partition)}:log"


def checkpoint(partition: int) -> str:
    return f"{tag(partition)}:at"


def lease(partition: int) -> str:
    return f"{tag(partition)}:lease"


def term(partition: int) -> str:
    return f"{tag(partition)}:term"


def suspects(partition: int) -> str:
    return f"{tag(partition)}:suspect"


def dead(partition: int) -> str:
    return f"{tag(partition)}:dead"


def dead_gone(partition: int) -> str:
    return f"{tag(partition)}:dead-gone"


def visitor(partition: int, shop: str, visitor_id: str) -> str:
    return f"{{p{partition:02d}}}:v:{shop}:{visitor_id}"  # as tag(), spelled out: twice for every entry


def probe(partition: int) -> str:
    """Written to see whether the partition can be."""
    return f"{tag(partition)}:probe"


def due(partition: int) -> str:
    return f"{tag(partition)}:due"


def swept(partition: int) -> str:
    return f"{tag(partition)}:swept"


def outbox(partition: int) -> str:
    return f"{tag(partition)}:out"


def relay(partition: int) -> str:
    return f"{tag(partition)}:relay"


def ads(partition: int) -> str:
    return f"{tag(partition)}:ads"


def rollup(partition: int, shop: str, day: str) -> str:
    """day: UTC, yyyymmdd."""
    return f"{tag(partition)}:roll:{shop}:{day}"


def lift(partition: int, shop: str, campaign: str) -> str:
    return f"{tag(partition)}:lift:{shop}:{campaign}"


def answered(partition: int, shop: str, campaign: str) -> str:
    return f"{tag(partition)}:answered:{shop}:{campaign}"


def watch(partition: int, shop: str, name: str) -> str:
    """name: a hash of the sku."""
    return f"{tag(partition)}:watch:{shop}:{name}"


def product(partition: int, shop: str, name: str) -> str:
    """name: a hash of the sku."""
    return f"{tag(partition)}:product:{shop}:{name}"


def order(partition: int, shop: str, name: str) -> str:
    """name: a hash of the order's id."""
    return f"{tag(partition)}:order:{shop}:{name}"


def claim(partition: int, shop: str, visitor_id: str, campaign: str) -> str:
    return f"{tag(partition)}:claim:{shop}:{visitor_id}:{campaign}"


def coupon(partition: int, shop: str, code: str) -> str:
    return f"{tag(partition)}:coupon:{shop}:{code}"


def wallet(partition: int, shop: str, name: str) -> str:
    """name: of a person, model/person.py."""
    return f"{tag(partition)}:wallet:{shop}:{name}"


def code_tries(partition: int, shop: str, who: str) -> str:
    return f"{tag(partition)}:tries:{shop}:{who}"


def restore(partition: int, shop: str, restore_id: str) -> str:
    return f"{tag(partition)}:restore:{shop}:{restore_id}"


def proof(partition: int, shop: str, visitor_id: str) -> str:
    return f"{tag(partition)}:proof:{shop}:{visitor_id}"


def ledgers(shop: str) -> str:
    return f"{{shop:{shop}}}:ledgers"


def ledger(shop: str, source: str) -> str:
    return f"{{shop:{shop}}}:ledger:{source}"


def ledger_due(shop: str, source: str) -> str:
    return f"{{shop:{shop}}}:ledger-due:{source}"


def pools(shop: str) -> str:
    return f"{{shop:{shop}}}:pools"


def pool(shop: str, name: str) -> str:
    return f"{{shop:{shop}}}:pool:{name}"


def pool_codes(shop: str) -> str:
    return f"{{shop:{shop}}}:pool-codes"


def minting(shop: str) -> str:
    return f"{{shop:{shop}}}:minting"


def mint_rests(shop: str) -> str:
    return f"{{shop:{shop}}}:mintrests"


def sent_lately(shop: str, channel: str) -> str:
    """channel: sms or email."""
    return f"{{shop:{shop}}}:{channel}-sent"


def sent_by_day(shop: str, channel: str) -> str:
    return f"{{shop:{shop}}}:{channel}-days"


def spent(partition: int, shop: str, name: str) -> str:
    """name: a visitor's id or a hub's (model/person.py)."""
    return f"{tag(partition)}:spent:{shop}:{name}"


def ordering(partition: int, shop: str, hub: str) -> str:
    return f"{tag(partition)}:ordering:{shop}:{hub}"


def asked(partition: int, shop: str, box: str) -> str:
    """box: a mailbox's name (model/person.py)."""
    return f"{tag(partition)}:asked:{shop}:{box}"


def why(partition: int, shop: str, visitor_id: str) -> str:
    return f"{tag(partition)}:why:{shop}:{visitor_id}"


def digest(name: str) -> str:
    """A name for what must not stand in a key itself: 22 characters of base64url."""
    return urlsafe_b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode().rstrip("=")


def psid(partition: int, shop: str, name: str) -> str:
    """name: a digest."""
    return f"{tag(partition)}:psid:{shop}:{name}"


def told(partition: int, shop: str, name: str) -> str:
    """name: a digest."""
    return f"{tag(partition)}:told:{shop}:{name}"


def words(shop: str) -> str:
    return f"{{shop:{shop}}}:words"


def sample(shop: str, sample_id: str) -> str:
    return f"{{shop:{shop}}}:sample:{sample_id}"


def samples_lately(shop: str) -> str:
    return f"{{shop:{shop}}}:samples-lately"


def documents(shop: str) -> str:
    return f"{{shop:{shop}}}:docs"


def older(shop: str) -> str:
    return f"{{shop:{shop}}}:older"


def revision(shop: str) -> str:
    return f"{{shop:{shop}}}:rev"


def secrets(shop: str) -> str:
    return f"{{shop:{shop}}}:secrets"


def shop_ads(shop: str, part: str = "") -> str:
    """part: todo, not, run, seen or lease; '' for the table itself."""
    return f"{{shop:{shop}}}:ads{'-' if part else ''}{part}"


def user(email: str) -> str:
    return f"user:{email}"


def login(session_id: str) -> str:
    return f"login:{session_id}"


def tries(who: str) -> str:
    return f"tries:{who}"


def wait(who: str) -> str:
    return f"wait:{who}"

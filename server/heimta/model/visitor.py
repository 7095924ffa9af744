"""A visitor's state: what the worker knows of one browser, folded from the log.

Every field is a union, a maximum, a minimum or a last-writer-wins by the event's own stamp, or follows from
such fields alone, so events that come twice, late or out of order lead to the same state. Structs are mutable
because the fold owns them: they are decoded, folded and written back by one worker, and never shared.
They are trees, so the collector of cycles has nothing to find in them and is kept off (gc=False): there are a
dozen for each entry of the log.
"""

from __future__ import annotations

from msgspec import Struct

from heimta.model.audience import Member
from heimta.model.cart import Cart
from heimta.model.event import Subscription
from heimta.model.orders import OrderState, PersonOrder

# The order of events of one visitor: by time, then by source and number, so that ties fall the same way.
Stamp = tuple[int, str, int]
NEVER: Stamp = (0, "", 0)

# What is kept of one visitor. Within these bounds the same facts lead to the same state; beyond them the
# oldest is forgotten, and what might have been counted before is passed over rather than counted again.
KEEP_MS = 72 * 3_600_000  # three times as long as an event may wait in a browser
KEEP_SOURCES = 512  # page loads within KEEP_MS, each for every day it was there
KEEP_SESSIONS = 150  # within KEEP_MS; half an hour of silence between any two
KEEP_CARTS = 20
KEEP_FEW_CARTS = 4  # however long their lines are; of more only so many letters:
KEEP_CART_CHARS = 200_000  # a state is read and written whole at each of its visitor's batches
KEEP_ORDERS = 100
KEEP_DELIVERIES = 200
KEEP_ANSWERS = 60  # of all surveys
KEEP_DEAD = 8  # e-mail addresses that do not exist
KEEP_VIEWED = 12  # products looked at
KEEP_MEMBERS = 20  # browsers of one person; who deletes cookies has a new one each week
KEEP_PERSON_ORDERS = 20
KEEP_MOMENTS = 60
KEEP_ENROLLMENTS = 60
KEEP_SHOWN = 20  # interruptions on the page, the newest: as many as a shop may allow within a day
SHOWN_MS = 48 * 3_600_000  # and those within this time before the newest of them

# The shop's clock and the browser's may differ by this much, each being a minute off.
CLOCK_SLACK_MS = 120_000


class Seen(Struct, array_like=True, gc=False):
    """Which numbers of one source were folded on one day, as ranges: see worker/seen.py."""

    edges: list[int]
    last: int  # time of the newest of them, ms


class Checkout(Struct, array_like=True, gc=False):
    """What happened in the fields of a session's checkout, by what they are for."""

    fields: dict[str, int]  # kind -> what was ever true of it, as flags (worker/funnel.py)
    stamp: Stamp = NEVER  # of the newest word on where it stopped
    stop: str = ""  # the kind entered last


class Session(Struct, array_like=True, gc=False):
    start: int
    end: int
    pages: int = 0
    device: str = ""  # desktop, phone, tablet, bot or ''
    reached: int = 0  # steps of the funnel, a bit each
    checkout: Checkout | None = None


class CartState(Struct, array_like=True, gc=False):
    """One cart through its life. Times are ms, 0 for never."""

    cart: Cart
    stamp: Stamp
    first_at: int
    abandoned_at: int = 0
    abandoned_minor: int = 0  # its total when it was abandoned
    silent_at: int = 0  # changed_at of the change after which silence was last noticed
    counted: bool = False  # among the shop's carts: it held something at some time
    ordered_at: int = 0
    order: str = ""

    @property
    def changed_at(self) -> int:
        return self.stamp[0]

    @property
    def is_open(self) -> bool:
        return bool(self.cart.lines) and not self.ordered_at


class Faulty(Struct, array_like=True, gc=False):
    """A cart that met faults at the checkout. What became of it is kept when the cart is forgotten."""

    met: dict[str, int]  # fault -> when first, ms
    ordered: bool = False
    minor: int = 0  # its total while it is not ordered
    currency: str = ""


class Exposure(Struct, array_like=True, gc=False):
    """The first time a campaign or journey would have been met; fixes the visitor's arm in the lift.

    currency: the shop's at that time, in which its orders are counted; '' for the first that the shop had.
    """

    arm: str
    stamp: Stamp
    p: int
    revenue_minor: int = 0  # of orders within the goal window
    orders: int = 0
    past_minor: int = 0  # the part of it whose orders are forgotten
    past_orders: int = 0
    currency: str = ""


class Proof(Struct, array_like=True, gc=False):
    """What a shopper agreed to when they gave an address: the words as they were shown, and when."""

    text: str
    version: str
    campaign: str
    at: int


class Identity(Struct, array_like=True, gc=False):
    """Whom the shop said this is: each word with the stamp of the event that brought it."""

    id: str = ""
    id_of: Stamp = NEVER
    email: str = ""
    email_of: Stamp = NEVER
    phone: str = ""
    phone_of: Stamp = NEVER
    email_proof: Proof | None = None  # None: the shop told it, and has the proof
    phone_proof: Proof | None = None
    cart_wanted: Stamp = NEVER  # newest wish to be sent the cart
    other_of: Stamp = NEVER  # newest word of another customer on this browser: what was told before is theirs
    email_other: Stamp = NEVER  # newest word of another address than `email`: a yes up to it was that one's
    phone_other: Stamp = NEVER
    # Words of this id since another customer's last, oldest first: the first, and those within KEEP_MS of the
    # newest, for a late word of another customer may lie between any two of them.
    signed: list[Stamp] = []
    email_words: list[Stamp] = []  # the same of `email`, since `email_other`
    phone_words: list[Stamp] = []

    @property
    def own_from(self) -> int:
        """When they signed in, ms, where another customer was here before; else 0."""
        return self.signed[0][0] if self.signed and self.other_of > NEVER else 0

    @property
    def email_from(self) -> Stamp:
        """First word of `email` since another one was told here; NEVER where none was."""
        return self.email_words[0] if self.email_words and self.email_other > NEVER else NEVER

    @property
    def phone_from(self) -> Stamp:
        return self.phone_words[0] if self.phone_words and self.phone_other > NEVER else NEVER


class Viewed(Struct, array_like=True, gc=False):
    """The newest look at a product, as the shop showed it then. unit_minor: in the currency's own units."""

    at: int
    name: str = ""
    unit_minor: int = 0
    currency: str = ""
    url: str = ""
    image: str = ""


class Preferences(Struct, array_like=True, gc=False):
    """What the shopper wants to be told of, and how often (model/preferences.py)."""

    off: list[str]  # topics
    pace: str
    until: int  # the end of a pause, ms; 0 for none
    stamp: Stamp


class ChannelConsent(Struct, array_like=True, gc=False):
    """What the shopper said to one channel: the newest yes and the newest no, the later one counts.

    told: the shop itself said that it may be used; that counts where the shopper never said no.
    """

    yes: Stamp = NEVER
    no: Stamp = NEVER
    told: Stamp = NEVER
    yes_why: str = ""  # of the newest yes: how it was given (model/consent.py)
    no_why: str = ""
    # A yes that the word itself said (START, a link in a mail), by whichever hub it was heard; it holds while
    # that is named.
    word_yes: Stamp = NEVER
    word_hub: str = ""


class Moment(Struct, array_like=True, gc=False):
    """A fact that journeys begin with and that nothing else here keeps (journeys/moments.py)."""

    at: int  # the newest; of what happens only once, the earliest word of it
    taken: int = 0  # what was at or before it, journeys have looked at
    words: dict[str, str] = {}  # for the texts: order, tracking, item
    held: int = 0  # looked at while a yes was not confirmed: it is looked at again once that is (timers.py)


class Enrollment(Struct, array_like=True, gc=False):
    """A visitor's way through one journey: for one cart, one order, one product, or for themselves."""

    cart: str
    arm: str
    version: int  # of the document it began with, and goes on with
    entered_at: int
    step: int = 0  # index of the next step in the journey's row (journeys/program.py)
    due_at: int = 0  # when that step is due, ms
    ended: str = ""  # '' while running, else why it ended
    messages: list[str] = []  # ids decided on, in order
    about: str = ""  # an order, a sku, where it is for no cart
    is_spared: bool = False  # an order does not end it at once (journeys/ends.py)
    since: int = 0  # when the `wait_for` in hand began; 0: none is
    shift_ms: int = 0  # how late its messages were: what follows keeps its distance
    words: dict[str, str] = {}  # for the texts, besides the cart's
    decided_at: int = 0  # when its newest messages were, while the next step goes by their outcome
    is_counted: bool = False  # the wait in hand goes from the step before, not from the start


class ClaimState(Struct, array_like=True, gc=False):
    code: str
    expires_at: int


class Delivery(Struct, array_like=True, gc=False):
    """A message that was decided on. outcome: sent, failed, skipped or gone; '' while it is on its way."""

    journey: str
    outcome: str
    at: int  # of the outcome; of the decision while there is none
    step: str = ""
    clicked: int = 0  # when first, ms


class Answer(Struct, array_like=True, gc=False):
    """The newest answer to one question of a survey. Empty: skipped, or taken back."""

    arm: str
    stamp: Stamp
    step: int
    done: bool
    value: int | None = None
    choices: list[str] = []
    text: str = ""

    @property
    def is_empty(self) -> bool:
        return self.value is None and not self.choices and not self.text


class VisitorState(Struct, omit_defaults=True, gc=False):
    """All that is known of one visitor. `next_due` is the earliest of all timers, 0 for none."""

    shop: str
    visitor: str
    first_at: int = 0  # of the first browser event, ms; 0 before
    last_at: int = 0
    visit_at: int = 0  # newest sign of them on the page; a message that a service worker shows is none
    lang: str = ""
    lang_of: Stamp = NEVER
    checkout_at: int = 0
    preview: bool = False
    seen: dict[str, Seen] = {}  # by day since the epoch and source
    floor: int = 0  # events at or before it are passed over: what is forgotten lies there
    sessions: dict[str, Session] = {}
    carts: dict[str, CartState] = {}
    orders: dict[str, OrderState] = {}  # by id
    orders_floor: tuple[int, str] = (0, "")  # time and id of the newest order that is forgotten
    elsewhere: dict[str, OrderState] = {}  # the first order of each browser that restored a cart of this one
    said_at: int = 0  # newest order by the browser's word, or one that is forgotten
    bought_at: int = 0  # the newest of all: what was in a cart before it is not chased
    exposures: dict[str, Exposure] = {}
    enrollments: dict[str, Enrollment] = {}
    deliveries: dict[str, Delivery] = {}  # by message id
    claims: dict[str, ClaimState] = {}  # by campaign
    answers: dict[str, dict[str, Answer]] = {}  # by campaign, then by question
    subscription: Subscription | None = None
    subscribed: Stamp = NEVER  # newest yes
    renewed: Stamp = NEVER  # newest change of address or key that nobody was asked about
    stopped: Stamp = NEVER  # newest stop of all messages
    preferences: Preferences | None = None
    gone: int = 0  # what was subscribed at or before it, its push service has forgotten
    analytics: bool = False
    marketing: bool = False
    consented: Stamp = NEVER
    withdrawn: Stamp = NEVER  # newest no to either: nothing that was subscribed before it may be used
    faults: dict[str, Faulty] = {}  # by cart
    identity: Identity | None = None  # what was told after the newest no; None for nothing
    # Visitors whose cart this browser restored, and when first and last: an order is theirs too.
    linked: dict[str, tuple[int, int]] = {}
    next_due: int = 0
    audiences: dict[str, Member] = {}  # ad audiences, by name: only those a step put them in
    consents: dict[str, ChannelConsent] = {}  # by channel (rules/consented.py)
    zone: str = ""  # the browser's timezone, an IANA name
    zone_of: Stamp = NEVER
    viewed: dict[str, Viewed] = {}  # by sku, the newest
    heard_at: int = 0  # newest order of another browser of the same person (worker/hubs.py)
    # The same, ms, which hubs hear of. Older releases took push that was taken back for a stop of this
    # browser (`stopped` alone); it stays one, since the page has said that nothing more will be sent.
    stop_at: int = 0
    members: dict[str, int] = {}  # of a hub alone: browsers that told its word, and the day they last did
    joined: dict[str, int] = {}  # of a hub alone: when its browsers told its word first, ms
    tellers: dict[str, int] = {}  # of a hub alone: browsers that ordered, and when last, ms
    psid: str = ""  # who they are to the shop's page at Messenger
    heard: Stamp = NEVER  # when they last did something there, by Meta's clock
    psid_since: int = 0  # when they came there through a link
    psid_gone: int = 0  # heard at or before it: Meta knows them no more
    phone_dead: list[str] = []  # marks of numbers that take no SMS, sorted
    mail_dead: list[str] = []  # marks of e-mail addresses that do not exist (rules/mail/addresses.py), sorted
    shown: list[Stamp] = []  # popups, surveys and push questions that were seen, oldest first
    moments: dict[str, Moment] = {}  # by word and what it is about
    moments_floor: int = 0  # those at or before it are passed over: what is forgotten lies there
    considered: dict[str, int] = {}  # by journey: the newest silence, segment or date it was looked at for
    # What was chosen elsewhere (rules/wishes.py): the newest of each browser of the person, by its name; by a
    # hub's, behind the link in a mail to its address; by '' what those asked for that made room.
    choices_heard: dict[str, Preferences] = {}
    seen_day: int = (
        0  # newest on which another browser of the person was there, since the epoch; a hub's: any
    )
    unsubscribed: Stamp = NEVER  # newest time that notifications were taken back in the browser
    person_orders: dict[str, PersonOrder] = {}  # by the order's mark (worker/person_orders.py)
    asked: Stamp = NEVER  # the newest yes to e-mail that its address was asked to confirm
    confirmed_at: int = 0  # of a hub alone: when its address first confirmed a yes, ms

    @property
    def withdrew(self) -> bool:
        """Said no to notifications, or to everything, after the last yes to them."""
        return max(self.withdrawn, self.stopped, self.unsubscribed) > self.subscribed

    @property
    def visited_at(self) -> int:
        """When they were last there, ms. An older release kept no more than when they were heard of."""
        return self.visit_at or self.last_at

    @property
    def addressed(self) -> Stamp:
        """Of the subscription: when its address was told, by a yes or without one."""
        return max(self.subscribed, self.renewed)

    def has_bought(self, cart: CartState) -> bool:
        """Whether an order came after the cart's last change, as far as two clocks can tell."""
        return self.bought_at > 0 and self.bought_at + CLOCK_SLACK_MS >= cart.changed_at

    def cart(self) -> CartState | None:
        """The newest cart, by its last change."""
        return max(self.carts.values(), key=lambda c: c.stamp, default=None)

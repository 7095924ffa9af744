"""How many minor units a currency has.

ISO 4217 alone decides: CLDR, which browsers and babel ask, has 0 for some that have 2. A sum is kept with the
exponent of this table everywhere; what comes with another is converted.
"""

from __future__ import annotations

from heimta.model.cart import MAX_MINOR

# ISO 4217, list one: the currencies that do not have two decimals.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENTS = {
    **{code: 0 for code in _NONE.split()},
    **{code: 3 for code in ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")},
    **{code: 4 for code in ("CLF", "UYW")},
}


def counted_in(name: str, currency: str, first: str) -> str:
    """What the lift of a campaign is kept under: sums of two currencies would mean nothing, so in a shop that
    changes its own each campaign is measured anew. first: the one before the first change, '' without any;
    what is counted in that has no mark.
    """
    return name + mark_of(currency, first)


def mark_of(currency: str, first: str) -> str:
    """What sets sums in this currency apart from those in the first: `~EUR`, or '' for the first itself."""
    return "" if not first or currency in ("", first) else f"~{currency}"


def exponent_of(currency: str) -> int:
    """Minor units per unit, as a power of ten."""
    return _EXPONENTS.get(currency, 2)


def rescale(minor: int, exponent: int, currency: str) -> int:
    """A sum given with `exponent`, in the currency's own minor units; half a unit is rounded up.

    At most MAX_MINOR: anyone may send a cart, and a thousand of 10**16 are more than a counter of the store
    holds.
    """
    shift = exponent_of(currency) - exponent
    if shift >= 0:
        return min(minor * int(10**shift), MAX_MINOR)
    unit = int(10**-shift)
    return (minor + unit // 2) // unit

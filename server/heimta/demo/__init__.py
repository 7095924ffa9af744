"""The demo shop: a small merchant on its own origin, who knows Heimta only as a merchant would.

It imports nothing of the product but its version: the pasted tag, the public HTTP interface and a
webhook secret are all it has. If the demo needed more, so would every real shop.
"""

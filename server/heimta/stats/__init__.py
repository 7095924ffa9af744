"""Pure numbers: days of a shop, overview totals, lift with intervals. No I/O, no clock. Imports model."""

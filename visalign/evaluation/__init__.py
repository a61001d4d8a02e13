"""How good it is: one protocol of shifts and faults, boundaries against hand labels, runs against runs."""

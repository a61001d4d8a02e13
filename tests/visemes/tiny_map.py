"""A map that the tests of maps change one thing at a time of."""

# A map of a language with seven phones, in IPA, without a fault. Tests change one thing at a time.
GOOD = """\
id = "tiny"
name = "Tiny"
alphabet = "ipa"
citation = "made for the tests"
confidence = "A"
silence = "rest"
inventory = ["p", "t", "k", "a", "i", "u", "ø"]
unlisted = ["k"]

[visemes]
closed = { phones = ["p"], articulator = "bilabial" }
open = { phones = ["a"], articulator = "open" }
narrow = { phones = ["i", "t"], articulator = "spread" }
round = { phones = ["u", "ø"], articulator = "rounded" }
rest = { phones = [], articulator = "silence" }

[fill]
k = "narrow"

[sequences]
u = { visemes = ["round", "narrow"], split = 0.6 }

[recipes.rig]
source = "made for the tests"
[recipes.rig.visemes]
closed = { "mouthPress*" = 0.5, jawOpen = 0 }
"""

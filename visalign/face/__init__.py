"""Everything that is drawn: a mouth, a head, a portrait that speaks."""

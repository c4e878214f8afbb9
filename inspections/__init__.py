"""RULES: what a plot must be, what it earns and who may decide; no database, no HTTP, no clock."""

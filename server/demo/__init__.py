"""
A demonstration programme, made from a seed: people, fields and figures are all invented.

The county is named so that places and codes look right; townships, villages and households are not real, and their
codes (townships 901 to 903) are ones that no real township has.
"""

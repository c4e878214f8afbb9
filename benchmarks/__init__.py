"""
What the program does in a second, measured against the real server: `python -m benchmarks` prints JSON lines.

Clients and server share the machine, so the figures are for comparing one day's program with another's on the same
machine, and each is set beside a floor or a ratio that says how much of it is the machine.
"""

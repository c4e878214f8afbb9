"""
How large a run is: short for `make test`, the bars of the project for `make torture`.

`TORTURE_SIZE=full` chooses the bars; `TORTURE_<NAME>` sets one number alone, for example `TORTURE_KILLS=50`.
"""

import os

SHORT_AND_FULL: dict[str, tuple[int, int]] = {
    "KILLS": (8, 1_000),  # F1, on each database
    "POWER_CUTS": (3, 100),  # F2, on each way of starting
    "FAILPOINT_ROUNDS": (0, 10),  # F3, each place with each fault; 0: every place once, faults taken in turn
    "DISK_FULLS": (2, 100),  # F4
    "SAME_IDS": (5, 200),  # F5
    "SAME_PUTS": (20, 50),  # F5, at once for each id
    "CONFLICTS": (20, 500),  # F6
    "CUT_ANSWERS": (30, 2_000),  # F7, submissions
    "MACHINE_RUNS": (4, 2_000),  # F8
    "MACHINE_STEPS": (20, 50),  # F8
    "HISTORY_CLIENTS": (20, 20),  # F9
    "HISTORY_SECONDS": (4, 600),  # F9, on each database
    "DRILL_INSPECTIONS": (12, 10_000),  # F10
    "SCRUB_OBJECTS": (40, 40_000),  # F11
    "SCRUB_FLIPS": (5, 50),  # F11
    "CHAIN_TAMPERS": (14, 1_000),  # F12, on each database
    "MIGRATION_KILLS": (4, 100),  # F13, on each database
    "UPDATE_KILLS": (1, 100),  # F13, from a released schema with rows, on each database
    "RESETS": (3, 200),  # F20, uploads
    "RESET_BYTES": (1_000_000, 1_000_000),  # F20, of one upload
    "DAY_PLOTS": (1, 30),  # F21
    "DAY_PHOTOS": (2, 4),  # F21, of each plot
    "DAY_PHOTO_BYTES": (140_000, 300_000),  # F21; 125 KB pass while there is coverage
    # F21: how many times as fast as life. Neither the server nor what the machine is late by is sped up with the line:
    # at 10 a commit of 20 ms weighs as 0.2 s in life, and on a busy machine answers are waited for, not the line.
    "DAY_FASTER": (40, 5),
    "PORTAL_ANSWERS": (25, 500),  # F22
    "PATCH_RACES": (4, 200),  # F23
    "PROCESS_KILLS": (3, 200),  # several server processes
    # The bucket of the tests keeps its objects in memory.
    "BUCKET_KILLS": (2, 50),  # several server processes, photos in a bucket
    "CLAIMS": (12, 300),  # several server processes, jobs
    "BROWSER_KILLS": (3, 200),  # F30
    "PROFILE_CUTS": (1, 100),  # F31
    "TORN_RECORDS": (1, 20),  # F31
    "QUOTAS": (3, 50),  # F32
    "WIPES": (1, 50),  # F33
    "WRITE_SITES": (2, 0),  # F34, places of a visit at which the store fails; 0: every place
    "TABS": (5, 5),  # F35
    "TAB_ITEMS": (6, 50),  # F35
    "UPDATE_ITEMS": (3, 50),  # F36
    "UPGRADE_ITEMS": (8, 50),  # F37
    "UPGRADE_KILLS": (2, 50),  # F37
    "CLOCKS": (1, 30),  # F38
    "CANARIES": (3, 20),  # F39
    "LOST_FIXES": (3, 30),  # F41
    "LARGE_PHOTOS": (1, 40),  # F42
    "DAMAGED_PHOTOS": (5, 50),  # F43
    "ROLLING_RESTARTS": (2, 50),  # several server processes
    "CLIENTS": (8, 8),
    "PHOTO_BYTES": (12_000, 40_000),
    "SEED": (20_261_123, 20_261_123),
}
FULL = os.environ.get("TORTURE_SIZE", "short") == "full"


def size(name: str) -> int:
    """One number of this run."""
    return int(os.environ.get(f"TORTURE_{name}", SHORT_AND_FULL[name][FULL]))

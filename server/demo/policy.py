"""
The programme of the demonstration and its policy: the kumquat plan's figures.

The plan's text has lost some digits. Those are set to sample values here, named in `sample_parameters`, and shown as
samples on every screen; a real county sets its own.
"""

from pathlib import Path

from inspections.policy import Policy, read_policy

PROGRAMME_CODE = "RA-2026-JINJU-DEMO"
PROGRAMME_NAME = "2026年滑皮金桔种植奖补（演示）"
POLICY_VERSION = 1


def demo_policy_json() -> bytes:
    """Return the policy as a county would hand it in."""
    return (Path(__file__).parent / "kumquat.json").read_bytes()


def demo_policy() -> Policy:
    """Return the policy as the rules read it."""
    return read_policy(demo_policy_json())

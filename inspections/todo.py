"""What a returned inspection is to bring anew (需补充项): codes the desk ticks and the phone turns into its list."""

from collections.abc import Iterable

from inspections.policy import Policy
from inspections.wire import LandType

# Code: what the inspector is told, in both languages.
TODO_NAMES: dict[str, tuple[str, str]] = {
    "boundary": ("重走边界", "Walk the boundary again"),
    "counts": ("重新清点株数", "Count the trees again"),
    "standards": ("补答种植标准", "Answer the standards"),
    "signatures": ("补签名", "Get the signatures"),
    "note": ("补写情况说明", "Add a remark"),
}


def todo_codes(policy: Policy, land_type: LandType) -> list[str]:
    """
    List what can be asked for on this land, in the order of the work; `shot:<kind>` stands for one shot.

    What the programme does not ask for at all (standards, signatures) is not among them.
    """
    shots = [f"shot:{shot.kind}" for shot in policy.shots if land_type in shot.land_types]
    standards = ["standards"] if any(land_type in one.land_types for one in policy.standards) else []
    signatures = ["signatures"] if policy.sign_off else []
    return ["boundary", *shots, "counts", *standards, *signatures, "note"]


def chosen_todo(codes: Iterable[str], policy: Policy, land_type: LandType) -> list[str]:
    """Return those of the codes that can be asked for, each once, in the order of the work."""
    wanted = set(codes)
    return [code for code in todo_codes(policy, land_type) if code in wanted]

"""
What does not stay in a backup's folder: the oldest databases, and what runs left behind that failed or were killed.

Called under the folder's lock only: whatever has no manifest then belongs to no run that is still at work.
"""

import re
import shutil
from pathlib import Path

from server.backup.manifest import backup_names, manifest_path, newest_checked

TRIAL_PREFIX = ".trial-"
# As this program names its own; what somebody else put there is not touched.
_OURS = re.compile(r"(\.?)(\d{8}T\d{6}\.\d{6}Z)\.(?:sqlite|dump|sha256|json)(?:\.partial(?:-journal)?)?")


def prune(folder: Path, keep: int) -> None:
    """
    Remove what is not kept; photos always are.

    Args:
        folder: The backup's.
        keep: How many databases stay, and beside them the newest that stood its check; 0 keeps all.
    """
    checked = newest_checked(folder)
    for name in backup_names(folder)[:-keep] if keep > 0 else []:
        # The manifest goes first, so that none stands without its files.
        if checked is None or name != checked.name:
            manifest_path(folder, name).unlink()
    kept = set(backup_names(folder))
    for place in ("databases", "lists", "manifests"):
        for path in _entries(folder / place):
            ours = _OURS.fullmatch(path.name)
            if ours and (ours[1] or ours[2] not in kept):
                path.unlink(missing_ok=True)
    for path in _entries(folder):
        if path.name.startswith(TRIAL_PREFIX):
            shutil.rmtree(path, ignore_errors=True)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []

"""What stops a backup, a restore or a verification; the sentence says what to do."""


class BackupRefused(Exception):
    """It cannot be done as things are."""


class BackupDamaged(Exception):
    """A backup is not what its manifest says."""

"""Text as people type it, made fit to be stored and shown."""

import re

# C0 and C1 controls but for tab and line breaks, and what Unicode calls no character: PostgreSQL stores no NUL, and
# nobody sees the others.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def plain(text: str) -> str:
    r"""
    Leave out what cannot be seen, and surrounding space.

    >>> plain(" 照片\0不清\n请重拍 ")
    '照片不清\n请重拍'
    """
    return _UNFIT.sub("", text).strip()

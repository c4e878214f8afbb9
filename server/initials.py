"""Pinyin initials of a name, for finding 张三 by typing "zs" (拼音首字母)."""

from functools import lru_cache

from server.settings import leave_out_pinyin_phrases

leave_out_pinyin_phrases()  # Single characters are all that is asked for here.

from pypinyin import Style, pinyin  # noqa: E402

VARIANTS = 4


@lru_cache(maxsize=200_000)
def initials(name: str) -> str:
    """
    Give the initials in lower case, variants of the surname apart by a space.

    A surname often has another reading than the word (单, 曾, 覃), and which one holds is the family's to say: all are
    given. The given name has its usual reading only.

    >>> initials("张三")
    'zs'
    >>> initials("覃志强")
    'tzq qzq yzq'
    """
    han = [character for character in name if "\u4e00" <= character <= "\u9fff"]
    if not han:
        return ""
    heads = pinyin(han[0], style=Style.FIRST_LETTER, heteronym=True)[0][:VARIANTS]
    rest = "".join(pinyin(character, style=Style.FIRST_LETTER)[0][0] for character in han[1:])
    return " ".join(dict.fromkeys(head + rest for head in heads))

"""Passwords: argon2id with OWASP's minimum cost, in a thread because it is meant to be slow."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import PasswordTooWeak

MIN_CHARS = 10
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# A hash nobody's password has: an unknown name costs as much time as a wrong password.
_NOBODY = _HASHER.hash("an account that does not exist")


async def hash_password(password: str) -> str:
    """
    Hash a new password as a PHC string.

    Raises:
        PasswordTooWeak: Fewer than ten characters, or one character repeated.
    """
    if len(password) < MIN_CHARS or len(set(password)) < 4:
        raise PasswordTooWeak(
            f"密码至少 {MIN_CHARS} 个字符，且不能只是重复的字符。",
            f"A password has at least {MIN_CHARS} characters, and not one of them repeated.",
        )
    return await asyncio.to_thread(_HASHER.hash, password)


async def password_matches(phc: str | None, password: str) -> bool:
    """Compare; without a hash the time is spent all the same and the answer is no."""
    try:
        matches = await asyncio.to_thread(_HASHER.verify, phc or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and phc is not None

"""Settings, read from the environment in this one place."""

import os
from dataclasses import dataclass
from pathlib import Path

import click

PACK_SCHEME = "pmtiles://"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What differs from one installation to the next.

    Attributes:
        data: Folder of the embedded default: database, photos, keys.
        database_url: `sqlite:///path` or `postgres://user@host/name`.
        photos_url: `file:///path` or `s3://bucket/prefix`.
        secret_key: Signs receipts; empty means a key file in `data`, made at the first start.
        host: Address to listen on.
        port: Port to listen on.
        origin: Address the public sees, `https://…` in production; it decides whether cookies are Secure.
        schema_open: Whether `/schema/` answers.
        s3_endpoint: Address of the S3 service; empty for Amazon's own. obstore itself reads the keys, AWS_*.
        courier_max_mb: Largest courier file the desk takes, in MB.
        tiles_url: Where map tiles come from, `{z}`, `{x}` and `{y}` in it, or `pmtiles:///path`; empty: no base map.
        tiles_note: What must stand on the map: its source and 审图号.
        failpoints: Where to fail on purpose, for tests; see server.failpoints.
    """

    data: Path
    database_url: str
    photos_url: str
    secret_key: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    origin: str = ""
    schema_open: bool = True
    s3_endpoint: str = ""
    courier_max_mb: int = 500
    tiles_url: str = ""
    tiles_note: str = ""
    failpoints: str = ""

    @property
    def secure_cookies(self) -> bool:
        """Whether the public address is https."""
        return self.origin.startswith("https://")


class SettingUnusable(click.ClickException):
    """A setting has a value that cannot be one; every command says so and ends."""


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """
    Read `YANSHOU_*` and `PORT`; every one has a default that works on one machine.

    Raises:
        SettingUnusable: A number is none, or the address of tiles has no place for one.
    """
    env = dict(os.environ) if environ is None else environ
    data = Path(env.get("YANSHOU_DATA", "data")).resolve()
    origin = env.get("YANSHOU_ORIGIN", "")
    return Settings(
        data=data,
        database_url=env.get("YANSHOU_DATABASE_URL") or f"sqlite:///{data / 'yanshou.sqlite'}",
        photos_url=env.get("YANSHOU_PHOTOS_URL") or f"file://{data / 'photos'}",
        secret_key=env.get("YANSHOU_SECRET_KEY", ""),
        host=env.get("YANSHOU_HOST", "127.0.0.1"),
        port=_whole("PORT", env.get("PORT", "8000"), most=65535),
        origin=origin,
        schema_open=env.get("YANSHOU_SCHEMA", "off" if origin.startswith("https://") else "on") == "on",
        s3_endpoint=env.get("YANSHOU_S3_ENDPOINT", ""),
        courier_max_mb=_whole("YANSHOU_COURIER_MAX_MB", env.get("YANSHOU_COURIER_MAX_MB", "500")),
        tiles_url=_tiles(env.get("YANSHOU_TILES_URL", "")),
        tiles_note=env.get("YANSHOU_TILES_NOTE", ""),
        failpoints=env.get("YANSHOU_FAILPOINTS", ""),
    )


def _whole(name: str, said: str, *, most: int = 1_000_000) -> int:
    if not (said.isascii() and said.isdigit() and 0 < int(said) <= most):
        raise SettingUnusable(
            f"{name} 应为 1 到 {most} 的整数，现在是“{said}”。\n"
            f"{name} must be a whole number from 1 to {most}; it is {said!r}."
        )
    return int(said)


def _tiles(template: str) -> str:
    usable = template.startswith(("https://", "http://")) and all(name in template for name in ("{z}", "{x}", "{y}"))
    # Whether the pack can be used is asked when the server starts; other commands need no map.
    usable = usable or (template.startswith(f"{PACK_SCHEME}/") and not template.endswith("/"))
    if template and not usable:
        raise SettingUnusable(
            "YANSHOU_TILES_URL 应以 https:// 开头，并含有 {z}、{x}、{y}；或是 pmtiles:/// 加上瓦片包的完整路径。\n"
            "YANSHOU_TILES_URL must begin with https:// and hold {z}, {x} and {y}, or be "
            "pmtiles:/// and the whole path of a pack."
        )
    return template


def name_piccolo_conf() -> None:
    """Tell Piccolo's migration command where its configuration is; it looks for it in the environment."""
    os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")


def leave_out_pinyin_phrases() -> None:
    """Tell pypinyin, before it is imported, not to load its table of phrases: 40 MB of every server process."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

"""`yanshou backup`, `restore`, `verify`, `renditions`: keep what there is, bring it back, prove it, make it again."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from server.actions.read_original import WholeOriginals
from server.backup.errors import BackupDamaged, BackupRefused
from server.backup.findings import Progress, Report
from server.backup.originals import named_pages, pick
from server.backup.restore import restore
from server.backup.take import CHECK_SAMPLE, KEEP, take_backup
from server.backup.verify import verify
from server.chain import Head, seal_events
from server.database import DatabaseUnusable, opened_as_it_is
from server.errors import PhotoLost, Refusal
from server.keys import SecretUnusable
from server.renditions import NotAPicture, derive
from server.settings import read_settings
from server.storage import StoreUnusable, open_photo_store

UNUSABLE = (BackupDamaged, BackupRefused, DatabaseUnusable, Refusal, SecretUnusable, StoreUnusable, OSError, ValueError)
SHOWN = 50
Result = TypeVar("Result")
Folder = click.Path(path_type=Path, file_okay=False)


@click.command("backup")
@click.argument("target", type=Folder)
@click.option(
    "--check",
    default=str(CHECK_SAMPLE),
    show_default=True,
    help="Older photos the check reads again: a number, or all.",
)
@click.option("--keep", default=KEEP, show_default=True, help="Databases to keep; photos are kept for ever.")
@click.option("--trial-url", default="", help="PostgreSQL server for the restore check; default: the real one.")
def backup_command(target: Path, check: str, keep: int, trial_url: str) -> None:
    """Save database and photos into a folder on another disk, and check that they can be restored."""
    sample = None if check == "all" else int(check)
    manifest = _run(_backup(target, sample, keep, trial_url))
    click.echo(
        f"backup {manifest.name}: checked; {manifest.rows['submission']} submissions, newest receipt "
        f"{manifest.newest_receipt_no}, {manifest.photos.count} photos ({manifest.photos.copied} copied)"
    )
    if manifest.photos.absent:
        click.echo(f"{len(manifest.photos.absent)} photos are missing or damaged here: yanshou verify", err=True)
        raise SystemExit(1)


@click.command("restore")
@click.argument("source", type=Folder)
@click.option("--name", help="Which backup, as in manifests/; default: the newest that was checked.")
def restore_command(source: Path, name: str | None) -> None:
    """Bring a backup back into an empty installation, and verify all of it."""
    settings = read_settings()
    done = _run(restore(settings, open_photo_store(settings), source, name=name, progress=_progress()))
    click.echo(
        f"restored {done.manifest.name}: {done.report.rows['submission']} submissions, {done.report.photos} photos "
        f"({done.photos_copied} copied, {done.photos_present} were here)"
    )
    if not done.same_key:
        click.echo(
            "the secret key is not the backup's: put secret.key (or YANSHOU_SECRET_KEY) back before you serve; the "
            "server does not start with another",
            err=True,
        )
    _tell(done.report)


@click.command("verify")
@click.option("--rate-limit", type=float, help="Read at most this many MB (10^6 bytes) a second.")
@click.option("--sample", type=click.IntRange(min=0), help="Hash this many photos, picked by chance; default: all.")
@click.option("--head", "heads", multiple=True, help="A head published earlier, number:digest; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def verify_command(rate_limit: float | None, sample: int | None, heads: tuple[str, ...], as_json: bool) -> None:
    """Check every photo's hash, every reference and the chain over the events; exit code 1 on any finding."""
    report = _run(_verify(rate_limit, sample, heads))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    _tell(report, counts=not as_json)


@click.command("renditions")
def renditions_command() -> None:
    """Make every picture for the screen anew from the originals."""
    made, refused = _run(_renditions())
    click.echo(f"{made} photos: pictures made; {refused} are no pictures")


async def _backup(target: Path, sample: int | None, keep: int, trial_url: str) -> Any:
    settings = read_settings()
    async with opened_as_it_is(settings.database_url):
        return await take_backup(
            settings,
            open_photo_store(settings),
            target,
            check_sample=sample,
            keep=keep,
            trial_url=trial_url,
            progress=_progress(),
            warn=lambda sentence: click.echo(f"warning: {sentence}", err=True),
        )


async def _verify(rate_limit: float | None, sample: int | None, heads: tuple[str, ...]) -> Report:
    settings = read_settings()
    at = datetime.now(UTC)
    async with opened_as_it_is(settings.database_url):
        await seal_events(at=at)
        return await verify(
            open_photo_store(settings),
            at=at,
            rate_mb_per_s=rate_limit,
            chosen=None if sample is None else await pick(sample),
            published=[Head.parse(head) for head in heads],
            progress=_progress(),
        )


async def _renditions() -> tuple[int, int]:
    settings, progress = read_settings(), _progress()
    originals, made, refused = WholeOriginals(open_photo_store(settings)), 0, 0
    async with opened_as_it_is(settings.database_url):
        async for page in named_pages():
            for photo in page:
                try:
                    await derive(photo.sha256, originals, settings.data / "renditions")
                    made += 1
                except (NotAPicture, PhotoLost):
                    refused += 1
                progress(f"{made + refused} photos")
    return made, refused


def _tell(report: Report, *, counts: bool = True) -> None:
    if counts:
        click.echo(
            f"{report.photos} photos, {report.photos_hashed} hashed ({report.bytes_hashed // 1_000_000} MB); "
            f"{report.events} events under {report.seals} seals, {report.events_unsealed} not sealed yet; "
            f"{report.rows.get('submission', 0)} submissions; {report.seconds:.1f} s"
        )
        click.echo(f"head of the chain, to be kept elsewhere: {report.head or 'none yet'}")
        if report.orphans:
            click.echo(f"{len(report.orphans)} photos older than a week that no row names (no damage)")
    for finding in report.findings[:SHOWN]:
        click.echo(f"{finding.code} {finding.subject}: {finding.detail}", err=True)
    if len(report.findings) > SHOWN:
        click.echo(f"… and {len(report.findings) - SHOWN} more: --json shows all", err=True)
    if report.findings:
        click.echo(f"{len(report.findings)} findings", err=True)
        raise SystemExit(1)
    click.echo("all is well", err=True)


def _progress() -> Progress:
    """Tell on the error stream, at most every two seconds."""
    next_at = time.monotonic() + 2

    def tell(text: str) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + 2
            print(text, file=sys.stderr, flush=True)

    return tell


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except UNUSABLE as error:
        raise click.ClickException(str(error)) from error

"""`yanshou measure`: what `geo.measure` says of a file, as a table a person reads or as JSON."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

import click

from geo import Measurement, measure
from geo.units import m2_to_mu

# Nothing of a programme is known here: plots that touch are one block, and no block is too small.
PLAIN_POLICY: dict[str, Any] = {"gap_m": 0.0, "min_block_mu": 0.0}
REFUSED = 1

Words = Callable[[str, str], str]

STATUS = {
    "ok": ("无需整理", "ok"),
    "repaired": ("已整理", "repaired"),
    "review": ("需人工核对", "needs review"),
    "refused": ("不能测量", "refused"),
}
VERDICT = {
    "pass": ("申报面积成立", "the claim is proven"),
    "within": ("在误差范围内，不能判定", "within the tolerance, undecided"),
    "fail": ("申报面积超出", "the claim is too large"),
}
OVERLAP = {
    "none": ("无", "none"),
    "within_tolerance": ("误差范围内", "within tolerance"),
    "significant": ("超出误差", "significant"),
}


@click.command("measure")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--policy", "policy_file", type=click.File("r", encoding="utf-8-sig"), help="JSON with the policy.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the table.")
def measure_command(file: TextIO, policy_file: TextIO | None, as_json: bool, lang: str) -> None:
    """
    Measure the plots of a GeoJSON FILE, or of standard input with "-".

    Ends with 0 when there is an area, with 1 when everything was refused, with 2 when a file cannot be read.
    """
    collection = _read_json(file)
    policy = PLAIN_POLICY | _read_policy(policy_file)
    try:
        measurement = measure(collection, policy)
    except (KeyError, TypeError, ValueError) as error:
        raise _Unusable(f"policy: {error}") from error
    if as_json:
        written = json.dumps(measurement.to_dict(), ensure_ascii=False, allow_nan=False)
        # Half a surrogate pair, which JSON may hold, is no text that can be written.
        click.echo(written.encode("utf-8", "replace").decode("utf-8"))
    else:
        click.echo("\n".join(report(measurement, lang)))
    if measurement.status == "refused" and not measurement.area_m2:
        raise SystemExit(REFUSED)


def _read_policy(file: TextIO | None) -> dict[str, Any]:
    if file is None:
        return {}
    policy = _read_json(file)
    if not isinstance(policy, dict):
        raise _Unusable(f"{file.name}: a policy is a JSON object")
    return policy


def _read_json(file: TextIO) -> Any:
    try:
        return json.load(file)
    except UnicodeDecodeError as error:
        raise _Unusable(f"{file.name}: not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise _Unusable(f"{file.name}: not JSON, line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (RecursionError, ValueError) as error:
        raise _Unusable(f"{file.name}: not usable JSON") from error
    except OSError as error:
        raise _Unusable(f"{file.name}: {error.strerror}") from error


class _Unusable(click.ClickException):
    """What the caller can put right: a file that cannot be read, a policy that is none."""

    exit_code = 2


def report(measurement: Measurement, lang: str) -> Iterator[str]:
    """The lines of the table, Chinese (`zh`) or English (`en`)."""

    def word(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    rows = [
        (word("结果", "Result"), word(*STATUS[measurement.status])),
        (word("面积", "Area"), _area(measurement.area_m2, word)),
        (word("区间", "Interval"), _interval(measurement.area_low_m2, measurement.area_high_m2, word)),
        (word("周长", "Perimeter"), f"{measurement.perimeter_m:.1f} " + word("米", "m")),
        (word("连片", "Blocks"), _blocks(measurement, word)),
        (word("达到最小连片", "In blocks that count"), _area(measurement.accepted_area_m2, word)),
        (word("与他人重叠", "Overlap with others"), word(*OVERLAP[measurement.overlap_class])),
        (word("测量圈数", "Laps"), _laps(measurement, word)),
    ]
    if measurement.verdict is not None:
        rows.append((word("申报", "Claim"), word(*VERDICT[measurement.verdict])))
    yield from _table(rows)
    yield from _section(word("地块", "Plots"), _plots(measurement, word))
    yield from _section(word("相邻", "Joins"), _joins(measurement, word))
    yield from _section(word("重叠", "Overlaps"), _overlaps(measurement, word))
    yield from _section(word("说明", "Issues"), _issues(measurement, lang, word))


def _plots(measurement: Measurement, word: Words) -> list[Sequence[str]]:
    head = (
        word("编号", "plot"),
        word("面积", "area"),
        word("区间", "interval"),
        word("周长", "perimeter"),
        word("连片", "block"),
        word("结果", "result"),
    )
    lines = [
        (
            plot.plot_id or "-",
            _area(plot.area_m2, word),
            _interval(plot.area_low_m2, plot.area_high_m2, word),
            f"{plot.perimeter_m:.1f} " + word("米", "m"),
            "-" if plot.block is None else str(plot.block + 1),
            word(*STATUS[plot.status]),
        )
        for plot in measurement.plots
    ]
    return [head, *lines] if lines else []


def _joins(measurement: Measurement, word: Words) -> list[Sequence[str]]:
    def how(joined: bool, decided: bool, stated: bool | None) -> str:
        said = word("相连", "joined") if joined else word("不相连", "apart")
        if stated is not None:
            return said + word("（验收员说明）", " (stated by the inspector)")
        return said if decided else said + word("（定位不能判定，需现场确认）", " (the fixes cannot tell)")

    return [
        (
            f"{join.first_plot_id or '-'} – {join.second_plot_id or '-'}",
            f"{join.gap_m:.1f} " + word("米", "m"),
            how(join.joined, join.decided, join.stated),
        )
        for join in measurement.joins
    ]


def _overlaps(measurement: Measurement, word: Words) -> list[Sequence[str]]:
    return [
        (
            f"{lap.own_plot_id or '-'} – {lap.plot_id or '-'} ({lap.household_id or '-'})",
            f"{lap.area_m2:.1f} " + word("平方米", "m²"),
            f"{100 * lap.share:.0f} %",
            word("平均深", "mean depth") + f" {lap.mean_depth_m:.1f} / {lap.tolerance_m:.1f} " + word("米", "m"),
            word(*OVERLAP[lap.overlap_class]),
        )
        for lap in (*measurement.overlaps, *measurement.own_overlaps)
    ]


def _issues(measurement: Measurement, lang: str, word: Words) -> list[Sequence[str]]:
    def change(before_m2: float | None, after_m2: float | None) -> str:
        if before_m2 is None or after_m2 is None:
            return ""
        return f"{before_m2:.1f} → {after_m2:.1f} " + word("平方米", "m²")

    return [
        (
            issue.plot_id or "-",
            issue.code,
            issue.message_zh if lang == "zh" else issue.message_en,
            change(issue.before_m2, issue.after_m2),
        )
        for issue in measurement.issues
    ]


def _area(area_m2: float, word: Words) -> str:
    return f"{area_m2:.1f} {word('平方米', 'm²')} = {m2_to_mu(area_m2):.3f} {word('亩', 'mu')}"


def _interval(low_m2: float, high_m2: float, word: Words) -> str:
    return f"{m2_to_mu(low_m2):.3f} – {m2_to_mu(high_m2):.3f} {word('亩', 'mu')}"


def _blocks(measurement: Measurement, word: Words) -> str:
    if not measurement.contiguous_blocks_m2:
        return "-"
    each = " + ".join(f"{m2_to_mu(area_m2):.3f}" for area_m2 in measurement.contiguous_blocks_m2)
    return f"{len(measurement.contiguous_blocks_m2)} ({each} {word('亩', 'mu')})"


def _laps(measurement: Measurement, word: Words) -> str:
    needed = measurement.laps_to_settle
    if not measurement.laps:
        return "-"
    if needed is None:
        return f"{measurement.laps} " + word("（再走也不能判定）", "(more laps would not settle it)")
    if needed <= measurement.laps:
        return f"{measurement.laps} " + word("（已足够）", "(enough)")
    return f"{measurement.laps} " + word(f"（约需 {needed} 圈才能判定）", f"(about {needed} would settle it)")


def _section(title: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield ""
        yield title
        yield from _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns under each other on a terminal, where a Chinese character is two columns wide."""
    shown = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        yield ("  " + "  ".join(padded)).rstrip()


def _printable(cell: str) -> str:
    """Names from a file must not steer the terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in cell)


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in cell)

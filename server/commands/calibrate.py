"""`yanshou calibrate`: what walks of plots with a known area teach about phones, as a table and as policy data."""

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from geo.calibration import LEAST_PLOTS, LEAST_WALKS, CalibrationReport, PhoneFit, Precision, calibrate
from geo.units import m2_to_mu

_PHONE_HEADS = {
    "zh": ("手机型号", "走测次数", "地块数", "σ 倍数", "τ（秒）", "τ 95% 区间", "偏差 %", "采用"),
    "en": ("phone", "walks", "plots", "σ scale", "τ (s)", "τ 95 %", "bias %", "stored"),
}
_TABLE_HEADS = {
    "zh": ("手机型号", "地块", "已知亩数", "组数", "次数", "平均误差 %", "重复性 sr %", "再现性 sR %", "剔除", "可疑"),
    "en": ("phone", "plot", "mu", "groups", "walks", "mean error %", "sr %", "sR %", "left out", "stragglers"),
}
_TEXT = {
    "zh": {
        "phones": "手机标定",
        "table": "精密度（ISO 5725-2，占已知面积的百分比）",
        "any": "（全部）",
        "unread": "第 {number} 个要素未采用：{reason}",
        "too_few": f"少于 {LEAST_WALKS} 次走测或 {LEAST_PLOTS} 个地块的型号不写入政策。",
        "written": "已写入 {path}",
        "nothing": "文件中没有可用的走测。",
    },
    "en": {
        "phones": "Phones",
        "table": "Precision (ISO 5725-2, per cent of the known area)",
        "any": "(all)",
        "unread": "feature {number} was not used: {reason}",
        "too_few": f"A phone with fewer than {LEAST_WALKS} walks or {LEAST_PLOTS} plots is not stored.",
        "written": "wrote {path}",
        "nothing": "The file holds no usable walk.",
    },
}


@click.command("calibrate")
@click.argument("walks", type=click.File("r", encoding="utf-8"))
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON instead of tables.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the tables."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the policy part to this file.")
@click.option("--accuracy-confidence", default=0.68, show_default=True, help="Share of fixes inside the stated radius.")
def calibrate_command(
    walks: IO[str], as_json: bool, lang: str, output: Path | None, accuracy_confidence: float
) -> None:
    """
    Fit each phone model's σ, τ and bias to WALKS of plots with a known area.

    WALKS is GeoJSON (- reads standard input): one feature a walk, with the properties phone_model, operator, plot_id,
    known_area_m2, accuracy_m and timestamps_s.
    """
    if not 0 < accuracy_confidence < 1:
        raise click.BadParameter("must lie between 0 and 1", param_hint="--accuracy-confidence")
    try:
        collection: Any = json.load(walks)
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{walks.name} is not JSON: {error}") from error
    report = calibrate(collection, accuracy_confidence=accuracy_confidence)
    text = _TEXT[lang]
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    elif report.table:
        click.echo(_tables(report, lang))
    for one in report.unread:
        reason = one.message_zh if lang == "zh" else one.message_en
        click.echo(text["unread"].format(number=one.number, reason=reason), err=True)
    if not report.phones:
        raise click.ClickException(text["nothing"])
    if output is not None:
        output.write_text(json.dumps(report.policy(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        click.echo(text["written"].format(path=output), err=True)


def _tables(report: CalibrationReport, lang: str) -> str:
    text = _TEXT[lang]
    lines = [text["phones"], *_aligned([_PHONE_HEADS[lang], *(_phone_cells(phone) for phone in report.phones)]), ""]
    lines += [text["table"], *_aligned([_TABLE_HEADS[lang], *(_table_cells(line, text) for line in report.table)])]
    if not all(phone.usable for phone in report.phones):
        lines += ["", text["too_few"]]
    return "\n".join(lines)


def _phone_cells(phone: PhoneFit) -> tuple[str, ...]:
    return (
        phone.phone_model,
        str(phone.walks),
        str(phone.plots),
        f"{phone.sigma_scale:.2f} ± {phone.sigma_scale_se:.2f}",
        f"{phone.tau_s:g}",
        f"{phone.tau_low_s:g}-{phone.tau_high_s:g}",
        f"{100 * phone.bias_share:+.1f} ± {100 * phone.bias_se_share:.1f}",
        ", ".join(phone.policy()) if phone.usable else "-",
    )


def _table_cells(line: Precision, text: dict[str, str]) -> tuple[str, ...]:
    return (
        text["any"] if line.phone_model is None else line.phone_model,
        line.plot_id,
        f"{m2_to_mu(line.known_m2):.2f}",
        str(line.groups),
        str(line.walks),
        f"{100 * line.mean_error_share:+.1f}",
        _percent(line.repeatability_share),
        _percent(line.reproducibility_share),
        str(line.left_out),
        str(line.stragglers),
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under one another; a Chinese character is as wide as two others."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)

"""The rules about the evidence: what a person should look at is in doubt; only what the policy requires can fail."""

from geo.units import m2_to_mu
from inspections.case import Case, density_per_mu, unmeasured
from inspections.evidence import clock_right
from inspections.plots import LAND_TYPE_NAMES
from inspections.wording import Finding, figure


def spacing(case: Case) -> Finding:
    """The distances between trees tell the same density as count and area: a check that needs no GPS."""
    share = case.policy.evidence.spacing_differs_share
    threshold = (
        f"按株行距与按株数算出的密度相差不超过 {100 * share:g}%",
        f"density by spacing and by count within {100 * share:g} % of each other",
    )
    said, counted = case.manifest.spacing, density_per_mu(case)
    if said is None:
        return Finding("not_applicable", *threshold, "没有量株行距", "no spacing was measured")
    spaced, row = figure(said.per_mu, 1), f"{said.in_row_m:g} × {said.between_rows_m:g}"
    if counted is None:
        return unmeasured(*threshold)
    differs = abs(said.per_mu - counted) / counted if counted else 1.0
    percent = figure(100 * differs, 1, [100 * share])
    return Finding(
        "passed" if differs <= share else "in_doubt",
        *threshold,
        f"{row} 米即 {spaced} 株/亩，与清点的 {figure(counted, 1)} 相差 {percent}%",
        f"{row} m gives {spaced} trees per mu, {percent} % off the {figure(counted, 1)} counted",
    )


def counting(case: Case) -> Finding:
    """Every tree was counted; a sample is what the policy allows on large plots, and is said."""
    terms, said = case.policy.sampling, case.manifest.counting
    threshold = (
        ("逐株清点", "every tree counted")
        if terms is None
        else (
            f"逐株清点；{terms.from_mu:g} 亩以上可抽样，不少于 {terms.min_rows} 行",
            f"every tree counted; from {terms.from_mu:g} mu on a sample of at least {terms.min_rows} rows",
        )
    )
    if said is None or said.method != "sample":
        rows = len(said.rows) if said else 0
        return Finding(
            "passed",
            *threshold,
            f"逐株清点，共 {rows} 行" if rows else "逐株清点",
            f"every tree, in {rows} rows" if rows else "every tree",
        )
    allowed = (
        terms is not None
        and len(said.rows) >= terms.min_rows
        and (not case.measurable or m2_to_mu(case.own.area_high_m2) >= terms.from_mu)
    )
    return Finding(
        "passed" if allowed else "in_doubt",
        *threshold,
        f"抽样推算：数了 {said.row_count} 行中的 {len(said.rows)} 行",
        f"extrapolated from {len(said.rows)} of {said.row_count} rows",
    )


def sign_off(case: Case) -> Finding:
    """Everybody the policy asks has signed; who would not is named with reason and witness."""
    terms, said = case.policy.sign_off, case.manifest.sign_off
    if terms is None:
        return Finding("not_applicable", "项目政策未要求签名", "the policy asks for no signatures", "—", "—")
    parties = [("农户", "the household", terms.household), ("村委会", "the village", terms.village)]
    threshold = (
        "、".join([f"验收员不少于 {terms.inspectors} 人", *(zh for zh, _, needed in parties if needed)]) + "签名",
        ", ".join([f"at least {terms.inspectors} inspectors", *(en for _, en, needed in parties if needed)]) + " sign",
    )
    if said is None:
        return Finding("in_doubt", *threshold, "没有签名", "nobody signed")
    signed = sum(each.photo is not None for each in said.inspectors)
    faults = [] if signed >= terms.inspectors else [(f"验收员 {signed} 人", f"{signed} inspectors signed")]
    for (zh, en, needed), signature in zip(parties, (said.household, said.village), strict=True):
        if signature is None:
            faults += [(f"缺{zh}签名", f"{en} did not sign")] if needed else []
        elif signature.refusal:
            why, witness = signature.refusal.reason, signature.refusal.witness
            faults.append((f"{zh}拒签：{why}（见证人 {witness}）", f"{en} refused: {why} (witness {witness})"))
    return Finding(
        "in_doubt" if faults else "passed",
        *threshold,
        "；".join(zh for zh, _ in faults) or "已齐",
        "; ".join(en for _, en in faults) or "complete",
    )


def boundary_record(case: Case) -> Finding:
    """The boundary was walked whole on this visit; what was drawn, reused or interrupted is for a person to weigh."""
    said = case.manifest.boundary.properties
    threshold = ("当次实地绕行或定点，首尾闭合", "captured on this visit, closed on foot")
    notes = []
    if said.method == "earlier":
        notes.append(("沿用以前的边界", "an earlier boundary was reused"))
    if said.method == "tape" and all(photo.kind != "measure" for photo in case.manifest.photos):
        notes.append(("卷尺丈量没有照片", "measured by tape without a photo of it"))
    moved = sum(source == "tap" for ring in said.sources or [] for source in ring[:-1])
    if moved:
        notes.append((f"手工移动 {moved} 点", f"{moved} points moved by hand"))
    if said.forced_close:
        notes.append(("未走回起点即闭合", "closed without walking back to the start"))
    if said.start_reason:
        notes.append((f"定位较差时开始：{said.start_reason}", f"begun with poor fixes: {said.start_reason}"))
    away_s = sum(gap.to_s - gap.from_s for gap in said.gaps if gap.cause != "paused")
    if away_s > 0:
        notes.append((f"记录中断 {figure(away_s, 0)} 秒", f"interrupted for {figure(away_s, 0)} s"))
    return Finding(
        "in_doubt" if notes else "passed",
        *threshold,
        "；".join(zh for zh, _ in notes) or "完整",
        "; ".join(en for _, en in notes) or "whole",
    )


def shots(case: Case) -> Finding:
    """Every photo required for this land type was taken."""
    name_zh, name_en = LAND_TYPE_NAMES[case.plot.land_type]
    required = [shot for shot in case.policy.shots if shot.required and case.plot.land_type in shot.land_types]
    threshold = (f"{name_zh}必拍 {len(required)} 种照片", f"{len(required)} kinds of photo required on {name_en}")
    if not required:
        return Finding("not_applicable", *threshold, "无要求", "nothing required")
    taken = {photo.kind for photo in case.manifest.photos if photo.kind != "signature"}
    missing = [shot for shot in required if shot.kind not in taken]
    if not missing:
        count = len(case.manifest.photos)
        return Finding("passed", *threshold, f"已齐，共 {count} 张", f"complete, {count} photos in all")
    return Finding(
        "failed",
        *threshold,
        "缺：" + "、".join(shot.title_zh for shot in missing),
        "missing: " + ", ".join(shot.title_en for shot in missing),
    )


def photo_place(case: Case) -> Finding:
    """The photos were taken at the plot, as far as their fixes tell."""
    photos = [fact for fact in case.photos if fact.kind != "signature"]
    within_m = case.policy.evidence.photo_within_m
    threshold = (f"照片距地块不超过 {within_m:g} 米", f"photos taken within {within_m:g} m of the plot")
    if not photos:
        return Finding("not_applicable", *threshold, "没有照片", "there are no photos")
    if not case.measurable:
        return unmeasured(*threshold)
    far = [fact for fact in photos if fact.near is False]
    unknown = [fact for fact in photos if fact.near is None]
    farthest = max((fact.distance_m for fact in photos if fact.distance_m is not None), default=None)
    farthest_zh = "" if farthest is None else f"，最远 {figure(farthest, 0, [within_m])} 米"
    farthest_en = "" if farthest is None else f", the farthest at {figure(farthest, 0, [within_m])} m"
    return Finding(
        "in_doubt" if far or unknown else "passed",
        *threshold,
        f"{len(photos)} 张中 {len(far)} 张偏远、{len(unknown)} 张无位置{farthest_zh}",
        f"of {len(photos)} photos {len(far)} too far, {len(unknown)} without a position{farthest_en}",
    )


def clock(case: Case) -> Finding:
    """The phone's clock agrees with the server's, at the visit and at every photo."""
    limits = case.policy.evidence
    limit_s = limits.clock_offset_max_s
    threshold = (f"手机时间与服务器相差不超过 {limit_s:g} 秒", f"phone and server clocks within {limit_s:g} s")
    offsets_ms = [case.manifest.clock_offset_ms, *(photo.clock_offset_ms for photo in case.manifest.photos)]
    known = [offset for offset in offsets_ms if offset is not None]
    right = [clock_right(offset, limits) for offset in offsets_ms]
    if not known:
        return Finding("in_doubt", *threshold, "从未对时", "the clocks were never compared")
    worst_s = figure(max(abs(offset) for offset in known) / 1000, 1, [limit_s])
    unknown = len(offsets_ms) - len(known)
    return Finding(
        "passed" if all(right) else "in_doubt",
        *threshold,
        f"最大相差 {worst_s} 秒" + (f"，{unknown} 处未对时" if unknown else ""),
        f"{worst_s} s at most" + (f"; not compared in {unknown} places" if unknown else ""),
    )


def fix_accuracy(case: Case) -> Finding:
    """Nearly all fixes are as accurate as a walk must be; the share asked is the policy's confidence."""
    limit_m, share = case.policy.walk.max_accuracy_m, case.policy.confidence
    threshold = (
        f"至少 {100 * share:g}% 的定位点精度在 {limit_m:g} 米以内",
        f"at least {100 * share:g} % of the fixes within {limit_m:g} m",
    )
    stated = [value for ring in case.manifest.boundary.properties.accuracy_m or [] for value in ring]
    known = [value for value in stated if value is not None]
    if not known:
        return Finding("in_doubt", *threshold, "精度未知", "accuracy unknown")
    good = sum(value <= limit_m for value in known)
    percent, worst = figure(100 * good / len(stated), 1, [100 * share]), figure(max(known), 1, [limit_m])
    return Finding(
        "passed" if good >= share * len(stated) else "in_doubt",
        *threshold,
        f"{percent}% 的点合格，最差 {worst} 米",
        f"{percent} % of the fixes, the worst {worst} m",
    )

"""What each problem code means and what to do about it, for the page its `type` leads to (`/problems/<code>`)."""

from dataclasses import dataclass

import server.errors
from inspections.errors import InspectionError
from server.i18n import Language
from server.problems import DETAILS, PROBLEMS

ASK_DESK = (
    "内容已原样保存在隔离区，不用重发。请联系乡镇审核员，由其在审核台核对、补正后接收或说明退回原因。",
    "What was sent is kept as it came; do not send it again. The township's reviewer looks at it at the desk, "
    "mends what can be mended and accepts it, or says why not.",
)
SEND_AGAIN = (
    "手机会自动重发；也可以在“待上传”里点“立即上传”。程序应重新读取并发送。",
    "The phone sends again by itself. A program reads the bytes again and resends them.",
)
SIGN_IN = ("请重新登录；忘记密码请找系统管理员重置。", "Sign in again; the administrator can reset a password.")
ADMINISTRATOR = ("请联系本单位的系统管理员。", "Ask the administrator of your office.")
LOOK_AGAIN = ("请回到上一页，按提示改正后再提交。", "Go back, mend what the message names and send it again.")
LATER = ("请稍后再试；资料没有丢失。", "Try again later; nothing was lost.")

# Code: what it means in Chinese (the English is the refusal's own docstring), and what to do.
GUIDE: dict[str, tuple[str, tuple[str, str]]] = {
    "bad_request": ("", LOOK_AGAIN),
    "not_signed_in": ("", SIGN_IN),
    "not_allowed": ("", ADMINISTRATOR),
    "not_found": ("", LOOK_AGAIN),
    "method_not_allowed": ("", LOOK_AGAIN),
    "body_too_large": ("", LOOK_AGAIN),
    "http_error": ("", LOOK_AGAIN),
    "internal_error": ("", LATER),
    "bad_credentials": ("没有这个工号、密码不对或账号已停用；为防试探，不说明是哪一种。", SIGN_IN),
    "too_many_attempts": ("这个工号或这个网络地址登录失败次数过多。", LATER),
    "password_too_weak": ("新密码太短或太常见。", LOOK_AGAIN),
    "account_refused": ("没有这个账号或区划，或工号已被使用。", ADMINISTRATOR),
    "submission_not_found": ("没有这份上报，或不在您的管辖范围内。", SEND_AGAIN),
    "submission_conflict": ("同一上报编号下已有另一份内容；后到的一份保存在隔离区。", ASK_DESK),
    "photo_not_in_manifest": ("上报清单里没有这张照片。", SEND_AGAIN),
    "photo_digest_mismatch": ("收到的字节与照片的校验值不符，多半是传输中损坏。", SEND_AGAIN),
    "photo_lost": ("服务器收到过这张照片，但原件已丢失或损坏；仍保存着它的手机会自动重传。", ADMINISTRATOR),
    "upload_offset_mismatch": ("分段没有从已保存部分的末尾开始，应从回答所给的位置续传。", SEND_AGAIN),
    "part_digest_missing": ("分段没有附带校验值，未保存。", SEND_AGAIN),
    "part_digest_mismatch": ("分段在传输中损坏，未保存。", SEND_AGAIN),
    "attempt_refused": ("来访记录所说的任务不存在，或不在您的工作区域；记录仍在手机里。", ADMINISTRATOR),
    "plot_refused": ("计划外地块的村、项目、农户或面积与服务器掌握的不符；登记和验收内容仍在手机里。", ADMINISTRATOR),
    "note_conflict": ("同一编号下已有另一份外业记录。", ADMINISTRATOR),
    "cross_site_request": ("表单来自其他网站，浏览器却带着本站的登录信息。", LOOK_AGAIN),
    "storage_refused": ("服务器存储空间不足，什么也没有保存，也没有给出回执。", LATER),
    "storage_failed": ("服务器存储发生故障，停止写入，直到管理员处理。", ADMINISTRATOR),
    "quarantine_refused": ("隔离内容不能这样处理。", LOOK_AGAIN),
    "courier_refused": ("应急文件无法读取、不完整或不是给本服务器的。", LOOK_AGAIN),
    "courier_sender_unproven": ("应急文件不能自行证明发送人，须由乡镇审核员或管理员核实。", LOOK_AGAIN),
    "review_refused": ("不能作出这样的审核结论。", LOOK_AGAIN),
    "already_decided": ("这份上报已有审核结论，一份只能审核一次。", LOOK_AGAIN),
    "own_inspection": ("任何人不能审核自己参加的验收。", LOOK_AGAIN),
    "reason_required": ("退回、不予通过，或与评定不一致的通过，必须说明理由。", LOOK_AGAIN),
    "submission_incomplete": ("照片还没有收齐，或还没有评定。", LATER),
    "plot_already_approved": ("该地块已有一份上报通过验收。", LOOK_AGAIN),
    "policy_invalid": ("项目政策缺少参数、参数多余或超出范围。", ADMINISTRATOR),
    "submission_unreadable": ("内容不是已知格式的上报清单。", ASK_DESK),
    "schema_unknown": ("上报格式的版本本服务器不识别，手机应用可能太新或太旧。", ASK_DESK),
    "submission_unacceptable": ("清单可以读取，但与服务器掌握的情况不符。", ASK_DESK),
    "submission_id_mismatch": ("地址中的上报编号与内容中的不一致。", ASK_DESK),
    "wrong_programme": ("上报属于另一个项目。", ASK_DESK),
    "policy_version_unknown": ("手机使用的政策版本不存在。", ASK_DESK),
    "plot_unknown": ("没有这块地，或其农户不在台账中。", ASK_DESK),
    "plot_outside_region": ("地块不在该验收员的工作区域内。", ASK_DESK),
    "task_mismatch": ("任务不存在，或不是这块地的任务。", ASK_DESK),
    "plot_mismatch": ("边界所注地块与上报的地块不一致。", ASK_DESK),
    "household_mismatch": ("边界所注农户不是该地块的农户。", ASK_DESK),
    "ring_malformed": ("边界点太少或没有闭合。", ASK_DESK),
    "position_out_of_range": ("经纬度、精度或时间的数值不可能。", ASK_DESK),
    "outside_allowed_bbox": ("位置超出项目范围，常见原因是经纬度颠倒。", ASK_DESK),
    "parallel_arrays_differ": ("精度或时间的个数与边界点数不一致。", ASK_DESK),
    "duplicate_photos": ("清单中同一张照片出现两次。", ASK_DESK),
    "evidence_not_announced": ("标准或签名所附的照片不在清单中。", ASK_DESK),
    "photo_too_large": ("清单中有照片超过服务器允许的大小。", ASK_DESK),
    "times_out_of_order": ("验收结束时间早于开始时间。", ASK_DESK),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code for a reader of one language."""

    code: str
    status: int
    title: str
    meaning: str
    advice: str


def explain(code: str, language: Language) -> Explanation | None:
    """Explain a code; None for one that does not exist."""
    problem = PROBLEMS.get(code)
    if problem is None:
        return None
    meaning_zh, (advice_zh, advice_en) = GUIDE.get(code, ("", LOOK_AGAIN))
    detail_zh, detail_en = DETAILS.get(code, ("", ""))
    if language == "en":
        said = detail_en or _docstrings().get(code, "") or problem.title_en
        return Explanation(code, problem.status, problem.title_en, said, advice_en)
    said = meaning_zh or detail_zh or problem.title_zh
    return Explanation(code, problem.status, problem.title_zh, said, advice_zh)


def _docstrings() -> dict[str, str]:
    said: dict[str, str] = {}
    waiting: list[type[InspectionError] | type[server.errors.Refusal]] = [InspectionError, server.errors.Refusal]
    while waiting:
        refusal = waiting.pop()
        said[refusal.code] = " ".join((refusal.__doc__ or "").split())
        waiting += refusal.__subclasses__()
    return said

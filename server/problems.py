"""
Which refusal becomes which answer (RFC 9457).

The one place that knows HTTP status codes of refusals. A code, once used, keeps its meaning for good; docs/problems.md
lists them.
"""

import logging
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from inspections.errors import InspectionError
from server.errors import Refusal
from server.i18n import Language, language_of
from server.pages import error_page, login_redirect, wants_page

logger = logging.getLogger("yanshou")


@dataclass(frozen=True, slots=True)
class Problem:
    """The status and the title of a code, in both languages."""

    status: int
    title_zh: str
    title_en: str


PROBLEMS: dict[str, Problem] = {
    # HTTP itself
    "bad_request": Problem(400, "请求有误", "Bad request"),
    "not_signed_in": Problem(401, "请先登录", "Please sign in"),
    "not_allowed": Problem(403, "没有权限", "Not allowed"),
    "not_found": Problem(404, "没有找到", "Not found"),
    "method_not_allowed": Problem(405, "不支持的操作", "Method not allowed"),
    "body_too_large": Problem(413, "内容过大", "Too large"),
    "http_error": Problem(400, "请求未能完成", "The request failed"),
    "internal_error": Problem(500, "服务器出错", "The server failed"),
    # server.errors
    "bad_credentials": Problem(401, "登录失败", "Sign-in failed"),
    "too_many_attempts": Problem(429, "尝试次数过多", "Too many attempts"),
    "password_too_weak": Problem(422, "密码过弱", "Password too weak"),
    "account_refused": Problem(422, "账号操作未完成", "Account refused"),
    "submission_not_found": Problem(404, "没有该上报", "No such submission"),
    "submission_conflict": Problem(409, "上报编号已被占用", "Submission id taken"),
    "photo_not_in_manifest": Problem(404, "照片不在清单中", "Photo not announced"),
    "photo_digest_mismatch": Problem(422, "照片校验不符", "Photo does not match its hash"),
    "photo_lost": Problem(404, "照片原件丢失或损坏", "Photo lost or damaged"),
    "attempt_refused": Problem(422, "来访记录未接收", "Visit not accepted"),
    "plot_refused": Problem(422, "计划外地块未接收", "Plot not accepted"),
    "note_conflict": Problem(409, "记录编号已被占用", "Note id taken"),
    "cross_site_request": Problem(403, "跨站请求", "Cross-site request"),
    "upload_offset_mismatch": Problem(409, "续传位置不符", "Wrong upload offset"),
    "part_digest_missing": Problem(400, "分段缺少校验值", "Part without a digest"),
    "part_digest_mismatch": Problem(400, "分段校验不符", "Part does not match its digest"),
    "tile_unavailable": Problem(502, "底图取不到", "Map tile not available"),
    "no_such_tile": Problem(404, "没有这一块底图", "No such map tile"),
    "storage_refused": Problem(507, "存储空间不足", "Storage full"),
    "storage_failed": Problem(503, "存储故障", "Storage failing"),
    "quarantine_refused": Problem(422, "不能这样处理", "Quarantine refused"),
    "courier_refused": Problem(422, "应急文件不能导入", "Courier file refused"),
    "courier_sender_unproven": Problem(422, "发送人未经证明", "Sender not proven"),
    # inspections.errors: reviews
    "review_refused": Problem(422, "不能这样审核", "Review refused"),
    "already_decided": Problem(409, "已有审核结论", "Already decided"),
    "own_inspection": Problem(403, "不能审核本人的验收", "Own inspection"),
    "reason_required": Problem(422, "请说明理由", "Reason required"),
    "submission_incomplete": Problem(409, "上报尚未完整", "Submission incomplete"),
    "plot_already_approved": Problem(409, "地块已通过验收", "Plot already approved"),
    # inspections.errors: what is kept in quarantine with its reason (202)
    "policy_invalid": Problem(422, "政策参数无效", "Policy invalid"),
    "submission_unreadable": Problem(202, "上报无法读取", "Submission unreadable"),
    "schema_unknown": Problem(202, "上报格式未知", "Schema unknown"),
    "submission_unacceptable": Problem(202, "上报暂不能接收", "Submission not acceptable"),
    "submission_id_mismatch": Problem(202, "上报编号不一致", "Submission id differs"),
    "wrong_programme": Problem(202, "项目不符", "Wrong programme"),
    "policy_version_unknown": Problem(202, "政策版本未知", "Policy version unknown"),
    "plot_unknown": Problem(202, "没有该地块", "No such plot"),
    "plot_outside_region": Problem(202, "地块不在工作区域", "Plot outside the region"),
    "task_mismatch": Problem(202, "任务不符", "Task does not match"),
    "plot_mismatch": Problem(202, "地块不符", "Plot does not match"),
    "household_mismatch": Problem(202, "农户不符", "Household does not match"),
    "ring_malformed": Problem(202, "边界不完整", "Ring malformed"),
    "position_out_of_range": Problem(202, "坐标有误", "Position out of range"),
    "outside_allowed_bbox": Problem(202, "坐标超出项目范围", "Outside the programme's area"),
    "parallel_arrays_differ": Problem(202, "定位数据长度不一致", "Arrays differ in length"),
    "duplicate_photos": Problem(202, "照片重复", "Duplicate photos"),
    "evidence_not_announced": Problem(202, "佐证照片不在清单中", "Evidence not announced"),
    "photo_too_large": Problem(202, "照片过大", "Photo too large"),
    "times_out_of_order": Problem(202, "时间先后有误", "Times out of order"),
}

HTTP_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
}

DETAILS: dict[str, tuple[str, str]] = {
    "bad_request": ("请求内容有误，请检查后再试。", "Something in the request is not right."),
    "not_signed_in": ("请登录后再试。", "Sign in and try again."),
    "not_allowed": ("您的角色不能进行此操作。", "Your role does not allow this."),
    "not_found": ("没有这一页，或不在您的管辖范围内。", "There is no such thing, or it lies outside your region."),
    "method_not_allowed": ("此地址不支持这种操作。", "This address does not support that method."),
    "body_too_large": ("内容超过服务器允许的大小。", "The request is larger than the server takes."),
    "http_error": ("请求未能完成。", "The request could not be completed."),
    "internal_error": (
        "服务器出错，已记录。您的资料没有丢失，请稍后再试。",
        "The server failed and noted it. Nothing of yours was lost; try again later.",
    ),
}


def title_of(code: str, language: Language) -> str:
    """Return what a code is called; a code of an earlier release that is no more is shown as it is."""
    problem = PROBLEMS.get(code)
    return code if problem is None else problem.title_en if language == "en" else problem.title_zh


def answer_refusal(request: Request[Any, Any, Any], error: InspectionError | Refusal) -> Response[Any]:
    """Answer what a rule or the server refused."""
    headers, members = {}, {}
    if isinstance(error, Refusal):
        headers, members = dict(error.headers), error.members
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
    return _answer(request, error.code, error.message_zh, error.message_en, headers=headers, extra=members)


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework refused: no such route, wrong method, a body that does not fit."""
    code = HTTP_CODES.get(error.status_code, "http_error")
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    if code == "not_signed_in" and wants_page(request):
        return login_redirect(request)
    detail_zh, detail_en = DETAILS[code]
    extra: dict[str, Any] = {}
    if isinstance(error, ValidationException) and error.extra:
        extra["errors"] = error.extra
    return _answer(request, code, detail_zh, detail_en, status=error.status_code, headers=headers, extra=extra)


def answer_unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a fault of ours: logged with its trace, told without it. A full or failing disk is told as such."""
    refusal = request.app.state.photos.health.refusal(error)
    if refusal is not None:
        return answer_refusal(request, refusal)
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):  # A NUL, which PostgreSQL's text does not hold.
        return answer_http(request, HTTPException(status_code=400))
    logger.error("unforeseen error at %s %s", request.method, request.url.path, exc_info=error)
    detail_zh, detail_en = DETAILS["internal_error"]
    return _answer(request, "internal_error", detail_zh, detail_en)


def _answer(
    request: Request[Any, Any, Any],
    code: str,
    detail_zh: str,
    detail_en: str,
    *,
    status: int | None = None,
    headers: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
) -> Response[Any]:
    problem = PROBLEMS[code]
    english = language_of(request) == "en"
    title = problem.title_en if english else problem.title_zh
    detail = detail_en if english else detail_zh
    shown = status or problem.status
    headers = dict(headers or {})
    if shown == 401:
        # RFC 9110, 15.5.2: a 401 names a scheme. This one opens no dialogue in a browser.
        headers["WWW-Authenticate"] = 'Bearer realm="yanshou"'
    if wants_page(request):
        return error_page(request, shown, code, title, detail, headers=headers)
    body = {
        "type": f"/problems/{code}",
        "title": title,
        "status": shown,
        "detail": detail,
        "code": code,
        **(extra or {}),
    }
    return Response(
        content=msgspec.json.encode(body),
        status_code=shown,
        media_type="application/problem+json",
        headers={
            "Content-Language": "en" if english else "zh-CN",
            "Cache-Control": "no-store",
            "Vary": "Accept-Language",
            **headers,
        },
    )


EXCEPTION_HANDLERS: dict[Any, Any] = {
    InspectionError: answer_refusal,
    Refusal: answer_refusal,
    HTTPException: answer_http,
    Exception: answer_unforeseen,
}

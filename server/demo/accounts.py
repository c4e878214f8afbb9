"""One account for every role, so that each page can be seen by the person it was made for."""

from dataclasses import dataclass
from uuid import UUID

from server.demo.chance import identity
from server.roles import Grant, Role

# Everybody who starts the demonstration knows it: never load the demonstration where real records are kept.
DEMO_PASSWORD = "jinju-2026-demo"  # noqa: S105 - known on purpose.

COUNTY = "450224"
FIRST_TOWNSHIP, SECOND_TOWNSHIP, THIRD_TOWNSHIP = "450224901", "450224902", "450224903"
FIRST_VILLAGE = "450224901201"


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can sign in to the demonstration; `note_zh` and `note_en` say what to try with it."""

    name: str
    display_name: str
    grants: tuple[Grant, ...]
    note_zh: str
    note_en: str

    def id(self, seed: int) -> UUID:
        """Key of the account, the same at every run with this seed."""
        return identity(seed, "account", self.name)


ACCOUNTS: tuple[Account, ...] = (
    Account("yanshou01", "韦量田", (Grant(Role.INSPECTOR, FIRST_TOWNSHIP),), "金坪镇验收员", "inspector, Jinping"),
    Account("yanshou02", "覃步云", (Grant(Role.INSPECTOR, FIRST_TOWNSHIP),), "金坪镇验收员", "inspector, Jinping"),
    Account("yanshou03", "莫向北", (Grant(Role.INSPECTOR, SECOND_TOWNSHIP),), "橘溪镇验收员", "inspector, Juxi"),
    Account("yanshou04", "廖登高", (Grant(Role.INSPECTOR, THIRD_TOWNSHIP),), "云岭乡验收员", "inspector, Yunling"),
    Account(
        "liangren01",
        "陆兼任",
        (Grant(Role.INSPECTOR, FIRST_TOWNSHIP), Grant(Role.REVIEWER, FIRST_TOWNSHIP)),
        "金坪镇验收员兼审核员，不能审核本人的验收",
        "inspector and reviewer, Jinping: cannot review their own inspections",
    ),
    Account("cun01", "黄村秀", (Grant(Role.VILLAGE_CLERK, FIRST_VILLAGE),), "上橘村经办人", "village clerk, Shangju"),
    Account("shenhe01", "潘细看", (Grant(Role.REVIEWER, FIRST_TOWNSHIP),), "金坪镇审核员", "reviewer, Jinping"),
    Account("shenhe02", "龙再思", (Grant(Role.REVIEWER, SECOND_TOWNSHIP),), "橘溪镇审核员", "reviewer, Juxi"),
    Account("shenhe03", "吴明察", (Grant(Role.REVIEWER, THIRD_TOWNSHIP),), "云岭乡审核员", "reviewer, Yunling"),
    Account("shenpi01", "李定章", (Grant(Role.APPROVER, FIRST_TOWNSHIP),), "金坪镇审批人", "approver, Jinping"),
    Account("caiwu01", "陈清账", (Grant(Role.TOWNSHIP_FINANCE, FIRST_TOWNSHIP),), "金坪镇财务", "finance, Jinping"),
    Account("xianban01", "罗汇总", (Grant(Role.COUNTY_OFFICE, COUNTY),), "县业务办公室", "county office"),
    Account("xianling01", "梁分管", (Grant(Role.COUNTY_LEADER, COUNTY),), "县分管领导", "county leader"),
    Account("xiancai01", "杨拨付", (Grant(Role.COUNTY_FINANCE, COUNTY),), "县财政", "county finance"),
    Account("shenji01", "蒙复核", (Grant(Role.AUDIT, COUNTY),), "审计", "audit"),
    Account("guanli01", "示例管理员", (Grant(Role.ADMIN, COUNTY),), "系统管理员", "administrator"),
)

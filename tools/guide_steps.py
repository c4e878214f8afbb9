"""What the inspector's guide says; each step names a screen of `tests.support.screens.phone_screens`."""

from typing import NamedTuple


class Said(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


class Step(NamedTuple):
    """One picture and what to know of it."""

    screen: str
    says: Said


class Part(NamedTuple):
    """A part of the work."""

    title: Said
    steps: tuple[Step, ...]


def _step(screen: str, zh: str, en: str) -> Step:
    return Step(screen, Said(zh, en))


PARTS: tuple[Part, ...] = (
    Part(
        Said("出发前（在有网络的地方）", "Before leaving, where there is a network"),
        (
            _step(
                "install",
                "用手机浏览器打开网址，按提示“添加到主屏幕”，以后从图标打开：系统不会随意清除还没上传的内容。",
                "Open the address in the phone's browser, add it to the home screen and open it from there: "
                "the system then leaves alone what is not uploaded yet.",
            ),
            _step(
                "messenger",
                "在微信里点开的链接不能验收：按 ··· 选“在浏览器打开”，或复制网址。",
                "A link opened inside WeChat cannot inspect: tap ··· and open it in the browser, or copy the address.",
            ),
            _step(
                "sign-in",
                "输入工号和密码登录。登录后 30 天内没有网络也能用。",
                "Sign in with your staff number and password. It then works for 30 days without a network.",
            ),
            _step(
                "pin",
                "设一个六位解锁码：没有网络时用它解锁；同一部手机可以两个人用，各开各的。",
                "Set a six-digit PIN: it unlocks without a network, and two inspectors can share a phone.",
            ),
            _step(
                "check",
                "逐条看：绿色就绪；黄色、红色的一条旁边有按钮，按它就去解决。都好了再出发。",
                "Read the list: green is ready. A yellow or red line has a button that leads to its remedy. "
                "Leave when all is well.",
            ),
        ),
    ),
    Part(
        Said("找到地块", "Finding the plot"),
        (
            _step(
                "tasks",
                "退回的排最前，其余按距离、步行路线或名册排。可以搜姓名、编号、屯，也可以只打拼音首字母。底部按钮是接下来去的一户。",
                "Returned tasks come first, the rest by distance, walking route or roster. Search by name, code, "
                "group or pinyin initials. The button at the bottom is the household to go to next.",
            ),
            _step(
                "plot",
                "核对户主、地类和申报面积；图上蓝点是你。站到地边再按“开始验收”。",
                "Check the household, the land type and the declared area; the blue dot is you. "
                "Start when you stand at the plot.",
            ),
            _step(
                "not-today",
                "家里没人或农户放弃：按“无法验收”，选原因。任务还在，下次再来。",
                "Nobody at home, or the claim given up: “Cannot inspect”, then say why. The task stays.",
            ),
            _step(
                "add",
                "名册上没有的地：任务列表最下面按“名册外的地块”，填好就能验收，乡镇事后核实。",
                "Land that is on no list: “Plot not in the ledger” at the end of the tasks. Fill it in and inspect; "
                "the township checks it later.",
            ),
        ),
    ),
    Part(
        Said("① 边界：绕地走一圈", "① Boundary: walk round the plot"),
        (
            _step(
                "boundary-ready",
                "站在地角上，右上角显示“良好”再按“开始绕地”。屏幕会一直亮着，不要锁屏。",
                "Stand on a corner and start when the accuracy says “good”. The screen stays on; do not lock it.",
            ),
            _step(
                "boundary-walking",
                "沿边慢走。到转角按“转角定点”，站稳十秒；走错按“撤销一点”；要过沟、接电话先按“暂停”。",
                "Walk slowly along the edge. At a corner tap “Fix corner” and stand still for ten seconds; "
                "undo what went wrong; pause to cross a ditch or answer a call.",
            ),
            _step(
                "boundary-closed",
                "回到起点附近按“闭合边界”。面积后面的 ± 是误差；误差大就“再走一圈取平均”。",
                "Close the boundary back at the start. The ± behind the area is its error; "
                "if it is large, walk a second lap and the two are averaged.",
            ),
            _step(
                "boundary-more",
                "地里有房屋、水塘：从“更多”里扣除，绕它走一圈或定它的角点。",
                "A house or a pond inside: take it out under “More”, by a lap round it or by its corners.",
            ),
            _step(
                "boundary-adjust",
                "某一点明显不对：“微调”，选中那一点，用箭头一米一米地移。",
                "One point is plainly wrong: “Adjust”, choose it, and move it by the arrows, a metre a tap.",
            ),
            _step(
                "boundary-ways",
                "信号一直不好、地很小或走不过去：“其他办法”里有四角定点和卷尺丈量。",
                "No good signal, a very small plot, or no way through: “Other ways” has corner by corner and tape.",
            ),
            _step(
                "boundary-tape",
                "卷尺丈量：量各边和对角线，照着图填长度，再拍一张卷尺照片。",
                "By tape: measure the sides and the diagonals, fill in the lengths as drawn, and photograph the tape.",
            ),
        ),
    ),
    Part(
        Said("② 照片", "② Photos"),
        (
            _step(
                "photos-empty",
                "清单列出这类地要拍的照片，每项有样图。按“拍照”直接开相机。",
                "The list shows what this kind of land needs, each with a drawing. “Take photo” opens the camera.",
            ),
            _step(
                "camera",
                "左下角的时间、地点、户主会和照片一起保存。把样图轮廓和实景对上，虚线放平，按白色圆钮。",
                "Time, place and household at the lower left are kept with the photo. Fit the view to the outline, "
                "hold the dashed line level, press the round button.",
            ),
            _step(
                "camera-kept",
                "拍完先看清楚：不好就“重拍”。太暗、模糊或离地块太远会提醒，仍要用就写明原因。",
                "Look at it and retake it if it is poor. If dark, blurred or far from the plot, the phone says so, "
                "and using it anyway takes a reason.",
            ),
        ),
    ),
    Part(
        Said("③ 株数", "③ Trees"),
        (
            _step(
                "counts",
                "一行一行数：活的按绿色大键，死的、缺的按红键；+5、+10 快些，按错可以撤销。"
                "数完一行按“下一行”。再填株距和行距，两种算法会互相核对。",
                "Count row by row: the big green key for a living tree, the red one for a dead or missing one; "
                "+5 and +10 are quicker, and undo takes back. Then “Next row”. "
                "Enter the spacing too: the two ways check each other.",
            ),
        ),
    ),
    Part(
        Said("④ 标准", "④ Standards"),
        (
            _step(
                "standards",
                "只列出这类地的条款。逐条选；选“不符合”要填量得的数或拍照片。坡度可以把手机放在坡面上量。",
                "Only the clauses for this kind of land. Answer each; “Fail” needs a figure or a photo. "
                "For the slope, lay the phone on the ground.",
            ),
        ),
    ),
    Part(
        Said("⑤ 确认签名", "⑤ Signing"),
        (
            _step(
                "confirm-unsigned",
                "和农户一起核对，哪里不对按“修改”。可以朗读给农户听。金额只是预计，以公示为准。",
                "Go through it with the household; “Change” leads back. It can be read aloud. "
                "The amount is an estimate; what is published counts.",
            ),
            _step(
                "sign",
                "手机横过来签更宽。也可以拍纸上的签名或手印；农户不签，按“不愿签名（拒签）”，写原因和见证人。",
                "Turn the phone sideways for a wider pad. A signature or thumbprint on paper can be photographed; "
                "“Will not sign” takes a reason and a witness.",
            ),
            _step(
                "confirm",
                "都签好了按“完成验收”。之后内容不能再改。",
                "When all have signed, finish. After that nothing can be changed.",
            ),
        ),
    ),
    Part(
        Said("上传", "Sending"),
        (
            _step(
                "outbox-waiting",
                "没有网络不要紧：内容都在手机里，继续验下一户。回到有网络的地方打开应用，会自动上传。",
                "No network is no harm: everything is on the phone, go on to the next household. "
                "Open the app where there is a network, and it uploads by itself.",
            ),
            _step(
                "outbox",
                "看到“已收到”和回执号才算送到。还有待上传的，不要清除浏览器数据，也不要换手机。",
                "It has arrived when it says “Received” with a receipt number. While anything waits, "
                "do not clear the browser's data and do not change phones.",
            ),
        ),
    ),
    Part(
        Said("退回的任务", "A returned task"),
        (
            _step(
                "returned",
                "红框里是乡镇退回的原因和要补做的事。",
                "The red panel says why the township returned it, and what to do again.",
            ),
            _step(
                "returned-again",
                "重新验收时原因一直在上面。拍照时上次的照片会淡淡地叠在画面里，照着拍。",
                "The reason stays on top while you inspect again. In the camera the last visit's photo lies faintly "
                "over the view to fit.",
            ),
        ),
    ),
)

COLOURS: tuple[tuple[Said, Said], ...] = (
    (Said("绿色 ✓", "green ✓"), Said("好了、符合、已收到", "done, met, received")),
    (
        Said("黄色 ?", "yellow ?"),
        Said("没做完、存疑、要看一眼；可以继续", "not finished, in doubt, look at it; you can go on"),
    ),
    (Said("红色 ✕ !", "red ✕ !"), Said("不符合、退回、出错；要处理", "not met, returned, failed; it needs you")),
    (Said("灰色", "grey"), Said("还没开始，或现在不能按", "not begun, or cannot be pressed now")),
    (Said("虚线", "dashed"), Said("没有走过的一段边，或别处的参考", "a side that was not walked, or a reference")),
    (Said("示例值", "sample"), Said("县里还没有定的数，暂时用示例", "a figure the county has not fixed yet")),
)

ADVICE: tuple[tuple[Said, Said], ...] = (
    (
        Said("定位一直“较差”", "Accuracy stays “poor”"),
        Said(
            "到空旷处站一两分钟；还不行就用卷尺丈量。", "Stand in the open for a minute or two; else measure by tape."
        ),
    ),
    (
        Said("黄条“记录已中断”", "“Recording paused”"),
        Said(
            "锁屏或来电后会这样。按那条黄条接着走；缺的一段画成虚线。",
            "After a locked screen or a call. Tap the yellow bar and walk on; the missing stretch is dashed.",
        ),
    ),
    (
        Said("手机没电、应用被关掉", "The phone died or the app was closed"),
        Said("重新打开，回到刚才那一步，一样不少。", "Open it again: you are back at the same step, nothing is lost."),
    ),
    (
        Said("“边界有交叉”“与邻地重叠”", "“The boundary crosses itself”, “Overlaps …”"),
        Said(
            "微调或重走。确实有争议，就保留并照实完成，由乡镇核对。",
            "Adjust or walk again. If the line is disputed, leave it as it is; the township checks it.",
        ),
    ),
    (
        Said("相机打不开", "The camera does not open"),
        Said(
            "允许浏览器用相机；或按提示改用手机自带的相机。",
            "Allow it in the browser, or use the phone's own camera as offered.",
        ),
    ),
    (
        Said("空间不足", "No space left"),
        Said("先到有网络的地方上传，或清理手机里别的内容。", "Upload first, or clear other things from the phone."),
    ),
    (
        Said("忘了解锁码", "PIN forgotten"),
        Said(
            "错五次后改用密码登录，手机里的内容都在。", "After five wrong tries the password opens it; nothing is lost."
        ),
    ),
    (
        Said("没有网络时也想看底图", "The base map without a network"),
        Said(
            "出发前在“出发前检查”里按“存底图”；县里没有接底图时没有这一行。",
            "Tap “Keep the map” in the pre-trip check before leaving; the line is there where the county has a map.",
        ),
    ),
    (
        Said("几天没有网络", "No network for days"),
        Said(
            "在“待上传”里导出应急文件（加密的），带到乡镇导入。",
            "Under “To send” export an emergency file (it is encrypted) and take it to the township.",
        ),
    ),
    (
        Said("完成后发现错了", "A mistake seen after finishing"),
        Said("告诉乡镇，请他们退回，再做一次。", "Ask the township to return it and inspect again."),
    ),
)

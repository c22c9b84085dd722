"""Papers that are in no catalogue, and backs of sheets."""

from __future__ import annotations

from benchmarks.held_back.pen import Paper, Pen


def decoy(pen: Pen) -> Paper:
    """Return a paper that has nothing to do with any connection, though it may name the customer."""
    case, rng = pen.case, pen.rng
    people = "、".join(case.staff[:4])
    day = pen.other_day(case.days["survey"])
    dev = [
        (
            "会议纪要",
            f"时间：{day}|地点：三楼会议室|参加人员：{people}|会议听取了上月安全生产情况汇报，研究了防汛工作安排，要求各班组加强巡视。",
        ),
        ("请假条", f"尊敬的领导：|本人因家中有事，需请假三天，自{day}开始，望批准。|请假人：{case.staff[0]}"),
        (
            "报价单",
            f"客户：{case.name}|联系电话：{case.phone}|1、电力电缆YJV22 300米 单价186.00元|2、配电箱 4台 单价2300.00元|合计：65000.00元|报价有效期十五天",
        ),
        (
            "快递详情单",
            f"寄件人：{case.staff[1]}　电话：{case.phone}|收件人：{case.name}|收件地址：{case.address}|物品：文件　重量：0.5kg",
        ),
        (
            "感谢信",
            f"{case.supplier}：|感谢贵公司员工{case.staff[2]}同志冒雨抢修，保障了我们的生产生活用电。|{case.name}",
        ),
    ]
    held = [
        ("培训签到表", f"培训内容：消防安全知识|培训日期：{day}|姓名　　部门　　签名|{people}"),
        ("员工食堂一周菜谱", "星期一：红烧肉、炒青菜、紫菜蛋汤|星期二：清蒸鱼、土豆丝、番茄汤|星期三：宫保鸡丁、豆腐、冬瓜汤"),
        ("招聘启事", f"{case.name}因业务发展需要，招聘电工两名、会计一名，待遇面议。|联系人：{case.agent.name}　电话：{case.phone}|地址：{case.address}"),
        ("Meeting Notice", "Dear all,|The weekly meeting will be held on Friday at 9:00 a.m. in Room 301.|Please bring the monthly report with you.|Best regards"),
        ("工资表", f"单位：{case.name}　月份：{case.days['fee']:%Y年%m月}|姓名　基本工资　奖金　实发|{case.staff[3]}　4200　800　4650|{case.staff[4]}　3900　600　4210"),
        ("购物小票", f"{rng.choice(('万家', '百汇', '新世纪'))}超市|矿泉水 2 x 2.00|毛巾 1 x 9.90|合计 13.90　现金 20.00　找零 6.10|{day}"),
    ]  # fmt: skip
    second = [
        ("物业停水通知", f"各位业主：|因水箱清洗，{case.estate}将于{day}停水半天，请提前储水。|{case.estate}物业服务中心"),
        ("安全生产检查记录", f"检查日期：{day}|检查人：{case.staff[0]}、{case.staff[1]}|发现问题：灭火器过期两具，通道堆放杂物。|整改期限：七日内"),
        ("领料单", f"领料部门：检修班　日期：{day}|绝缘胶带 10卷|线鼻子 20只|领料人：{case.staff[2]}"),
        ("采购合同", f"甲方：{case.name}|乙方：恒达办公用品商行|一、办公桌椅 6套，单价480元。|二、交货日期：{day}。|三、货到验收合格后付款。"),
        ("体检报告", f"姓名：{case.agent.name}　性别：{case.agent.sex}|血压 128/82mmHg　心率 72次/分|结论：未见明显异常|{day}"),
    ]  # fmt: skip
    choice = {"dev": dev, "held": held, "second": second}[pen.split]
    title, text = rng.choice(choice)
    body = f"<h1>{title}</h1>" + "".join(f"<p class=ind>{line}</p>" for line in text.split("|"))
    return pen.paper("decoy", title, [body])

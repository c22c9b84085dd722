"""Rooms: places for paper, moves, transfers, stocktakes, air."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: Kinds of places for paper, and what happened to them.
PLACE = {"room": N_("库房"), "cabinet": N_("柜"), "shelf": N_("层"), "box": N_("盒")}
BOX_MOVE = {
    "made": N_("登记"),
    "shelved": N_("上架"),
    "sent": N_("发出移交"),
    "received": N_("签收移交"),
    "recalled": N_("撤回移交"),
    "gone": N_("报废"),
}
PAPER_MOVE = {"put": N_("放入"), "taken": N_("取出"), "moved": N_("移动")}
#: What is wrong with the air of a room.
OUTSIDE = {"cold": N_("温度偏低"), "hot": N_("温度偏高"), "dry": N_("湿度偏低"), "damp": N_("湿度偏高")}
TRANSFER = {
    "sent": State("arrow-right", "info", N_("在途")),
    "received": State("circle-check", "ok", N_("已签收")),
    "recalled": State("arrow-back-up", "", N_("已撤回")),
}
STOCKTAKE = {"open": State("hourglass", "warn", N_("盘点中")), "closed": State("circle-check", "ok", N_("已结束"))}
#: What a stocktake counts, and what came of each thing.
COUNTS = {"papers": N_("资料"), "boxes": N_("盒")}
OUTCOME = {
    "found": State("circle-check", "ok", N_("在位")),
    "missing": State("circle-x", "bad", N_("缺失")),
    "misplaced": State("alert-triangle", "warn", N_("错位")),
    "unknown": State("help", "bad", N_("无法识别")),
    "out": State("arrow-right", "info", N_("已借出")),
    "moved": State("arrows-horizontal", "info", N_("已移走")),
}
#: What was not scanned while a stocktake is going on is not missing yet.
NOT_YET = State("circle-dashed", "warn", N_("未点到"))
#: What stands on a page of rooms after something was done.
ROOM_DONE = {
    "room-added": N_("已加库房。接着加柜。"),
    "inside-added": N_("已加。需要时请打印标签贴上。"),
    "place-changed": N_("已保存更改。"),
    "box-shelved": N_("已上架。"),
    "place-scrapped": N_("已报废。请揭下旧标签。"),
    "reading-noted": N_("已登记读数。"),
    "reading-struck": N_("已划掉读数，原数仍可查看。"),
    "transfer-sent": N_("已发出。对方点清签收以前，这些盒算在途。"),
    "transfer-received": N_("已签收。请把盒上架。"),
    "transfer-recalled": N_("已撤回。原层放不下的盒在“待上架”里。"),
    "stocktake-closed": N_("盘点已结束。请打印报告签字。"),
}

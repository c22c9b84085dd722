/* The board of pages: what is dragged or moved by keys is written into the fields of the form, which works without this. */
(function () {
  "use strict";
  var board = document.querySelector("[data-board]"), keys = window.archive;
  document.querySelectorAll("[data-key]").forEach(function (one) { keys.on(one.dataset.key, function () { one.click(); }); });
  document.querySelectorAll("form[data-once]").forEach(function (one) {
    one.addEventListener("submit", function (event) { if (one.dataset.sent) event.preventDefault(); else one.dataset.sent = "1"; });
    window.addEventListener("pageshow", function () { delete one.dataset.sent; });
  });
  if (!board) return;
  board.classList.add("live");
  var lanes = Array.prototype.slice.call(board.querySelectorAll("[data-lane]")).filter(function (lane) { return lane.dataset.lane !== "decided"; });
  var turns = {};
  board.elements.turns.value.split(",").forEach(function (pair) { var part = pair.split(":"); if (part[1]) turn(board.querySelector("[data-page='" + part[0] + "']"), Number(part[1])); });

  function laneOf(tile) { return tile.closest("[data-lane]"); }
  function tiles(lane) { return lane.querySelector("[data-tiles]"); }
  function write() {
    lanes.forEach(function (lane) {
      var field = lane.querySelector(".order input"); if (!field) return;
      field.value = Array.prototype.map.call(tiles(lane).children, function (tile) { return tile.dataset.page; }).join(",");
    });
    board.elements.turns.value = Object.keys(turns).filter(function (page) { return turns[page] % 360; }).map(function (page) { return page + ":" + turns[page]; }).join(",");
    board.classList.add("changed");
  }
  function say(tile) { keys.announce(laneOf(tile).getAttribute("aria-label") + "，" + Array.prototype.map.call(tile.parentElement.children, function (one) { return one.dataset.page; }).join("、")); }
  function put(tile, lane, before) { tiles(lane).insertBefore(tile, before); write(); tile.focus(); say(tile); }
  function turn(tile, degrees) {
    if (!tile) return;
    var page = tile.dataset.page;
    turns[page] = ((turns[page] || 0) + degrees + 360) % 360;
    tile.querySelector("img").style.transform = "rotate(" + turns[page] + "deg)" + (turns[page] % 180 ? " scale(.75)" : "");
  }

  var moves = {
    ArrowLeft: function (tile) { if (tile.previousElementSibling) put(tile, laneOf(tile), tile.previousElementSibling); },
    ArrowRight: function (tile) { if (tile.nextElementSibling) put(tile, laneOf(tile), tile.nextElementSibling.nextElementSibling); },
    ArrowUp: function (tile) { var at = lanes.indexOf(laneOf(tile)); if (at > 0) put(tile, lanes[at - 1], null); },
    ArrowDown: function (tile) { var at = lanes.indexOf(laneOf(tile)); if (at < lanes.length - 1) put(tile, lanes[at + 1], tiles(lanes[at + 1]).firstElementChild); }
  };
  board.addEventListener("keydown", function (event) {
    var tile = event.target.closest("[data-page]");
    if (!tile || keys.composing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    var free = lanes.indexOf(laneOf(tile)) >= 0, done = true;
    var all = Array.prototype.slice.call(board.querySelectorAll("[data-page]")), at = all.indexOf(tile);
    if (event.shiftKey && moves[event.code]) { if (free) moves[event.code](tile); }
    else if (event.code === "ArrowLeft" || event.code === "ArrowUp") (all[at - 1] || tile).focus();
    else if (event.code === "ArrowRight" || event.code === "ArrowDown") (all[at + 1] || tile).focus();
    else if (free && event.code === "KeyN") { var open = lanes.filter(function (lane) { return lane.dataset.lane === "new" && (!tiles(lane).children.length || lane === laneOf(tile)); })[0]; if (open) put(tile, open, null); }
    else if (free && event.code === "KeyX") put(tile, lanes[lanes.length - 1], null);
    else if (free && event.code === "KeyQ") { turn(tile, event.shiftKey ? -90 : 90); write(); }
    else done = false;
    if (done) { event.preventDefault(); event.stopPropagation(); }
  });
  board.addEventListener("click", function (event) {
    var spin = event.target.closest("[data-spin]"), tile = event.target.closest("[data-page]");
    if (spin) { turn(tile, 90); write(); tile.focus(); }
  });

  /* A mouse drags the whole tile, a finger only its grip: otherwise nobody could scroll. */
  var held = null;
  board.addEventListener("pointerdown", function (event) {
    var tile = event.target.closest("[data-page]");
    if (!tile || lanes.indexOf(laneOf(tile)) < 0 || event.button || event.target.closest("[data-spin]")) return;
    if (event.pointerType !== "mouse" && !event.target.closest("[data-grip]")) return;
    held = { tile: tile, x: event.clientX, y: event.clientY, moving: false };
  });
  document.addEventListener("pointermove", function (event) {
    if (!held) return;
    if (!held.moving && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 6) return;
    held.moving = true; held.tile.classList.add("held");
    var under = document.elementFromPoint(event.clientX, event.clientY), lane = under && under.closest("[data-lane]");
    if (!lane || lanes.indexOf(lane) < 0) return;
    var other = under.closest("[data-page]");
    if (other === held.tile) return;
    var box = other && other.getBoundingClientRect();
    tiles(lane).insertBefore(held.tile, other ? (event.clientX < box.left + box.width / 2 ? other : other.nextElementSibling) : null);
  });
  function release() {
    if (!held) return;
    held.tile.classList.remove("held");
    if (held.moving) { write(); held.tile.focus(); say(held.tile); }
    held = null;
  }
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
})();

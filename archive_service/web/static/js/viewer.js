/* The page on its desk: zoom, pan, turn, fit, recognised text, one page or two. Everything drawn is SVG; the server
   made the picture. Keys act on the page that was touched last. */
(function () {
  "use strict";
  var keys = window.archive, desks = [], active = null, loaded = [];
  var remembered = { fit: "width", zoom: 1, text: false };
  try { Object.assign(remembered, JSON.parse(sessionStorage.getItem("view") || "{}")); } catch (error) { /* then as usual */ }
  function remember(view) {
    Object.assign(remembered, { fit: view.fit, zoom: view.zoom, text: view.text });
    try { sessionStorage.setItem("view", JSON.stringify(remembered)); } catch (error) { /* private windows may refuse; nothing is lost */ }
  }

  /* Only the strip and the desk scroll, never the page around them. */
  function show(box, thing) {
    var a = box.getBoundingClientRect(), b = thing.getBoundingClientRect();
    box.scrollTop += b.top - a.top - (a.height - b.height) / 2; box.scrollLeft += b.left - a.left - (a.width - b.width) / 2;
  }

  function Desk(stage) {
    this.stage = stage; this.paper = stage.querySelector(".paper"); this.sheet = stage.querySelector("[data-sheet]");
    this.svg = this.sheet && this.sheet.querySelector("svg"); this.turned = this.svg && this.svg.querySelector("[data-turned]");
    this.shown = stage.querySelector("[data-zoom]"); this.hand = false; this.touches = {}; this.near = 1;
    this.view = { fit: remembered.fit, zoom: remembered.zoom, text: remembered.text, turn: 0 };
    var desk = this;
    stage.addEventListener("click", function (event) { var b = event.target.closest("[data-view]"); if (b) { active = desk; desk.act(b.dataset.view); } });
    ["pointerdown", "focusin"].forEach(function (name) { stage.addEventListener(name, function () { active = desk; }); });
    this.listen(); this.draw(); this.markStrip();
    var word = this.svg && this.svg.querySelector(".found rect"); if (word) show(this.paper, word);
  }

  Desk.prototype.draw = function () {
    if (!this.svg) return;
    var view = this.view, width = Number(this.svg.dataset.width), height = Number(this.svg.dataset.height), quarter = view.turn % 180 !== 0;
    var wide = quarter ? height : width, high = quarter ? width : height;
    this.svg.setAttribute("viewBox", "0 0 " + wide + " " + high);
    this.turned.setAttribute("transform", { 0: "", 90: "translate(" + height + " 0) rotate(90)", 180: "translate(" + width + " " + height + ") rotate(180)", 270: "translate(0 " + width + ") rotate(270)" }[view.turn]);
    var room = this.paper.clientWidth - 24, tall = this.paper.clientHeight - 24;
    var base = view.fit === "width" || tall < 100 ? Math.min(room, 1100) : Math.min(room, tall * wide / high);
    this.sheet.style.width = Math.round(base * view.zoom * this.near) + "px";
    if (this.shown) this.shown.textContent = Math.round(view.zoom * this.near * 100) + "%";
    this.svg.classList.toggle("show-text", view.text); this.paper.classList.toggle("hand", this.hand);
    this.press("text", view.text); this.press("width", view.fit === "width"); this.press("whole", view.fit === "whole"); this.press("hand", this.hand);
    remember(view);
  };
  Desk.prototype.press = function (name, on) { this.stage.querySelectorAll("[data-view=" + name + "]").forEach(function (b) { b.setAttribute("aria-pressed", on); }); };

  var acts = {
    in: function (view) { view.zoom = Math.min(8, view.zoom * 1.25); },
    out: function (view) { view.zoom = Math.max(0.2, view.zoom / 1.25); },
    reset: function (view, desk) { view.zoom = 1; view.turn = 0; desk.near = 1; },
    width: function (view, desk) { view.fit = "width"; view.zoom = 1; desk.near = 1; },
    whole: function (view, desk) { view.fit = "whole"; view.zoom = 1; desk.near = 1; },
    fit: function (view, desk) { view.fit = view.fit === "width" ? "whole" : "width"; view.zoom = 1; desk.near = 1; },
    turn: function (view) { view.turn = (view.turn + 90) % 360; },
    text: function (view) { view.text = !view.text; },
    hand: function (view, desk) { desk.hand = !desk.hand; }
  };
  /* What stands in the middle, or under the pointer, stays there. */
  Desk.prototype.act = function (name, at) {
    var paper = this.paper, box = paper.getBoundingClientRect(), dx = at ? at.x - box.left : paper.clientWidth / 2, dy = at ? at.y - box.top : paper.clientHeight / 2;
    var x = (paper.scrollLeft + dx) / paper.scrollWidth, y = (paper.scrollTop + dy) / paper.scrollHeight;
    if (typeof name === "function") name(this.view); else acts[name](this.view, this);
    this.draw();
    paper.scrollLeft = x * paper.scrollWidth - dx; paper.scrollTop = y * paper.scrollHeight - dy;
  };
  Desk.prototype.zoomBy = function (factor, at) { this.act(function (view) { view.zoom = Math.max(0.2, Math.min(8, view.zoom * factor)); }, at); };

  /* Mouse: the wheel with Ctrl zooms, dragging beside the words moves, dragging over words selects them, unless the hand
     is taken or the middle button is used. Touch: one finger moves, as the browser does it, two fingers zoom. */
  Desk.prototype.listen = function () {
    var desk = this, paper = this.paper, from = null;
    if (!paper) return;
    paper.addEventListener("wheel", function (event) {
      if (!event.ctrlKey) return;
      event.preventDefault(); desk.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.06 : 0.003)), { x: event.clientX, y: event.clientY });
    }, { passive: false });
    paper.addEventListener("pointerdown", function (event) {
      if (event.pointerType === "touch") { desk.touches[event.pointerId] = { x: event.clientX, y: event.clientY }; return; }
      var words = event.target.closest(".words text") && !desk.hand;
      if (event.button === 1 || (event.button === 0 && !words && !desk.stage.classList.contains("pinning"))) {
        from = { x: event.clientX, y: event.clientY, left: paper.scrollLeft, top: paper.scrollTop, id: event.pointerId, moved: false };
        if (event.button === 1) event.preventDefault();
      }
    });
    paper.addEventListener("pointermove", function (event) {
      if (event.pointerType === "touch") { desk.pinch(event); return; }
      if (!from) return;
      var dx = event.clientX - from.x, dy = event.clientY - from.y;
      if (!from.moved && Math.abs(dx) + Math.abs(dy) > 4) { from.moved = true; paper.setPointerCapture(from.id); paper.classList.add("held"); }
      if (from.moved) { paper.scrollLeft = from.left - dx; paper.scrollTop = from.top - dy; }
    });
    ["pointerup", "pointercancel"].forEach(function (name) {
      paper.addEventListener(name, function (event) { delete desk.touches[event.pointerId]; desk.apart = 0; from = null; paper.classList.remove("held"); });
    });
  };
  Desk.prototype.pinch = function (event) {
    if (!this.touches[event.pointerId]) return;
    this.touches[event.pointerId] = { x: event.clientX, y: event.clientY };
    var all = Object.values(this.touches); if (all.length !== 2) return;
    var apart = Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y);
    if (this.apart) this.zoomBy(apart / this.apart, { x: (all[0].x + all[1].x) / 2, y: (all[0].y + all[1].y) / 2 });
    this.apart = apart;
  };

  Desk.prototype.markStrip = function () {
    var viewer = this.stage.closest("[data-viewer]"), strip = viewer && viewer.querySelector(".strip");
    if (!strip || "second" in this.stage.dataset) return;
    var here = strip.querySelector(".thumb[data-page-no='" + this.stage.dataset.stage + "']");
    if (here) { strip.querySelectorAll("[aria-current]").forEach(function (one) { one.removeAttribute("aria-current"); }); here.setAttribute("aria-current", "page"); }
    var current = strip.querySelector("[aria-current]"); if (current) show(strip, current);
  };
  /* The pictures beside this one are fetched now, and kept while this document is open: five at most. */
  Desk.prototype.preload = function () {
    (this.stage.dataset.preload || "").split(" ").filter(Boolean).forEach(function (address) {
      if (loaded.some(function (one) { return one.dataset.from === address; })) return;
      var picture = new Image(); picture.dataset.from = address; picture.src = address;
      loaded.push(picture); if (loaded.length > 5) loaded.shift();
    });
  };

  /* A page may be exchanged while the form beside it stays: then everything about the old one is forgotten. */
  function open() {
    var there = Array.prototype.slice.call(document.querySelectorAll("[data-stage]"));
    var kept = desks.filter(function (desk) { return there.indexOf(desk.stage) >= 0; });
    there.forEach(function (stage) { if (!kept.some(function (desk) { return desk.stage === stage; })) kept.push(new Desk(stage)); });
    kept.sort(function (a, b) { return there.indexOf(a.stage) - there.indexOf(b.stage); });
    var fresh = kept.length !== desks.length || kept.some(function (desk, at) { return desk !== desks[at]; });
    desks = kept;
    if (desks.indexOf(active) < 0) active = desks[0] || null;
    if (fresh) desks.forEach(function (desk) { desk.preload(); });
  }
  function act(name) { open(); if (active) active.act(name); }
  /* A key may come between the exchange of a page and the news of it. */
  function follow(selector) { open(); var link = active && active.stage.querySelector(selector); if (link) link.click(); }
  function thumbs() { var viewer = active && active.stage.closest("[data-viewer]"); return viewer ? Array.prototype.slice.call(viewer.querySelectorAll(".strip .thumb")) : []; }

  ["Equal", "Shift+Equal", "NumpadAdd"].forEach(function (code) { keys.on(code, function () { act("in"); }); });
  ["Minus", "NumpadSubtract"].forEach(function (code) { keys.on(code, function () { act("out"); }); });
  ["Digit0", "Numpad0"].forEach(function (code) { keys.on(code, function () { act("reset"); }); });
  keys.on("KeyW", function () { act("fit"); }); keys.on("KeyO", function () { act("turn"); }); keys.on("KeyT", function () { act("text"); });
  keys.on("PageDown", function () { follow("[data-page=next]"); }); keys.on("PageUp", function () { follow("[data-page=previous]"); });
  keys.on("Home", function () { open(); var all = thumbs(); if (all.length) all[0].click(); });
  keys.on("End", function () { open(); var all = thumbs(); if (all.length) all[all.length - 1].click(); });

  /* A place on the page is brought into sight, near enough to be read, and marked while its field has the focus. How near
     is forgotten with the page: the next one is shown as the person likes to see pages. */
  var READABLE = 26;
  Desk.prototype.approach = function (rect) {
    var far = rect.getBoundingClientRect();
    if (!far.height || !this.paper.clientWidth) return;
    var wanted = Math.min(READABLE * this.near / far.height, 0.9 * this.paper.clientWidth * this.near / far.width, 4);
    if (wanted > this.near) { this.near = wanted; this.draw(); }
  };
  keys.point = function (name) {
    open(); var desk = desks[0]; if (!desk || !desk.svg) return;
    desk.svg.querySelectorAll(".marks rect").forEach(function (rect) {
      var at = rect.dataset.field === name; rect.classList.toggle("at", at);
      if (at) { desk.approach(rect); show(desk.paper, rect); }
    });
  };
  document.addEventListener("mouseover", function (event) {
    var row = event.target.closest && event.target.closest("[data-point]");
    if (row && !row.contains(event.relatedTarget)) keys.point(row.dataset.point);
  });
  keys.desk = function () { open(); return active; };

  window.addEventListener("resize", function () { desks.forEach(function (desk) { desk.draw(); }); });
  document.addEventListener("htmx:afterSettle", open);
  open();
})();

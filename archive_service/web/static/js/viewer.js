/* The page on its desk: zoom, turn, fit, recognised text. Everything drawn is SVG; the server made the picture. */
(function () {
  "use strict";
  var keys = window.archive, view = remembered(), near = 1, stage, paper, sheet, svg, turned, shown;

  function remembered() {
    var usual = { fit: "width", zoom: 1, text: false };
    try { return Object.assign(usual, JSON.parse(sessionStorage.getItem("view") || "{}"), { turn: 0 }); } catch (error) { return Object.assign(usual, { turn: 0 }); }
  }
  function remember() { try { sessionStorage.setItem("view", JSON.stringify({ fit: view.fit, zoom: view.zoom, text: view.text })); } catch (error) { /* private windows may refuse; nothing is lost */ } }

  /* A page may be exchanged while the form beside it stays: then everything about the old one is forgotten. */
  function open() {
    var found = document.querySelector("[data-stage]");
    if (!found || found === stage) return;
    stage = found; paper = stage.querySelector(".paper"); sheet = stage.querySelector("[data-sheet]");
    svg = sheet && sheet.querySelector("svg"); turned = svg && svg.querySelector("[data-turned]"); shown = stage.querySelector("[data-zoom]");
    view.turn = 0; near = 1;
    stage.addEventListener("click", function (event) { var b = event.target.closest("[data-view]"); if (b) act(b.dataset.view); });
    draw(); markStrip();
    var word = svg && svg.querySelector(".found rect"); if (word) show(paper, word);
  }

  function draw() {
    if (!svg) return;
    var width = Number(svg.dataset.width), height = Number(svg.dataset.height), quarter = view.turn % 180 !== 0;
    var wide = quarter ? height : width, high = quarter ? width : height;
    svg.setAttribute("viewBox", "0 0 " + wide + " " + high);
    turned.setAttribute("transform", { 0: "", 90: "translate(" + height + " 0) rotate(90)", 180: "translate(" + width + " " + height + ") rotate(180)", 270: "translate(0 " + width + ") rotate(270)" }[view.turn]);
    var room = paper.clientWidth - 24, tall = paper.clientHeight - 24;
    var base = view.fit === "width" || tall < 100 ? Math.min(room, 1100) : Math.min(room, tall * wide / high);
    sheet.style.width = Math.round(base * view.zoom * near) + "px";
    if (shown) shown.textContent = Math.round(view.zoom * near * 100) + "%";
    svg.classList.toggle("show-text", view.text);
    press("text", view.text); press("width", view.fit === "width"); press("whole", view.fit === "whole");
    remember();
  }
  function press(name, on) { stage.querySelectorAll("[data-view=" + name + "]").forEach(function (b) { b.setAttribute("aria-pressed", on); }); }

  var acts = {
    in: function () { view.zoom = Math.min(8, view.zoom * 1.25); },
    out: function () { view.zoom = Math.max(0.2, view.zoom / 1.25); },
    reset: function () { view.zoom = 1; view.turn = 0; near = 1; },
    width: function () { view.fit = "width"; view.zoom = 1; near = 1; },
    whole: function () { view.fit = "whole"; view.zoom = 1; near = 1; },
    fit: function () { view.fit = view.fit === "width" ? "whole" : "width"; view.zoom = 1; near = 1; },
    turn: function () { view.turn = (view.turn + 90) % 360; },
    text: function () { view.text = !view.text; }
  };
  function act(name) {
    open(); if (!stage) return;
    var x = (paper.scrollLeft + paper.clientWidth / 2) / paper.scrollWidth, y = (paper.scrollTop + paper.clientHeight / 2) / paper.scrollHeight;
    acts[name](); draw();
    paper.scrollLeft = x * paper.scrollWidth - paper.clientWidth / 2; paper.scrollTop = y * paper.scrollHeight - paper.clientHeight / 2;
  }

  /* Only the strip and the desk scroll, never the page around them. */
  function show(box, thing) {
    var a = box.getBoundingClientRect(), b = thing.getBoundingClientRect();
    box.scrollTop += b.top - a.top - (a.height - b.height) / 2; box.scrollLeft += b.left - a.left - (a.width - b.width) / 2;
  }
  function markStrip() {
    var strip = stage.parentElement.querySelector(".strip"); if (!strip) return;
    var here = strip.querySelector(".thumb[data-page-no='" + stage.dataset.stage + "']");
    if (here) { strip.querySelectorAll("[aria-current]").forEach(function (one) { one.removeAttribute("aria-current"); }); here.setAttribute("aria-current", "page"); }
    var current = strip.querySelector("[aria-current]"); if (current) show(strip, current);
  }
  /* A key may come between the exchange of a page and the news of it. */
  function follow(selector) { open(); var link = stage && stage.parentElement.querySelector(selector); if (link) link.click(); }

  ["Equal", "Shift+Equal", "NumpadAdd"].forEach(function (code) { keys.on(code, function () { act("in"); }); });
  ["Minus", "NumpadSubtract"].forEach(function (code) { keys.on(code, function () { act("out"); }); });
  ["Digit0", "Numpad0"].forEach(function (code) { keys.on(code, function () { act("reset"); }); });
  keys.on("KeyW", function () { act("fit"); }); keys.on("KeyO", function () { act("turn"); }); keys.on("KeyT", function () { act("text"); });
  keys.on("PageDown", function () { follow("[data-page=next]"); }); keys.on("PageUp", function () { follow("[data-page=previous]"); });
  keys.on("Home", function () { follow(".strip .thumb"); });
  keys.on("End", function () { var all = stage ? stage.parentElement.querySelectorAll(".strip .thumb") : []; if (all.length) all[all.length - 1].click(); });

  /* A place on the page is brought into sight, near enough to be read, and marked while its field has the focus. How near
     is forgotten with the page: the next one is shown as the person likes to see pages. */
  var READABLE = 26;
  keys.point = function (name) {
    if (!svg) return;
    svg.querySelectorAll(".marks rect").forEach(function (rect) {
      var at = rect.dataset.field === name; rect.classList.toggle("at", at);
      if (at) { approach(rect); show(paper, rect); }
    });
  };
  function approach(rect) {
    var far = rect.getBoundingClientRect();
    if (!far.height || !paper.clientWidth) return;
    var wanted = Math.min(READABLE * near / far.height, 0.9 * paper.clientWidth * near / far.width, 4);
    if (wanted > near) { near = wanted; draw(); }
  }
  document.querySelectorAll("[data-point]").forEach(function (row) {
    row.addEventListener("mouseenter", function () { keys.point(row.dataset.point); });
  });
  var finder = document.getElementById("find-here");
  if (finder) keys.on("KeyF", function () { finder.focus(); finder.select(); });

  /* Where the facts have no room beside the page, they are called for. */
  var facts = document.querySelector("[data-facts]");
  function toggleFacts() {
    var on = facts.closest("main").querySelector(".desk.viewer").classList.toggle("with-facts");
    facts.setAttribute("aria-pressed", on); draw();
  }
  if (facts) { keys.on("KeyI", toggleFacts); facts.addEventListener("click", toggleFacts); }

  window.addEventListener("resize", draw);
  document.addEventListener("htmx:afterSettle", open);
  open();
})();

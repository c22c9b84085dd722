/* The page on its desk: zoom, turn, fit, recognised text. Everything drawn is SVG; the server made the picture. */
(function () {
  "use strict";
  var stage = document.querySelector("[data-stage]"); if (!stage) return;
  var paper = stage.querySelector(".paper"), sheet = stage.querySelector("[data-sheet]");
  var svg = sheet && sheet.querySelector("svg"), turned = svg && svg.querySelector("[data-turned]");
  var shown = stage.querySelector("[data-zoom]");
  var view = remembered();

  function remembered() {
    try { return Object.assign({ fit: "width", zoom: 1, text: false }, JSON.parse(sessionStorage.getItem("view") || "{}"), { turn: 0 }); }
    catch (error) { return { fit: "width", zoom: 1, text: false, turn: 0 }; }
  }
  function remember() { try { sessionStorage.setItem("view", JSON.stringify({ fit: view.fit, zoom: view.zoom, text: view.text })); } catch (error) { /* private windows may refuse; nothing is lost */ } }

  function draw() {
    if (!svg) return;
    var width = Number(svg.dataset.width), height = Number(svg.dataset.height), quarter = view.turn % 180 !== 0;
    var wide = quarter ? height : width, high = quarter ? width : height;
    svg.setAttribute("viewBox", "0 0 " + wide + " " + high);
    turned.setAttribute("transform", { 0: "", 90: "translate(" + height + " 0) rotate(90)", 180: "translate(" + width + " " + height + ") rotate(180)", 270: "translate(0 " + width + ") rotate(270)" }[view.turn]);
    var room = paper.clientWidth - 24, tall = paper.clientHeight - 24;
    var base = view.fit === "width" || tall < 100 ? Math.min(room, 1100) : Math.min(room, tall * wide / high);
    sheet.style.width = Math.round(base * view.zoom) + "px";
    if (shown) shown.textContent = Math.round(view.zoom * 100) + "%";
    svg.classList.toggle("show-text", view.text);
    stage.querySelectorAll("[data-view=text]").forEach(function (b) { b.setAttribute("aria-pressed", view.text); });
    stage.querySelectorAll("[data-view=width]").forEach(function (b) { b.setAttribute("aria-pressed", view.fit === "width"); });
    stage.querySelectorAll("[data-view=whole]").forEach(function (b) { b.setAttribute("aria-pressed", view.fit === "whole"); });
    remember();
  }

  var acts = {
    in: function () { view.zoom = Math.min(8, view.zoom * 1.25); },
    out: function () { view.zoom = Math.max(0.2, view.zoom / 1.25); },
    reset: function () { view.zoom = 1; view.turn = 0; },
    width: function () { view.fit = "width"; view.zoom = 1; },
    whole: function () { view.fit = "whole"; view.zoom = 1; },
    fit: function () { view.fit = view.fit === "width" ? "whole" : "width"; view.zoom = 1; },
    turn: function () { view.turn = (view.turn + 90) % 360; },
    text: function () { view.text = !view.text; }
  };
  function act(name) {
    var x = (paper.scrollLeft + paper.clientWidth / 2) / paper.scrollWidth, y = (paper.scrollTop + paper.clientHeight / 2) / paper.scrollHeight;
    acts[name](); draw();
    paper.scrollLeft = x * paper.scrollWidth - paper.clientWidth / 2; paper.scrollTop = y * paper.scrollHeight - paper.clientHeight / 2;
  }
  stage.addEventListener("click", function (event) { var b = event.target.closest("[data-view]"); if (b) act(b.dataset.view); });

  var keys = window.archive;
  keys.on("Equal", function () { act("in"); }); keys.on("Shift+Equal", function () { act("in"); }); keys.on("NumpadAdd", function () { act("in"); });
  keys.on("Minus", function () { act("out"); }); keys.on("NumpadSubtract", function () { act("out"); });
  keys.on("Digit0", function () { act("reset"); }); keys.on("Numpad0", function () { act("reset"); });
  keys.on("KeyW", function () { act("fit"); }); keys.on("KeyO", function () { act("turn"); }); keys.on("KeyT", function () { act("text"); });
  keys.on("PageDown", function () { follow("[data-page=next]"); }); keys.on("PageUp", function () { follow("[data-page=previous]"); });
  keys.on("Home", function () { follow(".strip .thumb:first-of-type"); });
  keys.on("End", function () { var all = document.querySelectorAll(".strip .thumb"); if (all.length) all[all.length - 1].click(); });
  function follow(selector) { var link = stage.parentElement.querySelector(selector); if (link) link.click(); }

  /* A place on the page is brought into sight and marked while its field has the focus. */
  window.archive.point = function (name) {
    if (!svg) return;
    svg.querySelectorAll(".marks rect").forEach(function (rect) {
      var at = rect.dataset.field === name; rect.classList.toggle("at", at);
      if (at) show(paper, rect);
    });
  };
  window.addEventListener("resize", draw);
  /* Only the strip and the desk scroll, never the page around them. */
  function show(box, thing) {
    var a = box.getBoundingClientRect(), b = thing.getBoundingClientRect();
    box.scrollTop += b.top - a.top - (a.height - b.height) / 2; box.scrollLeft += b.left - a.left - (a.width - b.width) / 2;
  }
  var strip = stage.parentElement.querySelector(".strip"), here = strip && strip.querySelector("[aria-current]");
  if (here) show(strip, here);
  draw();
  var found = svg && svg.querySelector(".found rect"); if (found) show(paper, found);
  document.querySelectorAll("[data-point]").forEach(function (row) {
    row.addEventListener("mouseenter", function () { window.archive.point(row.dataset.point); });
  });
  var finder = document.getElementById("find-here");
  if (finder) keys.on("KeyF", function () { finder.focus(); finder.select(); });
})();

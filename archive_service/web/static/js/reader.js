/* Reading an item: find in it, its facts, other papers, full screen, notes. What the page itself can do is viewer.js. */
(function () {
  "use strict";
  var keys = window.archive;
  function press(selector) { var one = document.querySelector(selector); if (one) one.click(); return Boolean(one); }

  keys.on("KeyF", function () { var finder = document.getElementById("find-here"); if (finder) { finder.focus(); finder.select(); } });
  keys.on("BracketLeft", function () { press("[data-paper-link=previous]"); }); keys.on("BracketRight", function () { press("[data-paper-link=next]"); });
  keys.on("KeyB", function () { press("[data-beside]"); }); keys.on("KeyN", function () { press("[data-do-note]"); });
  keys.on("KeyH", function () { press("[data-view=hand]"); }); keys.on("KeyZ", function () { press("[data-full]"); });

  /* Where the facts have no room beside the page, they are called for. */
  function toggleFacts() {
    var facts = document.querySelector("[data-facts]"), viewer = document.querySelector(".desk.viewer");
    if (!facts || !viewer) return;
    facts.setAttribute("aria-pressed", viewer.classList.toggle("with-facts")); window.dispatchEvent(new Event("resize"));
  }
  keys.on("KeyI", toggleFacts);
  document.addEventListener("htmx:afterSettle", function () {
    var facts = document.querySelector("[data-facts][aria-pressed=true]"), viewer = document.querySelector(".desk.viewer");
    if (facts && viewer) viewer.classList.add("with-facts");
  });

  /* A note is pinned where the page is pressed next; the place is told in thousandths of the upright page. */
  function pin(on) {
    document.querySelectorAll("[data-stage]:not([data-second])").forEach(function (stage) { stage.classList.toggle("pinning", on); });
    document.querySelectorAll("[data-do-note]").forEach(function (one) { one.setAttribute("aria-pressed", on); });
  }
  function ask(x, y) {
    var box = document.getElementById("note-box"), form = box.querySelector("form");
    form.elements.x.value = x; form.elements.y.value = y;
    box.showModal(); form.elements.text.focus();
  }
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-facts]")) { toggleFacts(); return; }
    if (event.target.closest("[data-full]")) {
      if (document.fullscreenElement) document.exitFullscreen(); else document.querySelector("main").requestFullscreen();
      return;
    }
    var button = event.target.closest("[data-do-note]");
    if (button) { pin(button.getAttribute("aria-pressed") !== "true"); return; }
    var svg = event.target.closest(".stage.pinning svg[data-width]");
    if (!svg) return;
    var place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.querySelector("[data-turned]").getScreenCTM().inverse());
    pin(false); event.preventDefault();
    ask(thousandth(place.x / Number(svg.dataset.width)), thousandth(place.y / Number(svg.dataset.height)));
  });
  function thousandth(share) { return Math.max(0, Math.min(1000, Math.round(share * 1000))); }
  document.addEventListener("keydown", function (event) { if (event.code === "Escape") pin(false); });
  document.addEventListener("mouseover", function (event) {
    var row = event.target.closest && event.target.closest("[data-note-row]");
    document.querySelectorAll(".notes [data-note]").forEach(function (one) { one.classList.toggle("at", Boolean(row) && one.dataset.note === row.dataset.noteRow); });
  });
  document.addEventListener("fullscreenchange", function () { window.dispatchEvent(new Event("resize")); });
})();

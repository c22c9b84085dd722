/* Keys, switches and small comforts of every page. All of it is extra: each page works without this file. */
(function () {
  "use strict";
  var root = document.documentElement;

  /* Single keys act only outside fields, and only if the person has not switched them off. Keys are read by their
     place on the keyboard, so a Chinese input method does not change them; what is being composed is left alone. */
  var handlers = {};
  window.archive = {
    on: function (code, act) { handlers[code] = act; },
    typing: function (target) {
      return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit|file)$/.test(target.type || "");
    },
    composing: function (event) { return event.isComposing || event.keyCode === 229; },
    announce: function (text) { var box = document.getElementById("announce"); if (box) box.textContent = text; }
  };

  var sequence = "", timer;
  var places = { KeyH: "/", KeyI: "/intake", KeyR: "/review", KeyS: "/search", KeyC: "/cases", KeyF: "/scans", KeyL: "/loans" };

  document.addEventListener("keydown", function (event) {
    if (window.archive.composing(event) || event.altKey || event.metaKey) return;
    if (event.ctrlKey) { if (event.code === "Enter") confirmForm(event); return; }
    if (document.querySelector("dialog[open]")) return;
    if (window.archive.typing(event.target)) { if (event.code === "Escape") event.target.blur(); return; }
    if (event.key === "?" || event.key === "？" || (event.code === "Slash" && event.shiftKey)) { showKeys(); event.preventDefault(); return; }
    if (event.code === "Slash") { focusSearch(event); return; }
    if (document.body.dataset.keys === "off") return;
    if (sequence === "g" && places[event.code]) { sequence = ""; location.href = places[event.code]; return; }
    if (event.code === "KeyG") { sequence = "g"; clearTimeout(timer); timer = setTimeout(function () { sequence = ""; }, 900); return; }
    var act = handlers[(event.shiftKey ? "Shift+" : "") + event.code];
    if (act) { if (act(event) !== false) event.preventDefault(); return; }
    if (event.code === "KeyL") { var lend = document.querySelector(".marked [data-borrow]") || document.querySelector("[data-borrow]"); if (lend) { lend.click(); event.preventDefault(); } return; }
    if (event.code === "KeyJ" || event.code === "KeyK") { move(event.code === "KeyJ" ? 1 : -1); event.preventDefault(); }
    if (event.code === "Enter") open(event);
  });

  function focusSearch(event) {
    var field = document.querySelector(".searchbox input[name=q]") || document.querySelector(".top .find input");
    if (field) { field.focus(); field.select(); event.preventDefault(); }
  }
  function showKeys() { var box = document.getElementById("keys"); if (box) box.showModal(); }
  /* What is asked stands before the page behind it. */
  function confirmForm(event) {
    var asked = document.querySelector("dialog[open]"), form = asked ? asked.querySelector("form[method=post]") : document.querySelector("form[data-confirm]");
    if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-confirm-button]")); }
  }

  /* Lists: J and K move a mark, Enter opens the row's first link. */
  function rows() { return Array.prototype.slice.call(document.querySelectorAll(".list[data-rows] tbody tr, .hit")); }
  function move(step) {
    var all = rows(); if (!all.length) return;
    var at = all.findIndex(function (row) { return row.classList.contains("marked"); });
    var next = all[Math.max(0, Math.min(all.length - 1, at + step))];
    all.forEach(function (row) { row.classList.remove("marked"); });
    next.classList.add("marked");
    var link = next.querySelector("a[data-open]") || next.querySelector("a");
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  function open(event) {
    if (event.target.closest("a, button, summary, label")) return;
    var link = document.querySelector(".marked a[data-open], .marked a");
    if (link) { event.preventDefault(); link.click(); }
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-do]"); if (!button) return;
    if (button.dataset.do === "keys") showKeys();
    if (button.dataset.do === "close") button.closest("dialog").close();
    if (button.dataset.do === "dismiss") button.closest(".toast-bar").remove();
    if (button.dataset.do === "ask") { var box = document.getElementById(button.dataset.dialog); box.showModal(); }
    if (button.dataset.do === "stay") stay();
    if (button.dataset.do === "print-page") window.print();
  });
  document.addEventListener("click", function (event) { if (event.target.matches("dialog")) event.target.close(); });

  /* Filters act as soon as they are chosen; without this file their button does it. */
  document.addEventListener("change", function (event) {
    var form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
  });
  root.classList.add("js");
  if (window.matchMedia("(max-width: 767px)").matches) document.querySelectorAll(".facets").forEach(function (box) { box.open = false; });

  /* A menu closes when something else is pressed, and by Esc, which gives the focus back to its button. */
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", function (event) {
    var menu = event.code === "Escape" && event.target.closest && event.target.closest("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  /* A toast stays six seconds, longer while the mouse or the keyboard is on it. */
  document.querySelectorAll(".toast-bar").forEach(function (bar) {
    var held = false;
    ["mouseenter", "focusin"].forEach(function (name) { bar.addEventListener(name, function () { held = true; }); });
    ["mouseleave", "focusout"].forEach(function (name) { bar.addEventListener(name, function () { held = false; }); });
    setTimeout(function wait() { if (held) setTimeout(wait, 2000); else bar.remove(); }, 6000);
  });

  /* The end of a sign-in that rests is said two minutes before. Every window of this browser is the same sign-in, so
     they share when it was last used; the server notes that once a minute, which is a minute off for safety. */
  var rests = Number(document.body.dataset.idle), warning = document.getElementById("idle"), used = Date.now();
  function use() { used = Date.now(); try { localStorage.setItem("used", used); } catch (error) { /* then each window counts for itself */ } }
  function lastUsed() { try { return Math.max(used, Number(localStorage.getItem("used")) || 0); } catch (error) { return used; } }
  function stay() { fetch("/me").then(function (answer) { if (answer.ok && !answer.redirected) { use(); look(); } else location.reload(); }).catch(function () { document.body.classList.add("offline"); }); }
  function look() { warning.hidden = Date.now() - lastUsed() < (rests - 180) * 1000; }
  if (warning && rests > 180) { use(); setInterval(look, 1000); document.addEventListener("htmx:afterRequest", use); }

  /* A part that could not be fetched says so and keeps what it showed. */
  document.addEventListener("htmx:sendError", function () { document.body.classList.add("offline"); });
  document.addEventListener("htmx:afterOnLoad", function () { document.body.classList.remove("offline"); });
})();

/* The scan on the desk is this person's while they work on it: a sign of life every minute, a word on leaving. Without this
   file the claim ends by itself some minutes after the page was opened. */
(function () {
  "use strict";
  var desk = document.querySelector("[data-every]"), form = document.getElementById("decision");
  if (!desk || !form) return;
  /* A page that nobody touches for so long is left alone, so that it keeps neither the scan nor the sign-in. */
  var every = Number(desk.dataset.every) * 1000, rests = 10 * 60 * 1000, used = Date.now();
  function claim() { return document.getElementById("claim"); }
  function keep() { if (!document.hidden && Date.now() - used < rests) window.htmx.trigger(claim(), "keep"); }

  ["keydown", "pointerdown", "pointermove", "wheel"].forEach(function (name) {
    window.addEventListener(name, function () {
      var rested = Date.now() - used > every; used = Date.now();
      if (rested) keep();
    }, { passive: true, capture: true });
  });
  setInterval(keep, every);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { used = Date.now(); keep(); } });

  /* Somebody else has it now: what was typed stays to be read, but there is nothing to press any more. */
  document.addEventListener("htmx:afterSettle", function () {
    if (!claim() || !("lost" in claim().dataset)) return;
    form.querySelector("[data-hands]").disabled = true;
    var confirm = form.querySelector("[data-confirm-button]"); if (confirm) confirm.disabled = true;
    form.removeAttribute("data-confirm");
  });

  /* The turn tells this page from a later one of the same scan, which may be open before this message arrives. */
  window.addEventListener("pagehide", function () {
    if (!claim() || !claim().dataset.turn) return;
    var said = new FormData();
    said.append("token", form.elements.token.value); said.append("turn", claim().dataset.turn);
    navigator.sendBeacon(claim().dataset.leave, said);
  });
  window.addEventListener("pageshow", function (event) { if (event.persisted) keep(); });
})();

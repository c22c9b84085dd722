/* A borrowed page leaves the screen when its time is up; the server would no longer show it anyway. */
(function () {
  "use strict";
  var begun = performance.now();
  function look() {
    var note = document.querySelector("[data-lent]");
    if (note && performance.now() - begun >= Number(note.dataset.lent) * 1000) location.reload();
  }
  setInterval(look, 1000);
  /* What was kept in the browser's memory of pages is not shown again without asking. */
  window.addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });
})();

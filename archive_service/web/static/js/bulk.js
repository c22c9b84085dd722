/* Ticked rows: X ticks the row that J and K mark, Shift+X all of the page, Shift and a press all between two.
   Without this file rows are ticked one by one and the buttons act all the same. */
(function () {
  "use strict";
  var bar = document.querySelector("[data-bulk]"), last = null;
  if (!bar) return;
  var all = bar.querySelector("[data-tick-all]"), shown = bar.querySelector("[data-ticked]");
  function ticks() { return Array.prototype.slice.call(document.querySelectorAll("input[name=chosen][form='" + bar.id + "']")); }
  function count() {
    var every = ticks(), on = every.filter(function (one) { return one.checked; });
    shown.textContent = on.length;
    all.checked = every.length > 0 && on.length === every.length; all.indeterminate = on.length > 0 && on.length < every.length;
    every.forEach(function (one) { var row = one.closest("tr"); if (row) row.classList.toggle("ticked", one.checked); });
    bar.querySelectorAll("button").forEach(function (button) { button.disabled = !on.length; });
  }
  function set(some, on) { some.forEach(function (one) { one.checked = on; }); count(); }

  all.addEventListener("change", function () { set(ticks(), all.checked); });
  document.addEventListener("click", function (event) {
    if (!event.target.matches("input[name=chosen]")) return;
    var every = ticks(), here = every.indexOf(event.target), from = every.indexOf(last);
    if (event.shiftKey && from >= 0) set(every.slice(Math.min(here, from), Math.max(here, from) + 1), event.target.checked);
    last = event.target; count();
  });
  /* Enter in a tick box would press the first button of the bar. */
  document.addEventListener("keydown", function (event) {
    if (event.code === "Enter" && event.target.matches("input[name=chosen], [data-tick-all]")) event.preventDefault();
  });
  window.archive.on("KeyX", function () {
    var row = document.querySelector("tr.marked"), one = row && row.querySelector("input[name=chosen]");
    if (one) { one.checked = !one.checked; last = one; count(); }
  });
  window.archive.on("Shift+KeyX", function () { var every = ticks(); set(every, !every.every(function (one) { return one.checked; })); });
  window.addEventListener("pageshow", count);
  count();
})();

/* What is pressed before the scripts of the page are there is not lost. This file alone is loaded before the page is shown:
   a key that leads to a field goes there at once, so that what is typed next stands in it; other single keys wait their turn. */
(function () {
  "use strict";
  var early = [], ready = false;
  function typing(target) { return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit|file)$/.test(target.type || ""); }

  document.addEventListener("keydown", function (event) {
    if (ready || !document.body || document.body.dataset.keys === "off" || typing(event.target)) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.keyCode === 229) return;
    if (!/^(Key|Digit|Numpad|Slash|Bracket|Equal|Minus)/.test(event.code)) return;
    /* A script that is here already must not act on it while others are on their way: it would be done twice, or half. */
    event.preventDefault(); event.stopImmediatePropagation();
    var field = early.length ? null : document.querySelector("[data-go='" + event.code + "']");
    if (field && !event.shiftKey) { field.focus(); field.select(); return; }
    early.push({ code: event.code, key: event.key, shiftKey: event.shiftKey, bubbles: true, cancelable: true });
  }, true);

  /* The scripts of the page run before this: they stand with "defer". */
  document.addEventListener("DOMContentLoaded", function () {
    ready = true;
    early.splice(0).forEach(function (one) {
      var target = document.activeElement || document.body;
      if (typing(target)) document.execCommand("insertText", false, one.key);
      else target.dispatchEvent(new KeyboardEvent("keydown", one));
    });
  });
})();

/* What was typed on the desk and not confirmed stays with its document for this sitting: whoever goes on with S, or away
   by any link, finds it again. Kept in this window only, under the session, and gone once the document is decided. A
   field that the archive itself has changed meanwhile is not written over. */
(function () {
  "use strict";
  var form = document.querySelector("form#decision[data-confirm]"), token = document.querySelector("input[name=token]");
  var sitting = "draft " + (token ? token.value.slice(0, 12) : "") + " ";
  function each(act) { try { Object.keys(sessionStorage).forEach(act); } catch (error) { /* then nothing is kept */ } }
  function forget(place) { try { sessionStorage.removeItem(place); } catch (error) { /* nothing was kept */ } }

  /* Of another person, or another sitting of the same one. */
  each(function (place) { if (place.indexOf("draft ") === 0 && place.indexOf(sitting) !== 0) forget(place); });
  var decided = document.querySelector("form[data-undo]"), named = decided && /\/review\/(\d+)\/undo$/.exec(decided.getAttribute("action"));
  if (named) forget(sitting + named[1]);
  if (!form || !token) return;

  var number = /\/review\/(\d+)\//.exec(form.getAttribute("action"))[1];
  var place = sitting + number, kept = load();
  function load() { try { return JSON.parse(sessionStorage.getItem(place)) || {}; } catch (error) { return {}; } }
  function inputs() {
    return Array.prototype.filter.call(form.elements, function (one) {
      return one.type === "text" && (/^field\./.test(one.name) || one.name === "other_type" || one.name === "account_no");
    });
  }
  function types() { return Array.prototype.slice.call(form.querySelectorAll("[name=document_type]")); }
  /* Name, what the archive proposed, and what stands there now. */
  function now() {
    var found = inputs().map(function (one) { return [one.name, one.defaultValue, one.value]; });
    var was = types().filter(function (one) { return one.defaultChecked; })[0], is = types().filter(function (one) { return one.checked; })[0];
    if (was && is) found.push(["document_type", was.value, is.value]);
    return found;
  }
  function keep() {
    var left = {};
    now().forEach(function (one) {
      /* When a decision was refused, the form comes back with what was typed as if it had been proposed. */
      var was = refused && kept[one[0]] ? kept[one[0]].was : one[1];
      if (one[2] !== was) left[one[0]] = { was: was, is: one[2] };
    });
    kept = left;
    if (!Object.keys(left).length) { forget(place); return; }
    try { sessionStorage.setItem(place, JSON.stringify(left)); } catch (error) { /* full or forbidden */ }
  }
  function write(from) {
    var written = 0;
    now().forEach(function (one) {
      var draft = kept[one[0]];
      if (!draft || draft.was !== one[1] || draft[from] === one[2]) return;
      if (one[0] === "document_type") {
        var pick = types().filter(function (other) { return other.value === draft[from]; })[0];
        if (!pick) return;
        pick.checked = true;
      } else {
        var input = inputs().filter(function (other) { return other.name === one[0]; })[0];
        input.value = draft[from];
        if (one[0] === "account_no") input.dispatchEvent(new Event("change", { bubbles: true }));
      }
      written += 1;
    });
    return written;
  }

  var refused = !!form.querySelector("[data-refused]"), note = form.querySelector("[data-draft]");
  if (!refused && write("is") && note) {
    note.hidden = false;
    note.querySelector("button").addEventListener("click", function () { write("was"); kept = {}; forget(place); note.hidden = true; });
  }
  form.addEventListener("input", keep);
  window.addEventListener("pagehide", keep);
})();

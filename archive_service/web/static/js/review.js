/* The review desk by keyboard. Enter never files by accident: it goes to the next doubtful field; Ctrl+Enter files. */
(function () {
  "use strict";
  var form = document.getElementById("decision"), keys = window.archive;
  /* Pages are exchanged without leaving the desk, and notes go after some seconds: look for what is there now. */
  document.querySelectorAll("[data-key]").forEach(function (one) {
    keys.on(one.dataset.key, function () { var all = document.querySelectorAll("[data-key='" + one.dataset.key + "']"); if (all.length) all[all.length - 1].click(); });
  });

  /* A second press of a key must not send a form twice. */
  var once = document.querySelectorAll("form[data-once]");
  once.forEach(function (one) {
    one.addEventListener("submit", function (event) { if (one.dataset.sent) event.preventDefault(); else one.dataset.sent = "1"; });
  });
  window.addEventListener("pageshow", function () { once.forEach(function (one) { delete one.dataset.sent; }); });
  undoing();
  if (!form) return;

  /* The page shown may be another than the one this page was made with: pages are turned without leaving the form. */
  function shown() { var stage = document.querySelector("[data-stage]"); return stage ? stage.dataset.stage : ""; }
  keys.on("KeyB", function () { var cut = document.querySelector("[data-cut='" + shown() + "']"); if (cut) cut.click(); });
  var turn = document.getElementById("turn");
  if (turn) turn.addEventListener("submit", function () { turn.elements.page.value = shown(); });
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-ask]"), box = link && document.getElementById(link.dataset.ask);
    if (!box) return;
    event.preventDefault();
    var page = box.querySelector("[data-drop-page]"), choice = box.querySelector("[data-page-choice]");
    if (page) page.value = shown();
    if (choice) choice.value = shown();
    box.showModal();
  });
  document.querySelectorAll("[data-go]").forEach(function (one) {
    keys.on(one.dataset.go, function () { one.focus(); one.select(); });
  });

  /* Doubtful fields one after the other; behind the last one comes the button that files. A field with a suggestion is
     stopped at as a whole, so that its key is not typed into it; digits, and F2, begin to write over it. */
  function doubts() { return Array.prototype.slice.call(form.querySelectorAll(".field.doubt")); }
  function stop(row) {
    if (row.hasAttribute("tabindex")) row.focus();
    else { var input = row.querySelector("input"); input.focus(); input.select(); }
    row.scrollIntoView({ block: "nearest" });
  }
  function nextDoubt(from) {
    var next = doubts().filter(function (one) { return !from || from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING; })[0];
    if (next) stop(next); else form.querySelector("footer .btn-primary").focus();
  }
  function row(element) { return element.closest(".field"); }
  form.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || keys.composing(event)) return;
    var here = row(event.target);
    if (event.code === "Enter" && event.target.tagName === "INPUT") { event.preventDefault(); nextDoubt(here || event.target); return; }
    if (!here || event.target !== here) return;
    if (event.code === "F2") { event.preventDefault(); here.querySelector("input").focus(); }
    /* Not prevented: the digit goes where the focus is now, over what is selected. */
    if (/^(Digit|Numpad)\d$/.test(event.code)) { event.stopPropagation(); var input = here.querySelector("input"); input.focus(); input.select(); }
  });
  keys.on("Enter", function (event) {
    if (event.target.closest("a, button, summary")) return false;
    nextDoubt(row(event.target)); return true;
  });

  ["Digit", "Numpad"].forEach(function (place) {
    [1, 2, 3].forEach(function (n) {
      keys.on(place + n, function () {
        var pick = form.querySelector("[data-pick='" + n + "']"); if (!pick || pick.disabled) return;
        pick.checked = true;
        if (pick.value === "other") form.elements.other_type.focus();
      });
    });
  });
  form.elements.other_type.addEventListener("input", function () { form.querySelector("[name=document_type][value=other]").checked = true; });

  /* One key takes what is suggested: for the field in focus, else for the first that offers something. */
  function take(button) {
    var field = document.getElementById(button.dataset.for), here = row(field);
    field.value = button.dataset.suggest; here.classList.remove("doubt"); here.removeAttribute("tabindex"); button.closest(".why").remove();
    var crop = here.querySelector(".crop"); if (crop) crop.remove();
    var sign = here.querySelector("use"); if (sign) sign.setAttribute("href", sign.getAttribute("href").replace(/#.*/, "#check"));
    nextDoubt(here);
  }
  form.addEventListener("click", function (event) { var b = event.target.closest("[data-suggest]"); if (b) take(b); });
  keys.on("KeyY", function () {
    var here = row(document.activeElement), button = (here && here.querySelector("[data-suggest]")) || form.querySelector("[data-suggest]");
    if (button && !form.querySelector("[data-hands]").disabled) take(button);
  });

  /* Where a field stands is shown while it has the focus: on the page, which is turned to it, and beside the field. */
  var awaited = "";
  function point(input) {
    var page = input.dataset.pageNo, thumb = page && page !== shown() && document.querySelector(".strip .thumb[data-page-no='" + page + "'][hx-get]");
    if (thumb) { awaited = input.dataset.field; thumb.click(); } else if (keys.point) keys.point(input.dataset.field);
    beside(input);
  }
  function beside(input) {
    var old = form.querySelector(".crop.passing"), here = row(input);
    if (old && old.parentElement !== here) old.remove();
    if (!input.dataset.crop || here.querySelector(".crop")) return;
    var crop = document.createElement("img");
    crop.className = "crop passing"; crop.alt = ""; crop.src = input.dataset.crop; here.appendChild(crop);
  }
  form.addEventListener("focusin", function (event) {
    var here = row(event.target), input = here && here.querySelector("input[data-field]");
    if (input) point(input);
  });
  document.addEventListener("htmx:afterSettle", function () { if (awaited && keys.point) { keys.point(awaited); awaited = ""; } });
  document.addEventListener("click", function (event) {
    var rect = event.target.closest(".marks rect"), field = rect && form.querySelector("input[data-field='" + rect.dataset.field + "']");
    if (field) field.focus();
  });

  /* A second press must not file the next document unseen. */
  form.addEventListener("submit", function (event) {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1"; form.classList.add("sent");
  });
  window.addEventListener("pageshow", function () { delete form.dataset.sent; form.classList.remove("sent"); });

  /* What was chosen from the list reads "number name"; the number is what counts. */
  var account = document.getElementById("account_no");
  account.addEventListener("change", function () { account.value = account.value.trim().split(/\s+/)[0] || ""; });

  /* Each note that offers to undo is remembered for this sitting: Z goes back step by step, also after the note is gone.
     What can still be undone the server decides. */
  function undoing() {
    var token = document.querySelector("input[name=token]"), place = "undo " + (token ? token.value.slice(0, 12) : "");
    function steps() { try { return JSON.parse(sessionStorage.getItem(place)) || []; } catch (error) { return []; } }
    function keep(all) { try { sessionStorage.setItem(place, JSON.stringify(all.slice(-50))); } catch (error) { /* then only the note offers it */ } }
    var note = document.querySelector("form[data-undo]"), came = performance.getEntriesByType("navigation")[0];
    if (note && (!came || came.type === "navigate")) {
      var batch = note.elements.batch;
      keep(steps().concat({ to: note.getAttribute("action"), batch: batch ? batch.value : "" }));
    }
    if (note) note.addEventListener("submit", function () { keep(steps().slice(0, -1)); });
    keys.on("KeyZ", function () {
      var all = steps(), step = all.pop(), sent = document.createElement("form");
      if (!step || !token || document.body.dataset.undoing) return;
      document.body.dataset.undoing = "1"; keep(all);
      sent.method = "post"; sent.action = step.to; sent.hidden = true;
      [["token", token.value], ["batch", step.batch]].forEach(function (pair) {
        var field = document.createElement("input"); field.type = "hidden"; field.name = pair[0]; field.value = pair[1]; sent.appendChild(field);
      });
      document.body.appendChild(sent); sent.submit();
    });
  }
})();

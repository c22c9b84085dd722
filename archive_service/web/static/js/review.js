/* The review desk by keyboard. Enter never files by accident: it goes to the next doubtful field; Ctrl+Enter files. */
(function () {
  "use strict";
  var form = document.getElementById("decision"), keys = window.archive, asked = document.getElementById("reject");
  document.querySelectorAll("[data-key]").forEach(function (one) { keys.on(one.dataset.key, function () { one.click(); }); });

  /* A second press of a key must not send a form twice. */
  var once = document.querySelectorAll("form[data-once]");
  once.forEach(function (one) {
    one.addEventListener("submit", function (event) { if (one.dataset.sent) event.preventDefault(); else one.dataset.sent = "1"; });
  });
  window.addEventListener("pageshow", function () { once.forEach(function (one) { delete one.dataset.sent; }); });
  if (!form) return;

  /* The page shown may be another than the one this page was made with: pages are turned without leaving the form. */
  function shown() { var stage = document.querySelector("[data-stage]"); return stage ? stage.dataset.stage : ""; }
  keys.on("KeyB", function () { var cut = document.querySelector("[data-cut='" + shown() + "']"); if (cut) cut.click(); });
  var turn = document.getElementById("turn");
  if (turn) turn.addEventListener("submit", function () { turn.elements.page.value = shown(); });
  document.querySelectorAll("[data-ask]").forEach(function (link) {
    link.addEventListener("click", function (event) {
      var box = document.getElementById(link.dataset.ask), page = box && box.querySelector("[data-drop-page]");
      if (!box) return;
      event.preventDefault();
      if (page) page.value = shown();
      box.showModal();
    });
  });

  function doubts() { return Array.prototype.slice.call(form.querySelectorAll(".field.doubt input")); }
  function nextDoubt(from) {
    var all = doubts(), later = all.filter(function (one) { return !from || (from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING); });
    var next = later[0] || all[0];
    if (next && next !== from) { next.focus(); next.select(); } else form.querySelector("[data-confirm-button]").focus();
  }
  form.addEventListener("keydown", function (event) {
    if (event.code !== "Enter" || event.ctrlKey || keys.composing(event) || event.target.tagName !== "INPUT") return;
    event.preventDefault(); nextDoubt(event.target);
  });
  keys.on("Enter", function (event) { if (event.target.closest("a, button, summary")) return false; nextDoubt(null); return true; });

  ["Digit", "Numpad"].forEach(function (row) {
    [1, 2, 3].forEach(function (n) {
      keys.on(row + n, function () {
        var pick = form.querySelector("[data-pick='" + n + "']"); if (!pick) return;
        pick.checked = true;
        if (pick.value === "other") form.querySelector("[name=other_type]").focus();
      });
    });
  });
  form.querySelector("[name=other_type]").addEventListener("input", function () { form.querySelector("[name=document_type][value=other]").checked = true; });

  /* One key takes what the business system has: for the field in focus, else for the first that offers something. */
  function take(button) {
    var field = document.getElementById(button.dataset.for);
    field.value = button.dataset.suggest; field.closest(".field").classList.remove("doubt"); button.closest(".why").remove();
    var sign = field.parentElement.querySelector("use"); if (sign) sign.setAttribute("href", sign.getAttribute("href").replace(/#.*/, "#check"));
    nextDoubt(field);
  }
  form.addEventListener("click", function (event) { var b = event.target.closest("[data-suggest]"); if (b) take(b); });
  keys.on("KeyY", function () { var first = form.querySelector("[data-suggest]"); if (first) take(first); });

  form.addEventListener("focusin", function (event) { if (event.target.dataset.field && keys.point) keys.point(event.target.dataset.field); });
  document.addEventListener("click", function (event) {
    var rect = event.target.closest(".marks rect"), field = rect && form.querySelector("input[data-field='" + rect.dataset.field + "']");
    if (field) field.focus();
  });

  document.querySelectorAll("[data-reject]").forEach(function (link) {
    link.addEventListener("click", function (event) { if (asked) { event.preventDefault(); asked.showModal(); } });
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
})();

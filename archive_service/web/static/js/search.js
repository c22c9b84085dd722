/* What may be meant, while it is typed: arrows choose, Enter opens, Esc closes. Without this file the field searches. */
(function () {
  "use strict";
  var archive = window.archive;

  function attach(field) {
    var box = document.createElement("div"), asked = null, timer, last = "";
    box.className = "suggestions"; box.id = field.id + "-suggestions"; box.hidden = true;
    box.setAttribute("role", "listbox"); box.setAttribute("aria-label", field.getAttribute("aria-label") || "");
    field.parentElement.appendChild(box); field.parentElement.classList.add("suggesting");
    field.setAttribute("role", "combobox"); field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", box.id); close();

    function options() { return Array.prototype.slice.call(box.querySelectorAll("[role=option]")); }
    function chosen() { return box.querySelector("[aria-selected=true]"); }
    function close() { box.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); }
    function choose(one) {
      options().forEach(function (other) { other.setAttribute("aria-selected", other === one); });
      if (one) { field.setAttribute("aria-activedescendant", one.id); one.scrollIntoView({ block: "nearest" }); }
      else field.removeAttribute("aria-activedescendant");
    }
    function ask() {
      var typed = field.value.trim();
      if (typed === last) return;
      last = typed;
      if (asked) asked.abort();
      if (!typed) { close(); return; }
      asked = new AbortController();
      fetch("/search/suggest?q=" + encodeURIComponent(typed), { signal: asked.signal, headers: { "HX-Request": "true" } })
        .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; })
        .then(function (part) {
          if (field.value.trim() !== typed || document.activeElement !== field) return;
          box.innerHTML = part;
          box.hidden = !box.firstElementChild; field.setAttribute("aria-expanded", !box.hidden); choose(null);
        }).catch(function () { /* a newer question, or no network: the field still searches */ });
    }
    field.addEventListener("input", function (event) {
      if (event.isComposing) return;
      clearTimeout(timer); timer = setTimeout(ask, 150);
    });
    field.addEventListener("compositionend", function () { clearTimeout(timer); timer = setTimeout(ask, 150); });
    field.addEventListener("keydown", function (event) {
      if (archive.composing(event) || box.hidden) return;
      var all = options(), at = all.indexOf(chosen());
      if (event.code === "ArrowDown") { choose(all[(at + 1) % all.length]); event.preventDefault(); }
      else if (event.code === "ArrowUp") { choose(all[(at <= 0 ? all.length : at) - 1]); event.preventDefault(); }
      else if (event.code === "Enter" && chosen()) { event.preventDefault(); chosen().click(); }
      else if (event.code === "Escape") { close(); event.stopPropagation(); }
    });
    field.addEventListener("blur", function () { setTimeout(close, 150); });
    box.addEventListener("mousedown", function (event) { event.preventDefault(); });
  }

  document.querySelectorAll("[data-combo]").forEach(attach);
})();

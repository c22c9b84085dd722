/* Intake: files are sent one at a time, each with its own progress; the batch below asks for its state by itself.
   Without this file the form sends everything at once and says the same in the end. */
(function () {
  "use strict";
  var drop = document.getElementById("drop"); if (!drop) return;
  var chooser = document.getElementById("files"), list = document.getElementById("sending");
  var batch = null, opening = null, waiting = [], busy = 0, held = 0, together = 2;

  chooser.addEventListener("change", function () { take(Array.prototype.slice.call(chooser.files)); chooser.value = ""; });
  drop.addEventListener("submit", function (event) { event.preventDefault(); chooser.click(); });
  window.archive.on("KeyU", function () { chooser.click(); });

  ["dragenter", "dragover"].forEach(function (name) {
    document.addEventListener(name, function (event) { if (hasFiles(event)) { event.preventDefault(); drop.classList.add("over"); } });
  });
  document.addEventListener("dragleave", function (event) { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", function (event) {
    if (!hasFiles(event)) return;
    event.preventDefault(); drop.classList.remove("over");
    collect(event.dataTransfer, take);
  });
  function hasFiles(event) { return event.dataTransfer && Array.prototype.indexOf.call(event.dataTransfer.types, "Files") >= 0; }

  /* A dropped folder is walked; browsers hand out its entries in portions. */
  function collect(transfer, done) {
    var entries = Array.prototype.map.call(transfer.items || [], function (item) { return item.webkitGetAsEntry && item.webkitGetAsEntry(); }).filter(Boolean);
    if (!entries.length) { done(Array.prototype.slice.call(transfer.files)); return; }
    var found = [], open = 0;
    function leave() { open -= 1; if (open === 0) done(found); }
    function walk(entry) {
      open += 1;
      if (entry.isFile) { entry.file(function (file) { found.push(file); leave(); }, leave); return; }
      var reader = entry.createReader();
      (function more() {
        reader.readEntries(function (some) { if (!some.length) { leave(); return; } some.forEach(walk); more(); }, leave);
      })();
    }
    open += 1; entries.forEach(walk); leave();
  }

  function fields() {
    var data = new FormData(drop); data.delete("files");
    return data;
  }

  function take(files) {
    if (!files.length) return;
    list.hidden = false;
    var most = Number(drop.dataset.max);
    var good = files.map(function (file) {
      var row = rowFor(file);
      if (file.size > most) { finish(row, drop.dataset.tooLarge, "bad"); return null; }
      return { file: file, row: row };
    }).filter(Boolean);
    if (!good.length) return;
    if (opening) opening = opening.concat(good);
    else if (batch && unsent()) { waiting = waiting.concat(good); next(); }
    else begin(good);
  }

  /* All that the server has not got yet; also what waits for its batch to be opened. */
  function unsent() { return busy + waiting.length + held + (opening ? opening.length : 0); }

  function begin(files) {
    opening = files;
    fetch("/intake/batches", { method: "POST", body: fields(), headers: { "HX-Request": "true" } })
      .then(function (answer) { if (!answer.ok) return answer.text().then(function (text) { throw new Error(sentence(text)); }); return answer.json(); })
      .then(function (said) {
        batch = said.batch; history.replaceState(null, "", "/intake?batch=" + batch);
        waiting = waiting.concat(opening); opening = null; next();
      })
      .catch(function (error) {
        var lost = opening || []; opening = null;
        lost.forEach(function (one) { finish(one.row, error.message || drop.dataset.failed, "bad"); });
      });
  }

  function sentence(text) {
    var page = new DOMParser().parseFromString(text, "text/html").querySelector("[role=alert] p");
    return page ? page.textContent : drop.dataset.failed;
  }

  function next() {
    while (busy < together && waiting.length) send(waiting.shift());
    if (!busy && !waiting.length && !held) show(false);
  }

  function send(one) {
    busy += 1;
    var data = fields(), request = new XMLHttpRequest(), bar = one.row.querySelector("progress");
    data.set("batch", batch); data.append("files", one.file, one.file.name);
    request.open("POST", "/intake/files");
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", function (event) { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    request.addEventListener("loadend", function () {
      busy -= 1;
      if (request.status === 429) { wait(one, Number(request.getResponseHeader("Retry-After")) || 3); return; }
      if (request.status === 200) {
        var said = JSON.parse(request.responseText);
        if (said.message) finish(one.row, said.message, "bad"); else one.row.remove();
      } else finish(one.row, request.status ? sentence(request.responseText) : drop.dataset.failed, "bad");
      if (!list.children.length) list.hidden = true;
      show(true); next();
    });
    request.send(data);
  }

  /* Too many at once: the file waits its turn, nothing is lost and nobody has to press anything. */
  function wait(one, seconds) { held += 1; setTimeout(function () { held -= 1; waiting.push(one); next(); }, seconds * 1000); }

  /* What is sent goes on without this page; what is not sent yet would be lost with it, so the browser asks first. */
  window.addEventListener("beforeunload", function (event) { if (unsent()) event.preventDefault(); });

  function show(keep) { window.htmx.ajax("GET", "/intake/batches/" + batch + (keep ? "?keep=1" : ""), { target: "#batch", swap: "outerHTML" }); }

  function rowFor(file) {
    var row = document.createElement("li"), name = document.createElement("b"), bar = document.createElement("progress"), words = document.createElement("div");
    words.className = "grow"; name.textContent = file.name; bar.max = 1; bar.value = 0;
    bar.setAttribute("aria-label", drop.dataset.sending + " " + file.name);
    words.append(name, bar); row.append(words); list.append(row);
    return row;
  }
  function finish(row, message, look) {
    var words = row.querySelector(".grow"), bar = row.querySelector("progress"), note = document.createElement("div");
    if (bar) bar.remove();
    note.className = "small t-" + look; note.setAttribute("role", "alert"); note.textContent = message; words.append(note);
  }
})();

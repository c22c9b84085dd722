/* Scanning: a hand scanner types faster than pages come back. Codes wait in a line, are sent one after the other, and stay on
   this device until the server has answered. Without this file each code is an ordinary form that is sent. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-scan]");
  if (!form || !window.fetch) return;
  var field = form.elements.code, part = form.querySelector("[data-scan-part]");
  var waits = form.querySelector("[data-queue]"), key = "scan:" + form.getAttribute("action");
  var line = kept(), busy = false, stopped = false, RETRY_MS = 4000;

  function kept() { try { return JSON.parse(localStorage.getItem(key)) || []; } catch (e) { return []; } }
  function kept_at() { try { return localStorage.getItem(key + ":at") || ""; } catch (e) { return ""; } }
  /* Beside the codes stands the box that they go into, for a page that is opened anew before they are sent. */
  function keep() {
    try {
      if (line.length) { localStorage.setItem(key, JSON.stringify(line)); localStorage.setItem(key + ":at", form.elements.at ? form.elements.at.value : ""); }
      else { localStorage.removeItem(key); localStorage.removeItem(key + ":at"); }
    } catch (e) { /* memory only */ }
  }
  function tell(text) {
    waits.hidden = !text || !line.length;
    waits.textContent = text ? text.replace("{n}", line.length) : "";
  }
  /* The mode goes with the code: it may be another one by the time the code is sent. */
  function mode() { var on = form.querySelector("[name=mode]:checked"); return on ? on.value : ""; }
  function add(code) {
    code = code.trim(); if (!code) return;
    line.push({ code: code.slice(0, 500), mode: mode() }); keep(); send();
  }

  function send() {
    if (busy || stopped || !line.length) return;
    busy = true;
    var next = line[0], said = new FormData(), at = form.elements.at;
    said.append("token", form.elements.token.value); said.append("code", next.code);
    if (next.mode) said.append("mode", next.mode);
    if (at && at.value) said.append("at", at.value);
    fetch(form.action, { method: "POST", body: said, headers: { "X-Scan-Part": "1" }, credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status >= 500 || answer.status === 429) throw new Error("later");
        if (answer.headers.get("X-Scan-Part") !== "1") { stopped = true; tell(form.dataset.stopped); return; }
        return answer.text().then(function (html) { part.innerHTML = html; line.shift(); keep(); tell(""); });
      })
      .catch(function () { tell(form.dataset.waiting); return new Promise(function (go) { setTimeout(go, RETRY_MS); }); })
      .then(function () { busy = false; send(); });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var code = field.value; field.value = ""; field.focus(); add(code);
  });
  /* Whoever scans does not look at the screen: what is typed outside of a field goes into this one. */
  document.addEventListener("keydown", function (event) {
    if (event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) field.focus();
  }, true);
  form.addEventListener("change", function (event) { if (event.target.name === "mode") field.focus(); });
  if (line.length) {
    if (form.elements.at && !form.elements.at.value) form.elements.at.value = kept_at();
    send();
  }

  /* The camera only where the browser itself reads QR codes; nothing is brought along for it. */
  var button = form.querySelector("[data-camera]"), video = form.querySelector("[data-video]"), none = form.querySelector("[data-no-camera]");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  var stream = null, last = "", seen = 0;
  window.BarcodeDetector.getSupportedFormats().then(function (formats) {
    if (formats.indexOf("qr_code") < 0) return;
    button.hidden = false; none.hidden = true;
  });
  button.addEventListener("click", function () {
    if (stream) { end(); return; }
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (found) {
      stream = found; video.srcObject = found; video.hidden = false;
      /* It is interrupted when the camera is switched off again at once; that is no fault. */
      video.play().catch(function () { /* no picture yet */ });
      look(new window.BarcodeDetector({ formats: ["qr_code"] }));
    }).catch(function () { button.hidden = true; none.hidden = false; field.focus(); });
  });
  function end() {
    stream.getTracks().forEach(function (track) { track.stop(); });
    stream = null; video.hidden = true; video.srcObject = null; field.focus();
  }
  function look(detector) {
    if (!stream) return;
    detector.detect(video).then(function (codes) {
      codes.forEach(function (code) {
        /* The same label stays before the camera for a while; it is one scan. */
        if (code.rawValue === last && Date.now() - seen < 3000) { seen = Date.now(); return; }
        last = code.rawValue; seen = Date.now(); add(code.rawValue);
      });
    }).catch(function () { /* no picture yet */ }).then(function () { setTimeout(function () { look(detector); }, 200); });
  }
})();

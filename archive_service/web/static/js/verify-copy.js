/* The page on which strangers check a certified copy: takes the code from behind the # of a scanned address, and
   compares a file with the digest on this machine. The page works without it. */
(function () {
  "use strict";
  var field = document.getElementById("code");
  var scanned = location.hash.slice(1).replace(/[^0-9A-Za-z-]/g, "");
  if (scanned && field && !field.value) {
    field.value = scanned.slice(0, 60);
    /* Out of the address, so that it is not kept in the history of a shared machine. */
    history.replaceState(null, "", location.pathname + location.search);
  }
  var box = document.getElementById("compare"), file = document.getElementById("file");
  var said = document.getElementById("compared"), digest = document.getElementById("digest");
  /* Browsers compute digests only on pages that came over TLS, or from this machine. */
  if (!box || !digest || !window.crypto || !window.crypto.subtle) return;
  box.hidden = false;
  file.addEventListener("change", function () {
    said.textContent = "";
    if (!file.files.length) return;
    file.files[0].arrayBuffer().then(function (bytes) {
      return window.crypto.subtle.digest("SHA-256", bytes);
    }).then(function (found) {
      var hex = Array.prototype.map.call(new Uint8Array(found), function (one) {
        return one.toString(16).padStart(2, "0");
      }).join("");
      said.textContent = hex === digest.textContent.trim() ? said.dataset.same : said.dataset.other;
    }).catch(function () { said.textContent = said.dataset.unread; });
  });
})();

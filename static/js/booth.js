// Keeps what was sent at the booth while the server cannot be reached, and sends it again. Every form
// carries its intent, so that nothing happens twice. Without it the forms are ordinary ones.
(function () {
  "use strict";
  if (!window.fetch || !window.URLSearchParams || !window.sessionStorage) return;
  var KEY = "nightfair-unsent", mark = document.querySelector("[data-unsent]");
  var timer = 0, busy = false, pause = 2000;

  function kept() {
    try { return JSON.parse(sessionStorage.getItem(KEY) || "[]"); } catch (error) { return []; }
  }

  function keep(list) {
    if (list.length) sessionStorage.setItem(KEY, JSON.stringify(list)); else sessionStorage.removeItem(KEY);
    if (mark) mark.hidden = !list.length;
  }

  // In the order in which it was pressed; what the server answers is shown, be it a refusal.
  function send() {
    timer = 0;
    var list = kept();
    if (busy || !list.length) return;
    busy = true;
    fetch(list[0].action, {
      method: "POST", body: list[0].body, headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" }
    }).then(function (answer) {
      if (answer.status === 502 || answer.status === 503 || answer.status === 504) throw new Error("away");
      keep(kept().slice(1));
      busy = false;
      pause = 2000;
      if (kept().length) return send();
      if (answer.redirected || answer.ok) return show(answer.url);
      return answer.text().then(put);
    }).catch(function () {
      busy = false;
      keep(kept());
      pause = Math.min(pause * 1.5, 20000);
      if (!timer) timer = setTimeout(send, pause);
    });
  }

  function show(url) {
    // Only the part after the sign may differ: then the page would not be loaded again.
    if (url.split("#")[0] === location.href.split("#")[0]) location.reload(); else location.assign(url);
  }

  function put(html) {
    var fresh = new DOMParser().parseFromString(html, "text/html").querySelector("main");
    if (!fresh) return location.reload();
    document.querySelector("main").replaceWith(document.importNode(fresh, true));
    mark = document.querySelector("[data-unsent]");
    window.scrollTo(0, 0);
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("form[data-keep], #table form") || event.defaultPrevented || !("submitter" in event)) return;
    event.preventDefault();
    var body = new URLSearchParams(new FormData(form));
    var button = event.submitter;
    if (button && button.name) body.append(button.name, button.value);
    var one = { action: new URL(form.getAttribute("action"), location.href).pathname, body: body.toString() };
    var list = kept();
    // A second press on the same button while the first is on its way is the same intent.
    if (!list.some(function (other) { return other.action === one.action && other.body === one.body; })) list.push(one);
    keep(list);
    if (mark) mark.hidden = true;
    send();
  });
  window.addEventListener("online", send);
  if (kept().length) send();
})();

// Brings the parts of a page up to date when the fair's event stream says that something changed.
// Without it the page is complete; it is only as old as its last loading.
(function () {
  "use strict";
  var root = document.querySelector("[data-live]");
  if (!root || !window.EventSource) return;
  var first = true, busy = false, again = false, timer = 0, last = 0;
  // A part is fetched at most every three seconds, and only while somebody looks.
  var pause = Number(root.getAttribute("data-every") || 3000);

  function refresh() {
    timer = 0;
    if (document.hidden) { again = true; return; }
    if (busy) { again = true; return; }
    busy = true;
    again = false;
    last = Date.now();
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
      .then(function (html) { swap(new DOMParser().parseFromString(html, "text/html")); })
      .catch(function () { again = false; })
      .then(function () { busy = false; if (again) soon(); });
  }

  function swap(fresh) {
    // The big screen is one frame; of other pages, what is marked as a part.
    var frame = document.querySelector(".frame"), next = fresh.querySelector(".frame");
    if (frame && next) frame.replaceWith(document.importNode(next, true));
    fresh.querySelectorAll("[data-part]").forEach(function (part) {
      var old = document.querySelector('[data-part="' + part.getAttribute("data-part") + '"]');
      if (!old || old.innerHTML === part.innerHTML) return;
      if (old.contains(document.activeElement) && document.activeElement !== document.body) return;
      old.replaceWith(document.importNode(part, true));
    });
  }

  function soon() {
    if (timer) return;
    timer = setTimeout(refresh, Math.max(0, last + pause - Date.now()));
  }

  document.addEventListener("visibilitychange", function () { if (!document.hidden && again) soon(); });
  var events = new EventSource(root.getAttribute("data-live"));
  events.onmessage = function () {
    // The first event only tells what the page already shows.
    if (first) { first = false; return; }
    soon();
  };
  events.onopen = function () { say(false); };
  events.onerror = function () { first = false; say(true); };

  // A screen that lost its connection says so: its numbers are those of the time beside the words.
  function say(stale) {
    var mark = document.querySelector("[data-stale]");
    if (!mark || !stale) { if (mark && mark.className) soon(); return; }
    mark.textContent = mark.getAttribute("data-stale");
    mark.className = "stale";
  }

  function tick() {
    var clock = document.querySelector("[data-clock]");
    if (clock) clock.textContent = new Date().toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
  }
  setInterval(tick, 5000);
})();

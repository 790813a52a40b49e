// Brings the parts of a page up to date when the fair's event stream says that something changed.
// Without it the page is complete; it is only as old as its last loading.
(function () {
  "use strict";
  var root = document.querySelector("[data-live]");
  if (!root) return;
  // A part is fetched at most every three seconds, and only while somebody looks; the big screen also
  // when nothing happened, because its clock goes on.
  var pause = Number(root.getAttribute("data-every") || 3000), anyway = Number(root.getAttribute("data-anyway") || 0);
  if (!window.EventSource || !window.fetch) {
    if (anyway) setTimeout(function () { location.reload(); }, anyway);
    return;
  }
  // The stream says every half minute that it is alive. One that fell silent is opened anew.
  var SILENCE = 75000, RETRY = 5000;
  var events, first = true, busy = false, again = false, timer = 0, last = Date.now(), heard = last, opened = last, lost = false, ahead = 0;

  function refresh() {
    timer = 0;
    if (document.hidden || busy) { again = true; return; }
    busy = true;
    again = false;
    last = Date.now();
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
      .then(function (html) { lost = false; swap(new DOMParser().parseFromString(html, "text/html")); })
      .catch(function () { stale(); })
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
    set();
    if (events.readyState !== 1) stale();
  }

  function soon() {
    if (timer) return;
    timer = setTimeout(refresh, Math.max(0, last + pause - Date.now()));
  }

  function open() {
    if (events) events.close();
    opened = heard = Date.now();
    events = new EventSource(root.getAttribute("data-live"));
    events.onmessage = function () {
      heard = Date.now();
      // The first event only tells what the page already shows.
      if (first) { first = false; return; }
      soon();
    };
    events.addEventListener("alive", function () { heard = Date.now(); });
    events.onopen = function () { heard = Date.now(); if (lost) soon(); };
    events.onerror = function () { first = false; stale(); };
  }

  // A screen that lost its connection says so: its numbers are those of the time beside the words.
  function stale() {
    var mark = document.querySelector("[data-stale]");
    lost = true;
    if (!mark) return;
    mark.textContent = mark.getAttribute("data-stale");
    mark.className = "stale";
  }

  // The clock is the server's, whatever time the display believes it is.
  function set() {
    var clock = document.querySelector("[data-clock]");
    if (clock) ahead = Number(clock.getAttribute("data-clock")) - Date.now();
  }

  // A page that nobody looks at keeps no stream open: a browser has six lines to a server, and every
  // stream takes one from all of its pages. The big screen is looked at though nobody touches it.
  function away() { return document.hidden && !anyway; }

  function tick() {
    if (away()) return;
    var now = Date.now(), clock = document.querySelector("[data-clock]");
    if (clock) clock.textContent = new Date(now + ahead).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
    if (now - heard > SILENCE) { first = false; stale(); open(); }
    if (events.readyState === 2 && now - opened > RETRY) open();
    if (now - last > (lost ? RETRY : anyway || Infinity)) soon();
  }

  document.addEventListener("visibilitychange", function () {
    if (away()) { if (events) events.close(); return; }
    // Whatever happened meanwhile comes with the first event.
    if (!anyway) { first = false; open(); }
    if (again) soon();
  });
  set();
  if (!away()) open();
  setInterval(tick, RETRY);
})();

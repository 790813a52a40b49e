// The gate's page: camera, field and photo lead to one place. A scan is in the outbox before anybody is told
// what came of it.
(function () {
  "use strict";
  const Gate = window.Gate, root = document.getElementById("scanner");
  // Without a safe connection there is no encryption, no camera and no list: the page's form does the work.
  if (!root) return;
  if (!window.indexedDB) { delete document.documentElement.dataset.scan; return; }
  const said = document.getElementById("cam-hint"), words = Gate.panel.words;
  if (!window.isSecureContext || !window.crypto || !crypto.subtle) { document.documentElement.dataset.scan = "none"; root.hidden = false; said.textContent = words.camera.insecure; root.classList.add("none"); return; }

  const gate = root.dataset.gate, link = Gate.link, form = document.getElementById("entry-form");
  const device = localStorage.getItem("gate-device") || crypto.randomUUID();
  localStorage.setItem("gate-device", device);
  link.api = root.dataset.api;
  link.fair = root.dataset.fair;
  let last = "", lastAt = 0, way = "in", busy = Promise.resolve(), decoder = Promise.resolve(false);

  async function show() {
    const waiting = (await Gate.store.all(link.fair)).filter(function (item) { return !item.done && item.shown; });
    const stuck = waiting.filter(function (item) { return item.stuck; }).length;
    root.dataset.waiting = waiting.length;
    root.dataset.link = link.state;
    root.dataset.list = Gate.judge.size();
    // Numbers that the server cannot confirm are not shown.
    document.querySelector(".g-count").hidden = link.state === "off" || link.state === "shut";
    Gate.panel.badge(link.state, waiting.length - stuck, stuck, Gate.judge.made());
  }
  link.told = show;

  function fromServer(answer) {
    const person = answer.person;
    return {
      key: answer.reason || (answer.again ? "again" : answer.result), first: answer.first_seen || null,
      name: person && person.masked_name, number: person && words.ticket + " " + String(person.number).padStart(4, "0"),
      groups: person && person.groups.map(function (group) { return words.groups[group] || ""; })
    };
  }

  async function decide(item) {
    await Gate.store.put(item);
    let told;
    try {
      if (link.state === "shut") throw new Error("shut");
      const answer = await link.ask(item);
      told = fromServer(answer);
      item.shown = { result: answer.result, reason: answer.reason };
      item.done = true;
    } catch (error) {
      told = await Gate.judge.look(item);
      told.offline = true;
      item.shown = { result: told.result, reason: told.reason };
    }
    await Gate.store.put(item);
    await Gate.judge.note(item);
    root.dataset.verdict = told.key;
    root.dataset.scans = Number(root.dataset.scans || 0) + 1;
    Gate.panel.verdict(told);
    // A ticket that is nobody's may be a blank one in the hand of somebody who has none.
    if (told.key === "unknown" && item.code) Gate.panel.lead(root.dataset.walkIn + "&code=" + item.code, words.blank);
    await show();
    if (item.done) count();
  }

  // One after the other: two verdicts at once would be read as one.
  function take(raw, direction, scanned) {
    busy = busy.then(async function () {
      const token = await Gate.ticket.read(raw, scanned);
      if (!token) return false;
      await decide(Object.assign(token, {
        nonce: crypto.randomUUID(), fair: link.fair, gate: gate, device: device, direction: direction,
        at: Date.now(), offset: link.offset, shown: null, done: false
      }));
      return true;
    }).catch(function (error) {
      Gate.panel.say("stop", words.broken, [String(error && error.message || error)]);
      return true;
    });
    return busy;
  }

  // The same code stays in view for a while.
  function found(text) {
    const now = Date.now(), again = text === last && now - lastAt < 4000;
    last = text;
    lastAt = now;
    if (!again) take(text, way, true);
  }

  async function typed(event) {
    const field = document.getElementById("entry"), raw = field.value;
    event.preventDefault();
    if (!raw.trim()) { field.focus(); return; }
    if (await take(raw, way, /\/T\//i.test(raw))) { field.value = ""; field.focus(); return; }
    // A surname with four digits is looked up by the server alone: the list has no numbers.
    if (link.state === "on") { const once = document.createElement("input"); once.type = "hidden"; once.name = "direction"; once.value = way; form.appendChild(once); form.submit(); return; }
    Gate.panel.say("stop", words.unreadable, [words.no_search]);
  }

  async function photo(event) {
    const file = event.target.files[0];
    // On a slow network somebody is faster than the decoder.
    if (!file || !await decoder) return;
    const text = await Gate.camera.photo(file).catch(function () { return null; });
    if (text) { event.target.value = ""; take(text, way, true); }
    else if (link.state === "on") event.target.form.submit();
    else Gate.panel.say("stop", words.no_code, [words.no_code_text]);
  }

  function turn(event) {
    const button = event.target.closest("button");
    if (!button) return;
    way = button.value;
    last = "";
    document.querySelectorAll("#way button").forEach(function (one) { one.setAttribute("aria-pressed", String(one.value === way)); });
  }

  // Numbers of the page itself, as the server shows them.
  async function count() {
    if (link.state !== "on" || document.visibilityState !== "visible") return;
    const answer = await fetch(root.dataset.page, { headers: { accept: "text/html" } }).catch(function () { return null; });
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".g-count");
    if (fresh) document.querySelector(".g-count").replaceWith(document.importNode(fresh, true));
  }

  let packed = 0;
  async function beat() {
    const done = await link.flush();
    if (done && Date.now() - packed > 300000) { await link.fetchPack(gate, device).then(function () { packed = Date.now(); }, function () {}); }
    if (done) await count();
    await show();
  }

  async function camera() {
    const broken = function () { said.textContent = words.camera.broken; root.classList.add("none"); };
    decoder = Gate.camera.start(root.dataset.decoder, broken);
    const fault = await Gate.camera.open(document.getElementById("video"), found);
    if (fault) { said.textContent = words.camera[fault]; root.classList.add("none"); root.dataset.camera = fault; return; }
    if (!await decoder) return;
    said.textContent = words.camera.aim;
    root.dataset.camera = "ready";
    const torch = document.getElementById("torch");
    torch.hidden = !Gate.camera.hasTorch();
    torch.addEventListener("click", async function () { torch.setAttribute("aria-pressed", String(await Gate.camera.torch())); });
  }

  async function begin() {
    root.hidden = false;
    // The direction is chosen once for everything that is scanned or typed.
    document.getElementById("way").hidden = false;
    form.querySelector("button[value=out]").hidden = true;
    // Whoever signed out took the list along: its mark is gone, so the list goes too.
    if (!/(^|; )gate-list=/.test(document.cookie)) await Gate.store.forget();
    // What was written down but never shown did not happen: the ticket is scanned again.
    for (const item of await Gate.store.all(link.fair)) if (!item.shown) await Gate.store.drop(item.nonce);
    await Gate.judge.load(await Gate.store.loadPack(link.fair), await Gate.store.all(link.fair));
    await show();
    form.addEventListener("submit", typed);
    document.getElementById("photo").addEventListener("change", photo);
    document.getElementById("way").addEventListener("click", turn);
    document.addEventListener("pointerdown", Gate.panel.wake);
    addEventListener("online", beat);
    addEventListener("offline", function () { if (link.state === "on") link.state = "off"; show(); });
    document.addEventListener("visibilitychange", function () { if (document.visibilityState === "visible") beat(); });
    setInterval(beat, 15000);
    await beat();
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    if ("serviceWorker" in navigator) {
      await navigator.serviceWorker.register("/gate/sw.js");
      const registration = await navigator.serviceWorker.ready;
      if (link.state === "on") registration.active.postMessage({ keep: [root.dataset.page, root.dataset.walkIn] });
      root.dataset.worker = "ready";
    }
  }

  begin();
  camera();
})();

// Speaks with the server, and knows whether it can: the radio being on proves nothing, an answer does.
(function () {
  "use strict";
  const Gate = window.Gate = window.Gate || {};
  const MANY = 200;
  const link = Gate.link = {
    // trying, on, off, or shut when nobody is signed in (any more)
    state: "trying",
    // Milliseconds that the server's clock is ahead of this one, measured at each contact.
    offset: null,
    api: "", fair: "", told: function () {}
  };
  let flushing = null;

  function become(state) {
    if (link.state === state) return;
    link.state = state;
    link.told();
  }

  async function call(method, path, body, patience) {
    const stop = new AbortController();
    const timer = setTimeout(function () { stop.abort(); }, patience);
    const sent = Date.now();
    try {
      const answer = await fetch(link.api + path, {
        method: method, signal: stop.signal, credentials: "same-origin", cache: "no-store",
        headers: body ? { "content-type": "application/json", accept: "application/json" } : { accept: "application/json" },
        body: body ? JSON.stringify(body) : undefined
      });
      if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
        await Gate.store.forget();
        await Gate.judge.load(null, []);
        become("shut");
        throw new Error("shut");
      }
      if (!answer.ok) throw new Error("status " + answer.status);
      const document = await answer.json();
      const server = Date.parse(document.now || document.recorded_at || document.made_at);
      // A kept answer carries an old time; only a fresh one tells of clocks.
      if (document.now && server) link.offset = Math.round(server - (sent + Date.now()) / 2);
      become("on");
      return document;
    } catch (error) {
      if (link.state !== "shut") become("off");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  function report(item) {
    const body = { gate: item.gate, nonce: item.nonce, direction: item.direction, device: item.device };
    if (item.ticket) body.ticket_hash = item.ticket; else if (item.code) body.code = item.code; else body.ticket = "?";
    return body;
  }

  // Asks while the holder stands there.
  link.ask = function (item) { return call("POST", "/check-ins", report(item), 3000); };

  // A scan whose verdict was shown here.
  function late(item) {
    const body = report(item);
    body.offline = true;
    body.scanned_at = new Date(item.at).toISOString();
    body.shown = item.shown.result;
    if (item.shown.reason && item.shown.reason !== "no_pack") body.shown_reason = item.shown.reason;
    if (item.offset !== null) body.clock_offset_ms = item.offset;
    return body;
  }

  async function upload() {
    const waiting = (await Gate.store.all(link.fair)).filter(function (item) { return !item.done; });
    for (const item of waiting.filter(function (item) { return item.walkIn; })) await walkIn(item);
    const scans = waiting.filter(function (item) { return !item.walkIn && item.shown; });
    let from = 0;
    do {
      const part = scans.slice(from, from + MANY);
      const answer = await call("POST", "/check-ins/batch", { sent_at: new Date().toISOString(), items: part.map(late) }, 15000);
      for (let at = 0; at < part.length; at += 1) {
        const result = answer.results[at];
        if (!result || (result.result === "invalid" && result.code === "unavailable")) continue;
        part[at].done = true;
        await Gate.store.put(part[at]);
      }
      from += MANY;
    } while (from < scans.length);
  }

  async function walkIn(item) {
    const who = await Gate.store.unseal("outbox", item.sealed);
    const body = Object.assign(who, { scan: late(item), sent_at: new Date().toISOString() });
    try {
      await call("POST", "/walk-ins", body, 15000);
    } catch (error) {
      // Something is wrong with this one alone: it waits for a look, the others go on.
      if (!/status 4(09|22)/.test(error.message)) throw error;
      item.stuck = true;
      await Gate.store.put(item);
      return;
    }
    item.done = true;
    delete item.sealed;
    await Gate.store.put(item);
  }

  // One upload at a time; safe to call as often as one likes. An empty one is a sign of life.
  link.flush = function () {
    return flushing || (flushing = upload().then(function () { return true; }, function () { return false; })
      .then(function (done) { flushing = null; link.told(); return done; }));
  };

  // A fresh list. What the server had before it was made is in it; the rest stays on top of it.
  link.fetchPack = async function (gate, device) {
    const old = (await Gate.store.all(link.fair)).filter(function (item) { return item.done; });
    const pack = await call("GET", "/pack?gate=" + encodeURIComponent(gate) + "&device=" + encodeURIComponent(device), null, 20000);
    await Gate.store.savePack(link.fair, pack);
    for (const item of old) await Gate.store.drop(item.nonce);
    await Gate.judge.load(pack, await Gate.store.all(link.fair));
    link.told();
  };
})();

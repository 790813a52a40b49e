// Decides without a network: the pack says who has a ticket, the outbox what this device saw since.
(function () {
  "use strict";
  const Gate = window.Gate = window.Gate || {};
  let pack = null, key = null, tickets = new Map(), codes = new Map(), known = new Map(), minted = new Set(), net = 0;

  async function place(item) {
    if (!pack) return undefined;
    if (item.ticket) return tickets.get(await Gate.ticket.hmac(key, item.ticket, 8));
    if (!item.code) return undefined;
    // Codes made on this device are in no pack until they are uploaded.
    return codes.get(await Gate.ticket.hmac(key, item.code, 6)) || (minted.has(item.code) ? item.code : undefined);
  }

  function state(at) {
    if (!known.has(at)) {
      const flags = typeof at === "number" ? pack.items[at - 1][3] : 0;
      known.set(at, { came: (flags & 1) > 0, inside: (flags & 2) > 0, gate: null, at: null });
    }
    return known.get(at);
  }

  // Takes what somebody did at this device into account; the verdict was shown already.
  async function note(item) {
    const shown = item.shown;
    if (!pack || !shown || shown.result === "refused") return;
    if (item.walkIn) minted.add(item.code);
    const at = await place(item);
    if (at === undefined) return;
    const now = state(at);
    const inside = item.direction === "in";
    if (now.inside !== inside) net += inside ? 1 : -1;
    if (inside && !now.at) { now.gate = item.gate; now.at = item.at; }
    now.inside = inside;
    now.came = true;
  }

  // A pack, and what happened on this device since it was made.
  async function load(fresh, items) {
    pack = fresh; tickets = new Map(); codes = new Map(); known = new Map(); minted = new Set(); net = 0;
    if (!pack) return;
    key = await Gate.ticket.hashKey(pack.key);
    // Places are counted from 1, so that none is mistaken for nothing.
    pack.items.forEach(function (item, at) { tickets.set(item[0], at + 1); codes.set(item[1], at + 1); });
    // Some tickets have further codes.
    (pack.codes || []).forEach(function (further) { codes.set(further[0], further[1] + 1); });
    items.sort(function (a, b) { return a.at - b.at; });
    for (const item of items) await note(item);
  }

  function refused(reason) { return { result: "refused", reason: reason, key: reason }; }

  async function look(item) {
    if (!pack) return refused("no_pack");
    if (pack.cancelled) return refused("fair_cancelled");
    const at = await place(item);
    if (at === undefined) return refused("unknown");
    const now = state(at);
    const name = typeof at === "number" ? pack.items[at - 1][2] : "";
    const first = now.at ? { gate: now.gate, at: now.at } : null;
    if (item.direction === "out") return { result: "left", key: "left", name: name, first: first };
    if (now.inside) return { result: "already_in", key: "already_in", name: name, first: first };
    // This gate's share of the places that were left when the pack was made.
    if (net >= pack.allotment) return refused("full");
    return { result: "admitted", key: now.came ? "again" : "admitted", name: name, first: first };
  }

  Gate.judge = {
    load: load, look: look, note: note,
    // Whether a code is somebody's already, as far as this device can know.
    taken: async function (code) { return await place({ code: code }) !== undefined; },
    made: function () { return pack ? Date.parse(pack.made_at) : null; },
    size: function () { return pack ? pack.items.length : 0; },
    left: function () { return pack ? Math.max(0, pack.allotment - net) : 0; }
  };
})();

// What this device keeps for the gate. The pack lies sealed under a key that cannot be taken out of the
// browser and goes when the session ends; scans lie in the outbox until the server has them.
(function () {
  "use strict";
  const Gate = window.Gate = window.Gate || {};
  const NAME = "nightfair-gate";
  let opened = null;

  function open() {
    return opened || (opened = new Promise(function (done, fail) {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = function () {
        asked.result.createObjectStore("pack");
        asked.result.createObjectStore("keys");
        asked.result.createObjectStore("outbox", { keyPath: "nonce" });
      };
      asked.onsuccess = function () { done(asked.result); };
      asked.onerror = function () { opened = null; fail(asked.error); };
    }));
  }

  // Runs `work` on one store and waits until what it wrote is on the disk.
  async function within(name, mode, work) {
    const db = await open();
    return new Promise(function (done, fail) {
      const tx = db.transaction(name, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
      const asked = work(tx.objectStore(name));
      tx.oncomplete = function () { done(asked && asked.result); };
      tx.onerror = tx.onabort = function () { fail(tx.error); };
    });
  }

  async function key(name) {
    const kept = await within("keys", "readonly", function (keys) { return keys.get(name); });
    if (kept) return kept;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await within("keys", "readwrite", function (keys) { return keys.put(fresh, name); });
    return fresh;
  }

  async function seal(name, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv: iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv }, await key(name), plain) };
  }

  async function unseal(name, kept) {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, await key(name), kept.sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  async function savePack(fair, pack) {
    const kept = await seal("pack", pack);
    kept.expires = Date.parse(pack.expires_at);
    await within("pack", "readwrite", function (packs) { return packs.put(kept, fair); });
  }

  // The pack of a fair; one that is out of date or cannot be opened is forgotten.
  async function loadPack(fair) {
    const kept = await within("pack", "readonly", function (packs) { return packs.get(fair); });
    if (!kept) return null;
    if (kept.expires > Date.now()) {
      try { return await unseal("pack", kept); } catch (error) { /* forgotten below */ }
    }
    await within("pack", "readwrite", function (packs) { return packs.delete(fair); });
    return null;
  }

  // The session is over or the device was shut out: no list stays behind.
  async function forget() {
    await within("pack", "readwrite", function (packs) { return packs.clear(); });
    await within("keys", "readwrite", function (keys) { return keys.delete("pack"); });
  }

  Gate.store = {
    seal: seal, unseal: unseal, savePack: savePack, loadPack: loadPack, forget: forget,
    put: function (item) { return within("outbox", "readwrite", function (box) { return box.put(item); }); },
    drop: function (nonce) { return within("outbox", "readwrite", function (box) { return box.delete(nonce); }); },
    all: async function (fair) {
      const items = await within("outbox", "readonly", function (box) { return box.getAll(); });
      return items.filter(function (item) { return item.fair === fair; });
    }
  };
})();

// Reads what was scanned or typed, as the server does (src/domain/ticket.rs), and names it by hashes.
(function () {
  "use strict";
  const Gate = window.Gate = window.Gate || {};
  const SECRET = /^[0-9A-HJKMNP-TV-Z]{16}$/;
  const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXY";
  const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17];

  // Upper case without separators, look-alikes brought home, full-width characters made narrow.
  function tidy(raw) {
    return raw.normalize("NFKC").replace(/[\s\-_.\u2010-\u2015]/g, "").toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
  }

  function sum(text) {
    let all = 0;
    for (let at = 0; at < 8; at += 1) {
      const value = DIGITS.indexOf(text[at]);
      if (value < 0) return -1;
      all += value * WEIGHTS[at];
    }
    return all % 31;
  }

  // A code with its check character, made by lot on this device.
  function mint() {
    const lot = crypto.getRandomValues(new Uint32Array(7));
    let text = "";
    for (let at = 0; at < 7; at += 1) text += DIGITS[lot[at] % 31];
    const rest = sum(text + "0");
    return text + DIGITS[(31 - rest) % 31 * 11 % 31];
  }

  // The code that was typed, as it is written on the ticket; null when it is none.
  function code(raw) {
    const text = tidy(raw.trim()).replace(/Z/g, "2");
    return text.length === 8 && sum(text) === 0 ? text : null;
  }

  function hex(bytes) {
    return Array.prototype.map.call(new Uint8Array(bytes), function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  }

  // {ticket} with the hash that the server knows the secret by, {code}, or {foreign} for another QR code;
  // null when it is neither, such as a surname with four digits.
  async function read(raw, scanned) {
    const whole = raw.trim();
    const last = tidy(whole.replace(/\/+$/, "").split("/").pop());
    if (SECRET.test(last)) {
      return { ticket: hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(last))) };
    }
    const typed = code(whole);
    if (typed) return { code: typed };
    return scanned ? { foreign: true } : null;
  }

  async function hmac(key, text, length) {
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text))).subarray(0, length);
    return btoa(String.fromCharCode.apply(null, mac)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function hashKey(text) {
    const raw = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), function (c) { return c.charCodeAt(0); });
    return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }

  Gate.ticket = { read: read, code: code, mint: mint, hmac: hmac, hashKey: hashKey };
})();

// Serves the gate without a network, and nothing else. FILES and CACHE are written in front of it by the
// server: the files that belong together, and a name that changes with any of them.
self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(CACHE).then(function (cache) { return cache.addAll(FILES); }).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil((async function () {
    for (const name of await caches.keys()) if (name.startsWith("gate-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

// Pages of a gate: those a page asked to keep, and the same when they are loaded anew.
async function keep(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { accept: "text/html" } });
  if (answer.ok && !answer.redirected) await (await caches.open(CACHE)).put(address, answer);
}

self.addEventListener("message", function (event) {
  const pages = event.data && event.data.keep;
  if (pages) event.waitUntil(Promise.all(pages.map(keep)).catch(function () {}));
});

async function kept(request) {
  const cache = await caches.open(CACHE);
  return await cache.match(request) || await cache.match(request, { ignoreSearch: true }) || Response.error();
}

async function page(request) {
  const stop = new AbortController();
  const timer = setTimeout(function () { stop.abort(); }, 4000);
  try {
    const answer = await fetch(request, { signal: stop.signal });
    // A server that is being restarted behind its proxy is no server.
    if (answer.status >= 502 && answer.status <= 504) return await kept(request);
    const again = !new URL(request.url).searchParams.has("code");
    if (answer.ok && !answer.redirected && again) await (await caches.open(CACHE)).put(request, answer.clone());
    return answer;
  } catch (error) {
    return kept(request);
  } finally {
    clearTimeout(timer);
  }
}

self.addEventListener("fetch", function (event) {
  const request = event.request, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (FILES.includes(address.pathname + address.search)) {
    event.respondWith(caches.match(request).then(function (found) { return found || fetch(request); }));
  } else if (request.mode === "navigate" && /^\/gate\/[^/]+(\/walk-in)?$/.test(address.pathname)) {
    event.respondWith(page(request));
  }
});

// What is wrong with the page whatever its size: words that are none, headings without words,
// colours that speak alone, forms that cannot be sent without a script.
// Asked with {groups: the first words of all keys of the catalogue}.
const groups = new Set(arguments[0].groups), wrong = [];
const tell = e => (e.outerHTML.split('>')[0] + '> ' + e.textContent.trim().replace(/\s+/g, ' ').slice(0, 24)).slice(0, 140);
const shown = e => e.getClientRects().length > 0;
const named = e => (e.textContent.trim() || e.getAttribute('aria-label') || e.value || (e.querySelector('img[alt]') || {}).alt || '').trim();
// 1. One heading that names the page, none without words, a language and a title.
if (document.querySelectorAll('h1').length !== 1) wrong.push(document.querySelectorAll('h1').length + ' h1');
for (const e of document.querySelectorAll('h1,h2,h3,h4,legend,th,caption,summary,figcaption,dt,label')) if (!named(e) && !(e.localName === 'th' && e.closest('thead'))) wrong.push('no words in ' + tell(e));
if (!document.title.trim() || !document.documentElement.lang) wrong.push('no title or no language');
// 2. No key of the catalogue, no value of the program that is none.
const read = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (read.nextNode()) {
  const words = read.currentNode.data.trim(), e = read.currentNode.parentElement;
  if (!words || e.closest('script,style,code,pre')) continue;
  if (/^(undefined|null|none|NaN|None|Some\(.*\)|true|false)$/.test(words) || /\b(undefined|NaN)\b|\[object |\{\{|\}\}|\{[a-z_]+\}/.test(words)) wrong.push('says ' + words.slice(0, 60));
  if (/^[a-z][a-z_]*(\.[a-z0-9_]+)+$/.test(words) && groups.has(words.split('.')[0])) wrong.push('a key: ' + words);
}
// 3. Every id once, and every reference leads somewhere.
const seen = new Set();
for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) wrong.push('a second id ' + e.id); seen.add(e.id); }
for (const name of ['for', 'aria-describedby', 'aria-labelledby', 'aria-controls']) for (const e of document.querySelectorAll('[' + name + ']')) for (const id of e.getAttribute(name).split(/\s+/)) if (!seen.has(id)) wrong.push(name + ' names ' + id);
for (const e of document.querySelectorAll('a[href^="#"]')) if (e.hash.length > 1 && !seen.has(decodeURIComponent(e.hash.slice(1)))) wrong.push('leads to no ' + e.hash);
// 4. Colour never speaks alone.
const states = 'ok warn bad info go again stop late soon off moved own_off own_on free held taken closed hot done stopped now'.split(' ').concat([0, 1, 2, 3, 4].map(n => 'heat-' + n));
// A chip says it itself, a patch of colour has its word beside it, a drawing names its parts.
const speaks = e => {
  if (!(e instanceof SVGElement)) return named(e) || e.localName === 'i' && named(e.parentElement) || e.matches('td.heat-0');
  for (let p = e; p; p = p.parentElement) {
    if (named(p) || p.querySelector('title')) return true;
    if (p.localName === 'svg') return !!p.parentElement && named(p.parentElement);
  }
  return false;
};
for (const state of states) for (const e of document.querySelectorAll('main .' + state)) if (shown(e) && !speaks(e)) wrong.push('colour without a word: ' + tell(e));
// 5. Every form can be sent by itself: where to, how, with what, and each field says what it is.
for (const e of document.querySelectorAll('input:not([type=hidden]),select,textarea')) if (!(e.labels && [...e.labels].some(named)) && !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby')) wrong.push('no label for ' + tell(e));
for (const form of document.querySelectorAll('form')) {
  const method = (form.getAttribute('method') || '').toLowerCase(), own = [...form.elements];
  const sends = own.filter(e => e.matches('button:not([type=button]):not([type=reset]),input[type=submit],input[type=image]') && !e.hidden && !e.closest('[hidden]'));
  if (method !== 'get' && method !== 'post') wrong.push('a form without a method: ' + tell(form));
  if (form.hasAttribute('data-script')) continue;
  if (!sends.length) wrong.push('a form that nothing sends: ' + tell(form));
  for (const e of sends) if (!named(e)) wrong.push('a button without words: ' + tell(e));
  const files = own.some(e => e.type === 'file');
  if (files && form.enctype !== 'multipart/form-data') wrong.push('a form that loses its files: ' + tell(form));
  for (const e of own) if (e.matches('input:not([type=submit]),select,textarea') && !e.name && !e.disabled) wrong.push('a field that is not sent: ' + tell(e));
}
for (const e of document.querySelectorAll('a')) if (!e.hasAttribute('href') && e.localName === 'a' && !(e instanceof SVGElement)) wrong.push('a link to nowhere: ' + tell(e));
for (const e of document.querySelectorAll('a[href],button')) if (shown(e) && !named(e) && !e.querySelector('svg title,[aria-label]')) wrong.push('no words on ' + tell(e));
return wrong;

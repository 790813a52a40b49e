// What does not fit the page as it lies now: too wide, too small to hit, too small to read.
// Asked with {large: whether large print is on}.
const large = arguments[0].large, wrong = [], root = document.documentElement;
const least = large ? 18 : 14, body = large ? 22 : 17, target = 44, main = 60;
const near = (a, b) => Math.abs(a - b) < 0.51;
const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden' && !e.closest('.vh,.skip');
const tell = e => (e.outerHTML.split('>')[0] + '> ' + e.textContent.trim().replace(/\s+/g, ' ').slice(0, 24)).slice(0, 140);
// 1. Nothing pushes the page sideways.
if (root.scrollWidth > root.clientWidth) {
  const clipped = e => { for (let p = e.parentElement; p; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
  const out = [...document.querySelectorAll('body *')].filter(e => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 0.5 && !clipped(e));
  wrong.push('too wide by ' + (root.scrollWidth - root.clientWidth) + ': ' + out.slice(0, 3).map(tell).join(' | '));
}
// 2. A thumb finds every target; a link in the middle of a sentence is text.
const sentence = e => getComputedStyle(e).display === 'inline';
for (const e of document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')) {
  if (!shown(e) || sentence(e) && e.localName === 'a') continue;
  const part = e.matches('[type=radio],[type=checkbox]') ? e.closest('label') || e : e;
  const { width, height } = part.getBoundingClientRect();
  const must = large && e.matches('.btn:not(.quiet):not(.sm),.in') ? main : target;
  if (height < must - 0.51 || width < target - 0.51) wrong.push('a target of ' + Math.round(width) + '×' + Math.round(height) + ': ' + tell(e));
}
// 3. Everybody can read it. Words in a drawing shrink with it: a plan of booths that is drawn too
// small stands after its list.
if (!near(parseFloat(getComputedStyle(document.body).fontSize), body)) wrong.push('body text of ' + getComputedStyle(document.body).fontSize);
const after = e => { const plan = e.closest('.plan-map'), list = plan && plan.parentElement.querySelector('.plan-list'); return list && list.getBoundingClientRect().top < plan.getBoundingClientRect().top; };
const read = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), told = new Set();
while (read.nextNode()) {
  const e = read.currentNode.parentElement;
  if (!read.currentNode.data.trim() || !e || !shown(e) || e.closest('script,style,option,title,[aria-hidden=true]')) continue;
  const scale = e instanceof SVGElement ? e.getScreenCTM().a : 1;
  const size = parseFloat(getComputedStyle(e).fontSize) * scale;
  if (size > least - 0.1 || e instanceof SVGElement && after(e)) continue;
  const name = 'text of ' + size.toFixed(1) + ': ' + tell(e);
  if (told.size < 5 && !told.has(e.className)) { told.add(e.className); wrong.push(name); }
}
return wrong;

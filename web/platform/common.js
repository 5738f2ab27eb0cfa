// What every page has: texts, calls of the platform's API, the header.
import { en } from './texts.js';

const chosen = localStorage.getItem('language');
// Chinese unless somebody chose otherwise here.
export const isEnglish = chosen === 'en';

export function t(zh, values = {}) {
  const text = (isEnglish && en[zh]) || zh.trim();
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (name in e && name !== 'list') e[name] = value;
    else e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

const SVG = 'http://www.w3.org/2000/svg';
export function svg(tag, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// Lucide (ISC), 24 grid.
const shapes = {
  phone: ['M7 2h10a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z', 'M12 18h.01'],
  tick: ['M20 6 9 17l-5-5'],
  no: ['M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z', 'M4.9 4.9l14.2 14.2'],
  alert: ['M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z', 'M12 8v4', 'M12 16h.01'],
  qr: ['M4 3h4a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z',
    'M16 3h4a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1h-4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z',
    'M4 15h4a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-4a1 1 0 0 1 1-1z',
    'M21 16h-3a2 2 0 0 0-2 2v3', 'M21 21v.01', 'M12 7v3a2 2 0 0 1-2 2H7', 'M3 12h.01', 'M12 3h.01', 'M12 16v.01', 'M16 12h1', 'M21 12v.01', 'M12 21v-1'],
  screen: ['M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z', 'M8 21h8', 'M12 17v4'],
  shield: ['M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z', 'm9 12 2 2 4-4'],
  inbox: ['M22 12h-6l-2 3h-4l-2-3H2', 'M5.45 5.11 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.45-6.89A2 2 0 0 0 16.76 4H7.24a2 2 0 0 0-1.79 1.11z'],
};
export function icon(name, size = 20) {
  return svg('svg', { viewBox: '0 0 24 24', width: size, height: size, fill: 'none', stroke: 'currentColor',
    'stroke-width': size >= 32 ? 1.75 : 2, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true', class: 'icon' },
  ...shapes[name].map((d) => svg('path', { d })));
}

// --- the API --------------------------------------------------------------

// An answer that is no success, in the words of its problem+json.
export class Problem extends Error {
  constructor(body) {
    super(body.code);
    this.code = body.code;
    this.status = body.status;
    this.seconds = body.seconds;
    this.text = (isEnglish ? body.title : body.title_zh) || body.title;
    if (body.code === 'limited' && body.seconds) this.text += isEnglish ? `. ${t('请在 {n} 秒后再试', { n: body.seconds })}` : `（${t('请在 {n} 秒后再试', { n: body.seconds })}）`;
  }
}

let csrf = '';
export const setCsrf = (token) => { csrf = token; };

const offline = { code: 'offline', status: 0, title: 'Offline: check and try again', title_zh: '网络已断开，请检查后重试' };

export async function call(method, path, body) {
  const headers = { Accept: 'application/json' };
  if (method === 'POST') headers['Content-Type'] = 'application/json';
  if (csrf) headers['X-BZT-CSRF'] = csrf;
  const answer = await fetch(path, { method, headers, cache: 'no-store', body: method === 'POST' ? JSON.stringify(body || {}) : undefined })
    .catch(() => { throw new Problem(offline); });
  const text = await answer.text();
  let value = {};
  try { value = text ? JSON.parse(text) : {}; } catch { value = { code: 'internal', status: answer.status, title: 'Temporarily unavailable', title_zh: '服务暂不可用，请稍后再试' }; }
  if (!answer.ok) throw new Problem(value);
  return value;
}

// The user, or null.
export async function me() {
  try {
    const user = await call('GET', '/api/me');
    setCsrf(user.csrf);
    return user;
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

// --- times ----------------------------------------------------------------

const two = (n) => String(n).padStart(2, '0');
// Beijing time, whatever the computer's zone.
export function time(ms) {
  const d = new Date(ms + 8 * 3600e3);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}
export const clock = (ms) => time(ms).slice(11);
export const day = (ms) => time(ms).slice(0, 10);
export function left(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}
export function machine() {
  const a = navigator.userAgent;
  const system = /Windows/.test(a) ? 'Windows' : /iPhone|iPad/.test(a) ? 'iOS' : /Mac OS/.test(a) ? 'macOS' : /Android/.test(a) ? 'Android' : /Linux/.test(a) ? 'Linux' : '-';
  const browser = /Edg\//.test(a) ? 'Edge' : /Firefox\//.test(a) ? 'Firefox' : /Chrome\//.test(a) ? 'Chrome' : /Safari\//.test(a) ? 'Safari' : '-';
  return `${system}·${browser}`;
}

// --- the page -------------------------------------------------------------

export function facts(rows) {
  return el('dl', { className: 'facts' }, ...rows.filter(Boolean).map(([name, value, mono]) =>
    el('div', {}, el('dt', {}, t(name)), el('dd', { className: mono ? 'bzt-code' : 'bzt-num' }, value))));
}

export function notice(kind, text, code) {
  const box = el('div', { className: `notice ${kind}`, role: kind === 'danger' ? 'alert' : 'status' },
    icon(kind === 'danger' ? 'alert' : kind === 'success' ? 'tick' : 'inbox'), el('p', {}, text));
  if (code) box.append(el('small', {}, `${t('错误编号')} ${code}`));
  return box;
}

// Two ribbons of sine curves, faded towards the text.
export function lines(box) {
  const paths = [];
  for (let ribbon = 0; ribbon < 2; ribbon++) {
    for (let i = 0; i < 14; i++) {
      let d = '';
      for (let x = 0; x <= 1440; x += 24) {
        const phase = x / (ribbon ? 170 : 240) + ribbon * 1.9;
        const y = 100 + Math.sin(phase) * (10 + i * 5) * Math.cos(x / 520 + ribbon) + (ribbon ? 14 : -14);
        d += `${x ? 'L' : 'M'}${x} ${y.toFixed(1)}`;
      }
      paths.push(svg('path', { d }));
    }
  }
  box.append(svg('svg', { viewBox: '0 0 1440 200', preserveAspectRatio: 'none', 'aria-hidden': 'true', class: 'lines' }, ...paths));
}

function logo() {
  return svg('svg', { viewBox: '0 0 48 48', width: 44, height: 44, fill: 'none', stroke: 'currentColor', 'stroke-width': 2.5, 'aria-hidden': 'true' },
    svg('circle', { cx: 24, cy: 24, r: 22 }), svg('path', { d: 'M13 25 24 13l11 12' }), svg('path', { d: 'M9 31c5-5 9-5 15 0s10 5 15 0' }));
}

async function logOut() {
  await call('POST', '/api/logout').catch(() => {});
  location.href = '/login';
}

function switchLanguage() {
  localStorage.setItem('language', isEnglish ? 'zh' : 'en');
  location.reload();
}

export function drawHeader(site, user) {
  const here = location.pathname;
  const link = (path, text, match = [path]) => el('a', { href: path, className: match.includes(here) ? 'here' : '', ...(match.includes(here) ? { 'aria-current': 'page' } : {}) }, t(text));
  const nav = el('nav', { 'aria-label': 'main' }, link('/', '首页', ['/', '/login']));
  if (user) {
    nav.append(link('/account', '我的账号'), link('/records', '登录记录'),
      el('a', { href: '/account#bind', className: 'bind' }, icon('qr'), t('扫码绑定证书')),
      el('button', { type: 'button', className: 'plain', onclick: logOut }, t('退出')));
  }
  document.querySelector('header').replaceChildren(el('div', { className: 'wide' },
    el('a', { href: '/', className: 'brand' }, logo(), el('span', {}, el('b', {}, t(site.name)), el('small', { className: 'bzt-code' }, site.domain))), nav));
  document.title = t(site.name);
  const footer = document.querySelector('footer');
  footer.replaceChildren(`${t(site.name)}　${t('演示系统，数据均为虚构')}　`,
    el('button', { type: 'button', className: 'plain', onclick: switchLanguage, lang: isEnglish ? 'zh-CN' : 'en' }, isEnglish ? '中文' : 'English'));
}

// Texts that stand in the HTML: data-t.
export function translate() {
  document.documentElement.lang = isEnglish ? 'en' : 'zh-CN';
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t(e.textContent);
}

export async function open() {
  translate();
  const [site, user] = await Promise.all([call('GET', '/api/site'), me()]);
  drawHeader(site, user);
  return { site, user };
}

// Loading for longer than 8 s says so; an error says what to do.
export async function start(run) {
  const main = document.querySelector('main');
  const slow = setTimeout(() => main.prepend(notice('', t('网络较慢，仍在加载'))), 8000);
  try {
    await run(await open());
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const box = notice('danger', problem.text, problem.code);
    box.append(el('button', { type: 'button', className: 'button', onclick: () => location.reload() }, t('重试')));
    main.prepend(box);
  } finally {
    clearTimeout(slow);
    document.body.classList.add('ready');
  }
}

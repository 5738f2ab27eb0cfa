// Home: what opens soon, and the way in - by password, or by scanning.
import { call, day, el, icon, lines, notice, Problem, setCsrf, start, t } from './common.js';
import { Widget } from './widget.js';

// Invented; days from today.
const tenders = [
  ['施工', '沂海新区滨河路综合提升工程（二标段）施工', 0, '14:00'],
  ['监理', '沂海新区滨河路综合提升工程（二标段）监理', 0, '14:00'],
  ['货物', '沂海市第三水厂膜处理设备采购', 2, '09:30'],
  ['服务', '沂海市智慧停车平台运维服务（三年）', 4, '09:30'],
  ['施工', '临岳县中心医院门诊楼外立面改造', 8, '10:00'],
  ['设计', '青屿片区海绵城市专项设计', 11, '09:30'],
];

function drawTenders() {
  document.getElementById('tenders').replaceChildren(...tenders.map(([kind, name, days, at]) => el('li', {},
    el('span', { className: 'tag' }, t(kind)), el('span', { className: 'name' }, name),
    el('span', { className: 'at bzt-num' }, `${day(Date.now() + days * 86400e3).slice(5)} ${at}`),
    el('span', { className: days ? 'in' : 'in today' }, days === 0 ? t('今天开标') : days === 1 ? t('明天开标') : t('{n} 天后', { n: days })))));
  document.getElementById('promise').append(icon('shield', 16), t('登录、盖章、开标全程留痕，可公开验章'));
}

const card = document.getElementById('login');
let widget = null;

function corner(text, name, onclick) {
  return el('button', { type: 'button', className: 'corner', onclick, 'aria-label': t(text) },
    el('span', {}, t(text)), el('i', {}, icon(name, 24)));
}

function showPassword() {
  if (widget) widget.stop();
  const login = el('input', { name: 'login', autocomplete: 'username', maxLength: 64, autocapitalize: 'none', spellcheck: false });
  const password = el('input', { name: 'password', type: 'password', autocomplete: 'current-password', maxLength: 64 });
  const message = el('div', { className: 'message' });
  const button = el('button', { className: 'button' }, t('登录'));
  const form = el('form', { noValidate: true, onsubmit: submit },
    el('label', {}, el('span', {}, t('账号')), login), el('label', {}, el('span', {}, t('密码')), password), message, button);
  async function submit(event) {
    event.preventDefault();
    const missing = !login.value ? ['请填写账号', login] : !password.value ? ['请填写密码', password] : null;
    if (missing) {
      message.replaceChildren(notice('danger', t(missing[0])));
      missing[1].focus();
      return;
    }
    button.disabled = true;
    button.textContent = t('正在登录…');
    try {
      const user = await call('POST', '/api/login', { login: login.value, password: password.value });
      setCsrf(user.csrf);
      location.href = '/account';
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      message.replaceChildren(notice('danger', problem.text, problem.code));
      button.disabled = false;
      button.textContent = t('登录');
      password.select();
    }
  }
  card.replaceChildren(corner('扫码登录', 'qr', showScan), el('h2', {}, t('密码登录')), form,
    el('p', { className: 'foot' }, t('首次使用请先用密码登录，再扫码绑定证书')));
}

function showScan() {
  const box = el('div', {});
  card.replaceChildren(corner('账号登录', 'screen', showPassword), el('h2', {}, t('标证通扫码登录')),
    el('p', { className: 'lead' }, t('打开手机上的标证通，点“开始扫码”')), box);
  widget = new Widget(box, { begin: '/api/scan-login', to: '登录到', doneText: '已登录', doneHint: '正在进入…', onDone: () => { location.href = '/account'; } });
  widget.begin();
}

function showUser(user) {
  card.replaceChildren(el('h2', {}, t('您已登录')), el('p', { className: 'lead' }, user.organisation),
    el('a', { className: 'button', href: '/account' }, t('进入我的账号')));
}

start(({ user }) => {
  drawTenders();
  lines(document.getElementById('ground'));
  if (user) showUser(user);
  else if (location.hash === '#scan') showScan();
  else showPassword();
});

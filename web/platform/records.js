// What was verified: each login and binding with its exact signed bytes.
import { call, el, facts, icon, start, t, time } from './common.js';

const main = document.getElementById('main');
const base64 = (text) => text.replace(/-/g, '+').replace(/_/g, '/');

function bytes(name, text) {
  return el('div', { className: 'bytes' }, el('h3', {}, t(name)), el('pre', { className: 'bzt-code', tabIndex: 0 }, base64(text)));
}

function download(record) {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(record, null, 2)}\n`], { type: 'application/json' }));
  const link = el('a', { href: url, download: `${record.request}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function row(record) {
  const h = record.holder;
  const kind = record.kind === 'bind' ? '绑定证书' : '扫码登录 ';
  return el('details', { className: 'card record' },
    el('summary', {}, el('span', { className: 'tag success' }, icon('tick', 16), t(kind)),
      el('span', { className: 'name' }, h.organisation || h.name), el('span', { className: 'at bzt-num' }, time(record.at))),
    facts([['证书持有人', h.name], h.organisation && ['企业名称', h.organisation], h.uscc && ['统一社会信用代码', h.uscc, true],
      [record.kind === 'bind' ? '绑定到' : '登录到', record.domain, true], ['签名时间', time(h.signed_at)], ['验证时间', time(record.at)],
      ['操作号', record.operation, true], ['请求编号', record.request, true], ['证书指纹', h.certificate_sm3, true], ['算法', record.algorithm, true]]),
    bytes('签名原文（DER，Base64）', record.message), bytes('签名值（DER，Base64）', record.signature), bytes('证书（DER，Base64）', record.certificate),
    el('button', { type: 'button', className: 'button quiet', onclick: () => download(record) }, t('下载这条记录')));
}

async function more(list, button, before) {
  button.disabled = true;
  const page = await call('GET', `/api/records${before ? `?before=${before}` : ''}`);
  list.append(...page.records.map(row));
  button.disabled = false;
  button.hidden = !page.next;
  button.onclick = () => more(list, button, page.next);
  return page.records.length;
}

start(async ({ user }) => {
  if (!user) {
    location.replace('/login');
    return;
  }
  const list = el('div', { className: 'list' });
  const button = el('button', { type: 'button', className: 'button quiet', hidden: true }, t('更早的记录'));
  main.replaceChildren(el('h1', {}, t('登录记录')), el('p', { className: 'lead' }, t('每次扫码登录和绑定都保留原始签名，任何人都可以再次验证')), list, button);
  if (await more(list, button, '')) return;
  list.append(el('div', { className: 'card empty' }, icon('inbox', 40), el('p', {}, t('还没有记录。扫码登录或绑定证书后会出现在这里')),
    ...(user.certificate ? [] : [el('a', { className: 'button', href: '/account#bind' }, t('绑定标证通证书'))])));
});

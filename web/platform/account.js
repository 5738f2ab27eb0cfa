// The account: the organisation as registered, and the certificate bound to it.
import { day, el, facts, icon, me, notice, start, t, time } from './common.js';
import { Widget } from './widget.js';

const main = document.getElementById('main');
let widget = null;
let dialog = null;

function openDialog(onBound) {
  const box = el('div', {});
  const close = () => dialog.close();
  dialog = el('dialog', { className: 'card dialog', 'aria-labelledby': 'bind-title' },
    el('button', { type: 'button', className: 'plain close', onclick: close }, t('关闭')),
    el('h2', { id: 'bind-title' }, t('绑定标证通证书')),
    el('p', { className: 'lead' }, t('用标证通扫码，把证书绑定到本账号')), box);
  dialog.addEventListener('close', () => { widget.stop(); dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
  widget = new Widget(box, { begin: '/api/bind', to: '绑定到', doneText: '绑定成功', onDone: () => { close(); onBound(); } });
  widget.begin();
}

function certificateCard(user, redraw) {
  const c = user.certificate;
  const head = el('div', { className: 'head' }, el('h2', {}, t('标证通证书')),
    el('span', { className: c ? 'tag success' : 'tag' }, icon(c ? 'tick' : 'no', 16), t(c ? '已绑定' : '未绑定')));
  const open = () => openDialog(() => redraw(true));
  if (!c) {
    return el('section', { className: 'card', id: 'bind' }, head,
      el('div', { className: 'empty' }, icon('qr', 40), el('p', {}, t('还没有绑定证书。绑定后可以扫码登录，不用密码'))),
      el('p', { className: 'hint' }, t('手机证书的企业名称和统一社会信用代码必须与上面登记的完全一致')),
      el('button', { type: 'button', className: 'button', onclick: open }, icon('qr'), t('绑定标证通证书')));
  }
  return el('section', { className: 'card', id: 'bind' }, head,
    facts([['证书持有人', c.holder], ['有效期至', day(c.not_after)], ['绑定时间', time(c.bound_at)], ['证书指纹', c.sm3.replace(/(.{8})/g, '$1 ').trim(), true]]),
    el('p', { className: 'row' }, el('button', { type: 'button', className: 'button quiet', onclick: open }, icon('qr'), t('更换绑定的证书')),
      el('a', { href: '/records' }, t('查看登录记录'))));
}

function draw(user, isNew) {
  const redraw = async (bound) => draw(await me(), bound);
  main.replaceChildren(el('h1', {}, t('我的账号')),
    ...(isNew ? [notice('success', t('证书已绑定。下次可以直接扫码登录'))] : []),
    el('section', { className: 'card' }, el('h2', {}, t('企业')),
      facts([['企业名称', user.organisation], ['统一社会信用代码', user.uscc, true], ['登录账号', user.login, true]])),
    certificateCard(user, redraw));
}

function goToBinding() {
  if (location.hash !== '#bind') return;
  const card = document.getElementById('bind');
  if (!card) return;
  card.scrollIntoView({ block: 'center' });
  card.querySelector('button').focus();
}

start(({ user }) => {
  if (!user) {
    location.replace('/login');
    return;
  }
  draw(user, false);
  goToBinding();
  addEventListener('hashchange', goToBinding);
});

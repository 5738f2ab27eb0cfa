// The QR widget: one request from its code to its end.
//   new Widget(box, { begin: '/api/bind', to: '绑定到', doneText, onDone })
// begin() asks for a request; nothing is fetched before.
import { call, clock, el, facts, icon, left, machine, Problem, setCsrf, svg, t, isEnglish } from './common.js';

const QUIET = 4;

// Dark modules, row by row, as bits.
function draw(code, { size, modules }) {
  const bytes = atob(modules.replace(/-/g, '+').replace(/_/g, '/'));
  let d = '';
  for (let i = 0; i < size * size; i++) {
    if (bytes.charCodeAt(i >> 3) >> (7 - (i & 7)) & 1) d += `M${i % size + QUIET} ${Math.floor(i / size) + QUIET}h1v1h-1z`;
  }
  code.setAttribute('viewBox', `0 0 ${size + 2 * QUIET} ${size + 2 * QUIET}`);
  code.firstChild.setAttribute('d', d);
}

export class Widget {
  constructor(box, options) {
    this.options = options;
    this.code = svg('svg', { class: 'code', viewBox: '0 0 1 1', 'shape-rendering': 'crispEdges', role: 'img', 'aria-label': t('扫码登录') }, svg('path', { d: '' }));
    this.ring = svg('rect', { x: 2, y: 2, width: 276, height: 276, rx: 12, pathLength: 100, class: 'life' });
    this.face = el('div', { className: 'face' }, this.code);
    this.cover = el('div', { className: 'cover', hidden: true });
    this.state = el('p', { className: 'state', 'aria-live': 'polite' });
    this.hint = el('p', { className: 'hint' });
    this.actions = el('p', { className: 'actions' });
    this.short = el('div', { className: 'short' });
    this.facts = el('div', {});
    box.replaceChildren(el('div', { className: 'widget' },
      el('div', { className: 'frame' },
        svg('svg', { viewBox: '0 0 280 280', class: 'ring', 'aria-hidden': 'true' }, svg('rect', { x: 2, y: 2, width: 276, height: 276, rx: 12 }), this.ring),
        this.face, this.cover),
      this.state, this.hint, this.actions, this.short, this.facts));
    this.run = 0;
  }

  say(kind, text, hint = '') {
    this.state.className = `state ${kind}`;
    this.state.replaceChildren(el('span', { className: 'dot' }), text);
    this.hint.textContent = hint;
  }

  show(...nodes) {
    this.face.replaceChildren(...nodes);
  }

  act(...buttons) {
    this.actions.replaceChildren(...buttons.map(([text, run, main]) => el('button', { type: 'button', className: main ? 'button' : 'plain', onclick: run }, t(text))));
  }

  // Cover the code: with one button, or without.
  block(text, button) {
    this.cover.replaceChildren(el('p', {}, text));
    if (button) this.cover.append(el('button', { type: 'button', className: 'button', onclick: () => this.begin() }, t(button)));
    this.cover.hidden = false;
  }

  async begin() {
    const run = this.stop();
    this.ended = false;
    this.cover.hidden = true;
    this.show(el('div', { className: 'wait' }));
    this.say('', t('正在生成二维码…'));
    this.act();
    this.short.replaceChildren();
    try {
      const request = await call('POST', this.options.begin);
      if (run !== this.run) return;
      this.request = request;
      this.skew = Date.now() - request.begun_at;
      this.until = request.decide_until;
      this.life = request.decide_until - request.begun_at;
      this.version = request.version;
      this.follow(run);
    } catch (problem) {
      if (run === this.run) this.failed(problem);
    }
  }

  // Stop whatever runs; its later answers are of an older run.
  stop() {
    if (this.events) this.events.close();
    clearInterval(this.timer);
    this.events = null;
    this.polling = false;
    return ++this.run;
  }

  failed(problem) {
    const text = problem instanceof Problem ? problem.text : String(problem);
    this.show(el('div', { className: 'icon-40 danger' }, icon('alert', 40)));
    this.say('danger', text, problem.code ? `${t('错误编号')} ${problem.code}` : '');
    this.act(['重试', () => this.begin(), true]);
  }

  follow(run) {
    const { api, page_token: token, domain, begun_at: begun } = this.request;
    this.left = el('span', {});
    this.facts.replaceChildren(facts([[this.options.to, domain, true], ['本机', machine()], ['发起时间', clock(begun)], ['剩余时间', this.left]]));
    this.offerShort();
    this.state_ = 'created';
    this.tries = 0;
    this.timer = setInterval(() => this.tick(), 500);
    this.tick();
    this.events = new EventSource(`${api}/rp/v1/page/events?token=${token}`);
    this.events.addEventListener('qr', (e) => this.onQr(JSON.parse(e.data)));
    this.events.addEventListener('state', (e) => this.onState(JSON.parse(e.data), run));
    this.events.addEventListener('open', () => { this.tries = 0; if (!this.ended) this.cover.hidden = true; });
    this.events.addEventListener('error', () => this.onError(run));
  }

  onQr(qr) {
    if (this.ended || this.state_ !== 'created') return;
    if (!this.code.isConnected) this.show(this.code);
    draw(this.code, qr);
    if (!this.state.classList.contains('waiting')) this.say('waiting', t('等待扫码'), t('二维码每秒更新，截图和转发无效'));
  }

  onState(s, run) {
    this.state_ = s.state;
    this.until = s.decide_until || this.until;
    const phone = el('div', { className: 'icon-40' }, icon('phone', 40));
    const number = el('div', { className: 'number bzt-num', 'aria-label': String(s.number) }, s.number);
    if (s.state === 'scanned' || s.state === 'confirming') {
      this.life = Math.max(this.until - this.now(), 1000);
      this.short.replaceChildren();
      clearInterval(this.shortTimer);
      this.act(['不是我', () => this.cancel()]);
      this.show(s.number ? number : phone);
      this.say('waiting', t(s.number ? '请在手机上选择数字' : s.state === 'scanned' ? '已扫码，请在手机上核对' : '等待手机确认'),
        s.number ? t('已扫码，请在手机上核对') : '');
    } else if (s.state !== 'created') {
      this.events.close();
      this.act();
      this.short.replaceChildren();
      clearInterval(this.shortTimer);
      if (s.state === 'done') {
        this.show(phone);
        this.say('waiting', t('正在核验签名和证书…'));
      }
      this.poll(run);
    }
  }

  onError(run) {
    if (this.ended || run !== this.run) return;
    this.tries++;
    const gone = this.events.readyState === EventSource.CLOSED;
    this.block(gone ? t('暂时无法取得二维码') : t('网络已断开，正在重连（第 {n} 次）', { n: this.tries }), gone ? '刷新' : '');
    this.poll(run); // it may have ended meanwhile
  }

  // The platform's word counts: it has verified what came back.
  async poll(run) {
    if (this.polling) return;
    this.polling = true;
    while (run === this.run && !this.ended) {
      try {
        const r = await call('GET', `/api/requests/${this.request.request}?wait=20&version=${this.version}`);
        this.version = r.version;
        if (run === this.run) this.onResult(r);
      } catch (problem) {
        if (run !== this.run) break;
        if (problem.code !== 'offline' && !problem.code.startsWith('unavail')) { this.stop(); this.failed(problem); break; }
        await new Promise((resolve) => { setTimeout(resolve, 2000); });
      }
    }
  }

  onResult(r) {
    const text = isEnglish ? r.message_en : r.message_zh;
    if (!['done', 'refused', 'expired', 'failed'].includes(r.state)) return;
    this.ended = true;
    this.stop();
    this.cover.hidden = true;
    this.act();
    this.short.replaceChildren();
    this.ring.setAttribute('stroke-dasharray', '0 100');
    this.left.textContent = '—';
    if (r.state === 'done') {
      if (r.user) setCsrf(r.user.csrf);
      this.show(el('div', { className: 'icon-40 success' }, icon('tick', 40)));
      this.say('success', t(this.options.doneText), this.options.doneHint ? t(this.options.doneHint) : '');
      setTimeout(() => this.options.onDone(r), 1000);
    } else if (r.state === 'expired') {
      this.show(this.code);
      this.say('', t('二维码已过期'), text);
      this.block(t('二维码已过期'), '刷新');
    } else if (r.state === 'refused') {
      this.show(el('div', { className: 'icon-40' }, icon('no', 40)));
      this.say('', text || t('手机上已拒绝'));
      this.act(['重新发起', () => this.begin(), true]);
    } else {
      this.show(el('div', { className: 'icon-40 danger' }, icon('alert', 40)));
      this.say('danger', text || t('未能完成'), r.reason ? `${t('错误编号')} ${r.reason}` : '');
      this.act(['重新发起', () => this.begin(), true]);
    }
  }

  async cancel() {
    this.act();
    await call('POST', `/api/requests/${this.request.request}/cancel`).catch(() => {});
    this.poll(this.run);
  }

  now() {
    return Date.now() - this.skew;
  }

  tick() {
    const rest = this.until - this.now();
    this.left.textContent = left(rest);
    this.ring.setAttribute('stroke-dasharray', `${Math.max(0, Math.min(100, rest / this.life * 100))} 100`);
    if (rest < -3000 && !this.ended) this.poll(this.run);
  }

  // --- the short code: for a phone whose camera cannot see this screen ------

  offerShort() {
    clearInterval(this.shortTimer);
    this.short.replaceChildren(el('button', { type: 'button', className: 'plain', onclick: () => this.fetchShort() }, t('手机无法扫码？')));
  }

  async fetchShort() {
    const { api, page_token: token } = this.request;
    const run = this.run;
    clearInterval(this.shortTimer);
    try {
      const answer = await fetch(`${api}/rp/v1/page/code?token=${token}`, { method: 'POST', credentials: 'omit' });
      if (!answer.ok) throw new Error('no code');
      const { short_code: code, expires_at: until } = await answer.json();
      if (run !== this.run) return;
      const hint = el('small', {});
      this.short.replaceChildren(el('p', {}, t('短码'), ' ', el('b', { className: 'bzt-code' }, `${code.slice(0, 4)} ${code.slice(4)}`)), hint);
      const tick = () => {
        const n = Math.min(60, Math.ceil((until - this.now()) / 1000));
        hint.textContent = t('在手机上点“输入短码”，{n} 秒后更新', { n: Math.max(0, n) });
        if (n <= 0 && run === this.run && this.state_ === 'created') this.fetchShort();
      };
      tick();
      this.shortTimer = setInterval(tick, 1000);
    } catch {
      if (run !== this.run) return;
      this.offerShort();
      this.short.append(el('small', {}, t('暂时取不到短码，请稍后再试')));
    }
  }
}

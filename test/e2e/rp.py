"""A business system in Python: speaks /rp/v1 and plays the browser's page.
Its SM2 is doc/protocol/reference.py, so nothing here is our C code."""
import hashlib, json, os, secrets, socket, sys, threading, time, urllib.request
from lab import SOURCE, Http, Problem, b64, id_bytes, id_text, unb64

sys.path.insert(0, str(SOURCE / 'doc/protocol'))
import reference as ref


def sm3(data):
    return hashlib.new('sm3', data).digest()


def sm2_sign(d, message):
    """r || s with the default id, as GB/T 32918.2."""
    P = ref.mul(d, ref.G)
    e = ref.digest(P, message)
    while True:
        k = secrets.randbelow(ref.n - 1) + 1
        r = (e + ref.mul(k, ref.G)[0]) % ref.n
        s = ref.inv(1 + d) * (k - r * d) % ref.n
        if r and s and (r + k) % ref.n:
            return ref.i2b(r) + ref.i2b(s)


def statement(label, payload):
    return label.encode() + b'\0' + payload


class Page:
    """The page in the browser: one event stream, read as it comes."""

    def __init__(self, rp, token):
        self.rp, self.token, self.events = rp, token, []
        self.changed = threading.Condition()
        request = urllib.request.Request(
            f'{rp.lab.api}/rp/v1/page/events?token={token}',
            headers={'Origin': rp.origin, 'User-Agent': 'lab browser',
                     'Accept': 'text/event-stream'})
        self.answer = urllib.request.urlopen(request, context=rp.lab.context,
                                             timeout=200)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = data = None
        try:
            for line in self.answer:
                line = line.decode().rstrip('\n')
                if line.startswith('event:'):
                    event = line[6:].strip()
                elif line.startswith('data:'):
                    data = line[5:].strip()
                elif not line and data is not None:
                    with self.changed:
                        self.events.append((event, json.loads(data)))
                        self.changed.notify_all()
                    event = data = None
        except (OSError, ValueError, AttributeError):  # closed meanwhile
            pass
        with self.changed:
            self.events.append(('end', {}))
            self.changed.notify_all()

    def wait(self, kind, test=lambda data: True, seconds=15):
        """The latest event of a kind for which test holds."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for k, data in reversed(self.events):
                    if k == kind and test(data):
                        return data
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f'no {kind}: {self.events[-3:]}')
                self.changed.wait(left)

    def qr(self):
        """The text that is on the screen now."""
        seen = len(self.events)
        with self.changed:
            while not any(k == 'qr' for k, _ in self.events[seen:]):
                if not self.changed.wait(5):
                    raise AssertionError('the QR does not change')
            return [d for k, d in self.events if k == 'qr'][-1]['text']

    def number(self):
        return self.wait('state', lambda d: d['number'])['number']

    def short_code(self):
        http = Http(self.rp.lab.api, self.rp.lab.context)
        return http('POST', f'/rp/v1/page/code?token={self.token}',
                    headers={'Origin': self.rp.origin})['short_code']

    def close(self):
        try:  # close() alone would wait for the reader's next line
            self.answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass


class Rp:
    """Registered with the lab's operator under a domain of its own."""

    def __init__(self, lab, name='测试业务系统', domain='localhost', port=None,
                 webhook=None):
        self.lab = lab
        self.domain = domain if port is None else f'{domain}:{port}'
        self.origin = f'https://{self.domain}'
        folder = lab.home / f'rp{lab.next_number()}'
        folder.mkdir()
        self.id = lab.register_rp(name, domain, folder / 'key',
                                  folder / 'cert', webhook)
        self.d = int.from_bytes((folder / 'key').read_bytes(), 'big')
        self.http = Http(lab.api, lab.context)

    def describe(self, kind='login', **changes):
        now = int(time.time() * 1000) - 1000
        d = dict(v=1, kind=kind, rp=self.id, domain=self.domain,
                 title='登录演示平台' if kind == 'login' else '绑定标证通证书',
                 organisation=None, account=None,
                 browser=b64(secrets.token_bytes(32)),
                 nonce=b64(secrets.token_bytes(16)), created_at=now,
                 expires_at=now + 300000)
        d.update(changes)
        return json.dumps(d, ensure_ascii=False, separators=(',', ':')).encode()

    def call(self, method, target, body=None, d=None, id=None, at=None,
             nonce=None, headers=None, timeout=40):
        raw = b'' if body is None else json.dumps(body).encode()
        at = at or int(time.time() * 1000)
        nonce = nonce or b64(secrets.token_bytes(16))
        lines = [method, target, id or self.id, str(at), nonce,
                 sm3(raw).hex()]
        payload = ''.join(line + '\n' for line in lines).encode()
        sig = sm2_sign(d or self.d, statement('bzt-http-1', payload))
        all_headers = {'Authorization':
                       f'BZT-SM2 id={id or self.id},at={at},nonce={nonce},'
                       f'sig={b64(sig)}'}
        all_headers.update(headers or {})
        return self.http(method, target, headers=all_headers, timeout=timeout,
                         raw=raw if body is not None else None)

    def request(self, kind='login', description=None, signature=None, key=None,
                **changes):
        description = description or self.describe(kind, **changes)
        signature = signature or sm2_sign(
            self.d, statement('bzt-description-1', description))
        return self.call('POST', '/rp/v1/requests',
                         dict(description=b64(description),
                              signature=b64(signature)),
                         headers={'Idempotency-Key': key or secrets.token_hex(8)})

    def page(self, made):
        return Page(self, made['page_token'])

    def get(self, made, wait=0, version=0):
        query = f'?wait={wait}&version={version}' if wait else ''
        return self.call('GET', f'/rp/v1/requests/{made["id"]}{query}')

    def verify(self, result):
        """The signature of a result, by the reference: no code of ours."""
        r = result['result']
        der = unb64(r['certificate'])
        # subjectPublicKey: the last BIT STRING of 66 bytes before extensions.
        at = der.index(b'\x03\x42\x00\x04') + 3
        P = ref.dec(der[at:at + 65])
        sig = unb64(r['signature'])
        n = sig[3]
        rr = int.from_bytes(sig[4:4 + n], 'big')
        s = int.from_bytes(sig[6 + n:], 'big')
        message = unb64(r['message'])
        return ref.verify(P, ref.digest(P, message), rr, s)


def sign_with(lab, rp, phone, kind='login', pin=None, **changes):
    """The whole way of one request: page, scan, confirm, result."""
    made = rp.request(kind, **changes)
    page = rp.page(made)
    try:
        request = phone.run('scan', page.qr())
        options = {}
        if request['numbers']:
            options['number'] = page.number()
        phone.confirm(request['id'], pin=pin, **options)
        return rp.get(made, wait=20)
    finally:
        page.close()

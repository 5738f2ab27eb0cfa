"""Accounts, certificates and staff over HTTP: a real bztd, the real sandbox,
no nginx.  BZTD and BZT_SANDBOX name the programs."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import socket
import struct
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
SOURCE = os.environ.get('BZT_SOURCE') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, os.path.join(SOURCE, 'test', 'tools'))
sys.path.insert(0, os.path.join(SOURCE, 'doc', 'protocol'))
import reference as ref  # noqa: E402
import tap  # noqa: E402

PHONE = '13800138000'
USCC = '91370100MA3C4KQR0Q'
TOTP_SECRET = b'0123456789abcdefghij'


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def id_text(kind, data):
    return kind + '_' + base64.b32encode(data).decode().rstrip('=').lower()


def id_number(i):
    text = f'37010219900307{i:03d}'
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return text + '10X98765432'[sum(
        int(c) * w for c, w in zip(text, weights)) % 11]


def totp(at):
    mac = hmac.new(TOTP_SECRET, struct.pack('>Q', int(at) // 30),
                   hashlib.sha1).digest()
    offset = mac[19] & 15
    value = struct.unpack('>I', mac[offset:offset + 4])[0] & 0x7fffffff
    return f'{value % 1000000:06d}'


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Browser:
    """One client: cookies and the CSRF header."""

    def __init__(self, root):
        self.socket = os.path.join(root, 'http.sock')
        self.cookies, self.csrf, self.headers = {}, None, {}

    def raw(self, method, path, body=None, headers=None):
        head = dict(headers or {})
        if self.cookies:
            head['Cookie'] = '; '.join(f'{k}={v}'
                                       for k, v in self.cookies.items())
        if self.csrf:
            head['X-BZT-CSRF'] = self.csrf
        c = Unix(self.socket)
        try:
            c.request(method, path, body, head)
            answer = c.getresponse()
            self.headers = answer.headers
            for line in answer.headers.get_all('Set-Cookie') or []:
                name, value = line.split(';')[0].split('=', 1)
                self.cookies[name] = value
            return answer.status, answer.read()
        finally:
            c.close()

    def __call__(self, method, path, body=None, expect=200):
        data = None if body is None else json.dumps(body).encode()
        status, text = self.raw(method, path, data, {
            'Content-Type': 'application/json'} if data else None)
        assert status == expect or (expect == 200 and status == 204), (
            method, path, status, text.decode())
        return json.loads(text) if text else None

    def problem(self, status, code, method, path, body=None):
        answer = self(method, path, body, status)
        assert self.headers['Content-Type'] == 'application/problem+json'
        assert answer['code'] == code, answer
        assert answer['title'].isascii() and answer['title_zh'], answer
        assert re.search('[\u4e00-\u9fff]', answer['title_zh']), answer
        return answer


class Installation:
    def __init__(self, root, limits=''):
        self.root = root
        os.chmod(root, 0o700)
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        self.write('key', secrets.token_hex(32))
        self.write('sandbox.conf', f'''[sandbox]
port = {self.port}
[sms]
key_file = {root}/key
[police]
key_file = {root}/key
''')
        self.write('bztd.conf', f'''[server]
socket = {root}/http.sock
[store]
url = sqlite:{root}/db
[site]
name = 示范交易中心
app_origin = https://app.example
api_origin = https://api.example
public = {root}/public.json
settings = {root}/settings.json
[vault]
master_key = {root}/master.key
[sms]
url = http://127.0.0.1:{self.port}/sms
key_file = {root}/key
[realname]
police_url = http://127.0.0.1:{self.port}/police
police_key_file = {root}/key
[outside]
timeout_ms = 2000
[limits]
{limits}
''')

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, 0o600)

    def __enter__(self):
        conf = ['--config', os.path.join(self.root, 'bztd.conf')]
        done = subprocess.run([os.environ['BZTD'], 'init', *conf],
                              capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr
        self.setup_code = done.stdout.split()[-1]
        self.log = open(os.path.join(self.root, 'log'), 'w+')
        self.programs = [
            subprocess.Popen([os.environ['BZT_SANDBOX'], '--config',
                              os.path.join(self.root, 'sandbox.conf')],
                             stderr=self.log),
            subprocess.Popen([os.environ['BZTD'], *conf], stderr=self.log)]
        for ask in (lambda: self.browser()('GET', '/health'),
                    lambda: self.sandbox('/health')):
            for _ in range(600):
                try:
                    ask()
                    break
                except OSError:
                    time.sleep(0.05)
            else:
                raise AssertionError('no answer')
        return self

    def __exit__(self, *_):
        for p in self.programs:
            p.terminate()
        for p in self.programs:
            p.wait(30)
        self.log.close()

    def browser(self):
        return Browser(self.root)

    def sandbox(self, path, body=None):
        url = f'http://127.0.0.1:{self.port}{path}'
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(url, data, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def script(self, target, outcome, n=1):
        self.sandbox('/script', {'target': target, 'outcome': outcome, 'n': n})

    def code(self, phone):
        return self.sandbox(f'/inbox?phone={phone}')['messages'][0]['code']

    def login(self, phone=PHONE):
        b = self.browser()
        b('POST', '/app/v1/sms', {'phone': phone, 'purpose': 'login'}, 204)
        answer = b('POST', '/app/v1/login/sms',
                   {'phone': phone, 'code': self.code(phone)})
        b.csrf = answer['csrf']
        return b, answer

    def person(self, phone=PHONE, name='张三', i=1):
        b, answer = self.login(phone)
        b('POST', '/app/v1/realname', {'provider': 'police', 'name': name,
                                       'id_number': id_number(i)})
        return b, answer

    def staff(self):
        b = self.browser()
        b('POST', '/staff/v1/setup', {
            'code': self.setup_code, 'login': 'admin', 'password': 's3cret!',
            'totp_secret': b64(TOTP_SECRET), 'totp': totp(time.time())}, 204)
        answer = b('POST', '/staff/v1/login', {
            'login': 'admin', 'password': 's3cret!',
            'totp': totp(time.time() + 30)})
        b.csrf = answer['csrf']
        return b, answer


def public(root):
    with open(os.path.join(root, 'public.json'), encoding='utf-8') as f:
        return json.load(f)


def register_device(b, root):
    device, key = secrets.token_bytes(16), secrets.token_bytes(32)
    transport = ref.dec(unb64(public(root)['transport_key']))
    sealed = ref.seal(transport, key + device,
                      secrets.randbelow(ref.n - 2) + 1)
    b('POST', '/app/v1/devices', {'device_id': id_text('dev', device),
                                  'name': '我的手机', 'sealed': b64(sealed)},
      204)
    return device, key


def item_for(b, subject):
    return next(i for i in b('GET', '/app/v1/catalogue')['items']
                if i['subject'] == subject)


def test_a_person_signs_up_and_an_enterprise_is_approved(tree):
    with Installation(tree.root) as x:
        b, answer = x.person()
        assert answer['person']['phone_masked'] == '138****8000'
        assert answer['device_id'] is None
        cookie = b.headers.get('Set-Cookie', '')
        me = b('GET', '/app/v1/me')
        assert me['person']['real_name']['name_masked'] == '张*'
        assert PHONE not in json.dumps(me)
        register_device(b, tree.root)
        assert b('GET', '/app/v1/devices')['devices'][0]['current'] is True

        ent = b('POST', '/app/v1/enterprises', {
            'name': '示例建设有限公司', 'uscc': USCC, 'legal_name': '王五',
            'legal_id': id_number(9)})
        assert ent['role'] == 'admin' and ent['state'] == 'claimed'
        app = b('POST', '/app/v1/applications', {
            'catalogue_id': item_for(b, 'enterprise')['id'],
            'enterprise_id': ent['id']})
        assert app['state'] == 'submitted' and app['subject'] is None

        staff, who = x.staff()
        assert who['staff']['roles'] == ['operator', 'reviewer']
        queue = staff('GET', '/staff/v1/applications')['applications']
        assert [a['id'] for a in queue] == [app['id']]
        assert queue[0]['applicant']['name'] == '张*'
        full = staff('GET', f'/staff/v1/applications/{app["id"]}')
        assert full['applicant']['id_number'] == id_number(1)
        staff.problem(400, 'bad_field', 'POST',
                      f'/staff/v1/applications/{app["id"]}/review',
                      {'decision': 'reject'})
        staff('POST', f'/staff/v1/applications/{app["id"]}/review',
              {'decision': 'approve'})
        app = b('GET', f'/app/v1/applications/{app["id"]}')
        assert app['state'] == 'approved'
        assert app['subject']['serial_number'] == USCC
        assert app['subject']['cn'] == '示例建设有限公司'
        kinds = [m['kind'] for m in b('GET', '/app/v1/messages')['messages']]
        assert sorted(kinds) == ['application_approved',
                                 'application_submitted', 'device_added']
        message = b('GET', '/app/v1/messages')['messages'][0]
        b('POST', f'/app/v1/messages/{message["id"]}/read', None, 204)
        assert b('GET', '/app/v1/messages')['unread'] == 2
        b('POST', '/app/v1/logout', None, 204)
        b.problem(401, 'unauthenticated', 'GET', '/app/v1/me')
        assert not cookie or 'HttpOnly' in cookie


def test_session_cookies_are_hardened(tree):
    with Installation(tree.root) as x:
        b = x.browser()
        b('POST', '/app/v1/sms', {'phone': PHONE, 'purpose': 'login'}, 204)
        b('POST', '/app/v1/login/sms', {'phone': PHONE, 'code': x.code(PHONE)})
        cookie = b.headers['Set-Cookie']
        for part in '__Host-bzt=', 'HttpOnly', 'Secure', 'SameSite=Strict', \
                'Path=/':
            assert part in cookie, cookie
        assert 'no-store' in b.headers['Cache-Control']
        # without the CSRF header nothing is changed
        b.problem(403, 'csrf', 'POST', '/app/v1/logout')
        b.csrf = b64(bytes(32))
        b.problem(403, 'csrf', 'POST', '/app/v1/logout')
        # an app session is no staff session
        b.cookies['__Host-bzt-staff'] = b.cookies['__Host-bzt']
        b.problem(401, 'unauthenticated', 'GET', '/staff/v1/applications')


def test_wrong_codes_and_passwords_are_told_apart(tree):
    with Installation(tree.root, 'sms_minute = 0') as x:
        b = x.browser()
        b.problem(403, 'wrong_sms_code', 'POST', '/app/v1/login/sms',
                  {'phone': PHONE, 'code': '123456'})
        b('POST', '/app/v1/sms', {'phone': PHONE, 'purpose': 'login'}, 204)
        code = x.code(PHONE)
        wrong = f'{(int(code) + 1) % 1000000:06d}'
        b.problem(403, 'wrong_sms_code', 'POST', '/app/v1/login/sms',
                  {'phone': PHONE, 'code': wrong})
        b.csrf = b('POST', '/app/v1/login/sms',
                   {'phone': PHONE, 'code': code})['csrf']
        x.browser().problem(403, 'sms_code_used', 'POST', '/app/v1/login/sms',
                            {'phone': PHONE, 'code': code})
        b.problem(400, 'bad_password_form', 'POST', '/app/v1/password',
                  {'password': '12345'})
        b('POST', '/app/v1/password', {'password': 'abc-123'}, 204)
        other = x.browser()
        for _ in range(3):
            other.problem(403, 'wrong_password', 'POST',
                          '/app/v1/login/password',
                          {'phone': PHONE, 'password': 'abc-124'})
        p = other.problem(429, 'limited', 'POST', '/app/v1/login/password',
                          {'phone': PHONE, 'password': 'abc-123'})
        assert p['seconds'] == 1 and other.headers['Retry-After'] == '1'
        time.sleep(1.1)
        other('POST', '/app/v1/login/password',
              {'phone': PHONE, 'password': 'abc-123'})


def test_codes_are_limited(tree):
    with Installation(tree.root) as x:
        b = x.browser()
        body = {'phone': PHONE, 'purpose': 'login'}
        b('POST', '/app/v1/sms', body, 204)
        p = b.problem(429, 'limited', 'POST', '/app/v1/sms', body)
        assert 50 <= p['seconds'] <= 60 and p['retryable'] is True
        assert int(b.headers['Retry-After']) == p['seconds']


def test_outages_outside_are_unavailable_here(tree):
    with Installation(tree.root, 'sms_minute = 0') as x:
        b, _ = x.login()
        body = {'phone': PHONE, 'purpose': 'login'}
        for outcome in 'down', 'half', 'refuse':
            x.script('sms', outcome)
            b.problem(503, 'unavailable', 'POST', '/app/v1/sms', body)
            assert b.headers['Retry-After']
        question = {'provider': 'police', 'name': '张三',
                    'id_number': id_number(1)}
        for outcome in 'down', 'half', 'slow':
            x.script('police', outcome)
            b.problem(503, 'unavailable', 'POST', '/app/v1/realname', question)
        x.script('police', 'refuse')
        b.problem(422, 'real_name_refused', 'POST', '/app/v1/realname',
                  question)
        b('POST', '/app/v1/realname', question)


def test_real_names_gate_and_are_unique(tree):
    with Installation(tree.root) as x:
        b, _ = x.login()
        claim = {'name': '甲公司', 'uscc': USCC, 'legal_name': '王五',
                 'legal_id': id_number(9)}
        p = b.problem(403, 'real_name_required', 'POST', '/app/v1/enterprises',
                      claim)
        assert p['title_zh'] == '尚未实名认证，无法操作'
        bad = id_number(1)[:-1] + ('0' if id_number(1)[-1] != '0' else '1')
        b.problem(400, 'bad_id_number', 'POST', '/app/v1/realname', {
            'provider': 'police', 'name': '张三', 'id_number': bad})
        b.problem(422, 'real_name_refused', 'POST', '/app/v1/realname', {
            'provider': 'police', 'name': '拒绝者', 'id_number': id_number(1)})
        b.problem(400, 'real_name_provider', 'POST', '/app/v1/realname', {
            'provider': 'alipay', 'name': '张三', 'id_number': id_number(1)})
        b('POST', '/app/v1/realname', {
            'provider': 'police', 'name': '张三', 'id_number': id_number(1)})
        b('POST', '/app/v1/enterprises', claim)
        b.problem(400, 'bad_uscc', 'POST', '/app/v1/enterprises',
                  dict(claim, uscc='91370100MA3C4KQR0A'))
        other, _ = x.login('13900139000')
        other.problem(409, 'id_number_taken', 'POST', '/app/v1/realname', {
            'provider': 'police', 'name': '张三', 'id_number': id_number(1)})
        other('POST', '/app/v1/realname', {
            'provider': 'police', 'name': '李四', 'id_number': id_number(2)})
        other.problem(409, 'duplicate', 'POST', '/app/v1/enterprises', claim)


def test_fields_are_checked_before_anything_else(tree):
    with Installation(tree.root) as x:
        b, _ = x.person()
        path = '/app/v1/enterprises'
        good = {'name': '甲公司', 'uscc': USCC, 'legal_name': '王五',
                'legal_id': id_number(9)}
        for name in good:
            for value in None, 7, '', [], {}, True, 'x' * 400, 'a\nb':
                p = b.problem(400, 'bad_field', 'POST', path,
                              dict(good, **{name: value}))
                assert p['field'] == name, (name, value, p)
            p = b.problem(400, 'bad_field', 'POST', path,
                          {k: v for k, v in good.items() if k != name})
            assert p['field'] == name
        p = b.problem(400, 'bad_field', 'POST', path, dict(good, extra=1))
        assert p['field'] == 'extra'
        kind = {'Content-Type': 'application/json'}
        for raw, code in ((b'{', 'bad_json'), (b'[]', 'bad_field'),
                          (b'{"name":"\xff"}', 'bad_utf8'),
                          (b'{"name":"a","name":"b"}', 'bad_json'),
                          (b'{"a":' * 5000, 'bad_json')):
            status, text = b.raw('POST', path, raw, kind)
            assert status == 400, (raw[:20], status, text)
            assert json.loads(text)['code'] in (code, 'bad_json'), text
        status, text = b.raw('POST', path, b' ' * 70000, kind)
        assert status == 413 and json.loads(text)['code'] == 'too_large'
        for phone in '1380013800', '23800138000', '1380013800x', 13800138000:
            b.problem(400, 'bad_field', 'POST', '/app/v1/sms',
                      {'phone': phone, 'purpose': 'login'})


def test_foreign_ids_do_not_exist(tree):
    with Installation(tree.root) as x:
        b, _ = x.person()
        app = b('POST', '/app/v1/applications', {
            'catalogue_id': item_for(b, 'personal')['id']})
        other, _ = x.person('13900139000', '李四', 2)
        register_device(other, tree.root)
        for path in (f'/app/v1/applications/{app["id"]}',
                     '/app/v1/applications/app_x', '/app/v1/entries/etr_x',
                     f'/app/v1/entries/{id_text("etr", bytes(16))}',
                     f'/app/v1/applications/{id_text("app", bytes(16))}'):
            other.problem(404, 'not_found', 'GET', path)
        message = b('GET', '/app/v1/messages')['messages'][0]
        other.problem(404, 'not_found', 'POST',
                      f'/app/v1/messages/{message["id"]}/read')
        b.problem(409, 'conflict', 'POST', '/app/v1/applications', {
            'catalogue_id': item_for(b, 'personal')['id']})
        b.problem(400, 'bad_field', 'POST', '/app/v1/applications', {
            'catalogue_id': item_for(b, 'enterprise')['id']})


def test_an_altered_point_registers_no_phone(tree):
    with Installation(tree.root) as x:
        b, _ = x.login()
        device = secrets.token_bytes(16)
        transport = ref.dec(unb64(public(tree.root)['transport_key']))
        sealed = bytearray(ref.seal(transport, bytes(32) + device, 12345))
        body = {'device_id': id_text('dev', device), 'name': 'x'}
        for i, code in ((5, 'bad_point'), (70, 'decrypt_failed'),
                        (140, 'decrypt_failed')):
            sealed[i] ^= 1
            b.problem(400, code, 'POST', '/app/v1/devices',
                      dict(body, sealed=b64(bytes(sealed))))
            sealed[i] ^= 1
        other = id_text('dev', secrets.token_bytes(16))
        b.problem(400, 'decrypt_failed', 'POST', '/app/v1/devices',
                  dict(body, device_id=other, sealed=b64(bytes(sealed))))
        b('POST', '/app/v1/devices', dict(body, sealed=b64(bytes(sealed))),
          204)


def test_messages_arrive_as_events(tree):
    with Installation(tree.root) as x:
        b, _ = x.person()
        c = Unix(os.path.join(tree.root, 'http.sock'))
        c.request('GET', '/app/v1/events', headers={
            'Cookie': f'__Host-bzt={b.cookies["__Host-bzt"]}'})
        stream = c.getresponse()
        assert stream.headers['Content-Type'].startswith('text/event-stream')
        time.sleep(0.3)
        app = b('POST', '/app/v1/applications', {
            'catalogue_id': item_for(b, 'personal')['id']})
        lines = []
        while not any(line.startswith('data:') for line in lines):
            lines.append(stream.readline().decode().strip())
        assert 'event: message' in lines, lines
        message = b('GET', '/app/v1/messages')['messages'][0]
        assert message['subject'] == app['id']
        assert message['id'] in lines[-1]
        c.close()


def test_the_ca_publishes(tree):
    with Installation(tree.root) as x:
        b, _ = x.person()
        ca = item_for(b, 'personal')['ca']['id']
        for path, kind in (('certificate', 'application/pkix-cert'),
                           ('root', 'application/pkix-cert'),
                           ('crl', 'application/pkix-crl')):
            status, der = b.raw('GET', f'/ca/v1/{ca}/{path}')
            assert status == 200 and der[0] == 0x30, (path, status)
            assert b.headers['Content-Type'] == kind
        root = unb64(public(tree.root)['ca_roots'][0])
        assert b.raw('GET', f'/ca/v1/{ca}/root')[1] == root
        status, answer = b.raw('POST', f'/ca/v1/{ca}/ocsp', b'nonsense',
                               {'Content-Type': 'application/ocsp-request'})
        assert status == 200 and answer == bytes.fromhex('30030a0101')
        assert b.headers['Content-Type'] == 'application/ocsp-response'
        assert b.raw('GET', f'/ca/v1/{ca}/ocsp/%2B%2F')[1] == answer
        b.problem(404, 'not_found', 'GET',
                  f'/ca/v1/{id_text("ca", bytes(16))}/crl')


def test_staff_calls_need_staff(tree):
    with Installation(tree.root) as x:
        b, _ = x.login()
        for method, path in (('GET', '/staff/v1/applications'),
                             ('GET', '/staff/v1/catalogue'),
                             ('POST', '/staff/v1/logout')):
            b.problem(401, 'unauthenticated', method, path)
        b.problem(403, 'setup_code', 'POST', '/staff/v1/setup', {
            'code': 'x', 'login': 'admin', 'password': 's3cret!',
            'totp_secret': b64(TOTP_SECRET), 'totp': totp(time.time())})
        staff, _ = x.staff()
        code = staff('POST', '/staff/v1/staff', {'roles': 'reviewer'})['code']
        colleague = x.browser()
        colleague('POST', '/staff/v1/setup', {
            'code': code, 'login': 'second', 'password': 's3cret!',
            'totp_secret': b64(TOTP_SECRET), 'totp': totp(time.time())}, 204)
        colleague.csrf = colleague('POST', '/staff/v1/login', {
            'login': 'second', 'password': 's3cret!',
            'totp': totp(time.time() + 30)})['csrf']
        colleague('GET', '/staff/v1/applications')
        colleague.problem(403, 'forbidden', 'GET', '/staff/v1/catalogue')
        item = dict(item_for(b, 'personal'))
        new = staff('POST', '/staff/v1/catalogue', {
            'province': '浙江省', 'platform': '某平台', 'ca_id': item['ca']['id'],
            'subject': 'personal', 'product': '个人', 'validity_days': 30,
            'fee_cents': 0, 'attachments': ['form']})
        items = staff('GET', '/staff/v1/catalogue')['items']
        assert any(i['id'] == new['id'] and i['attachments'] == ['form']
                   for i in items)
        staff('POST', f'/staff/v1/catalogue/{new["id"]}/withdraw', None, 204)
        assert all(i['id'] != new['id']
                   for i in b('GET', '/app/v1/catalogue')['items'])


def test_settings_are_served_as_they_lie_there(tree):
    with Installation(tree.root) as x:
        b = x.browser()
        b.problem(503, 'unavailable', 'GET', '/app/v1/site')
        for text in '{"payload":"a"}', '{"payload":"b"}':
            x.write('settings.json', text)
            assert b.raw('GET', '/app/v1/site') == (200, text.encode())


def test_logs_hold_no_personal_data(tree):
    with Installation(tree.root) as x:
        b, _ = x.person(name='欧阳锋')
        b('POST', '/app/v1/enterprises', {
            'name': '甲公司', 'uscc': USCC, 'legal_name': '王五',
            'legal_id': id_number(9)})
        x.log.flush()
        with open(os.path.join(tree.root, 'log'), encoding='utf-8') as f:
            log = f.read()
        for secret in PHONE, id_number(1), id_number(9), '欧阳锋', \
                b.cookies['__Host-bzt'], b.csrf:
            assert secret not in log, secret


tap.main(sys.modules[__name__])

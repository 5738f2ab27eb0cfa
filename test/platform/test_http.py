"""bzt-platform as a program, with a bztd that does not answer: its pages,
its own API, what it refuses, what it writes."""
import base64
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
SOURCE = os.environ.get('BZT_SOURCE') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, os.path.join(SOURCE, 'test', 'tools'))
import tap  # noqa: E402

PROGRAM = os.environ.get('BZT_PLATFORM', 'bzt-platform')
BZT = os.environ.get('BZT', 'bzt')
USCC = '91350100M000100Y43'
ORIGIN = 'https://platform.example:8445'


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, answer):
        self.status, self.headers = answer.status, answer.headers
        self.body = answer.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json['code']


class Platform:
    def __init__(self, tree):
        self.root, self.cookies, self.csrf = tree.root, {}, None
        self.socket = os.path.join(self.root, 'http.sock')
        self.config = os.path.join(self.root, 'platform.conf')
        self.make_site()
        tree.write('platform.conf', f'''[server]
socket = {self.socket}
threads = 2
[store]
path = {self.root}/store
[rp]
id = rp_aaaaaaaaaaaaaaaaaaaaaaaaaa
key = {self.root}/rp.key
domain = platform.example:8445
[site]
settings = {self.root}/settings.json
site_key = {self.root}/site/site.pub
''')

    def bzt(self, *words):
        subprocess.run([BZT, *words], check=True, capture_output=True)

    def make_site(self):
        site = f'{self.root}/site'
        self.bzt('site', 'init', '--dir', site, '--name', '测试')
        with open(f'{site}/site.pub', encoding='ascii') as f:
            key = f.read().strip()
        with open(f'{site}/rp-ca.der', 'rb') as f:
            root = base64.urlsafe_b64encode(f.read()).rstrip(b'=').decode()
        with open(f'{self.root}/public.json', 'w', encoding='utf-8') as f:
            json.dump(dict(v=1, name='测试', app='https://127.0.0.1:1',
                           api='https://127.0.0.1:1', transport_key=key,
                           webhook_key=key, audit_key=key,
                           ca_roots=[root]), f)
        self.bzt('site', 'sign', '--dir', site, '--public',
                 f'{self.root}/public.json', '--out',
                 f'{self.root}/settings.json')
        self.bzt('site', 'rp', '--dir', site, '--name', '平台', '--domain',
                 'platform.example', '--key', f'{self.root}/rp.key', '--cert',
                 f'{self.root}/rp.der')

    def run(self, *words, **options):
        return subprocess.run([PROGRAM, *words], capture_output=True,
                              text=True, timeout=30, **options)

    def user_add(self, login='clerk', password='platform-1', uscc=USCC,
                 **options):
        words = ['--password', password] if password else []
        return self.run('user-add', '--config', self.config, '--login', login,
                        '--organisation', '沂海恒屹建设工程有限公司', '--uscc',
                        uscc, *words, **options)

    def __enter__(self):
        self.process = subprocess.Popen(
            [PROGRAM, '--config', self.config], stderr=subprocess.PIPE)
        for _ in range(200):
            if os.path.exists(self.socket):
                return self
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.05)
        raise AssertionError('no socket')

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert self.process.returncode == 0, self.log
        assert not os.path.exists(self.socket)

    def __call__(self, method, path, body=None, raw=None, **headers):
        data = raw if raw is not None else (
            None if body is None else json.dumps(body))
        names = {k.replace('_', '-'): v for k, v in headers.items()}
        if data is not None:
            names.setdefault('Content-Type', 'application/json')
        if self.cookies:
            names.setdefault('Cookie', '; '.join(
                f'{k}={v}' for k, v in self.cookies.items()))
        if self.csrf:
            names.setdefault('X-BZT-CSRF', self.csrf)
        c = Unix(self.socket)
        c.request(method, path, data, names)
        answer = Answer(c.getresponse())
        c.close()
        for line in answer.headers.get_all('Set-Cookie') or []:
            name, value = line.split(';')[0].split('=', 1)
            self.cookies[name] = value
        return answer

    def raw(self, text):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(self.socket)
        s.sendall(text.encode())
        s.shutdown(socket.SHUT_WR)
        out = b''
        while True:
            try:
                part = s.recv(65536)
            except OSError:
                break
            if not part:
                break
            out += part
        s.close()
        return out.decode(errors='replace')

    def log_in(self, login='clerk', password='platform-1'):
        answer = self('POST', '/api/login',
                      dict(login=login, password=password))
        if answer.status == 200:
            self.csrf = answer.json['csrf']
        return answer


def test_user_add_says_what_is_wrong(tree):
    p = Platform(tree)
    assert p.user_add().returncode == 0
    assert 'exist' in p.user_add().stderr.lower()
    for options in (dict(login='../x'), dict(login='A'), dict(password='short'),
                    dict(uscc=USCC[:-1] + '4')):
        done = p.user_add(**{'login': 'other', **options})
        assert done.returncode == 1 and done.stderr, options
    assert p.user_add(login='piped', password=None,
                      input='platform-9\n').returncode == 0
    assert p.run('user-add', '--config', p.config).returncode == 2
    assert p.run('--config').returncode == 2
    assert p.run().returncode == 2
    names = os.listdir(f'{p.root}/store/users')
    assert sorted(names) == ['clerk.json', 'piped.json'], names


def test_configuration_is_checked(tree):
    p = Platform(tree)
    with open(p.config, encoding='utf-8') as f:
        good = f.read()
    for change, told in ((('socket = ', 'sokcet = '), 'sokcet'),
                         (('id = rp_a', 'id = rp_A'), 'client'),
                         (('threads = 2', 'threads = 0'), 'threads'),
                         (('/rp.key', '/site/site.pub'), 'site.pub'),
                         (('/settings.json', '/public.json'), 'client'),
                         (('/site/site.pub', '/rp.der'), 'rp.der')):
        tree.write('platform.conf', good.replace(*change))
        done = p.run('--config', p.config)
        assert done.returncode == 1 and told in done.stderr, (change, done)


def test_settings_of_another_site_are_refused(tree):
    p = Platform(tree)
    p.bzt('site', 'init', '--dir', f'{p.root}/other', '--name', '另一站点')
    with open(p.config, encoding='utf-8') as f:
        text = f.read()
    tree.write('platform.conf', text.replace('/site/site.pub',
                                             '/other/site.pub'))
    assert p.run('--config', p.config).returncode == 1


def test_pages_come_with_a_strict_policy(tree):
    with Platform(tree) as p:
        for path in ('/', '/login', '/account', '/records', '/favicon.ico',
                     '/assets/widget.js', '/assets/tokens.css'):
            answer = p('GET', path)
            assert answer.status == 200 and answer.body, path
            policy = answer.headers['Content-Security-Policy']
            assert 'unsafe' not in policy and "script-src 'self';" in policy
            assert "connect-src 'self' https://127.0.0.1:1;" in policy
            tag = answer.headers['ETag']
            again = p('GET', path, If_None_Match=tag)
            assert (again.status, again.body) == (304, b''), path
        for path in ('/assets/', '/assets/../main.c', '/assets/nothing.js',
                     '/index.html', '/login/', '//', '/api', '/api/nothing'):
            assert p('GET', path).status == 404, path


def test_pages_hold_no_inline_code(tree):
    with Platform(tree) as p:
        for path in ('/', '/account', '/records'):
            text = p('GET', path).body.decode()
            assert not re.search(r'<script(?![^>]*src=)|<style| style=| on\w+=',
                                 text), path
            for reference in re.findall(r'(?:src|href)="([^"]+)"', text):
                assert reference.startswith('/assets/'), reference
                assert p('GET', reference).status == 200, reference


def test_session_cookie_is_for_this_host_only(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        answer = p.log_in()
        assert answer.status == 200, answer.body
        cookie = answer.headers['Set-Cookie']
        assert cookie.startswith('__Host-platform=')
        for word in ('Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'):
            assert word in cookie.split('; '), cookie
        assert answer.headers['Cache-Control'] == 'no-store'
        assert p('GET', '/api/me').json['uscc'] == USCC
        before = p.cookies['__Host-platform']
        p.log_in()  # a new session; the one before is gone
        assert p('GET', '/api/me').status == 200
        assert p('GET', '/api/me',
                 Cookie=f'__Host-platform={before}').code == 'unauthenticated'


def test_logout_ends_the_session_for_good(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        p.log_in()
        cookie = f'__Host-platform={p.cookies["__Host-platform"]}'
        assert p('POST', '/api/logout', {}, X_BZT_CSRF='').code == 'csrf'
        assert p('POST', '/api/logout', {}).status == 204
        assert p('GET', '/api/me', Cookie=cookie).code == 'unauthenticated'


def test_wrong_passwords_are_answered_ever_later(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        for login in ('clerk', 'nobody'):
            codes = []
            while 'limited' not in codes and len(codes) < 8:
                answer = p.log_in(login, 'not-this-1')
                codes.append(answer.code)
            assert codes[:3] == ['wrong_password'] * 3, codes
            assert answer.status == 429, codes
            seconds = answer.json['seconds']
            assert seconds >= 1
            assert answer.headers['Retry-After'] == str(seconds)
        time.sleep(seconds + 0.1)
        while p.log_in().status != 200:
            time.sleep(0.5)


def test_calls_of_other_origins_are_refused(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        body = dict(login='clerk', password='platform-1')
        for headers in (dict(Origin='https://evil.example'),
                        dict(Origin='null'), dict(Sec_Fetch_Site='cross-site'),
                        dict(Sec_Fetch_Site='same-site')):
            assert p('POST', '/api/login', body, **headers).code == 'csrf'
            assert p('POST', '/api/scan-login', {}, **headers).code == 'csrf'
        assert p('POST', '/api/login', body, Origin=ORIGIN,
                 Sec_Fetch_Site='same-origin').status == 200
        p.csrf = None
        assert p('POST', '/api/bind', {}).code == 'csrf'
        assert p('POST', '/api/bind', {}, X_BZT_CSRF='A' * 43).code == 'csrf'


def test_bodies_are_checked(tree):
    with Platform(tree) as p:
        for raw, code in (('{', 'bad_json'), ('', 'bad_json'),
                          ('[]', 'bad_field'), ('null', 'bad_field'),
                          ('{"login":"a"}', 'bad_field'),
                          ('{"login":"a","password":1}', 'bad_field'),
                          ('{"login":"a","password":""}', 'bad_field'),
                          ('{"login":"a","password":"b","x":1}', 'bad_field'),
                          ('{"login":"a","login":"b","password":"c"}',
                           'bad_json'),
                          (b'{"login":"\xff","password":"c"}', 'bad_utf8'),
                          (json.dumps(dict(login='a', password='b' * 65)),
                           'bad_field'),
                          (' ' * 16385, 'too_large')):
            answer = p('POST', '/api/login', raw=raw)
            assert answer.code == code, (raw[:60], answer.body)
            assert answer.headers['Content-Type'] == 'application/problem+json'
            assert answer.json['title'] and answer.json['title_zh']
        assert p('POST', '/api/login', raw='a=b',
                 Content_Type='text/plain').code == 'media_type'
        field = p('POST', '/api/login',
                  dict(login='a', password='b', more=1)).json['field']
        assert field == 'more', field
        assert p('POST', '/api/scan-login', dict(a=1)).code == 'bad_field'


def test_methods_and_queries_are_checked(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        p.log_in()
        assert p('GET', '/api/login').code == 'method_not_allowed'
        assert p('DELETE', '/api/me').code == 'method_not_allowed'
        assert p('PUT', '/').code == 'method_not_allowed'
        for query in ('x=1', 'before=1&before=2', 'before', 'before=%41',
                      'before=1&', '='):
            assert p('GET', f'/api/records?{query}').code == 'bad_field', query
        assert p('GET', '/api/records?before=9').json['records'] == []
        for query in ('wait=26', 'wait=-1', 'wait=1x', 'wait='):
            assert p('GET', f'/api/requests/req_x?{query}').code == 'bad_field'
        assert p('GET', '/api/requests/req_x').code == 'not_found'


def test_one_message_is_one_request(tree):
    with Platform(tree) as p:
        inner = 'GET /api/site HTTP/1.1\r\nHost: x\r\n\r\n'
        told = p.raw('GET /api/me HTTP/1.1\r\nHost: x\r\nContent-Length: '
                     f'{len(inner)}\r\n\r\n{inner}')
        assert told.count('HTTP/1.1') == 1 and '400' in told, told
        told = p.raw('POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2'
                     '\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' + inner)
        assert told.count('HTTP/1.1 200') == 0, told
        for twice in ('Host: y', 'Cookie: a=b\r\nCookie: c=d'):
            told = p.raw(f'GET /api/site HTTP/1.1\r\nHost: x\r\n{twice}'
                         '\r\nConnection: close\r\n\r\n')
            assert 'HTTP/1.1 400' in told, told


def test_a_silent_bztd_is_said_so_and_nothing_is_kept(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        answer = p('POST', '/api/scan-login', {})
        assert (answer.status, answer.code) == (503, 'unavailable')
        p.log_in()
        answer = p('POST', '/api/bind', {})
        assert (answer.status, answer.code) == (503, 'unavailable')
        assert p('GET', '/api/me').json['certificate'] is None


def test_a_webhook_without_a_good_signature_is_refused(tree):
    with Platform(tree) as p:
        for raw in ('', '{', '{}', '{"payload":"e30","signature":"AA"}',
                    '{"payload":"e30","signature":"' + 'A' * 86 + '"}'):
            answer = p('POST', '/webhook', raw=raw)
            assert answer.status == 400, (raw, answer.status, answer.body)


def test_a_socket_in_use_is_not_taken(tree):
    with Platform(tree) as p:
        done = p.run('--config', p.config)
        assert done.returncode == 1, done
        assert p('GET', '/api/site').status == 200
    # One that a crash left behind is.
    left = socket.socket(socket.AF_UNIX)
    left.bind(p.socket)
    left.close()
    p.process = subprocess.Popen([PROGRAM, '--config', p.config],
                                 stderr=subprocess.PIPE)
    for _ in range(100):
        try:
            assert p('GET', '/api/site').status == 200
            break
        except OSError:
            time.sleep(0.05)
    p.__exit__()


def test_the_log_names_no_secrets(tree):
    p = Platform(tree)
    p.user_add()
    with p:
        p.log_in(password='not-this-1')
        p.log_in()
        p('POST', '/api/scan-login', {})
        secret = [*p.cookies.values(), p.csrf, 'platform-1', 'not-this-1']
    assert p.log
    for text in secret:
        assert text not in p.log


if __name__ == '__main__':
    tap.main(sys.modules[__name__])

"""A whole installation in a folder, for end-to-end tests: sandbox, bztd,
nginx and (where built) the platform, from the same configuration files as in
earnest, on free ports of 127.0.0.1.  As root the services run as an
unprivileged user, so programs and configuration are copied to where it can
read them.

    with Lab() as lab:
        phone = lab.phone().sign_up()
"""
import base64, json, os, pwd, re, shutil, socket, ssl, subprocess, sys, tempfile, time
import urllib.error, urllib.request
from pathlib import Path

SOURCE = Path(os.environ.get('BZT_SOURCE', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('BZT_BUILD', SOURCE / 'build'))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def id_text(prefix, data):
    return prefix + '_' + base64.b32encode(data).decode().rstrip('=').lower()


def id_bytes(text):
    body = text.split('_', 1)[1].upper()
    return base64.b32decode(body + '=' * (-len(body) % 8))


class Problem(Exception):
    """An answer that is no success: its problem+json and status."""

    def __init__(self, code, body=None, status=None):
        super().__init__(code)
        self.code, self.body, self.status = code, body or {}, status


class HungUp(Exception):
    """The connection ended without an answer."""


class Http:
    """One browser: cookies, CSRF, the lab's TLS root."""

    def __init__(self, origin, context):
        self.origin, self.context = origin, context
        self.cookies, self.csrf = {}, None

    def __call__(self, method, path, body=None, headers=None, raw=None,
                 timeout=40):
        data = raw if raw is not None else (
            None if body is None else json.dumps(body).encode())
        request = urllib.request.Request(self.origin + path, data=data,
                                         method=method)
        if body is not None or raw is not None:
            request.add_header('Content-Type', 'application/json')
        elif method == 'POST':
            request.data = b''
        if self.cookies:
            request.add_header('Cookie', '; '.join(
                f'{k}={v}' for k, v in self.cookies.items()))
        if self.csrf:
            request.add_header('X-BZT-CSRF', self.csrf)
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            answer = urllib.request.urlopen(request, context=self.context,
                                            timeout=timeout)
        except urllib.error.HTTPError as error:
            answer = error
        except (OSError, ConnectionError) as error:
            raise HungUp(str(error))
        self._keep_cookies(answer.headers.get_all('Set-Cookie') or [])
        text = answer.read()
        self.status, self.headers = answer.status, answer.headers
        kind = answer.headers.get('Content-Type', '')
        parsed = json.loads(text) if 'json' in kind and 'ndjson' not in kind \
            and text else text
        if answer.status >= 400:
            body = parsed if isinstance(parsed, dict) else {}
            raise Problem(body.get('code', f'http_{answer.status}'), body,
                          answer.status)
        return parsed

    def _keep_cookies(self, lines):
        for line in lines:
            name, _, value = line.split(';', 1)[0].partition('=')
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)


class Phone:
    """`bzt phone` in a folder of its own."""

    def __init__(self, lab, name, number=None):
        self.lab, self.name = lab, name
        self.folder = lab.home / 'phones' / name
        self.number = number or f'139{lab.next_number():08d}'

    def run(self, command, *args, **options):
        words = ['phone', command, '--dir', str(self.folder)]
        for option, value in options.items():
            words += ['--' + option.replace('_', '-'), str(value)]
        return self.lab.bzt(*words, *args)

    def init(self):
        self.folder.parent.mkdir(exist_ok=True)
        self.run('init', app=self.lab.app, site_key=self.lab.site / 'site.pub',
                 tls_roots=self.lab.tls / 'root.pem', name=self.name)
        return self

    def code(self):
        return self.lab.inbox(self.number)[0]['code']

    def login(self):
        self.run('sms', phone=self.number)
        self.run('login', phone=self.number, code=self.code())
        return self

    def sign_up(self, real_name='张三', id_number=None):
        self.init().login()
        self.real_name = real_name
        self.id_number = id_number or self.lab.id_number()
        self.run('realname', name=real_name, id_number=self.id_number)
        return self

    def catalogue(self, subject):
        items = self.run('get', 'catalogue')['items']
        return next(i for i in items if i['subject'] == subject)['id']

    def enterprise(self, name='滨江建设集团有限公司', uscc=None, pin='271828'):
        """Claim, apply, review, download: an enterprise certificate."""
        self.organisation, self.uscc = name, uscc or self.lab.uscc()
        claim = self.run('claim', name=name, uscc=self.uscc,
                         legal_name=self.real_name, legal_id=self.id_number)
        return self.certificate('enterprise', pin, claim['id'])

    def certificate(self, subject='personal', pin='271828', enterprise=None):
        options = {'enterprise': enterprise} if enterprise else {}
        application = self.run('apply', catalogue=self.catalogue(subject),
                               **options)['id']
        self.lab.review(application)
        self.pin, self.application = pin, application
        self.entry = self.run('download', application=application,
                              pin=pin)['id']
        return self

    def confirm(self, request, pin=None, **options):
        return self.run('confirm', request=request, pin=pin or self.pin,
                        **options)


class Lab:
    def __init__(self, store=None, programs=None, env=None, platform=True,
                 conf=''):
        self.store = store or os.environ.get('BZT_TEST_PG')
        self.env, self.extra = env or {}, conf
        self.build = Path(programs) if programs else BUILD
        self.with_platform = platform
        self.processes, self.numbers = {}, 0
        # A socket's path has 107 bytes at most, and /tmp may be private.
        self.home = Path(tempfile.mkdtemp(prefix='bzt-lab.', dir='/var/tmp'))
        os.chmod(self.home, 0o755)
        self.user = None
        if os.geteuid() == 0:
            self.user = pwd.getpwnam('nobody')
        for name in ('bin', 'etc', 'tls', 'run', 'data', 'nginx', 'log', 'www'):
            (self.home / name).mkdir()
        self.tls, self.site = self.home / 'tls', self.home / 'site'
        port = self._free_ports(4)
        self.ports = dict(zip(('app', 'api', 'platform', 'sandbox'), port))
        self.app = f'https://localhost:{self.ports["app"]}'
        self.api = f'https://localhost:{self.ports["api"]}'
        self.platform = f'https://localhost:{self.ports["platform"]}'
        self.sandbox = f'http://127.0.0.1:{self.ports["sandbox"]}'
        self.nginx = {}  # more values for share/nginx/fill
        self._open_postgres()

    # --- life ---------------------------------------------------------------

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.show_logs()
            self.stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.show_logs()
        self.stop()

    def start(self):
        self._copy_programs()
        self._make_tls()
        self._write_conf()
        self._give_away()
        self.setup_code = self._run_as('bztd', 'init', '--config',
                                       self.home / 'etc/bztd.conf').strip()
        self.bzt('site', 'init', '--dir', self.site, '--name', '测试站点')
        self.bzt('site', 'sign', '--dir', self.site,
                 '--public', self.home / 'data/public.json',
                 '--out', self.home / 'etc/settings.json')
        os.chmod(self.home / 'etc/settings.json', 0o644)
        self.launch('sandbox', 'bzt-sandbox', '--config',
                    self.home / 'etc/sandbox.conf')
        self.start_bztd()
        self._start_nginx()
        self.context = ssl.create_default_context(
            cafile=str(self.tls / 'root.pem'))
        self._wait(lambda: self.http(self.api)('GET', '/health') or True)
        self._wait(lambda: urllib.request.urlopen(self.sandbox + '/health'))
        self._staff()
        if self.with_platform:
            self._start_platform()

    def stop(self):
        for name in reversed(list(self.processes)):
            self.kill(name, 15)
        shutil.rmtree(self.home, ignore_errors=True)

    def start_bztd(self):
        sock = self.home / 'run/bztd.sock'
        if sock.exists():
            sock.unlink()
        self.launch('bztd', 'bztd', '--config', self.home / 'etc/bztd.conf',
                    env=self.env)
        self._wait(sock.exists)

    def launch(self, name, program, *args, env=None):
        log = open(self.home / f'log/{name}.log', 'ab')
        self.processes[name] = subprocess.Popen(
            [str(self.home / 'bin' / program), *map(str, args)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd='/', env=dict(os.environ, **(env or {})), **self._drop())
        log.close()

    def kill(self, name, signal=9):
        process = self.processes.pop(name, None)
        if not process:
            return
        process.send_signal(signal)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def show_logs(self):
        for log in sorted((self.home / 'log').glob('*.log')):
            lines = log.read_text(errors='replace').splitlines()[-25:]
            for line in lines:
                print(f'# {log.name}: {line}', file=sys.stderr)

    # --- parts --------------------------------------------------------------

    def _drop(self):
        if not self.user:
            return {}
        return dict(user=self.user.pw_uid, group=self.user.pw_gid,
                    extra_groups=[])

    def _run_as(self, program, *args):
        done = subprocess.run([str(self.home / 'bin' / program),
                               *map(str, args)], cwd='/', text=True,
                              capture_output=True,
                              env=dict(os.environ, **self.env), **self._drop())
        if done.returncode:
            raise RuntimeError(f'{program} {args[0]}: {done.stderr}')
        return done.stdout

    def _open_postgres(self):
        """tools/with-postgres keeps the socket's folder for its own user."""
        host = re.search(r'host=([^&]+)', self.store or '')
        if host and self.user:
            os.chmod(host[1], 0o711)

    def _copy_programs(self):
        for path in ('server/bztd', 'cli/bzt', 'sandbox/bzt-sandbox',
                     'platform/bzt-platform'):
            if (self.build / path).exists():
                shutil.copy(self.build / path, self.home / 'bin')

    def _make_tls(self):
        def openssl(*words):
            subprocess.run(['openssl', *words], cwd=self.tls, check=True,
                           capture_output=True)
        key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
               '-nodes']
        openssl('req', '-x509', *key, '-keyout', 'root.key', '-out',
                'root.pem', '-days', '30', '-subj', '/CN=BZT lab root',
                '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0',
                '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
        openssl('req', *key, '-keyout', 'leaf.key', '-out', 'leaf.csr',
                '-subj', '/CN=localhost')
        (self.tls / 'leaf.ext').write_text(
            'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n'
            'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
        openssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'root.pem', '-CAkey',
                'root.key', '-CAcreateserial', '-days', '29', '-extfile',
                'leaf.ext', '-out', 'leaf.pem')

    def _write_conf(self):
        home = self.home
        store = self.store or f'sqlite:{home}/data/bzt.db'
        for party in ('sms', 'police'):
            path = home / f'etc/{party}.key'
            path.write_text(os.urandom(32).hex() + '\n')
            path.chmod(0o600)
        (home / 'etc/bztd.conf').write_text(f'''
[server]
socket = {home}/run/bztd.sock
[store]
url = {store}
[site]
name = 测试站点
app_origin = {self.app}
api_origin = {self.api}
settings = {home}/etc/settings.json
public = {home}/data/public.json
[vault]
master_key = {home}/data/master.key
[audit]
head_ms = 500
[sms]
url = {self.sandbox}/sms
id = bzt
key_file = {home}/etc/sms.key
[realname]
police_url = {self.sandbox}/police
police_id = bzt
police_key_file = {home}/etc/police.key
[outside]
ca_file = {home}/tls/root.pem
[limits]
sms_minute = 0
sms_day = 0
sms_address_hour = 0
{self.extra}
''')
        (home / 'etc/sandbox.conf').write_text(f'''
[sandbox]
port = {self.ports["sandbox"]}
[sms]
id = bzt
key_file = {home}/etc/sms.key
[police]
id = bzt
key_file = {home}/etc/police.key
''')

    def _give_away(self):
        if not self.user:
            return
        for name in ('run', 'data', 'nginx', 'log'):
            os.chown(self.home / name, self.user.pw_uid, self.user.pw_gid)
        for path in [*(self.home / 'etc').glob('*.key'), self.tls / 'leaf.key']:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _start_nginx(self):
        home = self.home
        subprocess.run(
            [SOURCE / 'share/nginx/fill', home / 'etc/nginx',
             f'NGINX={home}/nginx', 'FILES=4096', f'LOG={home}/nginx/access.log',
             'RATE=10000', 'BURST=10000', 'LOGIN_RATE=10000',
             'LOGIN_BURST=10000', 'HSTS=',
             f'CERTIFICATE={self.tls}/leaf.pem', f'KEY={self.tls}/leaf.key',
             f'BZTD=server unix:{home}/run/bztd.sock;',
             f'PLATFORM={home}/run/platform.sock', f'WWW={home}/www',
             *[f'{NAME}_{what}' for NAME, name in (
                 ('APP', 'app'), ('API', 'api'), ('PLATFORM', 'platform'))
               for what in (f'LISTEN=127.0.0.1:{self.ports[name]}',
                            'NAME=localhost')],
             *[f'{name}={value}' for name, value in self.nginx.items()]],
            check=True)
        conf = home / 'etc/nginx/nginx.conf'
        text = conf.read_text()
        line = next(l for l in text.splitlines() if 'bzt.conf;' in l)
        conf.write_text(text.replace(
            line, line + '\n' + line.replace('bzt.conf', 'platform.conf')))
        log = open(home / 'log/nginx.log', 'ab')
        self.processes['nginx'] = subprocess.Popen(
            ['nginx', '-p', str(home / 'nginx'), '-e', 'stderr', '-c',
             str(home / 'etc/nginx/nginx.conf')],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._drop())
        log.close()

    def _start_platform(self):
        key, cert = self.home / 'etc/rp.key', self.home / 'etc/rp.der'
        self.rp = self.register_rp('演示交易平台', 'localhost', key, cert,
                                   webhook=f'{self.platform}/webhook')

    def _staff(self):
        self.operator = self.home / 'operator'
        self.bzt('staff', 'setup', '--dir', self.operator, '--api', self.api,
                 '--tls-roots', self.tls / 'root.pem', '--code',
                 self.setup_code, '--login', 'operator', '--password',
                 'operator-1')

    @staticmethod
    def _free_ports(n):
        sockets = [socket.socket() for _ in range(n)]
        for s in sockets:
            s.bind(('127.0.0.1', 0))
        ports = [s.getsockname()[1] for s in sockets]
        for s in sockets:
            s.close()
        return ports

    @staticmethod
    def _wait(test, seconds=20):
        end = time.monotonic() + seconds
        while True:
            try:
                if test():
                    return
            except (OSError, Problem, HungUp):
                pass
            if time.monotonic() > end:
                raise RuntimeError('it did not start')
            time.sleep(0.05)

    # --- use ----------------------------------------------------------------

    def bzt(self, *words):
        """Run bzt; its JSON line, or Problem with the code it printed."""
        done = subprocess.run([str(self.home / 'bin/bzt'), *map(str, words)],
                              capture_output=True, text=True)
        if done.returncode:
            found = re.search(r'^bzt: .* / .* \((\w+)\)', done.stderr, re.M)
            body = [json.loads(line) for line in done.stderr.splitlines()
                    if line.startswith('{')]
            raise Problem(found[1] if found else 'failed',
                          dict(body[0] if body else {}, stderr=done.stderr))
        return json.loads(done.stdout) if done.stdout.strip() else None

    def http(self, origin):
        return Http(origin, self.context)

    def inbox(self, number):
        with urllib.request.urlopen(
                f'{self.sandbox}/inbox?phone={number}') as answer:
            return json.loads(answer.read())['messages']

    def script(self, target, outcome, n=1):
        body = json.dumps(dict(target=target, outcome=outcome, n=n)).encode()
        urllib.request.urlopen(urllib.request.Request(
            self.sandbox + '/script', data=body,
            headers={'Content-Type': 'application/json'}))

    def review(self, application, decision='approve', **options):
        words = []
        for name, value in options.items():
            words += ['--' + name, value]
        return self.bzt('ca', 'review', '--dir', self.operator, '--decision',
                        decision, *words, application)

    def register_rp(self, name, domain, key, cert, webhook=None):
        self.bzt('site', 'rp', '--dir', self.site, '--name', name, '--domain',
                 domain, '--key', key, '--cert', cert)
        if self.user:
            os.chown(key, self.user.pw_uid, self.user.pw_gid)
        options = ['--webhook', webhook] if webhook else []
        return self.bzt('staff', 'rp', '--dir', self.operator, '--cert', cert,
                        *options)['id']

    def phone(self, name=None, number=None):
        return Phone(self, name or f'phone{self.next_number()}', number)

    def next_number(self):
        self.numbers += 1
        return self.numbers

    def id_number(self):
        """A resident ID number with a right check character (GB 11643)."""
        head = f'11010119900307{self.next_number() % 1000:03d}'
        weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        total = sum(int(d) * w for d, w in zip(head, weights))
        return head + '10X98765432'[total % 11]

    def uscc(self):
        """A unified social credit code with a right check (GB 32100)."""
        letters = '0123456789ABCDEFGHJKLMNPQRTUWXY'
        head = f'91330100MA2{self.next_number():06d}'
        total = sum(letters.index(c) * pow(3, i, 31)
                    for i, c in enumerate(head))
        return head + letters[(31 - total % 31) % 31]

"""bztd as a program: init, configuration, public pages, the end of it."""
import http.client
import json
import os
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

BZTD = os.environ.get('BZTD', 'bztd')
CONFIG = '''[server]
socket = {root}/http.sock
[store]
url = sqlite:{root}/db
[site]
name = 示范交易中心
app_origin = https://app.example
api_origin = https://api.example
public = {root}/public.json
[vault]
master_key = {root}/master.key
'''


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, root, config=CONFIG):
        self.root = root
        self.file = os.path.join(root, 'bztd.conf')
        with open(self.file, 'w', encoding='utf-8') as f:
            f.write(config.format(root=root))

    def run(self, *arguments):
        return subprocess.run([BZTD, *arguments], capture_output=True,
                              text=True, timeout=60, check=False)

    def init(self):
        done = self.run('init', '--config', self.file)
        assert done.returncode == 0, done.stderr
        return done

    def __enter__(self):
        self.init()
        self.log = open(os.path.join(self.root, 'log'), 'w+')
        self.process = subprocess.Popen([BZTD, '--config', self.file],
                                        stderr=self.log)
        for _ in range(600):
            try:
                if self.get('/health')[0] == 200:
                    return self
            except OSError:
                pass
            assert self.process.poll() is None, 'bztd ended'
            time.sleep(0.05)
        raise AssertionError('bztd does not answer')

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()

    def get(self, path, method='GET', headers=None):
        c = Unix(os.path.join(self.root, 'http.sock'))
        try:
            c.request(method, path, headers=headers or {})
            answer = c.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            c.close()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(30)

    def logged(self):
        self.log.flush()
        self.log.seek(0)
        return [json.loads(line[3:]) for line in self.log
                if line.startswith('<')]


def test_init_prints_one_code_and_writes_public_parts(tree):
    d = Daemon(tree.root)
    done = d.init()
    assert len(done.stdout.split()) == 1, done.stdout
    with open(os.path.join(tree.root, 'public.json'), encoding='utf-8') as f:
        public = json.load(f)
    assert public['name'] == '示范交易中心'
    for name in 'master.key', 'db':
        mode = os.stat(os.path.join(tree.root, name)).st_mode & 0o077
        assert mode == 0, (name, oct(mode))
    again = d.run('init', '--config', d.file)
    assert again.returncode == 1
    assert again.stdout == ''


def test_health_and_errors(tree):
    with Daemon(tree.root) as d:
        assert d.get('/health')[0] == 200
        status, headers, body = d.get('/no/such/path')
        assert status == 404
        assert headers['Content-Type'] == 'application/problem+json'
        assert json.loads(body)['title_zh'] == '未找到'
        status, headers, _ = d.get('/health', 'DELETE')
        assert (status, headers['Allow']) == (405, 'GET')


def test_scan_page_speaks_chinese_unless_asked(tree):
    with Daemon(tree.root) as d:
        status, headers, body = d.get('/q?t=abc&s=1&m=x')
        text = body.decode()
        assert status == 200
        assert headers['Content-Type'] == 'text/html; charset=utf-8'
        assert "default-src 'none'" in headers['Content-Security-Policy']
        assert 'lang="zh-CN"' in text
        assert '请打开「标证通」App 扫描' in text
        assert 'abc' not in text and '<script' not in text
        for accept, language in (('en-GB,en;q=0.9', 'en'),
                                 ('zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'),
                                 ('fr', 'zh-CN')):
            body = d.get('/q', headers={'Accept-Language': accept})[2]
            assert f'lang="{language}"' in body.decode(), accept


def test_signals_end_it_cleanly(tree):
    for how in signal.SIGTERM, signal.SIGINT:
        root = os.path.join(tree.root, how.name)
        os.mkdir(root)
        with Daemon(root) as d:
            assert d.stop(how) == 0
            assert not os.path.exists(os.path.join(root, 'http.sock'))
            assert d.logged()[-1]['event'] == 'stopped'


def test_it_starts_again_after_a_kill(tree):
    with Daemon(tree.root) as d:
        d.stop(signal.SIGKILL)
        assert os.path.exists(os.path.join(tree.root, 'http.sock'))
        d.process = subprocess.Popen([BZTD, '--config', d.file], stderr=d.log)
        for _ in range(600):
            try:
                if d.get('/health')[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        assert d.stop() == 0


def test_two_cannot_serve_one_socket(tree):
    with Daemon(tree.root) as d:
        second = d.run('--config', d.file)
        assert second.returncode == 1
        assert d.get('/health')[0] == 200


def test_log_names_routes_and_no_paths(tree):
    with Daemon(tree.root) as d:
        d.get('/app/v1/entries/etr_secretsecretsecret?token=secret')
        d.get('/q?t=secret')
        d.get('/secret')
        d.stop()
        lines = d.logged()
        text = json.dumps(lines)
        assert 'secret' not in text
        assert any(line['event'] == 'request' and
                   line['text'].startswith('GET /app/v1/entries/:etr 401 ')
                   for line in lines), text


def test_bad_configuration_is_named(tree):
    cases = (
        ('[server]\nsockett = x\n', 'sockett'),
        (CONFIG.replace('socket = {root}/http.sock', ''), 'server.socket'),
        (CONFIG.replace('url = sqlite:{root}/db', ''), 'store.url'),
        (CONFIG.replace('sqlite:', 'mysql:'), 'store.url'),
        (CONFIG.replace('app_origin', '#'), 'site.app_origin'),
        (CONFIG + '[limits]\nsms_day = many\n', 'limits.sms_day'),
        (CONFIG.replace('[server]', '[server]\nlog = loud'), 'server.log'),
        (CONFIG.replace('{root}/http.sock', '/' + 'x' * 200), 'socket'),
    )
    Daemon(tree.root).init()
    for config, named in cases:
        d = Daemon(tree.root, config)
        done = d.run('--config', d.file)
        assert done.returncode == 1, (named, done.stderr)
        assert named in done.stderr, (named, done.stderr)


def test_a_missing_or_open_master_key_stops_it(tree):
    d = Daemon(tree.root)
    d.init()
    key = os.path.join(tree.root, 'master.key')
    os.chmod(key, 0o644)
    assert d.run('--config', d.file).returncode == 1
    os.remove(key)
    done = d.run('--config', d.file)
    assert done.returncode == 1
    assert 'master key' in done.stderr


def test_usage(tree):
    d = Daemon(tree.root)
    for arguments in ((), ('--config',), ('init',), ('--help',),
                      ('serve', '--config', d.file)):
        done = d.run(*arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith('usage:'), arguments


tap.main(sys.modules[__name__])

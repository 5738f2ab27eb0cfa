"""The installation of test/e2e with the platform in it."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
SOURCE = os.environ.get('BZT_SOURCE') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, os.path.join(SOURCE, 'test', 'e2e'))
sys.path.insert(0, os.path.join(SOURCE, 'test', 'tools'))
from lab import Http, Lab, Problem  # noqa: E402,F401
from rp import Page  # noqa: E402

PASSWORD = 'platform-1'


class Browser(Http):
    """A browser at the platform."""

    def log_in(self, login, password=PASSWORD):
        user = self('POST', '/api/login', dict(login=login, password=password))
        self.csrf = user['csrf']
        return user

    def result(self, made, wait=20):
        answer = self('GET', f'/api/requests/{made["request"]}?wait={wait}'
                             f'&version={made["version"]}')
        if 'user' in answer:
            self.csrf = answer['user']['csrf']
        return answer

    def until_end(self, made):
        version = made['version']
        for _ in range(8):
            answer = self.result(dict(made, version=version))
            version = answer['version']
            if answer['state'] in ('done', 'refused', 'expired', 'failed'):
                return answer
        raise AssertionError(f'no end: {answer}')


class PlatformLab(Lab):
    def _start_platform(self):
        super()._start_platform()
        folder = self.home / 'data/platform'
        folder.mkdir()
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        subprocess.run(['cp', self.site / 'site.pub', self.home / 'etc'],
                       check=True)
        self.domain = f'localhost:{self.ports["platform"]}'
        self.platform_conf = self.home / 'etc/platform.conf'
        self.platform_conf.write_text(f'''[server]
socket = {self.home}/run/platform.sock
log = debug
[store]
path = {folder}
[rp]
id = {self.rp}
key = {self.home}/etc/rp.key
domain = {self.domain}
[site]
settings = {self.home}/etc/settings.json
site_key = {self.home}/etc/site.pub
tls_roots = {self.tls}/root.pem
''')
        self.start_platform()

    def start_platform(self):
        self.launch('platform', 'bzt-platform', '--config', self.platform_conf)
        self._wait(lambda: self.browser()('GET', '/api/site'))

    def user_add(self, login, organisation, uscc, password=PASSWORD):
        return self._run_as('bzt-platform', 'user-add', '--config',
                            self.platform_conf, '--login', login,
                            '--password', password, '--organisation',
                            organisation, '--uscc', uscc)

    def browser(self):
        return Browser(self.platform, self.context)

    def page(self, made):
        """The stream of bztd that the platform's page listens to."""
        class Origin:
            lab, origin = self, self.platform
        return Page(Origin, made['page_token'])

    def carry_out(self, browser, made, phone, confirm=None, **options):
        """Scan, choose the number, confirm; what the platform says."""
        page = self.page(made)
        try:
            request = phone.run('scan', page.qr())
            if request['numbers']:
                options.setdefault('number', page.number())
            phone.confirm(request['id'], **options)
        finally:
            page.close()
        return browser.until_end(made)

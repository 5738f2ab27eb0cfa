"""The shipped nginx configuration does what SECURITY.md says of it.

A small server on a unix socket stands in for bztd; nginx is the real one.
"""
import contextlib
import http.client
import os
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import tap

warnings.simplefilter("ignore", DeprecationWarning)


class Backend(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers by path and remembers what came."""
    daemon_threads = True

    def __init__(self, path):
        self.seen = []
        super().__init__(path, Handler)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.one():
            pass

    def one(self):
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            line = self.rfile.readline()
            if not line:
                return False
            head += line
        text = head.decode()
        length = re.search(r'(?i)content-length: (\d+)', text)
        body = self.rfile.read(int(length.group(1)) if length else 0)
        path = text.split(' ')[1]
        self.server.seen.append((path, text, body))
        if 'lose' in path:
            return False
        if path.startswith('/app/v1/events'):
            self.wfile.write(b'HTTP/1.1 200 OK\r\n'
                             b'Content-Type: text/event-stream\r\n'
                             b'Connection: close\r\n\r\ndata: 1\n\n')
            self.wfile.flush()
            time.sleep(3)
            return False
        answer = b'{"big":"' + b'x' * 3000000 + b'"}' if 'big' in path \
            else b'{}'
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json'
                         b'\r\nContent-Length: %d\r\n\r\n%s'
                         % (len(answer), answer))
        return True


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def run(*command):
    subprocess.run(command, check=True, capture_output=True, timeout=60)


class Edge:
    """nginx with our configuration in a folder of its own."""

    def __init__(self, folder, **values):
        self.folder = folder
        self.app, self.api, platform = free_port(), free_port(), free_port()
        key, cert = f'{folder}/key.pem', f'{folder}/cert.pem'
        run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out',
            cert, '-days', '2', '-subj', '/CN=localhost',
            '-addext', 'subjectAltName=DNS:localhost')
        self.backend = Backend(f'{folder}/bztd.sock')
        threading.Thread(target=self.backend.serve_forever,
                         daemon=True).start()
        os.makedirs(f'{folder}/www/app')
        os.makedirs(f'{folder}/nginx')
        with open(f'{folder}/www/app/index.html', 'w', encoding='utf-8') as f:
            f.write('app')
        settings = dict(
            NGINX=f'{folder}/nginx', FILES='256', LOG=f'{folder}/access.log',
            CERTIFICATE=cert, KEY=key, WWW=f'{folder}/www',
            BZTD=f'server unix:{folder}/bztd.sock;',
            PLATFORM=f'{folder}/platform.sock',
            APP_LISTEN=f'127.0.0.1:{self.app}', APP_NAME='localhost',
            API_LISTEN=f'127.0.0.1:{self.api}', API_NAME='localhost',
            PLATFORM_LISTEN=f'127.0.0.1:{platform}',
            PLATFORM_NAME='localhost', **values)
        run(f'{tap.SOURCE}/share/nginx/fill', f'{folder}/conf',
            *(f'{k}={v}' for k, v in settings.items()))
        os.chmod(folder, 0o755)
        command = ['nginx', '-p', f'{folder}/nginx', '-e', 'stderr', '-c',
                   f'{folder}/conf/nginx.conf']
        if os.geteuid() == 0:
            for path in (f'{folder}/nginx', key, f'{folder}/bztd.sock',
                         folder):
                shutil.chown(path, 'www-data', 'www-data')
            command = ['setpriv', '--reuid', 'www-data', '--regid',
                       'www-data', '--clear-groups', '--'] + command
        # Its own log file is in a folder that it may write to.
        self.errors = open(f'{folder}/errors', 'wb')
        self.process = subprocess.Popen(command, stderr=self.errors)
        self.context = ssl.create_default_context(cafile=cert)
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', self.app), 1).close()
                return
            time.sleep(0.05)
        raise AssertionError(self.error_text())

    def error_text(self):
        with open(f'{self.folder}/errors', encoding='utf-8') as f:
            return f.read()

    def log(self):
        time.sleep(0.2)
        with open(f'{self.folder}/access.log', encoding='utf-8') as f:
            return f.read()

    def ask(self, method, path, body=None, port=None, headers=None):
        connection = http.client.HTTPSConnection(
            'localhost', port or self.app, timeout=10, context=self.context)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.errors.close()
        self.backend.shutdown()
        self.backend.server_close()


@contextlib.contextmanager
def edge(**values):
    with tempfile.TemporaryDirectory(prefix='bzt-nginx.') as folder:
        e = Edge(folder, **values)
        try:
            yield e
        finally:
            e.close()


def test_nginx_accepts_the_configuration_without_a_warning(_):
    with edge() as e:
        assert e.error_text() == '', e.error_text()


def test_nginx_delivers_a_lost_request_once(_):
    with edge() as e:
        for path in ('/app/v1/keys/key_a/sign?lose', '/app/v1/lose'):
            status, headers, data = e.ask('POST', path, b'{}')
            assert status == 502 and b'unknown_outcome' in data, data
            assert headers['Content-Type'] == 'application/problem+json'
        status, _, data = e.ask('GET', '/app/v1/lose')
        assert status == 502 and b'"unavailable"' in data
        assert len(e.backend.seen) == 3, e.backend.seen


def test_nginx_does_not_log_key_operations_or_queries(_):
    with edge() as e:
        e.ask('POST', '/app/v1/keys/key_a/sign', b'{"p2":"x"}')
        e.ask('POST', '/app/v1/keys', b'{}')
        e.ask('GET', '/q?t=secrettoken')
        e.ask('GET', '/app/v1/site?page_token=secrettoken')
        log = e.log()
        assert '/app/v1/site' in log
        assert 'keys' not in log and 'secrettoken' not in log, log


def test_nginx_keeps_key_bodies_out_of_files(_):
    with edge() as e:
        e.ask('POST', '/app/v1/keys/key_a/decrypt', b'x' * 250000)
        e.ask('POST', '/app/v1/keys/key_a/big', b'{}')
        # A body in a file is announced as a warning.
        assert 'temporary file' not in e.error_text(), e.error_text()
        assert len(e.backend.seen[0][2]) == 250000
        status, _, data = e.ask('POST', '/app/v1/keys/key_a/x', b'x' * 270000)
        assert status == 413 and b'"too_large"' in data, data


def test_nginx_answers_too_large_as_a_problem(_):
    with edge() as e:
        status, headers, data = e.ask('POST', '/app/v1/x', b'x' * 1100000)
        assert status == 413 and b'"too_large"' in data, data
        assert headers['Content-Type'] == 'application/problem+json'
        assert not e.backend.seen


def test_nginx_limits_with_429_and_retry_after(_):
    with edge(RATE='1', BURST='2') as e:
        answers = [e.ask('GET', '/app/v1/site') for _ in range(8)]
        limited = [a for a in answers if a[0] == 429]
        assert limited and b'"limited"' in limited[0][2], answers
        assert limited[0][1]['Retry-After']


def test_nginx_passes_events_at_once(_):
    with edge() as e:
        connection = http.client.HTTPSConnection(
            'localhost', e.app, timeout=2, context=e.context)
        connection.request('GET', '/app/v1/events')
        began = time.monotonic()
        line = connection.getresponse().readline()
        assert line == b'data: 1\n' and time.monotonic() - began < 1
        connection.close()


def test_nginx_sets_the_address_and_drops_forged_headers(_):
    with edge() as e:
        e.ask('GET', '/app/v1/site', headers={
            'X-Real-IP': '6.6.6.6', 'X-File': '/etc/passwd',
            'X-Forwarded-For': '6.6.6.6'})
        text = e.backend.seen[0][1]
        assert 'X-Real-IP: 127.0.0.1' in text, text
        assert '6.6.6.6' not in text and '/etc/passwd' not in text, text


def test_nginx_keeps_the_origins_apart(_):
    with edge() as e:
        for path in ('/rp/v1/requests', '/staff/v1/login', '/ca/v1/x/crl',
                     '/audit/head', '/health'):
            assert e.ask('GET', path)[0] == 404, path
            assert e.ask('GET', path, port=e.api)[0] == 200, path
        for path in ('/app/v1/site', '/q', '/'):
            assert e.ask('GET', path, port=e.api)[0] == 404, path
        status, headers, data = e.ask('GET', '/')
        assert status == 200 and data == b'app'
        assert "frame-ancestors 'none'" in headers['Content-Security-Policy']
        assert headers['X-Content-Type-Options'] == 'nosniff'


def test_nginx_speaks_forward_secret_tls_only(_):
    with edge() as e:
        for cipher, version in (('AES128-GCM-SHA256', ssl.TLSVersion.TLSv1_2),
                                ('ECDHE+AES', ssl.TLSVersion.TLSv1_1)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers(cipher + ':@SECLEVEL=0')
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            with socket.create_connection(('127.0.0.1', e.app), 5) as s:
                try:
                    context.wrap_socket(s).close()
                except (ssl.SSLError, OSError):
                    continue
            raise AssertionError(f'{cipher} {version} was accepted')


tap.main(sys.modules[__name__])

"""What the attack tests need: people and phones in Python that speak to a
running bztd, the protocol's reference phone among them, and a clock that can
be moved.

HttpServer has the methods of doc/protocol/reference.py's Server, and gives
bztd's problems as its answers, so that every phone and every attack of the
reference runs against the real server.
"""
import atexit, json, os, secrets, tempfile, time

from lab import Lab, Problem, b64, id_bytes, id_text, unb64
from rp import Rp, ref, sm3

ref.ITERATIONS = 100  # of F(PIN), which no server ever sees
PIN = '271828'


# --- a clock that can be moved ---

moved = 0.0


def movable_clock():
    """From now on every child lives under a wall clock that `advance` moves,
    and so does time.time() here.  Monotonic clocks go on as they are."""
    fd, path = tempfile.mkstemp(prefix='bzt-clock.', dir='/var/tmp')
    os.write(fd, b'+0\n')
    os.fchmod(fd, 0o644)
    os.close(fd)
    atexit.register(os.unlink, path)
    os.environ.update({
        'FAKETIME_TIMESTAMP_FILE': path, 'FAKETIME_NO_CACHE': '1',
        'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'FAKETIME_DONT_RESET': '1',
        'NO_FAKE_STAT': '1',
        'LD_PRELOAD': '/usr/$LIB/faketime/libfaketimeMT.so.1'})
    real = time.time
    time.time = lambda: real() + moved


def advance(seconds):
    """Everybody lives so much later."""
    global moved
    moved += seconds
    path = os.environ['FAKETIME_TIMESTAMP_FILE']
    with open(path + '.new', 'w') as f:
        f.write(f'+{moved:.3f}\n')
    os.chmod(path + '.new', 0o644)
    os.rename(path + '.new', path)


# --- people ---

class Person:
    """Somebody with a phone number; each session is a browser of theirs."""

    def __init__(self, lab, name='张三', real=True):
        self.lab, self.name = lab, name
        self.number = f'138{lab.next_number():08d}'
        self.id_number = lab.id_number()
        self.http = self.session()
        if real:
            self.http('POST', '/app/v1/realname',
                      dict(provider='police', name=name,
                           id_number=self.id_number))

    def session(self):
        http = self.lab.http(self.lab.app)
        http('POST', '/app/v1/sms', dict(phone=self.number, purpose='login'))
        answer = http('POST', '/app/v1/login/sms',
                      dict(phone=self.number,
                           code=self.lab.inbox(self.number)[0]['code']))
        http.csrf = answer['csrf']
        return http

    def approved(self, subject='personal', enterprise=None):
        """An application that only waits for its certificate."""
        items = self.http('GET', '/app/v1/catalogue')['items']
        order = dict(catalogue_id=next(i['id'] for i in items
                                       if i['subject'] == subject))
        if enterprise:
            order['enterprise_id'] = enterprise
        made = self.http('POST', '/app/v1/applications', order)
        self.lab.review(made['id'])
        return self.http('GET', f'/app/v1/applications/{made["id"]}')


# --- the server, as the reference's phone sees it ---

ANSWERS = dict(wrong_pin=ref.WrongPin, refused=ref.Refused, seen=ref.Seen,
               busy=ref.Busy, wait=ref.Wait, nonce_gone=ref.NonceGone,
               locked=ref.Locked, clone_suspected=ref.CloneSuspected,
               behind=ref.Behind, stale=ref.Stale, cancelled=ref.Cancelled)


def is_bilingual(problem):
    """Is this a whole problem+json, in both languages?"""
    body = problem.body
    return (body.get('title', '').isascii() and body.get('title') and
            any('\u4e00' <= c <= '\u9fff' for c in body.get('title_zh', ''))
            and body.get('status') == problem.status and
            body.get('type') == 'urn:bzt:' + problem.code)


def point(text):
    return ref.dec(unb64(text))


def number(text):
    return int.from_bytes(unb64(text), 'big')


class HttpServer:
    """One phone's way to the server: a session of its own with its device.
    `sent` keeps what left, for attacks that send it again."""

    def __init__(self, person):
        self.person, self.lab = person, person.lab
        self.purpose, self.sent = {}, []
        self.http = person.session()
        site = json.loads(unb64(self.http('GET', '/app/v1/site')['payload']))
        self.transport_point = point(site['transport_key'])

    # how it is sent

    def post(self, path, body):
        self.sent.append((path, body))
        return self.raw(path, body)

    def raw(self, path, body):
        try:
            return self.http('POST', path, body)
        except Problem as problem:
            assert is_bilingual(problem), (problem.code, problem.body)
            kind = ANSWERS.get(problem.code)
            if not kind:
                raise
            name = problem.body.get('op_id') or problem.body.get('key_id')
            answer = kind(name and id_bytes(name), problem.code,
                          problem.body.get('wait_seconds', 0))
            answer.problem = problem
            raise answer

    def key(self, key_id, what, **body):
        out = {}
        for name, value in body.items():
            out[name] = self.form(name, value)
        return self.post(f'/app/v1/keys/{id_text("key", key_id)}/{what}', out)

    @staticmethod
    def form(name, value):
        if name == 'op_id':
            return id_text('op', value)
        if name == 'to_device':
            return id_text('dev', value)
        if name in ('g', 'act', 'for') or isinstance(value, list):
            return value
        if isinstance(value, bytes):
            return b64(value)
        if isinstance(value, tuple):
            return b64(b'\4' + ref.raw(value[0]) + ref.raw(value[1]))
        return b64(ref.raw(value))

    # devices

    def register(self, device_id, device_key, user=None, name='Python'):
        self.device_id = device_id
        self.http('POST', '/app/v1/devices', dict(
            device_id=id_text('dev', device_id), name=name,
            sealed=b64(self.seal_device(device_key))))

    def seal_device(self, device_key, device_id=None):
        return ref.seal(self.transport_point,
                        device_key + (device_id or self.device_id),
                        secrets.randbelow(ref.n - 1) + 1)

    def unlock(self, device_id, device_key, approved=()):
        return self.http('POST',
                         f'/app/v1/devices/{id_text("dev", device_id)}/unlock',
                         dict(sealed=b64(self.seal_device(device_key))))

    def blobs(self, device_id, tag):
        answer = self.post(f'/app/v1/devices/{id_text("dev", device_id)}/blobs',
                           dict(mac=b64(tag)))
        return {id_bytes(b['key_id']): unb64(b['blob'])
                for b in answer['blobs']}

    # making keys

    def new_key(self, device_id, use, tag):
        return id_bytes(self.post('/app/v1/keys', dict(
            device_id=id_text('dev', device_id), use=use.decode(),
            mac=b64(tag)))['key_id'])

    def keygen(self, key_id, V1, A, z, tag):
        a = self.key(key_id, 'keygen', V1=V1, A=A, z=z, mac=tag)
        return point(a['P']), point(a['A']), number(a['z'])

    def import_share(self, key_id, sealed, P, A, z, tag):
        self.key(key_id, 'import', sealed=sealed, P=P, A=A, z=z, mac=tag)

    # operations

    def open(self, key_id, op_id, g, message, tag):
        a = self.key(key_id, 'open', op_id=op_id, g=g, message=message,
                     mac=tag, **{'for': self.purpose[message]})
        assert id_bytes(a['op_id']) == op_id
        return point(a['Qs']), point(a['A']), number(a['z'])

    def sign(self, key_id, op_id, g, rho, Qs, r, p2, p3, tag):
        a = self.key(key_id, 'sign', op_id=op_id, g=g, rho=rho, Qs=Qs, r=r,
                     p2=p2, p3=p3, mac=tag)
        return id_bytes(a['op_id']), (number(a['r']), number(a['s'])), \
            a['wrong']

    def decrypt(self, key_id, op_id, g, rho, about, points, A, z, tag):
        a = self.key(key_id, 'decrypt', op_id=op_id, g=g, rho=rho,
                     points=[self.form('C1', C) for C in points], A=A, z=z,
                     mac=tag, **{'for': id_text('key', key_id)})
        return id_bytes(a['op_id']), [point(x) for x in a['points']], \
            a['wrong']

    def authorise(self, key_id, op_id, g, rho, act, A, z, tag):
        a = self.key(key_id, 'authorise', op_id=op_id, g=g, rho=rho,
                     act=act.decode(), A=A, z=z, mac=tag)
        return id_bytes(a['op_id']), None, a['wrong']

    def move(self, key_id, op_id, g, rho, to_device, blob, A, z, tag):
        a = self.key(key_id, 'move', op_id=op_id, g=g, rho=rho,
                     to_device=to_device, blob=blob, A=A, z=z, mac=tag)
        return id_bytes(a['op_id']), None, a['wrong']

    def arrive(self, key_id, device_id, op_id, g, rho, blob_hash, tag):
        a = self.key(key_id, 'arrive', op_id=op_id, g=g, rho=rho,
                     blob_hash=blob_hash, mac=tag)
        return id_bytes(a['op_id'])

    def recover(self, key_id, op_id, g, tag):
        a = self.key(key_id, 'recover', op_id=op_id, g=g, mac=tag)
        self.tries_left = a.get('tries_left')
        sig = (number(a['r']), number(a['s'])) if 'r' in a else None
        return a['outcome'].encode(), sig, a['wrong']


def about_test(key):
    """What the server has on record for a holder's own test of a key."""
    return ref.xof(b'bzt-about-test', key.key_id, 32)


class System:
    """Randomness for the reference's phone."""

    def scalar(self):
        return secrets.randbelow(ref.n - 1) + 1

    def bytes(self, length):
        return secrets.token_bytes(length)


class Handset:
    """A person's phone: the reference's Phone, its way to the server, and
    what it does with requests of business systems."""

    def __init__(self, person):
        self.person, self.lab = person, person.lab
        self.server = HttpServer(person)
        self.phone = ref.Phone(System(), self.server)
        self.http = self.server.http

    def key(self, use=b'sign', entry='cert', pin=PIN):
        return self.phone.keygen(self.server, pin, use, entry)

    def certified(self, pin=PIN, **options):
        """A signing key with a certificate, the whole way over the API."""
        application = self.person.approved(**options)
        key = self.key(pin=pin)
        key.csr = self.request_for(key, application, pin)
        key.application = application['id']
        entry = self.certificate(key)
        key.certificate = entry['certificates'][0]['id']
        return key

    def request_for(self, key, application, pin=PIN, **changes):
        info = csr_info(key.P, dict(application['subject'], **changes))
        self.server.purpose[info] = application['id']
        r, s = key.sign(self.server, pin, info)
        return csr(info, r, s)

    def certificate(self, key, csr=None, application=None):
        return self.http(
            'POST', f'/app/v1/applications/{application or key.application}'
            '/certificate', dict(key_id=id_text('key', key.key_id),
                                 csr=b64(csr or key.csr)))

    # requests of business systems

    def scan(self, text, **more):
        return self.http('POST', '/app/v1/scan', dict(qr=text, **more))

    def confirm(self, request, key, **number):
        """M, fixed: from now on `open` may be asked for it."""
        answer = self.http('POST', f'/app/v1/requests/{request}/confirm',
                           dict(certificate_id=key.certificate, **number))
        message = unb64(answer['message'])
        self.server.purpose[message] = request
        return message

    def message(self, rp, key, kind='login', **changes):
        """A fresh request that waits for this key's signature: its M."""
        made = rp.request(kind, **changes)
        page = rp.page(made)
        try:
            request = self.scan(page.wait('qr')['text'])
            options = {}
            if request['numbers']:
                options['number'] = page.number()
            self.made = made
            return self.confirm(made['id'], key, **options)
        finally:
            page.close()


# --- just enough DER ---

def der(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else \
        b'\x82' + n.to_bytes(2, 'big')
    return bytes([tag]) + size + body


def der_int(x):
    return der(2, x.to_bytes(x.bit_length() // 8 + 1, 'big'))


SM2_KEY = der(0x30, bytes.fromhex('06072a8648ce3d0201'),
              bytes.fromhex('06082a811ccf5501822d'))
SM2_WITH_SM3 = bytes.fromhex('06082a811ccf55018375')
ATTRIBUTES = (('c', '550406', 0x13), ('o', '55040a', 0x0c),
              ('ou', '55040b', 0x0c), ('cn', '550403', 0x0c),
              ('serial_number', '550405', 0x13))


def csr_name(subject):
    return der(0x30, *(
        der(0x31, der(0x30, der(6, bytes.fromhex(oid)),
                      der(tag, subject[name].encode())))
        for name, oid, tag in ATTRIBUTES if subject.get(name)))


def csr_info(P, subject):
    return der(0x30, der_int(0), csr_name(subject),
               der(0x30, SM2_KEY, der(3, b'\0' + ref.enc(P))), der(0xa0))


def csr(info, r, s):
    return der(0x30, info, der(0x30, SM2_WITH_SM3),
               der(3, b'\0' + der(0x30, der_int(r), der_int(s))))


# --- looking behind ---

def audit(lab, seconds=8, until=None):
    """All audit records, once `until` holds of their kinds."""
    path = lab.home / f'audit{lab.next_number()}.ndjson'
    end = time.monotonic() + seconds
    while True:
        lab.bzt('audit', 'fetch', '--dir', lab.operator, '--out', path)
        records = []
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if 'record' in row:
                text = row['record']
                records.append(json.loads(
                    text if text.startswith('{') else unb64(text)))
        path.unlink()
        if not until or until(records) or time.monotonic() > end:
            return records
        time.sleep(0.3)


def expect(error, f, *args, **options):
    """The answer of exactly this class that f must raise."""
    try:
        f(*args, **options)
    except error as no:
        assert type(no) is error, (type(no), error)
        return no
    raise AssertionError(f'{error.__name__} expected')

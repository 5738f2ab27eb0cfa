"""A bad line between phone and nginx: cut after any number of bytes, in
either direction; and requests that arrive twice, byte for byte.

BZT_SEED repeats a run.
"""
import os, random, secrets, socket, sys, threading, time

sys.dont_write_bytecode = True
import tap
from http_server import PIN, Handset, Person, expect, is_bilingual, ref
from lab import HungUp, Lab, Problem
from lab_load import PIN as PHONE_PIN, ready_phones
from rp import Rp, sign_with
from test_faults import AWAY, patiently

SEED = int(os.environ.get('BZT_SEED') or secrets.randbelow(1 << 32))
ROUNDS = 24


class Line(threading.Thread):
    """The app's port, passed on to nginx: TLS goes through as it is.  `cut`
    (direction, bytes) ends the next connection there, once."""

    def __init__(self, port, to):
        super().__init__(daemon=True)
        self.to, self.cut, self.cuts = to, None, 0
        self.listener = socket.create_server(('127.0.0.1', port), backlog=64)

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            cut, self.cut = self.cut, None
            try:
                server = socket.create_connection(('127.0.0.1', self.to))
            except OSError:
                client.close()
                continue
            for way, one, other in (('up', client, server),
                                    ('down', server, client)):
                left = cut[1] if cut and cut[0] == way else None
                threading.Thread(target=self.pump, daemon=True,
                                 args=(one, other, left)).start()

    def pump(self, one, other, left):
        try:
            while data := one.recv(4096):
                if left is not None and len(data) >= left:
                    other.sendall(data[:left])
                    self.cuts += 1
                    break
                left = None if left is None else left - len(data)
                other.sendall(data)
        except OSError:
            pass
        for s in (one, other):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class LineLab(Lab):
    def __init__(self):
        super().__init__(platform=False)
        behind = self._free_ports(1)[0]
        self.nginx['APP_LISTEN'] = f'127.0.0.1:{behind}'
        self.line = Line(self.ports['app'], behind)

    def start(self):
        self.line.start()
        super().start()
        self.rp = Rp(self)
        self.phones = ready_phones(self, 2)


def whole_way(lab, phone, rp):
    """The bytes of a confirmation that nothing disturbs, about."""
    made = rp.request()
    page = rp.page(made)
    scanned = phone.run('scan', page.qr())
    page.close()
    return made, scanned['id']


def test_a_line_that_is_cut_anywhere_loses_nothing(lab):
    chance, lost = random.Random(SEED), 0
    print(f'# seed {SEED}')
    for n in range(ROUNDS):
        phone = lab.phones[n % 2]
        made, scanned = whole_way(lab, phone, lab.rp)
        # TLS takes about 0.8 kB up and 1.5 kB down, three calls 3 kB and 2 kB
        way = chance.choice(('up', 'down'))
        lab.line.cut = (way, chance.randrange(1, 4200))
        try:
            phone.confirm(scanned, pin=PHONE_PIN)
        except Problem as problem:
            assert problem.code in AWAY, problem.code
            lost += 1
            phone.run('recover')
            try:
                phone.confirm(scanned, pin=PHONE_PIN)
            except Problem as problem:
                assert problem.code == 'request_state', problem.code
        lab.line.cut = None
        result = lab.rp.get(made)
        assert result['state'] == 'done' and lab.rp.verify(result)
    print(f'# {lab.line.cuts} cuts, {lost} lost answers')
    assert lab.line.cuts > ROUNDS // 3 and lost


def test_no_try_was_counted_by_all_that(lab):
    for phone in lab.phones:
        keys = [k for e in phone.run('get', 'entries')['entries']
                for k in e['keys']]
        assert [k['state'] for k in keys] == ['live']
        wrong = tap.raises('wrong_pin', sign_with, lab, lab.rp, phone,
                           pin='000000')
        assert wrong.body['tries_left'] == 4, wrong.body
        assert sign_with(lab, lab.rp, phone)['state'] == 'done'


def raw_bytes(h, path, body):
    """The request as a client writes it."""
    import json
    data = json.dumps(body).encode()
    cookie = '; '.join(f'{k}={v}' for k, v in h.http.cookies.items())
    return (f'POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n'
            f'X-BZT-CSRF: {h.http.csrf}\r\nContent-Type: application/json\r\n'
            f'Content-Length: {len(data)}\r\n\r\n').encode() + data


def exchange(lab, *parts, count=None):
    """What bztd answers on one connection of its own socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(lab.home / 'run/bztd.sock'))
        for part in parts:
            s.sendall(part)
        answers, text = [], b''
        while len(answers) < (count or len(parts)):
            while b'\r\n\r\n' not in text:
                more = s.recv(65536)
                if not more:
                    return answers
                text += more
            head, _, text = text.partition(b'\r\n\r\n')
            n = int(head.lower().split(b'content-length:')[1].split()[0])
            while len(text) < n:
                text += s.recv(65536)
            answers.append((int(head.split()[1]), text[:n]))
            text = text[n:]
        return answers


def test_the_same_bytes_twice_are_carried_out_once(lab):
    h = Handset(Person(lab))
    key = h.certified()
    for join in ('one after the other', 'in one write', 'at once'):
        wire = ref.late(h.server, 'authorise')
        expect(ConnectionError, key.authorise, wire, PIN, b'check pin')
        server = h.server
        kept = server.raw
        server.raw = lambda path, body: (_ for _ in ()).throw(HungUp(''))
        try:
            server.authorise(*wire.args)
        except HungUp:
            pass
        server.raw = kept
        path, body = server.sent[-1]
        bytes_ = raw_bytes(h, path, body)
        if join == 'one after the other':
            answers = exchange(lab, bytes_) + exchange(lab, bytes_)
        elif join == 'in one write':
            answers = exchange(lab, bytes_ + bytes_, count=2)
        else:
            answers = []
            threads = [threading.Thread(
                target=lambda: answers.extend(exchange(lab, bytes_)))
                for _ in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        statuses = sorted(status for status, _ in answers)
        assert statuses.count(200) == 1, (join, statuses)
        assert set(statuses) <= {200, 409}, (join, statuses)
        for status, text in answers:
            if status == 409:
                assert b'"seen"' in text or b'"busy"' in text, text
        assert key.recover(h.server)[0] == b'authorise'
        assert not h.phone.alarm
    key.authorise(h.server, PIN, b'check pin')


if __name__ == '__main__':
    tap.run(sys.modules[__name__], LineLab)

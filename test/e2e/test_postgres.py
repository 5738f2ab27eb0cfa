"""Two bztd on one PostgreSQL behind nginx: one key is one key on both, what
one of them does the other sees, and either of them may die.

usage: tools/with-postgres test_postgres.py (BZT_BUILD, BZT_SOURCE)
"""
import copy, http.client, json, os, random, secrets, signal, socket, statistics
import subprocess, sys, threading, time

sys.dont_write_bytecode = True
import tap
from http_server import PIN, Handset, Person, audit, expect, id_text, ref, sm3
from lab import HungUp, Http, Lab, Problem, b64
from lab_load import ready_phones
from rp import Rp, sign_with
from test_faults import AWAY, Signer, patiently

SEED = int(os.environ.get('BZT_SEED') or secrets.randbelow(1 << 32))


class Node(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=40)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class NodeHttp(Http):
    """A session's way to one node, without nginx."""

    def __init__(self, path, like):
        super().__init__('', None)
        self.path, self.cookies, self.csrf = path, like.cookies, like.csrf

    def __call__(self, method, path, body=None, headers=None, raw=None,
                 timeout=40):
        data = raw if raw is not None else (
            None if body is None else json.dumps(body).encode())
        all_headers = {'Content-Type': 'application/json'} if data else {}
        if method == 'POST' and not data:
            all_headers['Content-Length'] = '0'
        if self.cookies:
            all_headers['Cookie'] = '; '.join(
                f'{k}={v}' for k, v in self.cookies.items())
        if self.csrf:
            all_headers['X-BZT-CSRF'] = self.csrf
        all_headers.update(headers or {})
        node = Node(self.path)
        try:
            node.request(method, path, data, all_headers)
            answer = node.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise HungUp(str(error))
        finally:
            node.close()
        self.status, self.headers = answer.status, answer.headers
        parsed = json.loads(text) if text else text
        if answer.status >= 400:
            raise Problem(parsed['code'], parsed, answer.status)
        return parsed


class TwoNodes(Lab):
    """A second bztd from the same configuration, with its own socket."""

    def __init__(self):
        super().__init__(platform=False)
        self.sockets = [self.home / 'run/bztd.sock', self.home / 'run/two.sock']
        self.nginx['BZTD'] = ' '.join(f'server unix:{s} fail_timeout=1s;'
                                      for s in self.sockets)

    def start(self):
        super().start()
        self.rp = Rp(self)
        self.alice = Handset(Person(self))
        self.alice.one = self.alice.certified()

    def start_bztd(self):
        super().start_bztd()
        if 'two' not in self.processes:
            self.start_two()

    def start_two(self):
        conf = (self.home / 'etc/bztd.conf').read_text()
        path = self.home / 'etc/two.conf'
        path.write_text(conf.replace(str(self.sockets[0]),
                                     str(self.sockets[1])))
        if self.sockets[1].exists():
            self.sockets[1].unlink()
        self.launch('two', 'bztd', '--config', path)
        self._wait(self.sockets[1].exists)

    def on(self, node, http):
        return NodeHttp(self.sockets[node], http)

    def server_on(self, node, server):
        """The reference's way to the server, through one node."""
        way = copy.copy(server)
        way.http = self.on(node, server.http)
        return way


def together(*calls):
    """What each of them gave, or the answer that it raised."""
    out, start = [None] * len(calls), threading.Barrier(len(calls))

    def one(i):
        start.wait()
        try:
            out[i] = calls[i]()
        except (ref.Answer, Problem, HungUp) as no:
            out[i] = no
    threads = [threading.Thread(target=one, args=(i,))
               for i in range(len(calls))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out


def is_no(answer):
    return isinstance(answer, Exception)


def works(h):
    """The honest phone goes on, nobody was blamed, no try was counted."""
    h.one.authorise(h.server, PIN, b'check pin')
    assert not h.phone.alarm and h.one.intent is None
    assert h.one.wrong == 0


# --- one key on two nodes ---------------------------------------------------------

def test_a_login_through_nginx_and_two_nodes(lab):
    h = lab.alice
    for _ in range(6):  # requests are spread, keys are not
        message = h.message(lab.rp, h.one)
        sig = h.one.sign(h.server, PIN, message)
        assert ref.verify(h.one.P, ref.digest(h.one.P, message), *sig)
        assert lab.rp.verify(lab.rp.get(h.made, wait=5))
    works(h)


def test_the_other_node_says_nonce_gone_and_the_phone_opens_again(lab):
    h = lab.alice
    nodes = [lab.server_on(n, h.server) for n in (0, 1)]

    class Moving:
        """The first half meets the node that did not open."""
        sent = []

        def __getattr__(self, name):
            return getattr(nodes[0], name)

        def sign(self, *args):
            self.sent.append(args)
            return nodes[1 if len(self.sent) == 1 else 0].sign(*args)
    message = h.message(lab.rp, h.one)
    wire = Moving()
    sig = h.one.sign(wire, PIN, message)
    assert ref.verify(h.one.P, ref.digest(h.one.P, message), *sig)
    assert len(wire.sent) == 2
    for node in nodes:  # both know what was carried out
        expect(ref.Seen, node.sign, *wire.sent[0])
        expect(ref.Seen, node.sign, *wire.sent[1])
    works(h)


def test_two_halves_at_once_give_one_signature(lab):
    h, key, both = lab.alice, lab.alice.one, 0
    nodes = [lab.server_on(n, h.server) for n in (0, 1)]

    class Race:
        """Each node opens for the same intent; then both halves arrive."""

        def __init__(self):
            self.sent, self.answers = [], None

        def __getattr__(self, name):
            return getattr(h.server, name)

        def open(self, *args):
            return nodes[len(self.sent)].open(*args)

        def sign(self, *args):
            self.sent.append(args)
            if len(self.sent) == 1:
                raise ref.NonceGone(args[1], 'kept')
            self.answers = together(
                *(lambda n=n, a=a: n.sign(*a)
                  for n, a in zip(nodes, self.sent)))
            if is_no(self.answers[1]):
                raise self.answers[1]
            return self.answers[1]
    for _ in range(12):
        message = h.message(lab.rp, key)
        wire = Race()
        try:
            sig = key.sign(wire, PIN, message)
        except (ref.Seen, ref.Busy):
            kind, sig = key.recover(h.server)
            assert kind == b'sign', kind
        done = [a for a in wire.answers if not is_no(a)]
        no = [a for a in wire.answers if is_no(a)]
        assert len(done) == 1, wire.answers
        assert type(no[0]) in (ref.Seen, ref.Busy), no
        both += type(no[0]) is ref.Busy
        assert done[0][1] == tuple(sig)
        assert ref.verify(key.P, ref.digest(key.P, message), *sig)
    print(f'# {both} of 12 met in the commit')
    works(h)


def test_two_copies_at_once_are_carried_out_once(lab):
    h, key, met = lab.alice, lab.alice.one, 0
    nodes = [lab.server_on(n, h.server) for n in (0, 1)]
    for pin in [PIN] * 12 + ['000000']:
        wire = ref.late(h.server, 'authorise')
        expect(ConnectionError, key.authorise, wire, pin, b'check pin')
        answers = together(*(lambda n=n: n.authorise(*wire.args)
                             for n in nodes))
        if pin == PIN:
            no = [a for a in answers if is_no(a)]
            assert len(no) == 1, answers
            assert type(no[0]) in (ref.Seen, ref.Busy), no
            met += type(no[0]) is ref.Busy
            assert key.recover(h.server)[0] == b'authorise'
        else:  # counted once; the second copy hears the same, or busy
            wrong = [a for a in answers if type(a) is ref.WrongPin]
            assert wrong and all(type(a) in (ref.WrongPin, ref.Busy)
                                 for a in answers), answers
            assert {a.problem.body['tries_left'] for a in wrong} == {4}
            assert key.recover(h.server)[0] == b'wrong'
            key.wrong and h.one.authorise(h.server, PIN, b'check pin')
    print(f'# {met} of 12 met in the commit')
    works(h)


# --- what one node does, the other sees -------------------------------------------

def test_a_long_poll_wakes_when_the_other_node_is_done(lab):
    h, late = lab.alice, []
    rp = copy.copy(lab.rp)
    rp.http = lab.on(0, lab.rp.http)
    two = lab.server_on(1, h.server)
    for _ in range(5):
        message = h.message(lab.rp, h.one)
        made, got = h.made, {}
        version = rp.get(made)['version']

        def wait():
            got['result'] = rp.get(made, wait=20, version=version)
            got['at'] = time.monotonic()
        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.3)
        h.one.sign(two, PIN, message)
        at = time.monotonic()
        waiter.join()
        assert got['result']['state'] == 'done', got['result']['state']
        late.append(got['at'] - at)
    print('# woken after', ', '.join(f'{1000 * t:.0f} ms' for t in late))
    assert statistics.median(late) < 0.2, late


# --- nodes and databases that die --------------------------------------------------

def run_signers(lab, share, trouble):
    """Phones sign while trouble(stop) makes some; what the RP was told."""
    if not hasattr(lab, 'phones'):
        lab.phones, lab.done = ready_phones(lab, 4), []
    stop = threading.Event()
    signers = [Signer(lab, lab.rp, p, share) for p in lab.phones]
    maker = threading.Thread(target=trouble, args=(stop,))
    for thread in (*signers, maker):
        thread.start()
    for signer in signers:
        signer.join(300)
    stop.set()
    maker.join(60)
    for signer in signers:
        assert not signer.is_alive(), 'it did not end'
        if signer.error:
            raise signer.error
    done = [pair for s in signers for pair in s.done]
    assert len(done) == share * len(signers)
    for made, result in done:
        now = lab.rp.get(made)
        assert now['state'] == 'done'
        assert now['result']['signature'] == result['result']['signature']
    lab.done += done
    print(f'# {len(done)} signatures, {sum(s.lost for s in signers)} lost '
          'answers')


def test_a_node_that_dies_costs_no_signature(lab):
    chance = random.Random(SEED)
    print(f'# seed {SEED}')

    def trouble(stop):
        while not stop.wait(chance.uniform(0.5, 2)):
            which = chance.choice(('bztd', 'two'))
            lab.kill(which, signal.SIGKILL)
            stop.wait(chance.uniform(0, 1))
            lab.start_bztd() if which == 'bztd' else lab.start_two()
    run_signers(lab, 10, trouble)


def psql(command):
    url = os.environ['BZT_TEST_PG']
    return subprocess.run(['psql', '-qAt', '-c', command, url],
                          capture_output=True, text=True).stdout


def test_backends_that_are_terminated_cost_no_signature(lab):
    chance, ended = random.Random(SEED + 1), []

    def trouble(stop):
        while not stop.wait(chance.uniform(0.05, 0.3)):
            # one that is at work, if there is any
            ended.append(psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                "application_name = 'bztd' ORDER BY (state = 'idle'), "
                "random() LIMIT 1"))
    run_signers(lab, 10, trouble)
    print(f'# {len(ended)} backends terminated')
    assert len(ended) > 10


def test_no_try_was_counted_and_every_phone_goes_on(lab):
    for phone in lab.phones:
        patiently(phone.run, 'recover')
        keys = [k for e in phone.run('get', 'entries')['entries']
                for k in e['keys']]
        assert [k['state'] for k in keys] == ['live'], keys
        tap.raises('wrong_pin', sign_with, lab, lab.rp, phone, pin='000000')
        result = sign_with(lab, lab.rp, phone)
        assert result['state'] == 'done' and lab.rp.verify(result)
    rows = psql('SELECT state, failures FROM split_key').split()
    assert set(rows) == {'live|0'}, rows


def test_the_audit_tree_has_one_order(lab):
    want = {made['id'] for made, _ in lab.done}

    def all_there(records):
        return want <= {r['subject'] for r in records
                        if r['kind'] == 'request.end'
                        and r['outcome'] == 'done'}
    records = audit(lab, seconds=20, until=all_there)
    assert all_there(records)
    path = lab.home / 'audit.ndjson'
    lab.bzt('audit', 'fetch', '--dir', lab.operator, '--out', path)
    lab.bzt('audit', 'verify', '--settings', lab.home / 'etc/settings.json',
            '--site-key', lab.site / 'site.pub', path)
    numbers = psql('SELECT number FROM audit_record WHERE number IS NOT NULL '
                   'ORDER BY number').split()
    assert numbers == [str(i) for i in range(len(numbers))]
    heads = psql('SELECT count(*), count(DISTINCT size) FROM audit_head')
    assert len(set(heads.strip().split('|'))) == 1, heads
    for name in ('bztd', 'two'):
        log = (lab.home / f'log/{name}.log').read_text(errors='replace')
        assert 'audit_broken' not in log and 'store_misuse' not in log


if __name__ == '__main__':
    if not os.environ.get('BZT_TEST_PG'):
        print('1..0 # SKIP run it under tools/with-postgres')
        sys.exit(0)
    tap.run(sys.modules[__name__], TwoNodes)

"""What breaks in the middle: bztd killed at random moments while phones sign,
stopped, its answers cut; and what must still be true afterwards.

BZT_FAULTS=full: 500 signatures instead of 120.  BZT_SEED repeats a run.
"""
import json, os, random, secrets, signal, sys, threading, time

sys.dont_write_bytecode = True
import tap
from lab import HungUp, Lab, Problem, b64, unb64
from lab_load import PIN, ready_phones
from rp import Rp, sign_with, sm2_sign, statement

FULL = os.environ.get('BZT_FAULTS') == 'full'
SIGNATURES, KILLS, PHONES = (500, 60, 5) if FULL else (120, 15, 6)
SEED = int(os.environ.get('BZT_SEED') or secrets.randbelow(1 << 32))

# What a caller may see while the server is away: no answer, or nginx's own.
AWAY = ('unavailable', 'unknown_outcome', 'internal', 'failed', 'http_502',
        'http_504', 'nonce_gone', 'busy', 'seen', 'io')


def patiently(function, *args, **options):
    """Until the server is there; what it then says."""
    end = time.monotonic() + 90  # it is killed again and again
    while True:
        try:
            return function(*args, **options)
        except HungUp:
            pass
        except Problem as problem:
            if problem.code not in AWAY:
                raise
        except (OSError, AssertionError):
            pass  # the page's stream ended, or its code did not come
        if time.monotonic() > end:
            raise AssertionError('the server does not come back')
        time.sleep(0.05)


class Signer(threading.Thread):
    """One phone and its browser: signs until its share is done."""

    confirming = threading.Event()  # somebody is just about to sign

    def __init__(self, lab, rp, phone, share):
        super().__init__(daemon=True)
        self.lab, self.rp, self.phone, self.share = lab, rp, phone, share
        self.done, self.lost, self.error = [], 0, None

    def run(self):
        try:
            while len(self.done) < self.share:
                self.once()
        except BaseException as error:
            self.error = error

    def once(self):
        """A request that ends as done, whatever it takes on the way."""
        # The same bytes every time: the key is for one request.
        description = self.rp.describe()
        made = patiently(
            self.rp.request, description=description,
            signature=sm2_sign(self.rp.d, statement('bzt-description-1',
                                                    description)),
            key=secrets.token_hex(8))
        scanned = patiently(self.scan, made)
        if not scanned:
            return
        for _ in range(20):
            try:
                self.confirming.set()
                self.phone.confirm(scanned, pin=PIN)
                break
            except Problem as problem:
                if problem.code in ('request_state', 'request_expired'):
                    break  # an earlier try has been carried out, or is late
                if problem.code not in AWAY:
                    raise
                self.lost += 1
                patiently(self.phone.run, 'recover')
        result = patiently(self.rp.get, made)
        if result['state'] == 'done':
            self.done.append((made, result))

    def scan(self, made):
        """The request's id, or None when this one is of no use any more: its
        time is over, or the answer to an earlier scan was lost - then the
        code is gone from the page, and people ask for a new one."""
        if self.rp.get(made)['state'] != 'created':
            return None
        page = self.rp.page(made)
        try:
            return self.phone.run('scan', page.wait('qr')['text'])['id']
        except Problem as problem:
            if problem.code in ('request_expired', 'request_state'):
                return None
            raise
        finally:
            page.close()


def kill_now_and_then(lab, stop, chance):
    """Mostly while a signature is on its way: a confirmation takes about
    as long as the random delay."""
    kills = 0
    while kills < KILLS and not stop.wait(chance.uniform(0.1, 0.8)):
        Signer.confirming.clear()
        if not Signer.confirming.wait(5):
            break
        time.sleep(chance.uniform(0, 0.06))
        lab.kill('bztd', signal.SIGKILL)
        lab.start_bztd()
        kills += 1
    return kills


def test_kill_9_loses_no_signature_and_locks_no_key(lab):
    print(f'# seed {SEED}, {SIGNATURES} signatures')
    chance, stop = random.Random(SEED), threading.Event()
    lab.rp = Rp(lab)
    lab.phones = ready_phones(lab, PHONES)
    signers = [Signer(lab, lab.rp, p, SIGNATURES // PHONES)
               for p in lab.phones]
    killed = []
    killer = threading.Thread(
        target=lambda: killed.append(kill_now_and_then(lab, stop, chance)))
    for thread in (*signers, killer):
        thread.start()
    for signer in signers:
        signer.join(550)
    stop.set()
    killer.join(60)
    for signer in signers:
        assert not signer.is_alive(), 'it did not end'
        if signer.error:
            raise signer.error
    lab.done = [pair for signer in signers for pair in signer.done]
    print(f'# {len(lab.done)} signatures, {killed[0]} kills, '
          f'{sum(s.lost for s in signers)} lost answers')
    assert len(lab.done) == SIGNATURES and killed[0] >= KILLS // 2


def test_every_answered_signature_is_in_the_store(lab):
    for made, result in lab.done:
        now = lab.rp.get(made)
        assert now['state'] == 'done'
        assert now['result']['signature'] == result['result']['signature']
    for made, result in lab.done[:10]:
        assert lab.rp.verify(result)


def test_no_try_was_counted_and_every_phone_goes_on(lab):
    for phone in lab.phones:
        phone.run('recover')
        keys = [k for e in phone.run('get', 'entries')['entries']
                for k in e['keys']]
        assert [k['state'] for k in keys] == ['live'], keys
        # One wrong PIN: four tries are left, so none was lost before.
        try:
            sign_with(lab, lab.rp, phone, pin='000000')
            raise AssertionError('a wrong PIN')
        except Problem as problem:
            assert problem.code == 'wrong_pin', problem.code
            assert problem.body['tries_left'] == 4, problem.body
        result = sign_with(lab, lab.rp, phone)
        assert result['state'] == 'done' and lab.rp.verify(result)


def test_the_audit_tree_has_every_signature(lab):
    copy = lab.home / 'audit.ndjson'
    words = ['audit', 'verify', '--settings', lab.home / 'etc/settings.json',
             '--site-key', lab.site / 'site.pub', copy]
    want = len(lab.done)
    end = time.monotonic() + 20
    while True:
        lab.bzt('audit', 'fetch', '--dir', lab.operator, '--out', copy)
        lab.bzt(*words)
        ends = set()
        for line in copy.read_text().splitlines()[1:]:
            record = json.loads(line).get('record')
            if record:
                r = json.loads(unb64(record))
                if r['kind'] == 'request.end' and r['outcome'] == 'done':
                    ends.add(r['subject'])
        missing = [m['id'] for m, _ in lab.done if m['id'] not in ends]
        if not missing or time.monotonic() > end:
            break
        time.sleep(0.5)
    assert not missing, (len(missing), want)


def test_a_server_that_stops_for_a_while_loses_nothing(lab):
    phone = lab.phones[0]
    made = lab.rp.request()
    page = lab.rp.page(made)
    scanned = phone.run('scan', page.qr())['id']
    lab.processes['bztd'].send_signal(signal.SIGSTOP)
    threading.Timer(3, lab.processes['bztd'].send_signal,
                    [signal.SIGCONT]).start()
    phone.confirm(scanned, pin=PIN)
    assert lab.rp.get(made)['state'] == 'done'
    page.close()


def test_nginx_killed_in_the_middle_loses_nothing(lab):
    phone, rp = lab.phones[1], lab.rp
    for _ in range(4):
        made = rp.request()
        page = rp.page(made)
        scanned = phone.run('scan', page.qr())['id']
        killer = threading.Timer(random.uniform(0, 0.05), lab.kill,
                                 ['nginx', signal.SIGTERM])
        killer.start()
        try:
            phone.confirm(scanned, pin=PIN)
        except Problem as problem:
            assert problem.code in AWAY, problem.code
        killer.join()
        lab._start_nginx()
        patiently(lab.http(lab.app), 'GET', '/app/v1/site')
        patiently(phone.run, 'recover')
        try:
            phone.confirm(scanned, pin=PIN)
        except Problem as problem:
            assert problem.code == 'request_state', problem.code
        assert patiently(rp.get, made)['state'] == 'done'


if __name__ == '__main__':
    tap.run(sys.modules[__name__], lambda: Lab(platform=False))

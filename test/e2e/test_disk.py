"""The disk under SQLite: full, then roomy again; and one whose syncs fail.

As root in a mount namespace of its own, because the full disk is a small
tmpfs; without that the tests of the full disk are skipped.
"""
import os, shutil, signal, subprocess, sys, time

sys.dont_write_bytecode = True
import tap
from lab import HungUp, Lab, Problem
from lab_load import PIN, ready_phones
from rp import Rp, sign_with

SIZE = 24 << 20
FAILING = os.environ.get('BZT_FAIL_SYNC_LIB')


def in_own_namespace():
    """Again under unshare, where mounts are nobody else's business."""
    if os.geteuid() or os.environ.get('BZT_UNSHARED'):
        return
    unshare = ['unshare', '--mount', '--propagation', 'private']
    if subprocess.run([*unshare, 'true'], capture_output=True).returncode == 0:
        os.environ['BZT_UNSHARED'] = '1'
        os.execvp('unshare', [*unshare, sys.executable, '-B', *sys.argv])


class DiskLab(Lab):
    """bztd's folder is a small disk of its own, and its syncs may fail."""

    def __init__(self):
        super().__init__(platform=False)
        self.data = self.home / 'data'
        self.failing = self.home / 'run/failing'
        self.small = False
        if os.environ.get('BZT_UNSHARED'):
            self.small = subprocess.run(
                ['mount', '-t', 'tmpfs', '-o', f'size={SIZE},mode=755', 'bzt',
                 str(self.data)]).returncode == 0

    def start(self):
        if FAILING:
            shutil.copy(FAILING, self.home / 'bin/fail_sync.so')
            os.chmod(self.home / 'bin/fail_sync.so', 0o755)
        super().start()
        self.rp = Rp(self)
        self.phones = ready_phones(self, 2)

    def start_bztd(self):
        if FAILING:
            self.env = dict(LD_PRELOAD=str(self.home / 'bin/fail_sync.so'),
                            BZT_FAIL_SYNC=str(self.failing))
        super().start_bztd()

    def stop(self):
        for name in reversed(list(self.processes)):
            self.kill(name, 15)
        if self.small:
            subprocess.run(['umount', str(self.data)])
        super().stop()

    def fill(self):
        """Until nothing goes in any more."""
        with open(self.data / 'ballast', 'wb', buffering=0) as ballast:
            for size in (1 << 16, 1 << 12):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError:
                    pass

    def make_room(self):
        (self.data / 'ballast').unlink()


def keys_of(phone):
    return [k for e in phone.run('get', 'entries')['entries']
            for k in e['keys']]


def test_a_full_disk_is_said_and_half_does_nothing(lab):
    if not lab.small:
        raise tap.Skip('needs root and a mount namespace')
    phone = lab.phones[0]
    made = lab.rp.request()
    page = lab.rp.page(made)
    scanned = phone.run('scan', page.qr())
    page.close()
    lab.fill()
    seen = set()
    for _ in range(3):  # the log may have a page or two of room
        for call in (lambda: lab.rp.request(),
                     lambda: phone.confirm(scanned['id'], pin=PIN)):
            try:
                call()
            except Problem as problem:
                assert problem.code in ('io', 'unavailable', 'request_state'), \
                    problem.code
                if problem.code == 'io':
                    assert problem.status in (500, None), problem.status
                    assert problem.body.get('title_zh', '读写失败')
                seen.add(problem.code)
    assert 'io' in seen, seen
    # what is read is still read
    assert [k['state'] for k in keys_of(phone)] == ['live']
    lab.half = scanned['id'], made


def test_with_space_again_it_goes_on(lab):
    if not lab.small:
        raise tap.Skip('needs root and a mount namespace')
    phone = lab.phones[0]
    lab.make_room()
    assert lab.processes['bztd'].poll() is None, 'it has ended'
    phone.run('recover')
    scanned, made = lab.half
    try:
        phone.confirm(scanned, pin=PIN)
    except Problem as problem:
        assert problem.code == 'request_state', problem.code
    assert lab.rp.get(made)['state'] == 'done'
    for phone in lab.phones:
        result = sign_with(lab, lab.rp, phone)
        assert result['state'] == 'done' and lab.rp.verify(result)


def test_a_failed_sync_gives_no_answer_and_ends_the_daemon(lab):
    if not FAILING:
        raise tap.Skip('BZT_FAIL_SYNC_LIB is not set')
    phone = lab.phones[1]
    made = lab.rp.request()
    page = lab.rp.page(made)
    scanned = phone.run('scan', page.qr())
    page.close()
    begun = time.monotonic()
    lab.failing.touch()
    try:
        lab.rp.request()
        raise AssertionError('an answer to a commit that nobody knows')
    except Problem as problem:  # nginx's word: the connection was closed
        assert problem.code == 'unknown_outcome', problem.code
        assert problem.status == 502
    except HungUp:
        pass
    daemon = lab.processes['bztd']
    assert daemon.wait(10) == 1
    assert time.monotonic() - begun < 5
    log = (lab.home / 'log/bztd.log').read_text()
    assert 'store_broken' in log
    lab.failing.unlink()
    lab.processes.pop('bztd')
    lab.start_bztd()  # as the supervisor does
    lab._wait(lambda: lab.http(lab.api)('GET', '/health') or True)
    phone.confirm(scanned['id'], pin=PIN)
    assert lab.rp.get(made)['state'] == 'done'
    for phone in lab.phones:
        assert [k['state'] for k in keys_of(phone)] == ['live']
        assert sign_with(lab, lab.rp, phone)['state'] == 'done'


def test_a_sync_that_fails_under_a_signature_is_recovered(lab):
    if not FAILING:
        raise tap.Skip('BZT_FAIL_SYNC_LIB is not set')
    phone = lab.phones[0]
    for n in range(3):
        made = lab.rp.request()
        page = lab.rp.page(made)
        scanned = phone.run('scan', page.qr())
        page.close()
        timer = subprocess.Popen(
            ['sh', '-c', f'sleep 0.0{n}2; : >{lab.failing}'])
        try:
            phone.confirm(scanned['id'], pin=PIN)
        except Problem as problem:
            assert problem.code in ('unknown_outcome', 'unavailable', 'io',
                                    'internal'), problem.code
        timer.wait()
        if not lab.processes['bztd'].poll():
            try:
                lab.rp.request()
            except (Problem, HungUp):
                pass
        assert lab.processes['bztd'].wait(10) == 1
        lab.failing.unlink()
        lab.processes.pop('bztd')
        lab.start_bztd()
        lab._wait(lambda: lab.http(lab.api)('GET', '/health') or True)
        phone.run('recover')
        try:
            phone.confirm(scanned['id'], pin=PIN)
        except Problem as problem:
            assert problem.code == 'request_state', problem.code
        result = lab.rp.get(made)
        assert result['state'] == 'done' and lab.rp.verify(result)


if __name__ == '__main__':
    in_own_namespace()
    tap.run(sys.modules[__name__], DiskLab)

"""The main job, end to end, judged by programs that we did not write.

usage: test_journey.py (BZT_BUILD, BZT_SOURCE, BZT_GCRYPT_JUDGE in the environment)
"""
import json, os, subprocess, sys, time, urllib.request

sys.dont_write_bytecode = True
import tap
from lab import SOURCE, Lab, Problem, b64, unb64
from rp import Rp, ref, sign_with, sm3
from tap import raises

ID = 'distid:1234567812345678'


def keep(lab, name, data):
    folder = lab.home / 'judge'
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def pem(lab, name):
    """The PEM twin of a kept certificate."""
    path = lab.home / 'judge' / name
    out = path.with_suffix('.pem')
    subprocess.run(['openssl', 'x509', '-inform', 'DER', '-in', path, '-out',
                    out], check=True)
    return out


def openssl(*words):
    done = subprocess.run(['openssl', *map(str, words)], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def fetch(lab, url, data=None):
    request = urllib.request.Request(url, data=data)
    if data:
        request.add_header('Content-Type', 'application/ocsp-request')
    with urllib.request.urlopen(request, context=lab.context) as answer:
        return answer.read(), answer.headers['Content-Type']


def test_a_company_gets_a_certificate_over_the_air(lab):
    lab.holder = lab.phone('clerk').sign_up().enterprise()
    entries = lab.holder.run('get', 'entries')['entries']
    assert [e['enterprise']['uscc'] for e in entries] == [lab.holder.uscc]
    assert entries[0]['state'] == 'active'
    kinds = [m['kind'] for m in lab.holder.run('get', 'messages')['messages']]
    assert kinds[:3] == ['certificate_issued', 'application_approved',
                         'application_submitted'], kinds


def test_it_binds_to_the_account_of_the_same_company(lab):
    lab.rp = Rp(lab, webhook=None)
    result = sign_with(lab, lab.rp, lab.holder, 'bind', account='zhangsan',
                       organisation=dict(name=lab.holder.organisation,
                                         uscc=lab.holder.uscc))
    assert result['state'] == 'done' and lab.rp.verify(result)


def test_a_scan_logs_in(lab):
    result = sign_with(lab, lab.rp, lab.holder, 'login')
    assert result['state'] == 'done' and lab.rp.verify(result)
    r = result['result']
    assert r['algorithm'] == 'SM2-with-SM3'
    for name, data in (('message.bin', r['message']),
                       ('signature.der', r['signature']),
                       ('holder.der', r['certificate']),
                       ('issuing.der', r['chain'][0]),
                       ('root.der', r['chain'][1])):
        keep(lab, name, unb64(data))
    assert '11010119900307' not in json.dumps(result)  # no personal numbers
    assert lab.holder.number not in json.dumps(result)


def test_openssl_verifies_signature_and_path(lab):
    folder = lab.home / 'judge'
    holder, issuing, root = (pem(lab, n) for n in
                             ('holder.der', 'issuing.der', 'root.der'))
    # The command line sets the id for one step of a path only.
    openssl('verify', '-vfyopt', ID, '-CAfile', root, issuing)
    openssl('verify', '-vfyopt', ID, '-partial_chain', '-trusted', issuing,
            holder)
    openssl('x509', '-in', holder, '-noout', '-pubkey', '-out',
            folder / 'pub.pem')
    said = openssl('pkeyutl', '-verify', '-pubin', '-inkey',
                   folder / 'pub.pem', '-rawin', '-in', folder / 'message.bin',
                   '-sigfile', folder / 'signature.der', '-digest', 'sm3',
                   '-pkeyopt', ID)
    assert 'Signature Verified Successfully' in said
    bent = bytearray((folder / 'message.bin').read_bytes())
    bent[-1] ^= 1
    keep(lab, 'bent.bin', bytes(bent))
    done = subprocess.run(['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey',
                           folder / 'pub.pem', '-rawin', '-in',
                           folder / 'bent.bin', '-sigfile',
                           folder / 'signature.der', '-digest', 'sm3',
                           '-pkeyopt', ID], capture_output=True)
    assert done.returncode != 0


def test_libgcrypt_verifies_the_signature(lab):
    folder = lab.home / 'judge'
    der = (folder / 'holder.der').read_bytes()
    at = der.index(b'\x03\x42\x00\x04') + 3
    point = der[at:at + 65]
    e = ref.i2b(ref.digest(ref.dec(point), (folder / 'message.bin').read_bytes()))
    judge = os.environ['BZT_GCRYPT_JUDGE']
    words = [judge, point.hex(), e.hex(),
             (folder / 'signature.der').read_bytes().hex()]
    assert subprocess.run(words).returncode == 0
    words[2] = sm3(b'another').hex()
    assert subprocess.run(words).returncode == 1


def test_the_request_of_the_journey_is_proper_pkcs10(lab):
    csr = next((lab.holder.folder / 'keys').glob('*.csr')).read_bytes()
    path = keep(lab, 'csr.der', csr)
    openssl('req', '-inform', 'DER', '-in', path, '-noout', '-verify',
            '-vfyopt', ID)


def test_list_and_ocsp_answer_are_fetched(lab):
    folder = lab.home / 'judge'
    text = openssl('x509', '-in', folder / 'holder.pem', '-noout', '-text')
    crl = next(l.split('URI:')[1] for l in text.splitlines() if '/crl' in l)
    ocsp = openssl('x509', '-in', folder / 'holder.pem', '-noout',
                   '-ocsp_uri').strip()
    data, kind = fetch(lab, crl)
    assert kind == 'application/pkix-crl'
    keep(lab, 'crl.der', data)
    openssl('ocsp', '-issuer', folder / 'issuing.pem', '-cert',
            folder / 'holder.pem', '-reqout', folder / 'request.der')
    data, kind = fetch(lab, ocsp, (folder / 'request.der').read_bytes())
    assert kind == 'application/ocsp-response'
    path = keep(lab, 'ocsp.der', data)
    assert 'Cert Status: good' in openssl('ocsp', '-respin', path, '-noverify',
                                          '-resp_text')


def test_bouncycastle_verifies_everything(lab):
    jars = ':'.join(f'/usr/share/java/{n}.jar' for n in
                    ('bcprov', 'bcpkix', 'bcutil')
                    if os.path.exists(f'/usr/share/java/{n}.jar'))
    folder = lab.home / 'judge'
    subprocess.run(['javac', '-cp', jars, '-d', folder,
                    SOURCE / 'test/e2e/JourneyJudge.java'], check=True)
    done = subprocess.run(['java', '-XX:TieredStopAtLevel=1', '-cp',
                           f'{jars}:{folder}', 'JourneyJudge', folder],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ['signature', 'path', 'list', 'ocsp',
                                   'request'], done.stdout


def test_another_name_or_code_is_refused_on_both_sides(lab):
    for organisation in (dict(name='另一家有限公司', uscc=lab.holder.uscc),
                         dict(name=lab.holder.organisation, uscc=lab.uscc()),
                         None):
        made = lab.rp.request('bind', organisation=organisation, account='x')
        page = lab.rp.page(made)
        scanned = lab.holder.run('scan', page.qr())
        raises('organisation_mismatch', lab.holder.confirm, scanned['id'],
               number=page.number())
        result = lab.rp.get(made)
        assert (result['state'], result['reason'], result['result']) == (
            'failed', 'organisation_mismatch', None)
        page.close()


def test_the_holder_refuses(lab):
    made = lab.rp.request()
    page = lab.rp.page(made)
    scanned = lab.holder.run('scan', page.qr())
    lab.holder.run('refuse', request=scanned['id'])
    assert page.wait('state', lambda d: d['state'] == 'refused')
    raises('request_state', lab.holder.confirm, scanned['id'])
    assert lab.rp.get(made)['reason'] == 'user_refused'


def test_a_revoked_certificate_logs_in_no_more(lab):
    other = lab.phone().sign_up(real_name='李四').enterprise(name='江南测试公司')
    certificate = other.run('certificates')['certificates'][0]
    lab.bzt('ca', 'revoke', '--dir', lab.operator, '--reason', '4',
            certificate['id'])
    made = lab.rp.request()
    page = lab.rp.page(made)
    scanned = other.run('scan', page.qr())
    raises('certificate_revoked', other.confirm, scanned['id'])
    page.close()
    crl = openssl('x509', '-in', lab.home / 'judge/holder.pem', '-noout',
                  '-text')
    url = next(l.split('URI:')[1] for l in crl.splitlines() if '/crl' in l)
    path = keep(lab, 'later.der', fetch(lab, url)[0])
    serial = openssl('x509', '-inform', 'DER', '-in',
                     keep(lab, 'revoked.der', unb64(certificate['der'])),
                     '-noout', '-serial').strip().split('=')[1]
    assert serial in openssl('crl', '-inform', 'DER', '-in', path, '-noout',
                             '-text')


def test_the_pin_changes(lab):
    lab.holder.run('change-pin', entry=lab.holder.entry, pin='271828',
                   new_pin='314159')
    raises('wrong_pin', sign_with, lab, lab.rp, lab.holder, pin='271828')
    assert sign_with(lab, lab.rp, lab.holder, pin='314159')['state'] == 'done'
    lab.holder.pin = '314159'
    raises('weak_pin', lab.holder.run, 'change-pin', entry=lab.holder.entry,
           pin='314159', new_pin='123456')


def test_the_key_moves_to_a_new_phone(lab):
    new = lab.phone('new', number=lab.holder.number).init().login()
    code = new.run('transfer')['code']
    lab.holder.run('move', code, pin=lab.holder.pin)
    assert new.run('arrive') == {'arrived': 1}
    raises(('refused', 'not_found', 'forbidden'), sign_with, lab, lab.rp,
           lab.holder)
    new.pin = lab.holder.pin
    assert sign_with(lab, lab.rp, new)['state'] == 'done'
    lab.holder = new


def test_the_password_logs_in(lab):
    lab.holder.login()
    lab.holder.run('password', new='a-b_6!xyz')
    lab.holder.run('login', phone=lab.holder.number, password='a-b_6!xyz')
    raises('wrong_password', lab.holder.run, 'login', phone=lab.holder.number,
           password='wrong-1')
    lab.holder.run('login', phone=lab.holder.number, password='a-b_6!xyz')


def test_the_history_proves_itself(lab):
    end = time.monotonic() + 10
    while True:
        path = lab.home / 'audit.ndjson'
        lab.bzt('audit', 'fetch', '--dir', lab.operator, '--out', path)
        words = ['audit', 'verify', '--settings', lab.home / 'etc/settings.json',
                 '--site-key', lab.site / 'site.pub']
        seen = lab.bzt(*words, path)
        if seen['size'] > 50 or time.monotonic() > end:
            break
        time.sleep(0.5)
    assert seen['records'] > 10
    lines = path.read_text().splitlines()
    bent = lab.home / 'bent.ndjson'
    for change in (lines[:1] + lines[2:], lines[:-1],
                   lines[:1] + [lines[2], lines[1]] + lines[3:],
                   [lines[0].replace('"size":', '"size":1')] + lines[1:]):
        bent.write_text('\n'.join(change) + '\n')
        raises(('audit_broken', 'bad_signature'), lab.bzt, *words, bent)
    history = lab.holder.run('get', 'history')
    kinds = [json.loads(unb64(r['record']))['kind'] for r in history['records']]
    assert 'key.sign' in kinds and 'key.wrong_pin' in kinds, kinds


if __name__ == '__main__':
    tap.run(sys.modules[__name__], lambda: Lab(platform=False))

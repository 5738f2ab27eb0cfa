"""A lab with phones that are ready to sign, and a plan of it for programs in
C (load.h): bench/load and the fault tests.

    lab_load.py PROGRAM [ARGUMENT]…    run PROGRAM with BZT_LOAD = the plan
"""
import json, os, shutil, subprocess, sys, tempfile, time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import BUILD, Lab
from rp import Rp

PIN = '271828'


def ready_phones(lab, n):
    """n phones of n holders, each with one personal certificate."""
    phones = []
    for i in range(n):
        holder = lab.phone(f'load{i}').sign_up(real_name='张三')
        phones.append(holder.certificate('personal', pin=PIN))
    return phones


def server_processes(lab):
    """nginx with its workers, then bztd."""
    master = lab.processes['nginx'].pid
    children = Path(f'/proc/{master}/task/{master}/children').read_text()
    return [master, *map(int, children.split()), lab.processes['bztd'].pid]


def plan(lab, rp, phones, **changes):
    """Write the plan; its path."""
    folder = next(lab.home.glob('rp*'))
    facts = dict(rp_id=rp.id, domain=rp.domain, api=lab.api,
                 rp_key=str(folder / 'key'),
                 settings=str(lab.home / 'etc/settings.json'),
                 site_key=str(lab.site / 'site.pub'),
                 tls_roots=str(lab.tls / 'root.pem'), pin=PIN,
                 phones=[str(p.folder) for p in phones],
                 processes=server_processes(lab))
    facts.update(changes)
    path = lab.home / 'load.json'
    path.write_text(json.dumps(facts))
    return path


def main(words):
    with Lab(platform=False) as lab:
        rp = Rp(lab)
        phones = ready_phones(lab, int(os.environ.get('BZT_PHONES', '8')))
        time.sleep(2)
        done = subprocess.run(words, env=dict(
            os.environ, BZT_LOAD=str(plan(lab, rp, phones))))
        if done.returncode:
            lab.show_logs()
        return done.returncode


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

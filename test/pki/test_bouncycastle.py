"""What pki makes, judged by BouncyCastle.

usage: test_bouncycastle.py TOOL Judge.java
"""
import glob
import os
import subprocess
import sys
import tempfile

TOOL, JUDGE = sys.argv[1:3]
JARS = [os.path.join('/usr/share/java', name + '.jar')
        for name in ['bcprov', 'bcpkix', 'bcutil']]


def main():
    jars = [jar for jar in JARS if glob.glob(jar)]
    with tempfile.TemporaryDirectory() as folder:
        path = ':'.join(jars + [folder])
        java = ['java', '-XX:TieredStopAtLevel=1', '-cp', path, 'Judge']

        def run(*command):
            subprocess.run(command, check=True, timeout=120)
        run('javac', '-cp', path, '-d', folder, JUDGE)
        run(TOOL, 'make', folder)
        run(*java, 'ask', folder)
        run(TOOL, 'answer', os.path.join(folder, 'bc_request.der'),
            os.path.join(folder, 'bc_response.der'))
        sys.stdout.flush()
        done = subprocess.run([*java, 'check', folder], check=False,
                              timeout=120)
    sys.exit(done.returncode)


main()

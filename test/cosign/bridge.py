"""The C code in the place of the classes of doc/protocol/reference.py.

CServer keeps the reference's rows and nonces, CPhone and CKey its fields, so
the reference's own checks can read and change them; every decision and every
number comes from the C functions, through the program `peer`.
"""
import importlib.util
import os
import subprocess
from pathlib import Path

SOURCE = Path(os.environ.get("BZT_SOURCE", Path(__file__).parents[2]))


def load_reference():
    path = SOURCE / "doc/protocol/reference.py"
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ref = load_reference()
ref_fields = (ref.Server, ref.Phone, ref.Key)


class Peer:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, command, **values):
        words = [command]
        for name, value in values.items():
            if value is None:
                continue
            if isinstance(value, (bytes, bytearray)):
                value = value.hex()
            words.append(f"{name}={value}")
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("peer died at: " + command)
        return Result(word.split("=", 1) for word in line.split())


class Result(dict):
    def bytes(self, name):
        return bytes.fromhex(self[name])

    def number(self, name):
        return int(self[name])

    def scalar(self, name):
        return int(self[name], 16)

    def point(self, name):
        return ref.dec(self.bytes(name))


peer = None
ERRORS = {
    "wrong_pin": ref.WrongPin, "refused": ref.Refused, "seen": ref.Seen, "busy": ref.Busy, "wait": ref.Wait,
    "nonce_gone": ref.NonceGone, "locked": ref.Locked, "clone_suspected": ref.CloneSuspected, "behind": ref.Behind,
    "stale": ref.Stale, "cancelled": ref.Cancelled,
}
CODES = {error: code for code, error in ERRORS.items()}
STATES = ["new", "live", "pin", "clone", "frozen"]
REFUSED_HERE = {"bad_proof", "key_mismatch", "bad_point", "bad_mac", "bad_encoding", "decrypt_failed", "job_unfinished",
                "bad_signature", "weak_pin", "out_of_range", "conflict"}


def wide(point):
    """65 bytes of whatever the reference's checks call a point."""
    return b"\4" + ref.raw(point[0]) + ref.raw(point[1]) if point else bytes(65)


# --- server -------------------------------------------------------------------------------------
class CServer(ref.Server):
    def device_args(self, device_id):
        device = self.device.get(device_id) or dict(key=bytes(32), user=b"nobody")
        return dict(device_id=device_id, device_key=device["key"], user_id=device["user"].ljust(16, b"\0")[:16])

    def row_args(self, key_id, op_id=None, device_id=None):
        row = self.row[key_id]
        out = dict(self.device_args(device_id or row["device"]), key_id=key_id, row_device=row["device"], row_use=row["use"].decode(),
                   state=STATES.index(row["state"]), row_g=row["g"], failures=row["failures"], wait=row["wait"] * 1000, now=self.now * 1000)
        if row["P"]:
            out.update(row_P=ref.enc(row["P"]), u2=ref.i2b(row["u2"]))
        if row["last"]:
            op, kind, signature, wrong = row["last"]
            out.update(last_kind=kind.decode(), last_op=op, last_wrong=wrong)
            if signature:
                out.update(last_r=ref.i2b(signature[0]), last_s=ref.i2b(signature[1]))
        if row["moving"]:
            g, to, blob = row["moving"]
            out.update(moving_g=g, moving_to=to, moving_hash=ref.sm3(blob))
        if op_id in row["seen"]:
            out.update(seen=row["seen"][op_id].decode())
        return out

    def known(self, key_id, name):
        if key_id not in self.row:
            raise ref.Refused(name)

    def apply(self, key_id, read, out, blob=None):
        """What the service does with an effect, then the answer."""
        row, op_id = self.row[key_id], out.bytes("answer_id")
        if out.number("commit"):
            if out.get("remember") or out["err"] != "ok":
                self.between()
            if read != (row["g"], row["failures"], row["state"]):
                raise ref.Busy(op_id)
            device = self.device[row["device"]]
            self.write(row, out, blob)
            self.count(row, device, out.number("tries"))
        if out["err"] == "ok":
            return
        raise ERRORS[out["err"]](op_id, seconds=out.number("wait_seconds"))

    def write(self, row, out, blob):
        row.update(g=out.number("g"), failures=out.number("failures"), wait=out.number("wait") // 1000, state=STATES[out.number("state")],
                   device=out.bytes("device"))
        if "u2" in out:
            row.update(u2=out.scalar("u2"), P=out.point("P"))
        if "last_kind" in out:
            signature = (out.scalar("last_r"), out.scalar("last_s")) if out["last_kind"] == "sign" else None
            row["last"] = (out.bytes("last_op"), out["last_kind"].encode(), signature, out.number("last_wrong"))
        if "moving_g" in out:
            blob = blob or row["moving"][2]
            assert ref.sm3(blob) == out.bytes("moving_hash")
            row["moving"] = (out.number("moving_g"), out.bytes("moving_to"), blob)
        else:
            row["moving"] = None
        if "remember" in out:
            seen = dict(list(row["seen"].items())[1 - self.REMEMBERED:])
            seen[out.bytes("op_id")] = out["remember"].encode()
            row["seen"] = seen

    def count(self, row, device, tries):
        if tries == 2:
            device["failures"] = 0
        if tries != 1:
            return
        device["failures"] += 1
        if device["failures"] >= self.DEVICE_LIMIT:
            for other in self.row.values():
                if other["device"] == row["device"] and other["state"] == "live":
                    other["state"] = "pin"

    def read(self, key_id):
        row = self.row[key_id]
        return row["g"], row["failures"], row["state"]

    def new_key(self, device_id, use, tag):
        out = peer("s_new", **self.device_args(device_id), use=use.decode(), mac=tag)
        if out["err"] != "ok":
            raise ERRORS[out["err"]]()
        key_id = self.rng.bytes(16)
        self.row[key_id] = dict(device=device_id, use=use, state="new", u2=None, P=None, g=0, failures=0, wait=0, last=None, seen={}, moving=None,
                                born=self.now, certified=False, enterprise=False)
        return key_id

    def sweep(self):
        for key_id, row in list(self.row.items()):
            if peer("s_sweep", made=row["born"] * 1000, certified=int(row["certified"]), pending=int(bool(row.get("pending"))),
                    now=self.now * 1000).number("sweep"):
                del self.row[key_id]

    def keygen(self, key_id, V1, A, z, tag):
        self.known(key_id, key_id)
        fresh = self.row[key_id]["state"] == "new"
        random = self.rng.bytes(48) + self.rng.bytes(48) if fresh else bytes(96)
        read, out = self.read(key_id), peer("s_keygen", **self.row_args(key_id), V1=ref.enc(V1), A=ref.enc(A), z=ref.raw(z), mac=tag, random=random)
        self.apply(key_id, read, out)
        return out.point("answer_P"), out.point("answer_A"), out.scalar("answer_z")

    def import_share(self, key_id, sealed, P, A, z, tag):
        self.known(key_id, key_id)
        if len(sealed) != 145:
            raise ref.Refused(key_id)                             # the form of a field, decided by its reader
        read = self.read(key_id)
        out = peer("s_import", **self.row_args(key_id), sealed=sealed, P=ref.enc(P), A=ref.enc(A), z=ref.raw(z), mac=tag,
                   transport=ref.i2b(self.transport), certificate_P=ref.enc(P))
        self.apply(key_id, read, out)

    def open(self, key_id, op_id, g, message, tag):
        self.known(key_id, op_id)
        row = self.row[key_id]
        draws = row["use"] == b"sign" and row["state"] == "live" and g == row["g"]
        random = self.rng.bytes(48) + self.rng.bytes(48) if draws else bytes(96)
        read, out = self.read(key_id), peer("s_open", **self.row_args(key_id, op_id), op_id=op_id, g=g, message=message, mac=tag, random=random)
        self.apply(key_id, read, out)
        Qs = out.point("Qs")
        self.live[key_id] = (out.scalar("k"), Qs, row["g"], out.scalar("e"), out.number("until") // 1000)
        return Qs, out.point("A"), out.scalar("z")

    def sign(self, key_id, op_id, g, rho, Qs, r, p2, p3, tag):
        self.known(key_id, op_id)
        if not all(0 <= x < 2 ** 256 for x in (rho, r, p2, p3)):
            raise ref.Refused(op_id)                              # no 32 bytes say this
        nonce = {}
        if key_id in self.live:
            k, point, at, e, until = self.live[key_id]
            nonce = dict(nonce_k=ref.i2b(k), nonce_Qs=ref.enc(point), nonce_g=at, nonce_e=ref.i2b(e), nonce_until=until * 1000)
        read = self.read(key_id)
        out = peer("s_sign", **self.row_args(key_id, op_id), op_id=op_id, g=g, rho=ref.raw(rho), Qs=ref.enc(Qs), r=ref.raw(r), p2=ref.raw(p2),
                   p3=ref.raw(p3), mac=tag, **nonce)
        if out.number("taken"):
            del self.live[key_id]
        self.apply(key_id, read, out)
        return out.bytes("answer_id"), (out.scalar("r"), out.scalar("s")), out.number("wrong")

    def decrypt(self, key_id, op_id, g, rho, about, points, A, z, tag):
        self.known(key_id, op_id)
        read = self.read(key_id)
        out = peer("s_decrypt", **self.row_args(key_id, op_id), op_id=op_id, g=g, rho=ref.raw(rho), points=b"".join(map(wide, points)), about=about,
                   A=ref.enc(A), z=ref.raw(z), mac=tag)
        self.apply(key_id, read, out)
        halves = out.bytes("halves")
        return out.bytes("answer_id"), [ref.dec(halves[i:i + 65]) for i in range(0, len(halves), 65)], out.number("wrong")

    def authorise(self, key_id, op_id, g, rho, act, A, z, tag):
        self.known(key_id, op_id)
        read = self.read(key_id)
        out = peer("s_authorise", **self.row_args(key_id, op_id), op_id=op_id, g=g, rho=ref.raw(rho), act=act, A=ref.enc(A), z=ref.raw(z), mac=tag)
        self.apply(key_id, read, out)
        return out.bytes("answer_id"), None, out.number("wrong")

    def move(self, key_id, op_id, g, rho, to_device, blob, A, z, tag):
        self.known(key_id, op_id)
        to = {}
        if to_device in self.device:
            args = self.device_args(to_device)
            to = dict(to_user=args["user_id"], to_key=args["device_key"])
        read = self.read(key_id)
        out = peer("s_move", **self.row_args(key_id, op_id), op_id=op_id, g=g, rho=ref.raw(rho), to_device=to_device, blob=blob, A=ref.enc(A),
                   z=ref.raw(z), mac=tag, **to)
        self.apply(key_id, read, out, blob)
        return out.bytes("answer_id"), None, out.number("wrong")

    def blobs(self, device_id, tag):
        out = peer("s_blobs", **self.device_args(device_id), mac=tag)
        if out["err"] != "ok":
            raise ERRORS[out["err"]]()
        return {i: row["moving"][2] for i, row in self.row.items() if row["moving"] and row["moving"][1] == device_id}

    def arrive(self, key_id, device_id, op_id, g, rho, blob_hash, tag):
        self.known(key_id, op_id)
        read = self.read(key_id)
        out = peer("s_arrive", **self.row_args(key_id, op_id, device_id), op_id=op_id, g=g, rho=ref.raw(rho), blob_hash=blob_hash, mac=tag)
        self.apply(key_id, read, out)
        return out.bytes("answer_id")

    def recover(self, key_id, op_id, g, tag):
        self.known(key_id, op_id)
        read = self.read(key_id)
        out = peer("s_recover", **self.row_args(key_id, op_id), op_id=op_id, g=g, mac=tag)
        self.apply(key_id, read, out)
        signature = (out.scalar("r"), out.scalar("s")) if out["outcome"] == "sign" else None
        return out["outcome"].encode(), signature, out.number("wrong")

    def unlock(self, device_id, device_key, approved=()):
        self.device[device_id].update(key=device_key, failures=0)
        for key_id, row in self.row.items():
            if row["device"] == device_id and (not row["enterprise"] or key_id in approved):
                out = peer("s_unlock", **self.row_args(key_id))
                if out.number("commit"):
                    self.write(row, out, None)


# --- phone --------------------------------------------------------------------------------------
NEXT_RESULT, NEXT_DROPPED, NEXT_REOPEN, NEXT_RECOVER, NEXT_VOID, NEXT_DELETE = range(1, 7)
PARTS = {None: 0, "check": 1, "step": 2}


def complain(code):
    """An error that the phone itself has found."""
    if code in REFUSED_HERE:
        raise ref.Refused(None, code)
    if code != "ok":
        raise AssertionError(code)


class CKey(ref.Key):
    done = bytes(16)

    def box(self):
        part, job = 0, bytes(16)
        intent = bytes(74)
        if self.intent:
            op_id, g, m, part, *job = self.intent
            intent = b"\1" + bytes([PARTS[part]]) + op_id + (job[0] if job else bytes(16)) + g.to_bytes(8, "big") + ref.i2b(m)
        arriving = b"\1" + self.arriving if self.arriving else bytes(33)
        return (b"\1" + self.key_id + ref.enc(self.P) + self.g.to_bytes(8, "big") + ref.i2b(self.m) + self.device_secret + self.wrong.to_bytes(4, "big")
                + intent + arriving + self.done)

    def unbox(self, box):
        self.P, self.g, self.m = ref.dec(box[17:82]), int.from_bytes(box[82:90], "big"), int.from_bytes(box[90:122], "big")
        self.device_secret, self.wrong = box[122:154], int.from_bytes(box[154:158], "big")
        intent, self.intent = box[158:232], None
        if intent[0]:
            part = [name for name, i in PARTS.items() if i == intent[1]][0]
            self.intent = (intent[2:18], int.from_bytes(intent[34:42], "big"), int.from_bytes(intent[42:], "big"), part, intent[18:34])
        self.arriving = box[233:265] if box[232] else None
        self.done = box[265:]
        assert self.box() == box, "one state has one form"

    def both(self):
        return dict(phone=self.phone.box(), key=self.box())

    def u1_of(self, pin):
        out = peer("p_u1", key=self.box(), pin=pin.encode())
        complain(out["err"])
        return out.bytes("u1")

    def exchange(self, out, call, *args):
        """Send, then settle: each is one durable write."""
        try:
            op_id, answer, wrong = call(*args)
            told = self.settle_c(out, a_err="ok", a_id=op_id, a_wrong=wrong)
        except ref.Answer as no:
            self.settle_c(out, **as_answer(no))
            raise
        if told["err"] != "ok":
            raise ERRORS[told["err"]]()
        return answer

    def settle_c(self, out, **answer):
        told = peer("p_settle", key=self.box(), op=out.get("op"), **answer)
        before = self.box()
        self.unbox(told.bytes("key"))
        assert told.number("changed") == (self.box() != before)
        self.phone.alarm |= told.number("foreign") > 0
        self.told = told
        return told

    def recover(self, server):
        if self.intent is None:
            return None
        q = peer("p_recover", **self.both())
        complain(q["err"])
        kind, answer, wrong = server.recover(self.key_id, q.bytes("op_id"), q.number("g"), q.bytes("mac"))
        told = peer("p_recover_settle", key=self.box(), a_err="ok", a_id=q.bytes("op_id"), a_outcome=kind.decode(), a_wrong=wrong)
        self.unbox(told.bytes("key"))
        self.phone.alarm |= told.number("foreign") > 0
        assert (told["err"], told.number("next")) == (("ok", NEXT_VOID) if kind == b"void" else ("wrong_pin", NEXT_DROPPED) if kind == b"wrong"
                                                     else ("ok", NEXT_RESULT))
        return kind, answer

    def sign(self, server, pin, shown, asked=None):
        op = peer("p_open", **self.both(), message=shown, x_op=self.rng.bytes(16))
        complain(op["err"])
        while True:
            tag = op.bytes("mac") if asked is None else self.tag(b"open", op.bytes("op_id"), self.g, ref.sm3(asked))
            Qs, A, z = server.open(self.key_id, op.bytes("op_id"), self.g, shown if asked is None else asked, tag)
            begun = self.intent is not None
            fresh, rho = self.rng.bytes(48), None if begun else self.rng.bytes(48)
            out = peer("p_sign", **self.both(), op=op["op"], a_id=op["op_id"], Qs=ref.enc(Qs), A=ref.enc(A), z=ref.raw(z), u1=self.u1_of(pin),
                       x_nonce=fresh, x_rho=rho)
            complain(out["err"])
            self.unbox(out.bytes("key"))
            self.trace = {k: out.bytes(k) if k == "op_id" else out.scalar(k) for k in ("op_id", "rho", "e")}
            k2, k3 = (ref.hedge(label, fresh, self.u1(pin), 0, self.key_id, self.g, out.bytes("e"), ref.enc(Qs)) for label in (b"bzt-k2", b"bzt-k3"))
            self.trace.update(Qs=Qs, k2=k2, k3=k3, r=out.scalar("r"), p2=out.scalar("p2"), p3=out.scalar("p3"))
            try:
                r, s = self.exchange(out, server.sign, self.key_id, out.bytes("op_id"), self.g, out.scalar("rho"), Qs, out.scalar("r"),
                                     out.scalar("p2"), out.scalar("p3"), out.bytes("mac"))
            except ref.NonceGone:
                if self.told.number("next") != NEXT_REOPEN:
                    raise
                op = peer("p_reopen", **self.both(), op=out["op"], message=shown)
                complain(op["err"])
                continue
            complain(peer("p_sign_result", op=out["op"], a_r=ref.i2b(r), a_s=ref.i2b(s))["err"])
            return r, s

    def draw(self):
        rho, op_id = self.rng.bytes(48), self.rng.bytes(16)
        return dict(x_rho=rho, x_op=op_id, x_proof=self.rng.bytes(48))

    def may_begin(self, part=None):
        """The reference draws nothing for what it refuses."""
        job = self.phone.job
        if job and self.key_id in job["keys"] and not part:
            raise ref.Refused(None, "finish the job first")

    def shared_points(self, server, pin, points, about=b"rehearsal"):
        self.may_begin()
        flat = b"".join(map(ref.enc, points))
        out = peer("p_decrypt", **self.both(), points=flat, about=about, u1=self.u1_of(pin), **self.draw())
        complain(out["err"])
        self.unbox(out.bytes("key"))
        g, rho = out.number("g"), out.scalar("rho")
        self.trace = dict(op_id=out.bytes("op_id"), rho=rho)
        halves = self.exchange(out, server.decrypt, self.key_id, out.bytes("op_id"), g, rho, about, points, out.point("A"), out.scalar("z"), out.bytes("mac"))
        result = peer("p_decrypt_result", op=out["op"], points=flat, a_points=b"".join(map(wide, halves)))
        complain(result["err"])
        shared = result.bytes("shared")
        return [ref.dec(shared[i:i + 65]) for i in range(0, len(shared), 65)]

    def send_act(self, server, out):
        complain(out["err"])
        self.unbox(out.bytes("key"))
        self.trace = dict(op_id=out.bytes("op_id"), rho=out.scalar("rho"))
        self.exchange(out, server.authorise, self.key_id, out.bytes("op_id"), out.number("g"), out.scalar("rho"), out.bytes("act"), out.point("A"),
                      out.scalar("z"), out.bytes("mac"))

    def authorise(self, server, pin, act):
        self.may_begin()
        self.send_act(server, peer("p_authorise", **self.both(), act=act, u1=self.u1_of(pin), **self.draw()))

    def check_pin(self, server, pin):
        self.send_act(server, peer("p_check_pin", **self.both(), u1=self.u1_of(pin), **self.draw()))

    def change_pin(self, server, old, new):
        self.send_act(server, peer("p_change_pin", **self.both(), pin=old.encode(), new_pin=new.encode(), **self.draw()))

    def move(self, server, pin, qr):
        code = ref.enc(qr[0]) + qr[1] + qr[2]
        rho, op_id, seal, proof = self.rng.bytes(48), self.rng.bytes(16), self.rng.bytes(48), self.rng.bytes(48)
        out = peer("p_move", **self.both(), code=code, u1=self.u1_of(pin), x_rho=rho, x_op=op_id, x_seal=seal, x_proof=proof)
        complain(out["err"])
        self.unbox(out.bytes("key"))
        self.exchange(out, server.move, self.key_id, out.bytes("op_id"), out.number("g"), out.scalar("rho"), qr[2], out.bytes("blob"), out.point("A"),
                      out.scalar("z"), out.bytes("mac"))


def as_answer(no):
    return dict(a_err=CODES[type(no)], a_id=no.op_id, a_wait=no.seconds)


class CPhone(ref.Phone):
    JOBS = 0
    job_c = None                                                  # kind, id, of, keys

    def box(self):
        job = bytes(53 + 256 * 16)
        if self.job_c:
            kind, job_id, of, keys = self.job_c
            job = bytes([kind]) + job_id + of + len(keys).to_bytes(4, "big") + b"".join(keys).ljust(256 * 16, b"\0")
        return b"\1" + self.device_id + self.device_key + self.device_secret + job

    def unbox(self, box):
        kind, job_id, of = box[81], box[82:98], box[98:130]
        n = int.from_bytes(box[130:134], "big")
        self.job_c = (kind, job_id, of, [box[134 + 16 * i:150 + 16 * i] for i in range(n)]) if kind else None
        assert self.box() == box, "one state has one form"

    @property
    def job(self):
        if not self.job_c:
            return None
        kind, job_id, of, keys = self.job_c
        done = [i for i in keys if self.keys[i].done == job_id]
        return dict(kind={1: "pin", 2: "move"}[kind], of=of, keys=keys, done=done)

    @job.setter
    def job(self, value):
        assert value is None
        self.job_c = None

    def new(self, server, use, entry):
        q = peer("p_new", phone=self.box(), use=use.decode())
        return CKey(self, server.new_key(self.device_id, use, q.bytes("mac")), entry)

    def keygen(self, server, pin, use=b"sign", entry="cert"):
        key = self.new(server, use, entry)
        q = peer("p_keygen", phone=self.box(), key_id=key.key_id, use=use.decode(), x_nonce=self.rng.bytes(48), x_proof=self.rng.bytes(48))
        P, A, z = server.keygen(key.key_id, q.point("V1"), q.point("A"), q.scalar("z"), q.bytes("mac"))
        out = peer("p_keygen_result", phone=self.box(), making=q["making"], P=ref.enc(P), A=ref.enc(A), z=ref.raw(z), pin=pin.encode())
        complain(out["err"])
        key.unbox(out.bytes("key"))
        self.keys[key.key_id] = key
        return key

    def import_key(self, server, pin, d, P, entry="cert"):
        if server is None:                                        # the phone sees by itself that it isn't the certificate's key
            complain(peer("p_import", phone=self.box(), key_id=bytes(16), d=ref.i2b(d), P=ref.enc(P), transport=ref.enc(ref.G), x_nonce=bytes(48),
                          x_seal=bytes(48), x_proof=bytes(48))["err"])
        key = self.new(server, b"decrypt", entry)
        u1, seal, proof = self.rng.bytes(48), self.rng.bytes(48), self.rng.bytes(48)
        q = peer("p_import", phone=self.box(), key_id=key.key_id, d=ref.i2b(d), P=ref.enc(P), transport=ref.enc(server.transport_point), x_nonce=u1,
                 x_seal=seal, x_proof=proof)
        complain(q["err"])
        server.import_share(key.key_id, q.bytes("sealed"), P, q.point("A"), q.scalar("z"), q.bytes("mac"))
        out = peer("p_import_result", phone=self.box(), making=q["making"], a_err="ok", a_id=key.key_id, pin=pin.encode())
        complain(out["err"])
        key.unbox(out.bytes("key"))
        self.keys[key.key_id] = key
        return key

    def of_job(self):
        return [self.keys[i] for i in self.job_c[3] if i in self.keys]

    def boxes(self):
        return b"".join(key.box() for key in self.of_job())

    def begin_job_c(self, kind, of, keys):
        CPhone.JOBS += 1
        out = peer("p_job_begin", phone=self.box(), kind=kind, of=of, keys=b"".join(k.key_id for k in keys), job_id=CPhone.JOBS.to_bytes(16, "big"))
        complain(out["err"])
        self.unbox(out.bytes("phone"))

    def end_job(self):
        out = peer("p_job_end", phone=self.box(), boxes=self.boxes())
        if out["err"] == "ok":
            self.unbox(out.bytes("phone"))
        return out["err"]

    def work(self, server, step, check):
        proved = 0
        while True:
            todo = peer("p_job_next", phone=self.box(), boxes=self.boxes(), proved=proved)
            what = todo.number("todo")
            if what == 0:
                complain(self.end_job())
                return
            key = self.of_job()[todo.number("which")]
            if what == 1:
                key.recover(server)
                continue
            (check if what == 2 else step)(key)
            proved = 1

    def change_pin(self, server, entry, old, new, *numbers):
        complain(peer("p_pin_check", typed=new.encode(), **{f"n{i}": n.encode() for i, n in enumerate(numbers)})["err"])
        self.begin_job_c(1, ref.sm3(entry.encode()), self.entry(entry))
        try:
            self.work(server, lambda key: key.change_pin(server, old, new), lambda key: key.check_pin(server, new))
        except ref.WrongPin:
            self.end_job()                                        # only if nothing has changed
            raise

    def show_qr(self):
        out = peer("p_transfer_new", phone=self.box(), random=self.rng.bytes(48), secret=self.rng.bytes(16))
        self.transfer, code = out.bytes("transfer"), out.bytes("code")
        self.once, self.qr_secret = int.from_bytes(self.transfer[1:33], "big"), self.transfer[33:]
        return ref.dec(code[:65]), code[65:81], code[81:]

    def move(self, server, pins, qr):
        self.begin_job_c(2, ref.sm3(ref.enc(qr[0]) + qr[2]), list(self.keys.values()))
        self.work(server, lambda key: key.move(server, pins[key.entry], qr), None)

    def abandon(self):
        if self.job and self.job["kind"] == "move":
            complain(self.end_job())

    def arrive(self, server, blobs=None):
        if blobs is None:
            blobs = server.blobs(self.device_id, peer("p_blobs", phone=self.box()).bytes("mac"))
        for key_id, blob in blobs.items():
            if key_id not in self.keys:
                self.copy(key_id, blob)
        for key in [key for key in self.keys.values() if key.arriving]:
            self.report(server, key)

    def copy(self, key_id, blob):
        # The reference draws nothing for a blob that it refuses.
        dry = peer("p_copy", transfer=self.transfer, key_id=key_id, blob=blob, x_rho=bytes(48), x_op=bytes(16)) if len(blob) == 282 else {"err": "bad_mac"}
        complain(dry["err"])
        out = peer("p_copy", transfer=self.transfer, key_id=key_id, blob=blob, x_rho=self.rng.bytes(48), x_op=self.rng.bytes(16))
        key = CKey(self, key_id, "cert")
        key.unbox(out.bytes("key"))
        self.keys[key_id] = key

    def report(self, server, key):
        q = peer("p_arrive", phone=self.box(), key=key.box())
        try:
            op_id = server.arrive(key.key_id, self.device_id, q.bytes("op_id"), q.number("g"), q.scalar("rho"), q.bytes("blob_hash"), q.bytes("mac"))
            answer = dict(a_err="ok", a_id=op_id or q.bytes("op_id"))
        except ref.Answer as no:
            told = peer("p_arrive_settle", key=key.box(), **as_answer(no))
            assert told.bytes("key") == key.box()
            if told.number("next") == NEXT_DELETE:
                del self.keys[key.key_id]
                return
            raise
        told = peer("p_arrive_settle", key=key.box(), **answer)
        complain(told["err"])
        key.unbox(told.bytes("key"))


def install(path, phone, server):
    """From now on reference.py runs on these."""
    global peer
    peer = Peer(path)
    ref.Server = CServer if server == "c" else ref_fields[0]
    ref.Phone = CPhone if phone == "c" else ref_fields[1]
    ref.Key = CKey if phone == "c" else ref_fields[2]
    return ref

-- The first schema.  The same text runs on SQLite and on PostgreSQL.
-- Ids: 16 random bytes.  Times (…_at, …_until, …_ms): UTC milliseconds.
-- *_sealed: SM4-GCM under the master key; begins with the key's number.
-- *_index: HMAC-SM3 under the index key, to find a sealed value.
-- Rows with tenant_id belong to that tenant; people, devices, keys,
-- enterprises and memberships belong to the installation.

CREATE TABLE tenant (
    id bytea PRIMARY KEY,
    name text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE person (
    id bytea PRIMARY KEY,
    phone_sealed bytea NOT NULL,
    phone_index bytea NOT NULL UNIQUE,
    password text,                       -- argon2id, encoded; NULL: not set
    password_failures bigint NOT NULL,   -- in a row; the delay grows with it
    password_next_at bigint NOT NULL,    -- no try is looked at before
    name_sealed bytea,                   -- real name, after the check
    id_number_sealed bytea,
    id_number_index bytea,
    realname_provider text,
    realname_at bigint,
    language text NOT NULL,              -- zh or en
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX person_id_number ON person (id_number_index);

CREATE TABLE sms_code (
    id bytea PRIMARY KEY,
    phone_index bytea NOT NULL,
    purpose text NOT NULL,               -- login, password, freeze
    code_hash bytea NOT NULL,            -- HMAC-SM3 under the index key
    tries bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);
CREATE INDEX sms_code_phone ON sms_code (phone_index, purpose, created_at);

-- Sliding counts for every limit: sms per number and address, tries, rates.
CREATE TABLE rate (
    name text PRIMARY KEY,               -- 'sms/number/…', 'short/dev_…'
    window_at bigint NOT NULL,
    n bigint NOT NULL
);

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,        -- SM3 of the cookie's value
    kind text NOT NULL,                  -- app or staff
    person_id bytea,
    staff_id bytea,
    device_id bytea,                     -- the phone that this session is on
    csrf bytea NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE device (
    id bytea PRIMARY KEY,
    person_id bytea NOT NULL,
    name text NOT NULL,
    key_sealed bytea NOT NULL,           -- device key of the key protocol
    failures bigint NOT NULL,            -- wrong PINs in a row, all keys
    state text NOT NULL,                 -- live, frozen
    created_at bigint NOT NULL
);
CREATE INDEX device_person ON device (person_id);

CREATE TABLE enterprise (
    id bytea PRIMARY KEY,
    name text NOT NULL,
    uscc text NOT NULL UNIQUE,           -- 统一社会信用代码
    legal_name_sealed bytea NOT NULL,
    legal_id_sealed bytea NOT NULL,
    state text NOT NULL,                 -- claimed, active
    created_by bytea NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE member (
    id bytea PRIMARY KEY,
    enterprise_id bytea NOT NULL,
    person_id bytea NOT NULL,
    role text NOT NULL,                  -- admin, clerk
    permissions bigint NOT NULL,         -- bits: login 1, seal 2, make 4, open 8
    state text NOT NULL,                 -- claimed, active, left
    created_at bigint NOT NULL,
    UNIQUE (enterprise_id, person_id)
);

CREATE TABLE ca (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    name text NOT NULL,
    connector text NOT NULL,             -- builtin, cmp, http
    settings text NOT NULL,              -- JSON of the connector
    created_at bigint NOT NULL
);

-- Keys of ca_builtin, sealed under the master key.
CREATE TABLE ca_key (
    id bytea PRIMARY KEY,
    ca_id bytea NOT NULL,
    role text NOT NULL,                  -- root, issuing, ocsp
    certificate bytea NOT NULL,
    key_sealed bytea NOT NULL,
    crl_number bigint NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (ca_id, role)
);

CREATE TABLE catalogue (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    province text NOT NULL,
    platform text NOT NULL,
    ca_id bytea NOT NULL,
    subject text NOT NULL,               -- personal, enterprise
    product text NOT NULL,
    validity_days bigint NOT NULL,
    fee_cents bigint NOT NULL,
    attachments text NOT NULL,           -- JSON array of needed kinds
    state text NOT NULL,                 -- offered, withdrawn
    created_at bigint NOT NULL
);

CREATE TABLE application (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    catalogue_id bytea NOT NULL,
    person_id bytea NOT NULL,
    enterprise_id bytea,                 -- NULL: personal
    state text NOT NULL,                 -- submitted, approved, rejected, issued
    reason text,                         -- of the last rejection
    reviewed_by bytea,
    reviewed_at bigint,
    entry_id bytea,                      -- once issued
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX application_person ON application (person_id, created_at);
CREATE INDEX application_review ON application (tenant_id, state, created_at);
CREATE INDEX application_enterprise ON application (enterprise_id);

-- 证书: what the holder sees as one certificate, with its keys and one PIN.
CREATE TABLE entry (
    id bytea PRIMARY KEY,
    person_id bytea NOT NULL,
    enterprise_id bytea,
    application_id bytea NOT NULL,
    ca_id bytea NOT NULL,
    state text NOT NULL,                 -- active, revoked
    created_at bigint NOT NULL
);
CREATE INDEX entry_person ON entry (person_id, created_at);

-- The server's side of a split key (doc/protocol/protocol.md, State).
CREATE TABLE split_key (
    id bytea PRIMARY KEY,
    person_id bytea NOT NULL,
    device_id bytea NOT NULL,
    application_id bytea,                -- what the key is made for
    entry_id bytea,                      -- once it has a certificate
    purpose text NOT NULL,               -- sign, decrypt
    state text NOT NULL,                 -- new, live, pin, clone
    share_sealed bytea,                  -- u2
    point bytea,                         -- P, 65 bytes
    g bigint NOT NULL,
    failures bigint NOT NULL,
    wait_until bigint NOT NULL,
    last_op bytea,
    last_kind text,
    last_signature bytea,                -- r || s, for sign only
    last_wrong bigint NOT NULL,
    moving_g bigint,
    moving_device bytea,
    moving_blob bytea,
    certified bigint NOT NULL,           -- 1: has a certificate
    pending bigint NOT NULL,             -- 1: an application waits at a CA
    enterprise bigint NOT NULL,          -- 1: of an enterprise certificate
    created_at bigint NOT NULL
);
CREATE INDEX split_key_device ON split_key (device_id);
CREATE INDEX split_key_moving ON split_key (moving_device);
CREATE INDEX split_key_entry ON split_key (entry_id);

-- op_ids of the last ten minutes, at least the last 16 of each key.
CREATE TABLE key_op (
    key_id bytea NOT NULL,
    op_id bytea NOT NULL,
    outcome text NOT NULL,               -- a kind, void, or wrong
    at bigint NOT NULL,
    PRIMARY KEY (key_id, op_id)
);

-- A reviewer has permitted to lift the PIN lock of a key (doc/wire.md).
CREATE TABLE unlock_permit (
    key_id bytea PRIMARY KEY,
    staff_id bytea NOT NULL,
    approved bigint NOT NULL,            -- for keys of an enterprise
    until_at bigint NOT NULL
);

CREATE TABLE certificate (
    id bytea PRIMARY KEY,
    entry_id bytea NOT NULL,
    key_id bytea NOT NULL,
    ca_id bytea NOT NULL,
    serial bytea NOT NULL,
    der bytea NOT NULL,
    fingerprint bytea NOT NULL UNIQUE,   -- SM3 of der
    not_before bigint NOT NULL,
    not_after bigint NOT NULL,
    state text NOT NULL,                 -- active, revoked
    revoked_at bigint,
    reason bigint,                       -- RFC 5280 reason code
    created_at bigint NOT NULL,
    UNIQUE (ca_id, serial)
);
CREATE INDEX certificate_entry ON certificate (entry_id);
CREATE INDEX certificate_revoked ON certificate (ca_id, not_after)
    WHERE state = 'revoked';

CREATE TABLE rp (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    name text NOT NULL,
    certificate bytea NOT NULL,          -- from the RP CA
    public_key bytea NOT NULL,
    domains text NOT NULL,               -- JSON array, as in the certificate
    webhook_url text,
    state text NOT NULL,                 -- active, disabled
    created_at bigint NOT NULL
);

-- 请求: a business system asks for the use of a key.
CREATE TABLE sign_request (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    rp_id bytea NOT NULL,
    kind text NOT NULL,                  -- bind, login
    description bytea NOT NULL,          -- exact bytes that the RP signed
    rp_signature bytea NOT NULL,         -- r || s
    domain text NOT NULL,
    browser bytea NOT NULL,              -- 32 bytes, the RP's browser binding
    page_token bytea NOT NULL UNIQUE,    -- SM3 of the token
    page_origin text,                    -- Origin of the page's stream
    page_agent text,                     -- its browser, for the phone
    qr_secret bytea NOT NULL,
    qr_token bytea NOT NULL UNIQUE,
    state text NOT NULL,       -- created scanned confirming done refused expired failed
    reason text,
    number bigint,                       -- shown on the PC
    numbers text,                        -- JSON: the three that the phone shows
    person_id bytea,
    device_id bytea,
    key_id bytea,
    certificate_id bytea,
    message bytea,                       -- M, fixed before any nonce
    signature bytea,                     -- r || s
    op_id bytea,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    scanned_at bigint,
    decide_until bigint NOT NULL,        -- the state ends then
    done_at bigint
);
CREATE INDEX sign_request_rp ON sign_request (rp_id, created_at);
CREATE INDEX sign_request_open ON sign_request (state, decide_until);

CREATE TABLE short_code (
    code_hash bytea PRIMARY KEY,
    request_id bytea NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);
CREATE INDEX short_code_request ON short_code (request_id);

CREATE TABLE idempotency (
    rp_id bytea NOT NULL,
    name text NOT NULL,
    body_hash bytea NOT NULL,
    request_id bytea NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (rp_id, name)
);

CREATE TABLE webhook (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    rp_id bytea NOT NULL,
    request_id bytea NOT NULL,
    payload bytea NOT NULL,
    attempts bigint NOT NULL,
    next_at bigint NOT NULL,
    state text NOT NULL,                 -- waiting, delivered, given_up
    created_at bigint NOT NULL
);
CREATE INDEX webhook_due ON webhook (state, next_at);

CREATE TABLE message (
    id bytea PRIMARY KEY,
    person_id bytea NOT NULL,
    kind text NOT NULL,                  -- see doc/api.md, Messages
    body text NOT NULL,                  -- JSON: ids and values of the kind
    subject_id bytea,
    read_at bigint,
    created_at bigint NOT NULL
);
CREATE INDEX message_person ON message (person_id, created_at);

CREATE TABLE staff (
    id bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    login text NOT NULL UNIQUE,
    roles text NOT NULL,                 -- operator, reviewer: comma-separated
    password text NOT NULL,
    totp_sealed bytea NOT NULL,
    totp_last bigint NOT NULL,           -- last step used: each works once
    failures bigint NOT NULL,
    next_at bigint NOT NULL,
    state text NOT NULL,                 -- active, disabled
    created_at bigint NOT NULL
);

CREATE TABLE staff_key (
    id bytea PRIMARY KEY,
    staff_id bytea NOT NULL,
    name text NOT NULL,
    public_key bytea NOT NULL,
    state text NOT NULL,                 -- active, removed
    created_at bigint NOT NULL
);

CREATE TABLE setup_code (
    code_hash bytea PRIMARY KEY,
    tenant_id bytea NOT NULL,
    roles text NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);

-- Nonces of signed HTTP requests: each works once.
CREATE TABLE http_nonce (
    caller_id bytea NOT NULL,
    nonce bytea NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (caller_id, nonce)
);
CREATE INDEX http_nonce_at ON http_nonce (at);

-- One record for each state change, in the change's own transaction.
CREATE TABLE audit_record (
    id bytea PRIMARY KEY,
    tenant_id bytea,
    at bigint NOT NULL,
    kind text NOT NULL,
    actor bytea,                         -- person, staff or rp
    person_id bytea,                     -- whose history it belongs to
    subject_id bytea,                    -- key, certificate, request, …
    record bytea,                        -- the exact bytes; NULL: erased
    salt bytea NOT NULL,
    leaf bytea NOT NULL,                 -- SM3(salt || record)
    number bigint                        -- place in the tree; NULL: not yet
);
CREATE UNIQUE INDEX audit_record_number ON audit_record (number)
    WHERE number IS NOT NULL;
CREATE INDEX audit_record_person ON audit_record (person_id, at);
CREATE INDEX audit_record_new ON audit_record (at, id) WHERE number IS NULL;

-- Roots of complete subtrees: level 0 are leaves' hashes.
CREATE TABLE audit_node (
    level bigint NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, position)
);

CREATE TABLE audit_head (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    at bigint NOT NULL,
    signature bytea NOT NULL
);

-- One row: who numbers (leader by row lock), and how many there are.
CREATE TABLE audit_sequencer (
    id bigint PRIMARY KEY,
    size bigint NOT NULL
);
INSERT INTO audit_sequencer (id, size) VALUES (1, 0);

-- Installation values: keys of bztd, sealed, and public parts.
CREATE TABLE setting (
    name text PRIMARY KEY,
    value bytea NOT NULL
);

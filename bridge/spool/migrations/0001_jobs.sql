-- Small facts of this spool: its id, and counters that must never repeat.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each attempt that the cloud offered; kept after its end to recognise repeats.
CREATE TABLE jobs (
    id                 INTEGER PRIMARY KEY,
    sms_id             TEXT NOT NULL,
    attempt            INTEGER NOT NULL,
    line               TEXT NOT NULL,
    sender             TEXT NOT NULL,
    recipient          TEXT NOT NULL,
    text               TEXT NOT NULL,
    encoding           TEXT NOT NULL,
    flash              INTEGER NOT NULL,
    priority           INTEGER NOT NULL,
    deadline           REAL NOT NULL,
    -- offered: the cloud has not confirmed the hand-over; ready: ours, segments to submit;
    -- submitted: waits for reports; done: see state; gone: dropped or handed back
    phase              TEXT NOT NULL CHECK (phase IN ('offered', 'ready', 'submitted', 'done', 'gone')),
    state              TEXT,
    concat_ref         INTEGER,
    segments           INTEGER,
    not_before         REAL NOT NULL DEFAULT 0,
    possible_duplicate INTEGER NOT NULL DEFAULT 0,
    error              TEXT NOT NULL DEFAULT '',
    error_text         TEXT NOT NULL DEFAULT '',
    detail             TEXT NOT NULL DEFAULT '',
    spooled_at         REAL NOT NULL,
    submitted_at       REAL,
    done_at            REAL,
    UNIQUE (sms_id, attempt)
) STRICT;
CREATE INDEX jobs_to_submit ON jobs (line, priority DESC, id) WHERE phase = 'ready';
CREATE INDEX jobs_by_deadline ON jobs (deadline) WHERE phase IN ('offered', 'ready', 'submitted');
CREATE INDEX jobs_unfinished ON jobs (line) WHERE phase IN ('offered', 'ready');
CREATE INDEX jobs_finished ON jobs (done_at) WHERE phase IN ('done', 'gone');

CREATE TABLE segments (
    job_id       INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq          INTEGER NOT NULL,
    text         TEXT NOT NULL,
    alphabet     TEXT NOT NULL,
    -- attempting: written durably before the first byte goes out, so that a kill leaves a trace
    status       TEXT NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'attempting', 'taken', 'unknown', 'refused')),
    tries        INTEGER NOT NULL DEFAULT 0,
    resends      INTEGER NOT NULL DEFAULT 0,
    reference    TEXT,
    taken_at     REAL,
    report_state TEXT,
    report_code  TEXT NOT NULL DEFAULT '',
    report_detail TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX segments_attempting ON segments (job_id) WHERE status = 'attempting';

-- The last concatenation reference used towards each recipient (3GPP TS 23.040, 9.2.3.24.1: it must differ
-- between messages that a handset could mistake for one another).
CREATE TABLE concat_refs (
    recipient TEXT PRIMARY KEY,
    ref       INTEGER NOT NULL,
    used_at   REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX concat_refs_by_use ON concat_refs (used_at);

-- Under which keys a report may name a segment; see the matching rules of each kind of line.
CREATE TABLE report_keys (
    line   TEXT NOT NULL,
    key    TEXT NOT NULL,
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (line, key, job_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_keys_of_job ON report_keys (job_id);

-- Reports that overtook the answer to their submit; held for a short while, a row for each key.
CREATE TABLE early_reports (
    id          INTEGER PRIMARY KEY,
    line        TEXT NOT NULL,
    key         TEXT NOT NULL,
    report      TEXT NOT NULL,
    received_at REAL NOT NULL
) STRICT;
CREATE INDEX early_reports_by_key ON early_reports (line, key);
CREATE INDEX early_reports_by_age ON early_reports (received_at);

-- Attempts whose news the cloud has not acknowledged. The news itself is computed when it is sent.
CREATE TABLE outbox (
    job_id  INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

-- What handsets sent, kept for the cloud.
CREATE TABLE received (
    id          INTEGER PRIMARY KEY,
    line        TEXT NOT NULL,
    segment     TEXT NOT NULL,
    received_at REAL NOT NULL
) STRICT;

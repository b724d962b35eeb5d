-- Each query has a name, by which the modules beside this file run it.

-- name: meta_get
SELECT value FROM meta WHERE key = :key;

-- name: meta_set
INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: meta_next
INSERT INTO meta (key, value) VALUES (:key, 1)
ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value;

-- name: job_insert
INSERT INTO jobs (sms_id, attempt, line, sender, recipient, text, encoding, flash, priority, deadline,
                  phase, spooled_at)
VALUES (:sms_id, :attempt, :line, :sender, :recipient, :text, :encoding, :flash, :priority, :deadline,
        'offered', :now)
ON CONFLICT (sms_id, attempt) DO NOTHING RETURNING id;

-- name: job_find
SELECT id FROM jobs WHERE sms_id = :sms_id AND attempt = :attempt;

-- name: job_get
SELECT * FROM jobs WHERE id = :id;

-- name: job_confirm
UPDATE jobs SET phase = 'ready', concat_ref = :concat_ref, segments = :segments
WHERE id = :id AND phase = 'offered';

-- name: job_submitted
UPDATE jobs SET phase = 'submitted', submitted_at = :now WHERE id = :id;

-- name: job_finish
UPDATE jobs SET phase = 'done', state = :state, text = '', error = :error, error_text = :error_text,
                detail = :detail, done_at = :now
WHERE id = :id;

-- name: job_drop
UPDATE jobs SET phase = 'gone', text = '', error = :error, error_text = :error_text, done_at = :now
WHERE id = :id;

-- name: job_postpone
UPDATE jobs SET not_before = :not_before WHERE id = :id;

-- name: job_mark_duplicate
UPDATE jobs SET possible_duplicate = 1 WHERE id = :id;

-- name: jobs_cancellable
SELECT id FROM jobs WHERE sms_id = :sms_id AND phase IN ('offered', 'ready')
AND NOT EXISTS (SELECT 1 FROM segments WHERE job_id = jobs.id AND status <> 'pending');

-- name: jobs_unfinished
SELECT line, count(*) AS jobs FROM jobs WHERE phase IN ('offered', 'ready') GROUP BY line;

-- name: lines_with_jobs
SELECT DISTINCT line FROM jobs WHERE phase IN ('offered', 'ready');

-- name: jobs_of_line
SELECT id, phase FROM jobs WHERE line = :line AND phase IN ('offered', 'ready');

-- name: jobs_unbegun_of_line
SELECT id FROM jobs WHERE line = :line AND phase = 'ready'
AND NOT EXISTS (SELECT 1 FROM segments WHERE job_id = jobs.id AND (status <> 'pending' OR resends > 0));

-- name: jobs_past_validity
SELECT id, possible_duplicate FROM jobs WHERE phase = 'ready' AND deadline <= :now
AND NOT EXISTS (SELECT 1 FROM segments WHERE job_id = jobs.id AND status = 'attempting') LIMIT :limit;

-- name: jobs_past_report_window
SELECT id FROM jobs WHERE phase = 'submitted' AND deadline <= :now - :report_window LIMIT :limit;

-- name: jobs_forget
DELETE FROM jobs WHERE id IN (
    SELECT id FROM jobs WHERE phase IN ('done', 'gone') AND done_at <= :before
    AND id NOT IN (SELECT job_id FROM outbox) LIMIT :limit);

-- name: job_set_sender
UPDATE jobs SET sender = :sender WHERE id = :id AND sender = '';

-- name: concat_ref_next
INSERT INTO concat_refs (recipient, ref, used_at) VALUES (:recipient, :first, :now)
ON CONFLICT (recipient) DO UPDATE SET ref = (ref + 1) % 65536, used_at = excluded.used_at RETURNING ref;

-- name: concat_refs_forget
DELETE FROM concat_refs WHERE used_at <= :before;

-- name: segment_insert
INSERT INTO segments (job_id, seq, text, alphabet) VALUES (:job_id, :seq, :text, :alphabet);

-- name: segments_of
SELECT * FROM segments WHERE job_id = :job_id ORDER BY seq;

-- name: segment_get
SELECT * FROM segments WHERE job_id = :job_id AND seq = :seq;

-- name: segments_to_submit
SELECT jobs.*, segments.seq, segments.text AS segment_text, segments.alphabet
FROM jobs JOIN segments ON segments.job_id = jobs.id
WHERE jobs.line = :line AND jobs.phase = 'ready' AND jobs.not_before <= :now AND jobs.deadline > :now
AND segments.status = 'pending'
ORDER BY jobs.priority DESC, jobs.id, segments.seq LIMIT :limit;

-- name: next_not_before
SELECT min(not_before) AS at FROM jobs WHERE line = :line AND phase = 'ready' AND not_before > :now;

-- name: segment_attempt
UPDATE segments SET status = 'attempting', tries = tries + 1 WHERE job_id = :job_id AND seq = :seq;

-- name: segment_taken
UPDATE segments SET status = 'taken', reference = :reference, taken_at = :now
WHERE job_id = :job_id AND seq = :seq;

-- name: segment_status
UPDATE segments SET status = :status WHERE job_id = :job_id AND seq = :seq;

-- name: segment_untried
UPDATE segments SET status = 'pending', tries = tries - 1 WHERE job_id = :job_id AND seq = :seq;

-- name: segment_resend
UPDATE segments SET status = 'pending', resends = resends + 1 WHERE job_id = :job_id AND seq = :seq;

-- name: segments_interrupted
SELECT jobs.id AS job_id, segments.seq FROM segments JOIN jobs ON jobs.id = segments.job_id
WHERE segments.status = 'attempting' AND jobs.line = :line;

-- name: segment_reported
UPDATE segments SET report_state = :state, report_code = :code, report_detail = :detail
WHERE job_id = :job_id AND seq = :seq;

-- name: report_key_insert
INSERT OR IGNORE INTO report_keys (line, key, job_id, seq) VALUES (:line, :key, :job_id, :seq);

-- name: report_candidates
SELECT DISTINCT segments.job_id, segments.seq, segments.reference, segments.taken_at, segments.report_state,
       jobs.recipient
FROM report_keys JOIN segments ON segments.job_id = report_keys.job_id AND segments.seq = report_keys.seq
JOIN jobs ON jobs.id = segments.job_id
WHERE report_keys.line = :line AND report_keys.key = :key
ORDER BY segments.taken_at DESC;

-- name: early_report_insert
INSERT INTO early_reports (line, key, report, received_at) VALUES (:line, :key, :report, :now);

-- name: early_reports_of
SELECT report FROM early_reports WHERE line = :line AND key = :key ORDER BY id;

-- name: early_report_delete
DELETE FROM early_reports WHERE line = :line AND key = :key AND report = :report;

-- name: early_reports_expire
DELETE FROM early_reports WHERE received_at <= :before;

-- name: outbox_put
INSERT INTO outbox (job_id, version) VALUES (:job_id, 1)
ON CONFLICT (job_id) DO UPDATE SET version = version + 1;

-- name: outbox_after
SELECT outbox.job_id, outbox.version FROM outbox WHERE outbox.job_id > :after
ORDER BY outbox.job_id LIMIT :limit;

-- name: outbox_settle
DELETE FROM outbox WHERE job_id = :job_id AND version = :version;

-- name: received_insert
INSERT INTO received (line, segment, received_at) VALUES (:line, :segment, :now);

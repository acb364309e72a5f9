-- The tables of version 0009.

-- The journal: onboardings as listed, how they are found by parts of words, and what happened in them.

CREATE TABLE onboardings (
    id text NOT NULL,
    run text NOT NULL,
    playbook text NOT NULL,
    practice text NOT NULL,
    practice_name text NOT NULL,
    status text NOT NULL,
    stage text NOT NULL,
    stage_title text NOT NULL,
    waiting_on text,
    waiting_on_title text,
    sla text NOT NULL,
    assignee text,
    headline text NOT NULL,
    entered_at timestamptz NOT NULL,
    due_at timestamptz,
    next_what text,
    next_at timestamptz,
    requested_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    closed_at timestamptz,
    version integer NOT NULL,
    visits jsonb NOT NULL,
    record jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    contacts text NOT NULL DEFAULT '',
    CONSTRAINT ck_onboardings_closed CHECK ((closed_at IS NULL) = (status IN ('open', 'on_hold'))),
    CONSTRAINT pk_onboardings PRIMARY KEY (id, run)
);
CREATE INDEX ix_onboardings_assignee
    ON onboardings (assignee, (sla <> 'breached'), coalesce(due_at, 'infinity'::timestamptz), id, run)
    WHERE closed_at IS NULL;
CREATE INDEX ix_onboardings_open ON onboardings (coalesce(due_at, 'infinity'::timestamptz), id, run)
    WHERE closed_at IS NULL;
CREATE INDEX ix_onboardings_stage
    ON onboardings (stage, (sla <> 'breached'), coalesce(due_at, 'infinity'::timestamptz), id, run)
    WHERE closed_at IS NULL;
CREATE INDEX ix_onboardings_started_at ON onboardings (started_at, id, run);
CREATE INDEX ix_onboardings_updated_at ON onboardings (updated_at);
CREATE INDEX ix_onboardings_urgent
    ON onboardings ((sla <> 'breached'), coalesce(due_at, 'infinity'::timestamptz), id, run)
    WHERE closed_at IS NULL;
CREATE INDEX ix_onboardings_waiting_on
    ON onboardings (waiting_on, (sla <> 'breached'), coalesce(due_at, 'infinity'::timestamptz), id, run)
    WHERE closed_at IS NULL;

CREATE TABLE onboarding_names (
    id text NOT NULL,
    name text NOT NULL,
    pieces text[] NOT NULL,
    contacts text NOT NULL DEFAULT '',
    CONSTRAINT pk_onboarding_names PRIMARY KEY (id)
);
CREATE INDEX ix_onboarding_names_pieces ON onboarding_names USING gin (pieces);

CREATE TABLE entries (
    onboarding text NOT NULL,
    run text NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    text text NOT NULL,
    by text NOT NULL,
    why text,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (onboarding, run, number)
);

-- All parts of `given` of `shortest` to three characters, in lower case: an index finds parts of words by them.
CREATE FUNCTION pieces(given text, shortest integer) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(given), place, size)), '{}')
    FROM generate_series(shortest, 3) size, generate_series(1, char_length(lower(given)) - size + 1) place
$$;

-- The digits of each telephone in a text, without what groups them.
CREATE FUNCTION telephone_digits(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(regexp_replace(found[1], '\D', '', 'g'), ' '), '')
    FROM regexp_matches(given, '([+(]?\d[\d ()./-]{4,})', 'g') found
$$;

-- Writes onboarding_names only when a name or a contact is new.
CREATE FUNCTION keep_onboarding_name() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reached text := trim(NEW.contacts || ' ' || telephone_digits(NEW.contacts));
BEGIN
    INSERT INTO onboarding_names (id, name, contacts, pieces)
    VALUES (NEW.id, NEW.practice_name, reached,
        pieces(NEW.id, 1) || pieces(NEW.practice_name, 1) || pieces(reached, 1))
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, contacts = excluded.contacts, pieces = excluded.pieces
        WHERE (onboarding_names.name, onboarding_names.contacts) <> (excluded.name, excluded.contacts);
    RETURN NULL;
END
$$;

CREATE TRIGGER keep_name AFTER UPDATE OF practice_name, contacts ON onboardings
    FOR EACH ROW WHEN (OLD.practice_name <> NEW.practice_name OR OLD.contacts <> NEW.contacts)
    EXECUTE FUNCTION keep_onboarding_name();
CREATE TRIGGER keep_name_of_new AFTER INSERT ON onboardings FOR EACH ROW EXECUTE FUNCTION keep_onboarding_name();

-- Practices started many at a time.

CREATE TABLE batches (
    id text NOT NULL,
    playbook text NOT NULL,
    by text NOT NULL,
    file text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT pk_batches PRIMARY KEY (id)
);
CREATE INDEX ix_batches_created_at ON batches (created_at);

CREATE TABLE batch_rows (
    batch text NOT NULL,
    line integer NOT NULL,
    practice text NOT NULL,
    given jsonb NOT NULL,
    state text NOT NULL,
    why text,
    CONSTRAINT ck_batch_rows_state CHECK (state IN ('new', 'started', 'refused')),
    CONSTRAINT pk_batch_rows PRIMARY KEY (batch, line),
    CONSTRAINT fk_batch_rows_batch FOREIGN KEY (batch) REFERENCES batches(id) ON DELETE CASCADE
);
CREATE INDEX ix_batch_rows_batch_state_line ON batch_rows (batch, state, line);

-- Watched feeds, and the times in which this program could receive anything.

CREATE TABLE watched_feeds (
    practice text NOT NULL,
    practice_name text NOT NULL,
    run text NOT NULL,
    state text NOT NULL,
    since timestamptz NOT NULL,
    agent_at timestamptz,
    feed_at timestamptz,
    changed_at timestamptz,
    clients integer,
    patients integer,
    assignee text,
    reason text,
    by text,
    why text,
    until timestamptz,
    next_at timestamptz,
    version integer NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_watched_feeds_state
        CHECK (state IN ('flowing', 'quiet', 'silent', 'reconnecting', 'paused', 'ended')),
    CONSTRAINT pk_watched_feeds PRIMARY KEY (practice)
);
CREATE INDEX ix_watched_feeds_state ON watched_feeds (state, since);

CREATE TABLE availability (
    begin_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT pk_availability PRIMARY KEY (begin_at)
);
CREATE INDEX ix_availability_seen_at ON availability (seen_at);

-- Switches that a person sets, such as the one that holds back all mail.

CREATE TABLE switches (
    name text NOT NULL,
    value jsonb NOT NULL,
    by text NOT NULL,
    why text,
    at timestamptz NOT NULL,
    CONSTRAINT pk_switches PRIMARY KEY (name)
);

-- Mails.

CREATE TABLE mails (
    key text NOT NULL,
    onboarding text,
    run text,
    kind text NOT NULL,
    role text NOT NULL,
    stage text,
    to_name text NOT NULL,
    to_email text,
    subject text NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    doubts integer NOT NULL DEFAULT 0,
    error text,
    note text,
    created_at timestamptz NOT NULL,
    claimed_at timestamptz,
    sent_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_mails_state
        CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'bounced', 'cancelled')),
    CONSTRAINT pk_mails PRIMARY KEY (key)
);
CREATE INDEX ix_mails_onboarding ON mails (onboarding, run);
CREATE INDEX ix_mails_ours ON mails (kind, created_at, key)
    WHERE role IN ('team', 'assignee') AND onboarding IS NOT NULL;
CREATE INDEX ix_mails_state ON mails (state);
CREATE INDEX ix_mails_troubled ON mails (created_at, key)
    WHERE state IN ('failed', 'bounced', 'unknown') AND onboarding IS NOT NULL;
CREATE UNIQUE INDEX uq_mails_message_id ON mails (message_id);

-- Accounts, and all that lets somebody in.

CREATE TABLE users (
    handle text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    password_hash text,
    active boolean NOT NULL DEFAULT true,
    time_zone text,
    out_of_office_until timestamptz,
    deputy text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_users_deputy CHECK (deputy <> handle),
    CONSTRAINT ck_users_role CHECK (role IN ('viewer', 'specialist', 'manager', 'admin')),
    CONSTRAINT pk_users PRIMARY KEY (handle),
    CONSTRAINT fk_users_deputy FOREIGN KEY (deputy) REFERENCES users(handle)
);
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));

CREATE TABLE sessions (
    hash text NOT NULL,
    handle text NOT NULL,
    browser text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (hash),
    CONSTRAINT fk_sessions_handle FOREIGN KEY (handle) REFERENCES users(handle) ON DELETE CASCADE
);
CREATE INDEX ix_sessions_handle ON sessions (handle);

CREATE TABLE one_time_links (
    hash text NOT NULL,
    purpose text NOT NULL,
    handle text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT ck_one_time_links_purpose CHECK (purpose IN ('first_admin', 'invitation', 'password_reset')),
    CONSTRAINT pk_one_time_links PRIMARY KEY (hash),
    CONSTRAINT fk_one_time_links_handle FOREIGN KEY (handle) REFERENCES users(handle) ON DELETE CASCADE
);
CREATE INDEX ix_one_time_links_handle ON one_time_links (handle);

CREATE TABLE api_tokens (
    id text NOT NULL,
    hash text NOT NULL,
    handle text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT pk_api_tokens PRIMARY KEY (id),
    CONSTRAINT uq_api_tokens_hash UNIQUE (hash),
    CONSTRAINT fk_api_tokens_handle FOREIGN KEY (handle) REFERENCES users(handle) ON DELETE CASCADE
);
CREATE INDEX ix_api_tokens_handle ON api_tokens (handle);

CREATE TABLE practice_links (
    hash text NOT NULL,
    onboarding text NOT NULL,
    run text NOT NULL,
    role text NOT NULL,
    purpose text NOT NULL,
    email text,
    mail text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT pk_practice_links PRIMARY KEY (hash)
);
CREATE INDEX ix_practice_links_onboarding_run_role ON practice_links (onboarding, run, role);

CREATE TABLE throttles (
    key text NOT NULL,
    failures integer NOT NULL,
    blocked_until timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT pk_throttles PRIMARY KEY (key)
);
CREATE INDEX ix_throttles_updated_at ON throttles (updated_at);

CREATE TABLE account_log (
    number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    by text NOT NULL,
    handle text,
    what text NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT pk_account_log PRIMARY KEY (number)
);
CREATE INDEX ix_account_log_handle_number ON account_log (handle, number);

-- Events that came in, and requests that were answered.

CREATE TABLE inbox (
    number bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    event text NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    state text NOT NULL,
    onboarding text,
    sequence bigint,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    occurred_at timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    recorded_at timestamptz,
    retry_at timestamptz,
    CONSTRAINT ck_inbox_state CHECK (state IN ('new', 'recorded', 'kept', 'refused')),
    CONSTRAINT pk_inbox PRIMARY KEY (number),
    CONSTRAINT uq_inbox_source_event UNIQUE (source, event)
);
CREATE INDEX ix_inbox_new ON inbox (number) WHERE state = 'new';
CREATE INDEX ix_inbox_onboarding_number ON inbox (onboarding, number);
CREATE INDEX ix_inbox_state ON inbox (state, number);
CREATE INDEX ix_inbox_waiting ON inbox (onboarding, number) WHERE state = 'new';

CREATE TABLE idempotency (
    owner text NOT NULL,
    key text NOT NULL,
    request text NOT NULL,
    status integer,
    body jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_idempotency PRIMARY KEY (owner, key)
);
CREATE INDEX ix_idempotency_created_at ON idempotency (created_at);

-- The clinics' records, and those of the home delivery customers they are linked to.

CREATE TABLE practices (
    id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_practices PRIMARY KEY (id)
);

CREATE TABLE clients (
    practice text NOT NULL,
    id text NOT NULL,
    given_name text,
    surname text,
    street text,
    city text,
    state text,
    postcode text,
    phone text,
    email text,
    feed integer NOT NULL,
    fed bigint NOT NULL,
    CONSTRAINT pk_clients PRIMARY KEY (practice, id),
    CONSTRAINT fk_clients_practice FOREIGN KEY (practice) REFERENCES practices(id)
);

CREATE TABLE patients (
    practice text NOT NULL,
    id text NOT NULL,
    client text NOT NULL,
    name text,
    species text,
    breed text,
    birth_date date,
    age_months integer,
    age_on date,
    weight_grams integer,
    deceased boolean NOT NULL DEFAULT false,
    deceased_on date,
    feed integer NOT NULL,
    fed bigint NOT NULL,
    CONSTRAINT ck_patients_weight CHECK (weight_grams > 0),
    CONSTRAINT pk_patients PRIMARY KEY (practice, id),
    CONSTRAINT fk_patients_practice_client FOREIGN KEY (practice, client) REFERENCES clients(practice, id)
);
CREATE INDEX ix_patients_practice_client ON patients (practice, client);

CREATE TABLE home_clients (
    practice text NOT NULL,
    id text NOT NULL,
    given_name text,
    surname text,
    street text,
    city text,
    state text,
    postcode text,
    phone text,
    email text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_home_clients PRIMARY KEY (practice, id),
    CONSTRAINT fk_home_clients_practice FOREIGN KEY (practice) REFERENCES practices(id)
);

CREATE TABLE home_patients (
    practice text NOT NULL,
    id text NOT NULL,
    client text NOT NULL,
    name text,
    species text,
    breed text,
    birth_date date,
    age_months integer,
    age_on date,
    weight_grams integer,
    CONSTRAINT pk_home_patients PRIMARY KEY (practice, id),
    CONSTRAINT fk_home_patients_practice_client FOREIGN KEY (practice, client)
        REFERENCES home_clients(practice, id) ON DELETE CASCADE
);
CREATE INDEX ix_home_patients_practice_client ON home_patients (practice, client);

CREATE TABLE prescriptions (
    practice text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    patient text NOT NULL,
    label_name text,
    state text NOT NULL,
    needs_new text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ck_prescriptions_state CHECK (state IN ('open', 'closed')),
    CONSTRAINT pk_prescriptions PRIMARY KEY (id),
    CONSTRAINT fk_prescriptions_practice_patient FOREIGN KEY (practice, patient) REFERENCES patients(practice, id)
);
CREATE INDEX ix_prescriptions_practice_patient ON prescriptions (practice, patient);

CREATE TABLE shipping_confirmations (
    practice text NOT NULL,
    client text NOT NULL,
    "order" text NOT NULL,
    confirmed text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_shipping_confirmations PRIMARY KEY (practice, client, "order"),
    CONSTRAINT fk_shipping_confirmations_practice_client FOREIGN KEY (practice, client)
        REFERENCES clients(practice, id) ON DELETE CASCADE
);

-- Feeds of records, from their arrival to the rows they changed.

CREATE TABLE feeds (
    practice text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    scope text,
    made_at timestamptz,
    sha256 text NOT NULL,
    size bigint NOT NULL,
    state text NOT NULL,
    why text,
    notes text[] NOT NULL DEFAULT '{}',
    rows_total bigint,
    rows_read integer NOT NULL DEFAULT 0,
    unchanged_clients integer NOT NULL DEFAULT 0,
    unchanged_patients integer NOT NULL DEFAULT 0,
    staged_clients integer NOT NULL DEFAULT 0,
    staged_patients integer NOT NULL DEFAULT 0,
    applied_clients integer NOT NULL DEFAULT 0,
    applied_patients integer NOT NULL DEFAULT 0,
    new_clients integer NOT NULL DEFAULT 0,
    new_patients integer NOT NULL DEFAULT 0,
    updated_clients integer NOT NULL DEFAULT 0,
    updated_patients integer NOT NULL DEFAULT 0,
    set_aside integer NOT NULL DEFAULT 0,
    values_set_aside integer NOT NULL DEFAULT 0,
    differing integer NOT NULL DEFAULT 0,
    missing integer NOT NULL DEFAULT 0,
    merged integer NOT NULL DEFAULT 0,
    to_review integer NOT NULL DEFAULT 0,
    after_client integer,
    after_patient integer,
    by text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    decided_by text,
    decided_why text,
    decided_at timestamptz,
    CONSTRAINT ck_feeds_scope CHECK (scope IN ('full', 'changes')),
    CONSTRAINT ck_feeds_state
        CHECK (state IN ('received', 'reading', 'asking', 'applying', 'linking', 'done', 'refused')),
    CONSTRAINT pk_feeds PRIMARY KEY (practice, number),
    CONSTRAINT fk_feeds_practice FOREIGN KEY (practice) REFERENCES practices(id)
);
CREATE INDEX ix_feeds_done ON feeds (practice, made_at) WHERE state = 'done';
CREATE INDEX ix_feeds_open ON feeds (practice, number) WHERE state NOT IN ('done', 'refused');

CREATE TABLE feed_parts (
    practice text NOT NULL,
    feed integer NOT NULL,
    part integer NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT pk_feed_parts PRIMARY KEY (practice, feed, part),
    CONSTRAINT fk_feed_parts_practice_feed FOREIGN KEY (practice, feed)
        REFERENCES feeds(practice, number) ON DELETE CASCADE
);
ALTER TABLE feed_parts ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE staged_clients (
    practice text NOT NULL,
    feed integer NOT NULL,
    line integer NOT NULL,
    id text NOT NULL,
    given_name text,
    surname text,
    street text,
    city text,
    state text,
    postcode text,
    phone text,
    email text,
    fed bigint NOT NULL,
    CONSTRAINT pk_staged_clients PRIMARY KEY (practice, feed, line)
);

CREATE TABLE staged_patients (
    practice text NOT NULL,
    feed integer NOT NULL,
    line integer NOT NULL,
    id text NOT NULL,
    client text NOT NULL,
    name text,
    species text,
    breed text,
    birth_date date,
    age_months integer,
    age_on date,
    weight_grams integer,
    deceased boolean,
    deceased_on date,
    fed bigint NOT NULL,
    CONSTRAINT pk_staged_patients PRIMARY KEY (practice, feed, line)
);

CREATE TABLE set_aside (
    practice text NOT NULL,
    feed integer NOT NULL,
    line integer NOT NULL,
    kind text NOT NULL,
    field text NOT NULL,
    id text,
    reason text NOT NULL,
    raw text NOT NULL,
    CONSTRAINT ck_set_aside_kind CHECK (kind IN ('client', 'patient', 'row')),
    CONSTRAINT pk_set_aside PRIMARY KEY (practice, feed, kind, line, field),
    CONSTRAINT fk_set_aside_practice_feed FOREIGN KEY (practice, feed)
        REFERENCES feeds(practice, number) ON DELETE CASCADE
);

CREATE TABLE changes (
    number bigint GENERATED ALWAYS AS IDENTITY,
    practice text NOT NULL,
    kind text NOT NULL,
    id text NOT NULL,
    field text NOT NULL,
    old jsonb,
    new jsonb,
    source text NOT NULL,
    feed integer,
    by text,
    at timestamptz NOT NULL,
    why text,
    CONSTRAINT ck_changes_source CHECK (source IN ('feed', 'owner', 'staff')),
    CONSTRAINT pk_changes PRIMARY KEY (number),
    CONSTRAINT fk_changes_practice FOREIGN KEY (practice) REFERENCES practices(id)
);
CREATE INDEX ix_changes_practice_feed ON changes (practice, feed);
CREATE INDEX ix_changes_practice_kind_id ON changes (practice, kind, id);

CREATE TABLE differences (
    number bigint GENERATED ALWAYS AS IDENTITY,
    practice text NOT NULL,
    kind text NOT NULL,
    id text NOT NULL,
    field text NOT NULL,
    ours jsonb NOT NULL,
    theirs jsonb NOT NULL,
    first_feed integer,
    last_feed integer,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    state text NOT NULL,
    by text,
    at timestamptz,
    why text,
    CONSTRAINT ck_differences_state CHECK (state IN ('open', 'asked', 'kept', 'taken', 'gone')),
    CONSTRAINT pk_differences PRIMARY KEY (practice, kind, id, field),
    CONSTRAINT uq_differences_number UNIQUE (number),
    CONSTRAINT fk_differences_practice FOREIGN KEY (practice) REFERENCES practices(id)
);
CREATE INDEX ix_differences_open ON differences (practice, number) WHERE state IN ('open', 'asked');

-- Which client is which home delivery customer.

CREATE TABLE client_links (
    number bigint GENERATED ALWAYS AS IDENTITY,
    practice text NOT NULL,
    client text NOT NULL,
    home_client text NOT NULL,
    state text NOT NULL,
    score float8 NOT NULL,
    reasons text[] NOT NULL,
    feed integer,
    by text,
    at timestamptz NOT NULL,
    why text,
    CONSTRAINT ck_client_links_state CHECK (state IN ('merged', 'review', 'different', 'undone')),
    CONSTRAINT pk_client_links PRIMARY KEY (number),
    CONSTRAINT uq_client_links_practice_client_home_client UNIQUE (practice, client, home_client),
    CONSTRAINT fk_client_links_practice_client FOREIGN KEY (practice, client)
        REFERENCES clients(practice, id) ON DELETE CASCADE,
    CONSTRAINT fk_client_links_practice_home_client FOREIGN KEY (practice, home_client)
        REFERENCES home_clients(practice, id) ON DELETE CASCADE
);
CREATE INDEX ix_client_links_review ON client_links (practice, number) WHERE state = 'review';
CREATE UNIQUE INDEX uq_client_links_client ON client_links (practice, client) WHERE state = 'merged';
CREATE UNIQUE INDEX uq_client_links_home ON client_links (practice, home_client) WHERE state = 'merged';

CREATE TABLE link_decisions (
    number bigint GENERATED ALWAYS AS IDENTITY,
    practice text NOT NULL,
    link bigint NOT NULL,
    was text NOT NULL,
    decided text NOT NULL,
    score float8 NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    why text,
    became text NOT NULL,
    blind boolean NOT NULL DEFAULT false,
    undoes bigint,
    CONSTRAINT ck_link_decisions_decided CHECK (decided IN ('same', 'different', 'not_sure', 'undone')),
    CONSTRAINT pk_link_decisions PRIMARY KEY (number),
    CONSTRAINT uq_link_decisions_undoes UNIQUE (undoes),
    CONSTRAINT fk_link_decisions_link FOREIGN KEY (link) REFERENCES client_links(number) ON DELETE CASCADE,
    CONSTRAINT fk_link_decisions_undoes FOREIGN KEY (undoes) REFERENCES link_decisions(number) ON DELETE CASCADE
);
CREATE INDEX ix_link_decisions_practice_link ON link_decisions (practice, link);

CREATE TABLE secrets (
    reference text NOT NULL,
    onboarding text NOT NULL,
    key text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_secrets PRIMARY KEY (reference)
);

-- +goose Up
-- Who may do what, and how they prove who they are. Only internal/accounts
-- writes these tables; every room may read them.

-- A person: made by the first sign-in that succeeds, or added by an
-- administrator or the command line. Never deleted: history, sign-offs and
-- authorship point here by id.
create table people (
    id               bigint generated always as identity,
    -- Lower-case and trimmed, so that equality is identity.
    email            text        not null,
    name             text        not null,
    -- How the Learning Hub names an author: organisation and role, 100 characters each.
    organisation     text        not null default '',
    job_title        text        not null default '',
    created_at       timestamptz not null,
    -- Null for somebody who was added and has never proved that the address is theirs.
    first_sign_in_at timestamptz,
    -- Null while the name is a guess made from the address.
    named_at         timestamptz,
    deactivated_at   timestamptz,
    constraint people_pk primary key (id),
    constraint people_email_key unique (email),
    constraint people_email_form check (
        email = lower(btrim(email)) and length(email) between 3 and 254 and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'
    ),
    constraint people_name_form check (name = btrim(name) and length(name) between 1 and 100),
    constraint people_organisation_form check (organisation = btrim(organisation) and length(organisation) <= 100),
    constraint people_job_title_form check (job_title = btrim(job_title) and length(job_title) <= 100),
    constraint people_first_sign_in_after_creation check (first_sign_in_at >= created_at),
    constraint people_deactivated_after_creation check (deactivated_at >= created_at)
);

-- The page of people is read by name, a page at a time.
create index people_by_name on people (lower(name), id);

-- A role that a person holds now. It stays when its holder is deactivated, so
-- whoever looks for people with a role must ask for deactivated_at is null too.
create table roles (
    person_id  bigint      not null,
    role       text        not null,
    granted_at timestamptz not null,
    granted_by bigint, -- null: the command line
    constraint roles_pk primary key (person_id, role),
    constraint roles_person_fk foreign key (person_id) references people (id),
    constraint roles_granted_by_fk foreign key (granted_by) references people (id),
    constraint roles_role_form check (role ~ '^[a-z_]+$' and length(role) <= 40)
);

create index roles_by_role on roles (role, person_id);

-- Every change of a person's standing, with who made it.
create table role_changes (
    id         bigint generated always as identity,
    person_id  bigint      not null,
    change     text        not null,
    role       text, -- of a role granted or revoked
    changed_by bigint, -- null: the command line
    changed_at timestamptz not null,
    constraint role_changes_pk primary key (id),
    constraint role_changes_person_fk foreign key (person_id) references people (id),
    constraint role_changes_changed_by_fk foreign key (changed_by) references people (id),
    constraint role_changes_change_known check (change in ('added', 'granted', 'revoked', 'deactivated', 'reactivated')),
    constraint role_changes_role_when_role check ((change in ('granted', 'revoked')) = (role is not null)),
    constraint role_changes_role_form check (role ~ '^[a-z_]+$' and length(role) <= 40)
);

create index role_changes_by_person on role_changes (person_id, id);

-- +goose StatementBegin
create function role_changes_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'role_changes is append-only: % refused', lower(tg_op)
        using errcode = 'integrity_constraint_violation', constraint = 'role_changes_append_only', table = 'role_changes';
end
$$;
-- +goose StatementEnd

create trigger role_changes_append_only
    before update or delete or truncate on role_changes
    for each statement execute function role_changes_are_append_only();

-- A code asked for. The code itself is derived from the id and the server's
-- secret when the mail is rendered; no column holds it.
create table sign_in_attempts (
    id           uuid        not null,
    email        text        not null,
    client       text        not null, -- the network address that asked, an IPv6 one cut to its /64
    browser_hash bytea       not null, -- SHA-256 of the secret in the asking browser's cookie
    asked_at     timestamptz not null,
    expires_at   timestamptz not null,
    tries        smallint    not null default 0,
    used_at      timestamptz,
    constraint sign_in_attempts_pk primary key (id),
    constraint sign_in_attempts_email_form check (email = lower(btrim(email)) and length(email) between 3 and 254),
    constraint sign_in_attempts_client_form check (length(client) between 1 and 64),
    constraint sign_in_attempts_browser_hash_is_sha256 check (octet_length(browser_hash) = 32),
    constraint sign_in_attempts_expires_after_asked check (expires_at > asked_at),
    constraint sign_in_attempts_five_tries check (tries between 0 and 5),
    constraint sign_in_attempts_used_while_valid check (used_at is null or (tries > 0 and used_at >= asked_at and used_at < expires_at))
);

create index sign_in_attempts_by_email on sign_in_attempts (email, asked_at);
create index sign_in_attempts_by_client on sign_in_attempts (client, asked_at);
create index sign_in_attempts_by_time on sign_in_attempts (asked_at);

-- A wrong code, counted per address and per trying client across all codes.
create table sign_in_misses (
    id        bigint generated always as identity,
    email     text        not null,
    client    text        not null,
    missed_at timestamptz not null,
    constraint sign_in_misses_pk primary key (id),
    constraint sign_in_misses_email_form check (email = lower(btrim(email)) and length(email) between 3 and 254),
    constraint sign_in_misses_client_form check (length(client) between 1 and 64)
);

create index sign_in_misses_by_email on sign_in_misses (email, missed_at);
create index sign_in_misses_by_client on sign_in_misses (client, missed_at);
create index sign_in_misses_by_time on sign_in_misses (missed_at);

-- A browser's session. A revoked one keeps its row, emptied, until it would
-- have expired: a request still running on it must not bring it back.
create table sessions (
    token_hash bytea       not null, -- SHA-256 of the cookie's token
    person_id  bigint, -- null: nobody is signed in
    data       bytea       not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    constraint sessions_pk primary key (token_hash),
    constraint sessions_person_fk foreign key (person_id) references people (id),
    constraint sessions_token_hash_is_sha256 check (octet_length(token_hash) = 32),
    constraint sessions_expires_after_creation check (expires_at > created_at),
    constraint sessions_revoked_is_empty check (revoked_at is null or octet_length(data) = 0)
);

create index sessions_by_person on sessions (person_id) where person_id is not null;
create index sessions_by_expiry on sessions (expires_at);

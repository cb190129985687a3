-- +goose Up

-- Personal access tokens, by which programs act as a person. Only
-- internal/accounts writes them. A copy of the table lets nobody in.
create table tokens (
    id           bigint generated always as identity,
    person_id    bigint      not null,
    name         text        not null, -- in its owner's words
    hash         bytea       not null, -- SHA-256 of the token
    scopes       text[]      not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    revoked_at   timestamptz,
    last_used_at timestamptz,          -- to the minute: not every use is worth a write
    constraint tokens_pk primary key (id),
    constraint tokens_person_fk foreign key (person_id) references people (id),
    constraint tokens_hash_key unique (hash),
    constraint tokens_hash_is_sha256 check (octet_length(hash) = 32),
    constraint tokens_name_form check (name = btrim(name) and length(name) between 1 and 100),
    constraint tokens_scopes_known check (cardinality(scopes) >= 1
        and scopes <@ array['read', 'propose', 'review', 'lead', 'administer']),
    constraint tokens_expire check (expires_at > created_at and expires_at <= created_at + interval '367 days')
);

create index tokens_by_person on tokens (person_id, id);

-- How often a token was used in the current minute. Unlogged, so that counting a
-- call costs no flush to disk and yet counts for all replicas; after a crash it
-- is empty, and every token begins anew.
create unlogged table token_uses (
    token_id     bigint      not null,
    window_start timestamptz not null,
    used         int         not null,
    constraint token_uses_pk primary key (token_id)
);

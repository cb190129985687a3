-- +goose Up

-- The outbox: what has to leave Rung, such as mail, written by the very
-- transaction that changed the state. Only internal/outbox changes a row once it
-- is there. proposal_id has no foreign key: the outbox knows no domain, and a
-- message outlives what it was about.
create table outbox (
    id           bigint generated always as identity primary key,
    kind         text        not null,
    key          text        not null,
    proposal_id  bigint,
    payload      jsonb       not null default '{}',
    created_at   timestamptz not null,
    -- When it may leave; a retry moves it forward.
    due_at       timestamptz not null,
    -- Tries begun since created_at, or since it was last sent again by hand.
    attempts     integer     not null default 0,
    -- When the first of those tries began: the retry window runs from here, so
    -- that neither a message put for next week nor a week of downtime uses it up.
    retry_from   timestamptz,
    leased_until timestamptz,
    leased_by    text,
    state        text        not null default 'waiting',
    -- What went wrong the last time; safe to show to an administrator.
    last_error   text,
    -- Why it was dropped, or what is worth knowing about a delivery.
    note         text,
    finished_at  timestamptz,

    constraint outbox_key_unique unique (key),
    constraint outbox_kind_form check (kind ~ '^[a-z][a-z0-9_]*$'),
    constraint outbox_key_present check (key <> ''),
    constraint outbox_state_known check (state in ('waiting', 'sent', 'dropped', 'failed')),
    constraint outbox_attempts_counted check (attempts >= 0),
    constraint outbox_finished_when_done check ((state = 'waiting') = (finished_at is null)),
    constraint outbox_lease_whole check ((leased_until is null) = (leased_by is null)),
    constraint outbox_lease_only_waiting check (leased_by is null or state = 'waiting'),
    constraint outbox_drop_explained check (state <> 'dropped' or note <> ''),
    constraint outbox_failure_explained check (state <> 'failed' or last_error <> '')
);

-- The claim: one kind's due messages, oldest first.
create index outbox_waiting on outbox (kind, due_at, id) where state = 'waiting';
-- A proposal's own page, newest first.
create index outbox_by_proposal on outbox (proposal_id, id) where proposal_id is not null;
-- The page of what could not be delivered, newest first.
create index outbox_failed on outbox (id) where state = 'failed';

-- Wakes the senders; PostgreSQL tells them when, and only if, the transaction
-- commits. Of transactions that overlap one alone does it: NOTIFY makes commits
-- wait for one another (2,500 inserts a second at 8 clients against 7,000
-- without it and 6,200 this way). What commits after the one that notified is
-- found by the senders' poll, within a second.
-- +goose StatementBegin
create function outbox_wake() returns trigger language plpgsql as $$
begin
    if pg_try_advisory_xact_lock(hashtextextended('rung_outbox', 0)) then
        perform pg_notify('rung_outbox', '');
    end if;
    return null;
end
$$;
-- +goose StatementEnd

create trigger outbox_wake after insert on outbox
    for each statement execute function outbox_wake();

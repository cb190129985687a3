-- +goose Up

-- What climbs. Only the machine's columns are here (written by workflow alone);
-- words and package are in drafts and revisions, so that a move touches one
-- narrow row. The row is a summary of its last history entry, and the foreign
-- key to it makes a state without an entry impossible.
create table proposals (
    id              bigint generated always as identity primary key,
    programme       text not null,
    state           text not null,
    revision        int  not null check (revision >= 0),       -- number of the latest revision, 0 before the first submit
    seq             int  not null check (seq >= 1),            -- the last history entry
    head            bytea not null,                            -- its hash
    suggested_title bigint,                                    -- taken from the first submit on
    turn            text not null,                             -- whose turn: author | reviewers | leadership | nobody
    turn_for        text not null,                             -- to do what, a code of workflow.TurnFor
    turn_since      timestamptz not null,
    turn_due        timestamptz,
    state_since     timestamptz not null,
    created_at      timestamptz not null,
    created_by      bigint not null references people (id),
    submitted_at    timestamptz,                               -- first submit
    foreign key (programme, state) references programme_states (programme, state),
    -- Nothing in flight without a turn and a date.
    constraint proposals_turn check (case
        when state in ('draft', 'changes_requested') then turn in ('author', 'leadership')
        when state = 'approved' then turn = 'leadership'
        when state = 'published' then turn in ('nobody', 'leadership')
        when state in ('rejected', 'withdrawn') then turn = 'nobody'
        else turn in ('reviewers', 'leadership') end),
    constraint proposals_turn_due check ((turn_due is null) = (turn = 'nobody' or state = 'draft'))
);
create index proposals_by_state on proposals (state, turn_since, id);
-- The board's first page, however many were published before.
create index proposals_in_flight on proposals (turn_since, id) where state not in ('draft', 'published', 'rejected', 'withdrawn');
create index proposals_by_turn on proposals (turn, turn_due, id) where turn <> 'nobody';
create unique index proposals_suggested_title_taken on proposals (suggested_title)
    where state not in ('draft', 'rejected', 'withdrawn');

-- Append-only, one hash chain per proposal. Person ids and digests, never names
-- or words. The chain and its continuity are foreign keys: an entry starts in
-- the state, revision and hash in which the entry before it ended.
create table history (
    proposal_id   bigint not null,
    seq           int not null check (seq >= 1),
    at            timestamptz not null,
    actor         bigint references people (id),               -- null: the system itself
    event         text not null check (event ~ '^[a-z_]+$'),
    programme     text not null,
    from_state    text,
    from_revision int,
    to_state      text not null,
    revision      int not null,
    detail        text not null,                               -- one JSON object; ids and digests only
    prev_hash     bytea,
    hash          bytea not null,
    prev_seq      int generated always as (nullif(seq - 1, 0)) stored,
    moved         text generated always as (case when from_state <> to_state then event end) stored,
    primary key (proposal_id, seq),
    constraint history_link unique (proposal_id, seq, to_state, revision, hash),
    constraint history_first check ((seq = 1) = (prev_hash is null) and (seq = 1) = (from_state is null) and (seq = 1) = (from_revision is null)),
    constraint history_chain foreign key (proposal_id, prev_seq, from_state, from_revision, prev_hash)
        references history (proposal_id, seq, to_state, revision, hash),
    constraint history_edge foreign key (programme, moved, from_state, to_state)
        references programme_edges (programme, event, from_state, to_state),
    constraint history_revision_grows check (revision = from_revision or (event = 'submit' and revision = from_revision + 1) or seq = 1),
    constraint history_hash check (hash = sha256(convert_to(concat_ws(E'\n', 'rung-history-1',
        proposal_id, seq, (extract(epoch from at) * 1000000)::bigint, coalesce(actor::text, 'system'), event, programme,
        coalesce(from_state, ''), coalesce(from_revision::text, ''), to_state, revision, detail,
        coalesce(encode(prev_hash, 'hex'), '')), 'UTF8'))),
    foreign key (proposal_id) references proposals (id) deferrable initially deferred
);
create trigger history_append_only before update or delete or truncate on history for each statement execute function refuse_change();

alter table proposals add constraint proposals_stand_on_history foreign key (id, seq, state, revision, head)
    references history (proposal_id, seq, to_state, revision, hash) deferrable initially deferred;

-- +goose Up

-- A reviewer's answer to one criterion, saved as it is given. No row: not looked
-- at yet; nothing is preset. It belongs to the assignment, so it survives a
-- suspension. version guards against a second tab.
create table rubric_answers (
    assignment bigint not null references assignments (id),
    criterion  text not null,
    answer     text not null check (answer in ('', 'met', 'not_met')),  -- '': words, but no decision yet
    note       text not null default '' check (length(note) <= 10000),
    revision   int not null check (revision >= 1),              -- of the proposal when it was answered
    version    int not null check (version >= 1),
    answered_at timestamptz not null,
    primary key (assignment, criterion)
);

-- One item of a change request. A draft is the asker's alone until the request
-- is sent: then open -> done | not_agreed -> closed, or reopened to open.
create table change_items (
    id           bigint generated always as identity primary key,
    proposal_id  bigint not null references proposals (id),
    stage        text not null,                                 -- that asked
    assignment   bigint references assignments (id),            -- null: asked by leadership
    asked_by     bigint not null references people (id),
    criterion    text not null default '',                      -- of the stage's rubric, '' for none of them
    place        text not null default '' check (length(place) <= 500),
    words        text not null default '' check (length(words) <= 10000),
    state        text not null check (state in ('draft', 'open', 'done', 'not_agreed', 'closed')),
    revision     int not null check (revision >= 1),            -- about which it was asked
    request      int,                                           -- seq of the history entry that sent it
    asked_at     timestamptz,
    answer       text not null default '' check (length(answer) <= 10000),
    answered_by  bigint references people (id),
    answered_at  timestamptz,
    closed_by    bigint references people (id),
    closed_at    timestamptz,
    close_reason text not null default '',
    reopened     int not null default 0,
    version      int not null default 1,
    created_at   timestamptz not null,
    constraint change_items_sent check (state = 'draft' or (request is not null and asked_at is not null and words <> '' and place <> '')),
    constraint change_items_answered check (state not in ('done', 'not_agreed') or (answered_by is not null and answered_at is not null)),
    constraint change_items_not_agreed_why check (state <> 'not_agreed' or answer <> ''),
    constraint change_items_closed check ((state = 'closed') = (closed_at is not null and closed_by is not null))
);
create index change_items_by_proposal on change_items (proposal_id, id);

-- +goose Up

-- What a course that speaks xAPI stored during a preview: its statements, and
-- its documents (state, profiles). Only web/preview writes it, for whoever has
-- the link; rows are gone when the link has ended. Nothing is lost with them
-- but a preview, so the table isn't logged.
create unlogged table preview_records (
    run        text        not null, -- one preview
    kind       text        not null, -- statement, or the resource of a document
    key        text        not null, -- the statement's id, or what the document belongs to
    seq        bigint      generated always as identity,
    media_type text        not null,
    body       bytea       not null,
    stored_at  timestamptz not null,
    constraint preview_records_pk primary key (run, kind, key),
    constraint preview_records_bounded check (length(key) <= 4000 and octet_length(body) <= 1048576)
);

create index preview_records_by_seq on preview_records (run, seq);
create index preview_records_by_time on preview_records (stored_at);

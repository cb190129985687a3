-- +goose Up

-- What this database is for, and which folder of files belongs to it. Written
-- once, by the first `rung serve` or `rung demo` that meets it, so that neither a
-- demonstration (where anyone may sign in as anyone) nor a programme's real
-- people can ever be opened by the other. Only internal/instance writes it.
create table instance (
    -- A primary key that can take one value only: there is at most one row.
    singleton    boolean     not null default true,
    kind         text        not null,
    -- The marker in the folder of files: an empty or foreign folder in its
    -- place (a share that is not mounted) is told by it.
    files_marker text        not null,
    created_at   timestamptz not null,
    constraint instance_pk primary key (singleton),
    constraint instance_singleton check (singleton),
    constraint instance_kind check (kind in ('production', 'demo')),
    constraint instance_files_marker check (files_marker <> '')
);

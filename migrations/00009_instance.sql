-- +goose Up

-- What this database is for. Written once, by the first `rung serve`, `rung migrate`
-- or `rung demo` that meets it, so that neither a demonstration's people (anyone may
-- sign in as anyone) nor a programme's real ones can ever be opened by the other.
create table instance (
    -- A primary key that can take one value only: there is at most one row.
    singleton  boolean primary key default true,
    kind       text not null,
    created_at timestamptz not null,
    constraint instance_singleton check (singleton),
    constraint instance_kind check (kind in ('production', 'demo'))
);

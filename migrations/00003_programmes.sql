-- +goose Up

-- A programme is data: one YAML file, whose SHA-256 is its version. What the
-- machine may do under a version stands here as rows, so that foreign keys can
-- hold every proposal and every history entry to it. Versions never change.
create table programmes (
    version   text primary key,
    name      text not null,
    source    text not null,
    stored_at timestamptz not null,
    constraint programmes_version_is_hash check (version = encode(sha256(convert_to(source, 'UTF8')), 'hex'))
);

create table programme_states (
    programme text not null references programmes (version),
    state     text not null,
    primary key (programme, state)
);

create table programme_stages (
    programme text not null,
    stage     text not null,
    position  int  not null check (position >= 1),
    role      text not null check (role ~ '^[a-z_]+$'),
    sign_offs int  not null check (sign_offs >= 1),
    parts     text[] not null check (cardinality(parts) >= 1 and parts <@ array['package', 'teaching', 'listing']),
    primary key (programme, stage),
    unique (programme, position),
    foreign key (programme, stage) references programme_states (programme, state)
);

create table programme_edges (
    programme  text not null,
    event      text not null,
    from_state text not null,
    to_state   text not null,
    primary key (programme, event, from_state, to_state),
    foreign key (programme, from_state) references programme_states (programme, state),
    foreign key (programme, to_state) references programme_states (programme, state),
    constraint programme_edges_move check (from_state <> to_state)
);

-- +goose StatementBegin
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation',
        constraint = tg_table_name || '_append_only';
end $$;
-- +goose StatementEnd

create trigger programmes_append_only before update or delete or truncate on programmes for each statement execute function refuse_change();
create trigger programme_states_append_only before update or delete or truncate on programme_states for each statement execute function refuse_change();
create trigger programme_stages_append_only before update or delete or truncate on programme_stages for each statement execute function refuse_change();
create trigger programme_edges_append_only before update or delete or truncate on programme_edges for each statement execute function refuse_change();

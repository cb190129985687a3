-- +goose Up

create table modules (
    id         bigint generated always as identity primary key,
    slug       text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    created_at timestamptz not null
);

-- Outside every part; leadership sets them from the final stage on, and keeps
-- them true after publishing. Each change is in the history of the proposal.
create table publication_details (
    id               bigint generated always as identity primary key,
    proposal_id      bigint unique references proposals (id),  -- null: live before Rung
    owner            text not null default '' check (length(owner) <= 200),
    review_date      date,
    publish_on       date,                                      -- room for publishing on a date
    bridge_url       text not null default '' check (bridge_url = '' or bridge_url ~ '^https://'),
    learning_hub_url text not null default '' check (learning_hub_url = '' or learning_hub_url ~ '^https://'),
    version          int not null default 1,
    updated_at       timestamptz not null,
    updated_by       bigint not null references people (id)
);

-- What is in the catalogue. listing and teaching are the parts of the revision
-- as signed (canonical JSON), or what leadership entered for a module that was
-- live before Rung.
create table editions (
    id             bigint generated always as identity primary key,
    module_id      bigint not null references modules (id),
    number         int not null check (number >= 1),
    state          text not null check (state in ('live', 'superseded', 'retired')),
    quality        text not null check (quality in ('rung', 'before_rung')),
    proposal_id    bigint,
    revision       int,
    details        bigint not null references publication_details (id),
    title          text not null check (length(title) between 1 and 255),
    summary        text not null check (length(summary) <= 1800),
    strand         text not null,
    series         text not null default '',
    series_part    int,
    series_of      int,
    listing        jsonb not null,
    teaching       jsonb not null,
    published_at   timestamptz not null,
    published_by   bigint not null references people (id),
    retired_at     timestamptz,
    retired_by     bigint references people (id),
    retired_reason text not null default '',
    search         tsvector not null,
    unique (module_id, number),
    foreign key (proposal_id, revision) references revisions (proposal_id, number),
    constraint editions_quality check ((quality = 'rung') = (proposal_id is not null)),
    constraint editions_retired check ((state = 'retired') = (retired_at is not null) and (state = 'retired') = (retired_reason <> ''))
);
create unique index editions_one_live on editions (module_id) where state = 'live';
create unique index editions_one_per_proposal on editions (proposal_id);
create index editions_newest on editions (published_at desc, id desc) where state = 'live';
create index editions_by_strand on editions (strand, published_at desc, id desc) where state = 'live';
create index editions_by_series on editions (series, series_part, published_at, id) where state = 'live' and series <> '';
create index editions_search on editions using gin (search) where state = 'live';

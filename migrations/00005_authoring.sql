-- +goose Up

-- Bytes that were stored, by digest. A row is no right to read them: that comes
-- from the proposal that refers to it.
create table files (
    sha256     text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    size       bigint not null check (size >= 0),
    media_type text not null,
    stored_at  timestamptz not null
);

create table suggested_titles (
    id           bigint generated always as identity primary key,
    title        text not null check (title = btrim(title) and length(title) between 1 and 255),
    strand       text not null,
    note         text not null default '',
    offered_by   bigint not null references people (id),
    offered_at   timestamptz not null,
    withdrawn_at timestamptz
);
alter table proposals add foreign key (suggested_title) references suggested_titles (id);

-- The lead and the co-authors, by address: an invited person counts as an author
-- from the invitation, before there is a person's row. people.email is joined.
create table authors (
    proposal_id  bigint not null references proposals (id),
    email        text not null check (email = lower(btrim(email)) and email like '%_@_%'),
    position     int not null check (position between 1 and 100),  -- order of attribution
    name         text not null check (length(name) <= 100),
    organisation text not null default '' check (length(organisation) <= 100),
    job_title    text not null default '' check (length(job_title) <= 100),
    is_lead      boolean not null default false,
    added_at     timestamptz not null,
    added_by     bigint not null references people (id),
    primary key (proposal_id, email),
    constraint authors_position unique (proposal_id, position) deferrable initially deferred
);
create unique index authors_one_lead on authors (proposal_id) where is_lead;
create index authors_by_email on authors (email);

-- What the authors are writing now. version guards against a second tab.
create table drafts (
    proposal_id     bigint primary key references proposals (id),
    title           text not null default '',                  -- copy of the listing's title, for lists
    content         jsonb not null,
    suggested_title bigint references suggested_titles (id),
    package         text references files (sha256),
    package_name    text not null default '',
    version         int not null check (version >= 1),
    updated_at      timestamptz not null,
    updated_by      bigint not null references people (id)
);

-- +goose StatementBegin
create function content_is_frozen() returns trigger language plpgsql as $$
declare
    p bigint := case when tg_op = 'DELETE' then old.proposal_id else new.proposal_id end;
begin
    if exists (select from proposals where id = p and state not in ('draft', 'changes_requested')) then
        raise exception 'content and authors change only in draft and changes_requested'
            using errcode = 'integrity_constraint_violation', constraint = tg_table_name || '_frozen';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create constraint trigger drafts_frozen after insert or update or delete on drafts
    for each row execute function content_is_frozen();
-- Naming another lead among the authors changes no author list, so it stays possible.
create constraint trigger authors_frozen after insert or delete or update of proposal_id, email, name, organisation, job_title, position on authors
    for each row execute function content_is_frozen();

-- An immutable snapshot, made by every submit.
create table revisions (
    proposal_id  bigint not null references proposals (id),
    number       int not null check (number >= 1),
    title        text not null,
    package_name text not null,
    submitted_at timestamptz not null,
    submitted_by bigint not null references people (id),
    primary key (proposal_id, number)
);

-- A named slice of a revision. teaching and listing carry their bytes (canonical
-- JSON), package is the file of that digest.
create table revision_parts (
    proposal_id bigint not null,
    revision    int not null,
    part        text not null check (part in ('package', 'teaching', 'listing')),
    digest      text not null check (digest ~ '^[0-9a-f]{64}$'),
    body        text,
    file        text generated always as (case when part = 'package' then digest end) stored references files (sha256),
    primary key (proposal_id, revision, part),
    constraint revision_parts_digest_key unique (proposal_id, revision, part, digest),
    constraint revision_parts_digest check (case when part = 'package' then body is null
        else body is not null and digest = encode(sha256(convert_to(body, 'UTF8')), 'hex') end),
    foreign key (proposal_id, revision) references revisions (proposal_id, number)
);
create trigger files_append_only before update or delete or truncate on files for each statement execute function refuse_change();
create trigger revisions_append_only before update or delete or truncate on revisions for each statement execute function refuse_change();
create trigger revision_parts_append_only before update or delete or truncate on revision_parts for each statement execute function refuse_change();

-- How many invitations somebody sent to addresses that never signed in: their
-- daily cap counts here. It holds no address, and removing the author from the
-- list again doesn't uncount it.
create table invitations (
    id          bigint generated always as identity primary key,
    proposal_id bigint not null references proposals (id),
    invited_by  bigint not null references people (id),
    invited_at  timestamptz not null
);
create index invitations_by_person on invitations (invited_by, invited_at);

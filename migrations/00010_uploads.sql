-- +goose Up
-- How many bytes somebody uploaded: their daily share counts here. A row is
-- written before the first byte comes, with as many as may come, and put right
-- when they have, or gone when they did not; replacing or removing a package doesn't uncount it, since its
-- bytes stay.
create table uploads (
    id          bigint generated always as identity primary key,
    person_id   bigint not null references people (id),
    size        bigint not null check (size >= 0),
    uploaded_at timestamptz not null
);
create index uploads_by_person on uploads (person_id, uploaded_at);

-- +goose Up

-- Who looks: one person's previews may store only so much together, however many
-- are opened. 0 is nobody known, of rows that a Rung before this one wrote.
alter table preview_records add column person bigint not null default 0;
create index preview_records_by_person on preview_records (person);

-- +goose Up

-- Who has a package: a check asks that, for one that nobody has any more keeps
-- others waiting.
create index drafts_by_package on drafts (package) where package is not null;
create index revision_parts_by_file on revision_parts (file) where file is not null;

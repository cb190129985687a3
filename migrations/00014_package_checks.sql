-- +goose Up

-- What the machine reviewer says of a package: one row for its bytes and the
-- checker's version, so that an unchanged package isn't checked again. Only
-- authoring writes it. The message that has the check run is in the outbox,
-- which knows who is at it; round tells the messages of one row apart, since a
-- check that failed may be asked for again.
create table package_checks (
    sha256      text        not null references files (sha256),
    version     text        not null, -- of the checker
    state       text        not null default 'queued',
    round       int         not null default 1,
    -- While it runs: what it is doing, in words for people, and how much of it is
    -- done. total is 0 where that isn't known.
    doing       text        not null default '',
    done        bigint      not null default 0,
    total       bigint      not null default 0,
    queued_at   timestamptz not null,
    started_at  timestamptz,
    updated_at  timestamptz not null,
    finished_at timestamptz,
    verdict     text,
    -- As it was written, not jsonb: a report quotes packages, and jsonb refuses
    -- some of what they hold.
    report      json,
    -- Why it failed; for people.
    error       text,

    constraint package_checks_once primary key (sha256, version),
    constraint package_checks_version_present check (version <> ''),
    constraint package_checks_state_known check (state in ('queued', 'running', 'done', 'failed')),
    constraint package_checks_round_counted check (round >= 1),
    constraint package_checks_progress_counted check (done >= 0 and total >= 0),
    constraint package_checks_verdict_known check (verdict in ('ok', 'warn', 'fail')),
    constraint package_checks_report_when_done check ((state = 'done') = (report is not null) and (state = 'done') = (verdict is not null)),
    constraint package_checks_finished_when_over check ((state in ('done', 'failed')) = (finished_at is not null)),
    constraint package_checks_failure_explained check ((state = 'failed') = (coalesce(error, '') <> '')),
    constraint package_checks_started_when_running check (state <> 'running' or started_at is not null)
);

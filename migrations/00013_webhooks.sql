-- +goose Up
-- To whom events are told over HTTP. Only internal/webhooks writes these tables;
-- workflow reads, as it writes the history, who wants to be told.

create table webhooks (
    id              bigint generated always as identity,
    url             text        not null,
    description     text        not null default '',
    -- The events it is told, as in the history; none means every event.
    events          text[]      not null default '{}',
    -- The secret that signs is derived from the id, this number and the server's
    -- secret when it is needed; no column holds it.
    generation      integer     not null default 1,
    -- Until when the secret of the generation before signs too.
    previous_until  timestamptz,
    version         integer     not null default 1,
    created_at      timestamptz not null,
    created_by      bigint      not null,
    updated_at      timestamptz not null,
    disabled_at     timestamptz,
    -- Why: by an administrator, or because the receiver answered 410 Gone.
    disabled_reason text,
    -- It leaves the pages; its deliveries and changes stay.
    removed_at      timestamptz,
    constraint webhooks_pk primary key (id),
    constraint webhooks_created_by_fk foreign key (created_by) references people (id),
    constraint webhooks_url_form check (length(url) between 1 and 2000 and url ~ '^https?://'),
    constraint webhooks_description_form check (description = btrim(description) and length(description) <= 200),
    constraint webhooks_events_named check (array_position(events, null) is null and array_position(events, '') is null),
    constraint webhooks_generation_counted check (generation >= 1),
    constraint webhooks_version_counted check (version >= 1),
    constraint webhooks_previous_exists check (previous_until is null or generation > 1),
    constraint webhooks_disabled_why check ((disabled_at is null) = (disabled_reason is null)),
    constraint webhooks_disabled_reason_known check (disabled_reason in ('administrator', 'gone'))
);

-- Every change of a webhook, with who made it: where events go, and which.
create table webhook_changes (
    id         bigint generated always as identity,
    webhook_id bigint      not null,
    change     text        not null,
    url        text, -- of what was added or changed: as it was from then on
    events     text[],
    changed_by bigint, -- null: the receiver itself, by answering 410 Gone
    changed_at timestamptz not null,
    constraint webhook_changes_pk primary key (id),
    constraint webhook_changes_webhook_fk foreign key (webhook_id) references webhooks (id),
    constraint webhook_changes_changed_by_fk foreign key (changed_by) references people (id),
    constraint webhook_changes_change_known check (change in
        ('added', 'changed', 'disabled', 'enabled', 'rotated', 'previous_ended', 'removed', 'gone')),
    constraint webhook_changes_by_somebody check ((changed_by is null) = (change = 'gone')),
    constraint webhook_changes_settings_when_set check (
        (change in ('added', 'changed')) = (url is not null) and (url is null) = (events is null))
);

create index webhook_changes_by_webhook on webhook_changes (webhook_id, id);
create trigger webhook_changes_append_only before update or delete or truncate on webhook_changes
    for each statement execute function refuse_change();

-- A webhook's page of deliveries, newest first.
create index outbox_by_webhook on outbox (cast(payload ->> 'webhook' as bigint), id) where kind = 'webhook';

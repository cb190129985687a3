-- +goose Up

-- Of interest, only. Once declared it stays.
create table conflicts (
    proposal_id bigint not null references proposals (id),
    person_id   bigint not null references people (id),
    declared_at timestamptz not null,
    declared_by bigint not null references people (id),
    words       text not null,
    primary key (proposal_id, person_id)
);
create trigger conflicts_append_only before update or delete or truncate on conflicts for each statement execute function refuse_change();

-- One person asked to review one stage.
-- offered -> accepted -> done; or declined, replaced; or suspended while the
-- proposal is elsewhere, and resumed as what it was.
create table assignments (
    id          bigint generated always as identity primary key,
    proposal_id bigint not null references proposals (id),
    stage       text not null,
    person_id   bigint not null references people (id),
    state       text not null check (state in ('offered', 'accepted', 'suspended', 'done', 'declined', 'replaced')),
    was         text check (was in ('offered', 'accepted')),   -- before it was suspended
    assigned_by bigint references people (id),                 -- null: the system
    offered_at  timestamptz not null,
    due_at      timestamptz not null,
    accepted_at timestamptz,
    closed_at   timestamptz,
    words       text not null default '',                      -- why it was declined or taken away
    constraint assignments_suspended check ((state = 'suspended') = (was is not null)),
    constraint assignments_closed check ((state in ('done', 'declined', 'replaced')) = (closed_at is not null))
);
create unique index assignments_one_open on assignments (proposal_id, person_id) where state in ('offered', 'accepted', 'suspended');
create index assignments_by_person on assignments (person_id, state, due_at);
create index assignments_by_proposal on assignments (proposal_id);

-- A sign-off is one reviewer's yes at one stage to exact digests. An override
-- stands in for the missing ones; a permit lets one person hold two stages.
-- Both are leadership's, carry digests, and void like a sign-off.
create table sign_offs (
    id           bigint generated always as identity primary key,
    proposal_id  bigint not null references proposals (id),
    stage        text not null,
    kind         text not null check (kind in ('sign_off', 'override', 'permit')),
    person_id    bigint not null references people (id),       -- whose yes; for a permit, who may hold two stages
    granted_by   bigint references people (id),                -- of an override or permit
    assignment   bigint references assignments (id),
    permit       bigint references sign_offs (id),             -- under which a second stage is held
    carried_from bigint references sign_offs (id),             -- the voided sign-off that was carried forward
    revision     int not null,
    reason       text not null default '',                     -- of a carrying forward, an override, a permit
    signed_at    timestamptz not null,
    voided_at    timestamptz,
    void_reason  text check (void_reason in ('changed', 'became_author', 'conflict')),
    foreign key (proposal_id, revision) references revisions (proposal_id, number),
    constraint sign_offs_void check ((voided_at is null) = (void_reason is null)),
    constraint sign_offs_reason check (reason <> '' or (kind = 'sign_off' and carried_from is null)),
    constraint sign_offs_granted check ((kind = 'sign_off') = (granted_by is null)),
    constraint sign_offs_assigned check ((kind = 'sign_off') = (assignment is not null))
);
create unique index sign_offs_once on sign_offs (proposal_id, stage, person_id) where kind = 'sign_off' and voided_at is null;
create unique index sign_offs_one_stage_each on sign_offs (proposal_id, person_id) where kind = 'sign_off' and voided_at is null and permit is null;
create index sign_offs_by_proposal on sign_offs (proposal_id);
create index sign_offs_by_person on sign_offs (person_id, signed_at);

create table sign_off_digests (
    sign_off    bigint not null references sign_offs (id),
    proposal_id bigint not null,
    revision    int not null,
    part        text not null,
    digest      text not null,
    primary key (sign_off, part),
    constraint sign_off_digests_exact foreign key (proposal_id, revision, part, digest)
        references revision_parts (proposal_id, revision, part, digest)
);
create trigger sign_off_digests_append_only before update or delete or truncate on sign_off_digests for each statement execute function refuse_change();

-- The words that belong to a history entry: reasons. They are apart from it, so
-- that a person's words can be erased and the chain stay whole.
create table remarks (
    proposal_id bigint not null,
    seq         int not null,
    words       text not null,
    primary key (proposal_id, seq),
    foreign key (proposal_id, seq) references history (proposal_id, seq)
);

-- +goose StatementBegin
create function sign_off_stays() returns trigger language plpgsql as $$
begin
    if tg_op <> 'UPDATE' or old.voided_at is not null
        or (old.id, old.proposal_id, old.stage, old.kind, old.person_id, old.granted_by, old.assignment, old.permit, old.carried_from, old.revision, old.reason, old.signed_at)
           is distinct from
           (new.id, new.proposal_id, new.stage, new.kind, new.person_id, new.granted_by, new.assignment, new.permit, new.carried_from, new.revision, new.reason, new.signed_at) then
        raise exception 'a sign-off can only be voided, once' using errcode = 'integrity_constraint_violation', constraint = 'sign_offs_append_only';
    end if;
    return new;
end $$;

-- Nobody is asked, nobody signs, and nobody overrides or is permitted who is an
-- author or conflicted.
create function reviewer_is_independent() returns trigger language plpgsql as $$
begin
    if exists (select from authors a join people p on p.email = a.email
               where a.proposal_id = new.proposal_id and p.id = new.person_id) then
        raise exception 'an author cannot review' using errcode = 'integrity_constraint_violation', constraint = tg_table_name || '_not_author';
    end if;
    if exists (select from conflicts c where c.proposal_id = new.proposal_id and c.person_id = new.person_id) then
        raise exception 'a conflicted person cannot review' using errcode = 'integrity_constraint_violation', constraint = tg_table_name || '_no_conflict';
    end if;
    return null;
end $$;

-- Nobody is asked who ever signed another stage of the proposal, unless permitted.
create function reviewer_holds_one_stage() returns trigger language plpgsql as $$
begin
    if exists (select from sign_offs s where s.proposal_id = new.proposal_id and s.person_id = new.person_id
                   and s.kind = 'sign_off' and s.stage <> new.stage)
       and not exists (select from sign_offs s where s.proposal_id = new.proposal_id and s.person_id = new.person_id
                   and s.kind = 'permit' and s.stage = new.stage and s.voided_at is null) then
        raise exception 'one person, one stage' using errcode = 'integrity_constraint_violation', constraint = 'assignments_one_stage';
    end if;
    return null;
end $$;

-- Nothing is published that was not signed as it stands, held apart from the
-- code that computes it: at every stage of this programme enough valid sign-offs
-- of exactly these bytes by different people, none an author, conflicted or
-- (unpermitted) at two stages; or an override of exactly these bytes; and every
-- item closed.
create function proposal_is_publishable() returns trigger language plpgsql as $$
declare
    missing text;
begin
    -- What is published stays so: a conflict declared later is for leadership to consider.
    if tg_op = 'UPDATE' and old.state = 'published' and old.revision = new.revision then
        return null;
    end if;
    select string_agg(st.stage, ', ') into missing
    from programme_stages st
    where st.programme = new.programme
      and not exists (select from sign_offs o where o.proposal_id = new.id and o.stage = st.stage and o.kind = 'override' and o.voided_at is null
            and (select count(*) from sign_off_digests d join revision_parts rp
                   on rp.proposal_id = new.id and rp.revision = new.revision and rp.part = d.part and rp.digest = d.digest
                 where d.sign_off = o.id and d.part = any (st.parts)) = cardinality(st.parts))
      and st.sign_offs > (select count(distinct s.person_id) from sign_offs s
            where s.proposal_id = new.id and s.stage = st.stage and s.kind = 'sign_off' and s.voided_at is null
              and (select count(*) from sign_off_digests d join revision_parts rp
                     on rp.proposal_id = new.id and rp.revision = new.revision and rp.part = d.part and rp.digest = d.digest
                   where d.sign_off = s.id and d.part = any (st.parts)) = cardinality(st.parts)
              and not exists (select from conflicts c where c.proposal_id = new.id and c.person_id = s.person_id)
              and not exists (select from authors a join people p on p.email = a.email where a.proposal_id = new.id and p.id = s.person_id)
              and (s.permit is null or exists (select from sign_offs m where m.id = s.permit and m.voided_at is null)));
    if missing is not null then
        raise exception 'not signed as it stands: %', missing using errcode = 'integrity_constraint_violation', constraint = 'proposals_signed';
    end if;
    if exists (select from change_items i where i.proposal_id = new.id and i.state in ('open', 'done', 'not_agreed')) then
        raise exception 'an item is not closed' using errcode = 'integrity_constraint_violation', constraint = 'proposals_items_closed';
    end if;
    return null;
end $$;

-- Where it is the reviewers' turn, there is one of them.
create function turn_has_a_reviewer() returns trigger language plpgsql as $$
begin
    if not exists (select from proposals p where p.id = new.id and p.turn = 'reviewers' and p.seq = new.seq) then
        return null; -- superseded within the transaction
    end if;
    if not exists (select from assignments a where a.proposal_id = new.id and a.stage = new.state and a.state in ('offered', 'accepted')) then
        raise exception 'the turn of reviewers without a reviewer' using errcode = 'integrity_constraint_violation', constraint = 'proposals_turn_has_reviewer';
    end if;
    return null;
end $$;
-- +goose StatementEnd

create trigger sign_offs_append_only before update or delete on sign_offs for each row execute function sign_off_stays();
create trigger sign_offs_no_truncate before truncate on sign_offs for each statement execute function refuse_change();
create constraint trigger sign_offs_independent after insert on sign_offs for each row execute function reviewer_is_independent();
create constraint trigger assignments_independent after insert on assignments for each row execute function reviewer_is_independent();
create constraint trigger assignments_one_stage after insert on assignments for each row execute function reviewer_holds_one_stage();
create constraint trigger proposals_publishable after insert or update of state, revision on proposals
    for each row when (new.state = 'published') execute function proposal_is_publishable();
create constraint trigger proposals_turn_has_reviewer after insert or update on proposals deferrable initially deferred
    for each row when (new.turn = 'reviewers') execute function turn_has_a_reviewer();

-- +goose Up

-- What the JSON API answered to a request with an Idempotency-Key, so that the
-- same request sent again gets the same answer and is not carried out twice.
-- Only web/api writes it; a row is gone a day after it was made.
create table api_answers (
    person_id   bigint      not null,
    key         text        not null,
    request     bytea       not null, -- SHA-256 of method, address, precondition and body
    begun_at    timestamptz not null, -- by the process that carries it out now
    -- Set by the very transaction of the act: with it and without an answer, the
    -- server stopped in between, and the request must not be carried out again.
    acted_at    timestamptz,
    answered_at timestamptz,
    status      int,
    header      text,                 -- JSON: the headers that belong to the answer
    body        bytea,
    constraint api_answers_pk primary key (person_id, key),
    constraint api_answers_person_fk foreign key (person_id) references people (id),
    constraint api_answers_key_form check (length(key) between 1 and 255),
    constraint api_answers_request_is_sha256 check (octet_length(request) = 32),
    constraint api_answers_whole check ((answered_at is null) = (status is null)
        and (answered_at is null) = (header is null) and (answered_at is null) = (body is null))
);

create index api_answers_by_time on api_answers (begun_at);

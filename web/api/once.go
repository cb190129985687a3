package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/web/edge"
)

// keyHeader is the header of draft-ietf-httpapi-idempotency-key-header.
const keyHeader = "Idempotency-Key"

const (
	answersKept = 24 * time.Hour
	// carriedOut is how long a request may be under way: above every time that an
	// operation gets. Later its process has died.
	carriedOut = 2 * time.Minute
	// patience is how long the same request waits for the first one's answer.
	patience = 10 * time.Second
	longKey  = 255 // characters
)

var keyParameter = &huma.Param{Name: keyHeader, In: "header", Schema: &huma.Schema{Type: "string", MinLength: new(1), MaxLength: new(longKey)},
	Description: "Any text that you use once, a UUID for example. The same request with the same key gets the same answer for 24 hours, and is carried out once; " +
		"another request with it is refused with 422."}

type answer struct {
	Request  []byte
	BegunAt  time.Time  `db:"begun_at"`
	ActedAt  *time.Time `db:"acted_at"`
	Answered bool
	Status   int
	Header   string
	Body     []byte
}

const claimAnswerSQL = `
insert into api_answers (person_id, key, request, begun_at) values ($1, $2, $3, $4)
on conflict on constraint api_answers_pk do update set request = excluded.request, begun_at = excluded.begun_at
  , acted_at = null, answered_at = null, status = null, header = null, body = null
  where api_answers.begun_at < $5
    or api_answers.begun_at < $6 and api_answers.acted_at is null and api_answers.answered_at is null and api_answers.request = excluded.request`

const readAnswerSQL = `
select request, begun_at, acted_at, answered_at is not null as answered, coalesce(status, 0) as status,
  coalesce(header, '') as header, coalesce(body, '') as body
from api_answers where person_id = $1 and key = $2`

const actedSQL = `update api_answers set acted_at = $4 where person_id = $1 and key = $2 and begun_at = $3`

const keepAnswerSQL = `
update api_answers set answered_at = $4, status = $5, header = $6, body = $7
where person_id = $1 and key = $2 and begun_at = $3`

const dropAnswerSQL = `delete from api_answers where person_id = $1 and key = $2 and begun_at = $3 and acted_at is null`

const purgeAnswersSQL = `delete from api_answers where begun_at < $1`

// once carries a request with a key out, or gives the answer that it got the
// first time. That something was done is recorded by the transaction that did
// it, so that not even a crash makes it happen twice.
func (s *Server) once(op operation, key string, body []byte, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) error {
	if len(key) > longKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fault.New(fault.Invalid, "The idempotency key can't be taken.",
			fault.Reason{Code: "key_form", Field: "header." + keyHeader, Text: fmt.Sprintf("It can have at most %d characters of ASCII.", longKey)})
	}
	ctx, person := context.WithoutCancel(r.Context()), callerOf(r.Context()).ID
	sum := requestSum(r, body)
	begun, earlier, err := s.claim(r.Context(), person, key, sum)
	switch {
	case err != nil:
		return err
	case earlier != nil:
		return earlier.replay(w, sum)
	}
	recorded := edge.Hold(w)
	defer func() { // a panic in between is an answer that isn't kept
		if begun.IsZero() {
			return
		}
		if _, err := s.DB.ExecContext(ctx, dropAnswerSQL, person, key, begun); err != nil {
			s.Log.ErrorContext(ctx, "forgetting an idempotency key", slog.Any("error", err))
		}
	}()
	next(recorded, r.WithContext(postgres.Alongside(r.Context(), func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(r.Context(), actedSQL, person, key, begun, s.now())
		return err
	})))
	if lasting(recorded.Status) {
		header, err := json.Marshal(ofTheAnswer(w.Header()))
		if err == nil {
			_, err = s.DB.ExecContext(ctx, keepAnswerSQL, person, key, begun, s.now(), recorded.Status, string(header), recorded.Body.Bytes())
		}
		if err != nil {
			s.Log.ErrorContext(ctx, "keeping the answer to an idempotency key", slog.Any("error", err))
		}
		begun = time.Time{}
	}
	recorded.Send()
	return nil
}

// claim makes the request this process's to carry out, and tells since when; or
// gives what became of it before. While another carries it out, it waits.
func (s *Server) claim(ctx context.Context, person int64, key string, sum []byte) (begun time.Time, earlier *answer, err error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		now := s.now()
		res, err := s.DB.ExecContext(ctx, claimAnswerSQL, person, key, sum, now, now.Add(-answersKept), now.Add(-carriedOut))
		if err != nil {
			return begun, nil, fmt.Errorf("claiming an idempotency key: %w", postgres.Cancelled(ctx, err))
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return now, nil, err
		}
		var a answer
		err = s.DB.GetContext(ctx, &a, readAnswerSQL, person, key)
		switch {
		case errors.Is(err, sql.ErrNoRows): // given up meanwhile
		case err != nil:
			return begun, nil, fmt.Errorf("reading an idempotency key: %w", postgres.Cancelled(ctx, err))
		case a.Answered, !bytes.Equal(a.Request, sum):
			return begun, &a, nil
		case a.ActedAt != nil && a.BegunAt.Before(now.Add(-carriedOut)):
			return begun, &a, nil
		}
		select {
		case <-ctx.Done():
			return begun, nil, ctx.Err()
		case <-end:
			return begun, nil, &fault.Error{Kind: keyInUse, RetryAfter: time.Second, Text: "The first request with this key is still being carried out."}
		case <-tick.C:
		}
	}
}

// replay gives the first answer again.
func (a *answer) replay(w http.ResponseWriter, sum []byte) error {
	if !bytes.Equal(a.Request, sum) {
		return fault.New(keyReused, "This key was used for another request, so this one was not carried out. Use a new key.")
	}
	if !a.Answered {
		return fault.New(answerLost, "This request was carried out, but the server stopped before it could answer. It is not carried out again: look at what became of it.")
	}
	var header http.Header
	if err := json.Unmarshal([]byte(a.Header), &header); err != nil {
		return fmt.Errorf("reading a kept answer: %w", err)
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the reader is gone: nobody to tell
	return nil
}

// requestSum tells one request from another: what it asks for, of what, having
// seen what.
func requestSum(r *http.Request, body []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n", r.Method, r.URL.RequestURI(), r.Header.Get("If-Match"))
	h.Write(body)
	return h.Sum(nil)
}

// lasting reports whether an answer is one for good: ours to mend, or the
// caller's to wait, is not.
func lasting(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusTooManyRequests && status != 499
}

// ofTheAnswer are the headers that belong to an answer, and not to the request
// that fetched it.
func ofTheAnswer(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"Content-Type", "Location", "ETag", "Link", "Retry-After"} {
		if values := h.Values(name); len(values) > 0 {
			kept[http.CanonicalHeaderKey(name)] = values
		}
	}
	return kept
}

// PurgeAnswers forgets the answers that are a day old. Any replica may run it.
func (s *Server) PurgeAnswers(ctx context.Context) error {
	if _, err := s.DB.ExecContext(ctx, purgeAnswersSQL, s.now().Add(-answersKept)); err != nil {
		return fmt.Errorf("forgetting answers: %w", err)
	}
	return nil
}

func (s *Server) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

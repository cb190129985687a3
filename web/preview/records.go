package preview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lib/pq"
)

const (
	// recordsOfRun and bytesOfRun bound what one preview may store.
	recordsOfRun = 2000
	bytesOfRun   = 8 << 20
	// recordsOfPerson and bytesOfPerson bound what one person's previews may store
	// together: a page makes a new one each time that it is loaded.
	recordsOfPerson = 10 * recordsOfRun
	bytesOfPerson   = 10 * bytesOfRun
	longRecord      = 1 << 20 // bytes
	longKey         = 1000    // bytes
)

// isKey tells whether a text may name a record: PostgreSQL keeps no others.
func isKey(s string) bool {
	return len(s) <= longKey && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// errFull is the refusal of more than a preview, or a person's previews, may store.
var errFull = errors.New("this preview has stored as much as it may")

const storeRecordSQL = `
insert into preview_records (run, kind, key, media_type, body, stored_at, person)
select $1, $2, $3, $4, $5, $6, $9
where (select count(*) < $7 and coalesce(sum(octet_length(body)), 0) + octet_length(cast($5 as bytea)) <= $8 from preview_records where run = $1)
  and (select count(*) < $10 and coalesce(sum(octet_length(body)), 0) + octet_length(cast($5 as bytea)) <= $11 from preview_records where person = $9)
on conflict on constraint preview_records_pk do `

const (
	putRecordSQL = storeRecordSQL + `update set media_type = excluded.media_type, body = excluded.body, stored_at = excluded.stored_at`
	addRecordSQL = storeRecordSQL + `nothing`
)

const getRecordSQL = `select kind, key, seq, media_type, body from preview_records where run = $1 and kind = $2 and key = $3`

const deleteRecordSQL = `delete from preview_records where run = $1 and kind = $2 and key = $3`

const deleteRecordsSQL = `delete from preview_records where run = $1 and kind = $2 and starts_with(key, $3)`

const listKeysSQL = `select key from preview_records where run = $1 and kind = $2 order by seq limit 500`

const recordsSinceSQL = `
select kind, key, seq, media_type, body from preview_records where run = $1 and kind = any ($2) and seq > $3 order by seq limit $4`

const purgeRecordsSQL = `delete from preview_records where stored_at < $1`

type storedRecord struct {
	Kind, Key string
	Seq       int64
	MediaType string `db:"media_type"`
	Body      []byte
}

func (s *Server) putRecord(ctx context.Context, t ticket, kind, key, media string, body []byte) error {
	return s.storeRecord(ctx, putRecordSQL, t, kind, key, media, body)
}

// addRecord stores a statement unless one with its id is there: they never change.
func (s *Server) addRecord(ctx context.Context, t ticket, key string, body []byte) error {
	err := s.storeRecord(ctx, addRecordSQL, t, statementKind, key, "application/json", body)
	if errors.Is(err, errFull) {
		if _, found, ferr := s.getRecord(ctx, t.Run, statementKind, key); ferr == nil && found {
			return nil
		}
	}
	return err
}

func (s *Server) storeRecord(ctx context.Context, statement string, t ticket, kind, key, media string, body []byte) error {
	if len(body) > longRecord { // what was added to a document, or grew when its JSON was written
		return errFull
	}
	if body == nil {
		body = []byte{}
	}
	res, err := s.DB.ExecContext(ctx, statement, t.Run, kind, key, media, body, s.Now(), recordsOfRun, bytesOfRun,
		t.Person, recordsOfPerson, bytesOfPerson)
	if err != nil {
		return fmt.Errorf("storing a record of a preview: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return errFull
}

func (s *Server) getRecord(ctx context.Context, run, kind, key string) (storedRecord, bool, error) {
	var one storedRecord
	err := s.DB.GetContext(ctx, &one, getRecordSQL, run, kind, key)
	if errors.Is(err, sql.ErrNoRows) {
		return one, false, nil
	}
	if err != nil {
		return one, false, fmt.Errorf("reading a record of a preview: %w", err)
	}
	return one, true, nil
}

func (s *Server) recordsSince(ctx context.Context, run string, seq int64, most int, kinds ...string) ([]storedRecord, error) {
	var list []storedRecord
	if err := s.DB.SelectContext(ctx, &list, recordsSinceSQL, run, pq.Array(kinds), seq, most); err != nil {
		return nil, fmt.Errorf("reading the records of a preview: %w", err)
	}
	return list, nil
}

// Purge removes what previews stored whose links have ended.
func (s *Server) Purge(ctx context.Context) error {
	if _, err := s.DB.ExecContext(ctx, purgeRecordsSQL, s.Now().Add(-Lasts-time.Hour)); err != nil {
		return fmt.Errorf("removing the records of old previews: %w", err)
	}
	return nil
}

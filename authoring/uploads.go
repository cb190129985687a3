package authoring

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/workflow"
)

// DefaultUploads is ten packages of the longest kind: more than anybody needs
// in a day, and too little for one stranger to fill a disk.
const DefaultUploads = 10 * files.DefaultLimit

func (s *Service) uploads() int64 {
	if s.Uploads > 0 {
		return s.Uploads
	}
	return DefaultUploads
}

const (
	lockUploadsSQL  = `select pg_advisory_xact_lock(hashtext('rung uploads'), hashtext($1::text))`
	countUploadsSQL = `select coalesce(sum(size), 0)::bigint from uploads where person_id = $1 and uploaded_at > $2`
	bookUploadSQL   = `insert into uploads (person_id, size, uploaded_at) values ($1, $2, $3) returning id`
	settleUploadSQL = `update uploads set size = $2 where id = $1`
	cancelUploadSQL = `delete from uploads where id = $1`
)

// bookUpload sets aside a whole package's bytes of the person's daily share
// before the first of them is read, so that uploads at once can't exceed it
// together. settleUpload then puts it right.
func (s *Service) bookUpload(ctx context.Context, by workflow.Actor) (id int64, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, lockUploadsSQL, by.Person); err != nil {
			return fmt.Errorf("counting uploads: %w", err)
		}
		var sent int64
		if err := tx.GetContext(ctx, &sent, countUploadsSQL, by.Person, s.now().Add(-24*time.Hour)); err != nil {
			return fmt.Errorf("counting uploads: %w", err)
		}
		if sent+s.maxPackage() > s.uploads() {
			e := fault.New(fault.TooMany, "The package was not taken.", fault.Reason{Code: "too_many_uploads", Field: packageField,
				Text: fmt.Sprintf("You can upload %s in 24 hours, those under way included. Upload this one tomorrow.", files.InWords(s.uploads()))})
			e.RetryAfter = 24 * time.Hour
			return e
		}
		if err := tx.GetContext(ctx, &id, bookUploadSQL, by.Person, s.maxPackage(), s.now()); err != nil {
			return fmt.Errorf("counting an upload: %w", err)
		}
		return nil
	})
	return id, err
}

// settleUpload counts what an upload has really left on the disk. It goes on
// where the request has ended: that is how most uploads fail.
func (s *Service) settleUpload(ctx context.Context, id, size int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	query, args := settleUploadSQL, []any{id, size}
	if size == 0 { // what was refused changes nothing
		query, args = cancelUploadSQL, args[:1]
	}
	if _, err := s.DB.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("counting an upload: %w", err)
	}
	return nil
}

package authoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/workflow"
)

// Package is an uploaded file, as one proposal knows it.
type Package struct {
	Name   string // safe to show and to offer for saving
	Size   int64  // bytes
	Type   string // media type
	Digest string // lower-case hex SHA-256 of the bytes
}

// PackageLimit is how many bytes a package may have.
func (s *Service) PackageLimit() int64 { return s.maxPackage() }

const insertFileSQL = `
insert into files (sha256, size, media_type, stored_at) values ($1, $2, $3, $4) on conflict (sha256) do nothing`

const setPackageSQL = `
update drafts set package = nullif($2, ''), package_name = $3, content = $4, version = version + 1, updated_at = $5, updated_by = $6
where proposal_id = $1`

// AttachPackage reads a package to its end, makes it the draft's, and gives the
// draft's new version with it. The bytes
// are always read and kept anew, whoever else uploaded the same: knowing a digest
// gives nobody a file. version is that of the draft as the uploader saw it: if
// the package was changed since, it is Stale, with a *Conflict inside; 0 replaces
// whatever is there. What is refused (too large, a type that is not taken, a
// connection that dropped) leaves nothing behind. Bytes that the checker hasn't
// looked at are queued for it.
func (s *Service) AttachPackage(ctx context.Context, by workflow.Actor, id int64, version int, name string, r io.Reader) (Package, int, error) {
	// Before the first byte is read: an upload takes minutes on a phone.
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return Package{}, 0, err
	}
	if err := editable(c); err != nil {
		return Package{}, 0, err
	}
	d, err := loadDraft(ctx, s.DB, id)
	if err != nil {
		return Package{}, 0, err
	}
	if err := packageUnchanged(d, by, version); err != nil {
		return Package{}, 0, err
	}
	booked, err := s.bookUpload(ctx, by)
	if err != nil {
		return Package{}, 0, err
	}
	saved, err := s.Files.Save(ctx, r, s.maxPackage(), files.Sniff) // an error leaves nothing, and a size of 0
	if settling := s.settleUpload(ctx, booked, saved.Size); err == nil {
		err = settling
	}
	if err != nil {
		return Package{}, 0, aboutPackage(err)
	}
	p := Package{Name: safeName(name, saved.Type.Extension), Size: saved.Size, Type: saved.Type.Media, Digest: saved.SHA256}
	var now int
	err = s.edit(ctx, by, id, func(tx *sqlx.Tx, _ *workflow.Case) error {
		if _, err := tx.ExecContext(ctx, insertFileSQL, p.Digest, p.Size, p.Type, s.now()); err != nil {
			return fmt.Errorf("recording a file: %w", err)
		}
		if err := s.queueCheck(ctx, tx, by, p.Digest); err != nil {
			return err
		}
		now, err = s.setPackage(ctx, tx, by, id, version, p)
		return err
	})
	if err != nil {
		return Package{}, 0, err
	}
	return p, now, nil
}

// RemovePackage takes the package off the draft. Revisions keep theirs.
func (s *Service) RemovePackage(ctx context.Context, by workflow.Actor, id int64, version int) error {
	return s.edit(ctx, by, id, func(tx *sqlx.Tx, _ *workflow.Case) error {
		_, err := s.setPackage(ctx, tx, by, id, version, Package{})
		return err
	})
}

// setPackage writes the package of a draft, and gives the draft's new version.
func (s *Service) setPackage(ctx context.Context, tx *sqlx.Tx, by workflow.Actor, id int64, version int, p Package) (int, error) {
	d, err := loadDraft(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if err := packageUnchanged(d, by, version); err != nil {
		return 0, err
	}
	next := storedContent{Content: d.Content, Changed: map[string]change{packageField: {d.Version + 1, by.Person}}}
	for name, v := range d.changed {
		if name != packageField {
			next.Changed[name] = v
		}
	}
	body, err := json.Marshal(next)
	if err != nil {
		return 0, fmt.Errorf("writing the draft of proposal %d: %w", id, err)
	}
	if _, err := tx.ExecContext(ctx, setPackageSQL, id, p.Digest, p.Name, string(body), s.now(), by.Person); err != nil {
		return 0, fmt.Errorf("writing the package of proposal %d: %w", id, err)
	}
	return d.Version + 1, nil
}

func packageUnchanged(d Draft, by workflow.Actor, version int) error {
	if version != 0 && d.changed[packageField].Version > version {
		return conflict(d, by, []string{packageField})
	}
	return nil
}

// aboutPackage points the reasons of a refused upload at the package's field.
func aboutPackage(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for i := range f.Reasons {
			f.Reasons[i].Field = packageField
		}
	}
	return err
}

const revisionPackageSQL = `
select r.package_name as name, f.size, f.media_type as type, f.sha256 as digest
from revisions r
join revision_parts rp on rp.proposal_id = r.proposal_id and rp.revision = r.number and rp.part = 'package'
join files f on f.sha256 = rp.file
where r.proposal_id = $1 and r.number = cast($2 as bigint)`

// OpenPackage gives the bytes of a revision's package to whoever may see the
// proposal, and those of the draft (revision 0) to its authors. The caller
// closes the file.
func (s *Service) OpenPackage(ctx context.Context, by workflow.Actor, id int64, revision int) (*os.File, Package, error) {
	c, err := s.Workflow.Load(ctx, s.DB, id, by)
	if err != nil {
		return nil, Package{}, err
	}
	p, err := s.packageOf(ctx, c, revision)
	if err != nil {
		return nil, Package{}, err
	}
	f, _, err := s.Files.Open(p.Digest)
	if err != nil {
		// The row says that it was kept: that it isn't there is trouble, no refusal.
		return nil, Package{}, fmt.Errorf("opening the package of proposal %d: %v", id, err)
	}
	return f, p, nil
}

func (s *Service) packageOf(ctx context.Context, c *workflow.Case, revision int) (Package, error) {
	if revision == 0 {
		if err := authorsOnly(c); err != nil {
			return Package{}, err
		}
		d, err := loadDraft(ctx, s.DB, c.ID)
		if err != nil {
			return Package{}, err
		}
		if d.Package == nil {
			return Package{}, fault.New(fault.NotFound, "No package has been uploaded yet.")
		}
		return *d.Package, nil
	}
	var rows []Package
	if err := s.DB.SelectContext(ctx, &rows, revisionPackageSQL, c.ID, revision); err != nil {
		return Package{}, fmt.Errorf("reading the package of proposal %d: %w", c.ID, err)
	}
	if len(rows) == 0 {
		return Package{}, noRevision(revision)
	}
	return rows[0], nil
}

// nameLimit is in characters; file systems take 255 bytes.
const nameLimit = 80

// safeName makes of what a browser sent a name that can be shown, put into a
// header and saved anywhere: no path, no control or special characters, and the
// ending of what the file is.
func safeName(name, extension string) string {
	name = path.Base(strings.ReplaceAll(tidyLine(name), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`<>:"/\|?*%`, r):
			return '-'
		case !unicode.IsPrint(r): // marks of direction can show an ending that isn't there
			return -1
		}
		return r
	}, name)
	if extension == "" {
		extension = path.Ext(name)
	}
	stem := strings.Trim(strings.TrimSuffix(name, path.Ext(name)), ". -")
	if utf8.RuneCountInString(stem) > nameLimit {
		stem = string([]rune(stem)[:nameLimit])
	}
	if stem == "" {
		stem = "package"
	}
	return stem + extension
}

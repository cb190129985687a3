package catalogue

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// Pack is what leadership hands to a host, by hand: the package as it was
// signed, and a sheet to copy the listing from. Close it after writing it.
type Pack struct {
	Name  string // of the zip file
	sheet sheet
	file  *os.File // nil where Rung holds no package
	inner string   // the package's name inside
	at    time.Time
}

// PackOfModule prepares the pack of what the module's page shows, for
// leadership. One that was live before Rung has no package here: its pack is
// the sheet alone.
func (s *Service) PackOfModule(ctx context.Context, by workflow.Actor, slug string) (*Pack, error) {
	if err := leadership(ctx, s.DB, by); err != nil {
		return nil, err
	}
	key, err := editionBySlug(ctx, s.DB, slug)
	if err != nil {
		return nil, err
	}
	if key.Proposal != 0 {
		return s.packOf(ctx, by, key.Proposal, key.Revision, slug)
	}
	m, err := s.Module(ctx, slug)
	if err != nil {
		return nil, err
	}
	return &Pack{Name: slug + ".zip", at: s.now(), sheet: sheet{
		programme: s.current(), at: s.now(), title: m.Title, summary: m.Summary, details: m.Details.Details,
		strand: m.StrandName, series: m.Series,
	}}, nil
}

// PackOfProposal prepares the pack of a proposal's latest revision, for
// leadership: once it is approved, or published.
func (s *Service) PackOfProposal(ctx context.Context, by workflow.Actor, proposal int64) (*Pack, error) {
	c, err := s.Workflow.Load(ctx, s.DB, proposal, by)
	if err != nil {
		return nil, err
	}
	if !c.Actor.Has(workflow.Leadership) {
		return nil, fault.New(fault.Forbidden, "Only leadership can download the pack.")
	}
	if c.State != programme.Approved && c.State != programme.Published {
		return nil, fault.New(fault.Refused, "There is no pack yet.", fault.Reason{Code: "not_approved",
			Text: "The pack is for the hosts: it is there once every stage has signed off."})
	}
	return s.packOf(ctx, by, proposal, c.Revision, fmt.Sprintf("proposal-%d", proposal))
}

const packageOfRevisionSQL = `
select r.package_name, rp.digest
from revisions r join revision_parts rp on rp.proposal_id = r.proposal_id and rp.revision = r.number and rp.part = 'package'
where r.proposal_id = $1 and r.number = $2`

func (s *Service) packOf(ctx context.Context, by workflow.Actor, proposal int64, revision int, name string) (*Pack, error) {
	c, err := s.Workflow.Load(ctx, s.DB, proposal, by)
	if err != nil {
		return nil, err
	}
	sh, err := s.sheetOf(ctx, c, revision)
	if err != nil {
		return nil, err
	}
	var row struct {
		Name   string `db:"package_name"`
		Digest string `db:"digest"`
	}
	if err := s.DB.GetContext(ctx, &row, packageOfRevisionSQL, proposal, revision); err != nil {
		return nil, fmt.Errorf("reading the package of revision %d of proposal %d: %w", revision, proposal, err)
	}
	file, size, err := s.Files.Open(row.Digest)
	if err != nil {
		return nil, fmt.Errorf("opening the package of proposal %d: %w", proposal, err)
	}
	sh.packageName, sh.packageSize, sh.packageDigest = safeName(row.Name), size, row.Digest
	return &Pack{Name: name + ".zip", sheet: sh, file: file, inner: "package/" + sh.packageName, at: s.now()}, nil
}

// sheetOf fills the sheet from a revision as it was signed.
func (s *Service) sheetOf(ctx context.Context, c *workflow.Case, revision int) (sheet, error) {
	listing, teaching, err := revisionParts(ctx, s.DB, c.ID, revision)
	if err != nil {
		return sheet{}, err
	}
	l, err := readListing(listing)
	if err != nil {
		return sheet{}, err
	}
	t, err := readTeaching(teaching)
	if err != nil {
		return sheet{}, err
	}
	details, _, err := oneDetails(ctx, s.DB, detailsOfProposalSQL, c.ID)
	if err != nil {
		return sheet{}, err
	}
	sh := sheet{
		programme: c.Programme, at: s.now(), title: l.Title, summary: l.Summary, keywords: l.Keywords, authors: l.Authors,
		licence: licenceName(c.Programme, l.Licence), details: details.stored().Details, provider: l.Provider,
		certificate: l.Certificate, accessibility: l.AccessibilityIssues, series: l.Series, strand: t.Strand, signed: true,
	}
	if strand, ok := c.Programme.Strand(t.Strand); ok {
		sh.strand = strand.Name
	}
	return sh, nil
}

// Write streams the zip. The package goes in as it is, not compressed again.
func (p *Pack) Write(w io.Writer) error {
	z := zip.NewWriter(w)
	add := func(name string, method uint16) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: p.at})
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{"listing.csv", p.sheet.writeCSV}, {"listing.html", p.sheet.writeHTML}} {
		to, err := add(f.name, zip.Deflate)
		if err != nil {
			return fmt.Errorf("writing a pack: %w", err)
		}
		if err := f.write(to); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	if p.file != nil {
		to, err := add(p.inner, zip.Store)
		if err != nil {
			return fmt.Errorf("writing a pack: %w", err)
		}
		if _, err := io.Copy(to, p.file); err != nil {
			return fmt.Errorf("writing the package into a pack: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("finishing a pack: %w", err)
	}
	return nil
}

// Close gives back the package's file.
func (p *Pack) Close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

// safeName is an uploaded file's name as a zip can hold it on any system: no
// folder, no control character, nothing that Windows refuses.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || strings.ContainsRune(`<>:"/|?*`, c) {
			return '-'
		}
		return c
	}, name)
	name = strings.Trim(name, ". ")
	if name == "" {
		return "package.zip"
	}
	return name
}

// size in the words of people, and whether the host takes as much.
func (s sheet) packageNotes() []string {
	if s.packageName == "" {
		return []string{"Rung holds no package of this module: it was live before Rung."}
	}
	notes := []string{fmt.Sprintf("%s, %s. SHA-256 %s.", s.packageName, files.InWords(s.packageSize), s.packageDigest)}
	for _, h := range s.programme.Hosts {
		if h.MaxPackageGB > 0 && s.packageSize > int64(h.MaxPackageGB)<<30 {
			notes = append(notes, fmt.Sprintf("This is more than the %d GB that %s takes.", h.MaxPackageGB, h.Name))
		}
	}
	notes = append(notes, "Rung has not checked of which standard and edition the package is.")
	for _, h := range s.programme.Hosts {
		if len(h.Packages) == 0 {
			continue
		}
		note := h.Name + " takes " + inWords(editionNames(h.Packages)) + "."
		if h.Note != "" {
			note += " " + h.Note
		}
		notes = append(notes, note)
	}
	return notes
}

// editionNames puts the keys of package editions into words: "SCORM 1.2",
// "SCORM 2004 4th edition".
func editionNames(keys []string) []string {
	names := make([]string, len(keys))
	for i, key := range keys {
		name := strings.ToUpper(strings.ReplaceAll(key, "_", " "))
		if edition, ok := strings.CutPrefix(key, "scorm_2004_"); ok {
			name = "SCORM 2004 " + edition + ordinals[edition] + " edition"
		} else if version, ok := strings.CutPrefix(key, "scorm_"); ok {
			name = "SCORM " + strings.ReplaceAll(version, "_", ".")
		}
		names[i] = name
	}
	return names
}

var ordinals = map[string]string{"2": "nd", "3": "rd", "4": "th"}

// inWords joins names: "A, B and C".
func inWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(slices.Clone(names[:last]), ", ") + " and " + names[last]
}

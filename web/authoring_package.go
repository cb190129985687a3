package web

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/web/edge"
)

type packageForm struct {
	Form
	Path, Proposal string
	Limit          string
	Before         beforeSending
	Version        int
	Package        *authoring.Package
	Size           string
	Launcher       *launcher // of the package, where it can be previewed
	Checked        bool
	Check          *checkData // nil without a package
}

// beforeSending is what the page's script asks of a file before it sends it, and
// what it says where the answer is no: the sentences of the refusals that
// would follow. See upload in rung.js.
type beforeSending struct {
	Limit                    int64  // bytes
	Begins, Holds            string // hexadecimal, apart by spaces; see files.Signatures
	TooLarge, Wrong, Nothing string
}

// Failed is as in questionsPage.
func (p packageForm) Failed() bool { return !p.Checked && p.Form.Failed() }

var packageView = newView("authoring/package.html",
	packageForm{Path: "/proposals/42", Proposal: "Leading a Handover", Limit: "2 GB", Before: before(2 << 30), Version: 3, Size: "3 MB",
		Package: &authoring.Package{Name: "handover.zip", Digest: "ab12"}, Check: &exampleChecks[0], Launcher: &exampleLauncher},
	packageForm{Path: "/proposals/42", Proposal: "Leading a Handover", Package: &authoring.Package{Name: "handover.zip"}, Check: &exampleChecks[1]},
	packageForm{Path: "/proposals/42", Proposal: "Leading a Handover", Form: Form{Problems: []Problem{{"package", "Choose a file."}}}})

func (s *Server) packagePage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	p := packageForm{Checked: r.URL.Query().Get("check") != ""}
	if p.Checked {
		for _, reason := range ready.Reasons {
			// What the check has against it stands below, in full.
			if authoring.SectionOf(reason.Field) == authoring.SectionPackage && !ofCheck(reason) {
				p.Problems = append(p.Problems, Problem{reason.Field, reason.Text})
			}
		}
	}
	return s.writePackage(w, r, who, ready, p)
}

func (s *Server) writePackage(w http.ResponseWriter, r *http.Request, who accounts.Person, ready authoring.Readiness, p packageForm) error {
	d := ready.Draft
	p.Path, p.Proposal, p.Version = proposalPath(d.Proposal), titleOfDraft(d), d.Version
	p.Limit, p.Package = files.InWords(s.Authoring.PackageLimit()), d.Package
	p.Before = before(s.Authoring.PackageLimit())
	if d.Package != nil {
		p.Size = files.InWords(d.Package.Size)
		check := checkOf(packagePath(d.Proposal, 0), *ready.Package, true)
		p.Check = &check
		p.Launcher = s.offerPreview(r.Context(), w, who, d.Proposal, 0)
	}
	return packageView.write(s, w, r, p)
}

func before(limit int64) beforeSending {
	b := beforeSending{Limit: limit, TooLarge: sentences(files.TooLarge(limit))}
	begins, holds := files.Signatures()
	b.Begins, b.Holds = strings.Join(begins, " "), strings.Join(holds, " ")
	_, err := files.Sniff([]byte("no such file"))
	b.Wrong = sentences(err)
	_, err = files.Sniff(nil)
	b.Nothing = sentences(err)
	return b
}

// sentences are all that a refusal says.
func sentences(err error) string {
	f := edge.FaultOf(err)
	return strings.Join(append([]string{f.Text}, texts(f.Reasons)...), " ")
}

// uploadPackage takes the form as it comes, so that the file goes to where it
// stays and nowhere else on the way.
func (s *Server) uploadPackage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	p, err := s.receive(w, r, who, id)
	if err == nil {
		return s.done(w, r, sectionPath(id, authoring.SectionPackage), "The package "+p.Name+" is uploaded.")
	}
	f := edge.FaultOf(err)
	if f == nil || wantsJSON(r) {
		return err
	}
	var form Form
	switch {
	case f.Kind == fault.TooLarge, f.Kind == fault.Unsupported:
		for _, reason := range f.Reasons {
			form.Add("package", reason.Text)
		}
		form.code = edge.Status(f.Kind)
	case !form.Takes(err):
		return err
	}
	ready, err := s.editing(r, who)
	if err != nil {
		return err
	}
	return s.writePackage(w, r, who, ready, packageForm{Form: form})
}

// formRoom is what a form adds around its file.
const formRoom = 64 << 10 // bytes

func (s *Server) receive(w http.ResponseWriter, r *http.Request, who accounts.Person, id int64) (authoring.Package, error) {
	limit := s.Authoring.PackageLimit()
	if r.ContentLength > limit+formRoom {
		return authoring.Package{}, files.TooLarge(limit) // before it is sent in vain
	}
	r.Body = edge.Patient(w, r.Body)
	form, err := r.MultipartReader()
	if err != nil {
		return authoring.Package{}, edge.Broken(err)
	}
	version := 0
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return authoring.Package{}, noFile
		}
		if err != nil {
			return authoring.Package{}, edge.Broken(err)
		}
		switch part.FormName() {
		case "version":
			b, err := io.ReadAll(io.LimitReader(part, 20))
			if err != nil {
				return authoring.Package{}, edge.Broken(err)
			}
			version, _ = strconv.Atoi(string(b))
		case "package":
			if part.FileName() == "" {
				return authoring.Package{}, noFile
			}
			p, _, err := s.Authoring.AttachPackage(r.Context(), actor(who), id, version, part.FileName(), edge.Whole(part))
			return p, edge.IfCut(err)
		}
	}
}

var noFile = fault.New(fault.Invalid, "There is something to put right.",
	fault.Reason{Code: "missing", Field: "package", Text: "Choose the file to upload."})

func (s *Server) removePackage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	var in struct {
		Version int `form:"version"`
	}
	if _, err := decode(r, &in); err != nil {
		return err
	}
	if err := s.Authoring.RemovePackage(r.Context(), actor(who), id, in.Version); err != nil {
		return leadTo(err, "Go back to the package", sectionPath(id, authoring.SectionPackage))
	}
	return s.done(w, r, sectionPath(id, authoring.SectionPackage), "The package is removed from the draft.")
}

func (s *Server) draftPackage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	return s.sendPackage(w, r, who, 0)
}

func (s *Server) revisionPackage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	number, err := pathNumber(r, "number")
	if err != nil {
		return err
	}
	return s.sendPackage(w, r, who, number)
}

// sendPackage sends a package to be saved, never to be shown: what is in it runs
// nowhere near the site. Whoever asks is asked after each time, for parts of it
// too.
func (s *Server) sendPackage(w http.ResponseWriter, r *http.Request, who accounts.Person, revision int) error {
	id, err := pathID(r, "proposal")
	if err != nil {
		return err
	}
	f, p, err := s.Authoring.OpenPackage(r.Context(), actor(who), id, revision)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+p.Digest+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

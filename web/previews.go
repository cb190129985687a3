package web

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/preview"
	"github.com/leadership-ladder/rung/workflow"
)

// The page on which a package is looked at as learners would see it.
var _ = register(area{name: "preview", routes: func(s *Server, rt *routes) {
	rt.get("/proposals/{proposal}/preview", signedIn(s.previewPage))
}})

// zipType is what a package has to be to be launched.
const zipType = "application/zip"

// launcher is what a page needs to show a preview in a frame.
type launcher struct {
	Src     string // at the previews' own host, for this reader and for a while
	Origin  string // whose messages count
	Sandbox string
	Title   string // of the frame
	Page    string // the page that has the frame alone
	Open    bool   // the frame opens with the page, without being asked for
}

type previewData struct {
	Launcher *launcher
	Title    string
	What     string // "revision 2", "the draft"
	Back     link
	None     string // why there is no preview of this file
	Download string
}

var exampleLauncher = launcher{Src: "http://preview.example.org/p/abc/", Origin: "http://preview.example.org", Sandbox: "allow-scripts",
	Title: "Preview of handover.zip", Page: "/proposals/42/preview?revision=2"}

var previewView = newView("preview/preview.html",
	previewData{Launcher: &exampleLauncher, Title: "Leading a Handover", What: "revision 2", Back: link{"the proposal", "/proposals/42"}, Download: "/proposals/42/revisions/2/package"},
	previewData{Title: "Leading a Handover", What: "the draft", Back: link{"the package", "/proposals/42/edit/package"}, None: "A PDF is not launched.", Download: "/proposals/42/package"})

// newLauncher makes a link to a preview of a revision's package (0: the
// draft's) for somebody who may see it, and allows this page to frame it. nil
// where this server has no previews, or the package is nothing to launch.
func (s *Server) newLauncher(ctx context.Context, w http.ResponseWriter, who accounts.Person, proposal int64, revision int) (*launcher, error) {
	if s.Preview == nil {
		return nil, nil
	}
	f, p, err := s.Authoring.OpenPackage(ctx, actor(who), proposal, revision)
	if err != nil {
		return nil, err
	}
	f.Close()
	if p.Type != zipType {
		return nil, nil
	}
	w.Header().Set("Content-Security-Policy", contentPolicy+"; frame-src "+s.Preview.Origin())
	// Courses open windows, and these look for their host through their opener:
	// under the pages' usual policy they would have none.
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
	page := proposalPath(proposal) + "/preview"
	if revision > 0 {
		page += "?revision=" + strconv.Itoa(revision)
	}
	return &launcher{Src: s.Preview.Link(preview.Look{Digest: p.Digest, Proposal: proposal, Revision: revision, Person: who.ID}), Origin: s.Preview.Origin(), Sandbox: preview.Sandbox(),
		Title: "Preview of " + p.Name, Page: page}, nil
}

// offerPreview is newLauncher for a page that is about something else, and goes
// on without a preview where none can be made.
func (s *Server) offerPreview(ctx context.Context, w http.ResponseWriter, who accounts.Person, proposal int64, revision int) *launcher {
	l, err := s.newLauncher(ctx, w, who, proposal, revision)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		s.Log.WarnContext(ctx, "no preview can be offered", slog.Int64("proposal", proposal), slog.Any("error", err))
	}
	return l
}

func (s *Server) previewPage(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
	if s.Preview == nil {
		return fault.New(fault.NotFound, "This site shows no previews of packages. Download the package, and look at it in your own LMS.")
	}
	c, err := s.caseOf(r, who)
	if err != nil {
		return err
	}
	revision := 0
	if asked := r.URL.Query().Get("revision"); asked != "" {
		if revision, err = strconv.Atoi(asked); err != nil || revision < 1 {
			return leadTo(fault.New(fault.NotFound, "There is no such revision."), "Go to the proposal", proposalPath(c.ID))
		}
	}
	p := previewData{Title: titleOf(c), What: "the draft", Back: link{"the proposal", proposalPath(c.ID)}, Download: proposalPath(c.ID) + "/package"}
	if revision > 0 {
		p.What = "revision " + strconv.Itoa(revision)
		p.Download = proposalPath(c.ID) + "/revisions/" + strconv.Itoa(revision) + "/package"
	}
	if p.Launcher, err = s.newLauncher(r.Context(), w, who, c.ID, revision); err != nil {
		return leadTo(err, "Go to the proposal", proposalPath(c.ID))
	}
	if p.Launcher == nil {
		p.None = "This file is not a package that an LMS launches. Download it to look at it."
	} else {
		p.Launcher.Open = true
	}
	return previewView.write(s, w, r, p)
}

// mayPreview refuses a look that a link was made for, where the page with that
// link would now be refused, or show another package.
func (s *Server) mayPreview(ctx context.Context, look preview.Look) error {
	f, p, err := s.Authoring.OpenPackage(ctx, workflow.Actor{Person: look.Person}, look.Proposal, look.Revision)
	if err != nil {
		return err
	}
	f.Close()
	if p.Digest != look.Digest {
		return fault.New(fault.NotFound, "There is another package now.")
	}
	return nil
}

// atPreview tells whether a request is for the previews' own host.
func (s *Server) atPreview(r *http.Request) bool { return s.Preview != nil && s.Preview.Takes(r) }

// apart sends requests for the previews' host to what answers there, before
// anything that knows of sessions, and all others onwards.
func (s *Server) apart(next http.Handler) http.Handler {
	if s.Preview == nil {
		return next
	}
	s.Preview.Assets, s.Preview.May = assetSet(), s.mayPreview
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz" // a load balancer may ask by any name
		if s.atPreview(r) && !probe {
			s.Preview.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// previewFile tells whether a request is for a file that a preview loads: of
// those only failures are worth a record.
func (s *Server) previewFile(r *http.Request) bool {
	return s.atPreview(r) && (strings.Contains(r.URL.Path, "/files/") || strings.HasSuffix(r.URL.Path, "/reported"))
}

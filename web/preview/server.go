package preview

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/web/edge"
)

// Server answers at the previews' own host. Set the fields before the first
// request; after that they must not change.
type Server struct {
	URL     *url.URL // of previews: another host name than BaseURL's
	BaseURL *url.URL // of Rung, whose pages hold the frame
	Secret  []byte   // links are sealed with a key derived from it
	Files   *files.Store
	DB      *sqlx.DB
	Now     func() time.Time
	Log     *slog.Logger
	// Assets serves the shell's scripts, below /assets/preview/.
	Assets Assets

	// May tells, by a fault, that what was to be seen when a link was made no
	// longer is: the person lost a role, the draft has another package.
	May func(context.Context, Look) error

	once    sync.Once
	shelf   *shelf
	opening turns // packages
	passing turns // over packed bytes
	storing turns // and reading what was stored
	allowed allowances
}

// Assets are files with addresses that change with what is in them.
type Assets interface {
	http.Handler
	URL(name string) string
}

// Link is the address of a preview for the person who may see it, until it ends
// or they may no longer. The caller has decided that they may.
func (s *Server) Link(look Look) string {
	return s.URL.String() + root + s.token(s.newTicket(look)) + "/"
}

// Origin is what messages of a preview come from.
func (s *Server) Origin() string { return s.URL.String() }

// Takes tells whether a request is one for the previews' host. The port is left
// out: a proxy may stand before it, and the names differ without it.
func (s *Server) Takes(r *http.Request) bool {
	return strings.EqualFold(hostName(r.Host), hostName(s.URL.Host))
}

func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}

const (
	root = "/p/"
	// endedPage is where a cmi5 unit goes when it is done.
	endedPage = "ended"
)

// Shown is a path as a log may hold it: without the token, which opens the
// preview to whoever has it, also where somebody wrote the rest of it wrongly.
func Shown(path string) string {
	before, rest, ok := strings.Cut(path, root)
	if !ok {
		return path
	}
	_, below, _ := strings.Cut(rest, "/")
	return before + root + "…/" + below
}

// ServeHTTP answers one request at the previews' host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(func() { s.shelf = &shelf{files: s.Files} })
	edge.Recover(s.broken)(http.HandlerFunc(s.serve)).ServeHTTP(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.headers(w.Header())
	switch {
	case r.Header.Get("Service-Worker") != "":
		// It would stay in the browser when the preview is long over, and answer
		// for every other package.
		s.say(w, r, http.StatusForbidden, "A preview installs no service worker", "Learners’ hosts mostly don’t either. The rest of the package works without it.")
	case strings.HasPrefix(r.URL.Path, "/assets/preview/"):
		edge.Limited(s.Assets.ServeHTTP)(w, r)
	case strings.HasPrefix(r.URL.Path, root):
		s.below(w, r)
	case r.URL.Path == "/" && r.Method == http.MethodGet:
		http.Redirect(w, r, s.BaseURL.String()+"/", http.StatusFound)
	default:
		s.notFound(w, r)
	}
}

// headers are those of every answer here.
func (s *Server) headers(h http.Header) {
	h.Set("Content-Security-Policy", s.contentPolicy())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=(), hid=(), bluetooth=(), midi=(), display-capture=(), publickey-credentials-get=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "private, no-store")
	if s.URL.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// sandbox is what content may do in its frame: it has its own origin, or it
// would not find its host, and never the reviewer's window. Windows that it
// opens are free, or pages elsewhere and PDFs would not show; files of packages
// bring this sandbox along as a header.
const sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-modals allow-downloads"

// Sandbox is the attribute of the frame that holds a shell.
func Sandbox() string { return sandbox }

// contentPolicy is that of packages. Their scripts are what authoring tools
// write: inline, and evaluated. See the package's comment for what may come and
// go.
func (s *Server) contentPolicy() string {
	return "default-src 'self' https: data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src 'self' data: blob:; worker-src 'self' blob:; " +
		"form-action 'self'; base-uri 'self'; object-src 'self' data: blob:; frame-ancestors 'self' " + s.BaseURL.String()
}

// shellPolicy is that of our own pages here.
func (s *Server) shellPolicy() string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self' https:; " +
		"form-action 'none'; base-uri 'none'; frame-ancestors 'self' " + s.BaseURL.String() // our pages also stand in the content's frame
}

// below answers for what lies under a sealed prefix.
func (s *Server) below(w http.ResponseWriter, r *http.Request) {
	token, rest, found := strings.Cut(strings.TrimPrefix(r.URL.Path, root), "/")
	t, err := s.read(token)
	switch {
	case errors.Is(err, errEnded):
		s.say(w, r, http.StatusGone, "This preview has ended", "Load the page that it was opened from again, and the preview starts anew.")
		return
	case err != nil:
		s.notFound(w, r)
		return
	case !found:
		http.Redirect(w, r, root+token+"/", http.StatusFound)
		return
	}
	if err := s.stillAllowed(r.Context(), t); err != nil {
		s.ended(w, r, err)
		return
	}
	switch name, path, _ := strings.Cut(rest, "/"); name {
	case "":
		s.readPage(w, r, func(w http.ResponseWriter, r *http.Request) { s.shell(w, r, t) })
	case "files":
		s.readLong(w, r, func(w http.ResponseWriter, r *http.Request) { s.content(w, r, t, path, rawBelow(r)) })
	case endedPage:
		s.readPage(w, r, func(w http.ResponseWriter, r *http.Request) {
			s.say(w, r, http.StatusOK, "The unit has ended", "Start it again, or choose another, with the buttons above.")
		})
	case "fetch":
		edge.Limited(s.inTurn(t, func(w http.ResponseWriter, r *http.Request) { s.fetchToken(w, r, t, path) }))(w, r)
	case "reported":
		s.readPage(w, r, s.inTurn(t, func(w http.ResponseWriter, r *http.Request) { s.reported(w, r, t) }))
	case "xapi":
		edge.Limited(s.inTurn(t, func(w http.ResponseWriter, r *http.Request) { s.record(w, r, t, path) }))(w, r)
	default:
		s.notFound(w, r)
	}
}

// inTurn has requests for what a course stored wait for others of the same
// person's: each may hold all that a preview stored.
func (s *Server) inTurn(t ticket, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		giveBack, err := s.storing.take(r.Context(), t.Person)
		if err != nil {
			http.Error(w, "the preview is busy with other requests", http.StatusServiceUnavailable)
			return
		}
		defer giveBack()
		h(w, r)
	}
}

// broken answers for what is our own mistake, in words of this host.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, err error) {
	edge.LogRefusal(r, edge.Explain(r, err), err)
	s.say(w, r, http.StatusInternalServerError, "There is a problem with this preview", "It is our fault, not yours. Try again in a few minutes.")
}

// ended answers for a link that was ours and works no longer, or of which that
// can't be told now.
func (s *Server) ended(w http.ResponseWriter, r *http.Request, err error) {
	if fault.KindOf(err) == "" {
		s.Log.ErrorContext(r.Context(), "whether a preview may still be seen could not be told", slog.Any("error", err))
		s.say(w, r, http.StatusServiceUnavailable, "There is a problem with this preview", "It is our fault, not yours. Try again in a few minutes.")
		return
	}
	s.say(w, r, http.StatusGone, "This preview has ended", "The package is not the one that was there when it began, or no longer yours to see. Open it from the module’s page.")
}

// rawBelow is the part of a path below files/ as it was sent, not decoded.
func rawBelow(r *http.Request) string {
	_, raw, _ := strings.Cut(r.URL.EscapedPath(), "/files/")
	return raw
}

// readPage answers GET and HEAD in the time of an ordinary page.
func (s *Server) readPage(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	if s.onlyRead(w, r) {
		edge.Limited(h)(w, r)
	}
}

// readLong answers GET and HEAD for as long as somebody reads.
func (s *Server) readLong(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	if s.onlyRead(w, r) {
		edge.Unhurried(h)(w, r)
	}
}

func (s *Server) onlyRead(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	s.say(w, r, http.StatusMethodNotAllowed, "A preview only shows files", "What a course sends to a server of its own goes nowhere here.")
	return false
}

//go:embed templates
var templateFiles embed.FS

var pages = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.say(w, r, http.StatusNotFound, "There is no such preview", "This address only shows previews of modules, each for a while. Open it from the module’s page.")
}

// say answers in words, on a page of ours.
func (s *Server) say(w http.ResponseWriter, r *http.Request, status int, heading, text string) {
	h := w.Header()
	h.Del("ETag")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", s.shellPolicy())
	s.write(w, r, status, "said.html", struct{ Heading, Text, Style, Rung string }{
		heading, text, s.Assets.URL("preview/shell.css"), s.BaseURL.String() + "/"})
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		s.Log.ErrorContext(r.Context(), "a page of the preview failed", slog.Any("error", err))
		http.Error(w, "Sorry, there is a problem with this service.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(b.String()))
	}
}

type shellPage struct {
	Course  string // JSON, for the script
	Parent  string // the origin that may know what the course reports
	Units   []unit
	Title   string
	Note    string
	Scripts []string
	Style   string
}

// shell is the page around the content. Opening it clears what another preview
// left in the browser.
func (s *Server) shell(w http.ResponseWriter, r *http.Request, t ticket) {
	o, done, err := s.open(r.Context(), t)
	if err != nil {
		s.unopened(w, r, err)
		return
	}
	defer done()
	b, err := json.Marshal(o.course)
	if err != nil {
		s.unopened(w, r, err)
		return
	}
	p := shellPage{Course: string(b), Parent: s.BaseURL.String(), Units: o.course.Units, Title: o.course.Title, Note: o.course.Note,
		Style: s.Assets.URL("preview/shell.css")}
	switch o.course.Kind {
	case packagecheck.SCORM12:
		p.Scripts = []string{s.Assets.URL("preview/scorm12.js")}
	case packagecheck.SCORM2004:
		p.Scripts = []string{s.Assets.URL("preview/scorm2004.js")}
	}
	p.Scripts = append(p.Scripts, s.Assets.URL("preview/report.js"), s.Assets.URL("preview/scorm.js"), s.Assets.URL("preview/xapi.js"), s.Assets.URL("preview/shell.js"))
	w.Header().Set("Content-Security-Policy", s.shellPolicy())
	w.Header().Set("Clear-Site-Data", `"storage"`)
	s.write(w, r, http.StatusOK, "shell.html", p)
}

// open gives the package that a ticket is for; the caller calls done when it has
// read. To open one that isn't on the shelf, all of its manifest has to be read.
func (s *Server) open(ctx context.Context, t ticket) (o *opened, done func(), err error) {
	giveBack, err := s.opening.take(ctx, t.Person)
	if err != nil {
		return nil, nil, err
	}
	defer giveBack()
	return s.shelf.open(t.Digest)
}

// unopened says that the package as a whole can't be previewed.
func (s *Server) unopened(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // nobody reads it
	}
	s.Log.WarnContext(r.Context(), "a package could not be opened for a preview", slog.Any("error", err))
	s.say(w, r, http.StatusBadGateway, "This package can’t be previewed", "It can’t be opened as a zip file. The package check says what is wrong with it; the file itself can be downloaded.")
}

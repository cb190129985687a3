package packagecheck

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

var (
	browserNoInitialize = define(Rule{ID: "browser-no-initialize", Area: Browser, Severity: Advice, Criterion: "talks_to_lms",
		Title:  "A unit did not call its host when it was opened",
		Why:    "Most courses tell their host that they have begun as soon as they are open. One that waits for a click does so too, only later.",
		Fix:    "Open the unit on the host, and see whether it counts as begun. If it never does, export it with tracking switched on.",
		Source: "SCORM 1.2 RTE, “LMSInitialize”; SCORM 2004 RTE, “Initialize”; cmi5, “Initialized”"})
	browserNoTerminate = define(Rule{ID: "browser-no-terminate", Area: Browser, Severity: Warning, Criterion: "talks_to_lms",
		Title:  "A unit did not tell its host that it was closed",
		Why:    "A learner who closes the window early may lose their progress, or be shown as still in the unit.",
		Fix:    "Have the unit end its session when its page is left (pagehide or unload), not only on its own exit button.",
		Source: "SCORM 1.2 RTE, “LMSFinish”; SCORM 2004 RTE, “Terminate”; cmi5, “Terminated”"})
	browserMisuse = define(Rule{ID: "browser-misuse", Area: Browser, Severity: Advice, Criterion: "talks_to_lms",
		Title:  "A call to the host gets an error",
		Why:    "By its standard a host refuses this call. Some hosts are lenient, others lose what the unit wanted to save.",
		Fix:    "If scores and completion arrive on the host, leave it. Otherwise tell the maker of the authoring tool about this call.",
		Source: "SCORM 1.2 RTE, “API Error Codes”; SCORM 2004 RTE, “API Implementation Error Codes”; xAPI, Communication"})
	browserScriptError = define(Rule{ID: "browser-script-error", Area: Browser, Severity: Warning,
		Title:  "A script of an opened page fails",
		Why:    "What the script should have done does not happen. That may be anything from a missing effect to a page that can’t be used.",
		Fix:    "Open the page, look whether everything on it works, and export the package again if something does not.",
		Source: "Web page, as a browser opened it"})
	browserMissingFile = define(Rule{ID: "browser-missing-file", Area: Browser, Severity: Warning, Criterion: "manifest_resolves",
		Title:  "An opened page asks for a file that is not in the package",
		Why:    "On the host the file is missing too: a picture, a style or a script stays away.",
		Fix:    "Add the file to the package under exactly this name, or remove what asks for it.",
		Source: "Web page, as a browser opened it"})
	browserOutside = define(Rule{ID: "browser-outside-request", Area: Browser, Severity: Advice, Criterion: "outside_links_safe",
		Title:  "An opened page asks for something outside of the package",
		Why:    "The page depends on another site, which may be blocked on NHS computers, may go away, and learns who opens the page.",
		Fix:    "Put the file into the package, or tell the reviewers why it has to be fetched from there.",
		Source: "Web page, as a browser opened it"})
	browserStuck = define(Rule{ID: "browser-stuck", Area: Browser, Severity: Warning,
		Title:  "A unit stopped answering when it was opened",
		Why:    "Its scripts ran on without an end, or its page crashed, so it had to be closed. On a learner’s machine it may freeze in the same way.",
		Fix:    "Open the unit in a browser. If it freezes there too, export it again, or mend the script that never ends.",
		Source: "Web page, as a browser opened it"})
	browserAxe = define(Rule{ID: "browser-axe", Area: Browser, Severity: Warning, Criterion: "static_accessibility",
		Title:  "An opened page has an accessibility fault",
		Why:    "Some learners can’t see, hear or use this part of the page, or not with the help that they use.",
		Fix:    "Mend the element in the authoring tool. Deque’s site explains each rule of axe under its name.",
		Source: "WCAG 2.2, as axe-core tests it"})
)

// launch has the units looked at in a browser, where there is one.
func (c *checker) launch() error {
	run := &c.report.Browser
	if c.opts.Browser == nil {
		if c.opts.NoBrowser != "" {
			run.Note = sentence(c.opts.NoBrowser)
		}
		return nil
	}
	l, units := c.launchable()
	if len(units) == 0 {
		run.Note = "There is nothing in this package that a browser could open."
		return nil
	}
	if c.opts.Hurry && c.report.verdict() == Fail {
		run.Note = "The package has errors; a browser opens it when they are mended."
		return nil
	}
	const doing = "Opening the units in a browser"
	l.Progress = func(done int) { c.progress(doing, int64(done), int64(len(units))) }
	l.Progress(0)
	look, err := c.opts.Browser.Launch(c.ctx, l)
	switch {
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case err != nil:
		run.Note = sentence(err.Error())
		return nil
	}
	run.Ran, run.Units, run.Note = len(look.Seen) > 0, len(look.Seen), look.Note
	if c.report.Kind == AICC {
		run.Note = strings.TrimSpace(run.Note + " AICC’s own way to speak with a host, HACP, was not played: only its script interface was there.")
	}
	f := findings{checker: c, had: map[string]bool{}}
	for _, s := range look.Seen {
		if s.Unit >= 0 && s.Unit < len(units) {
			f.seen(s, units[s.Unit])
		}
	}
	return nil
}

// launchable are the units that lie in the package, once for each reference.
func (c *checker) launchable() (Launch, []*unit) {
	l := Launch{Kind: c.report.Kind, Edition: c.report.Edition, Open: c.openFile}
	switch l.Kind {
	case SCORM12, SCORM2004, CMI5, XAPI, AICC, Site:
	default:
		return l, nil
	}
	var units []*unit
	have := map[string]bool{}
	for _, u := range c.units {
		if u.file == "" || c.arc == nil || c.arc.Find(u.file) == nil {
			continue
		}
		launched := u.Unit
		launched.Launch = (&url.URL{Path: u.file}).EscapedPath()
		if at := strings.IndexAny(u.Launch, "?#"); at >= 0 {
			launched.Launch += u.Launch[at:]
		}
		if have[launched.Launch] {
			continue
		}
		have[launched.Launch] = true
		l.Units = append(l.Units, launched)
		units = append(units, u)
	}
	return l, units
}

// openFile gives a file to the browser. One that is broken is told elsewhere;
// here it breaks off.
func (c *checker) openFile(ctx context.Context, path string) (io.ReadCloser, bool) {
	e := c.arc.Find(path)
	if e == nil {
		return nil, false
	}
	r, err := e.Reader(ctx)
	return r, err == nil
}

// findings turns what a browser saw into findings, each once: units share their
// pages and scripts.
type findings struct {
	*checker
	had map[string]bool
}

func (f findings) once(r *Rule, source string, at place, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	key := r.ID + "\n" + at.path + "\n" + message
	if !f.had[key] {
		f.had[key] = true
		f.addFrom(r, source, at, "%s", message)
	}
}

func (f findings) seen(s Seen, u *unit) {
	for _, v := range s.Axe {
		elements := "at " + v.Target
		if v.Count > 1 {
			elements = fmt.Sprintf("on %d elements, first at %s", v.Count, v.Target)
		}
		f.once(browserAxe, v.Source, in(v.Path), "%s (axe: %s), %s. %s", v.Help, v.Rule, archive.Shown(elements), sentence(archive.Shown(v.Problem)))
	}
	alone := ""
	if len(s.Outside) > 0 {
		alone = " The page was opened without a network, which may be why."
	}
	for _, list := range []struct {
		rule   *Rule
		said   []Said
		format string
	}{
		{browserMisuse, s.Misuse, "A call to the host is wrong: %s."},
		{browserScriptError, s.Errors, "A script failed: %s." + alone},
		{browserMissingFile, s.Missing, "The page asks for %s, which is not in the package."},
		{browserOutside, s.Outside, "The page asks for %s."},
	} {
		for _, x := range list.said {
			f.once(list.rule, list.rule.Source, in(x.Path), list.format, strings.TrimRight(archive.Shown(x.Text), "."))
		}
	}
	f.session(s, u)
}

// session judges how a unit began and ended.
func (f findings) session(s Seen, u *unit) {
	name := archive.Shown(u.Launch)
	speaks := slices.Contains([]string{"sco", "au", "activity"}, u.Type)
	switch {
	case s.Stuck:
		f.once(browserStuck, browserStuck.Source, in(u.file), "%s stopped answering after it was opened.", name)
	case !s.Initialized && speaks && u.Tracked:
		f.once(browserNoInitialize, browserNoInitialize.Source, in(u.file), "%s did not call its host by itself after it was opened; it may wait for a click.", name)
	case s.Initialized && !s.Terminated && f.report.Kind != XAPI:
		f.once(browserNoTerminate, browserNoTerminate.Source, in(u.file), "%s began a session with its host, and did not end it when its page was left.", name)
	}
}

// sentence is a text with a capital at its beginning and a full stop at its end.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first := []rune(s)[:1]
	s = strings.ToUpper(string(first)) + s[len(string(first)):]
	return strings.TrimRight(s, ".") + "."
}

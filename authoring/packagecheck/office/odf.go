package office

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

// odfType is how the types of OpenDocument begin.
const odfType = "application/vnd.oasis.opendocument."

var odfEditions = map[string]string{
	"text": "odt", "text-template": "ott", "presentation": "odp", "presentation-template": "otp",
	"spreadsheet": "ods", "spreadsheet-template": "ots", "graphics": "odg", "text-master": "odm",
}

// OpenDocumentType gives the edition that an archive says it is, empty for none
// of OpenDocument (part 2, 3.3: the file “mimetype”).
func OpenDocumentType(ctx context.Context, arc *archive.Archive) (edition string, err error) {
	e := arc.Find("mimetype")
	if e == nil || e.Size > 200 {
		return "", nil
	}
	data, _, err := e.ReadAll(ctx, 200)
	if err != nil {
		return "", err
	}
	kind, ok := strings.CutPrefix(strings.TrimSpace(string(data)), odfType)
	if !ok {
		return "", nil
	}
	if known := odfEditions[kind]; known != "" {
		return known, nil
	}
	return "OpenDocument", nil
}

// ReadOpenDocument reads a document of the OpenDocument formats.
func ReadOpenDocument(ctx context.Context, arc *archive.Archive, edition string, budget *int64) (*Facts, error) {
	f := &Facts{Edition: edition, Main: "content.xml", Paged: strings.HasPrefix(edition, "od") && edition != "ods" && edition != "odg"}
	p := &parts{ctx: ctx, budget: budget, facts: f}
	if e := arc.Find("META-INF/manifest.xml"); e != nil {
		if _, err := p.read(e, &manifest{f}); err != nil {
			return f, err
		}
	}
	if f.Locked {
		return f, nil
	}
	main := arc.Find(f.Main)
	switch {
	case main == nil && strings.HasPrefix(edition, "ot"): // a template of styles alone
		return f, nil
	case main == nil:
		f.Fault = fault("", "The main part “%s” is not in the document.", f.Main)
		return f, nil
	}
	for _, e := range arc.Entries {
		dir, name, _ := strings.Cut(e.Path, "/")
		switch {
		case dir == "Scripts" && name != "",
			dir == "Basic" && path.Ext(name) == ".xml" && !strings.HasSuffix(name, "script-lb.xml") && !strings.HasSuffix(name, "script-lc.xml"):
			listed(&f.Macros, e.Path)
		}
	}
	for _, name := range []string{"meta.xml", "styles.xml"} {
		if e := arc.Find(name); e != nil {
			if _, err := p.read(e, &odf{facts: f, part: name}); err != nil {
				return f, err
			}
		}
	}
	c := &odf{facts: f, part: f.Main}
	var err error
	f.Fault, err = p.read(main, c)
	return f, err
}

// manifest lists the files of an OpenDocument.
type manifest struct{ facts *Facts }

func (m *manifest) start(e element) {
	if e.Name.Local == "encryption-data" {
		m.facts.Locked = true
	}
}

func (*manifest) end(string)  {}
func (*manifest) text([]byte) {}

// odf is a part of an OpenDocument.
type odf struct {
	facts  *Facts
	part   string
	in     string
	frames []frame
	page   struct{ open, titled bool }
	title  int // depth within the frame of a slide's title
	notes  int
	depth  int
}

func (o *odf) start(e element) {
	o.depth++
	o.in = e.Name.Local
	switch e.Name.Local {
	case "frame":
		if len(o.frames) < maxNests {
			o.frames = append(o.frames, frame{decorative: yes(e.attr("decorative"))})
		}
		if e.attr("class") == "title" && o.title == 0 {
			o.title = o.depth
		}
	case "image":
		if top := o.top(); top != nil {
			top.picture = true
		}
		if to := e.attr("href"); web(to) || strings.HasPrefix(to, "file:") || strings.HasPrefix(to, "../") {
			listed(&o.facts.Taken, Target{o.part, to})
		}
	case "object", "object-ole", "plugin", "applet", "floating-frame":
		if top := o.top(); top != nil {
			top.embedded = true
		}
	case "a":
		if to := e.attr("href"); web(to) {
			listed(&o.facts.Links, Target{o.part, to})
		}
	case "page":
		o.page.open, o.page.titled = true, false
	case "notes":
		o.notes++
	case "p", "h", "span":
		o.facts.Worded = true
	case "text-properties":
		if language := e.attr("language"); o.facts.Language == "" && language != "" && language != "none" && language != "zxx" {
			o.facts.Language = language
			if country := e.attr("country"); country != "" && country != "none" {
				o.facts.Language += "-" + country
			}
		}
	}
}

func (o *odf) top() *frame {
	if len(o.frames) == 0 {
		return nil
	}
	return &o.frames[len(o.frames)-1]
}

func (o *odf) end(local string) {
	o.in = ""
	switch local {
	case "frame":
		if top := o.top(); top != nil {
			if top.picture && !top.embedded && !top.described && !top.decorative && o.notes == 0 && o.part == o.facts.Main {
				listed(&o.facts.Pictures, o.part)
			}
			o.frames = o.frames[:len(o.frames)-1]
		}
	case "notes":
		o.notes--
	case "page":
		if o.page.open && !o.page.titled && o.facts.Edition == "odp" && o.part == o.facts.Main {
			listed(&o.facts.Untitled, o.part)
		}
		o.page.open = false
	}
	if o.title == o.depth {
		o.title = 0
	}
	o.depth--
}

func (o *odf) text(s []byte) {
	if len(bytes.TrimSpace(s)) == 0 {
		return
	}
	if o.title > 0 && o.notes == 0 {
		o.page.titled = true
	}
	switch top := o.top(); {
	case (o.in == "title" || o.in == "desc") && top != nil:
		top.described = true
	case o.in == "title" && o.part == "meta.xml" && o.facts.Title == "":
		o.facts.Title = strings.TrimSpace(string(s))
	}
}

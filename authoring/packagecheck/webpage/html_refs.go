package webpage

import (
	"encoding/base64"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// maxOwnRefs is how many references a page's own elements may have, scripts and
// styles aside, and maxRef how many bytes each: what is longer is no address of
// a file.
const maxOwnRefs, maxRef = 5000, 4096

// references notes the addresses in an element's attributes.
func (p *page) references(name string, e element) {
	a := p.attrs
	p.kept = e.template || p.part
	switch name {
	case "script":
		p.ref(a.value("src"), AsScript)
		if main := a.value("data-main"); main != "" { // RequireJS begins there
			p.ref(strings.TrimSuffix(main, ".js")+".js", AsScript)
		}
		if e.foreign {
			p.svgRef(AsScript)
		}
	case "link":
		p.link()
	case "img":
		p.ref(a.value("src"), AsImage)
		p.srcset()
	case "input":
		p.ref(a.value("src"), AsImage)
		p.ref(a.value("formaction"), AsLink)
	case "button":
		p.ref(a.value("formaction"), AsLink)
	case "iframe", "frame":
		if !looksLikeAddress([]byte(short(a.value("src"), maxRef))) {
			p.t.Frames = true
		}
		if _, written := a.get("srcdoc"); !written { // which is shown in the place of src
			p.ref(a.value("src"), AsFrame)
		}
	case "video", "audio":
		p.ref(a.value("src"), AsMedia)
		p.ref(a.value("poster"), AsImage)
	case "source":
		p.ref(a.value("src"), AsMedia)
		p.srcset()
	case "track":
		p.ref(a.value("src"), AsTrack)
	case "embed":
		p.ref(a.value("src"), embeds(a.value("src"), a.value("type")))
	case "object":
		p.ref(a.value("data"), embeds(a.value("data"), a.value("type")))
	case "applet":
		p.ref(a.value("code"), AsPlugin)
		p.ref(a.value("archive"), AsPlugin)
	case "param":
		if a.is("name", "movie", "src", "filename") {
			p.ref(a.value("value"), embeds(a.value("value"), ""))
		}
	case "area":
		p.ref(a.value("href"), AsLink)
	case "a":
		p.svgRef(AsLink)
	case "form":
		p.ref(a.value("action"), AsLink)
	case "body", "table", "tr", "td", "th":
		p.ref(a.value("background"), AsImage)
	case "image", "feimage", "use", "pattern", "lineargradient", "radialgradient", "textpath", "mpath":
		if e.foreign {
			p.svgRef(AsImage)
		}
	case "meta":
		if a.is("http-equiv", "refresh") {
			_, url, _ := refresh(a.value("content"))
			p.ref(url, AsFrame)
		}
	}
	if style := a.value("style"); strings.Contains(style, "(") && !placeholder(style) {
		p.inside(func(t *Text) { scanStyle([]byte(style), p.pos(), t) })
	}
}

// svgRef notes href, and xlink:href, which links of drawings have had.
func (p *page) svgRef(how How) {
	if v, ok := p.attrs.get("href"); ok {
		p.ref(v, how)
		return
	}
	p.ref(p.attrs.value("xlink:href"), how)
}

func (p *page) link() {
	href := p.attrs.value("href")
	kinds := strings.Fields(strings.ToLower(short(p.attrs.value("rel"), 200)))
	how := AsLink
	for _, k := range kinds {
		switch k {
		case "stylesheet":
			how = AsStyle
		case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon", "image_src":
			how = AsImage
		case "modulepreload":
			how = AsScript
		case "preload", "prefetch":
			how = preloads(p.attrs.value("as"))
		}
	}
	p.ref(href, how)
}

func preloads(as string) How {
	switch strings.ToLower(as) {
	case "script", "worker":
		return AsScript
	case "style":
		return AsStyle
	case "image", "font":
		return AsImage
	case "audio", "video":
		return AsMedia
	case "track":
		return AsTrack
	case "document", "iframe":
		return AsFrame
	}
	return AsLink
}

// embeds tells what <object> and <embed> show: most ask for a plug-in.
func embeds(url, mime string) How {
	file, _, _ := strings.Cut(short(url, maxRef), "?")
	file, _, _ = strings.Cut(file, "#")
	mime = strings.ToLower(mime)
	switch ext := strings.ToLower(path.Ext(file)); {
	case strings.HasPrefix(mime, "text/html"), mime == "application/xhtml+xml", ext == ".html", ext == ".htm", ext == ".xhtml":
		return AsFrame
	case strings.HasPrefix(mime, "image/"), ext == ".svg", ext == ".png", ext == ".jpg", ext == ".jpeg", ext == ".gif", ext == ".webp":
		return AsImage
	case strings.HasPrefix(mime, "video/"), strings.HasPrefix(mime, "audio/"), ext == ".mp4", ext == ".mp3", ext == ".webm":
		return AsMedia
	}
	return AsPlugin
}

// srcset notes the addresses of a list of images (HTML, 4.8.4.2.1).
func (p *page) srcset() {
	rest, ok := p.attrs.get("srcset")
	if !ok || placeholder(rest) {
		return
	}
	for rest != "" {
		rest = strings.TrimLeft(rest, " \t\r\n\f,")
		end := strings.IndexAny(rest, " \t\r\n\f")
		if end < 0 {
			end = len(rest)
		}
		url := rest[:end]
		rest = rest[end:]
		if bare := strings.TrimRight(url, ","); bare != url {
			url = bare
		} else if _, after, found := strings.Cut(rest, ","); found {
			rest = after
		} else {
			rest = ""
		}
		p.ref(url, AsImage)
	}
}

// refresh reads a meta refresh: seconds, and the address where it has one.
func refresh(content string) (seconds int, url string, ok bool) {
	content = strings.TrimSpace(content)
	n := 0
	for n < len(content) && content[n] >= '0' && content[n] <= '9' {
		n++
	}
	if n > 0 {
		seconds, _ = strconv.Atoi(content[:min(n, 9)])
	} else if !strings.HasPrefix(content, ".") {
		return 0, "", false
	}
	rest := strings.TrimLeft(content[n:], "0123456789.")
	rest = strings.TrimLeft(rest, " \t\r\n\f;,")
	if len(rest) >= 3 && strings.EqualFold(rest[:3], "url") {
		if after := strings.TrimLeft(rest[3:], " \t\r\n\f"); strings.HasPrefix(after, "=") {
			rest = strings.TrimLeft(after[1:], " \t\r\n\f")
		}
	}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		rest, _, _ = strings.Cut(rest[1:], rest[:1])
	}
	return seconds, rest, true
}

// handlers has the scripts in attributes looked at.
func (p *page) handlers() {
	for _, a := range p.attrs {
		if len(a.key) > 2 && strings.HasPrefix(a.key, "on") && !placeholder(a.value) {
			p.inside(func(t *Text) { scanScript([]byte(a.value), p.pos(), t) })
		}
	}
}

// inside scans a script or style of the page. Its addresses count from the
// page's base too; strings of a script may be anything, and stay as they are.
func (p *page) inside(scan func(*Text)) {
	before := len(p.t.Refs)
	scan(p.t)
	if p.base == "" {
		return
	}
	for i := range p.t.Refs[before:] {
		if r := &p.t.Refs[before+i]; r.How != AsLiteral {
			r.URL = rebase(p.base, r.URL)
		}
	}
}

// ref notes one address.
func (p *page) ref(url string, how How) {
	url = strings.TrimSpace(url)
	scheme, rest, found := strings.Cut(url[:min(len(url), 16)], ":")
	switch {
	case url == "", url[0] == '#', placeholder(short(url, maxRef)):
		return
	case found && strings.EqualFold(scheme, "javascript"):
		_, rest, _ = strings.Cut(url, ":")
		p.inside(func(t *Text) { scanScript([]byte(rest), p.pos(), t) })
		return
	case found && strings.EqualFold(scheme, "data") && how == AsScript:
		p.inside(func(t *Text) { scanScript(dataOf(url), p.pos(), t) })
		return
	case found && (strings.EqualFold(scheme, "data") || strings.EqualFold(scheme, "about") || strings.EqualFold(scheme, "blob")):
		return
	case len(url) > maxRef || p.refs >= maxOwnRefs:
		return
	}
	p.refs++
	if strings.ContainsAny(url, "\t\r\n") { // URL Standard, 4.4: they are no part of it
		url = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(url)
	}
	p.t.Refs = append(p.t.Refs, Ref{URL: rebase(p.base, url), How: how, Pos: p.pos(), Kept: p.kept})
}

// dataOf gives what a data: URL has in it (RFC 2397), nil where it can't be read.
func dataOf(address string) []byte {
	head, data, _ := strings.Cut(address, ",")
	if plain, err := url.PathUnescape(data); err == nil {
		data = plain
	}
	if !strings.HasSuffix(strings.ToLower(strings.TrimSpace(head)), ";base64") {
		return []byte(data)
	}
	data = strings.TrimRight(strings.Join(strings.Fields(data), ""), "=")
	decoded, _ := base64.RawStdEncoding.DecodeString(data) // as far as it goes
	return decoded
}

// rebase writes a reference as if the page had no <base>.
func rebase(base, ref string) string {
	if base == "" || ref == "" || ref[0] == '#' || absolute(ref) {
		return ref
	}
	base, _, _ = strings.Cut(base, "#")
	base, _, _ = strings.Cut(base, "?")
	host := ""
	if absolute(base) {
		scheme, after, found := strings.Cut(base, "//")
		if !found {
			return ref // mailto: and the like have no folders
		}
		name, folder, _ := strings.Cut(after, "/")
		host = scheme + "//" + name
		base = host + "/" + folder
	}
	switch {
	case ref[0] == '/':
		return host + ref
	case ref[0] == '?':
		return base + ref
	}
	return base[:strings.LastIndexByte(base, '/')+1] + ref
}

// absolute tells whether a reference has a scheme or a host of its own.
func absolute(ref string) bool {
	if strings.HasPrefix(ref, "//") {
		return true
	}
	for i := 0; i < len(ref); i++ {
		switch c := ref[i]; {
		case c == ':':
			return i > 1
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return false
}

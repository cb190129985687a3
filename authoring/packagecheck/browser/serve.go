package browser

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// The made-up site. Its name can't exist (RFC 2606). SCORM content looks for
// its interface in parent windows of its own origin, so the host's page and the
// package share one; the package lies in a folder, as it does on a host.
const (
	origin  = "https://package.invalid"
	content = "/content/"
	host    = "/host/"
)

const (
	wholeFile = 16 << 20  // of a longer one a part is given, to those who ask for parts
	partFile  = 4 << 20   // of one answer in parts
	allFiles  = 512 << 20 // given out for one unit
)

// answer is what a request gets.
type answer struct {
	status int64
	kind   string // content type
	body   []byte
	extra  [][2]string
}

// kinds are the content types that matter to a browser; the machine's own table
// is not asked, since it differs from machine to machine.
var kinds = map[string]string{
	".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml", ".xht": "application/xhtml+xml",
	".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json",
	".xml": "text/xml", ".xsd": "text/xml", ".xsl": "text/xml", ".dtd": "text/plain", ".txt": "text/plain",
	".vtt": "text/vtt", ".srt": "text/plain", ".csv": "text/csv", ".md": "text/plain",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg",
	".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".bmp": "image/bmp", ".ico": "image/x-icon",
	".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg", ".mov": "video/quicktime",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".wav": "audio/wav",
	".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf", ".eot": "application/vnd.ms-fontobject",
	".pdf": "application/pdf", ".wasm": "application/wasm", ".swf": "application/x-shockwave-flash",
	".webmanifest": "application/manifest+json", ".map": "application/json",
}

func kindOf(name string) string {
	if k, ok := kinds[strings.ToLower(path.Ext(name))]; ok {
		return k
	}
	return "application/octet-stream"
}

var errTooMuch = errors.New("more was asked for than is given out")

// file gives a file of the package, or the part of it that a Range header asks
// for; ok is false where there is none.
func (v *visit) file(ctx context.Context, name, wanted string) (a answer, ok bool, err error) {
	r, ok := v.launch.Open(ctx, name)
	if !ok {
		return a, false, nil
	}
	defer r.Close()
	a = answer{status: 200, kind: kindOf(name)}
	from, most, parts := span(wanted)
	if !parts {
		from, most = 0, wholeFile
	}
	if from > 0 {
		if n, err := io.CopyN(io.Discard, r, from); err == io.EOF {
			a.status, a.extra = 416, [][2]string{{"Content-Range", fmt.Sprintf("bytes */%d", n)}}
			return a, true, nil
		} else if err != nil {
			return a, false, ctx.Err() // broken: a host would not have it either
		}
	}
	a.body, err = io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return a, false, ctx.Err()
	}
	rest, err := io.CopyN(io.Discard, r, allFiles)
	if err != nil && err != io.EOF {
		return a, false, ctx.Err()
	}
	if rest > 0 && !parts {
		return a, true, errTooMuch
	}
	if !v.spend(from + int64(len(a.body)) + rest) {
		return a, true, errTooMuch
	}
	if parts {
		a.status = 206
		a.extra = [][2]string{{"Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+int64(len(a.body))-1, from+int64(len(a.body))+rest)}}
	}
	a.extra = append(a.extra, [2]string{"Accept-Ranges", "bytes"})
	return a, true, nil
}

// span reads a Range header of one part; others are answered with the whole.
func span(header string) (from, most int64, ok bool) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !ok || !dash || err != nil || from < 0 {
		return 0, 0, false
	}
	if to, err := strconv.ParseInt(last, 10, 64); err == nil && to >= from {
		return from, min(to-from+1, partFile), true
	}
	return from, partFile, true
}

// inPackage gives the path in the package of an address; ok is false where
// the address is of the made-up site but not of the package's folder.
func inPackage(u *url.URL) (name string, ok bool) {
	return strings.CutPrefix(u.Path, content)
}

// hostPage is the host's: the unit in a frame, and the interface beside it.
func hostPage(kind packagecheck.Kind, address string) answer {
	api := ""
	switch kind {
	case packagecheck.SCORM12, packagecheck.AICC:
		api = `<script src="` + host + `stub.js" data-api="1.2"></script>`
	case packagecheck.SCORM2004:
		api = `<script src="` + host + `stub.js" data-api="2004"></script>`
	}
	return answer{status: 200, kind: "text/html; charset=utf-8", body: []byte(`<!doctype html><html lang="en"><head><title>Host</title>
<style>html,body,iframe{display:block;margin:0;border:0;width:100%;height:100%}</style>` + api + `</head>
<body><iframe id="unit" title="Unit" allow="autoplay; fullscreen" src="` + html.EscapeString(address) + `"></iframe></body></html>`)}
}

// address makes the address of a unit from its reference in the package.
func address(launch string) string {
	at := strings.IndexAny(launch, "?#")
	if at < 0 {
		at = len(launch)
	}
	name := launch[:at]
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	return (&url.URL{Path: content + name}).EscapedPath() + launch[at:]
}

// form reads what was sent as a form.
func form(kind string, body []byte) (url.Values, bool) {
	if t, _, err := mime.ParseMediaType(kind); err != nil || t != "application/x-www-form-urlencoded" {
		return nil, false
	}
	values, err := url.ParseQuery(string(body))
	return values, err == nil
}

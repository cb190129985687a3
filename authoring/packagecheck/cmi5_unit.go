package packagecheck

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

var (
	cmi5MoveOns       = []string{"NotApplicable", "Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed"}
	cmi5LaunchMethods = []string{"AnyWindow", "OwnWindow"}
	// cmi5Parameters are those that a host adds to the address (section 8.1).
	cmi5Parameters = []string{"endpoint", "fetch", "actor", "registration", "activityId"}
)

// unit reads an assignable unit (section 13.1.4).
func (k *cmi5Course) unit(e *markup.Element) {
	u := &unit{at: place{k.path, e.Pos}}
	u.Type, u.ID, u.Title = "au", k.id(e, k.aus, cmi5AUID), k.named(e)
	if k.blocks[u.ID] {
		k.say(cmi5SharedID, e, "The id “%s” of a unit is a block’s too", short(u.ID))
	}
	k.settings(e)
	if address := k.child(e, "url"); address != nil {
		if written := strings.TrimSpace(address.Text); written == "" {
			k.say(cmi5Required, address, "The <url> of a unit is empty")
		} else {
			k.address(u, address, written)
		}
	}
	k.units = append(k.units, u)
}

// settings checks the attributes of a unit.
func (k *cmi5Course) settings(e *markup.Element) {
	attr := func(name string) (string, bool) {
		v, has := e.AttrIn("", name)
		return strings.TrimSpace(v), has
	}
	if v, has := attr("moveOn"); has && !slices.Contains(cmi5MoveOns, v) {
		k.say(cmi5MoveOn, e, "moveOn is “%s”", short(v))
		k.asks = true
	} else if has && v != "NotApplicable" {
		k.asks = true
	}
	if v, has := attr("launchMethod"); has && !slices.Contains(cmi5LaunchMethods, v) {
		k.say(cmi5LaunchMethod, e, "launchMethod is “%s”", short(v))
	}
	if v, has := attr("masteryScore"); has && !isShare(v) {
		k.say(cmi5Mastery, e, "masteryScore is “%s”", short(v))
	}
	if v, has := attr("activityType"); has && v != "" && !isIRI(v) {
		k.say(cmi5ActivityType, e, "activityType is “%s”", short(v))
	}
}

// isShare tells whether a value is a decimal of XML Schema from 0 to 1.
func isShare(v string) bool {
	if v == "" || len(v) > 64 || strings.Trim(v, "+-.0123456789") != "" {
		return false
	}
	n, err := strconv.ParseFloat(v, 64)
	return err == nil && n >= 0 && n <= 1
}

// address judges where a unit is launched from.
func (k *cmi5Course) address(u *unit, e *markup.Element, written string) {
	t := resolve(k.path, written)
	query := t.Query
	u.Launch = t.Path + t.Query
	if t.Outside != "" {
		u.Launch = t.Outside
		if query = k.elsewhere(e, t.Outside); query == "" && !strings.HasPrefix(t.Outside, "//") {
			return
		}
	}
	for _, name := range hostParameters(query) {
		k.say(cmi5URLQuery, e, "The address “%s” has a parameter “%s” of its own", short(written), name)
	}
	if t.Outside != "" && !strings.HasPrefix(t.Outside, "//") {
		return
	}
	switch file, exact := k.entry(t.Path); {
	case k.arc == nil:
		k.say(cmi5URLRelative, e, "The address “%s” is not a whole one, and there is no package that it could lead into", short(written))
	case strings.HasPrefix(written, "/") && file != nil:
		k.say(cmi5FileMissing, e, "“%s” begins at the root of the host, not of the package", short(written))
	case file == nil:
		k.say(cmi5FileMissing, e, "“%s” is not in the package%s", short(written), k.meant(t.Path))
	case !exact:
		k.say(cmi5FileCase, e, "“%s” is called “%s” in the package", short(written), short(file.Path))
		u.file = file.Path
	default:
		u.file = file.Path
		if !isEncoded(written) {
			k.say(cmi5URLEncoding, e, "The address “%s” has characters that a URL may not have", short(written))
		}
	}
}

// isEncoded tells whether an address has none of the characters that must be
// percent-encoded (RFC 1738, section 2.2), but letters of other alphabets, which
// every browser encodes by itself.
func isEncoded(written string) bool {
	for i := range len(written) {
		switch c := written[i]; {
		case c <= ' ' || c == 0x7f || strings.IndexByte("<>\"{}|\\^`", c) >= 0:
			return false
		case c == '%':
			if _, err := url.PathUnescape(written[i:min(i+3, len(written))]); err != nil {
				return false
			}
		}
	}
	return true
}

// elsewhere judges an address that has a scheme, and gives its query where it
// can be launched.
func (k *cmi5Course) elsewhere(e *markup.Element, written string) (query string) {
	parsed, err := url.Parse(written)
	switch {
	case err != nil:
		k.say(cmi5URL, e, "“%s” is not a URL", short(written))
		return ""
	case parsed.Scheme == "file":
		k.say(cmi5URLLocal, e, "“%s” is a file of one computer", short(written))
		return ""
	case parsed.Scheme == "":
	case (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() == "",
		strings.ContainsAny(written, " \t\n<>\""):
		k.say(cmi5URL, e, "“%s” is not a URL", short(written))
		return ""
	default:
		if k.outside++; k.arc != nil {
			k.say(cmi5Outside, e, "A unit is launched from “%s”", short(written))
		}
	}
	return "?" + parsed.RawQuery
}

// hostParameters gives those of the host's parameters that a query has.
func hostParameters(query string) []string {
	var list []string
	for pair := range strings.SplitSeq(strings.TrimPrefix(query, "?"), "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		if slices.Contains(cmi5Parameters, name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

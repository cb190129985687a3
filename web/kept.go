package web

import (
	"net/http"
	"net/url"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/web/edge"
)

// keptWord is one field of a form that could not be taken, given back so that
// no word is lost.
type keptWord struct {
	Name, Label, Value string
	Rows               int // 0: a short value, sent again as it was
}

// secretFields are never given back.
var secretFields = map[string]bool{"code": true}

// keptWords gives back the fields of a posted form, in the order of their
// names; a file has to be chosen again. An upload that its handler has not
// begun to read is left unread: it may be long.
func keptWords(r *http.Request) []keptWord {
	if r.Method != http.MethodPost || r.PostForm == nil && isMultipart(r) {
		return nil
	}
	// Who refuses may not have come to read any of it, nor to bound it.
	r.Body = http.MaxBytesReader(nil, r.Body, edge.BodyLimit)
	if readForm(r) != nil && r.PostForm == nil {
		return nil
	}
	return keptOf(r.PostForm)
}

func keptOf(form url.Values) []keptWord {
	var kept []keptWord
	for name, values := range form {
		if secretFields[name] {
			continue
		}
		for _, v := range values {
			if v != "" {
				kept = append(kept, keptWord{Name: name, Label: labelFor(name), Value: v, Rows: rowsFor(v)})
			}
		}
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].Name < kept[j].Name })
	return kept
}

// labelFor makes a field's name readable: "action_points" is "Action points".
func labelFor(name string) string {
	words := strings.FieldsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	label := strings.Join(words, " ")
	first, size := utf8.DecodeRuneInString(label)
	if size == 0 {
		return name
	}
	return string(unicode.ToUpper(first)) + label[size:]
}

// rowsFor shows what somebody wrote, and hides what a box or a hidden field
// held: a text has a space in it.
func rowsFor(v string) int {
	if !strings.ContainsAny(v, " \n") {
		return 0
	}
	return min(2+strings.Count(v, "\n")+utf8.RuneCountInString(v)/60, 20)
}

type signInAgainPage struct {
	Action   string // where the form was going
	SignIn   string
	Kept     []keptWord
	HasFiles bool
}

var signInAgainView = newView("site/sign_in_again.html",
	signInAgainPage{Action: "/proposals/42/reviews", SignIn: "/sign-in",
		Kept: []keptWord{{"comment", "Comment", "The transcript\nis missing.", 3}, {"seen", "Seen", "7", 0}}, HasFiles: true},
	signInAgainPage{Action: "/sign-out", SignIn: "/sign-in"},
)

// askToSignIn sends a reader to the sign-in page, and back afterwards. What
// somebody sent when the session had ended is shown instead, to be sent again
// once they have signed in.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	p := signInAgainPage{Action: r.URL.RequestURI(), SignIn: "/sign-in?next=/signed-in", Kept: keptWords(r)}
	p.HasFiles = isMultipart(r)
	if err := signInAgainView.writeStatus(s, w, r, edge.Status(fault.SignIn), p); err != nil {
		s.answer(w, r, err)
	}
}

// localPath lets a reader be sent only to a page of this site: it gives back
// path where it is one, fallback otherwise.
func localPath(path, fallback string) string {
	u, err := url.Parse(path)
	clean := err == nil && u.Scheme == "" && u.Host == "" && u.User == nil &&
		strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t") &&
		!strings.HasPrefix(u.Path, "//") && !within(u.Path, "/sign-in") && !within(u.Path, "/sign-out")
	if !clean {
		return fallback
	}
	return path
}

// within reports whether path is root or below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, strings.TrimSuffix(root, "/")+"/")
}

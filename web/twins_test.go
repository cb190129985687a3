package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/internal/accounts"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/api"
	"github.com/leadership-ladder/rung/web/webtest"
)

// twins names for each act of a page the operation that does the same, or says
// why a program has none.
var twins = map[string]string{
	"POST /catalogue/new":                                       "enterModule",
	"POST /catalogue/{slug}/edit":                               "editModule",
	"POST /catalogue/{slug}/retire":                             "retireModule",
	"POST /delivery/{message}/send-again":                       "resendMail",
	"POST /people":                                              "addPerson",
	"POST /people/{person}/deactivate":                          "changePerson",
	"POST /people/{person}/reactivate":                          "changePerson",
	"POST /people/{person}/roles/{role}/grant":                  "grantRole",
	"POST /people/{person}/roles/{role}/revoke":                 "revokeRole",
	"POST /profile":                                             "changeMe",
	"POST /proposals":                                           "createProposal",
	"POST /proposals/{proposal}/acts/{act}":                     "acceptAssignment declineAssignment declareConflict rejectProposal withdrawProposal reopenProposal overrideStage acknowledgeConflict",
	"POST /proposals/{proposal}/assign":                         "assignReviewer",
	"POST /proposals/{proposal}/authors":                        "inviteAuthor",
	"POST /proposals/{proposal}/authors/edit":                   "editAuthor",
	"POST /proposals/{proposal}/authors/lead":                   "nameLead",
	"POST /proposals/{proposal}/authors/order":                  "orderAuthors",
	"POST /proposals/{proposal}/authors/remove":                 "removeAuthor",
	"POST /proposals/{proposal}/edit/{section}":                 "saveDraft",
	"POST /proposals/{proposal}/items":                          "draftItem",
	"POST /proposals/{proposal}/items/{item}":                   "saveItem",
	"POST /proposals/{proposal}/items/{item}/answer":            "answerItem",
	"POST /proposals/{proposal}/items/{item}/close":             "closeItem",
	"POST /proposals/{proposal}/items/{item}/delete":            "deleteItem",
	"POST /proposals/{proposal}/items/{item}/reopen":            "reopenItem",
	"POST /proposals/{proposal}/package":                        "uploadPackage",
	"POST /proposals/{proposal}/package/remove":                 "removePackage",
	"POST /proposals/{proposal}/publish":                        "setPublicationDetails publishProposal",
	"POST /proposals/{proposal}/requests":                       "requestChanges returnProposal",
	"POST /proposals/{proposal}/sign-offs":                      "signOff",
	"POST /proposals/{proposal}/submit":                         "submitProposal",
	"POST /reviews/{assignment}/answers/{criterion}":            "answerCriterion",
	"POST /sign-in":                                             "— a person signs in, in a browser",
	"POST /sign-in/code":                                        "— a person signs in, in a browser",
	"POST /sign-out":                                            "— it is about this browser",
	"POST /sign-out-everywhere":                                 "signOutEverywhere",
	"POST /suggested-titles":                                    "offerTitle",
	"POST /suggested-titles/{title}/withdraw":                   "withdrawTitle",
	"POST /tokens":                                              "— a token is shown once, to a person: none makes another",
	"POST /tokens/{token}/revoke":                               "revokeToken",
	"POST /webhooks":                                            "addWebhook",
	"POST /webhooks/{webhook}/deliveries/{delivery}/send-again": "resendDelivery",
	"POST /webhooks/{webhook}/disable":                          "disableWebhook",
	"POST /webhooks/{webhook}/edit":                             "changeWebhook",
	"POST /webhooks/{webhook}/enable":                           "enableWebhook",
	"POST /webhooks/{webhook}/remove":                           "removeWebhook",
	"POST /webhooks/{webhook}/secret/end-earlier":               "endWebhookSecret",
	"POST /webhooks/{webhook}/secret/rotate":                    "rotateWebhook",
	"POST /webhooks/{webhook}/test":                             "pingWebhook",
}

func TestEveryActHasItsTwin(t *testing.T) {
	h := webtest.StartWhole(t)
	there := map[string]bool{}
	for _, op := range operations(h.Server.API.OpenAPI()) {
		there[op.OperationID] = true
	}
	for _, route := range web.Routes() {
		if method, pattern, _ := strings.Cut(route, " "); method != http.MethodPost || strings.HasPrefix(pattern, "/trial") || strings.HasPrefix(pattern, "/demo") {
			continue
		}
		names, known := twins[route]
		if !known {
			t.Errorf("%s has no twin: name the operation, or say why there is none", route)
		}
		for _, name := range strings.Fields(names) {
			if strings.HasPrefix(names, "—") {
				break
			}
			if !there[name] {
				t.Errorf("%s: there is no operation %s", route, name)
			}
		}
	}
	for route := range twins {
		if !slices.Contains(web.Routes(), route) {
			t.Errorf("there is no route %s", route)
		}
	}
}

func operations(doc *huma.OpenAPI) (list []*huma.Operation) {
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				list = append(list, op)
			}
		}
	}
	return list
}

// both is one act as a page's form sends it, and as a program does.
type both struct {
	route string // of the page
	form  url.Values
	call  string // "POST /proposals/{proposal}/sign-offs"
	body  map[string]any
}

// The same act by the same person gets the same answer from a page and from the
// API: done by both or by neither, and for the same reasons.
func TestTwinsRefuseAlike(t *testing.T) {
	sh, visitors, path := accessSite(t)
	names := []string{"", "zoe", "anna", "cy", "tess", "edith", "dee", "lena", "ada"}
	tokens := make([]string, len(names))
	for i, name := range names[1:] {
		p, err := sh.Server.Accounts.PersonByEmail(t.Context(), name+"@example.org")
		sh.must(err)
		_, tokens[i+1], err = sh.Server.Accounts.MakeToken(t.Context(), p.ID, accounts.NewToken{Name: "twins", Scopes: sh.Server.Accounts.ScopesFor(p), Days: 1})
		sh.must(err)
	}
	var id int64
	sh.must(sh.DB.Get(&id, `select max(id) from proposals`))
	c := sh.look(id)
	seen := map[string]any{"state": c.State, "revision": c.Revision}
	form := sh.seenFields(id)
	stale := with(form, "seen_state", "technical")
	staleSeen := map[string]any{"state": "technical", "revision": c.Revision}
	const p = "/proposals/{proposal}"
	acts := []both{
		{p + "/acts/reject", form, "POST " + p + "/rejections", map[string]any{"seen": seen}},
		{p + "/acts/reject", with(stale, "reason", "No."), "POST " + p + "/rejections", map[string]any{"seen": staleSeen, "reason": "No."}},
		{p + "/acts/withdraw", with(stale, "reason", ""), "POST " + p + "/withdrawals", map[string]any{"seen": staleSeen}},
		{p + "/acts/reopen", form, "POST " + p + "/reopenings", map[string]any{"seen": seen}},
		{p + "/acts/override", form, "POST " + p + "/overrides", map[string]any{"seen": seen}},
		{p + "/acts/permit", with(form, "person", itoa(sh.edith.ID)), "POST " + p + "/overrides", map[string]any{"seen": seen, "person": sh.edith.ID}},
		{p + "/acts/acknowledge", with(form, "reason", "So."), "POST " + p + "/acknowledgements", map[string]any{"reason": "So."}},
		{p + "/acts/conflict", with(form, "person", itoa(sh.anna.ID)), "POST " + p + "/conflicts", map[string]any{"reason": "", "person": sh.anna.ID}},
		{p + "/assign", with(form, "person", itoa(sh.tess.ID)), "POST " + p + "/assignments", map[string]any{"seen": seen, "person": sh.tess.ID}},
		{p + "/sign-offs", form, "POST " + p + "/sign-offs", map[string]any{"seen": seen}},
		{p + "/sign-offs", with(form, "carry", "true"), "POST " + p + "/sign-offs", map[string]any{"seen": seen, "carry_forward": true}},
		{p + "/requests", form, "POST " + p + "/change-requests", map[string]any{"seen": seen}},
		{p + "/submit", form, "POST " + p + "/revisions", map[string]any{"seen": seen}},
		{p + "/publish", with(with(fullDetails, "do", "publish"), "version", "0", "seen_state", c.State, "seen_revision", itoa(int64(c.Revision))),
			"PUT " + p + "/publication-details", map[string]any{"version": 0, "owner": "The faculty", "review_date": "2028-03-01"}},
		{p + "/authors", url.Values{"email": {"new@example.org"}, "name": {"New Author"}}, "POST " + p + "/authors", map[string]any{"email": "new@example.org", "name": "New Author"}},
		{p + "/authors/lead", url.Values{"email": {"nobody@example.org"}}, "PUT " + p + "/lead", map[string]any{"email": "nobody@example.org"}},
		{p + "/items/{item}", url.Values{"version": {"9"}, "words": {"More."}}, "PATCH /change-items/{item}", map[string]any{"version": 9, "words": "More."}},
		{"/catalogue/{slug}/retire", url.Values{}, "POST /modules/{slug}/retirements", map[string]any{}},
		{"/catalogue/new", url.Values{"title": {"X"}}, "POST /modules", map[string]any{"title": "X"}},
		{"/people", url.Values{"email": {"nonsense"}}, "POST /people", map[string]any{"email": "nonsense"}},
		{"/people/{person}/roles/nonsense/grant", nil, "PUT /people/{person}/roles/nonsense", nil},
		{"/suggested-titles", url.Values{}, "POST /suggested-titles", map[string]any{}},
		{"/delivery/424242/send-again", nil, "POST /mails/424242/resends", nil},
		{"/webhooks", url.Values{"url": {"ftp://x"}}, "POST /webhooks", map[string]any{"url": "ftp://x"}},
		{"/webhooks/{webhook}/enable", url.Values{"version": {"99"}}, "POST /webhooks/{webhook}/enablings", map[string]any{"version": 99}},
	}
	tables := slices.DeleteFunc(sh.tables(), func(table string) bool { return strings.HasPrefix(table, "token") }) // a call is counted
	for _, act := range acts {
		for i, name := range names {
			before := sh.fingerprint(tables)
			page := visitors[i].Post(path.Replace(act.route), act.form)
			method, pattern, _ := strings.Cut(act.call, " ")
			status, problem := call(t, sh, tokens[i], method, path.Replace(pattern), act.body)
			if after := sh.fingerprint(tables); after != before {
				t.Errorf("%s by %q: answered %d and %d, and something changed", act.route, name, page.Status, status)
			}
			if page.Status == http.StatusOK || page.Status == http.StatusSeeOther || status < 400 {
				t.Errorf("%s by %q isn't refused by both: %d and %d", act.route, name, page.Status, status)
				continue
			}
			if page.Status == http.StatusNotFound {
				continue // an act that doesn't concern them has no page
			}
			if page.Status != status {
				t.Errorf("%s by %q: the page answers %d, the API %d %v", act.route, name, page.Status, status, problem)
			}
			if status == http.StatusUnauthorized {
				continue // the page has a person sign in
			}
			for _, r := range problem.Errors {
				if text := strings.Join(strings.Fields(r.Detail), " "); !strings.Contains(page.Text(), text) {
					t.Errorf("%s by %q: the page doesn't say %q:\n%s", act.route, name, text, page.Text())
				}
			}
		}
	}
}

// call makes a call of the API, and reads its problem.
func call(t *testing.T, sh *shelf, token, method, path string, body map[string]any) (int, api.Problem) {
	t.Helper()
	var r io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		sh.must(err)
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, sh.URL+api.Prefix+path, r)
	sh.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	sh.must(err)
	defer res.Body.Close()
	var p api.Problem
	if res.StatusCode >= 400 {
		sh.must(json.NewDecoder(res.Body).Decode(&p))
	}
	return res.StatusCode, p
}

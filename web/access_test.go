package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/postgres"
	"github.com/leadership-ladder/rung/internal/webhooks"
	"github.com/leadership-ladder/rung/reviews"
	"github.com/leadership-ladder/rung/web"
	"github.com/leadership-ladder/rung/web/webtest"
	"github.com/leadership-ladder/rung/workflow"
	"github.com/leadership-ladder/rung/workflow/programme"
)

// The readers of the table below, in the order of its columns.
var readers = []string{"nobody", "stranger", "lead", "co-author", "signed", "assigned", "other reviewer", "leadership", "administrator"}

// access is what each reader gets of a route: a status, or 0 where the act is
// theirs to do, which other tests try. The proposal is in educational review:
// Anna leads it, Cy writes with her, Tess signed the technical stage, Edith is
// asked now, Dee holds the same roles as both and isn't.
var access = map[string][9]int{
	"GET /":                                                            {200, 303, 303, 303, 303, 303, 303, 303, 303},
	"GET /accessibility":                                               {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /api/openapi.json":                                            {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /api/reference/{tag}":                                         {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /api":                                                         {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /board":                                                       {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /catalogue":                                                   {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /catalogue/new":                                               {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /catalogue/series":                                            {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /catalogue/{slug}":                                            {200, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /catalogue/{slug}/edit":                                       {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /catalogue/{slug}/pack":                                       {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /catalogue/{slug}/retire":                                     {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /delivery":                                                    {303, 403, 403, 403, 403, 403, 403, 200, 200},
	"GET /my-work":                                                     {303, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /people":                                                      {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /people/new":                                                  {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /people/{person}":                                             {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /people/{person}/deactivate":                                  {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /profile":                                                     {303, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /proposals/new":                                               {303, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /proposals/{proposal}":                                        {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/acts/{act}":                             {303, 404, 404, 404, 404, 404, 404, 200, 404},
	"GET /proposals/{proposal}/answers":                                {303, 404, 200, 200, 404, 404, 404, 404, 404},
	"GET /proposals/{proposal}/assign":                                 {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /proposals/{proposal}/authors":                                {303, 404, 409, 409, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/authors/lead":                           {303, 404, 200, 403, 403, 403, 404, 200, 404},
	"GET /proposals/{proposal}/authors/{position}":                     {303, 404, 409, 409, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/changes":                                {303, 404, 404, 404, 200, 303, 404, 200, 404},
	"GET /proposals/{proposal}/compare":                                {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/edit":                                   {303, 404, 409, 409, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/edit/package":                           {303, 404, 409, 409, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/edit/{section}":                         {303, 404, 409, 409, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/pack":                                   {303, 404, 403, 403, 403, 403, 404, 409, 404},
	"GET /proposals/{proposal}/package":                                {303, 404, 200, 200, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/package/check":                          {303, 404, 200, 200, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/package/report":                         {303, 404, 200, 200, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/package/report.json":                    {303, 404, 200, 200, 403, 403, 404, 403, 404},
	"GET /proposals/{proposal}/publish":                                {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /proposals/{proposal}/revisions/{number}":                     {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/revisions/{number}/package":             {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/revisions/{number}/package/check":       {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/revisions/{number}/package/report":      {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/revisions/{number}/package/report.json": {303, 404, 200, 200, 200, 200, 404, 200, 404},
	"GET /proposals/{proposal}/submit":                                 {303, 404, 409, 409, 403, 403, 404, 403, 404},
	"GET /reviews/{assignment}":                                        {303, 404, 404, 404, 404, 200, 404, 404, 404},
	"GET /sign-in":                                                     {200, 303, 303, 303, 303, 303, 303, 303, 303},
	"GET /sign-in/code":                                                {303, 303, 303, 303, 303, 303, 303, 303, 303},
	"GET /signed-in":                                                   {303, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /tokens":                                                      {303, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /tokens/new":                                                  {303, 200, 200, 200, 200, 200, 200, 200, 200},
	"GET /suggested-titles":                                            {303, 403, 403, 403, 403, 403, 403, 200, 403},
	"GET /proposals/{proposal}/preview":                                {303, 404, 200, 200, 403, 403, 404, 403, 404},

	"GET /webhooks":                  {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /webhooks/new":              {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /webhooks/{webhook}":        {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /webhooks/{webhook}/edit":   {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /webhooks/{webhook}/remove": {303, 403, 403, 403, 403, 403, 403, 403, 200},
	"GET /webhooks/{webhook}/secret": {303, 403, 403, 403, 403, 403, 403, 403, 200},

	"POST /catalogue/new":                                       {401, 403, 403, 403, 403, 403, 403, 0, 403},
	"POST /catalogue/{slug}/edit":                               {401, 403, 403, 403, 403, 403, 403, 0, 403},
	"POST /catalogue/{slug}/retire":                             {401, 403, 403, 403, 403, 403, 403, 0, 403},
	"POST /delivery/{message}/send-again":                       {401, 403, 403, 403, 403, 403, 403, 0, 0},
	"POST /people":                                              {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /people/{person}/deactivate":                          {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /people/{person}/reactivate":                          {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /people/{person}/roles/{role}/grant":                  {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /people/{person}/roles/{role}/revoke":                 {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /profile":                                             {401, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /proposals":                                           {401, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /proposals/{proposal}/acts/{act}":                     {401, 404, 403, 403, 403, 403, 404, 0, 404},
	"POST /proposals/{proposal}/assign":                         {401, 404, 403, 403, 403, 403, 404, 0, 404},
	"POST /proposals/{proposal}/authors":                        {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/authors/edit":                   {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/authors/lead":                   {401, 404, 0, 403, 403, 403, 404, 0, 404},
	"POST /proposals/{proposal}/authors/order":                  {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/authors/remove":                 {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/edit/{section}":                 {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/items":                          {401, 404, 409, 409, 409, 0, 404, 0, 404},
	"POST /proposals/{proposal}/items/{item}":                   {401, 404, 404, 404, 404, 0, 404, 404, 404},
	"POST /proposals/{proposal}/items/{item}/answer":            {401, 404, 404, 404, 404, 404, 404, 404, 404},
	"POST /proposals/{proposal}/items/{item}/close":             {401, 404, 404, 404, 404, 404, 404, 404, 404},
	"POST /proposals/{proposal}/items/{item}/delete":            {401, 404, 404, 404, 404, 0, 404, 404, 404},
	"POST /proposals/{proposal}/items/{item}/reopen":            {401, 404, 404, 404, 404, 404, 404, 404, 404},
	"POST /proposals/{proposal}/package":                        {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/package/remove":                 {401, 404, 409, 409, 403, 403, 404, 403, 404},
	"POST /proposals/{proposal}/publish":                        {401, 404, 403, 403, 403, 403, 404, 0, 404},
	"POST /proposals/{proposal}/requests":                       {401, 404, 403, 403, 403, 0, 404, 0, 404},
	"POST /proposals/{proposal}/sign-offs":                      {401, 404, 403, 403, 403, 0, 404, 403, 404},
	"POST /proposals/{proposal}/submit":                         {401, 404, 409, 403, 403, 403, 404, 403, 404},
	"POST /reviews/{assignment}/answers/{criterion}":            {401, 404, 404, 404, 404, 0, 404, 404, 404},
	"POST /sign-in":                                             {0, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /sign-in/code":                                        {0, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /sign-out":                                            {0, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /sign-out-everywhere":                                 {401, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /suggested-titles":                                    {401, 403, 403, 403, 403, 403, 403, 0, 403},
	"POST /suggested-titles/{title}/withdraw":                   {401, 403, 403, 403, 403, 403, 403, 0, 403},
	"POST /webhooks":                                            {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/deliveries/{delivery}/send-again": {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/disable":                          {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/edit":                             {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/enable":                           {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/remove":                           {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/secret/end-earlier":               {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/secret/rotate":                    {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /webhooks/{webhook}/test":                             {401, 403, 403, 403, 403, 403, 403, 403, 0},
	"POST /tokens":                                              {401, 0, 0, 0, 0, 0, 0, 0, 0},
	"POST /tokens/{token}/revoke":                               {401, 404, 404, 404, 404, 404, 404, 404, 404},
}

// accessSite is the site of the table, and the addresses that fill its patterns.
func accessSite(t *testing.T) (*shelf, []*webtest.Visitor, *strings.Replacer) {
	sh := newShelf(t)
	ctx := t.Context()
	sh.Person(t, "cy@example.org", "Cy Dunn")
	sh.Person(t, "dee@example.org", "Dee Fox", workflow.TechnicalReviewer, workflow.EducationalReviewer)
	sh.Person(t, "zoe@example.org", "Zoe Lake")
	anna, luke := workflow.Actor{Person: sh.anna.ID}, workflow.Actor{Person: sh.luke.ID}

	_, module := sh.publish("Chairing a Meeting")
	id := sh.submitted("Leading a Handover")
	for _, event := range []string{programme.Withdraw, programme.Reopen} {
		sh.must(postgres.InTx(ctx, sh.DB, func(tx *sqlx.Tx) error {
			_, err := sh.flow.Move(ctx, tx, workflow.Move{Proposal: id, Seen: sh.look(id).Seen(), Event: event, By: anna})
			return err
		}))
	}
	sh.must(sh.write.Invite(ctx, anna, id, "cy@example.org", authoring.Attribution{Name: "Cy Dunn"}))
	_, err := sh.write.Submit(ctx, anna, id, authoring.Submission{Seen: sh.look(id).Seen()})
	sh.must(err)
	for c := sh.look(id); c.State != "educational"; c = sh.look(id) {
		for _, a := range c.Assignments {
			if a.Open() && a.Person != sh.tess.ID {
				sh.must(sh.flow.Assign(ctx, luke, id, c.Seen(), sh.tess.ID, a.ID, "Tess knows it."))
				break
			}
		}
		sh.must(postgres.InTx(ctx, sh.DB, func(tx *sqlx.Tx) error {
			_, err := sh.flow.Move(ctx, tx, workflow.Move{Proposal: id, Seen: sh.look(id).Seen(), Event: programme.SignOff, By: workflow.Actor{Person: sh.tess.ID}})
			return err
		}))
	}
	var review int64
	for _, a := range sh.look(id).Assignments {
		if a.Stage == "educational" && a.Person == sh.edith.ID {
			review = a.ID
		}
	}
	item, _, err := sh.Server.Reviews.DraftItem(ctx, workflow.Actor{Person: sh.edith.ID}, id, reviews.Ask{Words: "half"})
	sh.must(err)
	title, err := sh.write.OfferTitle(ctx, luke, authoring.Suggestion{Title: "Breaking Bad News", Strand: "practice"})
	sh.must(err)
	var ada, delivery int64
	sh.must(sh.DB.Get(&ada, `select id from people where email = 'ada@example.org'`))
	hook, err := sh.Server.Webhooks.Add(ctx, ada, webhooks.Settings{URL: "https://example.org/hook", Every: true})
	sh.must(err)
	sh.must(sh.Server.Webhooks.Rotate(ctx, ada, hook, 1))
	sh.must(sh.Server.Webhooks.Ping(ctx, ada, hook))
	sh.must(sh.DB.Get(&delivery, `select max(id) from outbox where kind = 'webhook'`))
	visitors := []*webtest.Visitor{sh.anyone, sh.SignIn(t, "zoe@example.org"), sh.author, sh.SignIn(t, "cy@example.org"), sh.reviewer,
		sh.SignIn(t, "edith@example.org"), sh.SignIn(t, "dee@example.org"), sh.leader, sh.admin}
	path := strings.NewReplacer("{proposal}", itoa(id), "{slug}", strings.TrimPrefix(module, "/catalogue/"), "{assignment}", itoa(review),
		"{item}", itoa(item), "{criterion}", "right_strand", "{title}", itoa(title), "{person}", itoa(sh.anna.ID), "{role}", "leadership",
		"{section}", "audience", "{number}", "1", "{position}", "1", "{act}", "reject", "{message}", "1", "{mail}", "1",
		"{webhook}", itoa(hook), "{delivery}", itoa(delivery), "{token}", "1", "{tag}", "proposals")
	return sh, visitors, path
}

// Every route has its row, and what it refuses changes nothing; nor does
// anything that is only read.
func TestEveryRouteForEveryReader(t *testing.T) {
	sh, visitors, path := accessSite(t)
	tables := sh.tables()
	for _, route := range web.Routes() {
		method, pattern, _ := strings.Cut(route, " ")
		if method == http.MethodHead || strings.HasPrefix(pattern, "/trial") { // the pages of the tests themselves
			continue
		}
		want, known := access[route]
		if !known {
			t.Errorf("%s has no row: say who gets what", route)
			continue
		}
		for i, v := range visitors {
			if want[i] == 0 {
				continue
			}
			before := sh.fingerprint(tables)
			var p *webtest.Page
			if method == http.MethodGet {
				p = v.Get(path.Replace(pattern))
			} else {
				p = v.Post(path.Replace(pattern), accessForms(sh)[pattern])
			}
			if p.Status != want[i] {
				t.Errorf("%s for %s: %d, want %d: %s", route, readers[i], p.Status, want[i], p.Text())
			}
			if sh.fingerprint(tables) != before {
				t.Errorf("%s for %s answered %d and changed a row", route, readers[i], p.Status)
			}
		}
	}
}

// accessForms are what whoever may do an act would send: a refusal must come
// from who asks, not from an empty form.
func accessForms(sh *shelf) map[string]url.Values {
	var id int64
	sh.must(sh.DB.Get(&id, `select max(id) from proposals`))
	seen, webhookSeen := sh.seenFields(id), url.Values{"version": {"2"}}
	return map[string]url.Values{
		"/catalogue/new":                            liveModule,
		"/catalogue/{slug}/edit":                    fullDetails,
		"/catalogue/{slug}/retire":                  {"reason": {"Out of date."}},
		"/people":                                   {"email": {"new@example.org"}, "name": {"New Person"}},
		"/proposals/{proposal}/acts/{act}":          with(seen, "reason", "Because."),
		"/proposals/{proposal}/assign":              with(seen, "person", itoa(sh.tess.ID)),
		"/proposals/{proposal}/authors":             {"email": {"new@example.org"}, "name": {"New Author"}},
		"/proposals/{proposal}/authors/edit":        {"email": {"cy@example.org"}, "name": {"Somebody Else"}},
		"/proposals/{proposal}/authors/lead":        {"email": {"cy@example.org"}},
		"/proposals/{proposal}/authors/order":       {"order": {"anna@example.org", "cy@example.org"}, "up": {"cy@example.org"}},
		"/proposals/{proposal}/authors/remove":      {"email": {"cy@example.org"}},
		"/proposals/{proposal}/edit/{section}":      {"version": {"99"}, "audience": {"Everybody"}},
		"/proposals/{proposal}/items":               {"place": {"Slide 1"}, "words": {"More."}},
		"/proposals/{proposal}/items/{item}":        {"version": {"1"}, "place": {"Slide 1"}, "words": {"More."}},
		"/proposals/{proposal}/publish":             with(with(fullDetails, "do", "publish"), "seen_state", "educational", "seen_revision", "2"),
		"/proposals/{proposal}/requests":            seen,
		"/proposals/{proposal}/sign-offs":           seen,
		"/proposals/{proposal}/submit":              seen,
		"/reviews/{assignment}/answers/{criterion}": {"version": {"0"}, "answer-right_strand": {"met"}},
		"/suggested-titles":                         {"title": {"Mentoring"}, "strand": {"practice"}},
		"/webhooks":                                 {"url": {"https://example.org/other"}, "which": {"every"}},
		"/webhooks/{webhook}/disable":               webhookSeen,
		"/webhooks/{webhook}/edit":                  {"version": {"2"}, "url": {"https://example.org/other"}, "which": {"every"}},
		"/webhooks/{webhook}/enable":                webhookSeen,
		"/webhooks/{webhook}/remove":                webhookSeen,
		"/webhooks/{webhook}/secret/end-earlier":    webhookSeen,
		"/webhooks/{webhook}/secret/rotate":         webhookSeen,
	}
}

// tables are those whose rows a refused request must leave alone: all but what
// keeps a session alive.
func (sh *shelf) tables() []string {
	sh.t.Helper()
	var tables []string
	sh.must(sh.DB.Select(&tables, `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
		and table_name not in ('sessions', 'goose_db_version') order by table_name`))
	return tables
}

// fingerprint changes when any row does.
func (sh *shelf) fingerprint(tables []string) string {
	sh.t.Helper()
	parts := make([]string, len(tables))
	for i, table := range tables {
		parts[i] = `(select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from ` + table + ` t)`
	}
	return sh.row(`select concat_ws(' ', ` + strings.Join(parts, ", ") + `)`)
}

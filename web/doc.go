// Package web is every page of Rung: routes, sessions, forms and templates.
// It decides nothing; it turns a request into a service call and its outcome
// into a page.
//
// # Adding pages
//
// Each area of the site has its own files, and registers itself; nothing has
// to be added to a shared list but the service that it calls, as a field of
// [Server].
//
//	web/reviews.go                  the area: its routes, handlers, pages' types
//	web/reviews_test.go
//	web/templates/reviews/*.html    one file a page; _*.html are the area's own partials
//
// An area is registered by a package variable:
//
//	var _ = register(area{
//		name: "reviews",
//		nav:  []navItem{{order: 30, text: "Board", path: "/board", roles: []string{"leadership"}}},
//		routes: func(s *Server, rt *routes) {
//			rt.get("/proposals/{proposal}/review", signedIn(s.reviewPage))
//			rt.post("/proposals/{proposal}/sign-offs", signedIn(s.signOff))
//		},
//	})
//
// The main navigation shows a navItem to holders of its roles (none: everyone
// signed in; [public]: everyone), and marks it on its path and below. The
// field home of an area is where people begin after signing in: "my work" sets
// it. [routes] has get, post (forms up to 1 MiB), upload and download (no
// limits: the handler sets its own). A GET never changes anything.
//
// # Handlers
//
// A handler is a [page], func(w, r) error, or with signedIn or holding a
// [member], which also gets the accounts.Person. [visitor] is who is signed in
// on a page for everyone, or nil. [pathID] reads an id from the path.
//
// A handler that returns an error must have written nothing. A *fault.Error
// becomes a page with its sentence and all its reasons; anything else becomes
// a plain 500 and a log record. Add the way onwards with [leadTo]:
//
//	return leadTo(err, "Go back to the proposal", "/proposals/42")
//
// The words of a refused post are on every such page, and a SignIn fault on a
// post gives the whole form back to be sent again, so return it as it is.
//
// After an act, return s.done(w, r, "/proposals/42", "Signed off.") (or
// s.notice for what nobody asked for): 303, and the sentence on the next page.
//
// # Templates
//
// A page is a struct and a template, tied by [newView] with examples of its
// data that between them reach every branch; TestEveryTemplate executes them
// and refuses inline styles, scripts and malformed HTML:
//
//	var reviewView = newView("reviews/review.html", reviewPage{…}, reviewPage{…})
//	…
//	return reviewView.write(s, w, r, reviewPage{…})
//
// The file defines "title" and "content", and "before" for what stands above
// the main part:
//
//	{{define "title"}}Review{{end}}
//	{{define "before"}}{{template "back" (link "the proposal" .Path)}}{{end}}
//	{{define "content"}}…{{end}}
//
// Shared partials are in templates/partials: "tag" (a [Tag]), "back", "time",
// "day_of", "paragraphs", "pages" ([Pages], keyset), "kept", and the parts of
// forms. Functions: date, moment, iso, plural, tag, link, choice, list, lines,
// asset, field. Tables are nhsuk-table--responsive with roles (see
// people/people.html), which reflow on phones. Our own classes are in
// assets/src: rung-rows, rung-heading, rung-filter, rung-history and more. No
// style attribute, no inline script: the browser would refuse both.
//
// # Forms
//
// The data of a page with a form embeds [Form], and holds what was typed with
// form tags; field names are the Field of fault reasons:
//
//	type retireForm struct {
//		Form   `form:"-"`
//		Reason string `form:"reason"`
//		Review Day    `form:"review"` // review.day, review.month, review.year
//		Title  string `form:"-"`      // shown, not typed
//	}
//
//	func (s *Server) retire(w http.ResponseWriter, r *http.Request, who accounts.Person) error {
//		var p retireForm
//		var err error
//		if p.Form, err = decode(r, &p); err != nil {
//			return err
//		}
//		err = s.Catalogue.Retire(r.Context(), who.ID, …, p.Reason)
//		if p.Form.Takes(err) { // invalid, refused, stale, too many: the form, with every word and all reasons
//			return retireView.write(s, w, r, p)
//		}
//		if err != nil {
//			return err
//		}
//		return s.done(w, r, "/modules/7", "The module is retired.")
//	}
//
// and in the template, the error summary first:
//
//	{{template "error_summary" .Form}}
//	<form method="post" action="…" novalidate>
//	{{template "textarea" (field .Form "reason" "Why?" "value" .Reason "max" 500 "hint" "Shown on its page")}}
//	{{template "day" (field .Form "review" "Review date" "day" .Review)}}
//	{{template "radios" (field .Form "level" "Level" "value" .Level "choices" .Levels)}}
//
// Partials: input, textarea, select, radios, checkboxes ("values"), day, file;
// options: see fieldOptions. Text that was typed reaches handlers with \n
// line ends, trimmed. Bool boxes decode from "true".
//
// # Saving as it is typed, and uploads
//
// A form with data-autosave="/proposals/42/draft" is posted there a moment
// after each change, with Accept: application/json, and once more when the page
// is left. The handler is an ordinary post that ends in
//
//	return saved(w, version, s.Now())
//
// where version goes into the form's field named "version" (the draft's number
// that the writer saw, for two tabs). A fault it returns is shown beside the
// form, with the links of leadTo; on Stale the autosave stops. Until the server has
// acknowledged, the words are kept in the browser's tab, and offered back
// after a reload or an ended session. An element with data-autosave-status in
// the form is where it says so; without one, it is put at the end.
//
// A form with data-upload and enctype="multipart/form-data" shows how far its
// file has come, and follows done(…) by itself. With data-limit (bytes) and
// data-begins (signatures) it asks about the file before it sends it: see the
// package page. Both work as plain forms without JavaScript, so the same
// address must be reachable by a button.
//
// # Previews
//
// What is in packages runs at another host name, see web/preview; requests for
// that host never come to these pages, nor their sessions to it. A page that
// shows one gets a launcher from newLauncher, which also lets the page frame it,
// and includes the partial "launcher".
//
// # Tests
//
// web/webtest starts a server on a database of its own: see its Start, SignIn,
// Get and Post. web/browsertest drives Chromium: Open, Screenshot, Axe.
package web

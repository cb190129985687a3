// Package api is the JSON API: the second adapter over the calls that the pages
// make. It decides nothing; it turns a request into a service call and its
// outcome into JSON, and documents both in one place (huma).
//
// # Adding operations
//
// One file for each resource, registered by a package variable:
//
//	var _ = register(area{tag: "Titles", about: "…", add: func(s *Server, api huma.API) {
//		add(s, api, operation{ID: "offerTitle", Method: http.MethodPost, Path: "/suggested-titles", Scopes: toLead,
//			Status: http.StatusCreated, Summary: "Offer a title"}, s.offerTitle)
//	}})
//
// A handler is func(ctx, who caller, in *I) (*O, error): I has path, query and
// header parameters by tags and a Body, O headers, Status and a Body. Embed
// [OnProposal], [Condition] (acts that move a proposal: needed or optional gives
// workflow.Seen), [Written] (words with an optimistic lock) and [Paged] (lists).
// It makes one service call as who.Actor, or as who.ID, and returns errors as
// they are: guard and add do the rest (token, scope, rate, time and size,
// idempotency keys, entity tags and 304, problem details with pointers).
// An act on a proposal answers with s.proposal(ctx, who, id); what is made
// answers 201 with Location and itself.
//
// What the answers and refusals of an operation are follows from the fields of
// [operation]; an operation that a rule may refuse says Refuses or Conditional.
//
// Types that JSON shows are this package's own, documented by doc tags, and never
// a service's row: plain English names, ids as numbers, times as time.Time in
// UTC, days as strings YYYY-MM-DD, empty lists as [] (texts and pageOf see to
// it), optional ones with omitempty and pointers where zero has a meaning.
//
// Words that a Stale error carries are shown as current in the problem: register
// how with storedNow.
//
// # Tests
//
// newWorld in world_test.go serves a site with people in every role and tokens
// of theirs; its calls record what was answered.
package api

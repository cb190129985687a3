// Package e2e tests Rung from the outside, as people meet it: in a real
// Chromium, and by the forms of its pages alone. It holds no code.
//
// The walk (walk_test.go) takes one proposal from signing in to the catalogue,
// by the hands of six people, against the real program with a real PostgreSQL
// and a real mail server. It is walked in Chromium, and by a client that knows
// nothing but HTML; the part of the authors also in Chromium without JavaScript.
// Each time the pages are used by what they say: headings, labels, buttons and
// links.
//
// The inspection (inspect_test.go) visits every page that the routes know, on
// the data of the demo: axe, reflow, the console, the keyboard, forms that are
// refused, and people who come too late.
package e2e
